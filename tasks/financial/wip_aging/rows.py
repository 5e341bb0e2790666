"""How work in progress is told: the row of an order line, and the totals of its currency."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.domain.ageing import BUCKETS, age_days, bucket_of
from tasks.domain.money import Currency
from tasks.financial.wip_aging.lines import Line
from tasks.financial.wip_aging.lock_up import Billed, LockUp, realization_percent
from tasks.financial.wip_aging.residual import residual, told
from tasks.financial.wip_aging.work import Work
from tasks.reads.orders import excluded_lines

ZERO = Decimal(0)


def row(line: Line, work: Work, today: date) -> Mapping[str, Any]:
    """One order line, as the JSON contract has it."""
    order, sold, currency = line.order.order, line.sold.sold, line.order.currency
    company = work.company_currency
    return {
        "sale_order_line_id": line.sold.line.id,
        "sale_order_id": order.id,
        "sale_order": order.name,
        "project_id": line.sold.line.project_id,
        "partner_id": order.partner_id,
        "partner": work.partners[order.partner_id],
        "currency": currency.code,
        "billing": sold.billing.value,
        **(dict.fromkeys(_FIGURES) if line.unknown else _figures(line, work, today)),
        "aged": []
        if line.unknown
        else [
            {
                "bucket": part.bucket,
                "hours": None if part.hours is None else round(float(part.hours), 2),
                "value": currency.text(part.value),
            }
            for part in line.parts
        ],
        "cost": None
        if line.cost is None or line.unknown or company is None
        else company.text(line.cost),
        "cost_currency": company and company.code,
        "provision": None
        if line.provision is None or line.unknown
        else currency.text(line.provision),
        "policy": line.policy,
        **({"not_verifiable": line.unknown or None} if work.is_over else {}),
    }


_FIGURES = (
    *("delivered", "invoiced", "in_draft", "wip", "advance_billing"),
    *("oldest_date", "age_days", "bucket", "difference", "difference_reason"),
)


def _figures(line: Line, work: Work, today: date) -> Mapping[str, Any]:
    sold, currency = line.sold.sold, line.order.currency
    return {
        "delivered": float(sold.delivered),
        "invoiced": float(sold.posted),
        "in_draft": None if work.is_over else currency.text(line.draft.value),
        "wip": currency.text(line.wip),
        "advance_billing": currency.text(line.advance),
        "oldest_date": str(line.oldest) if line.oldest else None,
        "age_days": age_days(line.oldest, today) if line.oldest else None,
        "bucket": bucket_of(line.oldest, today),
        "difference": None if work.is_over else currency.text(line.difference),
        "difference_reason": None if work.is_over or not line.difference else told(line),
    }


def totals(lines: Sequence[Line], work: Work) -> tuple[Mapping[str, Any], ...]:
    """Per currency: WIP by bucket, the difference to Odoo's own figure, and lock-up."""
    currencies = sorted({line.order.currency for line in lines})
    return tuple(
        _total(currency, [line for line in lines if line.order.currency == currency], work)
        for currency in currencies
    )


def _total(currency: Currency, lines: Sequence[Line], work: Work) -> Mapping[str, Any]:
    if work.is_over:
        return _total_then(currency, lines)
    wip, advance = sum((x.wip for x in lines), ZERO), sum((x.advance for x in lines), ZERO)
    odoo = sum((x.sold.line.untaxed_amount_to_invoice for x in lines), ZERO)
    buckets = dict.fromkeys(BUCKETS, ZERO)
    excluded = sum((x.sold.gap.amount for x in lines), ZERO)
    by_billing: dict[str, Decimal] = defaultdict(Decimal)
    by_reason: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        by_billing[line.sold.sold.billing.value] += line.difference
        for reason, amount in residual(line).items():
            by_reason[reason] += amount
        for part in line.parts:
            buckets[part.bucket] += part.value
    return {
        "currency": currency.code,
        "wip": currency.text(wip),
        "advance_billing": currency.text(advance),
        "in_draft": currency.text(sum((line.draft.value for line in lines), ZERO)),
        "buckets": {bucket: currency.text(value) for bucket, value in buckets.items()},
        "odoo_to_invoice": currency.text(odoo),
        "excluded": currency.text(excluded),
        "excluded_lines": excluded_lines(currency, [(line.order, line.sold) for line in lines]),
        "residual": currency.text(odoo - wip - advance - excluded),
        "residual_by_billing": _parts(currency, by_billing),
        "residual_by_reason": _parts(currency, by_reason),
        "residual_lines": [
            {
                "sale_order_line_id": line.sold.line.id,
                "sale_order": line.order.order.name,
                "billing": line.sold.sold.billing.value,
                "difference": currency.text(line.difference),
                "reason": told(line),
            }
            for line in lines
            if line.difference
        ],
        "provision": currency.text(sum((line.provision or ZERO for line in lines), ZERO)),
        "lock_up": _lock_up(currency, wip, work),
    }


def _parts(currency: Currency, sums: Mapping[str, Decimal]) -> Mapping[str, str]:
    return {kind: currency.text(value) for kind, value in sorted(sums.items()) if value}


def _total_then(currency: Currency, lines: Sequence[Line]) -> Mapping[str, Any]:
    """Of a day that is over: no sum where a line of it is not known; beside it, that of the rest.

    Odoo's own figures are those of today, so nothing is compared with them.
    """
    known = [line for line in lines if not line.unknown]
    sums = _sums(currency, known)
    return {
        "currency": currency.code,
        **(sums if len(known) == len(lines) else dict.fromkeys(sums)),
        "in_draft": None,
        "odoo_to_invoice": None,
        "excluded": None,
        "excluded_lines": [],
        "residual": None,
        "residual_by_billing": {},
        "residual_by_reason": {},
        "residual_lines": [],
        "lock_up": None,
        "verifiable": sums,
        "not_verifiable_lines": [line.sold.line.id for line in lines if line.unknown],
    }


def _sums(currency: Currency, lines: Sequence[Line]) -> Mapping[str, Any]:
    buckets = dict.fromkeys(BUCKETS, ZERO)
    for part in (part for line in lines for part in line.parts):
        buckets[part.bucket] += part.value
    return {
        "wip": currency.text(sum((line.wip for line in lines), ZERO)),
        "advance_billing": currency.text(sum((line.advance for line in lines), ZERO)),
        "buckets": {bucket: currency.text(value) for bucket, value in buckets.items()},
        "provision": currency.text(sum((line.provision or ZERO for line in lines), ZERO)),
    }


def _lock_up(currency: Currency, wip: Decimal, work: Work) -> Mapping[str, Any] | None:
    """None where invoices are not readable; days are None without revenue in this currency."""
    if work.billed is None:
        return None
    billed = work.billed.get(currency.code, Billed())
    found = LockUp(wip, billed.receivables, billed.revenue, billed.taxed_revenue)
    collected = billed.taxed_revenue - billed.receivables
    return {
        "revenue_12_months": currency.text(billed.revenue),
        "receivables": currency.text(billed.receivables),
        "wip_days": _rounded(found.wip_days),
        "debtor_days": _rounded(found.debtor_days),
        "lock_up_days": _rounded(found.days),
        "value_of_a_day": currency.text(found.value_of_a_day),
        "collection_realization_percent": _rounded(
            realization_percent(collected, billed.taxed_revenue)
        ),
    }


def _rounded(number: Decimal | None) -> float | None:
    return None if number is None else round(float(number), 2)
