"""Shows what is delivered and not invoiced, how old it is, and what was billed in advance.

Why: work in progress that nobody bills grows old, and old work is written off.

Remedy: bill it, write it off, or document a hold with a date; set missing prices and order lines.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import Field

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Cron, Delivery, Job
from tasks.domain.ageing import (
    BUCKETS,
    AgeBucket,
    Aged,
    Entry,
    age_days,
    aged,
    bucket_of,
    still_open,
)
from tasks.domain.billing import Billing
from tasks.domain.findings import Finding, Measure, Report, Severity
from tasks.domain.holds import Hold, hold_on
from tasks.domain.lock_up import LockUp, realization_percent
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.records.billed import Billed
from tasks.records.drafts import Draft
from tasks.records.orders import SoldLine, SoldOrder
from tasks.records.sales import OrderLine
from tasks.records.wip import Delivered, Leak, Work, read_work

ZERO = Decimal(0)


class WipPolicy(Policy):
    """From which age somebody must decide, and what old work is still worth."""

    decide_after_days: int = Field(90, ge=0, description="age of the oldest unbilled entry")
    holds: tuple[Hold, ...] = Field((), description="orders whose old work may stay unbilled")
    provision_percent: dict[AgeBucket, Decimal] = Field(
        {}, description="of the value, by bucket; no provision if left out"
    )
    overrun_percent: Decimal | None = Field(
        Decimal(100), gt=0, description="of a fixed price's ordered quantity; None: not watched"
    )


@dataclass(frozen=True)
class Line:
    """One order line, judged by the policy of its business unit."""

    order: SoldOrder
    policy: WipPolicy
    sold: SoldLine
    draft: Draft
    oldest: date | None
    parts: tuple[Aged, ...]

    @property
    def wip(self) -> Decimal:
        """Earned and not on a posted invoice, drafts still in it."""
        return max(self.sold.sold.balance, ZERO)

    @property
    def advance(self) -> Decimal:
        """Billed and not earned: zero or below."""
        return min(self.sold.sold.balance, ZERO)

    @property
    def provision(self) -> Decimal:
        """What of the WIP its buckets' percentages write down."""
        percent = self.policy.provision_percent
        return sum((x.value * percent.get(x.bucket, ZERO) / 100 for x in self.parts), ZERO)


def read(odoo: Reader, as_of: AsOf, policy: WipPolicy) -> Work:
    """Confirmed service and expense lines, their drafts and their unbilled entries."""
    return read_work(odoo, as_of.day)


def judge(work: Work, as_of: AsOf, policy: WipPolicy) -> Report:
    """A row per line with WIP, advance billing or a draft; findings where somebody must act."""
    lines = [_line(order, sold, work, as_of.day, policy) for order, sold in work.lines()]
    shown = [line for line in lines if line.wip or line.advance or line.draft.value]
    totals = _totals(lines, work)
    return Report(
        rows=tuple(_row(line, work, as_of.day) for line in shown),
        findings=(
            *_undecided(shown, work, as_of.day),
            *_unpriced(lines, work),
            *_overrun(lines, work),
            *_without_order(work.leaks),
        ),
        totals=totals,
        measures=(*_measures(shown), *_lock_up_measures(totals)),
        not_verifiable=work.not_verifiable,
    )


def _line(order: SoldOrder, sold: SoldLine, work: Work, today: date, policy: WipPolicy) -> Line:
    draft = work.drafts.get(sold.line.id, Draft())
    delivered = work.delivered.get(sold.line.id, Delivered())
    open_quantity = sold.sold.earned - (sold.sold.invoiced - draft.quantity)
    wip = max(sold.sold.balance, ZERO)
    entries = still_open(delivered.entries, open_quantity) if wip else ()
    return Line(
        order=order,
        policy=policy.for_sales_team(order.order.team_id),
        sold=sold,
        draft=draft,
        oldest=_oldest(sold, delivered, entries) if wip else None,
        parts=aged(entries, wip, today),
    )


def _oldest(sold: SoldLine, delivered: Delivered, entries: Sequence[Entry]) -> date | None:
    """Time: the oldest hour on no live invoice. Else: the oldest entry not posted yet."""
    if sold.sold.billing is Billing.TIME_AND_MATERIALS:
        return delivered.oldest_unlinked
    return min((entry.day for entry in entries if entry.day), default=None)


def _row(line: Line, work: Work, today: date) -> Mapping[str, Any]:
    order, sold, currency = line.order.order, line.sold.sold, line.order.currency
    cost = work.delivered.get(line.sold.line.id, Delivered()).cost
    return {
        "sale_order_line_id": line.sold.line.id,
        "sale_order_id": order.id,
        "sale_order": order.name,
        "project_id": line.sold.line.project_id,
        "partner_id": order.partner_id,
        "partner": work.partners[order.partner_id],
        "currency": currency.code,
        "billing": sold.billing.value,
        "delivered": float(sold.delivered),
        "invoiced": float(sold.invoiced - line.draft.quantity),
        "in_draft": currency.text(line.draft.value),
        "wip": currency.text(line.wip),
        "advance_billing": currency.text(line.advance),
        "oldest_date": str(line.oldest) if line.oldest else None,
        "age_days": age_days(line.oldest, today) if line.oldest else None,
        "bucket": bucket_of(line.oldest, today),
        "aged": [
            {
                "bucket": part.bucket,
                "hours": None if part.hours is None else round(float(part.hours), 2),
                "value": currency.text(part.value),
            }
            for part in line.parts
        ],
        "cost": None if cost is None else work.company_currency.text(cost),
        "cost_currency": work.company_currency.code,
        "provision": currency.text(line.provision) if line.policy.provision_percent else None,
        "policy": line.policy.version,
    }


