"""Reads confirmed orders as billing sees them: every line, its currency and how it is billed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from odoo_gateway.reader import Reader
from tasks.domain import money
from tasks.domain.billing import Sold, billing_of
from tasks.records.sales import Currency, Order, OrderLine, Product


@dataclass(frozen=True)
class SoldLine:
    """A line with what billing makes of it."""

    line: OrderLine
    sold: Sold


@dataclass(frozen=True)
class SoldOrder:
    """A confirmed order and all its billable lines."""

    order: Order
    currency: money.Currency
    lines: Sequence[SoldLine]

    @property
    def project_ids(self) -> tuple[int, ...]:
        """Projects that Odoo links to the order, else those of its lines."""
        of_lines = (sold.line.project_id for sold in self.lines)
        return self.order.project_ids or tuple(sorted({p for p in of_lines if p is not None}))


def read_orders(odoo: Reader) -> Sequence[SoldOrder]:
    """All confirmed orders of the company that have lines."""
    lines = odoo.search(
        OrderLine,
        [
            # Odoo 16 keeps locked orders in a state of their own, `done`.
            ("state", "in", ["sale", "done"]),
            ("display_type", "=", False),
            ("company_id", "=", odoo.company_id),
        ],
    )
    order_ids = sorted({line.order_id for line in lines})
    orders = odoo.search(Order, [("id", "in", order_ids)])
    product_ids = sorted({line.product_id for line in lines if line.product_id})
    products = odoo.search(Product, [("id", "in", product_ids)], archived=True)
    on_delivery = {product.id: product.invoice_policy == "delivery" for product in products}
    currencies = {
        currency.id: money.Currency(currency.name, currency.decimal_places)
        for currency in odoo.search(Currency, [], archived=True)
    }
    by_order: dict[int, list[SoldLine]] = defaultdict(list)
    for line in lines:
        sold = _sold(line, currencies[line.currency_id], on_delivery.get(line.product_id or 0))
        by_order[line.order_id].append(SoldLine(line, sold))
    return [SoldOrder(order, currencies[order.currency_id], by_order[order.id]) for order in orders]


def _sold(line: OrderLine, currency: money.Currency, on_delivery: bool | None) -> Sold:
    return Sold(
        currency=currency,
        billing=billing_of(
            line.qty_delivered_method, bool(on_delivery), line.is_expense, line.is_downpayment
        ),
        on_delivery=bool(on_delivery),
        ordered=line.product_uom_qty,
        delivered=line.qty_delivered,
        invoiced=line.qty_invoiced,
        price_unit=line.price_unit,
        discount_percent=line.discount,
        ordered_amount=line.price_subtotal,
        invoiced_amount=line.untaxed_amount_invoiced,
    )
