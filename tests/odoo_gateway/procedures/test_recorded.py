"""What is installed fits the fields that Odoo 16 to 19 were recorded with, and goes again whole."""

from collections.abc import Collection
from copy import deepcopy
from datetime import date

import pytest

from odoo_gateway.errors import OdooSchemaDrift
from odoo_gateway.procedures import comparing, installing, membership, wanted
from odoo_gateway.procedures.comparing import Standing, State
from odoo_gateway.procedures.pieces import ACTION, RULE, Piece, source
from odoo_gateway.procedures.wanted import GATES
from odoo_gateway.session import Session
from tests.fakes.recorded_odoo import DATA, RECORDED, RecordedOdoo

EVENTS = ("hr.expense.changed", "hr.expense.sheet.changed", "project.task.changed")
VERSIONS = sorted(RECORDED)

# What procedures read and write without asking first whether it is there.
NAMED = {
    "account.move": ("line_ids", "move_type", "state", "amount_total"),
    "account.move.line": ("sale_line_ids",),
    "crm.lead": ("stage_id",),
    "project.project": (
        *("allow_billable", "company_id", "date", "date_start", "name", "partner_id"),
        *("sale_line_id", "tasks", "type_ids", "user_id"),
    ),
    "project.task": ("project_id", "sale_line_id", "stage_id"),
    "sale.advance.payment.inv": (
        *("advance_payment_method", "deduct_down_payments", "sale_order_ids"),
    ),
    "sale.order": ("amount_total", "company_id", "name", "order_line", "partner_id", "state"),
    "sale.order.line": (
        *("display_type", "is_downpayment", "is_service", "order_id", "project_id"),
        "qty_to_invoice",
    ),
}


def odoo_of(version: int, *, has_rules: bool = True) -> tuple[RecordedOdoo, Session]:
    odoo = RecordedOdoo(date(2026, 11, 23), version, has_rules=has_rules)
    return odoo, Session(odoo, "https://odoo.example")


def look(
    session: Session, gates: Collection[str]
) -> tuple[tuple[Piece, ...], tuple[Standing, ...]]:
    found = comparing.seen_by_administrator(session, EVENTS)
    pieces = wanted.pieces(found.odoo, EVENTS, gates)
    return pieces, comparing.compare(pieces, found)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_is_taken_stands_as_wanted_and_goes_again(version: int) -> None:
    odoo, session = odoo_of(version)
    before = deepcopy(odoo.tables)
    installing.install(session, *look(session, GATES))
    membership.join(session, membership.member(session, "fleet"))
    assert membership.member(session, "fleet").is_in
    pieces, standings = look(session, GATES)
    assert {each.name: each.differs for each in standings if each.state is not State.OK} == {}
    rules = {piece.name for piece in pieces if piece.model == RULE}
    sheets = {"event_hr_expense_sheet_changed"} if version < 19 else set()
    assert sheets <= rules
    assert len(rules) == 4 + len(GATES) + len(sheets)
    loads = len(odoo.loads)
    installing.install(session, pieces, standings)
    assert len(odoo.loads) == loads
    installing.remove(session, comparing.seen_by_administrator(session, EVENTS))
    assert odoo.tables == before


@pytest.mark.parametrize("version", VERSIONS)
def test_procedures_name_what_every_version_has(version: int) -> None:
    code = "".join(source(name) for name, _ in wanted.PROCEDURES.values()) + source("gate")
    for model, names in NAMED.items():
        assert {*names} <= RECORDED[version][model].keys(), model
        assert [name for name in names if name not in code] == []
    methods = RECORDED[version]["sale.advance.payment.inv"]["advance_payment_method"]["selection"]
    assert "delivered" in methods


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_edited_or_switched_off_is_seen_and_mended(version: int) -> None:
    odoo, session = odoo_of(version)
    installing.install(session, *look(session, GATES))
    entries = {entry["name"]: entry["res_id"] for entry in odoo.tables[DATA].values()}
    odoo.tables[RULE][entries["gate_invoice_release"]]["active"] = False
    odoo.tables[ACTION][entries["stage_task"]]["code"] = "pass"
    pieces, standings = look(session, GATES)
    wrong = {each.name: each.state for each in standings if each.state is not State.OK}
    assert wrong == {"gate_invoice_release": State.OFF, "stage_task": State.EDITED}
    installing.install(session, pieces, standings)
    assert all(each.state is State.OK for each in look(session, GATES)[1])


@pytest.mark.parametrize("version", VERSIONS)
def test_without_automation_rules_procedures_alone_are_taken(version: int) -> None:
    odoo, session = odoo_of(version, has_rules=False)
    installing.install(session, *look(session, ()))
    assert all(each.state is State.OK for each in look(session, ())[1])
    assert RULE not in odoo.loads


def test_a_field_that_the_version_lacks_would_be_refused() -> None:
    _, session = odoo_of(19)
    pieces, standings = look(session, ())
    older = [
        Piece(p.name, p.model, p.says, {**p.values, "groups_id": ()}) if p.model == ACTION else p
        for p in pieces
    ]
    with pytest.raises(OdooSchemaDrift, match="groups_id"):
        installing.install(session, older, standings)