def _undecided(lines: Sequence[Line], work: Work, today: date) -> tuple[Finding, ...]:
    return tuple(
        _finding(
            line,
            work,
            key="old",
            title=f"unbilled for {age_days(line.oldest, today)} days",
            reason=f"{line.order.currency.text(line.wip)} {line.order.currency.code} of work since "
            f"{line.oldest} is on no posted invoice",
            remedy="bill it, write it off, or document a hold with a review date",
        )
        for line in lines
        if line.wip
        and line.oldest
        and age_days(line.oldest, today) > line.policy.decide_after_days
        and not _held(line, today)
    )


def _held(line: Line, today: date) -> bool:
    hold = hold_on(line.policy.holds, line.order.order.name, today)
    return hold is not None and hold.stands(today)


def _unpriced(lines: Sequence[Line], work: Work) -> tuple[Finding, ...]:
    return tuple(
        _finding(
            line,
            work,
            key="unpriced",
            title="delivered without a price",
            reason=f"{line.sold.sold.due - line.sold.sold.invoiced:g} delivered at a price of zero",
            remedy="set the unit price on the order line",
        )
        for line in lines
        if line.sold.sold.unpriced
    )


def _overrun(lines: Sequence[Line], work: Work) -> tuple[Finding, ...]:
    """Fixed prices with more delivered than was sold: what is beyond earns nothing."""
    return tuple(
        _finding(
            line,
            work,
            key="overrun",
            title="fixed price overrun",
            reason=f"{sold.delivered:g} delivered of {sold.ordered:g} sold at a fixed price",
            remedy="agree on a change request, or plan the rest of the work anew",
        )
        for line in lines
        if (sold := line.sold.sold).billing is Billing.FIXED
        and line.policy.overrun_percent is not None
        and sold.delivered * 100 > sold.ordered * line.policy.overrun_percent
    )


def _finding(line: Line, work: Work, *, key: str, title: str, reason: str, remedy: str) -> Finding:
    order = line.order.order
    return Finding(
        key=f"{key}-line-{line.sold.line.id}",
        severity=Severity.WARNING,
        title=f"{order.name} {work.partners[order.partner_id]}: {title}",
        reason=reason,
        remedy=remedy,
        owner=work.owners.get(order.user_id or 0, "nobody: set a salesperson"),
        model=OrderLine.MODEL,
        record_id=line.sold.line.id,
        url=work.links[order.id],
        since=line.oldest,
        amount=line.order.currency.round(line.wip),
        currency=line.order.currency.code,
    )


def _without_order(leaks: Sequence[Leak]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            key=f"no-order-project-{leak.project_id}",
            severity=Severity.WARNING,
            title=f"{leak.project}: {leak.hours:g} h on no order line",
            reason="the project is billable, but these hours are linked to no order line",
            remedy="link the project or its tasks to an order line",
            owner=leak.manager,
            model="project.project",
            record_id=leak.project_id,
            url=leak.url,
            since=leak.oldest,
        )
        for leak in leaks
    )


def _totals(lines: Sequence[Line], work: Work) -> tuple[Mapping[str, Any], ...]:
    currencies = sorted({line.order.currency for line in lines})
    return tuple(
        _total(currency, [line for line in lines if line.order.currency == currency], work)
        for currency in currencies
    )


def _total(currency: Currency, lines: Sequence[Line], work: Work) -> Mapping[str, Any]:
    wip, advance = sum((x.wip for x in lines), ZERO), sum((x.advance for x in lines), ZERO)
    odoo = sum((x.sold.line.untaxed_amount_to_invoice for x in lines), ZERO)
    buckets = dict.fromkeys(BUCKETS, ZERO)
    residuals: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        difference = line.sold.line.untaxed_amount_to_invoice - line.sold.sold.balance
        residuals[line.sold.sold.billing.value] += difference
        for part in line.parts:
            buckets[part.bucket] += part.value
    return {
        "currency": currency.code,
        "wip": currency.text(wip),
        "advance_billing": currency.text(advance),
        "in_draft": currency.text(sum((line.draft.value for line in lines), ZERO)),
        "buckets": {bucket: currency.text(value) for bucket, value in buckets.items()},
        "odoo_to_invoice": currency.text(odoo),
        "residual": currency.text(odoo - wip - advance),
        "residual_by_billing": {
            kind: currency.text(value) for kind, value in sorted(residuals.items()) if value
        },
        "provision": currency.text(sum((line.provision for line in lines), ZERO)),
        "lock_up": _lock_up(currency, wip, work),
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


def _measures(lines: Sequence[Line]) -> tuple[Measure, ...]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        for part in line.parts:
            sums[line.order.currency.code, part.bucket] += part.value
    return tuple(
        Measure("wip_amount", float(value), {"currency": currency, "bucket": bucket})
        for (currency, bucket), value in sorted(sums.items())
    )


def _lock_up_measures(totals: Sequence[Mapping[str, Any]]) -> tuple[Measure, ...]:
    return tuple(
        Measure(name, total["lock_up"][name], {"currency": total["currency"]})
        for total in totals
        for name in ("wip_days", "debtor_days", "lock_up_days")
        if total["lock_up"] and total["lock_up"][name] is not None
    )


JOB = Job(
    name="wip_aging",
    title="WIP aging",
    owner="finance",
    cron=Cron("30 6 * * 1", window=timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=WipPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    doc=__doc__,
)
