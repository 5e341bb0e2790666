"""Instants that a clock left which ran ahead, once it is put right: nothing waits for them.

What is written here is compared with the time; what lies further ahead than anything is ever put
off would stand in the way until the clock gets there, which may be years.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, or_, select, update

from workers.ledger import marks as kept
from workers.ledger.schema import effects, inbox, marks, messages, runs, scopes
from workers.ledger.statuses import EffectStatus, EventStatus, MessageStatus, RunStatus

# No reader's nights, days off and steps make a message wait for longer.
LONGEST_CALM: Final = timedelta(days=31)
LIMIT: Final = 500
# They are left anew within a minute by whoever is alive, or wait for their owner in vain.
LIFE: Final = (kept.BEAT, kept.WORKER)
SIGNS: Final = (kept.COMING, kept.LOOK, kept.CONFIGURATION)
ONCE_IN_A_WHILE: Final = (kept.CIRCUIT, kept.DISCOVERY, kept.RETURN, kept.SOURCE)


@dataclass(frozen=True)
class Bounds:
    """How far ahead of `now` an instant may lie."""

    now: datetime
    #: By which the clocks of machines may differ.
    skew: timedelta
    #: The longest pause between attempts.
    wait: timedelta

    def lies_ahead(self, column: Column[Any]) -> ColumnElement[bool]:
        """Whether no clock that is right wrote it."""
        return column > self.now + self.skew

    def waits_too_long(self, column: Column[Any]) -> ColumnElement[bool]:
        """Whether nothing is put off for so long."""
        return column > self.now + self.wait


def put_right(connection: Connection, bounds: Bounds) -> int:
    """Have nothing wait, or be held, for longer than it should; returns how many rows did.

    Signs of life that lie ahead are taken away first, and the rest is left for the next time: if
    they are there again by then, somebody lives by another clock, and it may be ours that is wrong.
    """
    alive = marks.c.kind.in_(LIFE) & bounds.lies_ahead(marks.c.at)
    if signs := connection.execute(delete(marks).where(alive)).rowcount:
        return signs
    return (
        _leases(connection, bounds)
        + _runs(connection, bounds)
        + _messages(connection, bounds)
        + _events(connection, bounds)
        + _effects(connection, bounds)
        + _marks(connection, bounds)
        + _change(connection, scopes, bounds.lies_ahead(scopes.c.seen_at), seen_at=_old(bounds))
    )


def _old(bounds: Bounds) -> datetime:
    return bounds.now - timedelta(days=1)


def _leases(connection: Connection, bounds: Bounds) -> int:
    # Who is alive gives a sign before it is over.
    soon = bounds.now + bounds.skew
    running = runs.c.status == RunStatus.RUNNING
    going = messages.c.status.in_((MessageStatus.CLAIMED, MessageStatus.SENDING))
    claimed = inbox.c.status == EventStatus.CLAIMED
    return sum(
        _change(
            connection, table, held & (table.c.lease_until > soon + bounds.skew), lease_until=soon
        )
        for table, held in (
            (runs, running),
            (messages, going),
            (inbox, claimed),
            (effects, effects.c.token.is_not(None)),
        )
    )


def _runs(connection: Connection, bounds: Bounds) -> int:
    c = runs.c
    pending = c.status == RunStatus.PENDING
    # A slot that lies ahead itself waits for its time.
    retried = pending & (c.slot <= bounds.now) & bounds.waits_too_long(c.next_attempt_at)
    told = pending & bounds.lies_ahead(c.published_at)
    return _change(
        connection, runs, retried, next_attempt_at=bounds.now, published_at=None
    ) + _change(connection, runs, told, published_at=None)


def _messages(connection: Connection, bounds: Bounds) -> int:
    c = messages.c
    queued = c.status == MessageStatus.QUEUED
    made = select(c.id, c.created_at, c.next_attempt_at).where(
        queued, bounds.lies_ahead(c.created_at)
    )
    found = connection.execute(made.limit(LIMIT)).all()
    for row in found:
        # Its hour was chosen by the clock that was wrong.
        at = max(row.next_attempt_at - (row.created_at - bounds.now), bounds.now)
        one = update(messages).where(c.id == row.id)
        connection.execute(one.values(created_at=bounds.now, next_attempt_at=at))
    failed = c.error_class.is_not(None) & bounds.waits_too_long(c.next_attempt_at)
    far = c.next_attempt_at > bounds.now + LONGEST_CALM
    since = bounds.lies_ahead(c.waiting_since)
    return (
        len(found)
        + _change(connection, messages, queued & (failed | far), next_attempt_at=bounds.now)
        + _change(connection, messages, queued & since, waiting_since=bounds.now)
    )


def _events(connection: Connection, bounds: Bounds) -> int:
    c = inbox.c
    late = (c.status == EventStatus.WAITING) & bounds.waits_too_long(c.next_attempt_at)
    return _change(connection, inbox, late, next_attempt_at=bounds.now)


def _effects(connection: Connection, bounds: Bounds) -> int:
    c = effects.c
    waits = c.status.in_((EffectStatus.READY, EffectStatus.UNKNOWN))
    late = waits & bounds.waits_too_long(c.next_attempt_at)
    since = bounds.lies_ahead(c.since)
    return _change(connection, effects, late, next_attempt_at=bounds.now) + _change(
        connection, effects, since, since=bounds.now
    )


def _marks(connection: Connection, bounds: Bounds) -> int:
    c = marks.c
    signs = c.kind.in_(SIGNS) & bounds.lies_ahead(c.at)
    others = c.kind.in_(ONCE_IN_A_WHILE) & bounds.waits_too_long(c.at)
    gone = connection.execute(delete(marks).where(or_(signs, others))).rowcount
    away = and_(c.kind == kept.OUTAGE, bounds.waits_too_long(c.at))
    # Since when it has been away nobody knows any more: since now.
    found = connection.execute(select(c.name, c.detail).where(away)).all()
    for row in found:
        one = update(marks).where(c.kind == kept.OUTAGE, c.name == row.name)
        detail = {**row.detail, "since": bounds.now.isoformat()}
        connection.execute(one.values(at=bounds.now, detail=detail))
    return gone + len(found)


def _change(connection: Connection, table: Table, which: ColumnElement[bool], **values: Any) -> int:
    keys: Sequence[Column[Any]] = list(table.primary_key)
    found = connection.execute(select(*keys).where(which).limit(LIMIT)).all()
    for row in found:
        one = and_(*(key == value for key, value in zip(keys, row, strict=True)))
        connection.execute(update(table).where(one, which).values(**values))
    return len(found)
