"""Sends what is due: claims under a lease, re-checks, tells each reader in one mail, settles."""

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from monitoring import metrics
from odoo_gateway.errors import FleetError, OdooLoginRefused, OdooUnavailable
from tasks.declaration import Delivery
from tasks.domain.plurals import counted
from workers import outages, runner
from workers.config.channel_kinds import in_odoo
from workers.config.targets import EMAIL
from workers.delivery.channels.found import channel_of
from workers.delivery.rechecking import Round, Unverifiable
from workers.delivery.waiting import too_early
from workers.errors import (
    INTERRUPTIONS,
    DeliveryClosed,
    DeliveryError,
    DeliveryFailed,
    DeliveryUnavailable,
    DeliveryUnknown,
)
from workers.holding import holding, lease
from workers.ledger import audit, counters, outbox
from workers.ledger import outages as standing_outages
from workers.ledger.database import Connection
from workers.ledger.errors import LeaseLost, LedgerError, LedgerUnavailable
from workers.ledger.outages import Outage
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus
from workers.mail.writing import stamped, written
from workers.smtp import Conversation, Sealed
from workers.tracing import traced
from workers.wiring import Fleet

log = structlog.get_logger()
# What a message was made to do; anything else is news to whoever reads the log.
EXPECTED: Final = ("dropped", "postponed")

BATCH = 20
# How long a message is worth waiting for what is away, by its kind; then it is parked.
USEFUL: Final[Mapping[str, timedelta]] = {
    "person": timedelta(days=7),
    "digest": timedelta(days=7),
    "ops": timedelta(days=7),
    "asking": timedelta(days=7),
    "urgent": timedelta(days=2),
    "notice": timedelta(days=2),
}
Outcomes = Counter[str]


def deliver(fleet: Fleet) -> Mapping[str, int]:
    """Send one batch of what is due; returns how many messages came to which outcome.

    Call again until it returns nothing. What is left of a batch when half its time is over, as
    when the mail server is slow, is given back.
    """
    environment = fleet.settings.environment
    started = fleet.clock()
    with fleet.ledger.transaction() as connection:
        batch = outbox.claim(
            connection,
            started,
            _lease(fleet),
            BATCH,
            max_attempts=environment.message_attempts,
            # Their mails wait until their configuration can be used again.
            without=fleet.settings.unusable,
            gather=timedelta(seconds=environment.gather_seconds),
        )
    if not batch:
        return {}
    this_round = Round(fleet, batch)
    outcomes: Outcomes = Counter()
    mails = _mails(fleet, batch)
    longest = timedelta(seconds=environment.message_lease_seconds)
    token = str(batch[0].token)
    with (
        holding(
            fleet,
            longest.total_seconds(),
            lambda connection, now, length: outbox.hold(connection, token, now, length),
        ),
        closing(Post(fleet)) as post,
    ):
        # Written before the first is sent, so that nothing is between a mail that was accepted and
        # the transaction that says so.
        ready: list[Outgoing] = []
        for position, mail in enumerate(mails):
            if fleet.clock() >= started + longest / 2:
                _give_back(fleet, [message for rest in mails[position:] for message in rest])
                break
            if mail[0].channel == EMAIL:
                ready += _prepared(this_round, mail, outcomes)
            else:
                outcomes += _deliver(this_round, mail)
        for position, outgoing in enumerate(ready):
            if fleet.clock() >= started + longest / 2:
                post.settle()
                _give_back(fleet, [m for rest in ready[position:] for m in rest.messages])
                break
            with _traced(outgoing.messages[0]):
                outcomes += _mailed(post, outgoing)
        post.settle()
    return outcomes + post.outcomes


def _mails(fleet: Fleet, batch: Sequence[Message]) -> Sequence[Sequence[Message]]:
    """What goes out together, oldest message first."""
    mails: dict[Hashable, list[Message]] = {}
    for message in sorted(batch, key=lambda message: message.id):
        mails.setdefault(_mail_of(fleet, message), []).append(message)
    return list(mails.values())


def _mail_of(fleet: Fleet, message: Message) -> Hashable:
    tenant = fleet.settings.tenants.get(message.tenant)
    if message.channel != EMAIL or tenant is None or not tenant.settings.mail.merge:
        return message.id
    return message.tenant, message.recipient, message.guarantee


