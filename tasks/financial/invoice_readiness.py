"""Tells finance which orders can be invoiced, which are blocked, by whom and at what cost.

Why: work that is delivered but not invoiced is money lent to the customer for nothing.

Remedy: invoice what is ready; the owner of each failed check does its next step.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Cron, Delivery, Job
from tasks.domain.checklist import Check, failed
from tasks.domain.findings import (
    ANY_KIND,
    Finding,
    Formula,
    Measure,
    NotVerifiable,
    Report,
    SetAside,
    Severity,
)
from tasks.domain.periods import AsOf
from tasks.domain.readiness import Facts, ReadinessPolicy, checklist
from tasks.domain.withheld import REMEDY, Basis
from tasks.records import invoicing, unbilled
from tasks.records.drafts import with_invoices
from tasks.records.latency import read_latencies
from tasks.records.orders import SoldOrder, read_orders
from tasks.records.sales import Invoice, InvoiceLine, Milestone, Order, OrderLine, Project
from tasks.records.timesheets import TimesheetLine
from tasks.rows.gaps import set_aside
from tasks.rows.readiness import AS_FAR_AS_VERIFIABLE, STATUSES, Readiness, row, totals


@dataclass(frozen=True)
class Snapshot:
    """The orders with something to bill, and the facts that their checks need.

    others: of which only Odoo's own figure has something to bill. links: by id of the order.
    latencies: days from the last hour to the invoice that bills it, of lately posted invoices.
    """

    orders: Sequence[SoldOrder]
    facts: Mapping[int, Facts]
    waiting_since: Mapping[int, date]
    customers: Mapping[int, str]
    others: Sequence[SoldOrder]
    links: Mapping[int, str]
    unreadable: frozenset[int]
    latencies: Sequence[int] | None = None
    not_verifiable: tuple[NotVerifiable, ...] = ()


def read(odoo: Reader, as_of: AsOf, policy: ReadinessPolicy) -> Snapshot:
    """The orders with something to bill and, in one call per model, what their checks need."""
    confirmed = with_invoices(odoo, read_orders(odoo))
    orders = [order for order in confirmed if _concerns_finance(order)]
    others = [order for order in confirmed if not _concerns_finance(order) and _has_gap(order)]
    partners = invoicing.read_customers(odoo, [*orders, *others])
    milestones = unbilled.milestones(odoo, orders)
    return Snapshot(
        orders=orders,
        facts=invoicing.read_facts(odoo, orders, partners, milestones, policy),
        waiting_since=invoicing.waiting_since(odoo, orders, milestones),
        customers={partner.id: partner.display_name for partner in partners.values()},
        others=others,
        links={
            order.order.id: odoo.session.link(Order.MODEL, order.order.id)
            for order in [*orders, *others]
        },
        unreadable=odoo.unreadable(Order.MODEL),
        latencies=read_latencies(odoo, as_of.day),
        not_verifiable=unbilled.unknown_hours(odoo),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy) -> Report:
    """A row per order, a finding per order that finance or its owner must act on."""
    judged = [_judged(order, snapshot, as_of, policy) for order in snapshot.orders]
    orders = [*snapshot.orders, *snapshot.others]
    lines = [(order, line) for order in orders for line in order.lines]
    return Report(
        rows=tuple(row(readiness, as_of.day) for readiness in judged),
        findings=tuple(
            _finding(readiness, snapshot, as_of.day)
            for readiness in judged
            if readiness.status in ("ready", "blocked")
        ),
        totals=totals(judged, orders),
        measures=(*_measures(judged), *_latency(snapshot), *_release(judged, as_of)),
        not_verifiable=(
            *snapshot.not_verifiable,
            *_not_verifiable(judged, snapshot.facts.values()),
        ),
        set_aside=(
            *(
                _aside(readiness, snapshot)
                for readiness in judged
                if readiness.status in ("held", "excluded")
            ),
            *set_aside(lines, snapshot.customers, snapshot.links),
        ),
    )


def _concerns_finance(order: SoldOrder) -> bool:
    """Something is to be billed, or Odoo says so and nobody can say why."""
    return any(
        sold.sold.amount != 0
        or sold.sold.unpriced
        or sold.line.untaxed_amount_to_invoice != sold.gap.amount
        for sold in order.lines
    )


def _has_gap(order: SoldOrder) -> bool:
    return any(sold.gap.amount for sold in order.lines)


def _judged(
    order: SoldOrder, snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy
) -> Readiness:
    own = policy.for_sales_team(order.order.team_id)
    facts = snapshot.facts[order.order.id]
    held = as_of.holds_on(Order.MODEL, order.order.id, facts.order)
    # Of an order that was not read whole nothing is said but that.
    unread = order.order.id in snapshot.unreadable
    checks = () if unread else checklist(replace(facts, holds=held), own, as_of.day)
    amount = sum((sold.sold.amount for sold in order.lines), Decimal(0))
    status = _status(order, amount, checks, own, snapshot)
    return Readiness(
        order=order,
        partner=snapshot.customers[order.order.partner_id],
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
        or snapshot.facts[order.order.id].customers & {*policy.excluded_customers}
        or order.order.id in snapshot.unreadable
    ):
        return "excluded"
    failures = {check.check for check in failed(checks)}
    if "hold" in failures:
        return "held"
    return "blocked" if failures else "ready"


def _key(order: SoldOrder, status: str = "ready") -> str:
    return f"{status}-order-{order.order.id}"


def _finding(readiness: Readiness, snapshot: Snapshot, today: date) -> Finding:
    order, currency = readiness.order.order, readiness.order.currency
    blocking = failed(readiness.checks)
    first = blocking[0] if blocking else None
    severity, bands = _gravity(readiness, blocking, today)
    return Finding(
        key=_key(readiness.order, readiness.status),
        severity=severity,
        title=f"{order.name} {readiness.partner}: {readiness.verdict.replace('_', ' ')}",
        reason="; ".join(check.reason for check in blocking) or _passed(readiness),
        remedy=first.next_step if first else snapshot.facts[order.id].draft.next_step,
        owner=first.owner if first else "finance",
        model=Order.MODEL,
        record_id=order.id,
        url=snapshot.facts[order.id].url,
        since=readiness.waiting_since,
        amount=currency.round(readiness.amount),
        currency=currency.code,
        kind=readiness.verdict,
        cost_per_day=currency.round(readiness.cost_per_day),
        urgent=readiness.status == "ready" and _is_large(readiness),
        bands=bands,
    )


def _gravity(
    readiness: Readiness, blocking: Sequence[Check], today: date
) -> tuple[Severity, tuple[int, ...]]:
    """What is ready is finance's to do; of what is blocked, age, amount and every check count."""
    if not blocking:
        return Severity.INFO, ()
    since, code = readiness.waiting_since, readiness.order.currency.code
    days = (today - since).days if since else None
    severity, bands = readiness.policy.gravity(days, readiness.amount, code)
    return severity, (*bands, len(blocking))


