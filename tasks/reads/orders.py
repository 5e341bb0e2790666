"""Reads confirmed orders as billing sees them: every line, its currency and how it is billed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain import money
from tasks.domain.billing import NO_GAP, Billing, Gap, Sold, billing_of, earned_share
from tasks.domain.findings import SetAside
from tasks.domain.texts import joined
from tasks.reads.included_taxes import Taxes, read_taxes
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


Lines = Iterable[tuple[SoldOrder, SoldLine]]


@dataclass(frozen=True)
class _Terms:
    """What the prices of lines follow from."""

    currencies: Mapping[int, money.Currency]
    products: Mapping[int, Product]
    taxes: Taxes
    deducts_whole: bool


# Odoo 16 keeps locked orders in a state of their own, `done`.
CONFIRMED: Final[Domain] = [("state", "in", ["sale", "done"])]

# The invoice wizard deducts one of each down payment; before, the quantity invoiced.
DEDUCTS_WHOLE_SINCE: Final = 19

SELLS: Final[Domain] = [("display_type", "=", False)]


def read_orders(
    odoo: Reader,
    currencies: Mapping[int, money.Currency] | None = None,
    which: Domain = CONFIRMED,
) -> Sequence[SoldOrder]:
    """Orders of the company that have lines; reads the currencies if not given.

    which: the lines, those of all confirmed orders if left out.
    """
    lines = odoo.search(OrderLine, [*which, *SELLS])
    terms = _terms(odoo, lines, currencies or read_currencies(odoo))
    by_order: dict[int, list[SoldLine]] = defaultdict(list)
    unread = odoo.unreadable(OrderLine.MODEL)
    for line in lines:
        if line.id not in unread:
            by_order[line.order_id].append(SoldLine(line, _sold(line, terms)))
    projects = _projects(odoo, lines, terms.products)
    named = {number: [(OrderLine.MODEL, s.line.id) for s in of] for number, of in by_order.items()}
    orders = odoo.referred(Order, named)
    in_currency: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for order in orders.values():
        in_currency[order.currency_id] |= {(Order.MODEL, order.id), *named[order.id]}
    odoo.miss(Currency.MODEL, in_currency, terms.currencies)
    return [
        SoldOrder(
            order,
            terms.currencies[order.currency_id],
            of_one_order(by_order[order.id]),
            projects[order.id],
        )
        for order in orders.values()
        if order.currency_id in terms.currencies
    ]


def read_currencies(odoo: Reader) -> Mapping[int, money.Currency]:
    """All currencies by id, archived ones too."""
    return {
        currency.id: _currency(currency) for currency in odoo.shared(Currency, [], archived=True)
    }


def _currency(currency: Currency) -> money.Currency:
    plain = money.Currency(currency.name, currency.decimal_places)
    odd = 0 < currency.rounding != plain.smallest
    return replace(plain, step=currency.rounding) if odd else plain


def company_currency(
    odoo: Reader, currencies: Mapping[int, money.Currency]
) -> money.Currency | None:
    """That of the company; None where it is hidden, which is drift of the company."""
    company = odoo.company
    odoo.miss(Currency.MODEL, {company.currency_id: [(company.MODEL, company.id)]}, currencies)
    return currencies.get(company.currency_id)


def _terms(
    odoo: Reader, lines: Sequence[OrderLine], currencies: Mapping[int, money.Currency]
) -> _Terms:
    """What a rule hides of it makes the price of the lines, and so their orders, drift."""
    products: dict[int, set[tuple[str, int]]] = defaultdict(set)
    in_currency: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for line in lines:
        here = {(OrderLine.MODEL, line.id), (Order.MODEL, line.order_id)}
        in_currency[line.currency_id] |= here
        if line.product_id:
            products[line.product_id] |= here
    odoo.miss(Currency.MODEL, in_currency, currencies)
    return _Terms(
        currencies=currencies,
        products=odoo.referred(Product, products),
        taxes=read_taxes(odoo, lines),
        deducts_whole=odoo.session.major_version >= DEDUCTS_WHOLE_SINCE,
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
        deducted_whole=terms.deducts_whole,
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
        sold: Domain = [("sale_line_id", "in", sorted(orders))]
        for project in odoo.search(Project, sold, all_companies=True):
            found[orders[project.sale_line_id or 0]].add(project.id)
    return {order_id: tuple(sorted(ids)) for order_id, ids in found.items()}


def excluded_lines(currency: money.Currency, lines: Lines) -> list[Mapping[str, Any]]:
    """What Odoo's total has more than ours on purpose, line by line, in one currency."""
    return [
        {
            "sale_order_line_id": sold.line.id,
            "sale_order": order.order.name,
            "billing": sold.sold.billing.value,
            "amount": currency.text(sold.gap.amount),
            "reason": sold.gap.reason,
        }
        for order, sold in lines
        if sold.gap.amount and order.currency == currency
    ]


def set_aside(
    lines: Lines, customers: Mapping[int, str], links: Mapping[int, str]
) -> tuple[SetAside, ...]:
    """The same for people, the largest first: of many they see a part.

    customers: names by id of the partner; links: by id of the order.
    """
    by_weight = sorted(lines, key=lambda line: -abs(line[1].gap.amount))
    return tuple(
        SetAside(
            group="excluded",
            title=joined([order.order.name, customers[order.order.partner_id]], " "),
            reason=sold.gap.reason,
            url=links[order.order.id],
            model=OrderLine.MODEL,
            record_id=sold.line.id,
            amount=sold.gap.amount,
            currency=order.currency.code,
        )
        for order, sold in by_weight
        if sold.gap.amount
    )
