"""What follows a sale beside its project: people, finance, support and the end of its warranty."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from tasks.declaration import Audience
from tasks.domain.checklists import Owner
from tasks.domain.findings import Finding, Severity
from tasks.domain.texts import NOTHING, Text, joined
from tasks.mobilization.project_setup.judgement import OWNER, Judgement
from tasks.mobilization.project_setup.policy import ServiceLine, SetupPolicy, Support
from tasks.mobilization.project_setup.portions import of_lines
from tasks.mobilization.project_setup.records import SetupLine, SetupOrder, SetupProject
from tasks.mobilization.project_setup.snapshot import Kind, Sale

FINANCE: Final = Text("finance")
# As many parts are told as a sentence has room for.
MOST_NAMED: Final = 8
DECIMALS: Final = 2
REMEDIES: Final[Mapping[Kind, Text]] = {
    Kind.STAFFING: Text("give its tasks to people, or plan them where you plan"),
    Kind.ACTIVE: Text("see that its billing data are complete, and plan its invoices"),
    Kind.NO_SUPPORT: Text("set up its support project, with its team and its service levels"),
    Kind.SUPPORT_ENDS: Text("agree on what follows it, or plan its project anew"),
    Kind.WARRANTY: Text("agree on what follows it, and hand over what is open"),
}


@dataclass(frozen=True)
class Request:
    """Hours of an order for which nobody is found yet, by role and phase."""

    sale: Sale
    policy: SetupPolicy
    hours: Mapping[tuple[str, str], float]

    @property
    def total(self) -> float:
        """All of them."""
        return round(sum(self.hours.values()), DECIMALS)


class Following:
    """What is told of the sales of a snapshot beyond what is missing."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement, self._snapshot = judgement, judgement.snapshot
        self._as_of = judgement.as_of

    @cached_property
    def requests(self) -> Sequence[Request]:
        """For people, of the orders of late that need a project, until somebody is found."""
        return [
            Request(sale, policy, hours)
            for sale, policy in self._recent
            if sale.order.id not in policy.exempt_orders
            and self._as_of.looks_at(SetupOrder.MODEL, sale.order.id)
            and not any(self._is_staffed(project) for project in sale.projects)
            and not sale.tasks & self._snapshot.given
            and (hours := self._hours(sale, policy))
        ]

    def findings(self) -> Iterator[Finding]:
        """All of it; nothing of projects where this Odoo links them to no orders."""
        if Kind.NO_PROJECT in self._judgement.untold:
            return
        yield from map(self._staffing, self.requests)
        for sale, policy in self._recent:
            if self._as_of.looks_at(SetupOrder.MODEL, sale.order.id):
                yield from self._support(sale, policy)
            for project in self._seen(sale):
                yield from self._active(sale, policy, project)
        for sale in self._snapshot.sales:
            policy = self._judgement.policy.for_sales_team(sale.order.team_id)
            for project in self._seen(sale):
                yield from self._warranty(sale, policy, project)
                yield from self._support_ends(sale, policy, project)

    @property
    def _recent(self) -> Iterator[tuple[Sale, SetupPolicy]]:
        for sale in self._snapshot.sales:
            policy = self._judgement.policy.for_sales_team(sale.order.team_id)
            if self._judgement.is_recent(sale.order.date_order, policy):
                yield sale, policy

    def _seen(self, sale: Sale) -> Iterator[SetupProject]:
        for project in sale.projects:
            if project.active and self._as_of.looks_at(SetupProject.MODEL, project.id):
                yield project

    def _is_staffed(self, project: SetupProject) -> bool:
        return project.id in self._snapshot.staffed or project.id in self._snapshot.first_hours

    def _hours(self, sale: Sale, policy: SetupPolicy) -> Mapping[tuple[str, str], float]:
        """By role and phase, in the order of the lines."""
        found: dict[tuple[str, str], float] = {}
        for line in sale.services:
            if hours := sale.hours.get(line.id) if self._needs(line, policy) else None:
                key = self._role(line, policy), sale.phases[line.id]
                found[key] = found.get(key, 0.0) + hours
        return found

    def _needs(self, line: SetupLine, policy: SetupPolicy) -> bool:
        return self._judgement.needs_project(line, policy)

    def _role(self, line: SetupLine, policy: SetupPolicy) -> str:
        service = self._judgement.service_line(line, policy)
        product = self._snapshot.products.get(line.product_id or 0)
        named = service.role if service else ""
        return named or (product.name if product else line.name)

    def _staffing(self, request: Request) -> Finding:
        sale, policy = request.sale, request.policy
        parts = [_part(*of, hours) for of, hours in request.hours.items()]
        told = [*parts[:MOST_NAMED], *(["…"] if len(parts) > MOST_NAMED else [])]
        return self._finding(
            Kind.STAFFING,
            sale,
            policy,
            self._snapshot.people.owner(policy.planner, OWNER),
            sale.order.date_order,
            title=Text(
                "{order} {customer}: {hours} hours are to be staffed",
                order=sale.order.name,
                customer=self._customer(sale),
                hours=request.total,
            ),
            reason=joined(told, "; "),
            within=policy.staff_within_hours,
            hours=request.total,
        )

    def _active(self, sale: Sale, policy: SetupPolicy, project: SetupProject) -> Iterator[Finding]:
        today = self._as_of.day
        signs = (project.date_start, self._snapshot.first_hours.get(project.id))
        days = [day for day in signs if day and day <= today]
        if not days or (today - min(days)).days >= policy.active_told_days:
            return
        for user in (None, *policy.finance):
            yield self._finding(
                Kind.ACTIVE,
                sale,
                policy,
                self._snapshot.people.owner(user, FINANCE),
                self._moment(min(days)),
                title=Text(
                    "{project} of {order} {customer} is active",
                    project=project.name,
                    order=sale.order.name,
                    customer=self._customer(sale),
                ),
                reason=Text("its work began on {day}", day=min(days)),
                project=project,
                suffix=f"-{user}" if user else "",
                role=Audience.FINANCE if user is None else "",
            )

    def _support(self, sale: Sale, policy: SetupPolicy) -> Iterator[Finding]:
        for portion in self._judgement.missing(sale, policy):
            if portion.support:
                lines = portion.lines or sale.services
                leads = (self._judgement.lead_of(line, policy) for line in lines)
                lead = next(filter(None, leads), policy.delivery_lead)
                yield self._finding(
                    Kind.NO_SUPPORT,
                    sale,
                    policy,
                    self._snapshot.people.owner(lead, OWNER),
                    sale.order.date_order,
                    title=Text(
                        "{order} {customer} has no support project",
                        order=sale.order.name,
                        customer=self._customer(sale),
                    ),
                    reason=Text(
                        "it sells support, and no project of it is called {name}",
                        name=portion.support.named,
                    ),
                    within=policy.setup_within_hours,
                )

    def _supports(self, sale: Sale, policy: SetupPolicy, project: SetupProject) -> Support | None:
        """What is promised, of the project that is for it."""
        named = of_lines(self._snapshot, sale)
        return next(
            (
                each.support
                for each in self._judgement.portions(sale, policy)
                if each.support and each.project(sale, named) is project
            ),
            None,
        )

    def _support_ends(
        self, sale: Sale, policy: SetupPolicy, project: SetupProject
    ) -> Iterator[Finding]:
        support, end = self._supports(sale, policy, project), project.date
        if support is None or support.days is None or end is None:
            return
        told_from = end - timedelta(days=policy.warranty_told_days)
        if told_from <= self._as_of.day <= end:
            yield self._finding(
                Kind.SUPPORT_ENDS,
                sale,
                policy,
                self._snapshot.people.owner(sale.order.user_id, OWNER),
                self._moment(told_from),
                title=Text(
                    "{project} of {customer}: the support ends on {day}",
                    project=project.name,
                    customer=self._customer(sale),
                    day=end,
                ),
                reason=Text("its project is planned until then"),
                project=project,
            )

    def _warranty(
        self, sale: Sale, policy: SetupPolicy, project: SetupProject
    ) -> Iterator[Finding]:
        days = [
            service.support.warranty_days
            for _, service in self._supported(sale, policy)
            if service.support and service.support.warranty_days
        ]
        names = [s.support.named.casefold() for _, s in self._supported(sale, policy) if s.support]
        is_support = any(name in project.name.casefold() for name in names)
        end = self._end(project)
        if not days or end is None or is_support:
            return
        until = end + timedelta(days=max(days))
        told_from = until - timedelta(days=policy.warranty_told_days)
        if told_from <= self._as_of.day <= until:
            yield self._finding(
                Kind.WARRANTY,
                sale,
                policy,
                self._snapshot.people.owner(sale.order.user_id, OWNER),
                self._moment(told_from),
                title=Text(
                    "{project} of {customer}: the warranty ends on {day}",
                    project=project.name,
                    customer=self._customer(sale),
                    day=until,
                ),
                reason=Text("the project ended on {day}", day=end),
                project=project,
            )

    def _end(self, project: SetupProject) -> date | None:
        """When all of its milestones were reached, else when it was planned to end."""
        of_it = self._snapshot.milestones.get(project.id, ())
        reached = [each.reached_date for each in of_it if each.is_reached and each.reached_date]
        is_done = bool(of_it) and len(reached) == len(of_it)
        return max(reached) if is_done else project.date

    def _supported(
        self, sale: Sale, policy: SetupPolicy
    ) -> Sequence[tuple[SetupLine, ServiceLine]]:
        found = [(line, self._judgement.service_line(line, policy)) for line in sale.services]
        return [(line, service) for line, service in found if service and service.support]

    def _customer(self, sale: Sale) -> str:
        return self._snapshot.customers.get(sale.order.partner_id, "")

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._as_of.zone).astimezone(UTC)

    def _finding(
        self,
        kind: Kind,
        sale: Sale,
        policy: SetupPolicy,
        owner: Owner,
        since: datetime,
        *,
        title: Text,
        reason: Text,
        project: SetupProject | None = None,
        within: float | None = None,
        hours: float | None = None,
        suffix: str = "",
        role: str = "",
    ) -> Finding:
        """within: working hours of the owner until it is due; None for what is told once.

        role: that is told in place of the owner.
        """
        record: SetupOrder | SetupProject = project or sale.order
        telling = self._judgement.telling(policy)
        due = None if within is None else telling.due(owner, since, within)
        steps = telling.steps(owner, since, due)
        if role:
            # It is theirs, so they are told what is to be done.
            steps = tuple(replace(step, role=role, remedy=NOTHING) for step in steps)
        return Finding(
            key=f"{kind}-{record.id}{suffix}",
            severity=Severity.INFO if within is None else Severity.WARNING,
            title=title,
            reason=reason,
            remedy=REMEDIES[kind],
            owner=owner.name,
            model=record.MODEL,
            record_id=record.id,
            url=self._snapshot.links[record.MODEL, record.id],
            since=self._as_of.day_of(since),
            amount=sale.currency.round(sale.order.amount_untaxed),
            currency=sale.currency.code,
            steps=steps,
            kind=kind.value,
            hours=hours,
        )


def _part(role: str, phase: str, hours: float) -> Text:
    told = round(hours, DECIMALS)
    if phase:
        return Text("{hours} h of {role} in {phase}", hours=told, role=role, phase=phase)
    return Text("{hours} h of {role}", hours=told, role=role)
