"""Sends what is due: claims under a lease, re-checks that it still stands, sends, settles."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from monitoring import metrics
from odoo_gateway.errors import FleetError, OdooError, OdooUnavailable
from tasks import catalogue
from tasks.declaration import Audience, Delivery
from tasks.domain.findings import Finding
from tasks.domain.periods import Period
from workers import runner
from workers.delivery import email
from workers.delivery.announce import listed
from workers.delivery.errors import DeliveryFailed, DeliveryUnknown
from workers.delivery.render import render
from workers.ledger import counters, outbox, scopes
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerError
from workers.ledger.outbox import Message
from workers.tracing import traced
from workers.wiring import Fleet

log = structlog.get_logger()

BATCH = 20


@dataclass(frozen=True)
class Standing:
    """What a look found, by key, and when that was."""

    findings: Mapping[str, Finding]
    as_of: str

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

    def standing(self, message: Message) -> Standing | None:
        """What stands of the message's period; None for digests, which are not checked again.

        Raises OdooError.
        """
        job = catalogue.jobs()[message.job]
        if job.audience is not Audience.PERSON:
            return None
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
        findings = {finding.key: finding for finding in seen.report.findings}
        return Standing(findings, runner.stamp(now, scope))


def deliver(fleet: Fleet) -> Mapping[str, int]:
    """Send one batch of what is due; returns how many messages came to which outcome.

    Call again until it returns nothing. What is left of a batch when half its lease is over, as
    when the mail server is slow, is given back.
    """
    environment = fleet.settings.environment
    started = fleet.clock()
    with fleet.ledger.transaction() as connection:
        batch = outbox.claim(
            connection, started, _lease(fleet), BATCH, max_attempts=environment.message_attempts
        )
    this_round = Round(fleet)
    outcomes: Counter[str] = Counter()
    for position, message in enumerate(batch):
        if fleet.clock() >= started + _lease(fleet) / 2:
            _give_back(fleet, batch[position:])
            break
        with traced(message.trace_id, job=message.job, tenant=message.tenant):
            outcomes[_delivered(this_round, message)] += 1
    return outcomes


def _delivered(this_round: Round, message: Message) -> str:
    try:
        outcome = _deliver(this_round, message)
    except LedgerError as error:
        # What became of it cannot be written down: its lease runs out, and its guarantee decides.
        log.error("message.unsettled", message=message.id, error=str(error))
        return "unsettled"
    log.info("message." + outcome, message=message.id)
    return outcome


def _deliver(this_round: Round, message: Message) -> str:
    fleet = this_round.fleet
    try:
        standing = this_round.standing(message)
        if standing is not None:
            message = _as_it_stands(message, standing)
            if not message.payload["findings"]:
                return _settled(fleet, message, "dropped", "nothing is missing any more")
            not_before = standing.not_before(message)
            if not_before and not_before > fleet.clock():
                return _postponed(fleet, message, not_before)
        rendered, sender = render(message.payload), fleet.settings.environment.mail_from
        mail = email.compose(message, rendered, sender, fleet.clock())
        with fleet.mail.conversation() as session:
            with fleet.ledger.transaction() as connection:
                outbox.mark_sending(connection, message, fleet.clock(), _lease(fleet))
            email.send(session, mail)
        return _settled(fleet, message, "sent", "")
    except DeliveryUnknown as error:
        if message.guarantee is Delivery.AT_MOST_ONCE:
            return _settled(fleet, message, "parked", str(error), error)
        return _again(fleet, message, error)
    except (DeliveryFailed, OdooUnavailable) as error:
        return _again(fleet, message, error)
    except (LedgerError, *runner.INTERRUPTIONS):
        raise
    except Exception as error:
        # A bug, or a job that is gone: the message waits for a person, the others go on.
        log.error("message.broken", message=message.id, exc_info=not isinstance(error, FleetError))
        return _settled(fleet, message, "parked", str(error), error)


def _as_it_stands(message: Message, standing: Standing) -> Message:
    """The message without what no longer stands, the rest as it is by now."""
    findings = [
        {**said, **listed(standing.findings[said["key"]])}
        for said in message.payload["findings"]
        if said["key"] in standing.findings
    ]
    payload = {**message.payload, "findings": findings, "as_of": standing.as_of}
    return replace(message, payload=payload)


def _postponed(fleet: Fleet, message: Message, until: datetime) -> str:
    """Put back a mail whose recipient is off today after all."""
    with fleet.ledger.transaction() as connection:
        outbox.postpone(connection, message, fleet.clock(), until, "its day has moved")
        _count(fleet, connection, message, "postponed", None)
    return "postponed"


def _lease(fleet: Fleet) -> timedelta:
    return timedelta(seconds=fleet.settings.environment.message_lease_seconds)


def _give_back(fleet: Fleet, rest: Sequence[Message]) -> None:
    try:
        with fleet.ledger.transaction() as connection:
            outbox.release(connection, rest)
    except LedgerError as error:
        log.error("messages.not_given_back", count=len(rest), error=str(error))


def _again(fleet: Fleet, message: Message, error: FleetError) -> str:
    if message.attempts >= fleet.settings.environment.message_attempts:
        return _settled(fleet, message, "parked", str(error), error)
    now = fleet.clock()
    wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    retry_at = now + max(wait, runner.backoff(fleet.settings.environment, message.attempts))
    with fleet.ledger.transaction() as connection:
        outbox.failed(connection, message, now, retry_at, type(error).__name__, str(error))
        _count(fleet, connection, message, "retried", error)
    return "retried"


def _settled(
    fleet: Fleet, message: Message, outcome: str, reason: str, error: Exception | None = None
) -> str:
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        if outcome == "sent":
            outbox.sent(connection, message, now)
        elif outcome == "dropped":
            outbox.drop(connection, message, now, reason)
        else:
            outbox.park(connection, message, now, type(error).__name__, reason)
        _count(fleet, connection, message, outcome, error)
    return outcome


def _count(
    fleet: Fleet,
    connection: Connection,
    message: Message,
    outcome: str,
    error: Exception | None,
) -> None:
    job, tenant = message.job, message.tenant
    increments = [metrics.message_ended(job, tenant, outcome)]
    if error is not None:
        increments += metrics.raised(job, tenant, type(error).__name__)
    seconds = (fleet.clock() - message.next_attempt_at).total_seconds()
    increments += metrics.delivered(message.channel, message.job, outcome, seconds)
    counters.add(connection, increments + fleet.take_calls())


def _period(text: str) -> Period | None:
    start, _, end = text.partition("/")
    return Period(date.fromisoformat(start), date.fromisoformat(end)) if end else None
