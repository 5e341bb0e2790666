"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.withheld import Basis
from tasks.financial.wip_aging.measures import FORMULAS, WIP_AMOUNT
from tasks.reads.units import Unit
from tasks.records.sales import (
    Currency,
    Invoice,
    InvoiceLine,
    Milestone,
    Order,
    OrderLine,
    Partner,
    Project,
)
from tasks.records.timesheets import TimesheetLine

AGES: Final = ("oldest_date", "age_days", "bucket", "aged", "cost", "provision")
AGED: Final = ("buckets", "provision")

RESTS_ON: Final = (
    Basis(Order.MODEL, "orders", rows=True),
    Basis(OrderLine.MODEL, "order lines", rows=True),
    *(
        Basis(
            model,
            check,
            columns=AGES,
            totals=AGED,
            measures=(WIP_AMOUNT.measure,),
            kinds=("undecided", "no-order", "unsold"),
            dated=True,
            by_id=model == Unit.MODEL,
        )
        for model, check in ((TimesheetLine.MODEL, "logged hours"), (Unit.MODEL, "units of hours"))
    ),
    Basis(
        Milestone.MODEL,
        "milestones",
        columns=AGES,
        totals=AGED,
        measures=(WIP_AMOUNT.measure,),
        kinds=("undecided",),
        dated=True,
    ),
    Basis(
        Invoice.MODEL,
        "invoices",
        columns=AGES,
        totals=(*AGED, "lock_up"),
        measures=tuple(formula.measure for formula in FORMULAS),
        kinds=("undecided",),
        dated=True,
    ),
    # Lines whose amount hangs on invoices are drift where these are not seen.
    Basis(InvoiceLine.MODEL, "invoice lines", rows=True, columns=AGES, dated=True),
    Basis(Project.MODEL, "projects", kinds=("no-order",)),
    # Of what is in a hidden currency there is no row.
    Basis(Currency.MODEL, "currencies", rows=True, by_id=True, told=("cost", "cost_currency")),
    Basis(Partner.MODEL, "customers", by_id=True, told=("partner",)),
)
