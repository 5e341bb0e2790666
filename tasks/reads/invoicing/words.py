"""Words of the checks, which several jobs use."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text

NOT_REQUIRED: Final = Text("not required by policy")
# What checks are called, and what people read.
CHECKS: Final[Mapping[str, Text]] = {
    "hold": Text("hold"),
    "price": Text("price"),
    "tax": Text("tax"),
    "milestones": Text("milestones"),
    "approved_time": Text("approved time"),
    "contract": Text("contract"),
    "project_status": Text("project status"),
    "acceptance_evidence": Text("acceptance evidence"),
    "purchase_order": Text("purchase order"),
    "invoice_address": Text("invoice address"),
    "expenses": Text("expenses"),
    "purchases": Text("purchases"),
    "draft_invoice": Text("draft invoice"),
    "order_approval": Text("order approval"),
    "open_tickets": Text("open tickets"),
}
