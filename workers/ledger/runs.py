"""Runs: one row per job, scope and slot, claimed under a lease, settled under its token."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    true,
    tuple_,
    update,
)

from monitoring import metrics
from tasks.domain.plurals import counted
from workers.ledger import audit, counters, leases, pauses
from workers.ledger.column_types import Instant
from workers.ledger.inserts import upsert
from workers.ledger.leases import Now
from workers.ledger.marks import OUTAGE
from workers.ledger.places import EVERY_PLACE, Place, Places
from workers.ledger.schema import acts, cases, marks, messages, runs, scopes, watches
from workers.ledger.scopes import Scope
from workers.ledger.statuses import WORKER_LOST, MessageStatus, Origin, RunStatus


@dataclass(frozen=True)
class Run:
    """One execution of a job for a scope and a slot. All instants are UTC."""

    id: int
    job: str
    tenant: str
    company_id: int
    #: When it was due by the timetable; of one that an event made, when it was made.
    slot: datetime
    status: RunStatus
    attempts: int
    token: str | None
    lease_until: datetime | None
    #: Not to be claimed before.
    next_attempt_at: datetime
    error_class: str | None
    error: str | None
    #: When the broker was last told of a run that nobody has claimed since.
    published_at: datetime | None
    created_at: datetime
    #: When it was first claimed.
    started_at: datetime | None
    finished_at: datetime | None
    trace_id: str
    detail: Mapping[str, Any] | None
    origin: Origin

    @property
    def place(self) -> Place:
        """Whose run it is."""
        return Place(self.job, self.tenant, self.company_id)


@dataclass(frozen=True, order=True)
class Slot:
    """A scheduled instant of a job and scope, which one run is for."""

    place: Place
    slot: datetime
    trace_id: str


@dataclass(frozen=True)
class Past:
    """What the ledger has of a place; what it has nothing of need not be asked for."""

    #: Whether a run by the timetable ever succeeded there; the newest success is kept.
    succeeded: bool
    #: Whether there are cases of it, or acts in its company.
    remembered: bool
    #: Whether there are messages of it.
    told: bool


@dataclass(frozen=True)
class Claim:
    """A run that is ours until its lease ends or somebody takes it over."""

    run: Run
    token: str
    #: What there was of its place before. Until its lease ends nobody but it adds to that, except
    #: for what people do.
    past: Past


@dataclass(frozen=True)
class Waiting:
    """What a run that succeeded leaves to be done by others."""

    #: Whether a run of its tenant is due of which the broker was not told.
    runs: bool
    #: Whether a message is due, however long it waits for others yet.
    messages: bool


@dataclass(frozen=True)
class TakenUp:
    """A run as its message found it, and what is known then of its place and of others."""

    run: Run
    #: Its company, as last seen in its Odoo.
    scope: Scope | None
    #: When the last pause of its place is over, or was.
    paused_until: datetime | None
    #: Whether anything that the fleet needs is away.
    outages: bool


def watch_since(connection: Connection, place: Place, now: datetime) -> datetime:
    """The instant from which slots of this job and scope count: `now` at first sight.

    A first sight that lies ahead is that of a clock that was wrong: it is `now` instead.
    """
    first_sight = upsert(connection, watches).values(**place.columns, since=now)
    connection.execute(
        first_sight.on_conflict_do_update(
            index_elements=list(place.columns), set_={"since": now}, where=watches.c.since > now
        )
    )
    since: datetime = connection.scalars(select(watches.c.since).filter_by(**place.columns)).one()
    return since


def closed_slots(
    connection: Connection, job: str, now: datetime
) -> Mapping[tuple[str, int], datetime]:
    """Up to when slots are dealt with: the newest slot with a run, or the first sight.

    By tenant and company; one that was never looked at is missing. What lies ahead is of a clock
    that was wrong, and closes nothing before it.
    """
    newest = (
        select(func.max(runs.c.slot))
        .where(*(runs.c[name] == watches.c[name] for name in ("job", "tenant", "company_id")))
        .where(runs.c.slot <= now, runs.c.origin == Origin.SLOT)
        .scalar_subquery()
    )
    place = (watches.c.tenant, watches.c.company_id)
    rows = connection.execute(select(*place, newest, watches.c.since).where(watches.c.job == job))
    closed = {(tenant, company_id): slot or since for tenant, company_id, slot, since in rows}
    return {place: until for place, until in closed.items() if until <= now}


def open_slots(connection: Connection, slots: Sequence[Slot], now: datetime) -> Sequence[Run]:
    """Make the run of each slot that has none, due at once; returns the new ones."""
    if not slots:
        return []
    fresh = {
        "status": RunStatus.PENDING,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    }
    # In one order for all who do so at once: otherwise they could lock each other out.
    rows = [
        {**each.place.columns, "slot": each.slot, "trace_id": each.trace_id, **fresh}
        for each in sorted(slots)
    ]
    statement = upsert(connection, runs).on_conflict_do_nothing().returning(runs)
    opened = [of_row(row) for row in connection.execute(statement, rows)]
    return sorted(opened, key=lambda run: run.id)


def open_slot(
    connection: Connection,
    place: Place,
    slot: datetime,
    now: datetime,
    trace_id: str,
) -> int | None:
    """Make the run of a slot, due at once; returns its id, or None when the slot has one."""
    opened = open_slots(connection, [Slot(place, slot, trace_id)], now)
    return opened[0].id if opened else None


def take_up(connection: Connection, run_id: int) -> TakenUp | None:
    """A run to be claimed, if there is one.

    Claims of one tenant wait for each other from here until the transaction ends, so make it short
    and claim once in it.
    """
    statement = _taking_up(alone=connection.dialect.name == "postgresql")
    row = connection.execute(statement, {"run_id": run_id}).one_or_none()
    if row is None:
        return None
    columns = row._asdict()
    columns.pop("alone", None)
    name, zone = columns.pop("scope_name"), columns.pop("zone")
    known = {key: columns.pop(key) for key in ("paused_until", "outages")}
    run = Run(**columns)
    scope = None if zone is None else Scope(run.tenant, run.company_id, name, ZoneInfo(zone))
    return TakenUp(run, scope, **known)


@cache
def _taking_up(*, alone: bool) -> Select[Any]:
    """One statement for all of it.

    alone: on SQLite every transaction is alone already. Elsewhere two claims that counted at the
    same moment would both see room for one.
    """
    lock = func.pg_advisory_xact_lock(func.hashtextextended("fleet:" + runs.c.tenant, 0))
    away = exists().where(marks.c.kind == OUTAGE)
    same = (scopes.c.tenant == runs.c.tenant) & (scopes.c.company_id == runs.c.company_id)
    return (
        select(
            runs,
            scopes.c.name.label("scope_name"),
            scopes.c.zone,
            pauses.last_until(runs).label("paused_until"),
            away.label("outages"),
            *([lock.label("alone")] if alone else []),
        )
        .select_from(runs.outerjoin(scopes, same))
        .where(runs.c.id == bindparam("run_id"))
    )


def claim(
    connection: Connection,
    run_id: int,
    now: datetime,
    lease: timedelta,
    tenant_limit: int,
    max_attempts: int,
    taken_up: TakenUp | None = None,
    counts: Sequence[metrics.Increment] | None = None,
) -> Claim | None:
    """Take a run that is due or abandoned; None when it is not ours to run now.

    What was published is due, whatever our clock says: that of who published it is a bit ahead.
    That is so while it is held or settled, while another run of its job and scope or
    `tenant_limit` runs of its tenant are held, and when its attempts are used up: then it is dead.
    One that an event made leaves room for a slot, where the limit is more than one.
    Counts a worker that was lost. taken_up: by whom it was already, which else is done first.
    counts: what a claim adds to the counters, for who counts nothing after it.
    """
    found = taken_up or take_up(connection, run_id)
    if found is not None and found.run.status is RunStatus.PENDING:
        fresh = {"token": uuid4().hex, "lease_until": now + lease}
        limits = {
            "tenant_limit": tenant_limit,
            "event_limit": _for_events(tenant_limit),
            "max_attempts": max_attempts,
        }
        values = {"run_id": run_id, "now": now, **fresh, **limits, **_of_run(found.run.place)}
        row = _changed(connection, _CLAIM, values, counts)
        if row is not None:
            return _claimed(found.run, row, **fresh)
    told = (runs.c.status == RunStatus.PENDING) & runs.c.published_at.is_not(None)
    ours = (runs.c.id == run_id) & (_claimable(now) | told)
    for row in leases.pick(connection, runs, ours, 1):
        run = of_row(row)
        if run.attempts >= max_attempts:
            _bury(connection, run, now)
        elif _has_room(connection, run, now, tenant_limit):
            _note_loss(connection, run, now)
            counters.add(connection, counts or ())
            return _take(connection, run, now, lease)
        else:
            # Its message is used up: whoever makes room publishes it again.
            leases.mark(connection, runs, [run_id], published_at=None)
    return None


def extend(connection: Connection, claim: Claim, now: datetime, lease: timedelta) -> None:
    """Hold a run for `lease` from now. Raises LeaseLost, also when the lease has run out.

    By then its place within the tenant's limit may be another run's.
    """
    leases.keep(connection, runs, claim.run.id, claim.token, now, lease_until=now + lease)


def succeed(
    connection: Connection,
    claim: Claim,
    now: datetime,
    detail: Mapping[str, Any],
    counts: Sequence[metrics.Increment] | None = None,
) -> Waiting:
    """Settle a run as done: what died before it in its place waits for nobody any more.

    Unless it was made by an event, and saw some records alone. counts: what else this adds to the
    counters, for who counts nothing after it. Raises LeaseLost when somebody took it over.
    """
    run = claim.run
    values = {"row_id": run.id, "held_by": claim.token, "at": now, "detail": detail}
    values |= {**_of_run(run.place), "its_slot": run.slot}
    row = _changed(connection, _SUCCEED, values, counts)
    if row is None:
        raise leases.lost(runs, run.id)
    if row.died and run.origin is not Origin.EVENT:
        for dead in connection.execute(_DEAD_BEFORE, {**run.place.columns, "before": run.slot}):
            _clear(connection, dead, now, by=f"run-{run.id}", reason="a later slot succeeded")
    return Waiting(row.runs_wait, row.messages_wait)


def _changed(
    connection: Connection,
    change: counters.Counted,
    values: Mapping[str, Any],
    counts: Sequence[metrics.Increment] | None,
) -> Row[Any] | None:
    if counts is None:
        return connection.execute(change.alone, values).one_or_none()
    return counters.change_last(connection, change, values, counts)


def retry_later(
    connection: Connection,
    claim: Claim,
    now: datetime,
    at: datetime,
    error_class: str,
    error: str,
) -> None:
    """Give a run back, to be claimed from `at` on. Raises LeaseLost when it was taken over."""
    again = {"next_attempt_at": at, "published_at": None}
    _settle(connection, claim, RunStatus.PENDING, error_class, error, **again)
    _note(connection, "run.retried", claim.run, now, error_class, error)


def wait(
    connection: Connection, claim: Claim, now: datetime, at: datetime, error_class: str, error: str
) -> None:
    """Give a run back that failed through no fault of ours: it costs no attempt.

    Raises LeaseLost as `retry_later`.
    """
    later = {"next_attempt_at": at, "published_at": None, "attempts": claim.run.attempts - 1}
    _settle(connection, claim, RunStatus.PENDING, error_class, error, **later)
    _note(connection, "run.waited", claim.run, now, error_class, error)


def put_off(
    connection: Connection, run_id: int, now: datetime, at: datetime, error_class: str, error: str
) -> None:
    """Have a due run that nobody has claimed wait until `at` for what is away."""
    due = (runs.c.id == run_id) & leases.waiting(runs, RunStatus.PENDING, now)
    said = {"error_class": error_class, "error": error}
    connection.execute(
        update(runs).where(due).values(next_attempt_at=at, published_at=None, **said)
    )


def give_up(connection: Connection, run: Run, now: datetime, error_class: str, error: str) -> bool:
    """Make a run that nobody holds a dead letter; whether it was ours to do."""
    waiting = (runs.c.id == run.id) & (runs.c.status == RunStatus.PENDING)
    end = {"status": RunStatus.DEAD, "finished_at": now, "published_at": None}
    said = {"error_class": error_class, "error": error}
    if connection.execute(update(runs).where(waiting).values(**end, **said)).rowcount != 1:
        return False
    _note(connection, "run.died", run, now, error_class, error)
    counters.add(connection, metrics.run_finished(run.job, run.tenant, "dead", 0.0, error_class))
    return True


def waiting_for(
    connection: Connection, tenant: str, error_classes: Collection[str]
) -> Sequence[Run]:
    """The runs of a tenant that wait because of such errors."""
    waiting = (runs.c.status == RunStatus.PENDING) & runs.c.error_class.in_(error_classes)
    found = select(runs).where(waiting, runs.c.tenant == tenant).order_by(runs.c.id)
    return [of_row(row) for row in connection.execute(found)]


def wake(connection: Connection, run_ids: Collection[int], now: datetime) -> None:
    """Make runs that wait due at once."""
    waiting = runs.c.id.in_(run_ids) & (runs.c.status == RunStatus.PENDING)
    connection.execute(update(runs).where(waiting).values(next_attempt_at=now, published_at=None))


def die(connection: Connection, claim: Claim, now: datetime, error_class: str, error: str) -> None:
    """Settle a run as a dead letter. Raises LeaseLost when somebody took it over."""
    _settle(connection, claim, RunStatus.DEAD, error_class, error, finished_at=now)
    _note(connection, "run.died", claim.run, now, error_class, error)


def to_publish(
    connection: Connection,
    now: datetime,
    quiet: timedelta,
    limit: int,
    *,
    tenant: str | None = None,
    full: Collection[str] = (),
) -> tuple[Run, ...]:
    """Claimable runs that the broker was not told of within `quiet`, marked as told now.

    All, or those of one tenant; but none of the tenants that are `full`, none that is paused, and
    none of a job and scope of which a run is held: no worker could take them. Slots go before
    events. Publish them after the transaction: what a crash between leaves out comes again after
    `quiet`.
    """
    values = {"now": now, "quiet_since": now - quiet, "most": limit, "tenant": tenant}
    statement = _to_publish(of_one=tenant is not None)
    found = connection.execute(statement, {**values, "full": sorted(full)})
    ids = [row.id for row in found]
    return tuple(of_row(row) for row in leases.mark(connection, runs, ids, published_at=now))


@cache
def _to_publish(*, of_one: bool) -> Select[Any]:
    place = (runs.c.job, runs.c.tenant, runs.c.company_id)
    now = bindparam("now", type_=Instant())
    wanted = and_(
        _claimable(now),
        ~pauses.paused(runs, now),
        runs.c.published_at.is_(None) | (runs.c.published_at <= bindparam("quiet_since")),
        runs.c.tenant.not_in(bindparam("full", expanding=True)),
        tuple_(*place).not_in(select(*place).where(_held(now))),
        runs.c.tenant == bindparam("tenant") if of_one else true(),
    )
    events_last = runs.c.origin == Origin.EVENT
    return leases.picking(runs, wanted, bindparam("most", type_=Integer()), events_last)


def get(connection: Connection, run_id: int) -> Run | None:
    """A run by its id."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    return None if row is None else of_row(row)


