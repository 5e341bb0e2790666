"""Events that sources tell of: each kept once, then handed on to the runs that look at it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select, update

from tasks.declaration import SIGNED
from tasks.domain.news import Subject
from workers.ledger import leases
from workers.ledger.inserts import upsert
from workers.ledger.places import Place
from workers.ledger.schema import inbox, runs, woken
from workers.ledger.statuses import EventStatus, Origin, RunStatus

TICK: Final = timedelta(microseconds=1)
# What one question may name.
PAGE: Final = 1000
# Whatever came before is not asked for any more.
RECENT: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Event:
    """A sign that a record changed; what is true is asked of Odoo."""

    tenant: str
    #: The name that the tenant's configuration gives the source.
    source: str
    #: The source's own, unique within it.
    event_id: str
    #: As `tasks.declaration.Wake.event`.
    kind: str
    model: str
    record_id: int
    occurred_at: datetime
    #: What else the source said, which nobody believes: values before and after, who did it.
    detail: Mapping[str, Any] = field(default_factory=dict)
    trace_id: str = ""


@dataclass(frozen=True)
class Received:
    """An event in the inbox, and what became of it."""

    id: int
    event: Event
    received_at: datetime
    status: EventStatus
    attempts: int
    token: str | None
    #: Not to be looked at before.
    next_attempt_at: datetime
    error_class: str | None
    error: str | None
    #: Whether only a feed told of it; None until that is known, and of other sources.
    missed: bool | None = None


def receive(
    connection: Connection,
    events: Iterable[Event],
    now: datetime,
    unfit: Mapping[str, str] | None = None,
) -> Sequence[Event]:
    """Keep the events that are not there yet; returns those.

    unfit: why one is parked at once, by its id.
    """
    unfit = unfit or {}
    rows = [
        {
            **{name: value for name, value in vars(event).items() if name != "detail"},
            "detail": dict(event.detail),
            "trace_id": event.trace_id or uuid4().hex,
            "received_at": now,
            "status": EventStatus.PARKED if event.event_id in unfit else EventStatus.WAITING,
            "attempts": 0,
            "next_attempt_at": now,
            "error_class": "NoEvent" if event.event_id in unfit else None,
            "error": unfit.get(event.event_id),
        }
        # In one order for all who do so at once: otherwise they could lock each other out.
        for event in sorted(events, key=lambda event: event.event_id)
    ]
    if not rows:
        return []
    statement = upsert(connection, inbox).on_conflict_do_nothing().returning(inbox)
    return [of_row(row).event for row in connection.execute(statement, rows)]


def known(connection: Connection, tenant: str, source: str, event_id: str) -> Received | None:
    """The event of this id, where it is there already."""
    found = select(inbox).filter_by(tenant=tenant, source=source, event_id=event_id)
    row = connection.execute(found).one_or_none()
    return None if row is None else of_row(row)


def unknown(
    connection: Connection, tenant: str, source: str, event_ids: Sequence[str]
) -> frozenset[str]:
    """Those of these ids of a source that are not there yet."""
    of_it = select(inbox.c.event_id).filter_by(tenant=tenant, source=source)
    there: set[str] = set()
    for start in range(0, len(event_ids), PAGE):
        asked = inbox.c.event_id.in_(event_ids[start : start + PAGE])
        there |= set(connection.scalars(of_it.where(asked)))
    return frozenset(event_ids) - there


def tenants_waiting(connection: Connection, now: datetime) -> Sequence[str]:
    """The tenants of which an event waits to be handed on."""
    found = select(inbox.c.tenant).where(_free(now)).distinct().order_by(inbox.c.tenant)
    return connection.scalars(found).all()


def take(
    connection: Connection, tenant: str, now: datetime, lease: timedelta, limit: int
) -> Sequence[Received]:
    """Events of a tenant that nobody has handed on yet, held by who takes them."""
    free = _free(now) & (inbox.c.tenant == tenant)
    ids = [row.id for row in leases.pick(connection, inbox, free, limit)]
    taken = leases.take(connection, inbox, ids, now + lease, status=EventStatus.CLAIMED)
    return [of_row(row) for row in taken]


def settle(
    connection: Connection,
    received: Received,
    status: EventStatus,
    error: Exception | None = None,
) -> None:
    """Let go of an event that is dealt with. Raises LeaseLost when somebody took it over."""
    leases.settle(
        connection,
        inbox,
        received.id,
        received.token or "",
        status=status,
        error_class=type(error).__name__ if error else None,
        error=str(error) if error else None,
    )


def put_off(
    connection: Connection, received: Received, until: datetime, error: Exception, *, costs: bool
) -> None:
    """Give an event back until then. Raises LeaseLost as `settle`.

    costs: whether that uses up one of its attempts.
    """
    leases.settle(
        connection,
        inbox,
        received.id,
        received.token or "",
        status=EventStatus.WAITING,
        next_attempt_at=until,
        attempts=received.attempts - (0 if costs else 1),
        error_class=type(error).__name__,
        error=str(error),
    )


def wake(
    connection: Connection, place: Place, event_ids: Iterable[int], now: datetime, trace_id: str
) -> int:
    """Have a run of this place look at these events; its id.

    It is the one that events made before and that nobody is at work on, or else a new one.
    """
    run_id = _waiting_run(connection, place) or _new_run(connection, place, now, trace_id)
    rows = [{"run_id": run_id, "event_id": each} for each in sorted(event_ids)]
    connection.execute(upsert(connection, woken).on_conflict_do_nothing(), rows)
    return run_id


def events_of(connection: Connection, run_id: int) -> Sequence[Received]:
    """What a run looks at, oldest first."""
    found = select(inbox).join(woken, woken.c.event_id == inbox.c.id)
    rows = connection.execute(found.where(woken.c.run_id == run_id).order_by(inbox.c.id))
    return [of_row(row) for row in rows]


def of_ids(connection: Connection, ids: Sequence[int]) -> Sequence[Received]:
    """The events of these ids that there are."""
    found = select(inbox).where(inbox.c.id.in_(ids)).order_by(inbox.c.id)
    return [of_row(row) for row in connection.execute(found)]


def subjects(events: Iterable[Received]) -> frozenset[Subject]:
    """Model and id of what events are about."""
    return frozenset((each.event.model, each.event.record_id) for each in events)


def by_subject(events: Iterable[Received]) -> Mapping[Subject, Sequence[str]]:
    """The events about each record, each named by its source and its id there."""
    found: dict[Subject, list[str]] = {}
    for each in events:
        event = each.event
        found.setdefault((event.model, event.record_id), []).append(
            f"{event.source}/{event.event_id}"
        )
    return found


def runs_of(connection: Connection, event_ids: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
    """The runs that look at each of these events, and how those are, by id."""
    found = (
        select(woken.c.event_id, runs.c.id, runs.c.status)
        .join(runs, runs.c.id == woken.c.run_id)
        .where(woken.c.event_id.in_(event_ids))
        .order_by(runs.c.id)
    )
    by_event: dict[int, dict[int, str]] = {}
    for event_id, run_id, status in connection.execute(found):
        by_event.setdefault(event_id, {})[run_id] = status
    return by_event


def oldest_unhandled(connection: Connection, now: datetime) -> Mapping[str, float]:
    """Seconds since the oldest event came of which no run has ended yet, by tenant."""
    going = exists().where(
        woken.c.event_id == inbox.c.id,
        woken.c.run_id == runs.c.id,
        runs.c.status.in_((RunStatus.PENDING, RunStatus.RUNNING)),
    )
    waits = inbox.c.status.in_((EventStatus.WAITING, EventStatus.CLAIMED))
    since = func.min(inbox.c.received_at)
    rows = connection.execute(
        select(inbox.c.tenant, since)
        .where(waits | ((inbox.c.status == EventStatus.WOKE) & going))
        .group_by(inbox.c.tenant)
    )
    return {tenant: (now - at).total_seconds() for tenant, at in rows}


def last_heard(connection: Connection, tenant: str) -> Mapping[str, datetime]:
    """When each source of a tenant told of something last, of what is kept."""
    found = select(inbox.c.source, func.max(inbox.c.received_at).label("at")).filter_by(
        tenant=tenant
    )
    rows = connection.execute(found.group_by(inbox.c.source))
    return {row.source: row.at for row in rows}


def signed(
    connection: Connection, tenant: str, sources: Collection[str]
) -> Mapping[Subject, datetime]:
    """When each record was first signed, as these sources told by events whose kind says so."""
    of = (inbox.c.tenant == tenant) & inbox.c.source.in_(sorted(sources))
    of &= inbox.c.kind.endswith(f".{SIGNED}", autoescape=True)
    found = select(inbox.c.model, inbox.c.record_id, func.min(inbox.c.occurred_at).label("at"))
    rows = connection.execute(found.where(of).group_by(inbox.c.model, inbox.c.record_id))
    return {(row.model, row.record_id): row.at for row in rows}


def parked(connection: Connection) -> Mapping[tuple[str, str], int]:
    """How many events wait for a person, by tenant and source."""
    kind = (inbox.c.tenant, inbox.c.source)
    found = select(*kind, func.count()).where(inbox.c.status == EventStatus.PARKED)
    rows = connection.execute(found.group_by(*kind))
    return {(tenant, source): count for tenant, source, count in rows}


def change_parked(
    connection: Connection, event_id: int, status: EventStatus, now: datetime
) -> bool:
    """Take a parked event up again (WAITING, with all its attempts) or drop it; whether it was."""
    is_parked = (inbox.c.id == event_id) & (inbox.c.status == EventStatus.PARKED)
    changed = update(inbox).where(is_parked)
    values = {"status": status, "attempts": 0, "next_attempt_at": now}
    return connection.execute(changed.values(values)).rowcount == 1


def count_missed(
    connection: Connection, tenant: str, feeds: Sequence[str], seen_before: datetime
) -> Mapping[str, int]:
    """How many changes only the feed told of, by model; each is counted once.

    seen_before: what came later may still be told of by another source.
    """
    undecided = inbox.c.missed.is_(None) & inbox.c.received_at.between(
        seen_before - RECENT, seen_before
    )
    ours = undecided & (inbox.c.tenant == tenant) & inbox.c.source.in_(feeds)
    other = inbox.alias("other")
    told = exists().where(
        other.c.tenant == inbox.c.tenant,
        other.c.model == inbox.c.model,
        other.c.record_id == inbox.c.record_id,
        other.c.source.not_in(feeds),
        # By the feed it occurred in the whole second in which the record was written.
        other.c.occurred_at >= inbox.c.occurred_at,
    )
    changed = update(inbox).where(ours).values(missed=~told)
    found: dict[str, int] = {}
    for model, missed in connection.execute(changed.returning(inbox.c.model, inbox.c.missed)):
        found[model] = found.get(model, 0) + int(missed)
    return found


def none_missed(connection: Connection, tenant: str, source: str, model: str) -> None:
    """Decide that what a source told of the model until now was missed by no other."""
    of = {"tenant": tenant, "source": source, "model": model, "missed": None}
    connection.execute(update(inbox).filter_by(**of).values(missed=False))


def _free(now: datetime) -> ColumnElement[bool]:
    return leases.waiting(inbox, EventStatus.WAITING, now) | leases.abandoned(
        inbox, EventStatus.CLAIMED, now
    )


def _waiting_run(connection: Connection, place: Place) -> int | None:
    of_events = select(runs.c.id).filter_by(
        **place.columns, origin=Origin.EVENT, status=RunStatus.PENDING
    )
    # Locked, so that nobody begins it while more is given to it.
    found = of_events.order_by(runs.c.id).limit(1).with_for_update(skip_locked=True)
    return connection.execute(found).scalar()


def _new_run(connection: Connection, place: Place, now: datetime, trace_id: str) -> int:
    last = select(func.max(runs.c.slot)).filter_by(**place.columns, origin=Origin.EVENT)
    before = connection.execute(last.where(runs.c.slot <= now + timedelta(seconds=1))).scalar()
    made = {
        **place.columns,
        # Never a whole minute, so that it takes no slot's place.
        "slot": max(now, before or now) + TICK,
        "status": RunStatus.PENDING,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
        "trace_id": trace_id,
        "origin": Origin.EVENT,
    }
    made_id: int = connection.execute(insert(runs).values(made).returning(runs.c.id)).scalar_one()
    return made_id


def of_row(row: Row[Any]) -> Received:
    """An event as its row tells it."""
    own = {name: getattr(row, name) for name in Event.__dataclass_fields__}
    rest = (name for name in Received.__dataclass_fields__ if name not in ("event",))
    return Received(event=Event(**own), **{name: getattr(row, name) for name in rest})
