"""The outbox: messages waiting to be sent, each once, however often a run repeats itself."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    func,
    select,
    true,
    tuple_,
    update,
)

from monitoring import metrics
from monitoring.metrics import Increment
from tasks.declaration import Delivery
from workers.ledger import audit, counters, leases, pauses, payloads, runs
from workers.ledger.column_types import Instant
from workers.ledger.errors import LeaseLost
from workers.ledger.inserts import insert_once
from workers.ledger.payloads import Payload
from workers.ledger.places import EVERY_PLACE, Place, Places
from workers.ledger.schema import messages
from workers.ledger.statuses import WORKER_LOST, MessageStatus

UNKNOWN = "unknown whether it was sent"
# What one mail holds at most beside the message that is due longest.
TOGETHER = 50
# Kinds that wait for no morning, no other mail, and count towards no cap.
AT_ONCE = frozenset({"urgent", "ops", "notice", "asking"})
# Not settled yet.
GOING = (MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.SENDING)
# The step of what is sent once more.
RESENT = "resent"
_OF_COPIES = (
    *("job", "tenant", "company_id", "period", "recipient", "channel", "guarantee"),
    *("finding_keys", "trace_id", "run_id"),
)


@dataclass(frozen=True)
class NewMessage:
    """A message to be sent once per (job, scope, subject, period, recipient, step, channel)."""

    job: str
    tenant: str
    company_id: int
    subject: str
    period: str
    recipient: str
    step: str
    channel: str
    guarantee: Delivery
    #: What the channel renders.
    payload: Payload
    #: The cases that it speaks of.
    finding_keys: tuple[str, ...]
    #: The same for the same identity, so that a receiver can tell a repetition.
    message_id: str
    trace_id: str
    run_id: int | None = None
    #: UTC, None means at once.
    not_before: datetime | None = None


@dataclass(frozen=True)
class Message:
    """A row of the outbox. All instants are UTC; `token` holds it while the lease lasts."""

    id: int
    job: str
    tenant: str
    company_id: int
    subject: str
    period: str
    recipient: str
    step: str
    channel: str
    guarantee: Delivery
    #: What it says, as the ledger has it.
    stored: Mapping[str, Any]
    finding_keys: tuple[str, ...]
    message_id: str
    status: MessageStatus
    attempts: int
    token: str | None
    lease_until: datetime | None
    next_attempt_at: datetime
    error_class: str | None
    error: str | None
    created_at: datetime
    sent_at: datetime | None
    sent_in: str | None
    waiting_since: datetime | None
    run_id: int | None
    trace_id: str

    @cached_property
    def payload(self) -> Payload:
        """What it says, read when it is asked for: one that cannot be does no harm to the others.

        Raises PayloadRefused.
        """
        return payloads.read(self.stored)

    def saying(self, payload: Payload) -> "Message":
        """The same message with something else to say. Raises PayloadRefused."""
        return replace(self, stored=payloads.written(payload))

    @property
    def kind(self) -> str:
        """Of which kind its payload is, also of one that cannot be read."""
        return str(self.stored.get("template", ""))

    @property
    def place(self) -> Place:
        """Whose message it is."""
        return Place(self.job, self.tenant, self.company_id)

    @property
    def goes_at_once(self) -> bool:
        """Whether it waits for no hour and no other mail."""
        return self.kind in AT_ONCE or self.channel != "email"

    @property
    def told_step(self) -> str:
        """The step that it tells; of what is sent once more, that of the first time."""
        return str(self.stored.get("first_step", self.step))


def enqueue(connection: Connection, message: NewMessage, now: datetime) -> int | None:
    """Queue a message; returns its id, or None when one with this identity was queued before.

    Raises PayloadRefused where what it says does not fit its kind.
    """
    values = {**vars(message), "payload": payloads.written(message.payload)}
    values["next_attempt_at"] = values.pop("not_before") or now
    state = {"status": MessageStatus.QUEUED, "attempts": 0, "created_at": now}
    return insert_once(connection, messages, {**values, **state})


def claim(
    connection: Connection,
    now: datetime,
    lease: timedelta,
    limit: int,
    max_attempts: int,
    *,
    without: Collection[str] = (),
    gather: timedelta = timedelta(0),
) -> tuple[Message, ...]:
    """Take up to `limit` messages to send, longest waiting first.

    Those that are due, and what else their readers wait for; when there are none, one whose sender
    vanished: before sending always, and in the middle of it only where the guarantee is
    at-least-once. One, because it may be what killed its sender, and must not take others along;
    but a mail that was on its way is claimed as it was, with all its messages. Parks those that may
    have been sent and promise at most once, and those whose attempts are used up. Counts the
    senders that were lost. Messages of the tenants `without`, and of what is paused, wait where
    they are; but what ops are told goes out all the same. A mail that became due within `gather`
    waits for the runs of its tenant that are due, so that its reader gets one mail of them all.
    """
    increments = _park_ambiguous(connection, now) + _park_poison(connection, now, max_attempts)
    may_go = _may_go(now, without)
    due = leases.waiting(messages, MessageStatus.QUEUED, now) & may_go
    due &= ~_gathering(connection, now, gather)
    # What they say comes when they are taken.
    rows = leases.pick(connection, messages, due, limit, *_OF_READERS)
    if rows:
        rows = [*rows, *_for_the_same_readers(connection, rows, due)]
    else:
        rows = _one_abandoned_mail(connection, now, may_go)
        increments += _note_losses(connection, rows, now)
    counters.add(connection, increments)
    ids = [row.id for row in rows]
    taken = leases.take(connection, messages, ids, now + lease, status=MessageStatus.CLAIMED)
    return tuple(of_row(row) for row in taken)


def anything_is_due(connection: Connection, now: datetime) -> bool:
    """Whether any message waits whose time has come, however long it waits for others yet."""
    return connection.execute(_DUE, {"now": now}).first() is not None


def release(connection: Connection, rest: Sequence[Message]) -> None:
    """Give back messages that were claimed and not tried; those taken over meanwhile stay so."""
    for message in rest:
        with suppress(LeaseLost):
            leases.settle(
                connection,
                messages,
                message.id,
                str(message.token),
                status=MessageStatus.QUEUED,
                attempts=message.attempts - 1,
            )


def _for_the_same_readers(
    connection: Connection, rows: Sequence[Row[Any]], due: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    reader = tuple_(messages.c.tenant, messages.c.recipient, messages.c.channel)
    readers = sorted({(row.tenant, row.recipient, row.channel) for row in rows})
    others = messages.c.id.not_in([row.id for row in rows])
    theirs = due & reader.in_(readers) & others
    return leases.pick(connection, messages, theirs, TOGETHER, *_OF_READERS)


def _may_go(now: datetime, without: Collection[str] = ()) -> ColumnElement[bool]:
    of_others = messages.c.tenant.not_in(sorted(without)) if without else true()
    to_ops: ColumnElement[bool] = messages.c.payload["template"].as_string() == "ops"
    return of_others & (to_ops | ~pauses.paused(messages, now))


def gathered_until(message: Message, busy: Collection[str], gather: timedelta) -> datetime | None:
    """Until when at most a queued mail waits for the runs of its tenant; None where for none.

    busy: `runs.busy_tenants`. gather: as `claim` has it.
    """
    waits = message.attempts == 0 and message.tenant in busy and not message.goes_at_once
    return message.next_attempt_at + gather if waits else None


def _gathering(connection: Connection, now: datetime, gather: timedelta) -> ColumnElement[bool]:
    # The same as `gathered_until`, for the database: a claim takes the first so many rows that may
    # go, and those that wait must not use them up. A test holds both to one answer.
    fresh = (messages.c.attempts == 0) & (messages.c.next_attempt_at > now - gather)
    others_may_come = messages.c.tenant.in_(runs.busy_tenants(connection, now))
    at_once: ColumnElement[bool] = messages.c.payload["template"].as_string().in_(AT_ONCE)
    return fresh & others_may_come & (messages.c.channel == "email") & ~at_once


def _one_abandoned_mail(
    connection: Connection, now: datetime, may_go: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    rows = leases.pick(connection, messages, _abandoned(now) & may_go, 1)
    for first in rows:
        if first.status == MessageStatus.SENDING:
            same_mail = (messages.c.sent_in == first.sent_in) & (messages.c.id != first.id)
            rest = leases.pick(connection, messages, _abandoned(now) & same_mail, TOGETHER)
            return [first, *rest]
    return rows


def mark_sending(
    connection: Connection, message: Message, now: datetime, lease: timedelta, mail: str
) -> None:
    """Say that the next step is to send this payload, and hold it for `lease`; commit before.

    mail: the Message-ID of the mail that carries it. Raises LeaseLost, also when the lease has run
    out: then the message must not be sent.
    """
    going_out = {
        "status": MessageStatus.SENDING,
        "lease_until": now + lease,
        "payload": dict(message.stored),
        "sent_in": mail,
    }
    leases.keep(connection, messages, message.id, str(message.token), now, **going_out)
    _note(connection, MessageStatus.SENDING, message, now)


def sent(connection: Connection, message: Message, now: datetime, digest: str = "") -> None:
    """Settle a message as sent, with a digest of the bytes that went out.

    Raises LeaseLost when somebody took it over.
    """
    noted = {"sha256": digest} if digest else {}
    _settle(connection, message, now, MessageStatus.SENT, noted=noted, sent_at=now)


def failed(
    connection: Connection,
    message: Message,
    now: datetime,
    retry_at: datetime,
    error_class: str,
    error: str,
) -> None:
    """Put a message back, to be tried again from `retry_at` on. Raises LeaseLost as `sent`."""
    queued = MessageStatus.QUEUED
    _settle(connection, message, now, queued, error_class, error, next_attempt_at=retry_at)


def postpone(
    connection: Connection, message: Message, now: datetime, until: datetime, reason: str
) -> None:
    """Put a message back whose time has not come after all; no attempt is used up.

    Raises LeaseLost as `sent`.
    """
    later: dict[str, Any] = {"next_attempt_at": until, "attempts": message.attempts - 1}
    _settle(connection, message, now, MessageStatus.QUEUED, error=reason, **later)


def wait(
    connection: Connection,
    message: Message,
    now: datetime,
    until: datetime,
    error_class: str,
    error: str,
    *,
    tried: bool,
) -> None:
    """Put a message back that failed through no fault of ours: it costs no attempt.

    tried: whether it did; what only waits for others to try is not worth a note each time.
    Raises LeaseLost as `sent`.
    """
    later: dict[str, Any] = {
        "next_attempt_at": until,
        "attempts": message.attempts - 1,
        "waiting_since": message.waiting_since or now,
    }
    if tried:
        queued = MessageStatus.QUEUED
        _settle(connection, message, now, queued, error_class, error, "waited", **later)
    else:
        said = {"error_class": error_class, "error": error}
        state = {"status": MessageStatus.QUEUED, **later, **said}
        leases.settle(connection, messages, message.id, str(message.token), **state)


def hold(connection: Connection, token: str, now: datetime, lease: timedelta) -> None:
    """Hold what was claimed under this token, and is not settled yet, for `lease` from now."""
    held = (messages.c.token == token) & (messages.c.lease_until > now)
    connection.execute(update(messages).where(held).values(lease_until=now + lease))


def waiting_for(
    connection: Connection, tenant: str | None, error_classes: Collection[str], *channels: str
) -> Sequence[Message]:
    """The messages that wait because of such errors, of a tenant and channels or of all."""
    waiting = (messages.c.status == MessageStatus.QUEUED) & messages.c.waiting_since.is_not(None)
    waiting &= messages.c.error_class.in_(error_classes)
    if tenant is not None:
        waiting &= messages.c.tenant == tenant
    if channels:
        waiting &= messages.c.channel.in_(channels)
    found = connection.execute(select(messages).where(waiting).order_by(messages.c.id))
    return [of_row(row) for row in found]


def wake(connection: Connection, message_ids: Collection[int], now: datetime) -> None:
    """Make messages that wait due at once."""
    waiting = messages.c.id.in_(message_ids) & (messages.c.status == MessageStatus.QUEUED)
    due = update(messages).where(waiting)
    connection.execute(due.values(next_attempt_at=now, waiting_since=None))


def longest_waiting(connection: Connection, now: datetime) -> Mapping[str, datetime]:
    """Since when the message that waits longest for what is away does, by channel."""
    since = func.min(messages.c.waiting_since).label("since")
    waiting = (messages.c.status == MessageStatus.QUEUED) & messages.c.waiting_since.is_not(None)
    waiting &= _may_go(now)
    rows = connection.execute(
        select(messages.c.channel, since).where(waiting).group_by(messages.c.channel)
    )
    return {row.channel: row.since for row in rows}


def park(
    connection: Connection, message: Message, now: datetime, error_class: str, error: str
) -> None:
    """Set a message aside for a person to look at. Raises LeaseLost as `sent`."""
    _settle(connection, message, now, MessageStatus.PARKED, error_class, error)


def drop(connection: Connection, message: Message, now: datetime, reason: str) -> None:
    """Settle a message that need not be sent any more. Raises LeaseLost as `sent`."""
    _settle(connection, message, now, MessageStatus.DROPPED, error=reason)


def drop_queued(connection: Connection, now: datetime, reason: str, **only: str | int) -> None:
    """Drop what waits and has these values: it need not be sent any more."""
    waiting = messages.c.status == MessageStatus.QUEUED
    for name, value in only.items():
        waiting &= messages.c[name] == value
    rows = leases.pick(connection, messages, waiting, limit=500)
    ids = [row.id for row in rows]
    leases.mark(connection, messages, ids, status=MessageStatus.DROPPED, error=reason)
    ended = [metrics.message_ended(row.job, row.tenant, "dropped") for row in rows]
    counters.add(connection, ended)
    for row in rows:
        _note(connection, "dropped", of_row(row), now, error=reason)


def set_aside(
    connection: Connection, now: datetime, error_class: str, error: str, limit: int
) -> Sequence[Message]:
    """Have up to `limit` messages that are not settled wait for a person, whoever holds them."""
    going = messages.c.status.in_(GOING)
    rows = connection.execute(select(messages).where(going).order_by(messages.c.id).limit(limit))
    found = [of_row(row) for row in rows]
    said = {"status": MessageStatus.PARKED, "error_class": error_class, "error": error}
    leases.mark(connection, messages, [each.id for each in found], **said, **leases.LET_GO)
    for each in found:
        _note(connection, "set_aside", each, now, error_class=error_class, error=error)
    return found


def revive(connection: Connection, message_id: int, now: datetime, **noted: str) -> bool:
    """Queue a parked message again, with all its attempts; whether it was parked.

    noted: what the audit says of it beside the error, such as who did it.
    """
    fresh: dict[str, Any] = {
        "attempts": 0,
        "next_attempt_at": now,
        "waiting_since": None,
        "status": MessageStatus.QUEUED,
    }
    return _unpark(connection, message_id, now, "revived", noted, **fresh)


def discard(connection: Connection, message_id: int, now: datetime, **noted: str) -> bool:
    """Give a parked message up for good; whether it was parked."""
    return _unpark(connection, message_id, now, "dropped", noted, status=MessageStatus.DROPPED)


def copy_under_way(connection: Connection, message: Message, *, lock: bool) -> Message | None:
    """A copy of the message that is not settled yet.

    lock: nobody else makes one until the transaction ends.
    """
    if lock:
        connection.execute(select(messages.c.id).filter_by(id=message.id).with_for_update())
    copies = messages.c.subject.startswith(_copies_of(message), autoescape=True)
    going = copies & (messages.c.step == RESENT) & messages.c.status.in_(GOING)
    row = connection.execute(select(messages).where(going).limit(1)).first()
    return of_row(row) if row else None


def _copies_of(message: Message) -> str:
    return f"message-{message.id} as "


def resend(
    connection: Connection, message: Message, message_id: str, now: datetime, **noted: str
) -> Message:
    """Queue a copy of what was sent, under another Message-ID. Audited with what is `noted`.

    It counts as no telling of its own: what was told and when stays as it was.
    """
    copy = NewMessage(
        **{name: getattr(message, name) for name in _OF_COPIES},
        subject=f"{_copies_of(message)}{message_id}",
        step=RESENT,
        payload=replace(message.payload, first_step=message.told_step),
        message_id=message_id,
    )
    number = enqueue(connection, copy, now)
    (queued,) = find(connection, 1, id=number or 0)
    _note(connection, RESENT, queued, now, of=f"message-{message.id}", **noted)
    return queued


def _unpark(
    connection: Connection,
    message_id: int,
    now: datetime,
    what: str,
    noted: Mapping[str, str],
    **values: Any,
) -> bool:
    parked = (messages.c.id == message_id) & (messages.c.status == MessageStatus.PARKED)
    for row in leases.pick(connection, messages, parked, 1):
        leases.mark(connection, messages, [message_id], **values)
        said = {"error_class": row.error_class, "error": row.error, **noted}
        _note(connection, what, of_row(row), now, **said)
        return True
    return False


def find(
    connection: Connection,
    limit: int,
    status: MessageStatus | None = None,
    **only: str | int,
) -> tuple[Message, ...]:
    """The newest messages first; `only` names columns and the values they must have."""
    wanted = only if status is None else {**only, "status": status}
    statement = select(messages).filter_by(**wanted).order_by(messages.c.id.desc()).limit(limit)
    return tuple(of_row(row) for row in connection.execute(statement))


def by_status(connection: Connection) -> Mapping[tuple[str, str, str, MessageStatus], int]:
    """How many messages there are, by job, tenant, channel and status."""
    kind = (messages.c.job, messages.c.tenant, messages.c.channel, messages.c.status)
    rows = connection.execute(select(*kind, func.count()).group_by(*kind).order_by(*kind))
    return {(job, tenant, channel, status): n for job, tenant, channel, status, n in rows}


def oldest_due(
    connection: Connection, now: datetime, of: Places = EVERY_PLACE
) -> Mapping[str, float]:
    """Seconds that the longest waiting message has been claimable, by channel.

    of: these places only.
    """
    free = _claimable(now) & _may_go(now)
    return leases.oldest(connection, messages, free, messages.c.channel, now, **of.columns)


def _claimable(now: datetime) -> ColumnElement[bool]:
    return leases.waiting(messages, MessageStatus.QUEUED, now) | _abandoned(now)


def _abandoned(now: datetime) -> ColumnElement[bool]:
    claimed = leases.abandoned(messages, MessageStatus.CLAIMED, now)
    return claimed | _ambiguous(now, Delivery.AT_LEAST_ONCE)


def _ambiguous(now: datetime, guarantee: Delivery) -> ColumnElement[bool]:
    abandoned = leases.abandoned(messages, MessageStatus.SENDING, now)
    return abandoned & (messages.c.guarantee == guarantee)


def _park_ambiguous(connection: Connection, now: datetime) -> list[Increment]:
    free = _ambiguous(now, Delivery.AT_MOST_ONCE)
    return _park_abandoned(connection, now, free, "Unknown", UNKNOWN)


def _park_poison(connection: Connection, now: datetime, max_attempts: int) -> list[Increment]:
    used_up = _abandoned(now) & (messages.c.attempts >= max_attempts)
    lost = f"lost its sender at attempt {max_attempts}"
    return _park_abandoned(connection, now, used_up, WORKER_LOST, lost)


def _park_abandoned(
    connection: Connection,
    now: datetime,
    which: ColumnElement[bool],
    error_class: str,
    error: str,
) -> list[Increment]:
    rows = leases.pick(connection, messages, which, limit=100)
    increments = _note_losses(connection, rows, now)
    for row in rows:
        park(connection, of_row(row), now, error_class, error)
        increments.append(metrics.message_ended(row.job, row.tenant, "parked"))
    return increments


def _note_losses(
    connection: Connection, rows: Sequence[Row[Any]], now: datetime
) -> list[Increment]:
    """A message whose lease ran out lost its sender; nobody else tells."""
    increments: list[Increment] = []
    for row in rows:
        _note(connection, "lost", of_row(row), now, error_class=WORKER_LOST)
        increments += metrics.raised(row.job, row.tenant, WORKER_LOST)
    return increments


def _settle(
    connection: Connection,
    message: Message,
    now: datetime,
    status: MessageStatus,
    error_class: str | None = None,
    error: str | None = None,
    back: str = "",
    noted: Mapping[str, str] | None = None,
    **outcome: Any,
) -> None:
    outcome_and_error = {**outcome, "error_class": error_class, "error": error}
    token = str(message.token)
    leases.settle(connection, messages, message.id, token, status=status, **outcome_and_error)
    back = back or ("failed" if error_class else "postponed")
    what = back if status is MessageStatus.QUEUED else status
    _note(connection, what, message, now, error_class=error_class, error=error, **(noted or {}))


def _note(
    connection: Connection, what: str, message: Message, now: datetime, **detail: str | None
) -> None:
    entry = audit.Entry(
        f"message.{what}",
        now,
        message.job,
        message.tenant,
        message.company_id,
        run_id=message.run_id,
        message_id=message.id,
        detail={
            "trace_id": message.trace_id,
            "channel": message.channel,
            "step": message.step,
            "attempt": message.attempts,
            **detail,
        },
    )
    audit.note(connection, entry)


def of_row(row: Row[Any]) -> Message:
    """A message as its row tells it."""
    columns = row._asdict()
    payload = columns.pop("payload")
    # What is not an object has no kind either: it cannot be read, and does no harm to the others.
    stored = payload if isinstance(payload, Mapping) else {}
    return Message(**{**columns, "stored": stored, "finding_keys": tuple(columns["finding_keys"])})


_OF_READERS = (messages.c.id, messages.c.tenant, messages.c.recipient, messages.c.channel)
_DUE = (
    select(messages.c.id)
    .where(leases.waiting(messages, MessageStatus.QUEUED, bindparam("now", type_=Instant())))
    .limit(1)
)
