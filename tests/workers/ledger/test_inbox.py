"""The inbox: an event is kept once, handed on once, and looked at by a run that closes no slot."""

from dataclasses import replace
from datetime import timedelta

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from tests.fakes.events import EVENT, event
from workers.ledger import inbox, retention, runs, standing
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LeaseLost
from workers.ledger.inbox import Received
from workers.ledger.runs import Claim
from workers.ledger.statuses import EventStatus, Origin, RunStatus

from .examples import LEASE, NOW, PLACE, SECOND, claim_run, claimed_run, open_run

QUIET = timedelta(minutes=2)


def take(connection: Connection, **changes: object) -> list[Received]:
    asked = {"tenant": "acme", "now": NOW, "lease": LEASE, "limit": 10, **changes}
    return list(inbox.take(connection, **asked))  # type: ignore[arg-type]


def woken(connection: Connection, *numbers: int) -> int:
    """The run that looks at new events of these numbers."""
    inbox.receive(connection, [event(number) for number in numbers], NOW)
    ids = [received.id for received in take(connection)]
    return inbox.wake(connection, PLACE, ids, NOW, "trace-1")


def claimed_event_run(connection: Connection, *numbers: int) -> Claim:
    claim = claim_run(connection, woken(connection, *numbers))
    assert claim is not None
    return claim


def status(connection: Connection) -> EventStatus:
    received = inbox.known(connection, "acme", "outbox", "event-1")
    assert received is not None
    return received.status


def test_an_event_is_kept_once_per_tenant_and_source(ledger: Ledger) -> None:
    others = [replace(EVENT, tenant="other"), replace(EVENT, source="n8n")]
    with ledger.transaction() as connection:
        assert inbox.receive(connection, [EVENT], NOW) == [EVENT]
        assert inbox.receive(connection, [EVENT, *others], NOW) == others
    with ledger.reading() as connection:
        received = inbox.known(connection, "acme", "outbox", "event-1")
    assert received is not None
    assert (received.event, received.received_at) == (EVENT, NOW)


def test_one_that_is_told_twice_at_a_time_is_kept_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert len(inbox.receive(connection, [EVENT, EVENT], NOW)) == 1