def latest(connection: Connection, limit: int) -> tuple[Run, ...]:
    """The runs made last, newest first."""
    rows = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(limit))
    return tuple(of_row(row) for row in rows)


def revive(connection: Connection, run_id: int, now: datetime, **noted: str) -> bool:
    """Make a dead run due again, with all its attempts; whether it was dead.

    noted: what the audit says of it beside the error, such as who did it.
    """
    for row in _pick_dead(connection, run_id):
        fresh = {"attempts": 0, "next_attempt_at": now, "published_at": None, "finished_at": None}
        fresh["started_at"] = None
        leases.mark(connection, runs, [run_id], status=RunStatus.PENDING, **fresh)
        _note(connection, "run.revived", of_row(row), now, row.error_class, row.error, **noted)
        return True
    return False


def clear(connection: Connection, run_id: int, now: datetime, **noted: str) -> bool:
    """Have a dead run wait for nobody any more: a person has seen it; whether it was dead."""
    for row in _pick_dead(connection, run_id):
        _clear(connection, row, now, **noted)
        return True
    return False


def _pick_dead(connection: Connection, run_id: int) -> Sequence[Row[Any]]:
    dead = (runs.c.id == run_id) & (runs.c.status == RunStatus.DEAD)
    return leases.pick(connection, runs, dead, 1)


