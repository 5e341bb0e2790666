"""What a project earns, costs and was planned at, now and when it is done.

All amounts are in the company's currency: each order line is brought into it on its own, by the
rate of today, as Odoo's project panel does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

from tasks.domain.billing import Billing
from tasks.domain.earned_value import at_completion, by_remaining_hours
from tasks.domain.texts import Text
from tasks.financial.margin_watch.facts import (
    ZERO,
    Books,
    Gap,
    Logged,
    Missing,
    Planned,
    Sale,
    Watched,
)
from tasks.financial.margin_watch.policy import Forecast, MarginPolicy
from tasks.reads.exchange import Exchange

ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
# What the planned cost of a part was taken from.
COST, MARGIN, HOURS = "cost", "margin", "hours"
ZERO_HOURS: Final = Logged()


@dataclass(frozen=True)
class Priced:
    """An order line in the company's currency; earned is None where nobody knows the progress."""

    sale: Sale
    sold: Decimal
    billed: Decimal
    earned: Decimal | None
    planned_cost: Decimal | None
    #: COST or MARGIN; "" where nothing is planned.
    basis: str


@dataclass(frozen=True)
class Part:
    """What a project sells in one service line and bills in one way."""

    service_line: str
    billing: Billing
    lines: Sequence[Priced]
    logged: Logged
    planned: Planned
    by: Forecast

    @property
    def id(self) -> int:
        """That of its first order line: the same in every look."""
        return min(line.sale.sold.line.id for line in self.lines)

    @property
    def sold(self) -> Decimal:
        return sum((line.sold for line in self.lines), ZERO)

    @property
    def billed(self) -> Decimal:
        return sum((line.billed for line in self.lines), ZERO)

    @property
    def earned(self) -> Decimal | None:
        """None where that of a line is not known."""
        return _total(line.earned for line in self.lines)

    @property
    def progress(self) -> Decimal | None:
        """How much of what is sold is earned, 0 to 1; None where nothing is sold beforehand."""
        if self.earned is None or not self.sold:
            return None
        return min(max(self.earned / self.sold, ZERO), ONE)

    @property
    def in_advance(self) -> bool:
        """Whether it is hours, or days, that are paid as ordered: a retainer."""
        return self.billing is Billing.FIXED and all(
            line.sale.hours_per_unit is not None for line in self.lines
        )

    @property
    def used(self) -> Decimal | None:
        """Of hours that were sold in advance, how much is used, 1 for all; None of other parts."""
        ordered = sum((_hours(line, line.sale.sold.sold.ordered) for line in self.lines), ZERO)
        if not self.in_advance or ordered <= 0:
            return None
        return sum((_hours(x, x.sale.sold.sold.delivered) for x in self.lines), ZERO) / ordered

    @property
    def cost_per_hour(self) -> Decimal | None:
        """Of the hours that have a cost; None without any."""
        hours = self.logged.hours - self.logged.uncosted
        return self.logged.cost / hours if hours > 0 and self.logged.cost > 0 else None

    @cached_property
    def plan(self) -> tuple[Decimal | None, str]:
        """What it was planned to cost, and by what: that of its lines, else of its tasks' hours."""
        if (cost := _total(line.planned_cost for line in self.lines)) is not None:
            return cost, COST if any(line.basis == COST for line in self.lines) else MARGIN
        if self.planned.hours > 0 and self.cost_per_hour is not None:
            return self.planned.hours * self.cost_per_hour, HOURS
        return None, ""

    @property
    def burnt(self) -> Decimal | None:
        """How much of the plan is spent, 1 for all of it: of its cost, or of its hours."""
        planned, basis = self.plan
        if basis == HOURS:
            return self.logged.hours / self.planned.hours
        return self.logged.cost / planned if planned and planned > 0 else None

    @property
    def at_completion(self) -> Decimal | None:
        """The cost of its hours when it is done; None where nobody can tell.

        What is re-invoiced costs what is booked. Work by the hour that nobody ordered an amount of
        has no end: it is taken as it stands.
        """
        if self.billing is Billing.EXPENSE:
            return ZERO
        ways = [self._by_value, self._by_hours]
        if self.by is Forecast.REMAINING_HOURS:
            ways.reverse()
        for way in ways:
            if (found := way()) is not None:
                return found
        open_ended = self.billing is Billing.TIME_AND_MATERIALS and not self.sold
        return self.logged.cost if open_ended else None

    @property
    def revenue(self) -> Decimal:
        """What it will have earned: what is sold, or more where more is earned already."""
        return max(self.sold, self.earned or ZERO) if self.sold >= 0 else self.sold

    def _by_value(self) -> Decimal | None:
        """Without a plan, what is sold tells the value of the work as well: it cancels out."""
        planned, _ = self.plan
        if self.progress is None or (planned is None and self.logged.cost <= 0):
            return None
        budget = self.sold if planned is None else planned
        if budget <= 0:
            return self.logged.cost
        return at_completion(self.logged.cost, budget, budget * self.progress)

    def _by_hours(self) -> Decimal | None:
        if self.planned.hours <= 0 or self.cost_per_hour is None:
            return None
        return by_remaining_hours(self.logged.cost, self.planned.left, self.cost_per_hour)


