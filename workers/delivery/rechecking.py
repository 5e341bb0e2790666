"""What still stands of a message right before it goes out, and what its reader saw meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from odoo_gateway.errors import FleetError, OdooError
from tasks.domain.acts import Act, ActKind, stands
from tasks.domain.findings import Finding
from tasks.domain.periods import Period
from tasks.domain.told import AskedFinding
from workers import looking
from workers.ledger import acts, outbox, readers
from workers.ledger import outages as standing_outages
from workers.ledger.outages import Outage
from workers.ledger.outbox import Message
from workers.ledger.payloads import Digest, Ops, Personal, Urgent
from workers.ledger.places import Place
from workers.looking import Look, Lookout
from workers.messages import digest
from workers.messages.digest import Seen
from workers.messages.occasion import occasion_of
from workers.wiring import Fleet

# The template of what is to go out, job, tenant, company and period.
Asked = tuple[str, Place, str]
# What somebody does so that a case is not spoken of.
QUIETING: Final = frozenset({ActKind.ACKNOWLEDGED, ActKind.SNOOZED})


@dataclass(frozen=True)
class Checked:
    """A message as it is to go out; `drop` says why not at all, `wait_until` from when, and why."""

    message: Message
    drop: str = ""
    wait_until: datetime | None = None
    why: str = ""


class Unverifiable(FleetError):
    """Nobody can tell whether what a message says still stands: not now, perhaps later."""


@dataclass(frozen=True)
class Standing:
    """What a look found, by key."""

    lookout: Lookout
    seen: Look
    findings: Mapping[str, Finding]

    @property
    def unseen(self) -> frozenset[str]:
        """What is known and may stand, but was not seen in this look."""
        known = (case.finding for case in self.seen.known)
        absent = (finding for finding in known if finding.key not in self.findings)
        return frozenset(f.key for f in absent if self.seen.left_alone(f))

    @property
    def why_unseen(self) -> str:
        """What of this look was not seen."""
        gaps = [f"{gap.check}: {gap.reason}" for gap in self.seen.report.not_verifiable]
        rows = [f"{drift.model} {drift.record_id} cannot be read" for drift in self.seen.drift]
        return "; ".join([*gaps, *rows]) or "it was not looked for"

    def not_before(self, message: Message, keys: Iterable[str]) -> datetime | None:
        """From when on the message's step may be told of any of these, as this look sees it."""
        steps = [step for key in keys for step in self.findings[key].steps or ()]
        times = [step.not_before for step in steps if step.name == message.step]
        return min((time for time in times if time), default=None)

    def handed_over(self, message: Message, key: str) -> bool:
        """Whether somebody handed it over, so that others than its reader are asked now."""
        handed_over = (act for act in self.seen.moment.acts if act.kind is ActKind.HANDED_OVER)
        return any(act.key == key for act in handed_over) and not self._asks(key, message.recipient)

    def _asks(self, key: str, address: str) -> bool:
        here = self.lookout
        readers = here.tenant.recipients(here.scope.company_id)
        return any(
            address == step.recipient.email
            if step.recipient
            else address in readers.of(step.role or here.job.role)
            for step in self.findings[key].steps or ()
        )


