"""Tells finance which orders can be invoiced, which are blocked, by whom and at what cost.

Why: work that is delivered but not invoiced is money lent to the customer for nothing.

Remedy: invoice what is ready; the owner of each failed check does its next step.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Cron, Delivery, Job
from tasks.domain.checklist import Check, failed
from tasks.domain.findings import Finding, Measure, NotVerifiable, Report, Severity
from tasks.domain.money import Currency, cost_of_delay_per_day
from tasks.domain.partial_bill import PartialBill, propose
from tasks.domain.periods import AsOf
from tasks.domain.readiness import Facts, ReadinessPolicy, checklist
from tasks.records import invoicing, unbilled
from tasks.records.orders import SoldLine, SoldOrder, read_orders
from tasks.records.sales import Order

STATUSES = ("ready", "blocked", "held", "excluded")


@dataclass(frozen=True)
class Snapshot:
    """The orders with something to bill, and the facts that their checks need."""

    orders: Sequence[SoldOrder]
    facts: Mapping[int, Facts]
    waiting_since: Mapping[int, date]
    customers: Mapping[int, str]
    odoo_to_invoice: Mapping[int, Decimal]
    unreadable: frozenset[int]
    not_verifiable: tuple[NotVerifiable, ...] = ()


@dataclass(frozen=True)
class Readiness:
    """One order, judged by the policy of its business unit.

    turned_ready: since when the fleet remembers it ready; None when it is not, or not known.
    """

    order: SoldOrder
    policy: ReadinessPolicy
    amount: Decimal
    status: str
    checks: tuple[Check, ...]
    waiting_since: date | None
    turned_ready: date | None = None

    @property
    def partial_bill(self) -> PartialBill | None:
        """What of a blocked order could be billed now."""
        if self.status != "blocked":
            return None
        return propose([sold.sold for sold in self.order.lines], failed(self.checks))


def read(odoo: Reader, as_of: AsOf, policy: ReadinessPolicy) -> Snapshot:
    """The orders with something to bill and, in one call per model, what their checks need."""
    orders = [order for order in read_orders(odoo) if _concerns_finance(order)]
    partners = invoicing.read_partners(odoo, orders)
    milestones = unbilled.milestones(odoo, orders)
    return Snapshot(
        orders=orders,
        facts=invoicing.read_facts(odoo, orders, partners, milestones),
        waiting_since=invoicing.waiting_since(odoo, orders, milestones),
        customers={partner.id: partner.display_name for partner in partners.values()},
        odoo_to_invoice={
            order.order.id: sum(
                (sold.line.untaxed_amount_to_invoice for sold in order.lines), Decimal(0)
            )
            for order in orders
        },
        unreadable=odoo.unreadable(Order.MODEL),
        not_verifiable=unbilled.unknown_hours(odoo),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy) -> Report:
    """A row per order, a finding per order that finance or its owner must act on."""
    judged = [_judged(order, snapshot, as_of, policy) for order in snapshot.orders]
    return Report(
        rows=tuple(_row(readiness, snapshot, as_of.day) for readiness in judged),
        findings=tuple(
            _finding(readiness, snapshot)
            for readiness in judged
            if readiness.status in ("ready", "blocked")
        ),
        totals=_totals(judged, snapshot),
        measures=_measures(judged),
        not_verifiable=(*snapshot.not_verifiable, *_not_verifiable(judged)),
    )


def _concerns_finance(order: SoldOrder) -> bool:
    return any(
        sold.sold.amount != 0 or sold.sold.unpriced or sold.line.untaxed_amount_to_invoice != 0
        for sold in order.lines
    )


def _judged(
    order: SoldOrder, snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy
) -> Readiness:
    own = policy.for_sales_team(order.order.team_id)
    checks = checklist(snapshot.facts[order.order.id], own, as_of.day)
    amount = sum((sold.sold.amount for sold in order.lines), Decimal(0))
    status = _status(order, amount, checks, own, snapshot)
    return Readiness(
        order=order,
        policy=own,
        amount=amount,
        status=status,
        checks=checks,
        waiting_since=snapshot.waiting_since.get(order.order.id),
        turned_ready=as_of.standing.get(_key(order)) if status == "ready" else None,
    )


def _status(
    order: SoldOrder,
    amount: Decimal,
    checks: Sequence[Check],
    policy: ReadinessPolicy,
    snapshot: Snapshot,
) -> str:
    nothing_to_bill = amount <= 0 and not any(sold.sold.unpriced for sold in order.lines)
    if (
        nothing_to_bill
        or order.order.partner_id in policy.excluded_customers
        or order.order.id in snapshot.unreadable
    ):
        return "excluded"
    failures = {check.check for check in failed(checks)}
    if "hold" in failures:
        return "held"
    return "blocked" if failures else "ready"


def _key(order: SoldOrder, status: str = "ready") -> str:
    return f"{status}-order-{order.order.id}"


def _row(readiness: Readiness, snapshot: Snapshot, today: date) -> Mapping[str, Any]:
    order, currency = readiness.order.order, readiness.order.currency
    delay = cost_of_delay_per_day(
        max(readiness.amount, Decimal(0)), readiness.policy.cost_of_capital_percent
    )
    return {
        "sale_order_id": order.id,
        "sale_order": order.name,
        "partner_id": order.partner_id,
        "partner": snapshot.customers[order.partner_id],
        "project_ids": list(readiness.order.project_ids),
        "currency": currency.code,
        "amount": currency.text(readiness.amount),
        "status": readiness.status,
        "checks": [check.row() for check in readiness.checks],
        **_waiting(readiness, today),
        "cost_of_delay_per_day": currency.text(delay),
        "becomes_ready_when": _remedies(readiness),
        "partial_bill": _partial_bill(readiness),
        "lines": [_line(sold) for sold in readiness.order.lines],
        "policy": readiness.policy.version,
    }


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


def _remedies(readiness: Readiness) -> str:
    return "; ".join(f"{check.owner}: {check.next_step}" for check in failed(readiness.checks))


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


def _finding(readiness: Readiness, snapshot: Snapshot) -> Finding:
    order, currency = readiness.order.order, readiness.order.currency
    customer = snapshot.customers[order.partner_id]
    blocking = failed(readiness.checks)
    first = blocking[0] if blocking else None
    return Finding(
        key=_key(readiness.order, readiness.status),
        severity=Severity.WARNING if first else Severity.INFO,
        title=f"{order.name} {customer}: {readiness.status}",
        reason="; ".join(check.reason for check in blocking) or "every check passed",
        remedy=first.next_step if first else _way_to_invoice(snapshot.facts[order.id]),
        owner=first.owner if first else "finance",
        model=Order.MODEL,
        record_id=order.id,
        url=snapshot.facts[order.id].url,
        since=readiness.waiting_since,
        amount=currency.round(readiness.amount),
        currency=currency.code,
    )


def _way_to_invoice(facts: Facts) -> str:
    return "post the prepared draft" if facts.has_draft else "create and send the invoice"


def _totals(judged: Sequence[Readiness], snapshot: Snapshot) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        _total(currency, [r for r in judged if r.order.currency == currency], snapshot)
        for currency in sorted({readiness.order.currency for readiness in judged})
    )


def _total(
    currency: Currency, judged: Sequence[Readiness], snapshot: Snapshot
) -> Mapping[str, Any]:
    by_status = {
        status: sum((r.amount for r in judged if r.status == status), Decimal(0))
        for status in STATUSES
    }
    odoo = sum((snapshot.odoo_to_invoice[r.order.order.id] for r in judged), Decimal(0))
    residual = odoo - sum(by_status.values())
    return {
        "currency": currency.code,
        **{status: currency.text(amount) for status, amount in by_status.items()},
        "odoo_to_invoice": currency.text(odoo),
        "residual": currency.text(residual),
        "bottleneck": _bottleneck(currency, judged),
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


def _measures(judged: Sequence[Readiness]) -> tuple[Measure, ...]:
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    counts: Counter[str] = Counter()
    for readiness in judged:
        amounts[readiness.status, readiness.order.currency.code] += readiness.amount
        counts[readiness.status] += 1
    return (
        *(
            Measure("readiness_amount", float(amount), {"status": status, "currency": currency})
            for (status, currency), amount in sorted(amounts.items())
        ),
        *(Measure("readiness_orders", counts[status], {"status": status}) for status in STATUSES),
    )


def _not_verifiable(judged: Sequence[Readiness]) -> tuple[NotVerifiable, ...]:
    unknown = {
        check.check: check.reason
        for readiness in judged
        for check in readiness.checks
        if check.result == "not_verifiable"
    }
    return tuple(
        NotVerifiable(name, reason, "install the module that records it, or grant read access")
        for name, reason in sorted(unknown.items())
    )


JOB = Job(
    name="invoice_readiness",
    title="Invoice readiness",
    owner="finance",
    cron=Cron("0 6 * * 1-5", window=timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=ReadinessPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_LEAST_ONCE,
    doc=__doc__,
)
