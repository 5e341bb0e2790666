"""Reads what invoices make of order lines: drafts, and where Odoo's own amount is another one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Drift, Reader
from tasks.domain.billing import NO_GAP, Draft, Gap
from tasks.domain.money import Currency
from tasks.domain.texts import Text
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.records.sales import InvoiceLine, Order, OrderLine

ZERO = Decimal(0)
# What companies' currencies round to, but for a few.
CENT: Final = Decimal("0.01")
CURRENCY: Final = Text("an invoice is in another currency than the order")
DISCOUNT: Final = Text("an invoice gives another discount than the order")
PRICE: Final = Text("an invoice bills another price than the order")
DOWN_PAYMENT: Final = Text(
    "the invoice wizard deducts another amount than was billed as down payment"
)
TAXES: Final = Text("Odoo takes the taxes out of this price in two ways")
ROUNDED: Final = Text("every invoice is rounded for itself")
OTHER: Final = Text("invoices bill other amounts than the order")
REASONS: Final = (CURRENCY, DISCOUNT, DOWN_PAYMENT, PRICE, TAXES, ROUNDED, OTHER)
SIGNS: Final = {"out_invoice": 1, "out_refund": -1}


def with_invoices(odoo: Reader, orders: Sequence[SoldOrder]) -> Sequence[SoldOrder]:
    """The orders with their drafts, and with why Odoo's own amount is another one than ours.

    Where not all invoice lines are seen, lines whose amount hangs on them are drift.
    """
    if not odoo.sees_all(InvoiceLine.MODEL):
        odoo.drift += [
            _untold(line.line) for order in orders for line in order.lines if _hangs(line)
        ]
        return _each(orders, lambda line: None if _hangs(line) else line)
    drafts = _by_line(odoo, orders, only_drafts=True)
    drafted = _each(orders, lambda line: _drafted(line, drafts.get(line.line.id, ())))
    differing = _each(drafted, lambda line: line if _difference(line) else None)
    entries = _by_line(odoo, differing)
    return _each(drafted, lambda line: _explained(line, entries.get(line.line.id, ())))


def _each(
    orders: Iterable[SoldOrder], change: Callable[[SoldLine], SoldLine | None]
) -> Sequence[SoldOrder]:
    """The orders with every line changed; those that become None are left out."""
    return [
        replace(order, lines=[new for line in order.lines if (new := change(line)) is not None])
        for order in orders
    ]


def _by_line(
    odoo: Reader, orders: Iterable[SoldOrder], *, only_drafts: bool = False
) -> Mapping[int, Sequence[InvoiceLine]]:
    """Lines of invoices and credit notes by the order line that they bill, cancelled ones too."""
    lines = {line.line.id for order in orders for line in order.lines}
    found: dict[int, list[InvoiceLine]] = defaultdict(list)
    if not lines:
        return found
    state = [("parent_state", "=", "draft")] if only_drafts else []
    billing: Domain = [*state, ("sale_line_ids", "in", sorted(lines))]
    for entry in odoo.search(InvoiceLine, billing, all_companies=True):
        for line_id in lines.intersection(entry.sale_line_ids):
            found[line_id].append(entry)
    return found


def _drafted(line: SoldLine, entries: Iterable[InvoiceLine]) -> SoldLine:
    quantity = value = ZERO
    for entry in entries:
        sign = SIGNS.get(entry.move_type, 0)
        quantity += sign * entry.quantity
        abroad = entry.currency_id != line.line.currency_id
        # Odoo brings another currency into the order's on the day of the invoice, not before.
        value += sign * (line.sold.worth(entry.quantity) if abroad else entry.price_subtotal)
    return replace(line, sold=replace(line.sold, draft=Draft(quantity, value)))


def _difference(line: SoldLine) -> Decimal:
    return line.sold.currency.round(line.line.untaxed_amount_to_invoice) - line.sold.amount


def _explained(line: SoldLine, entries: Sequence[InvoiceLine]) -> SoldLine:
    """With the gap to Odoo's amount, as far as its own formula comes to it from these invoices."""
    difference = _difference(line)
    if not difference:
        return line
    included = line.sold.included
    beyond = min(
        (
            line.line.untaxed_amount_to_invoice - _by_odoos_formula(line, entries, untaxed)
            for untaxed in (included.untaxed, included.by_taxes)
        ),
        key=abs,
    )
    if abs(beyond) > max(line.sold.currency.smallest, CENT * len(entries)):
        difference -= beyond
    gap = Gap(line.sold.currency.round(difference), _reason(line, difference, entries))
    return replace(line, gap=gap if gap.amount else NO_GAP)


def _by_odoos_formula(
    line: SoldLine,
    entries: Sequence[InvoiceLine],
    untaxed: Callable[[Decimal, Decimal, Currency], Decimal],
) -> Decimal:
    """`sale.order.line._compute_untaxed_amount_to_invoice`: it subtracts amounts, not quantities.

    With another discount on any invoice it takes all invoices before their discount, credit notes
    and cancelled ones as well, each as one unit, rounded in the currency of the company.
    """
    sold = line.sold
    due = untaxed(sold.net_price, sold.due, sold.currency)
    if any(entry.currency_id != line.line.currency_id for entry in entries):
        return line.line.untaxed_amount_to_invoice
    if all(entry.discount == line.line.discount for entry in entries):
        return due - sold.invoiced_amount
    gross = [
        untaxed(entry.price_unit * entry.quantity, Decimal(1), sold.currency) for entry in entries
    ]
    return max(due - sum(gross, ZERO), ZERO)


def _reason(line: SoldLine, difference: Decimal, entries: Sequence[InvoiceLine]) -> Text:
    if any(entry.currency_id != line.line.currency_id for entry in entries):
        return CURRENCY
    if any(entry.discount != line.line.discount for entry in entries):
        return DISCOUNT
    if line.line.is_downpayment:
        return DOWN_PAYMENT
    if any(entry.price_unit != line.line.price_unit for entry in entries):
        return PRICE
    if line.sold.included.taxes and line.sold.included.share is not None:
        return TAXES
    if abs(difference) <= line.sold.currency.smallest * max(len(entries), 1):
        return ROUNDED
    return OTHER


def _hangs(line: SoldLine) -> bool:
    """Whether the amount hangs on invoice lines: on drafts, or invoices at another price."""
    return line.sold.worth(line.sold.invoiced) != line.sold.invoiced_amount or bool(
        _difference(line)
    )


def _untold(line: OrderLine) -> Drift:
    return Drift(
        OrderLine.MODEL,
        line.id,
        "qty_invoiced",
        Text("is not what was posted, and the user is not shown to see all invoice lines"),
        ((Order.MODEL, line.order_id),),
    )
