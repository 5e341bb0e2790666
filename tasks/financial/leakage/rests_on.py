"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.financial.leakage.kinds import Kind
from tasks.financial.leakage.measures import AMOUNT, LEAKS, column
from tasks.financial.leakage.records import (
    BillLine,
    PurchaseLine,
    SpentForCustomer,
    SpentReportState,
)
from tasks.financial.leakage.snapshot import BY_PROJECT, EXPENSES, ORDERED, PROJECTS
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.reads.units import Unit
from tasks.records.people import Employee
from tasks.records.sales import Currency, Invoice, Order, OrderLine, Project
from tasks.records.timesheets import TimesheetLine

# What is not seen may bill what another record leaves open, or be whose turn it is.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (Order.MODEL, Text("orders")),
            (OrderLine.MODEL, Text("order lines")),
            (TimesheetLine.MODEL, Text("logged hours")),
            (Invoice.MODEL, Text("invoices")),
            (BillLine.MODEL, Text("invoice lines")),
            (Employee.MODEL, Text("people")),
            *((model, check) for model, check in SCHEDULES if model != TimesheetLine.MODEL),
        )
    ),
    *(
        all_or_nothing(model, Text("calendar history"), instead_of=other)
        for model, other in HISTORIES
    ),
    all_or_nothing(Currency.MODEL, Text("currencies"), by_id=True),
    all_or_nothing(Unit.MODEL, Text("units of hours"), by_id=True),
    # Leaks of other kinds are told, and measured.
    *(
        Basis(
            model,
            check,
            kinds=tuple(kind.value for kind in kinds),
            told=(LEAKS.measure, AMOUNT.measure, *map(column, kinds)),
        )
        for model, check, kinds in (
            (Project.MODEL, PROJECTS, BY_PROJECT),
            (SpentForCustomer.MODEL, EXPENSES, (Kind.EXPENSE,)),
            (SpentReportState.MODEL, EXPENSES, (Kind.EXPENSE,)),
            (PurchaseLine.MODEL, ORDERED, (Kind.BOUGHT,)),
        )
    ),
)
