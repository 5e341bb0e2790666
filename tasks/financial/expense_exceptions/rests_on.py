"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.financial.expense_exceptions.measures import AMOUNT, EXCEPTIONS
from tasks.financial.expense_exceptions.records import (
    Entry,
    EntryLine,
    Receipt,
    SpentExpense,
    SpentProject,
    SpentReport,
)
from tasks.financial.expense_exceptions.snapshot import (
    BY_ENTRY,
    BY_PROJECT,
    BY_RECEIPT,
    ENTRIES,
    PROJECTS,
    RECEIPTS,
)
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.records.people import Employee
from tasks.records.sales import Category
from tasks.records.timesheets import TimesheetLine

JUDGED: Final = ("exceptions", "accepted", "status", "reason")

# What is not seen may be the one that another stands for, or whose turn it is.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (SpentExpense.MODEL, Text("expenses")),
            (SpentReport.MODEL, Text("reports of expenses")),
            (Employee.MODEL, Text("people")),
            # Of people entered late they tell when they were employed.
            (TimesheetLine.MODEL, Text("logged hours")),
            *((model, check) for model, check in SCHEDULES if model != TimesheetLine.MODEL),
        )
    ),
    *(
        all_or_nothing(model, Text("calendar history"), instead_of=other)
        for model, other in HISTORIES
    ),
    # Exceptions of other kinds are told, and measured.
    *(
        Basis(
            model,
            check,
            columns=JUDGED,
            kinds=tuple(kind.value for kind in kinds),
            told=(EXCEPTIONS.measure, AMOUNT.measure),
        )
        for model, check, kinds in (
            (Receipt.MODEL, RECEIPTS, BY_RECEIPT),
            (SpentProject.MODEL, PROJECTS, BY_PROJECT),
            (Entry.MODEL, ENTRIES, BY_ENTRY),
            (EntryLine.MODEL, ENTRIES, BY_ENTRY),
        )
    ),
    all_or_nothing(Category.MODEL, Text("product categories"), by_id=True),
)
