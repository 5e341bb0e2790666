"""Reads work on orders that are not confirmed: cancelled ones, and quotations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain import money
from tasks.domain.billing import Billing
from tasks.reads import unbilled
from tasks.reads.orders import SoldLine, SoldOrder, read_orders
from tasks.reads.units import group_hours

ZERO: Final = Decimal(0)
NOT_CONFIRMED: Final = ["draft", "sent", "cancel"]


@dataclass(frozen=True)
class Unsold:
    """Work that nobody can bill: its order is cancelled, or still a quotation."""

    order: SoldOrder
    #: Those on no live invoice.
    hours: float
    since: date | None
    #: What is delivered and on no invoice, at the order's prices.
    amount: Decimal

    @property
    def is_cancelled(self) -> bool:
        """Else the order is a quotation."""
        return self.order.order.state == "cancel"


def read_unsold(odoo: Reader, currencies: Mapping[int, money.Currency]) -> Sequence[Unsold]:
    """Orders of the company that are not confirmed, with work on no invoice."""
    logged = _logged(odoo)
    of_work: Domain = [
        ("state", "in", NOT_CONFIRMED),
        "|",
        ("id", "in", sorted(logged)),
        ("qty_delivered", "!=", 0),
    ]
    found = [_unsold(order, logged) for order in read_orders(odoo, currencies, of_work)]
    return [unsold for unsold in found if unsold.hours > 0 or unsold.amount > 0]


def _logged(odoo: Reader) -> Mapping[int, tuple[float, date | None]]:
    """Hours on no live invoice, and the oldest day of them, by order line."""
    if not unbilled.knows_hours(odoo):
        return {}
    domain: Domain = [
        ("so_line.state", "in", NOT_CONFIRMED),
        ("so_line.company_id", "=", odoo.company_id),
        ("project_id", "!=", False),
        *unbilled.on_no_invoice(odoo),
    ]
    groups = group_hours(odoo, domain, ["so_line"], ["date"])
    return {group.id_at(0): (group.sums[0], group.earliest[0]) for group in groups}


def _unsold(order: SoldOrder, logged: Mapping[int, tuple[float, date | None]]) -> Unsold:
    lines = [sold for sold in order.lines if _is_open(sold)]
    hours = [logged[sold.line.id] for sold in lines if sold.line.id in logged]
    return Unsold(
        order=order,
        hours=round(sum(amount for amount, _ in hours), 2),
        since=min((day for amount, day in hours if amount > 0 and day), default=None),
        amount=sum((_worth(sold) for sold in lines), ZERO),
    )


def _is_open(sold: SoldLine) -> bool:
    """Whether invoices leave something of a line; hours that they bill may have lost their link."""
    by_hours = sold.line.qty_delivered_method == "timesheet"
    return not by_hours or sold.sold.delivered > sold.sold.invoiced


def _worth(sold: SoldLine) -> Decimal:
    """What a line delivered and no invoice bills; goods and down payments are not work."""
    no_work = sold.sold.billing is Billing.DOWN_PAYMENT or not (
        sold.line.is_service or sold.line.is_expense
    )
    left = sold.sold.delivered - sold.sold.invoiced
    return ZERO if no_work or left <= 0 else sold.sold.worth(left)
