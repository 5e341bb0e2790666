"""What every order line has earned, how old that is, what it cost and what is left of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tasks.domain.ageing import Aged, Entry, aged, cost_of, netted, spread, still_open
from tasks.domain.billing import Billing, Draft
from tasks.domain.texts import NOTHING, Text
from tasks.financial.wip_aging.policy import WipPolicy
from tasks.financial.wip_aging.work import Work
from tasks.reads import unbilled
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.reads.unbilled import Delivered

ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """One order line, judged."""

    order: SoldOrder
    sold: SoldLine
    #: Of the hours on no posted invoice, in the company's currency; None where there are none.
    cost: Decimal | None
    oldest: date | None
    parts: tuple[Aged, ...]
    #: What its age writes down; None without percentages.
    provision: Decimal | None
    policy: str
    #: Of a day that is over, why nobody can tell how the line stood.
    unknown: Text = NOTHING

    @property
    def wip(self) -> Decimal:
        """Earned and not on a posted invoice, drafts still in it; below zero of a deduction."""
        return self.sold.sold.wip

    @property
    def advance(self) -> Decimal:
        """Billed and not earned: zero or below, above it of a deduction."""
        return self.sold.sold.advance

    @property
    def draft(self) -> Draft:
        """What of the line is on draft invoices."""
        return self.sold.sold.draft

    @property
    def is_told(self) -> bool:
        """Whether there is something to tell of it, or nobody can say."""
        return bool(self.wip or self.advance or self.draft.stands or self.unknown)

    @property
    def difference(self) -> Decimal:
        """Odoo's own figure of what is to be invoiced, less WIP, advance billing and the gap."""
        balance = self.sold.sold.balance + self.sold.gap.amount
        return self.sold.line.untaxed_amount_to_invoice - balance


def judged(work: Work, today: date, policy: WipPolicy) -> Sequence[Line]:
    """Every line that sells work, by the policy of its business unit."""
    lines = [_line(order, sold, work, today, policy) for order, sold in work.lines()]
    return list(_priced(_discounts_aged(lines), policy))


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
        unknown=work.unknown.get(sold.line.id, NOTHING),
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
