"""Is all ordered that was to be bought for an order (module sale_purchase)?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.checklists import Owner
from tasks.reads.invoicing.owned import NO_BUYER, Held
from tasks.reads.names import user_names
from tasks.reads.orders import SoldOrder

# Neither ordered from the vendor nor cancelled.
OPEN: Final = ("draft", "sent", "to approve")


@dataclass(frozen=True)
class PurchaseLine(Record):
    """What is bought for a line of an order."""

    MODEL: ClassVar[str] = "purchase.order.line"
    MODULE: ClassVar[str] = "purchase"
    id: int
    order_id: int
    sale_line_id: int | None = None


@dataclass(frozen=True)
class Purchase(Record):
    """A purchase and its buyer."""

    MODEL: ClassVar[str] = "purchase.order"
    MODULE: ClassVar[str] = "purchase"
    id: int
    user_id: int | None


def buys_for_orders(odoo: Reader) -> bool:
    """Whether this Odoo buys for lines of orders."""
    return "sale_purchase" in odoo.session.modules


def read_purchases(
    odoo: Reader, orders: Sequence[SoldOrder]
) -> Mapping[int, Sequence[Held]] | None:
    """Purchases for each order that are not ordered yet, by its id and their buyers.

    None where they are not readable; nothing where Odoo buys nothing for orders.
    """
    if not buys_for_orders(odoo):
        return {}
    may_read = all(map(odoo.session.may_read, (Purchase.MODEL, PurchaseLine.MODEL)))
    if not may_read or odoo.lacks(PurchaseLine, "sale_line_id"):
        return None
    of_line = {sold.line.id: order.order.id for order in orders for sold in order.lines}
    lines = odoo.search(
        PurchaseLine,
        [("sale_line_id", "in", sorted(of_line)), ("order_id.state", "in", list(OPEN))],
        all_companies=True,
    )
    purchases = {each.id: each for each in odoo.read(Purchase, {line.order_id for line in lines})}
    names = user_names(odoo, {purchase.user_id for purchase in purchases.values()})
    bought: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        bought[of_line[line.sale_line_id or 0]].add(line.order_id)
    return {
        order: [_held(purchases.get(number), names) for number in sorted(found)]
        for order, found in bought.items()
    }


def _held(purchase: Purchase | None, names: Mapping[int, str]) -> Held:
    user = purchase.user_id if purchase else None
    return Held(Owner(names[user], user) if user else NO_BUYER, 1)
