"""Sends what is due: claims under a lease, re-checks that it still stands, sends, settles."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import structlog

from monitoring import metrics
from monitoring.metrics import Increment
from odoo_gateway.errors import FleetError, OdooError, OdooUnavailable
from tasks import catalogue
from tasks.declaration import Audience, Delivery
from tasks.domain.periods import Period
from workers import runner
from workers.delivery import email
from workers.delivery.errors import DeliveryFailed, DeliveryUnknown
from workers.delivery.render import render
from workers.ledger import counters, outbox, scopes
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerError
from workers.ledger.outbox import Message
from workers.wiring import Fleet

log = structlog.get_logger()

BATCH = 20
Standing = frozenset[str]


@dataclass
class Round:
    """One pass over the outbox; what stands is asked of Odoo once per job, scope and period."""

    fleet: Fleet
    _standing: dict[tuple[str, str, int, str], Standing | OdooError] = field(default_factory=dict)

    def still_stands(self, message: Message) -> bool:
        """Whether any finding of the message is still found. Raises OdooError."""
        job = catalogue.jobs()[message.job]
        if job.audience is not Audience.PERSON:
            return True
        key = (message.job, message.tenant, message.company_id, message.period)
        if key not in self._standing:
            self._standing[key] = self._ask(message)
        standing = self._standing[key]
        if isinstance(standing, OdooError):
            raise standing
        return bool(standing & set(message.finding_keys))

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
        return frozenset(finding.key for finding in seen.report.findings)


def deliver(fleet: Fleet) -> Mapping[str, int]:
    """Send one batch of what is due; returns how many messages came to which outcome.

    Call again until it returns nothing.
    """
    environment = fleet.settings.environment
    lease = timedelta(seconds=environment.message_lease_seconds)
    with fleet.ledger.transaction() as connection:
        batch = outbox.claim(connection, fleet.clock(), lease, BATCH)
    this_round = Round(fleet)
    outcomes: Counter[str] = Counter()
    for message in batch:
        try:
            outcome = _deliver(this_round, message)
        except LedgerError as error:
            # What became of it cannot be written down: its lease runs out, and its guarantee
            # decides.
            log.error("message.unsettled", job=message.job, message=message.id, error=str(error))
            outcomes["unsettled"] += 1
            continue
        outcomes[outcome] += 1
        log.info("message." + outcome, job=message.job, message=message.id, trace=message.trace_id)
    return outcomes


def _deliver(this_round: Round, message: Message) -> str:
    fleet = this_round.fleet
    try:
        if not this_round.still_stands(message):
            return _settled(fleet, message, "dropped", "nothing is missing any more")
        mail = email.compose(
            message, render(message.payload), fleet.settings.environment.mail_from, fleet.clock()
        )
        with fleet.mail.conversation() as session:
            with fleet.ledger.transaction() as connection:
                outbox.mark_sending(connection, message, fleet.clock())
            email.send(session, mail)
        return _settled(fleet, message, "sent", "")
    except DeliveryUnknown as error:
        if message.guarantee is Delivery.AT_MOST_ONCE:
            return _settled(fleet, message, "parked", str(error), error)
        return _again(fleet, message, error)
    except (DeliveryFailed, OdooUnavailable) as error:
        return _again(fleet, message, error)
    except LedgerError:
        raise
    except FleetError as error:
        return _settled(fleet, message, "parked", str(error), error)


def _again(fleet: Fleet, message: Message, error: FleetError) -> str:
    if message.attempts >= fleet.settings.environment.message_attempts:
        return _settled(fleet, message, "parked", str(error), error)
    now = fleet.clock()
    wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    retry_at = now + max(wait, runner.backoff(message.attempts))
    with fleet.ledger.transaction() as connection:
        outbox.failed(connection, message, now, retry_at, type(error).__name__, str(error))
        _count(fleet, connection, message, "retried", error)
    return "retried"


def _settled(
    fleet: Fleet, message: Message, outcome: str, reason: str, error: FleetError | None = None
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
    error: FleetError | None,
) -> None:
    labels = {"job": message.job, "tenant": message.tenant}
    increments = [Increment(metrics.MESSAGES.name, {**labels, "outcome": outcome})]
    if error is not None:
        name = type(error).__name__
        increments.append(Increment(metrics.EXCEPTIONS.name, {**labels, "exception": name}))
    seconds = (fleet.clock() - message.next_attempt_at).total_seconds()
    increments += metrics.delivered(message.channel, message.job, outcome, seconds)
    counters.add(connection, increments + fleet.take_calls())


def _period(text: str) -> Period | None:
    start, _, end = text.partition("/")
    return Period(date.fromisoformat(start), date.fromisoformat(end)) if end else None
