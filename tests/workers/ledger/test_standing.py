"""How things stand: the same answers on both databases."""

from dataclasses import astuple, replace
from datetime import timedelta

from tasks.domain.cases import Change, ChangeKind, Reconciliation
from tasks.domain.findings import Measure
from workers.ledger import cases, measures, runs, standing
from workers.ledger.database import Connection, Ledger
from workers.ledger.measures import Provenance
from workers.ledger.places import Place
from workers.ledger.standing import Cases, Success

from .examples import (
    FINDING,
    LEASE,
    NOW,
    PLACE,
    SECOND,
    SLOT,
    TODAY,
    claim_run,
    open_run,
)

JOB, TENANT, COMPANY = astuple(PLACE)
HOUR = timedelta(hours=1)
BASIS = Provenance(SLOT)


def succeeded(connection: Connection, ago: timedelta, company_id: int = COMPANY) -> int:
    run_id = open_run(connection, SLOT - ago, company_id=company_id)
    claim = claim_run(connection, run_id)
    assert claim is not None
    runs.succeed(connection, claim, NOW - ago, {})
    return run_id


def test_the_newest_success_counts_per_company(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        succeeded(connection, HOUR)
        succeeded(connection, 2 * HOUR)
        succeeded(connection, 3 * HOUR, company_id=2)
        open_run(connection)
        assert standing.successes(connection, NOW) == {
            Place(JOB, TENANT, 1): Success(SLOT - HOUR, NOW - HOUR),
            Place(JOB, TENANT, 2): Success(SLOT - 3 * HOUR, NOW - 3 * HOUR),
        }


def test_a_success_of_a_clock_that_ran_ahead_covers_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        succeeded(connection, HOUR)
        succeeded(connection, timedelta(days=-40))
        succeeded(connection, timedelta(days=-40), company_id=2)
        assert standing.successes(connection, NOW) == {
            Place(JOB, TENANT, 1): Success(SLOT - HOUR, NOW - HOUR)
        }


def test_a_run_is_in_flight_while_its_lease_lasts(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim_run(connection, open_run(connection))
        assert standing.in_flight(connection, NOW) == {(JOB, TENANT): 1}
        assert standing.in_flight(connection, NOW + LEASE) == {}


def test_dead_letters_are_counted_by_class(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for number, name in enumerate(("OdooRejected", "OdooRejected", "KeyError")):
            claim = claim_run(connection, open_run(connection, SLOT - number * SECOND))
            assert claim is not None
            runs.die(connection, claim, NOW, name, "no")
        assert standing.dead_letters(connection) == {
            (JOB, TENANT, "OdooRejected"): 2,
            (JOB, TENANT, "KeyError"): 1,
        }


def test_open_cases_are_counted_by_kind_and_day(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        found = [
            replace(FINDING, key=f"{kind}-{number}", kind=kind)
            for kind, count in (("old", 2), ("unpriced", 1), ("", 1))
            for number in range(count)
        ]
        changes = tuple(Change(ChangeKind.OPENED, one, "opened") for one in found)
        cases.apply(connection, PLACE, run_id, Reconciliation(changes, ()), TODAY, NOW)
        assert standing.open_cases(connection) == {
            Cases(PLACE, "old", "warning", TODAY): 2,
            Cases(PLACE, "unpriced", "warning", TODAY): 1,
            Cases(PLACE, "", "warning", TODAY): 1,
        }


def test_a_place_is_watched_since_it_was_first_seen(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        runs.watch_since(connection, PLACE, NOW)
        runs.watch_since(connection, PLACE, NOW + HOUR)
        assert standing.watched_since(connection) == {PLACE: NOW}


def test_the_samples_of_a_measure_are_kept_newest_first(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for number in range(3):
            run_id = open_run(connection, SLOT + number * HOUR)
            found = [Measure("wip_days", float(number)), Measure("other_days", 9.0)]
            measures.record(connection, run_id, found, NOW + number * HOUR, BASIS)
        newest = measures.history(connection, "wip_days", limit=2)
        assert [sample.value for sample in newest] == [2.0, 1.0]
        assert newest[0].at == NOW + 2 * HOUR
        assert measures.history(connection, "wip_days", limit=9, company_id=2) == ()
        assert measures.names(connection) == ("other_days", "wip_days")
