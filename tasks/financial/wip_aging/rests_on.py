"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
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
    Basis(Order.MODEL, Text("orders"), rows=True),
    Basis(OrderLine.MODEL, Text("order lines"), rows=True),
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
        for model, check in (
            (TimesheetLine.MODEL, Text("logged hours")),
            (Unit.MODEL, Text("units of hours")),
        )
    ),
    Basis(
        Milestone.MODEL,
        Text("milestones"),
        columns=AGES,
        totals=AGED,
        measures=(WIP_AMOUNT.measure,),
        kinds=("undecided",),
        dated=True,
    ),
    Basis(
        Invoice.MODEL,
        Text("invoices"),
        columns=AGES,
        totals=(*AGED, "lock_up"),
        measures=tuple(formula.measure for formula in FORMULAS),
        kinds=("undecided",),
        dated=True,
    ),
    # Lines whose amount hangs on invoices are drift where these are not seen.
    Basis(InvoiceLine.MODEL, Text("invoice lines"), rows=True, columns=AGES, dated=True),
    Basis(Project.MODEL, Text("projects"), kinds=("no-order",)),
    # Of what is in a hidden currency there is no row.
    Basis(
        Currency.MODEL, Text("currencies"), rows=True, by_id=True, told=("cost", "cost_currency")
    ),
    Basis(Partner.MODEL, Text("customers"), by_id=True, told=("partner",)),
)
