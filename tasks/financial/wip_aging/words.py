"""How people read the words of this job's document."""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text

LABELS: Final[Mapping[str, Text]] = {
    # Kinds of findings.
    "undecided": Text("undecided"),
    "unpriced": Text("unpriced"),
    "overrun": Text("over the fixed price"),
    "unsold": Text("without a confirmed order"),
    "no_order": Text("on no order line"),
    # Ages.
    "0_30": Text("0-30 days"),
    "31_60": Text("31-60 days"),
    "61_90": Text("61-90 days"),
    "91+": Text("91 days and more"),
    # Columns of rows.
    "delivered": Text("delivered"),
    "invoiced": Text("invoiced"),
    "in_draft": Text("in draft"),
    "wip": Text("WIP"),
    "advance_billing": Text("billed in advance"),
    "oldest_date": Text("oldest day"),
    "age_days": Text("age in days"),
    "bucket": Text("age bucket"),
    "aged": Text("WIP by age"),
    "difference": Text("difference to Odoo"),
    "difference_reason": Text("why it differs"),
    "cost": Text("cost"),
    "cost_currency": Text("currency of the cost"),
    "provision": Text("provision"),
    # Totals.
    "buckets": Text("WIP by age"),
    "residual_by_billing": Text("difference to Odoo by kind of billing"),
    "residual_by_reason": Text("difference to Odoo by reason"),
    "residual_lines": Text("lines that differ"),
    "fixed_price": Text("fixed price, not delivered yet"),
    "prepaid": Text("prepaid, not delivered yet"),
    "discount": Text("discount of what is not delivered yet"),
    "unexplained": Text("not explained"),
    "verifiable": Text("as far as verifiable"),
    "not_verifiable_lines": Text("lines that are not verifiable"),
    "lock_up": Text("lock-up"),
    "revenue_12_months": Text("revenue of 12 months"),
    "receivables": Text("receivables"),
    "wip_days": Text("WIP days"),
    "debtor_days": Text("debtor days"),
    "lock_up_days": Text("lock-up days"),
    "value_of_a_day": Text("value of a day"),
    "collection_realization_percent": Text("collection realization"),
}