def _clear(connection: Connection, row: Row[Any], now: datetime, **noted: str) -> None:
    cleared = update(runs).where(runs.c.id == row.id, runs.c.status == RunStatus.DEAD)
    if connection.execute(cleared.values(status=RunStatus.CLEARED)).rowcount == 1:
        _note(connection, "run.cleared", of_row(row), now, row.error_class, row.error, **noted)


def by_status(
    connection: Connection, of: Places = EVERY_PLACE
) -> Mapping[tuple[str, str, RunStatus], int]:
    """How many runs there are, by job, tenant and status; of these places only."""
    kind = (runs.c.job, runs.c.tenant, runs.c.status)
    counted = select(*kind, func.count()).filter_by(**of.columns)
    rows = connection.execute(counted.group_by(*kind).order_by(*kind))
    return {(job, tenant, status): count for job, tenant, status, count in rows}


def oldest_due(
    connection: Connection, now: datetime, of: Places = EVERY_PLACE
) -> Mapping[str, float]:
    """Seconds that the longest waiting run has been claimable, by job; no job without one.

    of: these places only. What is paused waits on purpose.
    """
    free = _claimable(now) & ~pauses.paused(runs, now)
    return leases.oldest(connection, runs, free, runs.c.job, now, **of.columns)


def busy_tenants(connection: Connection, now: datetime) -> Sequence[str]:
    """Tenants of which a slot's run is due or held; what is paused waits on purpose.

    Events come all day long: nobody waits for what their runs find.
    """
    due = _claimable(now) & ~pauses.paused(runs, now)
    busy = (due | _held(now)) & (runs.c.origin == Origin.SLOT)
    found = select(runs.c.tenant).where(busy).distinct().order_by(runs.c.tenant)
    return connection.scalars(found).all()


