"""How many handoffs stand open and why, and how those of a month went."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tasks.commercial.handoff_gate.snapshot import Sale
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Report
from tests.fakes.handoffs import NOW, SALE, judged, said, sale

ACCEPTED, RETURNED = ActKind.ACCEPTED, ActKind.RETURNED


def values(report: Report, name: str) -> dict[str, float]:
    """By the value of the one label."""
    found = [measure for measure in report.measures if measure.name == name]
    return {next(iter(measure.labels.values())): measure.value for measure in found}


def ordered(number: int, day: int, **changes: Any) -> Sale:
    """An order of October."""
    confirmed = datetime(2026, 10, day, 9, tzinfo=UTC)
    return replace(sale({"id": number, "date_order": confirmed}), **changes)


def act(kind: ActKind, of: Sale, day: int, month: int = 10) -> Act:
    report = judged(of)
    at = datetime(2026, month, day, 9, tzinfo=UTC)
    return replace(said(kind, report), at=at)


def measured(*sales: Sale, acts: Iterable[Act] = ()) -> Report:
    return judged(*sales, acts=acts)


def test_open_handoffs_are_counted_by_status_and_gaps_by_item() -> None:
    report = measured(SALE, ordered(8, 5, documents=[]), ordered(9, 6, documents=[]))
    assert values(report, "handoffs_open") == {
        "incomplete": 2,
        "waiting": 1,
        "returned": 0,
        "changed": 0,
    }
    assert values(report, "handoff_gaps") == {"statement_of_work": 2}


def test_what_was_accepted_in_the_last_month_is_told_by_sales_team() -> None:
    quick, slow, other = ordered(8, 5), ordered(9, 6), ordered(10, 7, team="Sales Americas")
    acts = [
        act(ACCEPTED, quick, 7),
        act(RETURNED, slow, 8),
        act(ACCEPTED, slow, 12),
        act(ACCEPTED, other, 8),
    ]
    report = measured(quick, slow, other, acts=acts)
    assert values(report, "handoffs_accepted") == {"Sales": 2, "Sales Americas": 1}
    assert values(report, "handoff_cycle_days") == {"Sales": 4.0, "Sales Americas": 1.0}
    at_first = values(report, "handoff_complete_at_first_percent")
    assert at_first == {"Sales": 50.0, "Sales Americas": 100.0}


def test_the_first_acceptance_counts_and_only_in_its_month() -> None:
    early, late = ordered(8, 5), ordered(9, 6)
    acts = [
        act(ACCEPTED, early, 7),
        replace(act(ACCEPTED, early, 20), contents={"other": "contents"}, key="v2"),
        act(ACCEPTED, late, 2, month=11),
    ]
    report = measured(early, late, acts=acts)
    assert values(report, "handoffs_accepted") == {"Sales": 1}
    assert values(report, "handoff_cycle_days") == {"Sales": 2.0}
    assert NOW.month.start.month == 10


def test_a_month_without_acceptance_measures_none() -> None:
    names = {measure.name for measure in measured().measures}
    assert names == {"handoffs_open"}
