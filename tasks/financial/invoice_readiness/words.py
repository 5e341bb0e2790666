"""Words that this job uses in several places, and how people read those of its document."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text
from tasks.domain.withheld import STATUS
from tasks.reads.invoicing.words import CHECKS

# Of an order that is ready and that not every check could be made of.
AS_FAR_AS_VERIFIABLE: Final = "ready_as_far_as_verifiable"
# What a row calls its verdict, and what people read.
VERDICTS: Final[Mapping[str, Text]] = {
    "ready": Text("ready"),
    AS_FAR_AS_VERIFIABLE: Text("ready as far as verifiable"),
    "blocked": Text("blocked"),
    "held": Text("held"),
    "excluded": Text("excluded"),
    STATUS: Text("not verifiable"),
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
    "held_up_by": Text("held up by"),
    "ready_not_verified": Text("ready, not fully verifiable"),
}