def _passed(readiness: Readiness) -> str:
    if not readiness.not_verified:
        return "every check passed"
    unknown = ", ".join(name.replace("_", " ") for name in readiness.not_verified)
    return f"no check failed, but not all could be made; not verified: {unknown}"


def _is_large(readiness: Readiness) -> bool:
    limit = readiness.policy.tell_at_once_from.get(readiness.order.currency.code)
    return limit is not None and readiness.amount >= limit


def _aside(readiness: Readiness, snapshot: Snapshot) -> SetAside:
    order, currency = readiness.order.order, readiness.order.currency
    return SetAside(
        group=readiness.status,
        title=f"{order.name} {readiness.partner}",
        reason=_why_aside(readiness, snapshot),
        url=snapshot.facts[order.id].url,
        model=Order.MODEL,
        record_id=order.id,
        amount=currency.round(readiness.amount),
        currency=currency.code,
    )


def _why_aside(readiness: Readiness, snapshot: Snapshot) -> str:
    order = readiness.order.order
    if readiness.status == "held":
        return next(check.reason for check in readiness.checks if check.check == "hold")
    if order.id in snapshot.unreadable:
        return "a record of this order could not be read; see drift"
    if snapshot.facts[order.id].customers & {*readiness.policy.excluded_customers}:
        return "the customer is excluded by policy"
    return "billed in advance, or nothing to bill"


