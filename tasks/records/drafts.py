"""Reads what of order lines stands on draft invoices."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.domain.findings import NotVerifiable
from tasks.records.orders import SoldOrder
from tasks.records.sales import InvoiceLine

ZERO = Decimal(0)


@dataclass(frozen=True)
class Draft:
    """What of a line is on draft invoices: quantity in its unit, value untaxed."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def stands(self) -> bool:
        """Whether there is a draft at all, if only of work without a price."""
        return bool(self.quantity or self.value)


def read_drafts(
    odoo: Reader, orders: Sequence[SoldOrder]
) -> tuple[Mapping[int, Draft], tuple[NotVerifiable, ...]]:
    """Drafts by line id; told from quantities, and saying so, where invoices are not readable."""
    lines = {sold.line.id: sold for order in orders for sold in order.lines}
    if not odoo.session.may_read(InvoiceLine.MODEL):
        estimated = {
            line_id: Draft(value=sold.sold.drafted)
            for line_id, sold in lines.items()
            if sold.sold.drafted
        }
        return estimated, (_INVOICES_HIDDEN,)
    found: dict[int, Draft] = defaultdict(Draft)
    domain: Domain = [("parent_state", "=", "draft"), ("sale_line_ids", "in", sorted(lines))]
    for row in odoo.search(InvoiceLine, domain):
        sign = -1 if row.move_type == "out_refund" else 1
        for line_id in row.sale_line_ids:
            before = found[line_id]
            found[line_id] = Draft(
                before.quantity + sign * row.quantity, before.value + sign * row.price_subtotal
            )
    return found, ()


_INVOICES_HIDDEN = NotVerifiable(
    check="draft invoices",
    reason="invoice lines are not readable for this user, so drafts are told from quantities",
    remedy="give the fleet's user read access to account.move.line",
)
