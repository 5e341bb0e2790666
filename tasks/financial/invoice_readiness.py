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

from odoo_gateway.reader import Domain, Reader
from tasks.declaration import Audience, Cron, Delivery, Job
from tasks.domain.billing import Billing
from tasks.domain.checklist import Check, failed
from tasks.domain.findings import Finding, Measure, NotVerifiable, Report, Severity
from tasks.domain.money import Currency, cost_of_delay_per_day
from tasks.domain.periods import AsOf
from tasks.domain.readiness import DueMilestone, Facts, ReadinessPolicy, checklist
from tasks.records import unbilled
from tasks.records.orders import SoldOrder, read_orders
from tasks.records.sales import Attachment, Expense, Milestone, Order, Partner, User
from tasks.records.timesheets import TimesheetLine

OPEN_EXPENSE_STATES = ["draft", "reported", "submitted", "approved"]
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


@dataclass(frozen=True)
class Readiness:
    """One order, judged."""

    order: SoldOrder
    amount: Decimal
    status: str
    checks: tuple[Check, ...]
    waiting_since: date | None


def read(odoo: Reader, as_of: AsOf, policy: ReadinessPolicy) -> Snapshot:
    """The orders with something to bill and, in one call per model, what their checks need."""
    orders = [order for order in read_orders(odoo) if _concerns_finance(order)]
    partners = _partners(odoo, orders)
    milestones = unbilled.milestones(odoo, orders)
    return Snapshot(
        orders=orders,
        facts=_facts(odoo, orders, partners, milestones),
        waiting_since=_waiting_since(odoo, orders, milestones),
        customers={partner.id: partner.display_name for partner in partners.values()},
        odoo_to_invoice={
            order.order.id: sum(
                (sold.line.untaxed_amount_to_invoice for sold in order.lines), Decimal(0)
            )
            for order in orders
        },
        unreadable=odoo.unreadable(Order.MODEL),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy) -> Report:
    """A row per order, a finding per order that finance or its owner must act on."""
    judged = [_judged(order, snapshot, as_of.day, policy) for order in snapshot.orders]
    return Report(
        rows=tuple(_row(readiness, snapshot, as_of.day, policy) for readiness in judged),
        findings=tuple(
            _finding(readiness, snapshot)
            for readiness in judged
            if readiness.status in ("ready", "blocked")
        ),
        totals=_totals(judged, snapshot),
        measures=_measures(judged),
        not_verifiable=_not_verifiable(judged),
    )


def _concerns_finance(order: SoldOrder) -> bool:
    return any(
        sold.sold.amount != 0 or sold.sold.unpriced or sold.line.untaxed_amount_to_invoice != 0
        for sold in order.lines
    )


def _partners(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Partner]:
    ids = {
        partner_id
        for order in orders
        for partner_id in (order.order.partner_id, order.order.partner_invoice_id)
    }
    found = odoo.search(Partner, [("id", "in", sorted(ids))], archived=True)
    return {partner.id: partner for partner in found}


def _facts(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    partners: Mapping[int, Partner],
    milestones: Mapping[int, Sequence[Milestone]],
) -> Mapping[int, Facts]:
    user_ids = {order.order.user_id for order in orders if order.order.user_id}
    users = {
        user.id: user.name
        for user in odoo.search(User, [("id", "in", sorted(user_ids))], archived=True)
    }
    evidence = _evidence(odoo, orders)
    expenses = _open_expenses(odoo, orders)
    unapproved = _unapproved_hours(odoo, orders)
    return {
        order.order.id: Facts(
            lines=[sold.sold for sold in order.lines],
            url=odoo.session.link(Order.MODEL, order.order.id),
            customer=partners[order.order.partner_id].display_name,
            salesperson=users.get(order.order.user_id or 0, "nobody: set a salesperson"),
            invoice_email=partners[order.order.partner_invoice_id].email,
            purchase_order=order.order.client_order_ref,
            milestones=[
                DueMilestone(milestone.name, milestone.deadline, milestone.is_reached)
                for milestone in milestones.get(order.order.id, ())
            ],
            evidence_files=evidence[order.order.id],
            open_expenses=None if expenses is None else expenses[order.order.id],
            unapproved_hours=None if unapproved is None else unapproved[order.order.id],
        )
        for order in orders
    }


def _evidence(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, int]:
    """Files on each order and on its projects."""
    projects = sorted({project for order in orders for project in order.project_ids})
    files = odoo.search(
        Attachment,
        [
            "|",
            "&",
            ("res_model", "=", "sale.order"),
            ("res_id", "in", [order.order.id for order in orders]),
            "&",
            ("res_model", "=", "project.project"),
            ("res_id", "in", projects),
        ],
    )
    found = Counter((file.res_model, file.res_id) for file in files)
    return {
        order.order.id: found["sale.order", order.order.id]
        + sum(found["project.project", project] for project in order.project_ids)
        for order in orders
    }


