"""What each order, project and won lead lacks, and who is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Any, Final

from tasks.domain.checklists import Owner
from tasks.domain.findings import Finding, Severity
from tasks.domain.handoffs import Fate
from tasks.domain.ladder import Rung
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Text
from tasks.mobilization.project_setup.policy import FIRST, ServiceLine, SetupPolicy
from tasks.mobilization.project_setup.portions import Portion, of_lines, portions_of
from tasks.mobilization.project_setup.records import (
    SetupLine,
    SetupOrder,
    SetupProject,
    WonLead,
)
from tasks.mobilization.project_setup.snapshot import Kind, Sale, Snapshot
from tasks.reads.owners import Telling, Tellings

ROLE: Final = "delivery"
OWNER: Final = Text("delivery")
OF_OTHERS: Final = Text("Ask for it, or see to it in their place.")
OK: Final = "ok"
EXEMPT: Final = "exempt"
NOT_NEEDED: Final = "not_needed"
WAITS: Final = "waits_for_handoff"
STATUS: Final[Mapping[Kind, str]] = {
    Kind.NO_PROJECT: "without_project",
    Kind.NO_ORDER: "without_order",
    Kind.NOT_SOLD: "not_sold",
}


@dataclass(frozen=True)
class Case:
    """An order, project or won lead, with what became of it."""

    record: SetupOrder | SetupProject | WonLead
    policy: SetupPolicy
    status: str
    owner: Owner
    #: When it was confirmed, made or won; None where nobody knows.
    since: datetime | None
    sale: Sale | None = None
    kind: Kind | None = None
    #: What became of its handoff, where it waits for the acceptance of that.
    awaited: Fate | None = None
    #: The projects that it is to have and has not.
    missing: Sequence[Portion] = ()
    #: Whether it has another of those, beside support.
    has_some: bool = False

    @property
    def subject(self) -> Subject:
        """Model and id."""
        return self.record.MODEL, self.record.id


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: SetupPolicy) -> None:
        self.snapshot, self.as_of, self.policy = snapshot, as_of, policy
        self._tellings = Tellings(snapshot.people, as_of, OF_OTHERS)
        self.untold = frozenset(kind for gap in snapshot.gaps for kind in gap.kinds)

    @cached_property
    def cases(self) -> Sequence[Case]:
        """Of all that this Odoo can tell: orders, then projects, then won leads."""
        kinds: Mapping[Kind, Iterator[Case]] = {
            Kind.NO_PROJECT: self._orders(),
            Kind.NO_ORDER: self._projects(),
            Kind.NOT_SOLD: self._leads(),
        }
        return [case for kind, of in kinds.items() if kind not in self.untold for case in of]

    def service_line(self, line: SetupLine, policy: SetupPolicy) -> ServiceLine | None:
        """The first that a line of an order is of."""
        product = self.snapshot.products.get(line.product_id or 0)
        if product is None:
            return None
        categories = self.snapshot.categories.get(product.id, frozenset())
        fits = (
            each
            for each in policy.service_lines
            if categories & {*each.categories} or {*product.product_tag_ids} & {*each.product_tags}
        )
        return next(fits, None)

    def row(self, case: Case) -> Mapping[str, Any]:
        """One line of the full picture."""
        record, sale = case.record, case.sale
        return {
            "model": record.MODEL,
            "record_id": record.id,
            "name": record.name,
            "partner_id": record.partner_id,
            "partner": self._customer(case),
            "owner": case.owner.name,
            "since": None if case.since is None else str(self.as_of.day_of(case.since)),
            "amount": sale.currency.text(sale.order.amount_untaxed) if sale else None,
            "currency": sale.currency.code if sale else None,
            "project_ids": [project.id for project in sale.projects] if sale else [],
            "status": case.status,
            "policy": case.policy.version,
        }

    def finding(self, case: Case) -> Finding:
        """What somebody must act on."""
        assert case.kind is not None
        title, reason, remedy = self._words(case)
        since = case.since or self.first_seen(_key(case))
        telling = self.telling(case.policy)
        due = telling.due(case.owner, since, _within(case))
        sale = case.sale
        return Finding(
            key=_key(case),
            severity=Severity.WARNING,
            title=title,
            reason=reason,
            remedy=remedy,
            owner=case.owner.name,
            model=case.record.MODEL,
            record_id=case.record.id,
            url=self.snapshot.links[case.subject],
            since=self.as_of.day_of(since),
            amount=sale.currency.round(sale.order.amount_untaxed) if sale else None,
            currency=sale.currency.code if sale else None,
            steps=telling.steps(case.owner, since, due),
            kind=case.kind.value,
        )

    def _orders(self) -> Iterator[Case]:
        for sale in sorted(self.snapshot.sales, key=lambda s: (s.order.date_order, s.order.id)):
            order, policy = sale.order, self.policy.for_sales_team(sale.order.team_id)
            looked_at = self.as_of.looks_at(order.MODEL, order.id)
            if not looked_at or not self.is_recent(order.date_order, policy):
                continue
            kind, awaited = None, None
            needs = [line for line in sale.services if self.needs_project(line, policy)]
            wanted = [each for each in self.portions(sale, policy) if not each.support]
            missing = self.missing(sale, policy)
            lacks = [each for each in missing if not each.support]
            if missing:
                awaited = self._awaited(order, policy)
            if order.id in policy.exempt_orders:
                status = EXEMPT
            elif lacks:
                kind = Kind.NO_PROJECT
                status = WAITS if awaited else STATUS[kind]
            elif wanted or sale.projects or sale.tasks:
                status = OK
            else:
                status = NOT_NEEDED
            lead = next(filter(None, (self.lead_of(line, policy) for line in needs)), None)
            owner = self.snapshot.people.owner(lead or policy.delivery_lead, OWNER)
            since, some = order.date_order, len(lacks) < len(wanted)
            yield Case(order, policy, status, owner, since, sale, kind, awaited, missing, some)

    def portions(self, sale: Sale, policy: SetupPolicy) -> Sequence[Portion]:
        """The projects that a sale is to have, support last."""
        lines = {line.id: self.service_line(line, policy) for line in sale.services}
        return portions_of(self.snapshot, sale, lines)

    def missing(self, sale: Sale, policy: SetupPolicy) -> Sequence[Portion]:
        """Those of them that are not there; of an exempt order none."""
        if sale.order.id in policy.exempt_orders:
            return ()
        named = of_lines(self.snapshot, sale)
        return [
            portion
            for portion in self.portions(sale, policy)
            # A task of theirs stands in a project of several orders.
            if not any(line.task_id for line in portion.lines)
            and portion.project(sale, named) is None
        ]

    def _awaited(self, order: SetupOrder, policy: SetupPolicy) -> Fate | None:
        """What became of a handoff for whose acceptance it waits; None where it does not."""
        if not policy.waits_for_handoff:
            return None
        fate = Fate.UNKNOWN
        if self.as_of.handoffs is not None:
            seller = self.snapshot.people.address(order.user_id)
            fate = self.as_of.handoffs.fate((order.MODEL, order.id), order.date_order, seller)
        return None if fate in (Fate.ACCEPTED, Fate.NOT_ASKED) else fate

    def _projects(self) -> Iterator[Case]:
        for project in self.snapshot.unsold:
            exempt = project.id in self.policy.exempt_projects
            kind = None if exempt else Kind.NO_ORDER
            owner = self.snapshot.people.owner(project.user_id, OWNER)
            status = STATUS[kind] if kind else EXEMPT
            yield Case(project, self.policy, status, owner, project.create_date, kind=kind)

    def _leads(self) -> Iterator[Case]:
        for lead in self.snapshot.leads:
            policy = self.policy.for_sales_team(lead.team_id)
            if lead.date_closed and not self.is_recent(lead.date_closed, policy):
                continue
            kind = None
            if lead.id in policy.exempt_leads:
                status = EXEMPT
            elif any(order.is_confirmed for order in self._orders_of(lead)):
                status = OK
            else:
                kind = Kind.NOT_SOLD
                status = STATUS[kind]
            owner = self.snapshot.people.owner(lead.user_id, OWNER)
            yield Case(lead, policy, status, owner, lead.date_closed, kind=kind)

    def _orders_of(self, lead: WonLead) -> Sequence[SetupOrder]:
        return self.snapshot.orders_of_lead.get(lead.id, ())

    def needs_project(self, line: SetupLine, policy: SetupPolicy) -> bool:
        """Whether the work of a line is done in a project of its order."""
        found = self.service_line(line, policy)
        return found is None or found.needs_project

    def lead_of(self, line: SetupLine, policy: SetupPolicy) -> int | None:
        """Who sets up what its service line names."""
        found = self.service_line(line, policy)
        return found.delivery_lead if found else None

    def is_recent(self, moment: datetime, policy: SetupPolicy) -> bool:
        """Whether the policy looks back at it."""
        return (self.as_of.day - self.as_of.day_of(moment)).days <= policy.look_back_days

    def _words(self, case: Case) -> tuple[Text, Text, Text]:
        name, customer = case.record.name, self._customer(case)
        if case.awaited:
            title = Text("{order} {customer} has no project", order=name, customer=customer)
            return title, *_WAITING[case.awaited]
        if case.kind is Kind.NO_PROJECT and case.has_some:
            lacks = (each for each in case.missing if not each.support)
            lines = tuple(line.title for each in lacks for line in each.lines)
            return (
                Text(
                    "{order} {customer} has no project for {lines}",
                    order=name,
                    customer=customer,
                    lines=lines,
                ),
                Text("it is set up by a template of its own, and no project names it"),
                Text("create its project, or name on its line the one that delivers it"),
            )
        if case.kind is Kind.NO_PROJECT:
            return (
                Text("{order} {customer} has no project", order=name, customer=customer),
                Text("it was confirmed and sells services, and no project names it"),
                Text("create its project, or name it on the one that delivers it"),
            )
        if case.kind is Kind.NO_ORDER:
            return (
                Text("{project} is billable and has no order", project=name),
                Text("it is for {customer}, and no order names it", customer=customer),
                Text("set its sales order item, or make it not billable"),
            )
        lead = case.record
        drafts = self._orders_of(lead) if isinstance(lead, WonLead) else ()
        names = tuple(order.name for order in drafts)
        return (
            Text("{lead} is won and has no confirmed order", lead=name),
            Text("its quotations are not confirmed: {orders}", orders=names)
            if names
            else Text("no order names it as its opportunity"),
            Text("have the order confirmed, or correct the stage of the lead"),
        )

    def _customer(self, case: Case) -> Any:
        return self.snapshot.customers.get(case.record.partner_id or 0, NOTHING)

    def first_seen(self, key: str) -> datetime:
        """Since when a finding stands whose cause has no date."""
        day = self.as_of.standing.get(key, self.as_of.day)
        morning = datetime.combine(day, time(), self.as_of.zone).astimezone(UTC)
        return min(morning, self.as_of.instant)

    def telling(self, policy: SetupPolicy) -> Telling:
        """When people are told by this policy."""
        opening = Rung(name=FIRST, working_days=0, at=policy.first_at)
        return self._tellings.of(policy, policy.office, opening)


_WAITING: Final[Mapping[Fate, tuple[Text, Text]]] = {
    Fate.OPEN: (
        Text("it waits for the acceptance of the handoff"),
        Text("accept the handoff on its page, or return it; then its project is proposed"),
    ),
    Fate.UNKNOWN: (
        Text("it waits for the acceptance of the handoff, of which nothing is remembered"),
        Text("see that handoff_gate looks at it, or create its project by hand"),
    ),
}


def _key(case: Case) -> str:
    return f"{case.kind}-{case.record.id}"


def _within(case: Case) -> float:
    policy = case.policy
    return policy.setup_within_hours if case.kind is Kind.NO_PROJECT else policy.link_within_hours
