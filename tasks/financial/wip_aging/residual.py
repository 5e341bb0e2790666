"""Why Odoo's own figure of what is to be invoiced is another one than ours, line by line.

At a fixed price Odoo bills by what is ordered, and work is in progress by what is delivered. What
an invoice makes of a line is not part of it: that is the gap of the line, excluded with its reason.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from tasks.domain.texts import Text, joined
from tasks.financial.wip_aging.lines import Line

FIXED_PRICE: Final = "fixed_price"
PREPAID: Final = "prepaid"
DISCOUNT: Final = "discount"
UNEXPLAINED: Final = "unexplained"
REASONS: Final[Mapping[str, Text]] = {
    FIXED_PRICE: Text(
        "a fixed price: Odoo counts all that is ordered, also what is not delivered yet"
    ),
    PREPAID: Text("prepaid: all of it is billed, and some of it is not delivered yet"),
    DISCOUNT: Text(
        "a discount: Odoo deducts all of it, also of what is ordered and not delivered yet"
    ),
    UNEXPLAINED: Text("not explained: compare the line with its invoices in Odoo"),
}


def residual(line: Line) -> Mapping[str, Decimal]:
    """The parts of the line's difference to Odoo, by reason; none where there is no difference."""
    sold = line.sold.sold
    by_order = sold.amount - sold.balance
    parts = {_reason(line): by_order, UNEXPLAINED: line.difference - by_order}
    return {reason: amount for reason, amount in parts.items() if amount}


def _reason(line: Line) -> str:
    sold = line.sold.sold
    if sold.deducts:
        return DISCOUNT
    return PREPAID if sold.posted >= sold.ordered else FIXED_PRICE


def told(line: Line) -> Text:
    """Why the line differs."""
    return joined([REASONS[reason] for reason in residual(line)], "; ")
