"""What somebody must act on: change requests that wait, or were done without being asked for."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tasks.domain.deciding import State
from tasks.domain.findings import Finding, Recipient, Severity
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined, plural
from tasks.execution.change_requests.judgement import Creep, Standing, Status
from tasks.execution.change_requests.records import ChangeLine, ChangeOrder
from tasks.execution.change_requests.rows import worth
from tasks.execution.change_requests.snapshot import Snapshot

OWNER: Final = Text("delivery")
# As many lines are named as a sentence has room for.
MOST_NAMED: Final = 3
UNSIGNED: Final = "unsigned"
KINDS: Final = (
    *("not-decided", "not-applied", "never-decided", UNSIGNED, "no-budget"),
    *("grown", "beyond-sold"),
)


class Findings:
    """Makes the findings of one snapshot."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf) -> None:
        self._snapshot, self._as_of = snapshot, as_of

    def of_request(self, standing: Standing) -> Iterator[Finding]:
        """All that is wrong with one change request."""
        if standing.request.order_id in standing.policy.exempt_orders:
            return
        found = (
            self._undecided(standing),
            self._not_applied(standing),
            self._never_decided(standing),
            self._unsigned(standing),
            self._without_budget(standing),
        )
        yield from filter(None, found)

    def of_creep(self, creep: Creep, exempt: Sequence[int]) -> Iterator[Finding]:
        """What grew on one order."""
        if creep.order.id in exempt:
            return
        if creep.added or creep.raised:
            yield self._grown(creep)
        if creep.beyond:
            yield self._beyond(creep)

    def _undecided(self, standing: Standing) -> Finding | None:
        request, days = standing.request, self._days_since(standing.request.raised_at)
        if standing.status is not Status.RAISED or days <= standing.policy.decide_within_days:
            return None
        asked = standing.proposed is not None and standing.proposed.state is State.WAITING
        return self._finding(
            standing,
            "not-decided",
            title=plural(
                "{request}: not decided for {count} day",
                "{request}: not decided for {count} days",
                count=days,
                request=self._called(standing),
            ),
            reason=Text("those who may decide were asked, and have not all agreed")
            if asked
            else Text("it is raised, and nobody was asked to decide it"),
            remedy=Text("approve it, or refuse it with a reason"),
            since=request.raised_at,
        )

    def _not_applied(self, standing: Standing) -> Finding | None:
        at = standing.decided_at
        if standing.status is not Status.DECIDED or at is None:
            return None
        days = self._days_since(at)
        if days <= standing.policy.apply_within_days:
            return None
        return self._finding(
            standing,
            "not-applied",
            title=plural(
                "{request}: decided {count} day ago and not applied",
                "{request}: decided {count} days ago and not applied",
                count=days,
                request=self._called(standing),
            ),
            reason=Text("no order line and no larger quantity follows the decision"),
            remedy=Text("confirm the quotation, or put what was decided on the order"),
            since=at,
            seller=True,
        )

    def _never_decided(self, standing: Standing) -> Finding | None:
        if standing.status is not Status.NEVER_DECIDED or standing.applied_at is None:
            return None
        refused = standing.proposed is not None and standing.proposed.state is State.REFUSED
        return self._finding(
            standing,
            "never-decided",
            severity=Severity.CRITICAL if refused else Severity.WARNING,
            title=Text("{request}: applied though it was refused", request=self._called(standing))
            if refused
            else Text("{request}: applied and never decided", request=self._called(standing)),
            reason=Text("it was refused, and stands on an order all the same")
            if refused
            else Text("it stands on an order, and no decision is known"),
            remedy=Text("have it decided now, or take it off the order"),
            since=standing.applied_at,
        )

    def _unsigned(self, standing: Standing) -> Finding | None:
        at = standing.decided_at or standing.applied_at
        done = standing.status in (Status.DECIDED, Status.APPLIED, Status.NEVER_DECIDED)
        needs = standing.policy.signature_required and standing.signed_at is None
        if not done or not needs or at is None or not self._tells_signatures(standing):
            return None
        days = self._days_since(at)
        if days <= standing.policy.sign_within_days:
            return None
        order = self._snapshot.orders.get(standing.request.record_id)
        own = standing.request.model == ChangeOrder.MODEL and order is not None
        typed = own and order is not None and order.signed_on is not None
        return self._finding(
            standing,
            UNSIGNED,
            title=plural(
                "{request}: not signed by the customer for {count} day",
                "{request}: not signed by the customer for {count} days",
                count=days,
                request=self._called(standing),
            ),
            reason=Text(
                "a signature stands in the fields of the order, and no message of the customer "
                "shows it: whoever may write the order may have typed it"
            )
            if typed
            else Text("no signature of the customer is known"),
            remedy=Text("have the customer sign it on the portal"),
            since=at,
            seller=True,
        )

    def _without_budget(self, standing: Standing) -> Finding | None:
        project = self._snapshot.projects.get(standing.request.project_id or 0)
        if standing.applied_at is None or project is None or not project.allocated_hours:
            return None
        own = [o for o in self._snapshot.orders.values() if o.project_id == project.id]
        lines = [line for order in own for line in self._snapshot.lines.get(order.id, ())]
        sold = sum(self._snapshot.sold_hours.get(line.id, 0.0) for line in lines)
        if round(project.allocated_hours, 2) >= round(sold, 2):
            return None
        return self._finding(
            standing,
            "no-budget",
            title=Text(
                "{request}: applied, and the budget of {project} is not revised",
                request=self._called(standing),
                project=project.name,
            ),
            reason=Text(
                "{allocated} h are allocated to the project, and its orders sell {sold} h",
                allocated=round(project.allocated_hours, 2),
                sold=round(sold, 2),
            ),
            remedy=Text("raise the allocated hours of the project"),
            since=standing.applied_at,
        )

    def _tells_signatures(self, standing: Standing) -> bool:
        """Whether a signature would be seen: on quotations by their messages, else from outside."""
        own = standing.request.model == ChangeOrder.MODEL
        return not standing.may_be_signed and (own or self._as_of.signed is not None)

    def _finding(
        self,
        standing: Standing,
        kind: str,
        *,
        title: Text,
        reason: Text,
        remedy: Text,
        since: datetime,
        severity: Severity = Severity.WARNING,
        seller: bool = False,
    ) -> Finding:
        request = standing.request
        order = self._snapshot.orders.get(request.order_id or 0)
        user = self._responsible(request.project_id, order, seller=seller)
        return Finding(
            key=f"{kind}-{request.key}",
            severity=severity,
            title=title,
            reason=reason,
            remedy=remedy,
            owner=self._snapshot.people.name(user) or OWNER,
            model=request.model,
            record_id=request.record_id,
            url=self._snapshot.links[request.model, request.record_id],
            since=self._day(since),
            amount=request.amount,
            currency=request.currency.code if request.currency else None,
            recipient=self._recipient(user),
            kind=kind,
            hours=request.hours,
        )

    def _grown(self, creep: Creep) -> Finding:
        moments = [line.create_date for line in creep.added] + [each.at for each in creep.raised]
        added = plural(
            "{count} line was added after the order was confirmed: {lines}",
            "{count} lines were added after the order was confirmed: {lines}",
            count=len(creep.added),
            lines=_names(creep.added),
        )
        raised = Text(
            "quantities were raised: {changes}",
            changes=tuple(
                Text("from {before} to {after}", before=each.before, after=each.after)
                for each in creep.raised[:MOST_NAMED]
            ),
        )
        parts = [*([added] if creep.added else []), *([raised] if creep.raised else [])]
        return self._of_order(
            creep,
            "grown",
            title=Text("{order}: grown without a change request", order=creep.order.name),
            reason=joined(parts, "; "),
            remedy=Text(
                "raise a change request for it and have it decided, or take it off the order"
            ),
            since=self._day(min(moments)),
            amount=worth(creep),
        )

    def _beyond(self, creep: Creep) -> Finding:
        return self._of_order(
            creep,
            "beyond-sold",
            title=Text("{order}: more hours than were sold", order=creep.order.name),
            reason=joined([self._told(line) for line in creep.beyond[:MOST_NAMED]], "; "),
            remedy=Text("raise a change request for the hours, or plan the rest of the work anew"),
        )

    def _told(self, line: ChangeLine) -> Text:
        sold = self._snapshot.sold_hours[line.id]
        return Text(
            "{line}: {sold} h sold, {delivered} h delivered, {allocated} h allocated",
            line=line.name,
            sold=round(sold, 2),
            delivered=round(float(line.qty_delivered / line.product_uom_qty) * sold, 2),
            allocated=round(self._snapshot.allocated.get(line.id, 0.0), 2),
        )

    def _of_order(
        self,
        creep: Creep,
        kind: str,
        *,
        title: Text,
        reason: Text,
        remedy: Text,
        since: date | None = None,
        amount: Decimal | None = None,
    ) -> Finding:
        order = creep.order
        currency = self._snapshot.currencies[order.currency_id]
        user = self._responsible(order.project_id, order)
        return Finding(
            key=f"{kind}-order-{order.id}",
            severity=Severity.WARNING,
            title=title,
            reason=reason,
            remedy=remedy,
            owner=self._snapshot.people.name(user) or OWNER,
            model=order.MODEL,
            record_id=order.id,
            url=self._snapshot.links[order.MODEL, order.id],
            since=since,
            amount=None if amount is None else currency.round(amount),
            currency=None if amount is None else currency.code,
            recipient=self._recipient(user),
            kind=kind,
        )

    def _responsible(
        self, project_id: int | None, order: ChangeOrder | None, *, seller: bool = False
    ) -> int | None:
        """The user who is told: the project's manager, or the salesperson, else the other."""
        project = self._snapshot.projects.get(project_id or 0)
        manager = project.user_id if project else None
        sold_by = order.user_id if order else None
        return (sold_by or manager) if seller else (manager or sold_by)

    def _recipient(self, user: int | None) -> Recipient | None:
        return self._snapshot.people.recipient(user)

    def _called(self, standing: Standing) -> Text:
        request = standing.request
        order = self._snapshot.orders.get(request.order_id or 0)
        if order is None:
            return joined([request.name], " ")
        return Text("{request} of {order}", request=request.name, order=order.name)

    def _days_since(self, instant: datetime) -> int:
        return (self._as_of.day - self._day(instant)).days

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self._as_of.zone).date()


def _names(lines: Sequence[ChangeLine]) -> tuple[str | Text, ...]:
    more = len(lines) - MOST_NAMED
    rest = (Text("and {count} more", count=more),) if more > 0 else ()
    return (*(line.name for line in lines[:MOST_NAMED]), *rest)