@dataclass(frozen=True)
class Outgoing:
    """A mail that is written, with the messages that it carries as they go out."""

    messages: Sequence[Message]
    mail: Sealed


@dataclass
class Post:
    """The mails of one batch on their way: one conversation, and one transaction between two mails.

    It says of the one that it was accepted and of the next that it is being sent.
    """

    fleet: Fleet
    #: Accepted by the mail server, and not settled yet.
    accepted: Outgoing | None = None
    #: Whether one of them did not go out, perhaps because the server is away.
    in_doubt: bool = False
    outcomes: Outcomes = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._conversation = Conversation(self.fleet.mail)

    def send(self, outgoing: Outgoing) -> None:
        """Settle the one before and send this one. Raises DeliveryError, LedgerError or LeaseLost.

        Returns when it was accepted.
        """
        self._conversation.ready()
        self._say_sending(outgoing)
        self._conversation.send(outgoing.mail)
        self.accepted = outgoing

    def settle(self) -> None:
        """Settle what was accepted last."""
        accepted, self.accepted = self.accepted, None
        if accepted is not None:
            self.outcomes += _sent(self.fleet, accepted.messages, accepted.mail.digest)

    def close(self) -> None:
        """End the conversation."""
        self._conversation.close()

    def _say_sending(self, outgoing: Outgoing) -> None:
        accepted = self.accepted
        if accepted is not None:
            try:
                with _writing(self.fleet) as connection:
                    _say_sent(self.fleet, connection, accepted.messages, accepted.mail.digest)
                    _say_sending(self.fleet, connection, outgoing.messages)
            except INTERRUPTIONS:
                raise
            except Exception:
                # Each by itself: what is wrong with one does no harm to the other.
                self.settle()
            else:
                self.accepted = None
                self.outcomes += _noted(accepted.messages, "sent")
                return
        _sending(self.fleet, outgoing.messages)


def _prepared(this_round: Round, mail: Sequence[Message], outcomes: Outcomes) -> list[Outgoing]:
    """What goes out of a mail; what became of the rest is counted."""
    going = _going(this_round, mail, outcomes)
    if not going:
        return []
    with _traced(going[0]):
        return _written(this_round.fleet, going, outcomes)


def _written(fleet: Fleet, going: Sequence[Message], outcomes: Outcomes) -> list[Outgoing]:
    try:
        mailed = stamped(going, fleet.clock())
        return [Outgoing(mailed, Sealed.of(written(fleet, mailed)))]
    except INTERRUPTIONS:
        raise
    except Exception as error:
        if _may_be_of_one(error, going):
            # Whichever of them it is, the others go out without it.
            return [mail for message in going for mail in _written(fleet, [message], outcomes)]
        outcomes += _spoiled(fleet, going, error)
        return []


def _mailed(post: Post, outgoing: Outgoing) -> Outcomes:
    """What became of a mail, but for one that was accepted: that is settled with the next."""
    fleet, going = post.fleet, outgoing.messages
    if post.in_doubt:
        post.settle()
        if (away := outages.may_try(fleet, outages.MAIL)) is not None:
            return _each(fleet, going, lambda message: _held(fleet, message, away))
    try:
        post.send(outgoing)
    except DeliveryError as error:
        post.in_doubt = True
        return _not_taken(fleet, going, error)
    except INTERRUPTIONS:
        raise
    except Exception as error:
        if not _may_be_of_one(error, going):
            return _spoiled(fleet, going, error)
        outcomes: Outcomes = Counter()
        for message in going:
            for alone in _written(fleet, [message], outcomes):
                outcomes += _mailed(post, alone)
        return outcomes
    return Counter()


def _deliver(this_round: Round, mail: Sequence[Message]) -> Outcomes:
    """Check and send what goes by another way than mail."""
    outcomes: Outcomes = Counter()
    for message in _going(this_round, mail, outcomes):
        with _traced(message):
            outcomes += _send(this_round.fleet, message)
    return outcomes


def _going(this_round: Round, mail: Sequence[Message], outcomes: Outcomes) -> Sequence[Message]:
    """The messages as they are to go out now; what became of the rest is counted."""
    fleet, going = this_round.fleet, list[Message]()
    for message in mail:
        with _traced(message):
            try:
                checked = _checked(this_round, message)
            except INTERRUPTIONS:
                raise
            except Exception as error:
                checked = _unsettled(fleet, message, error)
        if isinstance(checked, Message):
            going.append(checked)
        else:
            outcomes += _noted([message], checked)
    return going