@dataclass(frozen=True)
class Margin:
    """A project, judged."""

    watched: Watched
    parts: Sequence[Part]
    #: Of hours on no order line of the project.
    other: Logged
    #: What was billed as down payment, less what was deducted.
    down_payments: Decimal
    gaps: tuple[Gap, ...]
    policy: MarginPolicy
    #: Whether it is known what is ordered and not billed.
    knows_ordered: bool

    @property
    def is_whole(self) -> bool:
        """Whether its margin is shown to be whole."""
        return not self.gaps

    @property
    def is_unread(self) -> bool:
        """Whether a record of it could not be read, which may belong to any of its figures."""
        return any(gap.kind is Missing.UNREAD for gap in self.gaps)

    @property
    def books(self) -> Books:
        """Nothing where they cannot be told, which is a gap."""
        return self.watched.books or Books()

    @property
    def sold(self) -> Decimal:
        return sum((part.sold for part in self.parts), ZERO)

    @property
    def earned(self) -> Decimal | None:
        return _total(part.earned for part in self.parts)

    @property
    def billed(self) -> Decimal:
        return sum((part.billed for part in self.parts), self.down_payments)

    @cached_property
    def logged(self) -> Logged:
        """All hours on it."""
        return together([self.other, *(part.logged for part in self.parts)])

    @property
    def cost(self) -> Decimal:
        """Of hours, purchases and expenses, as far as they are booked."""
        return self.logged.cost + self.books.purchases + self.books.expenses

    @property
    def amount(self) -> Decimal | None:
        """What is earned less cost; None where that is not shown to be whole."""
        return self.earned - self.cost if self.is_whole and self.earned is not None else None

    @property
    def percent(self) -> Decimal | None:
        return percent_of(self.amount, self.earned)

    @property
    def planned_cost(self) -> Decimal | None:
        return _total(part.plan[0] for part in self.parts) if self.parts else None

    @property
    def planned_percent(self) -> Decimal | None:
        """The planned margin of what is sold."""
        cost = self.planned_cost
        return None if cost is None else percent_of(self.sold - cost, self.sold)

    @property
    def plan_basis(self) -> str:
        """What the plan was taken from; "" without one, and the weakest of several."""
        found = {part.plan[1] for part in self.parts}
        return next((basis for basis in ("", HOURS, MARGIN, COST) if basis in found), "")

    @property
    def burnt(self) -> Decimal | None:
        """How much of the planned cost is spent, 1 for all of it."""
        cost = self.planned_cost
        return self.cost / cost if self.is_whole and cost and cost > 0 else None

    @property
    def progress(self) -> Decimal | None:
        """How much of what is sold is earned."""
        return self.earned / self.sold if self.earned is not None and self.sold > 0 else None

    @property
    def cost_at_completion(self) -> Decimal | None:
        """That of each part, and what is booked, waits and is ordered; None if any is not known.

        What a part without hours is still to cost is what will be bought for it, so what is ordered
        already is among it.
        """
        bought = [part for part in self.parts if part.logged.cost <= 0]
        costs = [part.at_completion for part in self.parts if part.logged.cost > 0]
        to_buy, worked = _total(part.at_completion for part in bought), _total(costs)
        if not (self.is_whole and self.knows_ordered) or to_buy is None or worked is None:
            return None
        coming = self.watched.ordered + self.watched.waiting
        booked = self.other.cost + self.books.purchases + self.books.expenses
        return worked + booked + max(to_buy, coming)

    @property
    def revenue_at_completion(self) -> Decimal:
        return sum((part.revenue for part in self.parts), ZERO)

    @property
    def at_completion(self) -> Decimal | None:
        """Its margin when it is done."""
        cost = self.cost_at_completion
        return None if cost is None else self.revenue_at_completion - cost

    @property
    def percent_at_completion(self) -> Decimal | None:
        return percent_of(self.at_completion, self.revenue_at_completion)

    @property
    def erosion(self) -> Decimal | None:
        """Points of percent by which the margin at completion is below the planned one."""
        planned, now = self.planned_percent, self.percent_at_completion
        return None if planned is None or now is None else planned - now

    @property
    def not_recognised(self) -> Decimal | None:
        """What is invoiced and not revenue in the books; below zero the other way round."""
        return None if self.watched.books is None else self.billed - self.books.revenue

    @property
    def covered_percent(self) -> Decimal | None:
        """Of its hours, those that have a cost; None without any."""
        return percent_of(self.logged.hours - self.logged.uncosted, self.logged.hours)


