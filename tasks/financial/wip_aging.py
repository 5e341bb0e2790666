"""Shows what is delivered and not invoiced, how old it is, and what was billed in advance.

Why: work in progress that nobody bills grows old, and old work is written off.

Remedy: bill it, write it off, or document a hold with a date; set missing prices and order lines.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Cron, Delivery, Job, Shape
from tasks.domain.ageing import (
    AgeBucket,
    Aged,
    Entry,
    age_days,
    aged,
    cost_of,
    netted,
    spread,
    still_open,
)
from tasks.domain.billing import Billing
from tasks.domain.findings import (
    Finding,
    Formula,
    Measure,
    NotVerifiable,
    Report,
    SetAside,
    Severity,
)
from tasks.domain.gravity import Days, GravityPolicy
from tasks.domain.holds import Hold, HoldingPolicy
from tasks.domain.periods import AsOf
from tasks.domain.withheld import Basis
from tasks.records import unbilled
from tasks.records.orders import SoldLine, SoldOrder
from tasks.records.sales import Invoice, InvoiceLine, Milestone, Order, OrderLine, Project
from tasks.records.timesheets import TimesheetLine
from tasks.records.unbilled import Delivered
from tasks.records.unsold import Unsold
from tasks.records.wip import Leak, Work, read_work
from tasks.rows.gaps import set_aside
from tasks.rows.wip import Line, row, totals

ZERO = Decimal(0)


class WipPolicy(HoldingPolicy, GravityPolicy):
    """From which age somebody must decide, and what old work is still worth."""

    worse_after_days: tuple[Days, ...] = Field(
        (120, 180, 365),
        description="ages at which old work is told again; from the last on it is critical",
    )
    decide_after_days: int = Field(
        90, ge=0, le=36_500, description="age of the oldest unbilled entry"
    )
    provision_percent: dict[AgeBucket, Annotated[Decimal, Field(ge=0, le=100)]] = Field(
        {}, description="of the value, by bucket; no provision if left out"
    )
    overrun_percent: Decimal | None = Field(
        Decimal(100),
        gt=0,
        le=1_000_000,
        description="of a fixed price's ordered quantity; None: not watched",
    )


def read(odoo: Reader, as_of: AsOf, policy: WipPolicy) -> Work:
    """Confirmed service and expense lines, their drafts and their unbilled entries."""
    return read_work(odoo, as_of)


def judge(work: Work, as_of: AsOf, policy: WipPolicy) -> Report:
    """A row per line with WIP, advance billing or a draft; findings where somebody must act."""
    found = [_line(order, sold, work, as_of.day, policy) for order, sold in work.lines()]
    lines = list(_priced(_discounts_aged(found), policy))
    shown = [
        line for line in lines if line.wip or line.advance or line.draft.stands or line.unknown
    ]
    known = [line for line in lines if not line.unknown]
    sums = totals(lines, work)
    holds = {order.order.id: _held(order, as_of, policy) for order in work.orders}
    about = [
        (holds[line.order.order.id], finding)
        for line in known
        for finding in _findings(line, work, as_of.day, policy)
    ]
    return Report(
        rows=tuple(row(line, work, as_of.day) for line in shown),
        findings=(
            *(finding for hold, finding in about if hold is None),
            *_without_order(work.leaks),
            *(_without_sale(unsold, work) for unsold in work.unsold),
        ),
        totals=sums,
        measures=(*_measures(lines), *_lock_up_measures(sums)),
        not_verifiable=(*work.not_verifiable, *_unknown(lines)),
        set_aside=(
            *(_aside(hold, finding) for hold, finding in about if hold),
            *set_aside(work.lines(), work.partners, work.links),
        ),
    )


def _line(order: SoldOrder, sold: SoldLine, work: Work, today: date, policy: WipPolicy) -> Line:
    delivered = work.delivered.get(sold.line.id, Delivered())
    open_quantity, wip = sold.sold.earned - sold.sold.posted, sold.sold.wip
    every = (*delivered.entries, *delivered.drafted)
    entries = still_open(every, open_quantity)
    return Line(
        order=order,
        sold=sold,
        cost=_cost(every, entries),
        oldest=_oldest(sold, delivered, entries),
        parts=aged(entries, wip, today, order.currency) if wip else (),
        provision=None,
        policy=policy.for_sales_team(order.order.team_id).version,
        unknown=work.unknown.get(sold.line.id, ""),
    )


def _unknown(lines: Sequence[Line]) -> Iterator[NotVerifiable]:
    """Of a day that is over: how many lines nobody can tell of, by reason."""
    for reason, count in sorted(Counter(line.unknown for line in lines if line.unknown).items()):
        yield NotVerifiable(
            check="WIP of that day",
            reason=f"{count} order lines: {reason}",
            remedy="the rows name them; look at their orders, or at the snapshot of that day if "
            "the fleet ran then (`fleet kpi wip_amount`)",
        )


def _discounts_aged(lines: Sequence[Line]) -> Iterator[Line]:
    """A discount is as old as the work of the order that it is taken off."""
    of_order: dict[int, list[Aged]] = defaultdict(list)
    for line in lines:
        of_order[line.order.order.id] += () if line.sold.sold.deducts else line.parts
    for line in lines:
        if line.wip and line.sold.sold.deducts:
            over = of_order[line.order.order.id]
            yield replace(line, parts=spread(line.wip, over, line.order.currency))
        else:
            yield line


def _priced(lines: Iterable[Line], policy: WipPolicy) -> Iterator[Line]:
    """With what their age writes down, where the policy has percentages."""
    for line in lines:
        own = policy.for_sales_team(line.order.order.team_id)
        provision = _provision(line.parts, own) if own.provision_percent else None
        yield replace(line, provision=provision)


def _provision(parts: Sequence[Aged], policy: WipPolicy) -> Decimal:
    percent = policy.provision_percent
    return sum((part.value * percent.get(part.bucket, ZERO) / 100 for part in parts), ZERO)


def _oldest(sold: SoldLine, delivered: Delivered, entries: Sequence[Entry]) -> date | None:
    """Time: the oldest hour on no live invoice. Else: the oldest entry not posted yet."""
    if sold.sold.billing is Billing.TIME_AND_MATERIALS:
        entries = unbilled.waiting(sold, delivered)
    return min((entry.day for entry in entries if entry.day), default=None)


def _cost(every: Sequence[Entry], entries: Sequence[Entry]) -> Decimal | None:
    """What the hours that no posted invoice covers cost; None where there are none."""
    if all(entry.cost is None for entry in every):
        return None
    return cost_of(every) - (cost_of(netted(every)) - cost_of(entries))


def _findings(line: Line, work: Work, today: date, policy: WipPolicy) -> Iterator[Finding]:
    own = policy.for_sales_team(line.order.order.team_id)
    if line.wip and line.oldest:
        yield from _undecided(line, work, age_days(line.oldest, today), own)
    if line.sold.sold.unpriced:
        yield _unpriced(line, work)
    if line.sold.sold.billing is Billing.FIXED and own.overrun_percent is not None:
        yield from _overrun(line, work, own.overrun_percent)


def _undecided(line: Line, work: Work, age: int, policy: WipPolicy) -> Iterator[Finding]:
    if age > policy.decide_after_days:
        yield _finding(
            line,
            work,
            key="old",
            kind="undecided",
            title=f"unbilled for {age} days",
            reason=f"{line.order.currency.text(line.wip)} {line.order.currency.code} of work since "
            f"{line.oldest} is on no posted invoice",
            remedy="bill it, write it off, or document a hold with a review date",
            gravity=policy.gravity(age, line.wip, line.order.currency.code),
        )


def _held(order: SoldOrder, as_of: AsOf, policy: WipPolicy) -> Hold | None:
    own = policy.for_sales_team(order.order.team_id)
    moment = replace(as_of, holds=(*as_of.holds, *own.holds))
    return moment.held(Order.MODEL, order.order.id, order.order.name)


def _aside(hold: Hold, finding: Finding) -> SetAside:
    """What would have been told of an order that somebody holds."""
    return SetAside(
        group="held",
        title=finding.title,
        reason=hold.told,
        url=finding.url,
        model=finding.model,
        record_id=finding.record_id,
        amount=finding.amount,
        currency=finding.currency,
    )


def _unpriced(line: Line, work: Work) -> Finding:
    return _finding(
        line,
        work,
        key="unpriced",
        title="delivered without a price",
        reason=f"{line.sold.sold.due - line.sold.sold.invoiced:g} delivered at a price of zero",
        remedy="set the unit price on the order line, or a discount of 100 % if it is given away",
    )


def _overrun(line: Line, work: Work, percent: Decimal) -> Iterator[Finding]:
    """More delivered than was sold at a fixed price: what is beyond earns nothing."""
    sold = line.sold.sold
    if sold.delivered * 100 > sold.ordered * percent and not sold.deducts:
        yield _finding(
            line,
            work,
            key="overrun",
            title="fixed price overrun",
            reason=f"{sold.delivered:g} delivered of {sold.ordered:g} sold at a fixed price",
            remedy="agree on a change request, or plan the rest of the work anew",
            owner=work.managers[line.order.order.id],
        )


def _finding(
    line: Line,
    work: Work,
    *,
    key: str,
    title: str,
    reason: str,
    remedy: str,
    kind: str = "",
    gravity: tuple[Severity, tuple[int, ...]] = (Severity.WARNING, ()),
    owner: str = "",
) -> Finding:
    order = line.order.order
    return Finding(
        key=f"{key}-line-{line.sold.line.id}",
        severity=gravity[0],
        bands=gravity[1],
        title=f"{order.name} {work.partners[order.partner_id]}: {title}",
        reason=reason,
        remedy=remedy,
        owner=owner or work.owners.get(order.user_id or 0, "nobody: set a salesperson"),
        model=OrderLine.MODEL,
        record_id=line.sold.line.id,
        url=work.links[order.id],
        since=line.oldest,
        amount=line.order.currency.round(line.wip),
        currency=line.order.currency.code,
        kind=kind or key,
        part_of=(Order.MODEL, order.id),
    )


def _without_sale(unsold: Unsold, work: Work) -> Finding:
    """Work that is in no total, since Odoo bills nothing of its order."""
    order, currency = unsold.order.order, unsold.order.currency
    name = f"{order.name} {work.partners[order.partner_id]}"
    cancelled = unsold.is_cancelled
    return Finding(
        key=f"unsold-order-{order.id}",
        severity=Severity.WARNING,
        title=f"{name}: work on a cancelled order" if cancelled else f"{name}: work on a quotation",
        reason=f"{unsold.hours:g} h are logged on it and on no invoice"
        if unsold.hours > 0
        else "something was delivered on it and is on no invoice",
        remedy="move the work to an order that is confirmed, bill it another way, or write it off"
        if cancelled
        else "have the customer confirm the quotation, or move the work to an order",
        owner=work.owners.get(order.user_id or 0, "nobody: set a salesperson"),
        model=Order.MODEL,
        record_id=order.id,
        url=work.links[order.id],
        since=unsold.since,
        amount=currency.round(unsold.amount) if unsold.amount else None,
        currency=currency.code if unsold.amount else None,
        kind="unsold",
        hours=unsold.hours or None,
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
            kind="no-order",
        )
        for leak in leaks
    )


def _measures(lines: Sequence[Line]) -> tuple[Measure, ...]:
    """Of the currencies whose every line is known."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    partly = {line.order.currency for line in lines if line.unknown}
    for line in (line for line in lines if line.order.currency not in partly):
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


