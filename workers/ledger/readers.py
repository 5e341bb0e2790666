"""What each reader was told, saw last and still waits for, as the outbox remembers it."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select

from monitoring import metrics
from tasks.domain.told import AskedFinding
from workers.ledger import audit, counters, leases, payloads
from workers.ledger.payloads import Digest, PayloadRefused, Personal
from workers.ledger.places import Place
from workers.ledger.schema import messages
from workers.ledger.statuses import MessageStatus

# What is told to somebody as a person, not as the reader of a role.
PERSONAL = "person"
SUPERSEDED = "a newer one takes its place"
_OLDER = leases.picking(
    messages,
    and_(
        messages.c.status == MessageStatus.QUEUED,
        *(messages.c[name] == bindparam(name) for name in ("job", "tenant", "company_id", "step")),
        messages.c.run_id < bindparam("newer_than"),
    ),
    limit=500,
)
_NEWEST_SENT = (
    select(messages.c.payload)
    .where(
        messages.c.status == MessageStatus.SENT,
        *(
            messages.c[name] == bindparam(name)
            for name in ("job", "tenant", "company_id", "step", "recipient", "channel")
        ),
    )
    .order_by(messages.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Told:
    """A recipient was written to of a finding at a step."""

    period: str
    recipient: str
    step: str
    finding_key: str


def told(connection: Connection, place: Place, periods: Collection[str]) -> frozenset[Told]:
    """What messages about these periods say or said, whatever became of them."""
    if not periods:
        return frozenset()
    m = messages.c
    statement = select(m.period, m.recipient, m.step, m.finding_keys).filter_by(**place.columns)
    rows = connection.execute(statement.where(m.period.in_(sorted(periods))))
    return frozenset(
        Told(row.period, row.recipient, row.step, key) for row in rows for key in row.finding_keys
    )


def was_told(connection: Connection, place: Place, recipient: str, key: str = "") -> bool:
    """Whether a message to a recipient speaks of a finding; without a key, of any at all."""
    m = messages.c
    statement = select(m.finding_keys).filter_by(**place.columns)
    rows = connection.execute(statement.where(func.lower(m.recipient) == recipient.lower()))
    return any(not key or key in row.finding_keys for row in rows)


def asked_of(connection: Connection, place: Place, recipient: str, key: str) -> AskedFinding | None:
    """A finding as a person was told of it last; None where they read it in a digest alone."""
    m = messages.c
    statement = select(m.payload, m.finding_keys).filter_by(
        status=MessageStatus.SENT, **place.columns
    )
    theirs = func.lower(m.recipient) == recipient.lower()
    personal = m.payload["template"].as_string() == "person"
    rows = connection.execute(statement.where(theirs, personal).order_by(m.id.desc()))
    newest = next((row.payload for row in rows if key in row.finding_keys), None)
    with suppress(PayloadRefused):
        payload = payloads.read(newest) if newest else None
        if isinstance(payload, Personal):
            return next((each for each in payload.findings if each.key == key), None)
    return None


def last_seen(
    connection: Connection, place: Place, step: str, recipient: str, channel: str
) -> Digest | None:
    """The newest digest of this step that surely went out to a reader.

    None also where this version cannot read it: then all is new to its reader.
    """
    about = {**place.columns, "step": step, "recipient": recipient, "channel": channel}
    newest = connection.scalar(_NEWEST_SENT, about)
    try:
        payload = payloads.read(newest) if newest else None
    except PayloadRefused:
        return None
    return payload if isinstance(payload, Digest) else None


def supersede(
    connection: Connection, place: Place, step: str, now: datetime, newer_than: int
) -> int:
    """Drop the queued messages of a step that are older than what a run has to say now.

    newer_than: the run. Those that are being sent go out. Returns how many were dropped.
    """
    values = {**place.columns, "step": step, "newer_than": newer_than}
    rows = connection.execute(_OLDER, values).all()
    if not rows:
        return 0
    dropped = {"status": MessageStatus.DROPPED, "error": SUPERSEDED}
    leases.mark(connection, messages, [row.id for row in rows], **dropped)
    counters.add(
        connection, [metrics.message_ended(row.job, row.tenant, "dropped") for row in rows]
    )
    audit.note(
        connection,
        *(
            audit.Entry(
                "message.dropped",
                now,
                row.job,
                row.tenant,
                row.company_id,
                run_id=row.run_id,
                message_id=row.id,
                detail={"trace_id": row.trace_id, "channel": row.channel, "error": SUPERSEDED},
            )
            for row in rows
        ),
    )
    return len(rows)


def mails_since(
    connection: Connection, tenant: str, recipient: str, since: datetime
) -> Sequence[datetime]:
    """When mails went out to somebody as a person, each mail once, oldest first."""
    m = messages.c
    statement = (
        select(func.min(m.sent_at))
        .where(m.tenant == tenant, m.recipient == recipient, m.status == MessageStatus.SENT)
        .where(m.sent_at >= since, m.channel == "email", m.sent_in.is_not(None))
        .where(m.payload["template"].as_string() == PERSONAL)
        .group_by(m.sent_in)
    )
    return sorted(connection.scalars(statement))