def succeeded(connection: Connection, place: Place) -> bool:
    """Whether the job ever saw all of this company; the newest success is kept."""
    return connection.execute(_SUCCESS, place.columns).first() is not None


def past(connection: Connection, place: Place) -> Past:
    """What the ledger has of a place."""
    return Past(**connection.execute(_PAST, place.columns).one()._asdict())


def _claimable(now: Now) -> ColumnElement[bool]:
    return leases.waiting(runs, RunStatus.PENDING, now) | leases.abandoned(
        runs, RunStatus.RUNNING, now
    )


def _held(now: Now) -> ColumnElement[bool]:
    return leases.held(runs, RunStatus.RUNNING, now)


def _for_events(tenant_limit: int) -> int:
    """How many runs may be held for one that an event made to begin: it leaves room for a slot."""
    return max(1, tenant_limit - 1)


def _has_room(connection: Connection, run: Run, now: datetime, tenant_limit: int) -> bool:
    held = select(runs.c.job, runs.c.company_id).where(runs.c.tenant == run.tenant, _held(now))
    busy = [(row.job, row.company_id) for row in connection.execute(held)]
    if run.origin is Origin.EVENT:
        tenant_limit = _for_events(tenant_limit)
    return len(busy) < tenant_limit and (run.job, run.company_id) not in busy


