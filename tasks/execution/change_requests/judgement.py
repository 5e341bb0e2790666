"""How each change request stands: raised, decided, applied, signed, and by what that is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from tasks.domain.deciding import Answer, State
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposed
from tasks.execution.change_requests.applying import (
    Explained,
    added_lines,
    explained,
)
from tasks.execution.change_requests.families import is_confirmed
from tasks.execution.change_requests.kept import ChangeRequest, InOdoo
from tasks.execution.change_requests.messages import Raised
from tasks.execution.change_requests.policy import ChangePolicy
from tasks.execution.change_requests.records import ChangeLine, ChangeOrder
from tasks.execution.change_requests.snapshot import Snapshot

#: The kind of effect that decisions are about.
KIND: Final = "change_request"


class Status(StrEnum):
    """Where a change request stands."""

    RAISED = "raised"
    REFUSED = "refused"
    DECIDED = "decided"
    APPLIED = "applied"
    NEVER_DECIDED = "never_decided"


@dataclass(frozen=True)
class Standing:
    """A change request, and what is known of it beside."""

    request: ChangeRequest
    status: Status
    policy: ChangePolicy
    #: What it is proposed under: another content, or raised again, is another one.
    identity: str
    #: That proposal, where it was made.
    proposed: Proposed | None
    #: UTC, None where it was not.
    decided_at: datetime | None
    applied_at: datetime | None
    signed_at: datetime | None
    #: Whether the customer may have signed it all the same, as somebody who is hidden.
    may_be_signed: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody is to decide it."""
        return self.status is Status.RAISED

    @property
    def decided_by(self) -> Sequence[str]:
        """Who agreed or refused, by address."""
        said = self.proposed.said if self.proposed else ()
        return [each.person for each in said if each.answer is not Answer.ASKED_BACK]


@dataclass(frozen=True)
class Creep:
    """What grew on a confirmed order, and no decided change request explains."""

    order: ChangeOrder
    added: Sequence[ChangeLine]
    raised: Sequence[Raised]
    #: More was delivered, or allocated to tasks, than they sell.
    beyond: Sequence[ChangeLine]


