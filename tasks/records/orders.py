"""Reads confirmed orders as billing sees them: every line, its currency and how it is billed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain import money
from tasks.domain.billing import NO_GAP, Billing, Gap, Sold, billing_of, earned_share
from tasks.records.included_taxes import Taxes, read_taxes
from tasks.records.sales import Currency, Order, OrderLine, Product, Project


@dataclass(frozen=True)
class SoldLine:
    """A line with what billing makes of it, and where Odoo's own amount is another one."""

    line: OrderLine
    sold: Sold
    gap: Gap = NO_GAP


@dataclass(frozen=True)
class SoldOrder:
    """A confirmed order, all its billable lines, and the projects that they sell."""

    order: Order
    currency: money.Currency
    lines: Sequence[SoldLine]
    project_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Terms:
    """What the prices of lines follow from."""

    currencies: Mapping[int, money.Currency]
    products: Mapping[int, Product]
    taxes: Taxes


# Odoo 16 keeps locked orders in a state of their own, `done`.
CONFIRMED: Final[Domain] = [("state", "in", ["sale", "done"])]


def read_orders(
    odoo: Reader,
    currencies: Mapping[int, money.Currency] | None = None,
    which: Domain = CONFIRMED,
) -> Sequence[SoldOrder]:
    """Orders of the company that have lines; reads the currencies if not given.

    which: the lines, those of all confirmed orders if left out.
    """
    lines = odoo.search(
        OrderLine,
        [
            *which,
            ("display_type", "=", False),
            ("company_id", "=", odoo.company_id),
        ],
    )
    terms = _terms(odoo, lines, currencies or read_currencies(odoo))
    by_order: dict[int, list[SoldLine]] = defaultdict(list)
    unread = odoo.unreadable(OrderLine.MODEL)
    for line in lines:
        if line.id not in unread:
            by_order[line.order_id].append(SoldLine(line, _sold(line, terms)))
    projects = _projects(odoo, lines, terms.products)
    orders = {number: [(OrderLine.MODEL, s.line.id) for s in of] for number, of in by_order.items()}
    return [
        SoldOrder(
            order,
            terms.currencies[order.currency_id],
            of_one_order(by_order[order.id]),
            projects[order.id],
        )
        for order in odoo.referred(Order, orders).values()
    ]


def read_currencies(odoo: Reader) -> Mapping[int, money.Currency]:
    """All currencies by id, archived ones too."""
    return {
        currency.id: money.Currency(currency.name, currency.decimal_places)
        for currency in odoo.search(Currency, [], archived=True)
    }


def _terms(
    odoo: Reader, lines: Sequence[OrderLine], currencies: Mapping[int, money.Currency]
) -> _Terms:
    """What a rule hides of it makes the price of the lines, and so their orders, drift."""
    products: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for line in lines:
        if line.product_id:
            here = {(OrderLine.MODEL, line.id), (Order.MODEL, line.order_id)}
            products[line.product_id] |= here
    return _Terms(
        currencies=currencies,
        products=odoo.referred(Product, products),
        taxes=read_taxes(odoo, lines),
    )


def _sold(line: OrderLine, terms: _Terms) -> Sold:
    product = terms.products.get(line.product_id or 0)
    on_delivery = _goes_by_delivery(line, product)
    return Sold(
        currency=terms.currencies[line.currency_id],
        billing=billing_of(
            line.qty_delivered_method, on_delivery, line.is_expense, line.is_downpayment
        ),
        on_delivery=on_delivery,
        ordered=line.product_uom_qty,
        delivered=line.qty_delivered,
        invoiced=line.qty_invoiced,
        price_unit=line.price_unit,
        discount_percent=line.discount,
        invoiced_amount=line.untaxed_amount_invoiced,
        subtotal=line.price_subtotal,
        included=terms.taxes.included(line, on_delivery, terms.currencies[line.currency_id]),
        # A bundle's price is that of its items; a reward is given.
        free=line.combo_item_id is not None
        or line.is_reward_line
        or (product is not None and product.type == "combo"),
    )


def _goes_by_delivery(line: OrderLine, product: Product | None) -> bool:
    """Whether what is delivered is billed, as the product says, or said when the line was made.

    Odoo bills a line as it was sold, though its product is billed in another way since; only what
    it keeps as the quantity to invoice shows it. Of time that may be the zero that billing by dates
    leaves, which shows nothing.
    """
    now = product is not None and product.invoice_policy == "delivery"
    due = {True: line.qty_delivered, False: line.product_uom_qty}
    kept = line.qty_to_invoice + line.qty_invoiced
    timed = line.qty_delivered_method == "timesheet" and line.qty_to_invoice == 0
    as_sold = kept == due[not now] != due[now] and not timed
    return not now if as_sold else now


def of_one_order(lines: Sequence[SoldLine]) -> Sequence[SoldLine]:
    """The lines, with what they owe to the others of their order.

    At a fixed price of zero beside lines with a price, the customer was promised an extra.
    """
    share = earned_share([sold.sold for sold in lines])
    priced = any(sold.sold.price_unit > 0 for sold in lines)
    return [
        replace(
            line,
            sold=replace(
                line.sold,
                earned_share=share,
                free=line.sold.free or (priced and line.sold.billing is Billing.FIXED),
            ),
        )
        for line in lines
    ]


def _projects(
    odoo: Reader, lines: Sequence[OrderLine], products: Mapping[int, Product]
) -> Mapping[int, tuple[int, ...]]:
    """Projects of an order: those that its lines or their products name, or that name a line.

    Odoo's `sale.order._compute_project_ids`.
    """
    found: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        product = products.get(line.product_id or 0)
        named = (line.project_id, product.project_id if product else None)
        found[line.order_id] |= {project for project in named if project}
    if not odoo.lacks(Project, "sale_line_id"):
        orders = {line.id: line.order_id for line in lines}
        for project in odoo.search(Project, [("sale_line_id", "in", sorted(orders))]):
            found[orders[project.sale_line_id or 0]].add(project.id)
    return {order_id: tuple(sorted(ids)) for order_id, ids in found.items()}
