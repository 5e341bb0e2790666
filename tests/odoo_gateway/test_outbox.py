"""What stands in the outbox is taken in order, comes again until it is acknowledged, and stops
nothing whatever a person made of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from odoo_gateway import outbox
from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.outbox import Event
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tests.fakes.overlay import Overlay

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def installed() -> tuple[Sandbox, Session]:
    sandbox = Sandbox(date(2026, 11, 23), installed=True)
    return sandbox, Session(sandbox)


def test_an_event_is_what_the_rule_wrote() -> None:
    sandbox, session = installed()
    sandbox.tell("hr.expense.changed", 7, NOON, {"state": "draft"}, {"state": "submitted"}, 5)
    assert outbox.take(session) == (
        Event(
            number=1,
            event_id="hr.expense.changed,7,2026-11-23T12:00:00.123456+00:00",
            kind="hr.expense.changed",
            model="hr.expense",
            record_id=7,
            old={"state": "draft"},
            new={"state": "submitted"},
            user_id=5,
            company_id=1,
            occurred=NOON,
        ),
    )


def test_the_oldest_come_first_and_again_until_they_are_acknowledged() -> None:
    sandbox, session = installed()
    for number in range(5):
        sandbox.tell("hr.expense.changed", number, NOON + timedelta(seconds=number))
    first = outbox.take(session, 2)
    assert [event.record_id for event in first] == [0, 1]
    assert outbox.take(session, 2) == first
    outbox.acknowledge(session, [event.number for event in first])
    assert [event.record_id for event in outbox.take(session)] == [2, 3, 4]


def test_what_was_acknowledged_may_be_again() -> None:
    sandbox, session = installed()
    sandbox.tell("hr.expense.changed", 7, NOON)
    for numbers in ([1], [1], []):
        outbox.acknowledge(session, numbers)
    assert outbox.take(session) == ()


@pytest.mark.parametrize("said", [False, "", "{", "7", "[1]", "open('x')", "{" * 100_000])
def test_a_row_that_a_person_edited_is_an_event_that_says_little(said: object) -> None:
    sandbox, _ = installed()
    sandbox.tell("hr.expense.changed", 7, NOON, {"state": "draft"})
    odd = {"x_event": False, "x_kind": False, "x_model": False, "x_old": said, "x_at": said}
    (row,) = sandbox.call(outbox.MODEL, "search_read", [], {})
    session = Session(
        Overlay(sandbox, {(outbox.MODEL, "search_read"): lambda *_: [{**row, **odd}]})
    )
    (event,) = outbox.take(session)
    assert (event.event_id, event.kind, event.old) == ("x_ops_event,1,2026-11-23 12:00:00", "", {})
    assert event.occurred == NOON.replace(microsecond=0)


def test_where_no_outbox_is_installed_nothing_can_be_taken() -> None:
    session = Session(Sandbox(date(2026, 11, 23)))
    with pytest.raises(OdooSchemaDrift):
        outbox.take(session)


def test_who_may_not_read_it_has_none() -> None:
    sandbox = Sandbox(date(2026, 11, 23), installed=True, denied_models=[outbox.MODEL])
    with pytest.raises(OdooRejected):
        outbox.take(Session(sandbox))