class Judgement:
    """What one snapshot means."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: ChangePolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        self._proposed: dict[tuple[str, int], list[Proposed]] = {}
        for each in as_of.proposed:
            if each.kind == KIND:
                self._proposed.setdefault((each.model, each.record_id), []).append(each)

    @cached_property
    def standings(self) -> Sequence[Standing]:
        """Of the requests that are looked at, in the order in which they were raised."""
        return [
            each
            for each in self._every
            if self._as_of.looks_at(each.request.model, each.request.record_id)
        ]

    @property
    def withdrawn(self) -> tuple[Proposed, ...]:
        """What people are asked of these, and is not asked for any more, or not so."""
        return tuple(
            proposed
            for each in self.standings
            for proposed in self._known(each.request)
            if proposed.state is State.WAITING
            and (each.status is not Status.RAISED or proposed.identity != each.identity)
        )

    @property
    def refused(self) -> frozenset[str]:
        """The keys of those that were refused."""
        return frozenset(e.request.key for e in self._every if e.status is Status.REFUSED)

    @cached_property
    def _every(self) -> Sequence[Standing]:
        requests = sorted(self._snapshot.requests, key=lambda each: (each.raised_at, each.key))
        return [self._standing(request) for request in requests]

    @cached_property
    def creeps(self) -> Sequence[Creep]:
        """What grew of the orders that are looked at, and were confirmed of late."""
        found = (self._creep(order) for order in self._looked_at())
        return [each for each in found if each.added or each.raised or each.beyond]

    def policy_of(self, request: ChangeRequest) -> ChangePolicy:
        """That of the sales team of the order that is changed."""
        order = self._snapshot.orders.get(request.order_id or 0)
        return self._policy.for_sales_team(order.team_id if order else None)

    def identity(self, request: ChangeRequest) -> str:
        """The same for the same request until it is changed, or refused and raised once more."""
        refusals = sum(
            each.state is State.REFUSED and (each.decided_at or request.since) < request.since
            for each in self._known(request)
        )
        return f"{_content(request)} {refusals}"

    def _known(self, request: ChangeRequest) -> Sequence[Proposed]:
        return self._proposed.get((request.model, request.record_id), ())

    def _looked_at(self) -> Iterator[ChangeOrder]:
        since = self._snapshot.since
        for order in sorted(self._snapshot.orders.values(), key=lambda order: order.id):
            lately = order.id in self._explained and order.date_order >= since
            if lately and self._as_of.looks_at(order.MODEL, order.id):
                yield order

    def _standing(self, request: ChangeRequest) -> Standing:
        proposed, decided_at = self._current(request), self._decided_at(request)
        applied_at, signed_at = self._applied_at(request), self._signed_at(request)
        refused = request.in_odoo is InOdoo.REFUSED or (
            proposed is not None and proposed.state is State.REFUSED
        )
        status = Status.RAISED
        if applied_at is not None:
            status = Status.APPLIED if decided_at else Status.NEVER_DECIDED
        elif refused:
            status = Status.REFUSED
        elif decided_at is not None:
            status = Status.DECIDED
        return Standing(
            request,
            status,
            self.policy_of(request),
            self.identity(request),
            proposed,
            decided_at,
            applied_at,
            signed_at,
            self._may_be_signed(request) and signed_at is None,
        )

    def _current(self, request: ChangeRequest) -> Proposed | None:
        """What was said of it as it is; once it is not raised any more, the last that was said."""
        raised, identity = request.in_odoo is InOdoo.RAISED, self.identity(request)
        same = [
            each
            for each in self._known(request)
            if each.identity == identity
            or (not raised and each.identity.rpartition(" ")[0] == _content(request))
        ]
        return same[-1] if same else None

    def _decided_at(self, request: ChangeRequest) -> datetime | None:
        proposed = self._current(request)
        if proposed is not None and proposed.state is State.APPROVED:
            return proposed.decided_at
        by_hand = not self.policy_of(request).decided_by_matrix
        refused = proposed is not None and proposed.state is State.REFUSED
        in_odoo = request.in_odoo in (InOdoo.DECIDED, InOdoo.APPLIED)
        return request.since if by_hand and in_odoo and not refused else None

    def _applied_at(self, request: ChangeRequest) -> datetime | None:
        if request.in_odoo is InOdoo.APPLIED:
            return request.since
        return self._follows.get(request.key)

    def _signed_at(self, request: ChangeRequest) -> datetime | None:
        outside = (self._as_of.signed or {}).get((request.model, request.record_id))
        own = request.model == ChangeOrder.MODEL
        signature = self._snapshot.signatures.shown.get(request.record_id) if own else None
        return outside or (signature.at if signature else None)

    def _may_be_signed(self, request: ChangeRequest) -> bool:
        own = request.model == ChangeOrder.MODEL
        return own and request.record_id in self._snapshot.signatures.doubtful

    @cached_property
    def _follows(self) -> Mapping[str, datetime]:
        """When each decided request was applied by lines or quantities of its order, by key."""
        return {key: at for found in self._explained.values() for key, at in found.applied.items()}

    @cached_property
    def _explained(self) -> Mapping[int, Explained]:
        """By confirmed order, what of its growth decided requests explain.

        Of one whose currency is hidden nothing is told.
        """
        decided: dict[int, list[tuple[datetime, str, ChangeRequest]]] = {}
        for request in self._snapshot.requests:
            is_own_order = request.model == ChangeOrder.MODEL and request.in_odoo is InOdoo.APPLIED
            at = self._decided_at(request)
            if at is not None and request.order_id is not None and not is_own_order:
                decided.setdefault(request.order_id, []).append((at, request.key, request))
        found = {}
        for order in self._snapshot.orders.values():
            currency = self._snapshot.currencies.get(order.currency_id)
            if is_confirmed(order) and currency is not None:
                added = added_lines(order, self._snapshot.lines.get(order.id, ()))
                raised = [
                    each
                    for each in self._snapshot.raised.get(order.id, ())
                    if each.at > order.date_order
                ]
                ordered = [each for *_, each in sorted(decided.get(order.id, []))]
                found[order.id] = explained(ordered, added, raised, currency)
        return found

    def _creep(self, order: ChangeOrder) -> Creep:
        percent = self._policy.for_sales_team(order.team_id).beyond_percent
        left = self._explained[order.id]
        beyond = [
            line
            for line in self._snapshot.lines.get(order.id, ())
            if percent is not None and self._is_beyond(line, float(percent))
        ]
        return Creep(order, left.added, left.raised, beyond)

    def _is_beyond(self, line: ChangeLine, percent: float) -> bool:
        sold = self._snapshot.sold_hours.get(line.id)
        if not sold:
            return False
        allocated = self._snapshot.allocated.get(line.id, 0.0)
        share = max(float(line.qty_delivered / line.product_uom_qty), allocated / sold)
        return round(share * 100, 6) > percent


def _content(request: ChangeRequest) -> str:
    amount = "-" if request.amount is None else f"{request.amount:f}"
    code = request.currency.code if request.currency else "-"
    hours = "-" if request.hours is None else f"{request.hours:g}"
    return f"{amount} {code} {hours}"
