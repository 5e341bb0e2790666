"""How it is told that Odoo's own amount to invoice is another one than ours, and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from tasks.domain.findings import SetAside
from tasks.domain.money import Currency
from tasks.records.orders import SoldLine, SoldOrder
from tasks.records.sales import OrderLine

Lines = Iterable[tuple[SoldOrder, SoldLine]]


def excluded_lines(currency: Currency, lines: Lines) -> list[Mapping[str, Any]]:
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
            title=f"{order.order.name} {customers[order.order.partner_id]}",
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