def percent_of(amount: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """None where there is nothing to be a part of, or nobody knows."""
    return None if amount is None or not whole or whole < 0 else amount / whole * HUNDRED


def rounded(number: Decimal) -> float:
    """To two decimals."""
    return round(float(number), 2)


def judged(
    watched: Watched, exchange: Exchange, policy: MarginPolicy, *, knows_ordered: bool
) -> Margin:
    """A project by the policy of the team that sold it."""
    own = policy.for_sales_team(watched.sales[0].order.order.team_id if watched.sales else None)
    billed, priced, gaps = ZERO, [], list(watched.gaps)
    for sale in watched.sales:
        line = _priced(sale, watched, exchange, own)
        if line is None:
            gaps.append(_no_rate(sale))
        elif sale.sold.sold.billing is Billing.DOWN_PAYMENT:
            billed += line.billed
        else:
            priced.append(line)
    parts, other = _with_hours(_parts(_deducted(priced), own), watched)
    margin = Margin(watched, parts, other, billed, (), own, knows_ordered)
    return replace(margin, gaps=(*gaps, *_of_figures(margin)))


def _priced(
    sale: Sale, watched: Watched, exchange: Exchange, policy: MarginPolicy
) -> Priced | None:
    """The line in the company's currency; None where nobody knows what its own is worth."""
    sold, currency = sale.sold.sold, sale.order.currency

    def ours(amount: Decimal) -> Decimal | None:
        return exchange.converted(amount, currency)

    billed = ours(sold.invoiced_amount)
    if billed is None:
        return None
    if sold.billing is Billing.EXPENSE:
        worth = ours(sold.worth(sold.earned)) or ZERO
        return Priced(sale, worth, billed, worth, worth, MARGIN)
    value = ours(sold.worth(sold.ordered)) or ZERO
    progress = _stated(sale, watched)
    earned = ours(sold.worth(sold.earned)) if progress is None else value * progress
    if progress is None and _hangs_on_progress(sale, watched):
        earned = None
    cost, basis = _planned_cost(sale, value, exchange, policy)
    return Priced(sale, value, billed, earned, cost, basis)


def _hangs_on_progress(sale: Sale, watched: Watched) -> bool:
    """Whether delivered quantities do not tell how far a fixed price is worked for.

    Odoo counts hours as units of whatever is sold; and where billing goes by the order, nobody
    need type in what is delivered.
    """
    sold = sale.sold.sold
    if sold.billing is not Billing.FIXED or sold.deducts or sale.hours_per_unit is not None:
        return False
    by_hours = sale.sold.line.qty_delivered_method == "timesheet"
    return by_hours or (not sold.delivered and bool(_hours_on(sale, watched)))


def _stated(sale: Sale, watched: Watched) -> Decimal | None:
    """The progress of a line at a fixed price: as its manager says, else by tasks that are done."""
    if not _hangs_on_progress(sale, watched):
        return None
    if not _hours_on(sale, watched):
        return ZERO
    if watched.progress is not None:
        return watched.progress
    own = watched.planned.get(sale.sold.line.id, Planned())
    tasks = own if own.hours > 0 else _all_planned(watched)
    return min(tasks.done / tasks.hours, ONE) if tasks.hours > 0 else None


def _hours_on(sale: Sale, watched: Watched) -> Decimal:
    """Those on the line; where it is the only one of its project, all of them."""
    if len(watched.sales) == 1:
        return sum((each.hours for each in watched.logged.values()), ZERO)
    return watched.logged.get(sale.sold.line.id, Logged()).hours


def _planned_cost(
    sale: Sale, value: Decimal, exchange: Exchange, policy: MarginPolicy
) -> tuple[Decimal | None, str]:
    """What the line was planned to cost, and by what: as Odoo has it, or by the planned margin."""
    sold = sale.sold.sold
    if sold.deducts:
        return ZERO, MARGIN
    if sale.unit_cost is not None:
        return exchange.converted(sale.unit_cost * sold.ordered, sale.order.currency), COST
    line = policy.line_of(sale.category)
    percent = line.planned_margin_percent if line else None
    if percent is None:
        percent = policy.planned_margin_percent
    return (None, "") if percent is None else (value * (HUNDRED - percent) / HUNDRED, MARGIN)


def _deducted(lines: Sequence[Priced]) -> Sequence[Priced]:
    """With discounts of a fixed amount earned as the rest of what the project sells is."""
    selling = [line for line in lines if not _is_discount(line)]
    sold, earned = _total(x.sold for x in selling), _total(x.earned for x in selling)
    if not sold or earned is None:
        return lines
    share = min(earned / sold, ONE)
    return [
        replace(line, earned=line.sold * share) if _is_discount(line) else line for line in lines
    ]


def _is_discount(line: Priced) -> bool:
    sold = line.sale.sold.sold
    return sold.deducts and sold.billing is Billing.FIXED


def _parts(lines: Iterable[Priced], policy: MarginPolicy) -> Sequence[Part]:
    by: dict[tuple[str, Billing], list[Priced]] = defaultdict(list)
    for line in lines:
        named = policy.line_of(line.sale.category)
        name = named.name if named else line.sale.category_name
        by[name, line.sale.sold.sold.billing].append(line)
    return [
        Part(name, billing, of, ZERO_HOURS, Planned(), policy.forecast)
        for (name, billing), of in sorted(by.items())
    ]


def _with_hours(parts: Sequence[Part], watched: Watched) -> tuple[Sequence[Part], Logged]:
    """The parts with their hours, and those of none; all are of the only part there is."""
    worked = [part for part in parts if part.billing is not Billing.EXPENSE]
    only = worked[0] if len(worked) == 1 else None
    of_line = {line.sale.sold.line.id: part for part in parts for line in part.lines}

    def mine(part: Part | None, found: Mapping[int | None, Logged]) -> Logged:
        return together(
            each for line, each in found.items() if of_line.get(line or 0, only) is part
        )

    with_hours = [
        replace(
            part,
            logged=mine(part, watched.logged),
            planned=_summed(
                each
                for line, each in watched.planned.items()
                if of_line.get(line or 0, only) is part
            ),
        )
        for part in parts
    ]
    return with_hours, ZERO_HOURS if only else mine(None, watched.logged)


def _of_figures(margin: Margin) -> Iterable[Gap]:
    """What is missing of its hours and its progress."""
    logged = margin.logged
    uncosted = percent_of(logged.uncosted, logged.hours)
    if uncosted is not None and uncosted > margin.policy.uncosted_hours_percent:
        told = Text("{hours} of {all} hours have no cost", hours=logged.uncosted, all=logged.hours)
        yield Gap(Missing.UNCOSTED_HOURS, told)
    served = any(
        line.earned and line.sale.sold.line.is_service
        for part in margin.parts
        for line in part.lines
    )
    if served and not margin.cost:
        told = Text("services of it are delivered, and nothing has a cost")
        yield Gap(Missing.NO_COST, told)
    if margin.earned is None:
        told = Text(
            "nobody says how much of its fixed price is done: no update of the project that holds, "
            "and no planned hours of tasks"
        )
        yield Gap(Missing.NO_PROGRESS, told)


def _no_rate(sale: Sale) -> Gap:
    told = Text(
        "nothing says what {currency} of {order} is worth",
        currency=sale.order.currency.code,
        order=sale.order.order.name,
    )
    return Gap(Missing.NO_RATE, told)


def together(logged: Iterable[Logged]) -> Logged:
    """Their sum."""
    found = list(logged)
    return Logged(
        sum((each.hours for each in found), ZERO),
        sum((each.cost for each in found), ZERO),
        sum((each.uncosted for each in found), ZERO),
    )


def _summed(planned: Iterable[Planned]) -> Planned:
    found = list(planned)
    return Planned(
        sum((each.hours for each in found), ZERO),
        sum((each.done for each in found), ZERO),
        sum((each.left for each in found), ZERO),
    )


def _all_planned(watched: Watched) -> Planned:
    return _summed(watched.planned.values())


def _hours(line: Priced, quantity: Decimal) -> Decimal:
    return quantity * (line.sale.hours_per_unit or ZERO)


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Their sum; None where one is not known."""
    found = list(amounts)
    known = [amount for amount in found if amount is not None]
    return sum(known, ZERO) if len(known) == len(found) else None
