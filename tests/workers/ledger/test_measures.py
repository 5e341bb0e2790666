"""Measures: samples kept per run, the newest slot speaking for its job and scope."""

from datetime import timedelta

import pytest

from tasks.domain.findings import Measure
from workers.ledger import measures
from workers.ledger.database import Connection, Ledger
from workers.ledger.measures import Provenance, Sample

from .examples import NOW, SLOT, open_run

HOUR = timedelta(hours=1)
BASIS = Provenance(SLOT)


def values(connection: Connection) -> dict[tuple[str, int, str, str], float]:
    return {
        (sample.job, sample.company_id, sample.name, sample.labels.get("currency", "")): (
            sample.value
        )
        for sample in measures.latest(connection, NOW + HOUR)
    }


def test_a_measure_comes_out_as_it_went_in(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        found = Measure("wip_amount", 1200.5, {"currency": "EUR", "bucket": "91+"})
        measures.record(connection, open_run(connection), [found], NOW, BASIS)
        assert measures.latest(connection, NOW + HOUR) == (
            Sample("wip_aging", "acme", 1, "wip_amount", dict(found.labels), 1200.5, NOW),
        )


def test_a_sample_tells_its_formula_its_cut_off_and_what_it_leaves_out(ledger: Ledger) -> None:
    found = Measure("wip_amount", 1200.5, excluded={"exempt": 3})
    with ledger.transaction() as connection:
        basis = Provenance(SLOT, {"wip_amount": 2}, drift=1)
        measures.record(connection, open_run(connection), [found], NOW, basis)
        (sample,) = measures.history(connection, "wip_amount", 10)
    assert (sample.formula, sample.cut_off) == (2, SLOT)
    assert sample.excluded == {"exempt": 3, "drift": 1}


def test_the_newest_slot_speaks_for_each_job_and_scope(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for company, hours, value in ((1, 0, 1.0), (1, 1, 2.0), (2, 0, 3.0)):
            run_id = open_run(connection, SLOT + hours * HOUR, company_id=company)
            measures.record(connection, run_id, [Measure("missing_hours", value)], NOW, BASIS)
        assert values(connection) == {
            ("wip_aging", 1, "missing_hours", ""): 2.0,
            ("wip_aging", 2, "missing_hours", ""): 3.0,
        }


def test_a_slot_caught_up_late_does_not_speak_over_a_newer_one(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        newer = open_run(connection, SLOT + HOUR)
        older = open_run(connection, SLOT)
        measures.record(connection, newer, [Measure("missing_hours", 2.0)], NOW, BASIS)
        measures.record(connection, older, [Measure("missing_hours", 1.0)], NOW + HOUR, BASIS)
        assert list(values(connection).values()) == [2.0]


def test_what_the_newest_slot_no_longer_counts_is_gone(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        eur, usd = ({"currency": code} for code in ("EUR", "USD"))
        both = [Measure("wip_amount", 1.0, eur), Measure("wip_amount", 2.0, usd)]
        measures.record(connection, open_run(connection), both, NOW, BASIS)
        later = open_run(connection, SLOT + HOUR)
        measures.record(connection, later, [Measure("wip_amount", 3.0, eur)], NOW + HOUR, BASIS)
        assert values(connection) == {("wip_aging", 1, "wip_amount", "EUR"): 3.0}


def test_a_run_that_has_measured_nothing_yet_silences_nobody(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        measures.record(
            connection, open_run(connection), [Measure("missing_hours", 1.0)], NOW, BASIS
        )
        measures.record(connection, open_run(connection, SLOT + HOUR), [], NOW, BASIS)
        assert list(values(connection).values()) == [1.0]


@pytest.mark.parametrize(
    "found",
    [
        [Measure("a", 1.0, {"x": "1", "y": "2"}), Measure("a", 2.0, {"y": "2", "x": "1"})],
        [Measure("a", float("nan"))],
        [Measure("a", float("inf"))],
    ],
)
def test_measures_that_no_metric_can_show_are_refused(ledger: Ledger, found: list[Measure]) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        with pytest.raises(ValueError, match="measure a"):
            measures.record(connection, run_id, found, NOW, BASIS)