def _take(connection: Connection, run: Run, now: datetime, lease: timedelta) -> Claim:
    (row,) = leases.take(
        connection,
        runs,
        [run.id],
        now + lease,
        status=RunStatus.RUNNING,
        started_at=func.coalesce(runs.c.started_at, now),
        published_at=None,
    )
    return Claim(of_row(row), row.token, past(connection, run.place))


def _claimed(run: Run, row: Row[Any], **fresh: Any) -> Claim:
    """A run that was taken up as it is now that it is claimed."""
    columns = row._asdict()
    known = {name: columns.pop(name) for name in Past.__dataclass_fields__}
    taken = {"status": RunStatus.RUNNING, "published_at": None, **fresh, **columns}
    return Claim(replace(run, **taken), taken["token"], Past(**known))


def _bury(connection: Connection, run: Run, now: datetime) -> None:
    error_class, error = _cause_of_death(run)
    end = {"status": RunStatus.DEAD, "finished_at": now, **leases.LET_GO}
    dead = update(runs).where(runs.c.id == run.id)
    connection.execute(dead.values(**end, error_class=error_class, error=error))
    _note(connection, "run.died", run, now, error_class, error)
    seconds = (now - (run.started_at or now)).total_seconds()
    died = metrics.run_finished(run.job, run.tenant, "dead", seconds)
    _note_loss(connection, run, now, died)


