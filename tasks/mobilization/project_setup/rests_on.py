"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.findings import ANY_KIND
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis
from tasks.mobilization.project_setup.measures import NOT_SOLD
from tasks.mobilization.project_setup.records import (
    SetupLine,
    SetupOrder,
    SetupProject,
    WonLead,
)
from tasks.mobilization.project_setup.snapshot import Kind
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.records.people import Employee
from tasks.records.sales import Category

# What is not seen may be the very project or order that something is said to lack.
RESTS_ON: Final = (
    *(
        Basis(model, check, rows=True, kinds=(ANY_KIND,), in_part=True)
        for model, check in (
            (SetupOrder.MODEL, Text("orders")),
            (SetupLine.MODEL, Text("order lines")),
            (SetupProject.MODEL, Text("projects")),
            (Employee.MODEL, Text("people")),
            *SCHEDULES,
        )
    ),
    *(
        Basis(
            model,
            Text("calendar history"),
            rows=True,
            kinds=(ANY_KIND,),
            in_part=True,
            instead_of=other,
        )
        for model, other in HISTORIES
    ),
    Basis(
        Category.MODEL,
        Text("product categories"),
        rows=True,
        kinds=(ANY_KIND,),
        in_part=True,
        by_id=True,
    ),
    Basis(
        WonLead.MODEL,
        Text("won leads"),
        kinds=(Kind.NOT_SOLD.value,),
        measures=(NOT_SOLD.measure,),
    ),
)