FORMULAS = (
    Formula(
        "wip_amount",
        "untaxed value delivered and on no posted invoice, at the end of the cut-off's day, by age "
        "of the entry; fixed prices and manual lines are undated",
    ),
    Formula("wip_days", "WIP / untaxed revenue billed in the trailing 365 days x 365, closing"),
    Formula("debtor_days", "receivables / taxed revenue billed in the trailing 365 days x 365"),
    Formula("lock_up_days", "WIP days + debtor days"),
)

AGES: Final = ("oldest_date", "age_days", "bucket", "aged", "cost", "provision")
AGED: Final = ("buckets", "provision")
LOCK_UP: Final = ("wip_days", "debtor_days", "lock_up_days")

RESTS_ON = (
    Basis(Order.MODEL, "orders", rows=True),
    Basis(OrderLine.MODEL, "order lines", rows=True),
    Basis(
        TimesheetLine.MODEL,
        "logged hours",
        columns=AGES,
        totals=AGED,
        measures=("wip_amount",),
        kinds=("undecided", "no-order", "unsold"),
        dated=True,
    ),
    Basis(
        Milestone.MODEL,
        "milestones",
        columns=AGES,
        totals=AGED,
        measures=("wip_amount",),
        kinds=("undecided",),
        dated=True,
    ),
    Basis(
        Invoice.MODEL,
        "invoices",
        columns=AGES,
        totals=(*AGED, "lock_up"),
        measures=("wip_amount", *LOCK_UP),
        kinds=("undecided",),
        dated=True,
    ),
    # Lines whose amount hangs on invoices are drift where these are not seen.
    Basis(InvoiceLine.MODEL, "invoice lines", rows=True, columns=AGES, dated=True),
    Basis(Project.MODEL, "projects", kinds=("no-order",)),
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
    shape=Shape.WEEKLY,
    held_as=Order.MODEL,
    formulas=FORMULAS,
    of_the_present=True,
    rests_on=RESTS_ON,
    doc=__doc__,
)
