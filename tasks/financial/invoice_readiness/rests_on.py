"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.financial.invoice_readiness.measures import LATENCY
from tasks.reads.units import Unit
from tasks.records.sales import Invoice, InvoiceLine, Milestone, Order, OrderLine, Project
from tasks.records.timesheets import TimesheetLine

WAITING: Final = ("waiting_days", "waiting_to_be_ready_days", "waiting_for_finance_days")

# What single checks rest on besides, they say themselves.
RESTS_ON: Final = (
    Basis(Order.MODEL, Text("orders"), rows=True),
    all_or_nothing(OrderLine.MODEL, Text("order lines")),
    *(
        Basis(
            model,
            check,
            columns=WAITING,
            measures=(LATENCY.measure,),
            dated=True,
            by_id=model == Unit.MODEL,
        )
        for model, check in (
            (TimesheetLine.MODEL, Text("logged hours")),
            (Unit.MODEL, Text("units of hours")),
            (Invoice.MODEL, Text("invoices")),
        )
    ),
    # Lines whose amount hangs on invoices are drift where these are not seen.
    Basis(InvoiceLine.MODEL, Text("invoice lines"), rows=True, columns=WAITING, dated=True),
    Basis(Milestone.MODEL, Text("milestones"), columns=WAITING, dated=True),
    Basis(Project.MODEL, Text("projects"), columns=("project_ids",)),
)
