"""What is measured of the weeks that were judged, and how."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.execution.timesheet_reminders.rules import Judged

MISSING_HOURS: Final = Formula(
    "timesheet_missing_hours",
    "expected hours of the last complete week that are not logged by the cut-off, of people "
    "whose week is not complete",
    panels=(Panel("Hours missing", now=True),),
)
COMPLIANCE: Final = Formula(
    "timesheet_compliance_ratio",
    "people who had logged complete_from_percent of the expected hours by their deadline, in "
    "their last complete week whose deadline is over / people who owed hours in it; a line "
    "counts from when it was made",
    version=2,
    panels=(Panel("Timesheet compliance", boards=("delivery", "planning", "executive")),),
)


def missing(judged: Sequence[Judged]) -> Measure:
    """The hours that are missing of the weeks that are not complete."""
    hours = sum(each.missing for each in judged if each.status == "missing")
    others = Counter(e.status for e in judged if e.status not in ("complete", "missing"))
    return MISSING_HOURS.measured(round(hours, 2), excluded=others)


def compliance(punctuality: Iterable[str]) -> tuple[Measure, ...]:
    """The share of those who were on time, if anybody owed hours."""
    counts = Counter(punctuality)
    on_time, late = counts.pop("on_time", 0), counts.pop("late", 0)
    if not (on_time or late):
        return ()
    return (COMPLIANCE.measured(round(on_time / (on_time + late), 4), excluded=counts),)
