"""Which records were written since, and whose they are, as Odoo answers."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from odoo_gateway import changes
from odoo_gateway.changes import Written
from odoo_gateway.errors import OdooSchemaDrift, OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tests.fakes.overlay import Overlay

AT = datetime(2026, 11, 23, 9, 0, 5, 999_999, tzinfo=UTC)


def answering(*rows: dict[str, Any]) -> tuple[Session, Overlay]:
    answers = {("hr.expense", "search_read"): lambda args, kwargs: list(rows)}
    overlay = Overlay(Sandbox(date(2026, 11, 23)), answers)
    return Session(overlay), overlay


def test_changes_come_oldest_first_whatever_the_order_of_the_answer() -> None:
    session, _ = answering(
        {"id": 9, "write_date": "2026-11-23 09:00:06"},
        {"id": 8, "write_date": "2026-11-23 09:00:05"},
        {"id": 7, "write_date": False},
    )
    second = AT.replace(microsecond=0)
    found = changes.since(session, "hr.expense", AT)
    assert found == [Written(second, 8), Written(second.replace(second=6), 9)]


def test_the_whole_second_is_asked_for_of_all_companies_and_archived_ones_too() -> None:
    session, overlay = answering()
    changes.since(session, "hr.expense", AT)
    *_, (_, _, args, kwargs) = overlay.seen
    assert args[0] == [("write_date", ">=", "2026-11-23 09:00:05")]
    assert kwargs["context"]["active_test"] is False
    assert kwargs["context"]["allowed_company_ids"] == [c.id for c in session.companies]


def test_an_instant_that_is_none_is_no_answer() -> None:
    session, _ = answering({"id": 9, "write_date": "yesterday"})
    with pytest.raises(OdooUnavailable, match="no instant"):
        changes.since(session, "hr.expense", AT)


def test_nothing_was_written_last_where_nothing_is() -> None:
    session, _ = answering()
    assert changes.newest(session, "hr.expense") is None


def test_companies_are_those_of_the_records_that_are_there_and_have_one() -> None:
    session, _ = answering(
        {"id": 7, "company_id": [2, "Other"]},
        {"id": 8, "company_id": 1},
        {"id": 9, "company_id": False},
    )
    assert changes.companies(session, "hr.expense", [7, 8, 9, 10]) == {7: 2, 8: 1}


@pytest.mark.parametrize("company", ["x", ["1", "Other"], [[1]], {"id": 1}, True])
def test_a_company_that_is_none_is_no_answer(company: object) -> None:
    session, _ = answering({"id": 7, "company_id": company})
    with pytest.raises(OdooUnavailable, match="company_id answered"):
        changes.companies(session, "hr.expense", [7])


def test_a_file_is_of_no_company_whoever_put_it_there() -> None:
    company = {"company_id": {"type": "many2one", "relation": "res.company", "store": True}}
    sandbox = Sandbox(date(2026, 11, 23), declares={"ir.attachment": company})
    rows = [{"id": 7, "company_id": 2}]
    overlay = Overlay(sandbox, {("ir.attachment", "search_read"): lambda args, kwargs: rows})
    session = Session(overlay)
    assert session.has_company("ir.attachment")
    assert changes.companies(session, "ir.attachment", [7]) == {}


def test_a_model_that_is_not_there_is_said_to_be_so() -> None:
    session = Session(Sandbox(date(2026, 11, 23)))
    with pytest.raises(OdooSchemaDrift, match=r"no model hr\.expense\.sheet"):
        changes.companies(session, "hr.expense.sheet", [7])
