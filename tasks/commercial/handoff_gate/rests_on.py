"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.commercial.handoff_gate.measures import BY_TEAM
from tasks.commercial.handoff_gate.records import (
    Document,
    PlannedTask,
    SalesTeam,
    SoldLine,
    SoldOrder,
    StartedProject,
)
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.signatures import Login, SigningMessage
from tasks.records.people import Employee
from tasks.records.sales import Category, Milestone

# What is not seen may be the very thing that is said to be missing.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (SoldOrder.MODEL, Text("orders")),
            (SoldLine.MODEL, Text("order lines")),
            (StartedProject.MODEL, Text("projects")),
            (PlannedTask.MODEL, Text("tasks")),
            (Milestone.MODEL, Text("milestones")),
            (Document.MODEL, Text("files")),
            (SigningMessage.MODEL, Text("messages of orders")),
            (Login.MODEL, Text("users")),
            (Employee.MODEL, Text("people")),
            *SCHEDULES,
        )
    ),
    *(
        all_or_nothing(model, Text("calendar history"), instead_of=other)
        for model, other in HISTORIES
    ),
    all_or_nothing(Category.MODEL, Text("product categories"), by_id=True),
    Basis(
        SalesTeam.MODEL,
        Text("sales teams"),
        columns=("sales_team",),
        measures=tuple(formula.measure for formula in BY_TEAM),
        by_id=True,
    ),
)
