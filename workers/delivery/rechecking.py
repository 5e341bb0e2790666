"""What still stands of a message right before it goes out, and what its reader saw meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from odoo_gateway.errors import OdooError
from tasks import catalogue
from tasks.domain.findings import Finding
from tasks.domain.periods import Period
from workers import runner
from workers.delivery import digest
from workers.delivery.digest import Seen
from workers.delivery.occasion import as_payload
from workers.ledger import readers, scopes
from workers.ledger.outbox import Message
from workers.wiring import Fleet


@dataclass(frozen=True)
class Checked:
    """A message as it is to go out; `drop` says why not at all, `wait_until` from when."""

    message: Message
    drop: str = ""
    wait_until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What a look found, by key, and when that was."""

    findings: Mapping[str, Finding]
    at: datetime

    def not_before(self, message: Message) -> datetime | None:
        """From when on the message's step may be told of any finding, as this look sees it."""
        steps = [
            step
            for key in message.finding_keys
            if key in self.findings
            for step in self.findings[key].steps or ()
        ]
        times = [step.not_before for step in steps if step.name == message.step]
        return min((time for time in times if time), default=None)


@dataclass
class Round:
    """One pass over the outbox; what stands is asked of Odoo once per job, scope and period."""

    fleet: Fleet
    _standing: dict[tuple[str, str, int, str], Standing | OdooError] = field(default_factory=dict)

    def check(self, message: Message) -> Checked:
        """Raises OdooError when Odoo cannot be asked, UnknownJob when there is no such job."""
        runner.job_named(message.job)
        template = message.payload["template"]
        if template != "ops" and self._is_disabled(message):
            return Checked(message, drop="its job is disabled for this tenant")
        if template == "person":
            return self._of_person(message)
        if template == "digest":
            return self._of_digest(message)
        return Checked(message)

    def _is_disabled(self, message: Message) -> bool:
        """What ops are told of a job that was disabled since is still true."""
        tenant = self.fleet.settings.tenants.get(message.tenant)
        return tenant is not None and message.job in tenant.settings.disabled_jobs

    def _of_person(self, message: Message) -> Checked:
        standing = self._stands(message)
        findings = [
            {**said, **as_payload(standing.findings[said["key"]])}
            for said in message.payload["findings"]
            if said["key"] in standing.findings
        ]
        if not findings:
            return Checked(message, drop="nothing of it stands any more")
        not_before = standing.not_before(message)
        late = not_before if not_before and not_before > self.fleet.clock() else None
        payload = {**message.payload, "findings": findings, "at": standing.at.isoformat()}
        return Checked(replace(message, payload=payload), wait_until=late)

    def _of_digest(self, message: Message) -> Checked:
        """Digests are not asked of Odoo again; what their reader was sent meanwhile is no news."""
        with self.fleet.ledger.reading() as connection:
            seen = readers.last_seen(
                connection,
                message.step,
                message.recipient,
                message.channel,
                job=message.job,
                tenant=message.tenant,
                company_id=message.company_id,
            )
        told = digest.with_news(message.payload, Seen(seen))
        if told is None:
            return Checked(message, drop="the reader was sent all of it meanwhile")
        return Checked(replace(message, payload=told))

    def _stands(self, message: Message) -> Standing:
        key = (message.job, message.tenant, message.company_id, message.period)
        if key not in self._standing:
            self._standing[key] = self._ask(message)
        standing = self._standing[key]
        if isinstance(standing, OdooError):
            raise standing
        return standing

    def _ask(self, message: Message) -> Standing | OdooError:
        tenant = self.fleet.settings.tenant(message.tenant)
        job = catalogue.jobs()[message.job]
        with self.fleet.ledger.reading() as connection:
            known = scopes.of_tenant(connection, message.tenant)
        (scope,) = (s for s in known if s.company_id == message.company_id)
        now = self.fleet.clock()
        moment = runner.as_of(scope, now, now, _period(message.period))
        try:
            seen = runner.look(self.fleet, tenant, job, scope.company_id, moment)
        except OdooError as error:
            return error
        return Standing({finding.key: finding for finding in seen.report.findings}, now)


def _period(text: str) -> Period | None:
    start, _, end = text.partition("/")
    return Period(date.fromisoformat(start), date.fromisoformat(end)) if end else None
