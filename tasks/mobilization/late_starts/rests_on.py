"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import all_or_nothing
from tasks.mobilization.late_starts.records import (
    StartedProject,
    StartLine,
    StartOrder,
    StartTask,
)
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.records.people import Employee
from tasks.records.sales import Milestone
from tasks.records.timesheets import TimesheetLine

# What is not seen whole may hold the kickoff, the hour or the task that something is late without.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (StartedProject.MODEL, Text("projects")),
            (StartOrder.MODEL, Text("orders")),
            (StartLine.MODEL, Text("order lines")),
            (StartTask.MODEL, Text("tasks")),
            (Milestone.MODEL, Text("milestones")),
            (TimesheetLine.MODEL, Text("logged hours")),
            (Employee.MODEL, Text("people")),
            *((model, check) for model, check in SCHEDULES if model != TimesheetLine.MODEL),
        )
    ),
    *(
        all_or_nothing(model, Text("calendar history"), instead_of=other)
        for model, other in HISTORIES
    ),
)