def _traced(message: Message) -> AbstractContextManager[None]:
    return traced(message.trace_id, job=message.job, tenant=message.tenant)


def _checked(this_round: Round, message: Message) -> Message | str:
    """The message as it is to go out now, or what became of it instead."""
    fleet = this_round.fleet
    try:
        # What cannot be read waits for nothing.
        _ = message.payload
        away = _away(this_round, message)
        if away is not None:
            return _held(fleet, message, away)
        checked = this_round.check(message)
        if checked.drop:
            return _settled(fleet, message, "dropped", checked.drop)
        if checked.wait_until:
            return _postponed(fleet, message, checked.wait_until, checked.why)
        until, reason = too_early(fleet, message, fleet.clock())
        return checked.message if until is None else _postponed(fleet, message, until, reason)
    except (OdooUnavailable, OdooLoginRefused) as error:
        return _after_odoo(fleet, error, message)
    except Unverifiable as error:
        return _waits(fleet, message, None, error)
    except (LedgerError, *INTERRUPTIONS):
        raise
    except Exception as error:
        return _broken(fleet, message, error)


def _away(this_round: Round, message: Message) -> Outage | None:
    """What the message needs and is away; None for a message that may be tried."""
    if message.kind == "person":
        # It is re-checked first.
        outage = this_round.away.get(outages.of_odoo(message.tenant))
        if outage is not None:
            return outage
    if message.channel == EMAIL:
        return this_round.away.get(outages.MAIL)
    return outages.may_try(this_round.fleet, outages.needed_by(message))


def _send(fleet: Fleet, message: Message) -> Outcomes:
    try:
        channel_of(fleet, message).send(message, partial(_sending, fleet, [message]))
    except DeliveryError as error:
        return _not_taken(fleet, [message], error)
    except INTERRUPTIONS:
        raise
    except Exception as error:
        return _spoiled(fleet, [message], error)
    outcomes = _sent(fleet, [message], "")
    _answered(fleet, message)
    return outcomes


def _not_taken(fleet: Fleet, going: Sequence[Message], error: DeliveryError) -> Outcomes:
    if isinstance(error, DeliveryUnknown):
        return _each(fleet, going, partial(_after_unknown, fleet, error))
    if isinstance(error, DeliveryFailed):
        return _each(fleet, going, partial(_after_failure, fleet, error))
    return _spoiled(fleet, going, error)


def _spoiled(fleet: Fleet, going: Sequence[Message], error: Exception) -> Outcomes:
    if isinstance(error, LedgerError):
        return _each(fleet, going, partial(_unsettled, fleet, error=error))
    return _each(fleet, going, partial(_broken, fleet, error=error))


def _may_be_of_one(error: Exception, messages: Sequence[Message]) -> bool:
    """Whether trying each by itself may help the others."""
    return len(messages) > 1 and not isinstance(error, LedgerUnavailable)


def _answered(fleet: Fleet, message: Message) -> None:
    """End the outage of what took the message; where that cannot be written, the next one does."""
    try:
        outages.answered(fleet, outages.needed_by(message))
    except LedgerError as error:
        log.warning("outage.not_ended", message=message.id, error=str(error))


@contextmanager
def _writing(fleet: Fleet) -> Iterator[Connection]:
    """A transaction whose notes are written together."""
    with fleet.ledger.transaction() as connection, audit.together(connection):
        yield connection


def _sending(fleet: Fleet, mailed: Sequence[Message]) -> None:
    """Write down that the next step is to send these, before it is taken."""
    with _writing(fleet) as connection:
        _say_sending(fleet, connection, mailed)


def _say_sending(fleet: Fleet, connection: Connection, mailed: Sequence[Message]) -> None:
    now, mail = fleet.clock(), mailed[0].message_id
    for message in mailed:
        outbox.mark_sending(connection, message, now, _lease(fleet), mail)


def _say_sent(fleet: Fleet, connection: Connection, mailed: Sequence[Message], digest: str) -> None:
    for message in mailed:
        outbox.sent(connection, message, fleet.clock(), digest)
        _count(fleet, connection, message, "sent", None)


