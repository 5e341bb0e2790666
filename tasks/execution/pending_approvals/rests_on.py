"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.findings import ANY_KIND
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis
from tasks.execution.pending_approvals.measures import AMOUNT
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.units import Unit
from tasks.records.people import Department, Employee
from tasks.records.sales import Currency, Product, Tax
from tasks.records.timesheets import TimesheetLine

DECIDED: Final = ("decider", "waiting_working_hours", "status", "reason", "told")

# Expenses and hours that are not seen whole are told of no kind at all.
RESTS_ON = (
    Basis(
        Employee.MODEL,
        Text("people"),
        rows=True,
        columns=("submitter", "approver_id", "approver", *DECIDED),
        kinds=(ANY_KIND,),
    ),
    *(
        Basis(model, check, columns=DECIDED, kinds=(ANY_KIND,))
        for model, check in (
            *SCHEDULES,
            # Of people entered late they tell when they were employed.
            (TimesheetLine.MODEL, Text("logged hours")),
        )
    ),
    *(
        Basis(model, Text("calendar history"), columns=DECIDED, kinds=(ANY_KIND,), instead_of=other)
        for model, other in HISTORIES
    ),
    # Their heads are asked where an expense names nobody.
    Basis(
        Department.MODEL,
        Text("departments"),
        columns=("approver_id", "approver", *DECIDED),
        kinds=("pending-expense",),
        by_id=True,
    ),
    Basis(
        Unit.MODEL,
        Text("units of hours"),
        rows=True,
        columns=("hours", "amount", "currency", *DECIDED),
        kinds=("pending-time",),
        by_id=True,
    ),
    # What is worth an amount that is not known has none.
    *(
        Basis(
            model,
            check,
            measures=(AMOUNT.measure,),
            by_id=True,
            told=("amount", "currency"),
        )
        for model, check in (
            (Currency.MODEL, Text("currencies")),
            (Product.MODEL, Text("products")),
            (Tax.MODEL, Text("taxes")),
        )
    ),
)
