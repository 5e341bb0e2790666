"""Reads confirmed orders as billing sees them: every line, its currency and how it is billed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from odoo_gateway.reader import Reader
from tasks.domain import money
from tasks.domain.billing import Sold, billing_of
from tasks.records.sales import Currency, InvoiceLine, Order, OrderLine, Product, Project, Tax


@dataclass(frozen=True)
class SoldLine:
    """A line with what billing makes of it."""

    line: OrderLine
    sold: Sold


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
    included_percent: Mapping[int, Decimal]


def read_orders(
    odoo: Reader, currencies: Mapping[int, money.Currency] | None = None
) -> Sequence[SoldOrder]:
    """All confirmed orders of the company that have lines; reads the currencies if not given."""
    lines = odoo.search(
        OrderLine,
        [
            # Odoo 16 keeps locked orders in a state of their own, `done`.
            ("state", "in", ["sale", "done"]),
            ("display_type", "=", False),
            ("company_id", "=", odoo.company_id),
        ],
    )
    terms = _terms(odoo, lines, currencies or read_currencies(odoo))
    by_order: dict[int, list[SoldLine]] = defaultdict(list)
    unread = odoo.unreadable(OrderLine.MODEL)
    known = [SoldLine(line, _sold(line, terms)) for line in lines if line.id not in unread]
    for sold in _as_invoiced(odoo, known):
        by_order[sold.line.order_id].append(sold)
    projects = _projects(odoo, lines, terms.products)
    orders = {number: [(OrderLine.MODEL, s.line.id) for s in of] for number, of in by_order.items()}
    return [
        SoldOrder(
            order, terms.currencies[order.currency_id], by_order[order.id], projects[order.id]
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
    taxes: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for line in lines:
        here = {(OrderLine.MODEL, line.id), (Order.MODEL, line.order_id)}
        if line.product_id:
            products[line.product_id] |= here
        for tax_id in line.tax_ids:
            taxes[tax_id] |= here
    found = odoo.referred(Tax, taxes)
    return _Terms(
        currencies=currencies,
        products=odoo.referred(Product, products),
        included_percent={tax.id: _percent(tax) for tax in found.values() if tax.price_include},
    )


def _percent(tax: Tax) -> Decimal:
    """What an included tax adds to the untaxed price; a fixed amount is no share of it."""
    if tax.amount_type == "division":
        return 100 * tax.amount / (100 - tax.amount)
    return tax.amount if tax.amount_type == "percent" else Decimal(0)


def _sold(line: OrderLine, terms: _Terms) -> Sold:
    product = terms.products.get(line.product_id or 0)
    on_delivery = product is not None and product.invoice_policy == "delivery"
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
        included_tax_percent=sum(
            (terms.included_percent.get(tax, Decimal(0)) for tax in line.tax_ids), Decimal(0)
        ),
    )


def _as_invoiced(odoo: Reader, lines: Sequence[SoldLine]) -> Sequence[SoldLine]:
    """The lines, with what invoices bill before their own discount where that is another one.

    Odoo's `_compute_untaxed_amount_to_invoice` then counts invoices undiscounted. Only lines on
    which we differ from Odoo are looked up.
    """
    differing = {sold.line.id: sold for sold in lines if sold.sold.amount != _odoos_amount(sold)}
    if not differing or not odoo.session.may_read(InvoiceLine.MODEL):
        return lines
    found = odoo.search(InvoiceLine, [("sale_line_ids", "in", sorted(differing))])
    undiscounted = {
        line_id: _undiscounted(sold, [x for x in found if line_id in x.sale_line_ids])
        for line_id, sold in differing.items()
    }
    return [
        replace(sold, sold=replace(sold.sold, undiscounted=undiscounted.get(sold.line.id)))
        for sold in lines
    ]


def _odoos_amount(sold: SoldLine) -> Decimal:
    return sold.sold.currency.round(sold.line.untaxed_amount_to_invoice)


def _undiscounted(sold: SoldLine, billed: Sequence[InvoiceLine]) -> Decimal | None:
    if all(entry.discount == sold.line.discount for entry in billed):
        return None
    value = sum((entry.price_unit * entry.quantity for entry in billed), Decimal(0))
    return value / (1 + sold.sold.included_tax_percent / 100)


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