def _sent(fleet: Fleet, mailed: Sequence[Message], digest: str) -> Outcomes:
    """Settle them together; where one cannot be, each by itself."""
    try:
        with _writing(fleet) as connection:
            _say_sent(fleet, connection, mailed, digest)
    except INTERRUPTIONS:
        raise
    except Exception as error:
        if _may_be_of_one(error, mailed):
            return sum((_sent(fleet, [message], digest) for message in mailed), Counter())
        return _each(fleet, mailed, partial(_unsettled, fleet, error=error))
    return _noted(mailed, "sent")


def _after_unknown(fleet: Fleet, error: DeliveryUnknown, message: Message) -> str:
    if message.guarantee is Delivery.AT_MOST_ONCE:
        return _settled(fleet, message, "parked", str(error), error)
    outage = _server_is_away(fleet, message)
    return (
        _again(fleet, error, message) if outage is None else _waits(fleet, message, outage, error)
    )


def _after_failure(fleet: Fleet, error: DeliveryFailed, message: Message) -> str:
    """Not taken: because what takes it is away, or because of this one alone."""
    if message.channel in in_odoo():
        refused = isinstance(error, DeliveryClosed)
        said = OdooLoginRefused(str(error)) if refused else OdooUnavailable(str(error))
        return _after_odoo(fleet, said, message)
    if isinstance(error, DeliveryUnavailable):
        outage = outages.begin(fleet, outages.needed_by(message), error)
        return _waits(fleet, message, outage, error)
    return _waits(fleet, message, _server_is_away(fleet, message), error)


def _server_is_away(fleet: Fleet, message: Message) -> Outage | None:
    """Whether all mail would fail, when all that is known is that one mail did."""
    if message.channel == EMAIL:
        try:
            fleet.mail.probe()
        except DeliveryUnavailable as error:
            return outages.begin(fleet, outages.MAIL, error)
    return None


def _after_odoo(fleet: Fleet, error: OdooUnavailable | OdooLoginRefused, message: Message) -> str:
    outage = outages.suspect(fleet, fleet.settings.tenant(message.tenant), error)
    if outage is None and isinstance(error, OdooLoginRefused):
        return _again(fleet, error, message)
    return _waits(fleet, message, outage, error)


def _held(fleet: Fleet, message: Message, outage: Outage) -> str:
    """Put it back untried, while what it needs is away and it is of use."""
    # What failed by itself goes on alone when the outage is over: it may have caused it.
    name = message.error_class or outage.error_class
    until = _after_probe(fleet, outage)
    return _put_back(fleet, message, until, name, message.error or outage.error, outage=outage)


def _waits(fleet: Fleet, message: Message, outage: Outage | None, error: FleetError) -> str:
    """Put it back at no attempt's cost, while it is of use; without an outage by itself."""
    now, environment = fleet.clock(), fleet.settings.environment
    if outage is not None:
        until = _after_probe(fleet, outage)
    else:
        since = message.waiting_since or now
        pause = outages.own_pause(environment, since, now, message.message_id)
        asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
        until = now + max(pause, asked)
    name, reason = type(error).__name__, str(error)
    return _put_back(fleet, message, until, name, reason, error, outage=outage)


def _after_probe(fleet: Fleet, outage: Outage) -> datetime:
    soon = timedelta(seconds=fleet.settings.environment.retry_seconds)
    return max(outage.next_probe, fleet.clock() + soon)


def _put_back(
    fleet: Fleet,
    message: Message,
    until: datetime,
    error_class: str,
    reason: str,
    error: FleetError | None = None,
    *,
    outage: Outage | None,
) -> str:
    now = fleet.clock()
    useful = USEFUL[message.kind]
    over = (message.waiting_since or now) + useful
    if now >= over:
        in_vain = f"it waited for {counted(useful.days, 'day')} and is of no use any more: {reason}"
        return _settled(fleet, message, "parked", in_vain, error, error_class)
    with fleet.ledger.transaction() as connection:
        tried = error is not None
        if outage is not None and standing_outages.hold(connection, outage.name) is None:
            # It ended this very moment, and with it the wait of all others.
            until = now
        outbox.wait(connection, message, now, min(until, over), error_class, reason, tried=tried)
        if tried:
            _count(fleet, connection, message, "waiting", error)
    return _told(message, "waiting", error_class, reason)


def _broken(fleet: Fleet, message: Message, error: Exception) -> str:
    """A bug, or a job that is gone: the message waits for a person, the others go on."""
    log.error("message.broken", message=message.id, exc_info=not isinstance(error, FleetError))
    return _settled(fleet, message, "parked", str(error), error)


