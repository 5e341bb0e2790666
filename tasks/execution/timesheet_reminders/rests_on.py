"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import Basis
from tasks.execution.timesheet_reminders.measures import COMPLIANCE, MISSING_HOURS
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.units import Unit
from tasks.records.people import Employee
from tasks.records.timesheets import TimesheetLine

LOGGED: Final = (
    *("logged_hours", "missing_hours", "days", "status", "reason"),
    *("counted_hours", "draft_hours", "submitted_hours", "approved_hours"),
)
EXPECTED: Final = ("expected_hours", "missing_hours", "days", "status", "reason")

RESTS_ON = (
    Basis(Employee.MODEL, Text("people"), rows=True),
    *(
        Basis(
            model,
            check,
            # Of leavers, and of people entered late, they tell when they were employed.
            rows=True,
            columns=("expected_hours", *LOGGED),
            kinds=("missing-hours",),
            by_id=model == Unit.MODEL,
        )
        for model, check in (
            (TimesheetLine.MODEL, Text("logged hours")),
            (Unit.MODEL, Text("units of hours")),
        )
    ),
    *(
        Basis(
            model,
            Text("calendar history"),
            rows=True,
            columns=EXPECTED,
            kinds=("missing-hours",),
            instead_of=other,
        )
        for model, other in HISTORIES
    ),
    *(
        Basis(
            model,
            check,
            columns=EXPECTED,
            measures=(MISSING_HOURS.measure, COMPLIANCE.measure),
            kinds=("missing-hours",),
        )
        for model, check in SCHEDULES
    ),
)
