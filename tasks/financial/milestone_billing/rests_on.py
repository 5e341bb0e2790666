"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import all_or_nothing
from tasks.records.sales import InvoiceLine, Milestone, Order, OrderLine, Project

# What single checks rest on besides, they say themselves. An order line that is hidden would be on
# the invoice all the same, and a draft that is hidden would be made twice.
RESTS_ON: Final = (
    all_or_nothing(Order.MODEL, Text("orders")),
    all_or_nothing(OrderLine.MODEL, Text("order lines")),
    all_or_nothing(InvoiceLine.MODEL, Text("invoice lines")),
    all_or_nothing(Milestone.MODEL, Text("milestones")),
    all_or_nothing(Project.MODEL, Text("projects")),
)
