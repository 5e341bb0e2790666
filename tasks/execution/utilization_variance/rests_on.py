"""Which records must all be seen, and what is withheld where that is not shown."""

from collections.abc import Mapping
from typing import Any, Final

from tasks.domain.findings import ANY_KIND
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis
from tasks.execution.utilization_variance.measures import (
    HOURS,
    RATIO,
    SCHEDULED_RATIO,
    VARIANCE_HOURS,
)
from tasks.execution.utilization_variance.planning import PlannedTask, PlanningSlot
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.units import Unit
from tasks.records.people import Account, Department, Employee, Resource, WorkingCalendar
from tasks.records.timesheets import TimesheetLine

RATIOS: Final = (
    *("utilization_percent", "productive_percent", "total_percent", "status", "explained"),
    *("variance_points", "variance_hours"),
)
SCHEDULED: Final = ("capacity_hours", "leave_hours", "ahead", *RATIOS)
FORECAST: Final = ("forecast_accuracy_percent", "forecast_bias_percent")
MEASURES: Final = (RATIO.measure, HOURS.measure, VARIANCE_HOURS.measure)
PLANNED: Final[Mapping[str, Any]] = {
    "columns": ("planned_hours", "explained", "ahead"),
    "totals": ("planned_hours", *FORECAST),
    "measures": (SCHEDULED_RATIO.measure, HOURS.measure),
    # Their reasons tell how much of it was planned.
    "kinds": (ANY_KIND,),
}

RESTS_ON = (
    Basis(Employee.MODEL, Text("people"), rows=True),
    *(
        Basis(
            model,
            check,
            # Of leavers, and of people entered late, they tell when they were employed.
            rows=True,
            columns=("worked_hours", "billable_hours", *SCHEDULED),
            kinds=(ANY_KIND,),
            by_id=model == Unit.MODEL,
        )
        for model, check in (
            (TimesheetLine.MODEL, Text("logged hours")),
            (Unit.MODEL, Text("units of hours")),
        )
    ),
    Basis(
        Department.MODEL,
        Text("departments"),
        measures=(HOURS.measure, VARIANCE_HOURS.measure),
        by_id=True,
        told=("department",),
    ),
    *(
        Basis(
            model,
            Text("calendar history"),
            rows=True,
            columns=SCHEDULED,
            kinds=(ANY_KIND,),
            instead_of=other,
        )
        for model, other in HISTORIES
    ),
    *(
        Basis(
            model,
            check,
            # Who has no calendar is not looked at.
            rows=model in {WorkingCalendar.MODEL, Resource.MODEL},
            columns=SCHEDULED,
            totals=("capacity_hours",),
            measures=(*MEASURES, SCHEDULED_RATIO.measure),
            kinds=(ANY_KIND,),
        )
        for model, check in SCHEDULES
    ),
    Basis(PlanningSlot.MODEL, Text("planned hours"), if_readable=True, **PLANNED),
    *(
        # A task's hours are shared by its people: those who are seen.
        Basis(model, Text("planned hours"), instead_of=PlanningSlot.MODEL, **PLANNED)
        for model in (PlannedTask.MODEL, Account.MODEL)
    ),
)
