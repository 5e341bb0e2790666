"""Where the handoff of each order stands: its checklist, its version, and what was said to it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Final

from tasks.commercial.handoff_gate.answers import Answers, matching
from tasks.commercial.handoff_gate.policy import (
    FIRST,
    HandoffItem,
    HandoffPolicy,
    Part,
    ServiceLine,
)
from tasks.commercial.handoff_gate.records import Document, SoldOrder
from tasks.commercial.handoff_gate.snapshot import Sale, Snapshot
from tasks.domain.acts import VERDICTS, Act, ActKind
from tasks.domain.checklists import (
    Checklist,
    Demand,
    Owner,
    checklist,
    contents_of,
    demanded,
    differing,
)
from tasks.domain.handoffs import heeded
from tasks.domain.ladder import Rung
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.reads.owners import Telling, Tellings

OWNER: Final = Text("delivery")
OF_OTHERS: Final = Text("Ask for it, or see to it in their place.")


class Status(StrEnum):
    """Where a handoff stands."""

    INCOMPLETE = "incomplete"
    WAITING = "waiting"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    EXEMPT = "exempt"
    BELOW_MINIMUM = "below_minimum"


# Those of handoffs that somebody still has to do something about.
OPEN: Final = (Status.INCOMPLETE, Status.WAITING, Status.RETURNED, Status.CHANGED)


@dataclass(frozen=True)
class Handoff:
    """The handoff of one order."""

    sale: Sale
    policy: HandoffPolicy
    service_lines: Sequence[str]
    checklist: Checklist
    #: Files that items of it are shown by.
    documents: Sequence[Document]
    contents: Mapping[str, str]
    status: Status
    #: Counted from 1: one more for each time that it changed after somebody decided on it.
    version: int
    #: Since when this version is there (UTC).
    since: datetime
    #: What was said to it, oldest first.
    verdicts: Sequence[Act]
    salesperson: Owner
    #: Who accepts it.
    lead: Owner
    #: By when this version is to be decided on, or handed in again (UTC).
    due: datetime | None
    telling: Telling

    @property
    def verdict(self) -> Act | None:
        """What was said last."""
        return self.verdicts[-1] if self.verdicts else None

    @property
    def key(self) -> str:
        """Of the case in which this version is accepted or returned."""
        return f"handoff-order-{self.sale.order.id}-v{self.version}"

    @property
    def is_told(self) -> bool:
        """Whether anybody is told of it."""
        return self.status not in (Status.EXEMPT, Status.BELOW_MINIMUM)


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: HandoffPolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        self._answers = Answers(snapshot, as_of)
        self._tellings = Tellings(snapshot.people, as_of, OF_OTHERS)
        self._verdicts: dict[int, list[Act]] = {}
        for act in sorted(as_of.acts, key=lambda act: act.at):
            if act.kind in VERDICTS and act.model == SoldOrder.MODEL:
                self._verdicts.setdefault(act.record_id, []).append(act)

    @cached_property
    def handoffs(self) -> Sequence[Handoff]:
        """Of all orders that the policy of their sales team looks back at, the newest last."""
        sales = sorted(
            self._snapshot.sales, key=lambda sale: (sale.order.date_order, sale.order.id)
        )
        return [self._handoff(sale) for sale in sales if self._is_recent(sale)]

    def _is_recent(self, sale: Sale) -> bool:
        days = (self._as_of.day - self._as_of.day_of(sale.order.date_order)).days
        return days <= self._policy_of(sale).look_back_days

    def _policy_of(self, sale: Sale) -> HandoffPolicy:
        return self._policy.for_sales_team(sale.order.team_id)

    def _handoff(self, sale: Sale) -> Handoff:
        policy = self._policy_of(sale)
        told = self._telling(policy)
        lines = service_lines_of(sale, policy)
        owners = self._owners(sale, policy, lines)
        confirmed = sale.order.date_order
        found = checklist(
            demanded([*_demands(policy, lines), [d.demand for ln in lines for d in ln.documents]]),
            self._answers.of(sale, policy),
            {part.value: owner for part, owner in owners.items()},
            lambda owner, hours: told.due(owner, confirmed, hours),
            sale.url,
        )
        documents = _documents(sale, policy, found)
        notes = "\n".join(sale.notes).encode()
        contents = contents_of(
            [(file.name, file.checksum or "") for file in documents],
            {
                HandoffItem.PURCHASE_ORDER.value: sale.order.client_order_ref or "",
                HandoffItem.SCOPE_NOTES.value: hashlib.sha256(notes).hexdigest(),
            },
            found,
        )
        verdicts = self._said(sale)
        status, version = self._status(sale, policy, found, contents, verdicts)
        lead = owners[Part.DELIVERY_LEAD]
        if lead.user_id is not None and lead.user_id == sale.order.user_id:
            # Nobody accepts what they sold.
            lead = Owner(OWNER)
        handoff = Handoff(
            sale=sale,
            policy=policy,
            service_lines=[line.name for line in lines],
            checklist=found,
            documents=documents,
            contents=contents,
            status=status,
            version=version,
            since=confirmed,
            verdicts=verdicts,
            salesperson=owners[Part.SALESPERSON],
            lead=lead,
            due=None,
            telling=told,
        )
        since = self._since(handoff)
        decides = handoff.salesperson if status is Status.RETURNED else lead
        due = told.due(decides, since, policy.accept_within_hours)
        return replace(handoff, since=since, due=due)

    def _since(self, handoff: Handoff) -> datetime:
        """The confirmation of the order; of what came after a decision, when it was seen first."""
        verdict = handoff.verdict
        if verdict is None:
            return handoff.sale.order.date_order
        if handoff.status in (Status.RETURNED, Status.ACCEPTED):
            return verdict.at
        opened = self._as_of.standing.get(handoff.key, self._as_of.day)
        morning = datetime.combine(opened, time(), self._as_of.zone).astimezone(UTC)
        return max(verdict.at, min(morning, self._as_of.instant))

    def _owners(
        self, sale: Sale, policy: HandoffPolicy, lines: Iterable[ServiceLine]
    ) -> Mapping[Part, Owner]:
        people, team = self._snapshot.people, sale.order.team_id
        leads = [line.delivery_lead for line in lines if line.delivery_lead]
        lead = next(iter(leads), policy.delivery_leads.get(team or 0))
        managers = [project.user_id for project in sale.projects or () if project.user_id]
        return {
            Part.SALESPERSON: people.owner(sale.order.user_id, OWNER),
            Part.DELIVERY_LEAD: people.owner(lead, OWNER),
            Part.PROJECT_MANAGER: people.owner(next(iter(managers), lead), OWNER),
        }

    def _said(self, sale: Sale) -> Sequence[Act]:
        """What was said to it; that who sold it accepts it counts for nothing."""
        seller = self._snapshot.people.address(sale.order.user_id)
        return heeded(self._verdicts.get(sale.order.id, ()), seller)

    def _status(
        self,
        sale: Sale,
        policy: HandoffPolicy,
        found: Checklist,
        contents: Mapping[str, str],
        verdicts: Sequence[Act],
    ) -> tuple[Status, int]:
        """Where it stands, and which version it is in."""
        last = 1 + sum(one.contents != other.contents for one, other in pairwise(verdicts))
        if (aside := left_out(sale, policy)) is not None:
            return aside, last
        verdict = verdicts[-1] if verdicts else None
        if verdict is not None and verdict.kind is ActKind.ACCEPTED:
            differs = differing(verdict.contents, contents)
            return (Status.CHANGED, last + 1) if differs else (Status.ACCEPTED, last)
        if verdict is not None and verdict.contents == contents:
            return Status.RETURNED, last
        version = last if verdict is None else last + 1
        return (Status.INCOMPLETE if found.gaps else Status.WAITING), version

    def _telling(self, policy: HandoffPolicy) -> Telling:
        """When people are told by this policy."""
        opening = Rung(name=FIRST, working_days=0, at=policy.first_at)
        return self._tellings.of(policy, policy.office, opening)


def left_out(sale: Sale, policy: HandoffPolicy) -> Status | None:
    """Why nothing is demanded of it; None where something is."""
    if sale.order.id in policy.exempt_orders:
        return Status.EXEMPT
    least = policy.minimum_amounts.get(sale.currency.code, Decimal(0))
    return Status.BELOW_MINIMUM if sale.order.amount_untaxed < least else None


def service_lines_of(sale: Sale, policy: HandoffPolicy) -> Sequence[ServiceLine]:
    """Those that an order or quotation is of."""
    return [line for line in policy.service_lines if _fits(line, sale)]


def _fits(line: ServiceLine, sale: Sale) -> bool:
    """Whether an order is of a service line."""
    templates = {product.project_template_id for product in sale.products}
    return bool(
        sale.categories & {*line.categories}
        or {*sale.order.tag_ids} & {*line.tags}
        or sale.order.team_id in line.sales_teams
        or templates & {*line.templates}
    )


def _demands(policy: HandoffPolicy, lines: Sequence[ServiceLine]) -> Sequence[Sequence[Demand]]:
    """Those of its service lines that have any of their own; else those of all orders."""
    own = [line.demands for line in lines if line.demands is not None]
    return own if own and len(own) == len(lines) else [policy.demands, *own]


def _documents(sale: Sale, policy: HandoffPolicy, found: Checklist) -> Sequence[Document]:
    """The files that items of the checklist are shown by, each once, oldest first."""
    asked = {item.check.check for item in found.items}
    wanted = [(each.patterns, each.kinds) for each in policy.documents if each.name in asked]
    work = policy.statement_of_work
    if HandoffItem.STATEMENT_OF_WORK.value in asked:
        wanted.append((work.patterns, work.kinds))
    if HandoffItem.ACCEPTANCE.value in asked:
        wanted.append((policy.acceptance_files, ()))
    files = {file.id: file for each in wanted for file in matching(sale, *each)}
    return [files[number] for number in sorted(files)]
