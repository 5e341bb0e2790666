"""What somebody must act on: work that is old, has no price, no order or no end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from tasks.domain.ageing import age_days
from tasks.domain.billing import Billing
from tasks.domain.findings import Finding, NotVerifiable, SetAside, Severity
from tasks.domain.holds import Hold
from tasks.domain.periods import AsOf
from tasks.domain.texts import Money, Text, plural
from tasks.financial.wip_aging.lines import Line
from tasks.financial.wip_aging.policy import WipPolicy
from tasks.financial.wip_aging.work import Leak, Work
from tasks.reads.orders import SoldOrder
from tasks.reads.unsold import Unsold
from tasks.records.sales import Order, OrderLine, Project

OPEN: Final = Text("the project is billable, but these hours are linked to no order line")
ARCHIVED: Final = Text(
    "the project is billable, but these hours are linked to no order line; it is archived"
)
NOBODY: Final = Text("nobody: set a salesperson")


def findings(
    lines: Sequence[Line], work: Work, as_of: AsOf, policy: WipPolicy
) -> tuple[tuple[Finding, ...], tuple[SetAside, ...]]:
    """What must be acted on, and what is set aside since somebody holds its order."""
    holds = {order.order.id: _held(order, as_of, policy) for order in work.orders}
    about = [
        (holds[line.order.order.id], finding)
        for line in lines
        if not line.unknown
        for finding in _of_line(line, work, as_of.day, policy)
    ]
    return (
        (
            *(finding for hold, finding in about if hold is None),
            *(_no_order(leak) for leak in work.leaks),
            *(_without_sale(unsold, work) for unsold in work.unsold),
        ),
        tuple(_aside(hold, finding) for hold, finding in about if hold),
    )


def _of_line(line: Line, work: Work, today: date, policy: WipPolicy) -> Iterator[Finding]:
    own = policy.for_sales_team(line.order.order.team_id)
    if line.wip and line.oldest:
        yield from _undecided(line, work, line.oldest, age_days(line.oldest, today), own)
    if line.sold.sold.unpriced:
        yield _unpriced(line, work)
    if line.sold.sold.billing is Billing.FIXED and own.overrun_percent is not None:
        yield from _overrun(line, work, own.overrun_percent)


def _undecided(
    line: Line, work: Work, oldest: date, age: int, policy: WipPolicy
) -> Iterator[Finding]:
    currency = line.order.currency
    if age > policy.decide_after_days:
        yield _finding(
            line,
            work,
            key="old",
            kind="undecided",
            title=plural(
                "{order} {customer}: unbilled for {count} day",
                "{order} {customer}: unbilled for {count} days",
                count=age,
                **_named(line.order, work),
            ),
            reason=Text(
                "{amount} of work since {day} is on no posted invoice",
                amount=Money(currency.round(line.wip), currency.code),
                day=oldest,
            ),
            remedy=Text("bill it, write it off, or document a hold with a review date"),
            gravity=policy.gravity(age, line.wip, currency.code),
        )


def _unpriced(line: Line, work: Work) -> Finding:
    return _finding(
        line,
        work,
        key="unpriced",
        title=Text("{order} {customer}: delivered without a price", **_named(line.order, work)),
        reason=Text(
            "{quantity} delivered at a price of zero",
            quantity=line.sold.sold.due - line.sold.sold.invoiced,
        ),
        remedy=Text(
            "set the unit price on the order line, or a discount of 100 % if it is given away"
        ),
    )


def _overrun(line: Line, work: Work, percent: Decimal) -> Iterator[Finding]:
    """More delivered than was sold at a fixed price: what is beyond earns nothing."""
    sold = line.sold.sold
    if sold.delivered * 100 > sold.ordered * percent and not sold.deducts:
        yield _finding(
            line,
            work,
            key="overrun",
            title=Text("{order} {customer}: fixed price overrun", **_named(line.order, work)),
            reason=Text(
                "{delivered} delivered of {ordered} sold at a fixed price",
                delivered=sold.delivered,
                ordered=sold.ordered,
            ),
            remedy=Text("agree on a change request, or plan the rest of the work anew"),
            owner=work.managers[line.order.order.id],
        )


def _finding(
    line: Line,
    work: Work,
    *,
    key: str,
    title: Text,
    reason: Text,
    remedy: Text,
    kind: str = "",
    gravity: tuple[Severity, tuple[int, ...]] = (Severity.WARNING, ()),
    owner: str = "",
) -> Finding:
    order = line.order.order
    return Finding(
        key=f"{key}-line-{line.sold.line.id}",
        severity=gravity[0],
        bands=gravity[1],
        title=title,
        reason=reason,
        remedy=remedy,
        owner=owner or work.owners.get(order.user_id or 0, NOBODY),
        model=OrderLine.MODEL,
        record_id=line.sold.line.id,
        url=work.links[order.id],
        since=line.oldest,
        amount=line.order.currency.round(line.wip),
        currency=line.order.currency.code,
        kind=kind or key,
        part_of=(Order.MODEL, order.id),
    )


def _named(order: SoldOrder, work: Work) -> Mapping[str, str]:
    """What titles call an order by."""
    return {"order": order.order.name, "customer": work.partners[order.order.partner_id]}


def _held(order: SoldOrder, as_of: AsOf, policy: WipPolicy) -> Hold | None:
    own = policy.for_sales_team(order.order.team_id)
    moment = replace(as_of, holds=(*as_of.holds, *own.holds))
    return moment.held(Order.MODEL, order.order.id, order.order.name)


def _aside(hold: Hold, finding: Finding) -> SetAside:
    """What would have been told of an order that somebody holds."""
    return SetAside(
        group=Text("held"),
        title=finding.title,
        reason=hold.told,
        url=finding.url,
        model=finding.model,
        record_id=finding.record_id,
        amount=finding.amount,
        currency=finding.currency,
    )


def _without_sale(unsold: Unsold, work: Work) -> Finding:
    """Work that is in no total, since Odoo bills nothing of its order."""
    order, currency = unsold.order.order, unsold.order.currency
    named = _named(unsold.order, work)
    cancelled = unsold.is_cancelled
    return Finding(
        key=f"unsold-order-{order.id}",
        severity=Severity.WARNING,
        title=Text("{order} {customer}: work on a cancelled order", **named)
        if cancelled
        else Text("{order} {customer}: work on a quotation", **named),
        reason=Text("{hours} h are logged on it and on no invoice", hours=unsold.hours)
        if unsold.hours > 0
        else Text("something was delivered on it and is on no invoice"),
        remedy=Text(
            "move the work to an order that is confirmed, bill it another way, or write it off"
        )
        if cancelled
        else Text("have the customer confirm the quotation, or move the work to an order"),
        owner=work.owners.get(order.user_id or 0, NOBODY),
        model=Order.MODEL,
        record_id=order.id,
        url=work.links[order.id],
        since=unsold.since,
        amount=currency.round(unsold.amount) if unsold.amount else None,
        currency=currency.code if unsold.amount else None,
        kind="unsold",
        hours=unsold.hours or None,
    )


def _no_order(leak: Leak) -> Finding:
    return Finding(
        key=f"no-order-project-{leak.project_id}",
        severity=Severity.WARNING,
        title=Text("{project}: {hours} h on no order line", project=leak.project, hours=leak.hours),
        reason=ARCHIVED if leak.archived else OPEN,
        remedy=Text("link the project or its tasks to an order line"),
        owner=leak.manager,
        model=Project.MODEL,
        record_id=leak.project_id,
        url=leak.url,
        since=leak.oldest,
        kind="no-order",
    )


def unknown_lines(lines: Sequence[Line]) -> Iterator[NotVerifiable]:
    """Of a day that is over: how many lines nobody can tell of, by reason."""
    for reason, count in sorted(Counter(line.unknown for line in lines if line.unknown).items()):
        yield NotVerifiable(
            check=Text("WIP of that day"),
            reason=plural(
                "{count} order line: {reason}",
                "{count} order lines: {reason}",
                count=count,
                reason=reason,
            ),
            remedy=Text(
                "the rows name them; look at their orders, or at the snapshot of that day if "
                "the fleet ran then (`fleet kpi wip_amount`)"
            ),
        )