def _note_loss(
    connection: Connection, run: Run, now: datetime, died: Sequence[metrics.Increment] = ()
) -> None:
    """A run whose lease ran out while it was running lost its worker; nobody else tells."""
    increments = list(died)
    if run.status is RunStatus.RUNNING:
        _note(connection, "run.lost", run, now, WORKER_LOST, f"at attempt {run.attempts}")
        increments += metrics.raised(run.job, run.tenant, WORKER_LOST)
    counters.add(connection, increments)


def _cause_of_death(run: Run) -> tuple[str, str]:
    if run.error_class is None:
        return WORKER_LOST, f"lost its worker at {counted(run.attempts, 'attempt')}"
    if run.status is RunStatus.RUNNING:
        return WORKER_LOST, f"lost its worker at attempt {run.attempts}; before: {run.error}"
    return run.error_class, f"attempt {run.attempts} was its last: {run.error}"


def _settle(
    connection: Connection,
    claim: Claim,
    status: RunStatus,
    error_class: str | None,
    error: str | None,
    **values: Any,
) -> None:
    outcome = {"status": status, "error_class": error_class, "error": error, **values}
    leases.settle(connection, runs, claim.run.id, claim.token, **outcome)


def _note(
    connection: Connection,
    what: str,
    run: Run,
    now: datetime,
    error_class: str,
    error: str,
    **noted: str,
) -> None:
    entry = audit.Entry(
        what,
        now,
        run.job,
        run.tenant,
        run.company_id,
        run_id=run.id,
        detail={
            "trace_id": run.trace_id,
            "slot": run.slot.isoformat(),
            "attempts": run.attempts,
            "error_class": error_class,
            "error": error,
            **noted,
        },
    )
    audit.note(connection, entry)


def of_row(row: Row[Any]) -> Run:
    """A run as its row tells it."""
    return Run(**row._asdict())


def _of_run(place: Place) -> Mapping[str, Any]:
    """The parameters of `_OF_RUN`."""
    return {_OF_RUN[name].key: value for name, value in place.columns.items()}


# Parameters, since what returns of a changed row names no tables on SQLite: there `tenant = tenant`
# would be true of any other row.
_OF_RUN: Mapping[str, Any] = {
    name: bindparam(f"its_{name}") for name in ("job", "tenant", "company_id")
}
_SLOT = bindparam("its_slot", type_=Instant())


