"""Runs: opened once per slot, claimed once at a time, settled by whoever holds them."""

from dataclasses import astuple
from datetime import timedelta

import pytest

from monitoring import metrics
from tasks.domain.acts import Act, ActKind
from tasks.domain.cases import ChangeKind
from workers.ledger import acts, audit, cases, counters, runs, standing
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LeaseLost
from workers.ledger.places import Place
from workers.ledger.runs import Claim, Past, Run, Slot, Waiting
from workers.ledger.statuses import RunStatus

from .examples import (
    LEASE,
    NOW,
    PLACE,
    SECOND,
    SLOT,
    TODAY,
    changes,
    claim_run,
    claimed_run,
    enqueue,
    open_run,
    open_runs,
)

QUIET = timedelta(minutes=2)


def seen(connection: Connection, run_id: int) -> Run:
    run = runs.get(connection, run_id)
    assert run is not None
    return run


def publishable(connection: Connection, now: object = NOW, limit: int = 10) -> list[int]:
    found = runs.to_publish(connection, now, QUIET, limit)  # type: ignore[arg-type]
    return [run.id for run in found]


def test_a_job_counts_slots_from_when_it_was_first_seen(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert runs.watch_since(connection, PLACE, NOW) == NOW
        assert runs.watch_since(connection, PLACE, NOW + LEASE) == NOW
        assert (
            runs.watch_since(connection, Place("wip_aging", "acme", 2), NOW + LEASE) == NOW + LEASE
        )


def test_a_slot_is_opened_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert runs.open_slot(connection, PLACE, SLOT, NOW, "trace-1") is not None
        assert runs.open_slot(connection, PLACE, SLOT, NOW + SECOND, "trace-2") is None
        assert [run.trace_id for run in runs.latest(connection, 10)] == ["trace-1"]


def test_a_new_run_is_pending_and_due(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run = seen(connection, open_run(connection))
    assert run.place == PLACE
    assert (run.slot, run.status, run.attempts) == (SLOT, RunStatus.PENDING, 0)
    assert (run.created_at, run.next_attempt_at, run.started_at) == (NOW, NOW, None)


def test_an_unknown_run_is_nobodys(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert claim_run(connection, 999) is None
        assert runs.get(connection, 999) is None


def test_a_claim_leases_the_run_and_counts_the_attempt(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
    assert claim.run.status is RunStatus.RUNNING
    assert claim.run.lease_until == NOW + LEASE
    assert (claim.run.attempts, claim.run.started_at) == (1, NOW)
    assert claim.run.token == claim.token


def test_a_claim_knows_what_there_was_of_its_place(ledger: Ledger) -> None:
    other = Place("wip_aging", "acme", 2)
    with ledger.transaction() as connection:
        first = claimed_run(connection)
        assert first.past == runs.past(connection, PLACE) == Past(False, False, False)
        cases.apply(connection, PLACE, first.run.id, changes(ChangeKind.OPENED), TODAY, NOW)
        enqueue(connection)
        runs.succeed(connection, first, NOW, {})
        second = claim_run(connection, open_run(connection, SLOT + LEASE))
        assert second is not None
        assert second.past == runs.past(connection, PLACE) == Past(True, True, True)
        assert runs.past(connection, other) == Past(False, False, False)
        # Nor does a claim there take what happened elsewhere for its own.
        strange = claim_run(connection, open_run(connection, job=other.job, company_id=2))
        assert strange is not None
        assert strange.past == Past(False, False, False)
        held = Act(ActKind.HELD, "ann", other.job, other.tenant, 2, "order-17", NOW)
        acts.record(connection, held, "1")
        # A hold counts in every job of its company.
        elsewhere = Place("bench_alert", "acme", 2)
        assert runs.past(connection, elsewhere) == Past(False, True, False)
        # Nobody's worker came back, so that it is taken over.
        assert second.run.lease_until is not None
        third = claim_run(connection, second.run.id, second.run.lease_until)
        assert third is not None
        assert third.past == second.past


def test_a_claimed_run_is_told_as_the_ledger_has_it(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        assert claim.run == seen(connection, claim.run.id)
        runs.retry_later(connection, claim, NOW, NOW, "OdooUnavailable", "no answer")
        again = claim_run(connection, claim.run.id, NOW + SECOND)
        assert again is not None
        assert again.run == seen(connection, claim.run.id)
        assert again.run.error == "no answer"


def test_what_a_claim_and_an_outcome_add_to_counters_is_written_with_them(ledger: Ledger) -> None:
    def one(name: str) -> list[metrics.Increment]:
        return [metrics.Increment(name, {"job": "wip_aging"})]

    with ledger.transaction() as connection:
        run_id = open_run(connection)
    with ledger.transaction() as connection:
        claim = runs.claim(connection, run_id, NOW, LEASE, 1, 5, counts=one("claimed"))
    assert claim is not None
    with ledger.transaction() as connection:
        assert not runs.claim(connection, run_id, NOW, LEASE, 1, 5, counts=one("claimed"))
        counters.add(connection, one("refused"))
    taken_over = Claim(claim.run, "another", claim.past)
    with ledger.transaction() as connection, pytest.raises(LeaseLost):
        runs.succeed(connection, taken_over, NOW, {}, one("succeeded"))
    with ledger.transaction() as connection:
        counters.add(connection, one("noted"))
        runs.succeed(connection, claim, NOW, {}, one("succeeded"))
        with pytest.raises(RuntimeError, match="after the last step"):
            counters.add(connection, one("late"))
    with ledger.reading() as connection:
        found = {counter.name: counter.value for counter in counters.all(connection)}
    assert found == {"claimed": 1, "refused": 1, "noted": 1, "succeeded": 1}


def test_who_succeeds_hears_what_waits_for_others(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claims = [claim_run(connection, run_id) for run_id in open_runs(connection, 4)]
        first, second, third, fourth = (claim for claim in claims if claim)
        assert runs.succeed(connection, first, NOW, {}) == Waiting(False, False)
        due = open_run(connection, SLOT + LEASE)
        open_run(connection, tenant="other")
        assert runs.succeed(connection, second, NOW, {}) == Waiting(True, False)
        assert publishable(connection)[0] == due
        enqueue(connection, now=NOW + SECOND)
        assert runs.succeed(connection, third, NOW, {}) == Waiting(False, False)
        assert runs.succeed(connection, fourth, NOW + SECOND, {}) == Waiting(False, True)


def test_a_held_run_cannot_be_claimed_until_its_lease_ends(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        first = claimed_run(connection)
        assert claim_run(connection, first.run.id, NOW + LEASE - SECOND) is None
        second = claim_run(connection, first.run.id, NOW + LEASE)
    assert second is not None
    assert second.token != first.token
    assert (second.run.attempts, second.run.started_at) == (2, NOW)


def test_a_run_cannot_be_claimed_before_its_time(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        later = NOW + timedelta(minutes=30)
        runs.retry_later(connection, claim, NOW + SECOND, later, "OdooUnavailable", "no answer")
        assert claim_run(connection, claim.run.id, later - SECOND) is None
        assert claim_run(connection, claim.run.id, later) is not None


def test_a_worker_whose_clock_is_behind_claims_what_was_published(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        assert claim_run(connection, run_id, NOW - SECOND) is None
        assert publishable(connection) == [run_id]
        claim = claim_run(connection, run_id, NOW - SECOND)
        assert claim is not None
        later = NOW + timedelta(minutes=30)
        runs.retry_later(connection, claim, NOW, later, "OdooUnavailable", "no answer")
        assert claim_run(connection, run_id, NOW) is None


def test_a_settled_run_cannot_be_claimed_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.succeed(connection, claim, NOW + SECOND, {"rows": 3})
        assert claim_run(connection, claim.run.id, NOW + 10 * LEASE) is None
        run = seen(connection, claim.run.id)
    assert (run.status, run.finished_at, run.detail) == (
        RunStatus.SUCCEEDED,
        NOW + SECOND,
        {"rows": 3},
    )
    assert (run.token, run.lease_until) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda c, claim, now: runs.extend(c, claim, now, LEASE),
        lambda c, claim, now: runs.succeed(c, claim, now, {}),
        lambda c, claim, now: runs.retry_later(c, claim, now, now, "OdooUnavailable", ""),
        lambda c, claim, now: runs.die(c, claim, now, "OdooRejected", ""),
    ],
    ids=["extend", "succeed", "retry_later", "die"],
)
@pytest.mark.parametrize("settled", [False, True])
def test_who_was_taken_over_can_change_nothing(
    ledger: Ledger, change: object, settled: bool
) -> None:
    now = NOW + LEASE
    with ledger.transaction() as connection:
        first = claimed_run(connection)
        second = claim_run(connection, first.run.id, now)
        assert second is not None
        if settled:
            runs.succeed(connection, second, now, {"by": "second"})
        before = seen(connection, first.run.id)
    with pytest.raises(LeaseLost), ledger.transaction() as connection:
        change(connection, first, now)  # type: ignore[operator]
    with ledger.reading() as connection:
        assert seen(connection, first.run.id) == before


def test_an_extended_lease_holds_from_then_on(ledger: Ledger) -> None:
    halfway = NOW + LEASE / 2
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.extend(connection, claim, halfway, LEASE)
        assert claim_run(connection, claim.run.id, NOW + LEASE) is None
        assert claim_run(connection, claim.run.id, halfway + LEASE) is not None


def test_a_lease_that_ran_out_cannot_be_extended(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        with pytest.raises(LeaseLost):
            runs.extend(connection, claim, NOW + LEASE, LEASE)


def test_a_slow_run_that_nobody_took_over_still_counts(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.succeed(connection, claim, NOW + 2 * LEASE, {})
        assert seen(connection, claim.run.id).status is RunStatus.SUCCEEDED


def test_a_dead_run_says_why_and_the_audit_knows(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.die(connection, claim, NOW + SECOND, "OdooRejected", "no access to sale.order")
        run = seen(connection, claim.run.id)
        (entry,) = audit.entries(connection, 10)
    assert (run.status, run.finished_at) == (RunStatus.DEAD, NOW + SECOND)
    assert (run.error_class, run.error) == ("OdooRejected", "no access to sale.order")
    assert (entry.event, entry.run_id, entry.at) == ("run.died", run.id, NOW + SECOND)
    assert entry.detail["error"] == "no access to sale.order"


def test_success_after_a_retry_forgets_the_error(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.retry_later(connection, claim, NOW, NOW, "OdooUnavailable", "no answer")
        assert seen(connection, claim.run.id).error == "no answer"
        again = claim_run(connection, claim.run.id)
        assert again is not None
        runs.succeed(connection, again, NOW, {})
        assert seen(connection, claim.run.id).error is None


def lose_workers(connection: Connection, claim: Claim | None, times: int) -> Claim:
    for _ in range(times):
        assert claim is not None
        assert claim.run.lease_until is not None
        claim = claim_run(connection, claim.run.id, claim.run.lease_until, max_attempts=3)
    assert claim is not None
    return claim


def test_a_run_that_keeps_losing_its_worker_dies(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = lose_workers(connection, claimed_run(connection), 2)
        now = NOW + 3 * LEASE
        assert claim_run(connection, claim.run.id, now, max_attempts=3) is None
    with ledger.reading() as connection:
        run = seen(connection, claim.run.id)
        (_, entry, *losses) = audit.entries(connection, 10)
    assert [loss.event for loss in losses] == ["run.lost", "run.lost"]
    assert (run.status, run.finished_at, run.token) == (RunStatus.DEAD, now, None)
    assert (run.error_class, run.error) == ("WorkerLost", "lost its worker at 3 attempts")
    assert (entry.event, entry.detail["attempts"]) == ("run.died", 3)


def test_a_run_that_failed_before_it_lost_its_worker_says_both(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.retry_later(connection, claim, NOW, NOW, "OdooUnavailable", "no answer")
        again = claim_run(connection, claim.run.id)
        assert again is not None
        assert claim_run(connection, claim.run.id, NOW + LEASE, max_attempts=2) is None
        run = seen(connection, claim.run.id)
    assert (run.error_class, run.error) == (
        "WorkerLost",
        "lost its worker at attempt 2; before: no answer",
    )


def test_a_run_given_back_too_often_dies_of_its_last_error(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.retry_later(connection, claim, NOW, NOW, "OdooUnavailable", "no answer")
        assert claim_run(connection, claim.run.id, max_attempts=1) is None
        run = seen(connection, claim.run.id)
    assert (run.status, run.error_class) == (RunStatus.DEAD, "OdooUnavailable")
    assert run.error == "attempt 1 was its last: no answer"


def test_a_tenant_runs_no_more_than_its_limit(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        ids = [open_run(connection, company_id=company) for company in (1, 2, 3)]
        claims = [claim_run(connection, run_id, tenant_limit=2) for run_id in ids]
        assert [claim is not None for claim in claims] == [True, True, False]
        assert seen(connection, ids[2]).attempts == 0


def test_a_tenants_limit_leaves_other_tenants_alone(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_run(connection)
        other = open_run(connection, tenant="other")
        assert claim_run(connection, other, tenant_limit=1) is not None


def test_a_run_whose_lease_ended_makes_room_for_another(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_run(connection)
        waiting = open_run(connection, company_id=2)
        assert claim_run(connection, waiting, NOW + LEASE - SECOND, tenant_limit=1) is None
        assert claim_run(connection, waiting, NOW + LEASE, tenant_limit=1) is not None


def test_an_abandoned_run_does_not_count_against_its_own_claim(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        assert claim_run(connection, claim.run.id, NOW + LEASE, tenant_limit=1) is not None


def test_a_due_run_is_published_and_then_left_in_peace_for_a_while(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        assert publishable(connection) == [run_id]
        assert publishable(connection, NOW + QUIET - SECOND) == []
        assert publishable(connection, NOW + QUIET) == [run_id]
        assert seen(connection, run_id).published_at == NOW + QUIET


def test_an_abandoned_run_is_published_at_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        assert publishable(connection, NOW) == [run_id]
        assert claim_run(connection, run_id, NOW + LEASE - QUIET / 2) is not None
        assert publishable(connection, NOW + LEASE) == []
        assert publishable(connection, NOW + 2 * LEASE - QUIET / 2) == [run_id]


def test_a_run_given_back_is_published_as_soon_as_it_is_due(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        publishable(connection)
        claim = claim_run(connection, run_id)
        assert claim is not None
        runs.retry_later(connection, claim, NOW, NOW + SECOND, "OdooUnavailable", "")
        assert publishable(connection, NOW) == []
        assert publishable(connection, NOW + SECOND) == [run_id]


def test_settled_runs_are_not_published(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        runs.succeed(connection, claimed_run(connection), NOW, {})
        assert publishable(connection, NOW + 10 * LEASE) == []


def test_the_longest_waiting_runs_are_published_first(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        late = open_run(connection, SLOT, now=NOW)
        early = open_run(connection, SLOT - LEASE, now=NOW - LEASE)
        assert publishable(connection, limit=1) == [early]
        assert publishable(connection, limit=1) == [late]


def test_runs_are_counted_by_job_tenant_and_status(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        runs.succeed(connection, claimed_run(connection), NOW, {})
        open_run(connection, company_id=2)
        open_run(connection, company_id=3)
        assert runs.by_status(connection) == {
            ("wip_aging", "acme", RunStatus.PENDING): 2,
            ("wip_aging", "acme", RunStatus.SUCCEEDED): 1,
        }


def test_the_wait_of_the_oldest_due_run_is_in_seconds(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        open_run(connection, SLOT, now=NOW)
        open_run(connection, SLOT + LEASE, now=NOW + 30 * SECOND)
        abandoned = open_run(connection, job="bench_alert")
        claim_run(connection, abandoned)
        assert runs.oldest_due(connection, NOW + 45 * SECOND) == {"wip_aging": 45.0}
        assert runs.oldest_due(connection, NOW + LEASE + SECOND) == {
            "bench_alert": 1.0,
            "wip_aging": LEASE.total_seconds() + 1,
        }


def test_the_latest_runs_come_newest_first(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        ids = [open_run(connection, SLOT + n * LEASE) for n in range(3)]
        assert [run.id for run in runs.latest(connection, 2)] == [ids[2], ids[1]]


def lost_workers(connection: Connection) -> float:
    return sum(
        counter.value
        for counter in counters.all(connection)
        if counter.labels.get("exception") == "WorkerLost"
    )


def test_two_runs_of_one_job_and_scope_never_overlap(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        first = claimed_run(connection)
        later = open_run(connection, SLOT + SECOND)
        elsewhere = open_run(connection, SLOT + SECOND, company_id=2)
        assert claim_run(connection, later) is None
        assert claim_run(connection, elsewhere) is not None
        runs.succeed(connection, first, NOW, {})
        assert claim_run(connection, later) is not None


def test_a_run_that_found_no_room_is_published_again_as_soon_as_there_is_some(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as connection:
        waiting = open_run(connection, SLOT + SECOND)
        assert publishable(connection) == [waiting]
        assert publishable(connection) == []
        first = claimed_run(connection)
        assert claim_run(connection, waiting) is None
        assert publishable(connection) == []
        runs.succeed(connection, first, NOW, {})
        assert publishable(connection) == [waiting]


def test_a_run_whose_place_was_lost_with_its_worker_is_published_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        lost = claimed_run(connection).run.id
        waiting = open_run(connection, SLOT + SECOND)
        assert publishable(connection) == []
        assert sorted(publishable(connection, NOW + LEASE)) == [lost, waiting]


def test_nothing_is_published_of_a_tenant_that_has_no_room(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_run(connection)
        open_run(connection, company_id=2)
        elsewhere = open_run(connection, tenant="other")
        assert standing.in_flight(connection, NOW) == {(PLACE.job, "acme"): 1}
        found = runs.to_publish(connection, NOW, QUIET, 10, full=["acme"])
    assert [run.id for run in found] == [elsewhere]


def test_runs_to_publish_can_be_those_of_one_tenant(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        open_run(connection)
        other = open_run(connection, tenant="other")
        found = runs.to_publish(connection, NOW, QUIET, 10, tenant="other")
    assert [run.id for run in found] == [other]


def test_a_lost_worker_is_noted_and_counted_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
    with ledger.transaction() as connection:
        assert lost_workers(connection) == 0
        assert claim_run(connection, claim.run.id, NOW + LEASE) is not None
    with ledger.reading() as connection:
        assert lost_workers(connection) == 1
        (entry,) = audit.entries(connection, 10, event="run.lost")
    assert (entry.run_id, entry.detail["attempts"]) == (claim.run.id, 1)


def test_a_run_that_lost_its_last_worker_is_counted_as_dead(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        assert claim_run(connection, claim.run.id, NOW + LEASE, max_attempts=1) is None
    with ledger.reading() as connection:
        dead = [c.value for c in counters.all(connection) if c.labels.get("outcome") == "dead"]
    assert dead == [1]


def test_slots_are_opened_at_once_but_for_those_that_have_a_run(ledger: Ledger) -> None:
    wanted = [Slot(PLACE, SLOT + hour * LEASE, f"trace-{hour}") for hour in (2, 1, 0)]
    with ledger.transaction() as connection:
        open_run(connection, SLOT + LEASE)
        opened = runs.open_slots(connection, wanted, NOW)
        assert [(run.slot, run.trace_id) for run in opened] == [
            (SLOT, "trace-0"),
            (SLOT + 2 * LEASE, "trace-2"),
        ]
        assert runs.open_slots(connection, wanted, NOW) == []
        assert runs.open_slots(connection, [], NOW) == []


def test_what_is_dealt_with_is_told_for_all_scopes_of_a_job_at_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for company in (1, 2):
            runs.watch_since(connection, Place(PLACE.job, PLACE.tenant, company), NOW)
        runs.watch_since(connection, Place(PLACE.job, "other", 3), NOW)
        open_run(connection, SLOT + 2 * LEASE, job="bench_alert")
        open_run(connection, SLOT + LEASE)
        open_run(connection, SLOT)
        assert runs.closed_slots(connection, PLACE.job, NOW + 2 * LEASE) == {
            ("acme", 1): SLOT + LEASE,
            ("acme", 2): NOW,
            ("other", 3): NOW,
        }


def test_a_slot_of_a_clock_that_ran_ahead_closes_none_before_it(ledger: Ledger) -> None:
    job, tenant, company = astuple(PLACE)
    with ledger.transaction() as connection:
        runs.watch_since(connection, PLACE, NOW)
        open_run(connection, SLOT)
        open_run(connection, SLOT + timedelta(days=40))
        assert runs.closed_slots(connection, job, NOW) == {(tenant, company): SLOT}


def test_a_first_sight_of_a_clock_that_ran_ahead_is_none(ledger: Ledger) -> None:
    job, tenant, company = astuple(PLACE)
    with ledger.transaction() as connection:
        runs.watch_since(connection, PLACE, NOW + timedelta(days=40))
        assert runs.closed_slots(connection, job, NOW) == {}
        assert runs.watch_since(connection, PLACE, NOW) == NOW
        assert runs.closed_slots(connection, job, NOW) == {(tenant, company): NOW}
