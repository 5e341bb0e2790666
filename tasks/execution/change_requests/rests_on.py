"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.findings import ANY_KIND
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.execution.change_requests.measures import TURNAROUND
from tasks.execution.change_requests.records import (
    AllocatedTask,
    BudgetedProject,
    ChangeLine,
    ChangeOrder,
    OrderMessage,
    Person,
    SalesTeam,
)
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.units import Unit
from tasks.records.people import Employee
from tasks.records.sales import Currency, Partner

# What is not seen whole may hold the decision, the order or the line that something is missing of.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (ChangeOrder.MODEL, Text("orders")),
            (ChangeLine.MODEL, Text("order lines")),
            (AllocatedTask.MODEL, Text("tasks")),
            (BudgetedProject.MODEL, Text("projects")),
            (OrderMessage.MODEL, Text("messages of orders")),
            (Person.MODEL, Text("users")),
            (Employee.MODEL, Text("people")),
            (Partner.MODEL, Text("customers")),
            (SalesTeam.MODEL, Text("sales teams")),
        )
    ),
    Basis(Unit.MODEL, Text("units of hours"), rows=True, kinds=(ANY_KIND,), by_id=True),
    # Of what is in a hidden currency there is no amount.
    Basis(
        Currency.MODEL,
        Text("currencies"),
        rows=True,
        kinds=(ANY_KIND,),
        by_id=True,
        told=("amount", "currency"),
    ),
    *(Basis(model, check, measures=(TURNAROUND.measure,)) for model, check in SCHEDULES),
    *(
        Basis(model, Text("calendar history"), measures=(TURNAROUND.measure,), instead_of=other)
        for model, other in HISTORIES
    ),
)