def _claiming() -> Any:
    """Take a run that is due or published while there is room; what else may be is for `claim`."""
    now = bindparam("now", type_=Instant())
    others = runs.alias("others")
    busy = (others.c.status == RunStatus.RUNNING) & (others.c.lease_until > now)
    busy &= others.c.tenant == runs.c.tenant
    same = (others.c.job == runs.c.job) & (others.c.company_id == runs.c.company_id)
    by_event = runs.c.origin == Origin.EVENT
    count = select(func.count()).select_from(others).where(busy).scalar_subquery()
    changing = ("attempts", "next_attempt_at", "error_class", "error", "started_at")
    return (
        update(runs)
        .where(
            runs.c.id == bindparam("run_id"),
            runs.c.status == RunStatus.PENDING,
            (runs.c.next_attempt_at <= now) | runs.c.published_at.is_not(None),
            runs.c.attempts < bindparam("max_attempts"),
            count < case((by_event, bindparam("event_limit")), else_=bindparam("tenant_limit")),
            ~exists().where(busy, same),
        )
        .values(
            status=RunStatus.RUNNING,
            token=bindparam("token"),
            lease_until=bindparam("lease_until"),
            attempts=runs.c.attempts + 1,
            started_at=func.coalesce(runs.c.started_at, now),
            published_at=None,
        )
        # What can be another than when it was taken up, and not what that is known to be now.
        .returning(*(runs.c[name] for name in changing), *_past_of(_OF_RUN))
    )


def _past_of(its: Mapping[str, Any]) -> Sequence[ColumnElement[bool]]:
    """The fields of Past, of the place that these parameters name."""
    before = runs.alias("before")

    def known(table: Any, *names: str) -> Any:
        about = (table.c[name] == its[name] for name in names)
        return exists(literal_column("1")).where(*about)

    place = ("job", "tenant", "company_id")
    success = (before.c.status == RunStatus.SUCCEEDED) & (before.c.origin == Origin.SLOT)
    return (
        known(before, *place).where(success).label("succeeded"),
        (known(cases, *place) | known(acts, "tenant", "company_id")).label("remembered"),
        known(messages, *place).label("told"),
    )


def _succeeding() -> Any:
    """Settle a run, and ask what else there is to do then."""
    at = bindparam("at", type_=Instant())
    others = runs.alias("others")
    dead = (others.c.status == RunStatus.DEAD) & (others.c.slot < _SLOT)
    dead &= (others.c.job == _OF_RUN["job"]) & (others.c.company_id == _OF_RUN["company_id"])
    untold = leases.waiting(others, RunStatus.PENDING, at) & others.c.published_at.is_(None)
    due = leases.waiting(messages, MessageStatus.QUEUED, at)

    def any_of(*such: ColumnElement[bool]) -> Any:
        return exists(literal_column("1")).where(*such)

    outcome = {
        "status": RunStatus.SUCCEEDED,
        "error_class": None,
        "error": None,
        "finished_at": at,
        "detail": bindparam("detail"),
    }
    held = leases.held_by(runs).values(**outcome, **leases.LET_GO)
    return held.returning(
        any_of(others.c.tenant == _OF_RUN["tenant"], dead).label("died"),
        any_of(others.c.tenant == _OF_RUN["tenant"], untold).label("runs_wait"),
        any_of(due).label("messages_wait"),
    )


_CLAIM = counters.Counted(_claiming())
_SUCCEED = counters.Counted(_succeeding())
_PLACE: Mapping[str, Any] = {name: bindparam(name) for name in ("job", "tenant", "company_id")}
_PAST = select(*_past_of(_PLACE))
_OF_PLACE = [runs.c[name] == value for name, value in _PLACE.items()]
_DEAD_BEFORE = select(runs).where(
    *_OF_PLACE, runs.c.status == RunStatus.DEAD, runs.c.slot < bindparam("before")
)
_SUCCESS = (
    select(runs.c.id)
    .where(*_OF_PLACE, runs.c.status == RunStatus.SUCCEEDED, runs.c.origin == Origin.SLOT)
    .limit(1)
)
