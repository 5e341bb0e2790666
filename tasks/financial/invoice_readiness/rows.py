"""How the readiness of an order is told: its row, and the totals of its currency."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.domain.checklists import failed
from tasks.domain.money import Currency
from tasks.domain.texts import Text, joined
from tasks.domain.withheld import STATUS
from tasks.financial.invoice_readiness.holding_up import held_up
from tasks.financial.invoice_readiness.readiness import STATUSES, Readiness
from tasks.financial.invoice_readiness.words import AS_FAR_AS_VERIFIABLE
from tasks.reads.orders import SoldLine, SoldOrder, excluded_lines

# Of an order of which a line, or what its price follows from, may be what could not be read.
OF_LINES = (
    *("amount", "lines", "cost_of_delay_per_day", "waiting_days"),
    *("waiting_to_be_ready_days", "waiting_for_finance_days"),
)


def row(readiness: Readiness, today: date) -> Mapping[str, Any]:
    """One order, as the JSON contract has it."""
    order, currency = readiness.order.order, readiness.order.currency
    told = {
        "sale_order_id": order.id,
        "sale_order": order.name,
        "partner_id": order.partner_id,
        "partner": readiness.partner,
        "project_ids": list(readiness.order.project_ids),
        "currency": currency.code,
        "amount": currency.text(readiness.amount),
        "status": readiness.status,
        "verdict": readiness.verdict,
        "not_verified": list(readiness.not_verified),
        "checks": [check.row() for check in readiness.checks],
        **_waiting(readiness, today),
        "cost_of_delay_per_day": currency.text(readiness.cost_per_day),
        "becomes_ready_when": _remedies(readiness),
        "partial_bill": _partial_bill(readiness),
        "lines": [_line(sold) for sold in readiness.order.lines],
        "policy": readiness.policy.version,
    }
    return {**told, **dict.fromkeys(OF_LINES)} if readiness.status == STATUS else told


def _waiting(readiness: Readiness, today: date) -> Mapping[str, int | None]:
    """Days since the oldest work, split at the day on which every check had turned green."""
    since, ready = readiness.waiting_since, readiness.turned_ready
    # Hours dated ahead do not wait yet.
    days = max((today - since).days, 0) if since else None
    for_finance = None
    if days is not None and readiness.status in ("blocked", "held"):
        for_finance = 0
    elif days is not None and ready:
        for_finance = min((today - ready).days, days)
    return {
        "waiting_days": days,
        "waiting_to_be_ready_days": None if for_finance is None else (days or 0) - for_finance,
        "waiting_for_finance_days": for_finance,
    }


def _remedies(readiness: Readiness) -> Text:
    steps = [
        Text("{owner}: {step}", owner=check.owner, step=check.next_step)
        for check in failed(readiness.checks)
    ]
    return joined(steps, "; ")


def _partial_bill(readiness: Readiness) -> Mapping[str, Any] | None:
    found, currency = readiness.partial_bill, readiness.order.currency
    if found is None:
        return None
    return {
        "amount_now": currency.text(found.now),
        "amount_later": currency.text(found.later),
        "sale_order_line_ids": [readiness.order.lines[number].line.id for number in found.lines],
    }


def _line(line: SoldLine) -> Mapping[str, Any]:
    """What the amount of a line follows from."""
    sold = line.sold
    return {
        "sale_order_line_id": line.line.id,
        "billing": sold.billing.value,
        "due": float(sold.due),
        "invoiced": float(sold.invoiced),
        "price_unit": f"{sold.price_unit:f}",
        "discount_percent": float(sold.discount_percent),
        "invoiced_amount": sold.currency.text(sold.invoiced_amount),
        "amount": sold.currency.text(sold.amount),
    }


def totals(
    judged: Sequence[Readiness], orders: Sequence[SoldOrder]
) -> tuple[Mapping[str, Any], ...]:
    """Per currency: what is in which state, and the difference to Odoo's own figure.

    orders: those judged, and those of which only Odoo's figure has something to bill.
    """
    return tuple(
        _total(
            currency,
            [r for r in judged if r.order.currency == currency],
            [(order, line) for order in orders for line in order.lines],
        )
        for currency in sorted({order.currency for order in orders})
    )


def _total(
    currency: Currency,
    judged: Sequence[Readiness],
    lines: Sequence[tuple[SoldOrder, SoldLine]],
) -> Mapping[str, Any]:
    mine = [line for order, line in lines if order.currency == currency]
    by_status = {
        status: sum((r.amount for r in judged if r.status == status), Decimal(0))
        for status in STATUSES
    }
    partly = sum((r.amount for r in judged if r.verdict == AS_FAR_AS_VERIFIABLE), Decimal(0))
    by_status["excluded"] += sum((line.gap.amount for line in mine), Decimal(0))
    odoo = sum((line.line.untaxed_amount_to_invoice for line in mine), Decimal(0))
    residual = odoo - sum(by_status.values())
    return {
        "currency": currency.code,
        **{status: currency.text(amount) for status, amount in by_status.items()},
        "odoo_to_invoice": currency.text(odoo),
        "residual": currency.text(residual),
        "excluded_lines": excluded_lines(currency, lines),
        "ready_not_verified": currency.text(partly),
        "bottleneck": _bottleneck(currency, judged),
        "held_up_by": [each.told for each in held_up(judged)],
    }


def _bottleneck(currency: Currency, judged: Sequence[Readiness]) -> Mapping[str, Any] | None:
    """The owner whose steps alone free most: orders with failed checks of nobody else."""
    held_up: dict[str, list[Decimal]] = defaultdict(list)
    for readiness in judged:
        owners = {check.owner for check in failed(readiness.checks)}
        if readiness.status == "blocked" and len(owners) == 1:
            held_up[owners.pop()].append(readiness.amount)
    if not held_up:
        return None
    owner, amounts = max(sorted(held_up.items()), key=lambda found: sum(found[1]))
    return {
        "owner": owner,
        "amount": currency.text(sum(amounts, Decimal(0))),
        "orders": len(amounts),
    }
