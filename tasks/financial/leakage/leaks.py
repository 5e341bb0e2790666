"""What leaks of one snapshot: how much, since when, why, and who can mend it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tasks.domain.ageing import ROUNDING_OF_HOURS, Entry, age_days, still_open
from tasks.domain.billing import Billing
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.texts import NameOrText, Text, joined
from tasks.financial.leakage.costs import REFUND, BillCost, Claim
from tasks.financial.leakage.kinds import Kind
from tasks.financial.leakage.policy import LeakagePolicy
from tasks.financial.leakage.records import Bill, BillLine, SpentForCustomer
from tasks.financial.leakage.snapshot import Snapshot
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.reads.unbilled import waiting
from tasks.reads.unlinked import Unlinked
from tasks.reads.unsold import Unsold
from tasks.records.sales import Order, OrderLine, Project

ZERO: Final = Decimal(0)
HUNDREDTH: Final = Decimal("0.01")
NO_COST: Final = Text("what an hour costs is set for nobody who worked them")


class Valued(StrEnum):
    """By what a leak is valued."""

    #: What the customer would pay, untaxed.
    PRICE = "order_price"
    #: What the firm paid or pays, untaxed.
    COST = "at_cost"


@dataclass(frozen=True)
class Leak:
    """One thing that leaks."""

    kind: Kind
    model: str
    record_id: int
    name: NameOrText
    url: str
    #: None where nobody can say.
    amount: Decimal | None
    currency: Currency
    valued_at: Valued
    reason: Text
    #: Which policy it goes by; None for the company's.
    team_id: int | None = None
    #: The day from which on it leaks; None where Odoo does not tell.
    since: date | None = None
    hours: Decimal | None = None
    #: The user who can mend it; None for finance.
    user_id: int | None = None
    order_id: int | None = None
    project_id: int | None = None
    #: What tells it from others of the same kind and record.
    mark: str = ""

    @property
    def stem(self) -> str:
        """What the keys of its case begin with."""
        return "-".join(filter(None, (self.kind.value, str(self.record_id), self.mark)))


class Leaks:
    """Finds what leaks of one snapshot."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: LeakagePolicy) -> None:
        self._snapshot, self._policy = snapshot, policy
        self._day, self._zone = as_of.day, as_of.zone
        self._order_of = {
            sold.line.id: (order, sold)
            for order in (*snapshot.orders, *snapshot.costs.unconfirmed)
            for sold in order.lines
        }

    def all(self) -> Sequence[Leak]:
        """Of all kinds that this Odoo tells, exempt ones too."""
        found = (
            *map(self._unsold, self._snapshot.unsold),
            *self._unlinked(),
            *(leak for order in self._snapshot.orders for leak in self._of_order(order)),
            *self._claims(),
            *self._bills(),
            *self._bought(),
        )
        return [leak for leak in found if leak.kind not in self._snapshot.unknown]

    def policy_of(self, leak: Leak) -> LeakagePolicy:
        """That of the sales team of its order, else the company's."""
        return self._policy.for_sales_team(leak.team_id)

    def is_exempt(self, leak: Leak) -> bool:
        """Whether nobody is told of its order or project."""
        policy = self.policy_of(leak)
        by_project = leak.project_id in policy.exempt_projects
        return by_project or leak.order_id in policy.exempt_orders

    def _unsold(self, unsold: Unsold) -> Leak:
        order, hours = unsold.order, unsold.hours
        reason = (
            Text("{hours} h are logged on it and on no invoice", hours=hours)
            if hours > 0
            else Text("what it delivered is on no invoice")
        )
        kind = Kind.CANCELLED if unsold.is_cancelled else Kind.QUOTATION
        return replace(
            self._on_order(order, kind, order.currency.round(unsold.amount), reason),
            since=unsold.since,
            hours=_hours(Decimal(repr(hours))) if hours > 0 else None,
            user_id=order.order.user_id,
        )

    def _unlinked(self) -> Iterator[Leak]:
        if currency := self._snapshot.currency:
            for each in self._snapshot.unlinked:
                yield self._at_cost(each, currency)

    def _at_cost(self, each: Unlinked, currency: Currency) -> Leak:
        hours = _hours(Decimal(repr(each.hours)))
        reason = Text("{hours} h are on no line of an order", hours=float(hours))
        amount = currency.round(each.cost) if each.cost > 0 else None
        return Leak(
            kind=Kind.NO_LINE,
            model=Project.MODEL,
            record_id=each.project.id,
            name=each.project.name,
            url=self._snapshot.links[Project.MODEL, each.project.id],
            amount=amount,
            currency=currency,
            valued_at=Valued.COST,
            reason=reason if amount is not None else joined((reason, NO_COST), "; "),
            since=each.oldest,
            hours=hours,
            user_id=each.project.user_id,
            project_id=each.project.id,
        )

    def _of_order(self, order: SoldOrder) -> Iterator[Leak]:
        for sold in order.lines:
            if sold.sold.billing is Billing.TIME_AND_MATERIALS:
                yield from self._time(order, sold)
            elif sold.sold.billing is Billing.EXPENSE:
                yield from self._reinvoiced(order, sold)
            elif sold.line.id in self._snapshot.prepaid:
                yield from self._prepaid(order, sold)

    def _time(self, order: SoldOrder, sold: SoldLine) -> Iterator[Leak]:
        """Hours without a price, else those that are too old to be on no invoice."""
        delivered = self._snapshot.delivered.get(sold.line.id)
        entries = waiting(sold, delivered) if delivered else ()
        if sold.sold.unpriced:
            yield from self._no_rate(order, sold, entries)
            return
        days = self._policy.for_sales_team(order.order.team_id).hours_within_days
        old = [e for e in entries if e.day and age_days(e.day, self._day) > days]
        amount = sold.sold.worth(sum((entry.quantity for entry in old), ZERO))
        if amount > 0:
            hours = _hours(sum((entry.hours or ZERO for entry in old), ZERO))
            oldest = min(entry.day for entry in old if entry.day)
            reason = Text(
                "{hours} h are older than {days} days and on no invoice, the oldest of {day}",
                hours=float(hours),
                days=days,
                day=oldest,
            )
            leak = self._on_line(order, sold, Kind.NOT_INVOICED, amount, reason)
            yield replace(leak, since=_after(oldest, days), hours=hours)

    def _no_rate(
        self, order: SoldOrder, sold: SoldLine, entries: Sequence[Entry]
    ) -> Iterator[Leak]:
        currency = self._snapshot.currency
        hours = _hours(sum((entry.hours or ZERO for entry in entries), ZERO))
        if currency is None or hours <= 0:
            return
        cost = sum((entry.cost or ZERO for entry in entries), ZERO)
        reason = Text("{hours} h have no price, and are on no invoice", hours=float(hours))
        if cost <= 0:
            reason = joined((reason, NO_COST), "; ")
        amount = currency.round(cost) if cost > 0 else None
        yield replace(
            self._on_line(order, sold, Kind.NO_RATE, amount, reason),
            currency=currency,
            valued_at=Valued.COST,
            since=min((entry.day for entry in entries if entry.day), default=None),
            hours=hours,
            user_id=order.order.user_id,
        )

    def _reinvoiced(self, order: SoldOrder, sold: SoldLine) -> Iterator[Leak]:
        """Costs that stand on the order and on no invoice of it."""
        costs = self._snapshot.costs
        entries = costs.on_lines.get(sold.line.id, ())
        of_expense = any(entry.id in costs.of_expenses for entry in entries)
        policy = self._policy.for_sales_team(order.order.team_id)
        days = policy.expenses_within_days if of_expense else policy.purchases_within_days
        total = sum((Decimal(repr(entry.unit_amount)) for entry in entries), ZERO)
        if not entries or not total:
            return
        share = sold.sold.delivered / total
        by_day = [Entry(e.date, Decimal(repr(e.unit_amount)) * share) for e in entries]
        left = still_open(by_day, sold.sold.delivered - sold.sold.invoiced)
        old = [e for e in left if e.day and age_days(e.day, self._day) > days]
        amount = sold.sold.worth(sum((entry.quantity for entry in old), ZERO))
        if amount > 0:
            oldest = min(entry.day for entry in old if entry.day)
            reason = Text(
                "spent on {day}, more than {days} days ago, and on no invoice",
                day=oldest,
                days=days,
            )
            kind = Kind.EXPENSE if of_expense else Kind.PURCHASE
            leak = self._on_line(order, sold, kind, amount, reason)
            yield replace(leak, since=_after(oldest, days))

    def _prepaid(self, order: SoldOrder, sold: SoldLine) -> Iterator[Leak]:
        """More worked than was ordered, else what is billed and nobody works on."""
        terms, last = sold.sold, self._snapshot.prepaid[sold.line.id]
        over = terms.delivered - terms.ordered
        if over > ROUNDING_OF_HOURS:
            reason = Text(
                "{delivered} of {ordered} are delivered",
                delivered=float(terms.delivered),
                ordered=float(terms.ordered),
            )
            leak = self._on_line(order, sold, Kind.OVERRUN, terms.worth(over), reason)
            yield replace(leak, user_id=order.order.user_id)
        days = self._policy.for_sales_team(order.order.team_id).prepaid_idle_days
        left = min(terms.ordered, terms.invoiced) - terms.delivered
        confirmed = order.order.date_order.astimezone(self._zone).date()
        moved = max(filter(None, (last, confirmed)))
        if left > ROUNDING_OF_HOURS and age_days(moved, self._day) > days:
            reason = Text(
                "{left} of {ordered} are billed and not used, and nothing moved since {day}",
                left=float(left),
                ordered=float(terms.ordered),
                day=moved,
            )
            leak = self._on_line(order, sold, Kind.UNUSED, terms.worth(left), reason)
            yield replace(leak, since=_after(moved, days), user_id=order.order.user_id)

    def _claims(self) -> Iterator[Leak]:
        days = self._policy.expenses_within_days
        for claim in self._snapshot.costs.claims:
            if age_days(claim.day, self._day) > days:
                yield self._claim(claim, days)

    def _claim(self, claim: Claim, days: int) -> Leak:
        if claim.is_booked:
            reason = Text("of {day}, booked, and on no order", day=claim.day)
        elif claim.is_draft:
            reason = Text("of {day}, and not submitted", day=claim.day)
        else:
            reason = Text("of {day}, and not posted", day=claim.day)
        mends = claim.spender_id if claim.is_draft else claim.approver_id
        return Leak(
            kind=Kind.EXPENSE,
            model=SpentForCustomer.MODEL,
            record_id=claim.id,
            name=Text("{expense} of {employee}", expense=claim.name, employee=claim.employee),
            url=claim.url,
            amount=claim.amount,
            currency=claim.currency,
            valued_at=Valued.COST,
            reason=reason,
            since=_after(claim.day, days),
            user_id=None if claim.is_booked else mends,
            order_id=claim.order_id,
            mark="expense",
        )

    def _bills(self) -> Iterator[Leak]:
        currency, days = self._snapshot.currency, self._policy.purchases_within_days
        for each in self._snapshot.costs.bills:
            if currency and age_days(each.day, self._day) > days:
                yield self._bill(each, currency, days)

    def _bill(self, each: BillCost, currency: Currency, days: int) -> Leak:
        return Leak(
            kind=Kind.PURCHASE,
            model=Bill.MODEL,
            record_id=each.bill_id,
            name=each.bill,
            url=each.url,
            amount=currency.round(each.amount),
            currency=currency,
            valued_at=Valued.COST,
            reason=Text(
                "for {project}, of {day}, and on no order: {products}",
                products=each.products,
                project=each.project,
                day=each.day,
            ),
            since=_after(each.day, days),
            user_id=each.manager_id,
            project_id=each.project_id,
            mark=f"project-{each.project_id}",
        )

    def _bought(self) -> Iterator[Leak]:
        """What vendors billed for lines of which nothing is billed to the customer."""
        for line_id, bills in self._snapshot.costs.bought.items():
            if line_id not in self._order_of:
                # Its order is hidden, or a row of it could not be read: that is drift.
                continue
            order, sold = self._order_of[line_id]
            days = self._policy.for_sales_team(order.order.team_id).purchases_within_days
            oldest = min((bill.date for bill in bills if bill.date), default=self._day)
            if sold.sold.invoiced or age_days(oldest, self._day) <= days:
                continue
            reason = Text(
                "billed by the vendor on {day}, and nothing of the line to the customer",
                day=oldest,
            )
            for currency_id, amount in _by_currency(bills).items():
                currency = self._snapshot.currencies.get(currency_id)
                if currency and amount > 0:
                    yield replace(
                        self._on_line(order, sold, Kind.BOUGHT, currency.round(amount), reason),
                        currency=currency,
                        valued_at=Valued.COST,
                        since=_after(oldest, days),
                        user_id=order.order.user_id,
                        mark=currency.code,
                    )

    def _on_line(
        self, order: SoldOrder, sold: SoldLine, kind: Kind, amount: Decimal | None, reason: Text
    ) -> Leak:
        """Of a line of an order, at its price, for finance to mend."""
        line = sold.line
        title = line.name.partition("\n")[0]
        return replace(
            self._on_order(order, kind, amount, reason),
            model=OrderLine.MODEL,
            record_id=line.id,
            name=Text("{order}: {line}", order=order.order.name, line=title),
        )

    def _on_order(self, order: SoldOrder, kind: Kind, amount: Decimal | None, reason: Text) -> Leak:
        return Leak(
            kind=kind,
            model=Order.MODEL,
            record_id=order.order.id,
            name=order.order.name,
            url=self._snapshot.links[Order.MODEL, order.order.id],
            amount=amount,
            currency=order.currency,
            valued_at=Valued.PRICE,
            reason=reason,
            team_id=order.order.team_id,
            order_id=order.order.id,
        )


def _by_currency(bills: Iterable[BillLine]) -> Mapping[int, Decimal]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for bill in bills:
        sign = -1 if bill.move_type == REFUND else 1
        sums[bill.currency_id] += sign * bill.price_subtotal
    return sums


def _hours(hours: Decimal) -> Decimal:
    return hours.quantize(HUNDREDTH)


def _after(day: date, days: int) -> date:
    return day + timedelta(days=days + 1)