def test_one_that_makes_no_sense_is_parked_at_once_and_harms_no_other(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        inbox.receive(connection, [EVENT, event(2)], NOW, unfit={"event-1": "names no model"})
        assert [received.event.event_id for received in take(connection)] == ["event-2"]
        assert inbox.parked(connection) == {("acme", "outbox"): 1}


def test_one_that_is_taken_is_nobody_elses_until_its_lease_ends(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        inbox.receive(connection, [EVENT], NOW)
        assert inbox.tenants_waiting(connection, NOW) == ["acme"]
        (first,) = take(connection)
        assert inbox.tenants_waiting(connection, NOW) == []
        assert take(connection, now=NOW + LEASE - SECOND) == []
        (second,) = take(connection, now=NOW + LEASE)
        assert second.attempts == 2
        with pytest.raises(LeaseLost):
            inbox.settle(connection, first, EventStatus.IGNORED)
        inbox.settle(connection, second, EventStatus.IGNORED)
        assert status(connection) is EventStatus.IGNORED


def test_events_of_another_tenant_are_not_taken(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        inbox.receive(connection, [EVENT], NOW)
        assert take(connection, tenant="other") == []


def test_what_waits_for_an_odoo_that_is_away_costs_no_attempt(ledger: Ledger) -> None:
    away, wrong = OdooUnavailable("no answer"), OdooRejected("no")
    with ledger.transaction() as connection:
        inbox.receive(connection, [EVENT], NOW)
        (received,) = take(connection)
        inbox.put_off(connection, received, NOW + SECOND, away, costs=False)
        assert take(connection) == []
        (received,) = take(connection, now=NOW + SECOND)
        assert (received.attempts, received.error_class) == (1, "OdooUnavailable")
        inbox.put_off(connection, received, NOW + SECOND, wrong, costs=True)
        (received,) = take(connection, now=NOW + SECOND)
        assert received.attempts == 2


def test_a_parked_one_is_taken_up_again_or_dropped(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        inbox.receive(connection, [EVENT], NOW, unfit={"event-1": "no"})
        known = inbox.known(connection, "acme", "outbox", "event-1")
        assert known is not None
        assert inbox.change_parked(connection, known.id, EventStatus.WAITING, NOW)
        assert not inbox.change_parked(connection, known.id, EventStatus.DROPPED, NOW)
        assert [received.attempts for received in take(connection)] == [1]


def test_events_that_come_before_anybody_begins_become_one_run(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = woken(connection, 1, 2)
        assert woken(connection, 3) == run_id
        assert claim_run(connection, run_id) is not None
        later = woken(connection, 4)
        assert later != run_id
        looked_at = [received.event.event_id for received in inbox.events_of(connection, run_id)]
    assert looked_at == ["event-1", "event-2", "event-3"]


def test_a_run_by_event_is_due_at_once_and_takes_no_slots_place(ledger: Ledger) -> None:
    minute = NOW.replace(second=0, microsecond=0)
    with ledger.transaction() as connection:
        inbox.receive(connection, [EVENT], minute)
        (received,) = take(connection)
        run_id = inbox.wake(connection, PLACE, [received.id], minute, "trace-1")
        run = runs.get(connection, run_id)
        assert run is not None
        assert (run.origin, run.next_attempt_at) == (Origin.EVENT, minute)
        assert open_run(connection, minute) != run_id


def test_a_run_by_event_closes_no_slot_and_is_no_success_of_the_timetable(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        runs.watch_since(connection, PLACE, NOW - LEASE)
        claim = claimed_event_run(connection, 1)
        runs.succeed(connection, claim, NOW + SECOND, {})
        closed = runs.closed_slots(connection, PLACE.job, NOW + LEASE)
        assert closed == {("acme", 1): NOW - LEASE}
        assert standing.successes(connection, NOW + LEASE) == {}
        assert not runs.succeeded(connection, PLACE)


def test_a_run_by_event_leaves_a_dead_slot_to_a_later_slot(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        dead = claimed_run(connection)
        runs.die(connection, dead, NOW, "OdooRejected", "no")
        runs.succeed(connection, claimed_event_run(connection, 1), NOW + SECOND, {})
        found = runs.get(connection, dead.run.id)
    assert found is not None
    assert found.status is RunStatus.DEAD


def test_slots_are_published_before_events(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        by_event = woken(connection, 1)
        slot = open_run(connection, now=NOW + SECOND, company_id=2)
        found = runs.to_publish(connection, NOW + SECOND, QUIET, 1)
        assert [run.id for run in found] == [slot]
        found = runs.to_publish(connection, NOW + SECOND, QUIET, 2)
        assert [run.id for run in found] == [by_event]


@pytest.mark.parametrize(
    ("limit", "held", "begins"),
    [(1, 0, True), (1, 1, False), (2, 0, True), (2, 1, False), (3, 1, True), (3, 2, False)],
)
def test_events_leave_room_for_a_slot_where_there_is_any(
    ledger: Ledger, limit: int, held: int, begins: bool
) -> None:
    with ledger.transaction() as connection:
        for company in range(2, held + 2):
            assert claim_run(connection, open_run(connection, company_id=company)) is not None
        claim = claim_run(connection, woken(connection, 1), tenant_limit=limit)
    assert (claim is not None) is begins


def test_the_oldest_unhandled_event_is_one_that_no_run_has_ended(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_event_run(connection, 1)
        for received in inbox.events_of(connection, claim.run.id):
            inbox.settle(connection, received, EventStatus.WOKE)
        assert inbox.oldest_unhandled(connection, NOW + SECOND) == {"acme": 1.0}
        runs.succeed(connection, claim, NOW + SECOND, {})
        assert inbox.oldest_unhandled(connection, NOW + SECOND) == {}


def test_what_only_the_feed_told_of_was_missed_and_is_counted_once(ledger: Ledger) -> None:
    fed = [event(1, source="feed"), event(2, source="feed", record_id=8)]
    with ledger.transaction() as connection:
        inbox.receive(connection, [*fed, event(3)], NOW)
        asked = ("acme", ["feed"])
        assert inbox.count_missed(connection, *asked, NOW - SECOND) == {}
        assert inbox.count_missed(connection, *asked, NOW) == {"hr.expense": 1}
        assert inbox.count_missed(connection, *asked, NOW) == {}


def test_old_events_are_forgotten_with_what_says_who_looked_but_none_that_waits(
    ledger: Ledger,
) -> None:
    later = NOW + 400 * LEASE
    with ledger.transaction() as connection:
        claim = claimed_event_run(connection, 1)
        for received in inbox.events_of(connection, claim.run.id):
            inbox.settle(connection, received, EventStatus.WOKE)
        inbox.receive(connection, [event(2)], NOW)
        assert retention.forgettable(connection, later, 10, NOW).inbox == []
        runs.succeed(connection, claim, NOW + SECOND, {})
        chosen = retention.forgettable(connection, later, 10, NOW)
        retention.forget(connection, chosen, later)
        assert inbox.known(connection, "acme", "outbox", "event-1") is None
        assert inbox.known(connection, "acme", "outbox", "event-2") is not None
        assert inbox.events_of(connection, claim.run.id) == []


def test_what_a_source_told_as_signed_is_known_by_record_and_kept(ledger: Ledger) -> None:
    signed = {"source": "sign", "kind": "sale.order.signed", "model": "sale.order"}
    told = [
        event(1, **signed),
        event(2, **signed, occurred_at=NOW),
        # Of another tenant, by another source, and that it changed.
        event(3, **{**signed, "tenant": "other"}, record_id=8),
        event(4, **{**signed, "source": "outbox"}, record_id=8),
        event(5, **{**signed, "kind": "sale.order.changed"}, record_id=8),
    ]
    with ledger.transaction() as connection:
        inbox.receive(connection, told, NOW)
        for received in take(connection):
            inbox.settle(connection, received, EventStatus.IGNORED)
        assert inbox.signed(connection, "acme", ["sign", "n8n"]) == {
            ("sale.order", 7): EVENT.occurred_at
        }
        assert inbox.signed(connection, "acme", []) == {}
        chosen = retention.forgettable(connection, NOW + 400 * LEASE, 10, NOW)
        retention.forget(connection, chosen, NOW + 400 * LEASE)
        assert inbox.signed(connection, "acme", ["sign"])
        assert inbox.known(connection, "acme", "sign", "event-5") is None
