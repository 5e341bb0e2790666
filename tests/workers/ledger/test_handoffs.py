"""What is remembered of handoffs, for jobs that go by them."""

from dataclasses import replace
from datetime import timedelta

from tasks.domain.acts import Act, ActKind
from tasks.domain.cases import Change, ChangeKind, Reconciliation
from tasks.domain.handoffs import Fate, Handoffs
from workers.ledger import acts, cases, handoffs, runs
from workers.ledger.database import Connection, Ledger
from workers.ledger.places import Place

from .examples import FINDING, LEASE, NOW, SLOT, open_run

GATE = Place("handoff_gate", "acme", 1)
HERE = ("sale.order", 17)
HANDED = replace(FINDING, key="handoff-order-17-v1", kind="handoff")
ACCEPTED = Act(
    ActKind.ACCEPTED,
    "lee@example.com",
    **GATE.columns,
    key=HANDED.key,
    at=NOW,
    model="sale.order",
    record_id=17,
)
KEPT = timedelta(days=90)


def remembered(connection: Connection, *places: Place) -> Handoffs:
    kinds = ("handoff", "changed-handoff")
    return handoffs.of_places(connection, places or (GATE,), kinds, NOW - KEPT)


def told(connection: Connection, kind: ChangeKind, run_id: int, *, key: str = HANDED.key) -> None:
    for finding in (replace(HANDED, key=key), replace(HANDED, key="gap", kind="handoff-gap")):
        change = Change(kind, finding, kind)
        cases.apply(connection, GATE, run_id, Reconciliation((change,), ()), NOW.date(), NOW)


def test_what_waits_was_said_and_was_closed_is_told_by_record(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection, job=GATE.job)
        assert remembered(connection) == Handoffs(kept_since=NOW - KEPT)
        told(connection, ChangeKind.OPENED, run_id)
        found = remembered(connection)
        assert (found.standing, found.closed) == ({HERE: {HANDED.key}}, frozenset())
        acts.record(connection, ACCEPTED, "nonce-1")
        acts.record(connection, replace(ACCEPTED, kind=ActKind.SNOOZED), "nonce-2")
        assert remembered(connection).said == {HERE: [ACCEPTED]}
        told(connection, ChangeKind.RESOLVED, run_id)
        found = remembered(connection)
        assert not found.standing
        assert found.closed == {HERE}
        assert found.fate(HERE, NOW, "sal@example.com") is Fate.ACCEPTED


def test_other_jobs_companies_and_tenants_tell_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        told(connection, ChangeKind.OPENED, open_run(connection, job=GATE.job))
        acts.record(connection, ACCEPTED, "nonce-1")
        # A hold counts in every job of the company, and is none of what was said.
        acts.record(connection, replace(ACCEPTED, kind=ActKind.HELD, job="wip_aging"), "nonce-2")
        for other in (
            replace(GATE, job="wip_aging"),
            replace(GATE, company_id=2),
            replace(GATE, tenant="other"),
        ):
            assert remembered(connection, other) == Handoffs(kept_since=NOW - KEPT)


def test_when_all_was_looked_at_is_that_of_the_last_run_by_the_timetable(ledger: Ledger) -> None:
    other = replace(GATE, job="another_gate")
    with ledger.transaction() as connection:
        for place in (GATE, other):
            run_id = open_run(connection, job=place.job)
            assert remembered(connection, GATE, other).looked_at is None
            claim = runs.claim(connection, run_id, NOW, LEASE, 9, 9)
            assert claim is not None
            assert remembered(connection, place).looked_at is None
            runs.succeed(connection, claim, NOW, {}, [])
            assert remembered(connection, place).looked_at == NOW
        assert remembered(connection, GATE, other).looked_at == NOW
        later = open_run(connection, SLOT + timedelta(hours=1), job=GATE.job)
        claim = runs.claim(connection, later, NOW + timedelta(hours=1), LEASE, 9, 9)
        assert claim is not None
        runs.succeed(connection, claim, NOW + timedelta(hours=1), {}, [])
        assert remembered(connection).looked_at == NOW + timedelta(hours=1)
        # What one of them has not looked at since is not known.
        assert remembered(connection, GATE, other).looked_at == NOW
