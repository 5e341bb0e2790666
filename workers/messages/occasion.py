"""The run that speaks: what all of its messages say of themselves, and how one is made."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.errors import FleetError
from tasks import catalogue
from tasks.declaration import AnyJob, Audience, Delivery
from tasks.domain.acts import Act
from tasks.domain.findings import Finding, Severity
from tasks.domain.news import Subject
from tasks.domain.told import ToldFinding
from workers.config.targets import EMAIL
from workers.config.tenants import Tenant
from workers.ledger import scopes
from workers.ledger.database import Connection
from workers.ledger.outbox import NewMessage
from workers.ledger.payloads import Payload
from workers.ledger.places import Place
from workers.ledger.scopes import Scope
from workers.looking import Look, Lookout
from workers.messages.routing import Route, routes_of
from workers.wiring import Fleet

# What programs are told of a finding, by the JSON contract.
CONTRACT: Final = (
    *("key", "severity", "title", "reason", "remedy", "owner", "model", "record_id", "url"),
    *("amount", "currency", "since"),
)


@dataclass(frozen=True)
class Occasion:
    """The run that speaks: its job, scope, slot, and what people did with its cases."""

    job: AnyJob
    tenant: Tenant
    scope: Scope
    slot: datetime
    #: The instant that was judged.
    at: datetime
    #: The true time.
    now: datetime
    #: None where no run speaks.
    run_id: int | None
    trace_id: str
    mail_domain: str
    #: The versions that judged.
    policies: Sequence[str] = ()
    #: Who approved their amendments.
    approved: Mapping[str, str] = field(default_factory=dict)
    acts: Sequence[Act] = field(default=())
    #: The events that its run looks at, by what they are about; each as its source and id.
    events: Mapping[Subject, Sequence[str]] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The day of the scope that was judged."""
        return self.at.astimezone(self.scope.zone).date()

    @property
    def place(self) -> Place:
        """What the ledger knows the job and its scope by."""
        return Place(self.job.name, self.scope.tenant, self.scope.company_id)

    def routes(
        self, findings: Iterable[Finding], audience: Audience | None = None
    ) -> Sequence[Route]:
        """The ways that these findings go: those of the worst of them.

        audience: who is told, where that is not the audience of the job.
        """
        worst = max((f.severity for f in findings), key=lambda s: s.rank, default=Severity.INFO)
        job, settings = self.job, self.tenant.settings
        return routes_of(settings, job, audience or job.audience, worst, self.scope.company_id)

    def readers(self, role: str, channel: str = EMAIL) -> Sequence[str]:
        """Who stands behind a role, each once; a webhook or chat is one reader by its name."""
        kind = self.tenant.channel_kind(channel)
        if kind is not None and not kind.to_persons:
            return [channel]
        return sorted(set(self.tenant.recipients(self.scope.company_id).of(role)))

    def heading(self, reader: str, language: str = "", zone: str = "") -> dict[str, Any]:
        """The fields of what every payload says of itself.

        language, zone: the reader's own, "" if not known.
        """
        job, scope, tenant = self.job, self.scope, self.tenant
        return {
            "shape": job.shape,
            "rule": job.name,
            "title": job.title,
            "why": job.why,
            "policy": tuple(self.policies),
            "approved": {version: who for version, who in self.approved.items() if who},
            "tenant": scope.tenant,
            "company_id": scope.company_id,
            "company": scope.name,
            "at": self.at.isoformat(),
            "zone": zone or scope.zone.key,
            "reader": reader,
            "language": tenant.language(reader, scope.company_id, language),
            "brand": tenant.brand(scope.company_id).told(scope.name),
            "issued_on": str(self.day),
        }


class UnknownPlace(FleetError):
    """Its job or tenant is not there any more."""


def occasion_for(
    fleet: Fleet, connection: Connection, place: Place, run_id: int | None, trace_id: str
) -> Occasion:
    """The occasion on which something is told later of what a run did. Raises UnknownPlace.

    A company that is not known any more has a number for its name.
    """
    tenant, job = fleet.settings.tenants.get(place.tenant), catalogue.jobs().get(place.job)
    if tenant is None or job is None:
        raise UnknownPlace(f"{place.job} of {place.tenant} is not watched any more")
    known = {scope.company_id: scope for scope in scopes.of_tenant(connection, place.tenant)}
    company_id = place.company_id
    unknown = Scope(place.tenant, company_id, f"company {company_id}", ZoneInfo("UTC"))
    now = fleet.clock()
    return Occasion(
        job=job,
        tenant=tenant,
        scope=known.get(company_id, unknown),
        slot=now,
        at=now,
        now=now,
        run_id=run_id,
        trace_id=trace_id,
        mail_domain=fleet.mail.domain,
    )


def occasion_of(
    lookout: Lookout,
    look: Look,
    *,
    slot: datetime,
    run_id: int | None,
    trace_id: str,
    mail_domain: str,
    events: Mapping[Subject, Sequence[str]] | None = None,
) -> Occasion:
    """The occasion on which a look is told."""
    return Occasion(
        job=lookout.job,
        tenant=lookout.tenant,
        scope=lookout.scope,
        slot=slot,
        at=look.moment.instant,
        now=look.moment.now,
        run_id=run_id,
        trace_id=trace_id,
        mail_domain=mail_domain,
        policies=tuple(look.policies),
        approved=look.approved,
        acts=look.moment.acts,
        events=events or {},
    )


def nobody_behind(role: str) -> str:
    """Why a role is told of nothing."""
    return f"nobody is configured for the role {role}"


def message(
    occasion: Occasion,
    payload: Payload,
    *,
    subject: str,
    period: str,
    step: str,
    findings: Iterable[Finding],
    channel: str = EMAIL,
    not_before: datetime | None = None,
    guarantee: Delivery | None = None,
) -> NewMessage:
    """A message of this run; its id follows from its identity, so a repetition is recognised."""
    job, scope, findings = occasion.job, occasion.scope, tuple(findings)
    about = {(finding.model, finding.record_id) for finding in findings}
    told_of = sorted({event for each in about for event in occasion.events.get(each, ())})
    identity = (
        *(job.name, scope.tenant, scope.company_id),
        *(subject, period, payload.reader, step),
    )
    return NewMessage(
        *identity,
        channel=channel,
        guarantee=guarantee or _guarantee(occasion, channel),
        payload=replace(payload, events=tuple(told_of)) if told_of else payload,
        finding_keys=tuple(finding.key for finding in findings),
        not_before=not_before,
        run_id=occasion.run_id,
        trace_id=occasion.trace_id,
        message_id=_message_id((*identity, channel), occasion.mail_domain),
    )


def _guarantee(occasion: Occasion, channel: str) -> Delivery:
    kind = occasion.tenant.channel_kind(channel)
    return Delivery.AT_LEAST_ONCE if kind and kind.repeatable else occasion.job.delivery


def _message_id(identity: tuple[object, ...], domain: str) -> str:
    digest = hashlib.sha256("\n".join(map(str, identity)).encode()).hexdigest()
    return f"<{digest[:40]}@{domain}>"


def listed(finding: Finding) -> dict[str, Any]:
    """A finding as the JSON contract has it."""
    told = ToldFinding.of(finding)
    return {name: getattr(told, name) for name in CONTRACT}
