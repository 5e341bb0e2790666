"""How people read the columns and states of margins."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text

NO_SERVICE_LINE: Final = Text("no service line")
LABELS: Final[Mapping[str, Text]] = {
    "billed": Text("invoiced"),
    "burning": Text("burns too fast"),
    "burnt_percent": Text("spent of the plan in %"),
    "cost": Text("cost"),
    "cost_at_completion": Text("cost at completion"),
    "cost_of_hours": Text("cost of hours"),
    "covered_percent": Text("hours with a cost in %"),
    "earned": Text("delivered"),
    "eroded": Text("eroded"),
    "erosion": Text("margin erosion"),
    "erosion_points": Text("points below the plan"),
    "exempt": Text("exempt"),
    "expenses": Text("expenses"),
    "loss": Text("loss"),
    "manager": Text("manager"),
    "margin": Text("margin"),
    "margin_at_completion": Text("margin at completion"),
    "margin_percent": Text("margin in %"),
    "not_invoiced": Text("delivered, not invoiced"),
    "not_recognised": Text("invoiced, not in the books"),
    "ordered_costs": Text("ordered and not billed"),
    "percent_at_completion": Text("margin at completion in %"),
    "plan_basis": Text("planned by"),
    "planned_cost": Text("planned cost"),
    "planned_percent": Text("planned margin in %"),
    "projects": Text("projects"),
    "progress_percent": Text("done in %"),
    "purchases": Text("purchases"),
    "recognised": Text("revenue in the books"),
    "service_line": Text("service line"),
    "service_lines": Text("service lines"),
    "sold": Text("sold"),
    "uncosted_hours": Text("hours without cost"),
    "used_percent": Text("used in %"),
    "verifiable_projects": Text("projects with a verifiable margin"),
    "waiting_expenses": Text("expenses not in the books"),
    # Kinds of findings.
    "burn": Text("spent faster than done"),
    "used_up": Text("hours sold in advance used up"),
    "coding": Text("coding is missing"),
}
