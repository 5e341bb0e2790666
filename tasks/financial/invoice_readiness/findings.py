"""What is told of an order: to finance that it is ready, to its owner that a check failed."""

from collections.abc import Sequence
from datetime import date

from tasks.domain.checklists import Check, failed
from tasks.domain.findings import Finding, SetAside, Severity
from tasks.domain.texts import Text, joined
from tasks.domain.withheld import STATUS
from tasks.financial.invoice_readiness.readiness import Readiness, key
from tasks.financial.invoice_readiness.snapshot import Snapshot
from tasks.financial.invoice_readiness.words import VERDICTS
from tasks.reads.invoicing.words import CHECKS
from tasks.records.sales import Order


def finding(readiness: Readiness, snapshot: Snapshot, today: date) -> Finding:
    """That an order is ready, or what blocks it."""
    order, currency = readiness.order.order, readiness.order.currency
    blocking = failed(readiness.checks)
    first = blocking[0] if blocking else None
    severity, bands = _gravity(readiness, blocking, today)
    return Finding(
        key=key(readiness.order, readiness.status),
        severity=severity,
        title=Text(
            "{order} {customer}: {verdict}",
            order=order.name,
            customer=readiness.partner,
            verdict=VERDICTS[readiness.verdict],
        ),
        reason=joined([check.reason for check in blocking], "; ")
        if blocking
        else _passed(readiness),
        remedy=first.next_step if first else snapshot.facts[order.id].draft.next_step,
        owner=first.owner if first else Text("finance"),
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


def _passed(readiness: Readiness) -> Text:
    if not readiness.not_verified:
        return Text("every check passed")
    return Text(
        "no check failed, but not all could be made; not verified: {checks}",
        checks=tuple(CHECKS[name] for name in readiness.not_verified),
    )


def _is_large(readiness: Readiness) -> bool:
    limit = readiness.policy.tell_at_once_from.get(readiness.order.currency.code)
    return limit is not None and readiness.amount >= limit


def aside(readiness: Readiness, snapshot: Snapshot) -> SetAside:
    """An order of which nothing is asked, and why."""
    order, currency = readiness.order.order, readiness.order.currency
    return SetAside(
        group=VERDICTS[readiness.status],
        title=joined([order.name, readiness.partner], " "),
        reason=_why_aside(readiness, snapshot),
        url=snapshot.facts[order.id].url,
        model=Order.MODEL,
        record_id=order.id,
        amount=None if readiness.status == STATUS else currency.round(readiness.amount),
        currency=currency.code,
    )


def _why_aside(readiness: Readiness, snapshot: Snapshot) -> Text:
    order = readiness.order.order
    if readiness.status == "held":
        return next(check.reason for check in readiness.checks if check.check == "hold")
    if order.id in snapshot.unreadable:
        return Text("a record of this order could not be read; see drift")
    if snapshot.facts[order.id].customers & {*readiness.policy.excluded_customers}:
        return Text("the customer is excluded by policy")
    return Text("billed in advance, or nothing to bill")
