"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.mobilization.project_setup.measures import NOT_SOLD, UNSTAFFED
from tasks.mobilization.project_setup.records import (
    SetupLine,
    SetupOrder,
    SetupProject,
    TemplateTask,
    WonLead,
)
from tasks.mobilization.project_setup.snapshot import Kind
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.units import Unit
from tasks.records.people import Employee
from tasks.records.sales import Category, Milestone, Partner
from tasks.records.timesheets import TimesheetLine

# What is not seen may be the very project or order that something is said to lack.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (SetupOrder.MODEL, Text("orders")),
            (SetupLine.MODEL, Text("order lines")),
            (SetupProject.MODEL, Text("projects")),
            (TemplateTask.MODEL, Text("tasks")),
            (Milestone.MODEL, Text("milestones")),
            (Employee.MODEL, Text("people")),
            *SCHEDULES,
        )
    ),
    *(
        all_or_nothing(model, Text("calendar history"), instead_of=other)
        for model, other in HISTORIES
    ),
    all_or_nothing(Unit.MODEL, Text("units of hours"), by_id=True),
    all_or_nothing(Category.MODEL, Text("product categories"), by_id=True),
    Basis(Partner.MODEL, Text("customers"), by_id=True, told=("partner",)),
    Basis(
        TimesheetLine.MODEL,
        Text("logged hours"),
        kinds=(Kind.STAFFING.value, Kind.ACTIVE.value),
        measures=(UNSTAFFED.measure,),
    ),
    Basis(
        WonLead.MODEL,
        Text("won leads"),
        kinds=(Kind.NOT_SOLD.value,),
        measures=(NOT_SOLD.measure,),
    ),
)