def _measures(judged: Sequence[Readiness]) -> tuple[Measure, ...]:
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    partly: dict[str, Decimal] = defaultdict(Decimal)
    counts: Counter[str] = Counter()
    for readiness in judged:
        amounts[readiness.status, readiness.order.currency.code] += readiness.amount
        unknown = readiness.verdict == AS_FAR_AS_VERIFIABLE
        partly[readiness.order.currency.code] += readiness.amount if unknown else 0
        counts[readiness.status] += 1
    return (
        *(
            Measure("readiness_amount", float(amount), {"status": status, "currency": currency})
            for (status, currency), amount in sorted(amounts.items())
        ),
        *(
            Measure("readiness_not_verified_amount", float(amount), {"currency": currency})
            for currency, amount in sorted(partly.items())
        ),
        *(Measure("readiness_orders", counts[status], {"status": status}) for status in STATUSES),
    )


def _latency(snapshot: Snapshot) -> tuple[Measure, ...]:
    days = snapshot.latencies
    return (Measure("invoice_latency_days", float(median(days))),) if days else ()


def _release(judged: Sequence[Readiness], as_of: AsOf) -> tuple[Measure, ...]:
    """A case that closed because the order is blocked or held again was not released."""
    not_ready = {
        readiness.order.order.id: readiness.status
        for readiness in judged
        if readiness.status in ("blocked", "held")
    }
    ready = ("ready", AS_FAR_AS_VERIFIABLE)
    closed = [case for case in as_of.closed if case.finding.kind in ready]
    days = [
        (case.closed_on - case.opened_on).days
        for case in closed
        if case.finding.record_id not in not_ready
    ]
    excluded = Counter(
        not_ready[case.finding.record_id] for case in closed if case.finding.record_id in not_ready
    )
    if not days:
        return ()
    return (Measure("invoice_release_days", float(median(days)), excluded=excluded),)


def _not_verifiable(
    judged: Sequence[Readiness], facts: Iterable[Facts]
) -> tuple[NotVerifiable, ...]:
    doubted = {check for each in facts for check in each.doubts}
    unknown = {
        check.check: check.reason
        for readiness in judged
        for check in readiness.checks
        if check.result == "not_verifiable"
    }
    return tuple(
        NotVerifiable(name, reason, REMEDY, (f"checks: {name}",))
        if name in doubted
        else NotVerifiable(name, reason, "install the module that records it, or grant read access")
        for name, reason in sorted(unknown.items())
    )


_NO_HISTORY = NotVerifiable(
    check="readiness of a day that is over",
    reason="Odoo keeps no history of what most checks look at: approvals, addresses, expenses, "
    "tickets, drafts and quantities typed by hand",
    remedy="`fleet run wip_aging --as-of` tells what was not invoiced then; `fleet cases` and "
    "`fleet kpi` what the fleet saw",
)

FORMULAS = (
    Formula("readiness_amount", "untaxed amount delivered or due and not invoiced, by status"),
    Formula(
        "readiness_not_verified_amount",
        "of readiness_amount with the status ready: orders of which a check could not be made",
    ),
    Formula("readiness_orders", "orders with such an amount, by status"),
    Formula(
        "invoice_latency_days",
        "median of days from the last hour billed to the invoice, posted within 90 days and not "
        "reversed (APQC 100558)",
        version=2,
    ),
    Formula(
        "invoice_release_days",
        "median of days from when the fleet saw an order ready until nothing of it was left to "
        "invoice, of the last 90 days",
    ),
)

WAITING: Final = ("waiting_days", "waiting_to_be_ready_days", "waiting_for_finance_days")

# What single checks rest on besides, they say themselves.
RESTS_ON = (
    Basis(Order.MODEL, "orders", rows=True),
    Basis(OrderLine.MODEL, "order lines", rows=True, kinds=(ANY_KIND,), in_part=True),
    *(
        Basis(model, check, columns=WAITING, measures=("invoice_latency_days",), dated=True)
        for model, check in (
            (TimesheetLine.MODEL, "logged hours"),
            (Invoice.MODEL, "invoices"),
        )
    ),
    # Lines whose amount hangs on invoices are drift where these are not seen.
    Basis(InvoiceLine.MODEL, "invoice lines", rows=True, columns=WAITING, dated=True),
    Basis(Milestone.MODEL, "milestones", columns=WAITING, dated=True),
    Basis(Project.MODEL, "projects", columns=("project_ids",)),
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
    held_as=Order.MODEL,
    formulas=FORMULAS,
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    doc=__doc__,
)
