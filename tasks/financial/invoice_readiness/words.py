"""Words that this job uses in several places, and how people read those of its document."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import STATUS

# Of an order that is ready and that not every check could be made of.
AS_FAR_AS_VERIFIABLE: Final = "ready_as_far_as_verifiable"
NOT_REQUIRED: Final = Text("not required by policy")
# What a row calls its verdict, and what people read.
VERDICTS: Final[Mapping[str, Text]] = {
    "ready": Text("ready"),
    AS_FAR_AS_VERIFIABLE: Text("ready as far as verifiable"),
    "blocked": Text("blocked"),
    "held": Text("held"),
    "excluded": Text("excluded"),
    STATUS: Text("not verifiable"),
}
# The same of its checks.
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

# How people read the words of this job's document.
LABELS: Final[Mapping[str, Text]] = {
    **VERDICTS,
    **CHECKS,
    # Columns of rows.
    "verdict": Text("verdict"),
    "waiting_to_be_ready_days": Text("of these until ready"),
    "waiting_for_finance_days": Text("of these with finance"),
    "cost_of_delay_per_day": Text("cost of delay per day"),
    # Of what persons are told.
    "invoice_gap": Text("missing for the invoice"),
    # Totals.
    "ready_not_verified": Text("ready, not fully verifiable"),
}
