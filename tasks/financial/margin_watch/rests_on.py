"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.financial.margin_watch.records import (
    MarginCategory,
    MarginProject,
    PlannedTask,
    ProjectUpdate,
    WaitingExpense,
)
from tasks.reads.units import Unit
from tasks.records.sales import Currency, Order, OrderLine, User
from tasks.records.timesheets import TimesheetLine

# What is booked is proven apart, since hours and bookings are shown by other groups.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check)
        for model, check in (
            (Order.MODEL, Text("orders")),
            (OrderLine.MODEL, Text("order lines")),
            (MarginProject.MODEL, Text("projects")),
            (TimesheetLine.MODEL, Text("logged hours")),
            (PlannedTask.MODEL, Text("tasks")),
        )
    ),
    *(
        all_or_nothing(model, check, by_id=True)
        for model, check in (
            (Unit.MODEL, Text("units of hours")),
            (Currency.MODEL, Text("currencies")),
            (MarginCategory.MODEL, Text("product categories")),
            (ProjectUpdate.MODEL, Text("updates of projects")),
        )
    ),
    Basis(User.MODEL, Text("users"), columns=("manager",)),
    Basis(
        WaitingExpense.MODEL,
        Text("expenses"),
        columns=(
            *("waiting_expenses", "cost_at_completion", "margin_at_completion"),
            *("percent_at_completion", "erosion_points", "status", "reason"),
        ),
        measures=("project_margin_at_completion",),
        kinds=("erosion", "loss"),
    ),
)