@dataclass
class Round:
    """One pass over the outbox; what stands is asked of Odoo once per job, scope and period."""

    fleet: Fleet
    #: The messages of the pass. A job that can look at some records alone looks at those that they
    #: are about; a digest is of the whole.
    batch: Sequence[Message]
    _standing: dict[Asked, Standing | OdooError] = field(default_factory=dict)
    _done: dict[Place, Sequence[Act]] = field(default_factory=dict)

    @cached_property
    def away(self) -> Mapping[str, Outage]:
        """What was away when the pass began, by name."""
        with self.fleet.ledger.reading() as connection:
            return standing_outages.standing(connection)

    def check(self, message: Message) -> Checked:
        """Raises OdooError when Odoo cannot be asked, UnknownJob when there is no such job.

        Raises Unverifiable when Odoo does not show whether any of it stands, PayloadRefused when
        what it says cannot be read.
        """
        looking.job_named(message.job)
        payload = message.payload
        if not isinstance(payload, Ops) and self._is_disabled(message):
            return Checked(message, drop="its job is disabled for this tenant")
        if message.step == outbox.RESENT:
            # Somebody wants it as it was.
            return Checked(message)
        if isinstance(payload, Personal):
            return self._of_person(message, payload)
        if isinstance(payload, Digest):
            return self._of_digest(message, payload)
        if isinstance(payload, Urgent):
            return self._of_one(message)
        return Checked(message)

    def _is_disabled(self, message: Message) -> bool:
        """What ops are told of a job that was disabled since is still true."""
        tenant = self.fleet.settings.tenants.get(message.tenant)
        return tenant is not None and message.job in tenant.settings.disabled_jobs

    def _of_person(self, message: Message, payload: Personal) -> Checked:
        standing = self._stands(message)
        still = [key for key in message.finding_keys if key in standing.findings]
        if not still:
            if standing.unseen & {*message.finding_keys}:
                why = standing.why_unseen
                raise Unverifiable(f"it is no longer verifiable whether it stands: {why}")
            return Checked(message, drop="nothing of it stands any more")
        kept = [key for key in still if not standing.handed_over(message, key)]
        if not kept:
            return Checked(message, drop="it was handed over: others are asked now")
        quiet = _quiet(message, standing.seen.moment.acts, standing.seen.moment.day)
        kept, quieted = _apart(kept, quiet)
        if not kept:
            return _put_off(message, quieted, standing.lookout.scope.zone)
        not_before = standing.not_before(message, kept)
        late = not_before if not_before and not_before > self.fleet.clock() else None
        findings = tuple(
            AskedFinding.asked(standing.findings[said.key], said.note, said.page, said.advice)
            for said in payload.findings
            if said.key in kept
        )
        at = standing.seen.moment.instant.isoformat()
        now = message.saying(replace(payload, findings=findings, at=at))
        return Checked(now, wait_until=late, why="its day has moved" if late else "")

    def _of_one(self, message: Message) -> Checked:
        """What waits for no digest goes out, unless somebody dealt with it meanwhile."""
        done, today = self._acts(message)
        quiet = _quiet(message, done, today, frozenset({*QUIETING, ActKind.HELD}))
        kept, quieted = _apart(message.finding_keys, quiet)
        return Checked(message, drop="" if kept else _told(quieted[-1]))

    def _acts(self, message: Message) -> tuple[Sequence[Act], date]:
        """What people did about the cases of its job, and the day in its scope."""
        today = self.fleet.clock().astimezone(ZoneInfo(message.payload.zone)).date()
        if message.place not in self._done:
            with self.fleet.ledger.reading() as connection:
                self._done[message.place] = acts.standing(connection, message.place)
        return self._done[message.place], today

    def _of_digest(self, message: Message, payload: Digest) -> Checked:
        """As what people did since has it; what its reader was sent meanwhile is not news.

        Odoo is asked again only where a hold was put on, or is over.
        """
        done, today = self._acts(message)
        is_holding = looking.job_named(message.job).held_as != ""
        if is_holding and digest.is_held_otherwise(payload, done, today, message.created_at):
            message, payload = self._anew(message, payload)
        else:
            payload = digest.with_acts(payload, done, today)
        with self.fleet.ledger.reading() as connection:
            seen = readers.last_seen(
                connection, message.place, message.step, message.recipient, message.channel
            )
        told = digest.with_news(payload, Seen(seen))
        if told is None:
            return Checked(message, drop="the reader was sent all of it meanwhile")
        return Checked(message.saying(told))

    def _anew(self, message: Message, payload: Digest) -> tuple[Message, Digest]:
        """The message about what stands now, and what it says."""
        standing = self._stands(message)
        occasion = occasion_of(
            standing.lookout,
            standing.seen,
            slot=standing.seen.moment.instant,
            run_id=message.run_id,
            trace_id=message.trace_id,
            mail_domain=self.fleet.mail.domain,
        )
        whole = digest.of_role(occasion, standing.seen.report)
        content = digest.content_of(occasion, whole)
        at = standing.seen.moment.instant.isoformat()
        told = replace(payload, **content, at=at)
        return replace(message, finding_keys=tuple(f.key for f in whole.findings)), told

    def _stands(self, message: Message) -> Standing:
        asked = _asked(message)
        if asked not in self._standing:
            self._standing[asked] = self._ask(asked)
        standing = self._standing[asked]
        if isinstance(standing, OdooError):
            raise standing
        return standing

    def _ask(self, asked: Asked) -> Standing | OdooError:
        template, place, period = asked
        lookout = looking.lookout_of(self.fleet, place)
        now, keys = self.fleet.clock(), None
        if template == "person":
            alike = [message for message in self.batch if _asked(message) == asked]
            keys = {key for message in alike for key in message.finding_keys}
        try:
            seen = looking.look(self.fleet, lookout, now, now, _period(period), keys=keys)
        except OdooError as error:
            return error
        return Standing(lookout, seen, {finding.key: finding for finding in seen.report.findings})


def _asked(message: Message) -> Asked:
    return message.kind, message.place, message.period


def _quiet(
    message: Message,
    done: Iterable[Act],
    today: date,
    kinds: frozenset[ActKind] = QUIETING,
) -> Mapping[str, Act]:
    """What was done since the message was written so that a case is not told of, by its key."""
    since = (act for act in done if act.kind in kinds and act.at > message.created_at)
    return {act.key: act for act in since if stands(act, today)}


def _apart(keys: Iterable[str], quiet: Mapping[str, Act]) -> tuple[list[str], list[Act]]:
    """What is told of, and why the rest is not."""
    found = list(keys)
    return [key for key in found if key not in quiet], [quiet[k] for k in found if k in quiet]


def _put_off(message: Message, quieted: Sequence[Act], zone: ZoneInfo) -> Checked:
    """Until the first day after a snooze; what was acknowledged is never told."""
    snoozed = [act for act in quieted if act.kind is ActKind.SNOOZED and act.until]
    if not snoozed:
        return Checked(message, drop=_told(quieted[-1]))
    first = min(snoozed, key=lambda act: act.until or date.max)
    after = (first.until or date.max) + timedelta(days=1)
    return Checked(
        message, wait_until=datetime.combine(after, time(), zone).astimezone(UTC), why=_told(first)
    )


def _told(act: Act) -> str:
    until = f" until {act.until}" if act.until else ""
    return f"{act.person} {act.kind} it{until}"


def _period(text: str) -> Period | None:
    start, _, end = text.partition("/")
    return Period(date.fromisoformat(start), date.fromisoformat(end)) if end else None