def _open_expenses(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, int] | None:
    if not odoo.session.may_read(Expense.MODEL) or odoo.lacks(Expense, "sale_order_id"):
        return None
    expenses = odoo.search(
        Expense,
        [
            ("sale_order_id", "in", [order.order.id for order in orders]),
            ("state", "in", OPEN_EXPENSE_STATES),
        ],
    )
    return Counter(expense.sale_order_id for expense in expenses if expense.sale_order_id)


def _unapproved_hours(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, float] | None:
    pending: Domain
    if not odoo.lacks(TimesheetLine, "validated"):
        pending = [("validated", "=", False)]
    elif not odoo.lacks(TimesheetLine, "sheet_state"):
        pending = [("sheet_state", "!=", "done")]
    else:
        return None
    lines = unbilled.line_ids(orders, Billing.TIME_AND_MATERIALS)
    hours: dict[int, float] = defaultdict(float)
    for group in odoo.group(
        TimesheetLine.MODEL,
        [*unbilled.hours(odoo, lines), *pending],
        by=["so_line"],
        sums=["unit_amount"],
    ):
        hours[lines[int(str(group.keys[0]))]] += group.sums[0]
    return hours


def _waiting_since(
    odoo: Reader, orders: Sequence[SoldOrder], milestones: Mapping[int, Sequence[Milestone]]
) -> Mapping[int, date]:
    """The oldest day known since which something of the order waits to be billed."""
    since: dict[int, list[date]] = defaultdict(list)
    lines = unbilled.line_ids(orders, Billing.TIME_AND_MATERIALS)
    for group in odoo.group(
        TimesheetLine.MODEL, unbilled.hours(odoo, lines), by=["so_line"], earliest=["date"]
    ):
        since[lines[int(str(group.keys[0]))]] += [day for day in group.earliest if day]
    for order_id, found in milestones.items():
        since[order_id] += [m.reached_date for m in found if m.is_reached and m.reached_date]
    for order in orders:
        if any(sold.sold.billing is Billing.FIXED and sold.sold.amount > 0 for sold in order.lines):
            since[order.order.id].append(order.order.date_order.date())
    return {order_id: min(days) for order_id, days in since.items() if days}


def _judged(
    order: SoldOrder, snapshot: Snapshot, today: date, policy: ReadinessPolicy
) -> Readiness:
    checks = checklist(snapshot.facts[order.order.id], policy, today)
    amount = sum((sold.sold.amount for sold in order.lines), Decimal(0))
    return Readiness(
        order=order,
        amount=amount,
        status=_status(order, amount, checks, today, policy, snapshot),
        checks=checks,
        waiting_since=snapshot.waiting_since.get(order.order.id),
    )


def _status(
    order: SoldOrder,
    amount: Decimal,
    checks: Sequence[Check],
    today: date,
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
    if any(
        hold.order == order.order.name and (hold.until is None or today <= hold.until)
        for hold in policy.holds
    ):
        return "held"
    return "blocked" if failed(checks) else "ready"


def _row(
    readiness: Readiness, snapshot: Snapshot, today: date, policy: ReadinessPolicy
) -> Mapping[str, Any]:
    order, currency = readiness.order.order, readiness.order.currency
    since = readiness.waiting_since
    delay = cost_of_delay_per_day(max(readiness.amount, Decimal(0)), policy.cost_of_capital_percent)
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
        "waiting_days": (today - since).days if since else None,
        "cost_of_delay_per_day": currency.text(delay),
    }


def _finding(readiness: Readiness, snapshot: Snapshot) -> Finding:
    order, currency = readiness.order.order, readiness.order.currency
    customer = snapshot.customers[order.partner_id]
    blocking = failed(readiness.checks)
    first = blocking[0] if blocking else None
    return Finding(
        key=f"{readiness.status}-order-{order.id}",
        severity=Severity.WARNING if first else Severity.INFO,
        title=f"{order.name} {customer}: {readiness.status}",
        reason="; ".join(check.reason for check in blocking) or "every check passed",
        remedy=first.next_step if first else "create and send the invoice",
        owner=first.owner if first else "finance",
        model=Order.MODEL,
        record_id=order.id,
        url=snapshot.facts[order.id].url,
        since=readiness.waiting_since,
        amount=readiness.amount,
        currency=currency.code,
    )


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