def _each(fleet: Fleet, messages: Iterable[Message], settle: Callable[[Message], str]) -> Outcomes:
    """Settle each by itself: what is wrong with one does no harm to the others."""
    outcomes: Outcomes = Counter()
    for message in messages:
        with _traced(message):
            try:
                outcome = settle(message)
            except INTERRUPTIONS:
                raise
            except Exception as error:
                outcome = _unsettled(fleet, message, error)
        outcomes += _noted([message], outcome)
    return outcomes


def _noted(messages: Sequence[Message], outcome: str) -> Outcomes:
    for message in messages:
        with _traced(message):
            if outcome == "sent":
                log.info("message.sent", message=message.id)
    return Counter({outcome: len(messages)})


def _told(message: Message, outcome: str, error_class: str, reason: str) -> str:
    """Log what became of a message that did not go out, and why."""
    level = logging.INFO if outcome in EXPECTED else logging.WARNING
    log.log(level, "message." + outcome, message=message.id, error=error_class, reason=reason)
    return outcome


def _unsettled(fleet: Fleet, message: Message, error: Exception) -> str:
    """What became of it cannot be written down: it is put back, at the cost of an attempt.

    One that may have arrived and must not arrive twice keeps its lease, and so does one of which
    the ledger takes nothing: when that has run out, the guarantee decides.
    """
    is_ours = not isinstance(error, FleetError)
    log.error("message.not_settled", message=message.id, error=str(error), exc_info=is_ours)
    if isinstance(error, LedgerUnavailable | LeaseLost):
        return "unsettled"
    # In our own words: what the error says may be what the ledger does not take.
    plain = DeliveryError(
        f"what became of it could not be written down ({type(error).__name__}); see the log"
    )
    try:
        with fleet.ledger.transaction() as connection:
            _count(fleet, connection, message, "unsettled", error)
        if not _may_have_arrived(fleet, message):
            _again(fleet, plain, message)
    except INTERRUPTIONS:
        raise
    except Exception as again:
        log.error("message.not_put_back", message=message.id, error=str(again))
    return "unsettled"


def _may_have_arrived(fleet: Fleet, message: Message) -> bool:
    """Whether it was going out already, and promises not to arrive twice."""
    if message.guarantee is not Delivery.AT_MOST_ONCE:
        return False
    with fleet.ledger.reading() as connection:
        (now,) = outbox.find(connection, 1, id=message.id)
    return now.status is MessageStatus.SENDING


def _postponed(fleet: Fleet, message: Message, until: datetime, reason: str) -> str:
    with fleet.ledger.transaction() as connection:
        outbox.postpone(connection, message, fleet.clock(), until, reason)
        _count(fleet, connection, message, "postponed", None)
    return _told(message, "postponed", "", reason)


def _lease(fleet: Fleet) -> timedelta:
    return lease(fleet, fleet.settings.environment.message_lease_seconds)


def _give_back(fleet: Fleet, rest: Sequence[Message]) -> None:
    try:
        with fleet.ledger.transaction() as connection:
            outbox.release(connection, rest)
    except LedgerError as error:
        log.error("messages.not_given_back", count=len(rest), error=str(error))


def _again(fleet: Fleet, error: FleetError, message: Message) -> str:
    """Another attempt, of so many: it may have been sent, or the fault may be ours."""
    if message.attempts >= fleet.settings.environment.message_attempts:
        return _settled(fleet, message, "parked", str(error), error)
    now = fleet.clock()
    retry_at = now + runner.backoff(fleet.settings.environment, message.attempts)
    with fleet.ledger.transaction() as connection:
        outbox.failed(connection, message, now, retry_at, type(error).__name__, str(error))
        _count(fleet, connection, message, "retried", error)
    return _told(message, "retried", type(error).__name__, str(error))


def _settled(
    fleet: Fleet,
    message: Message,
    outcome: str,
    reason: str,
    error: Exception | None = None,
    error_class: str = "",
) -> str:
    now = fleet.clock()
    name = error_class or (type(error).__name__ if error else "")
    with fleet.ledger.transaction() as connection:
        if outcome == "dropped":
            outbox.drop(connection, message, now, reason)
        else:
            outbox.park(connection, message, now, name, reason)
        _count(fleet, connection, message, outcome, error)
    return _told(message, outcome, name, reason)


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
