"""Effects: proposals of writes into Odoo, each done at most once, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from tasks.domain.matrix import Request
from tasks.domain.proposals import Mode
from tasks.domain.splitting import Split
from tasks.domain.texts import Text
from workers.ledger import audit, leases, pauses
from workers.ledger.errors import LeaseLost
from workers.ledger.inserts import insert_once
from workers.ledger.places import Place
from workers.ledger.schema import effects
from workers.ledger.statuses import WORKER_LOST, EffectStatus

REQUEST = TypeAdapter(Request)


@dataclass(frozen=True)
class NewEffect:
    """A proposal as a run hands it over; once for each (tenant, kind, subject, identity)."""

    place: Place
    kind: str
    model: str
    record_id: int
    identity: str
    values: Mapping[str, Any]
    why: Text
    #: What it would do, in words.
    preview: Text
    mode: Mode
    status: EffectStatus
    request: Request | None
    #: The matrix that decides about it and its version; "" where none does.
    matrix: str
    matrix_version: str
    run_id: int | None
    trace_id: str
    #: The message that has it done here and now; None where the queue of effects does.
    message_id: int | None = None


@dataclass(frozen=True)
class Effect:
    """A row of the ledger. All instants are UTC; `token` holds it while the lease lasts."""

    id: int
    job: str
    tenant: str
    company_id: int
    kind: str
    model: str
    record_id: int
    identity: str
    values: Mapping[str, Any]
    why: Text
    preview: Text
    mode: Mode
    request: Request | None
    matrix: str
    matrix_version: str
    #: What came of it in Odoo.
    result: Mapping[str, Any] | None
    status: EffectStatus
    attempts: int
    token: str | None
    lease_until: datetime | None
    next_attempt_at: datetime
    error_class: str | None
    error: str | None
    created_at: datetime
    #: Since when it waits as its status says.
    since: datetime
    run_id: int | None
    trace_id: str
    #: The message that has it done. When that is lost the queue only looks what became of it.
    message_id: int | None = None
    #: When the time of each level was over that had been silent, by name; ISO instants.
    silent: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Whose proposal it is."""
        return Place(self.job, self.tenant, self.company_id)


def propose(connection: Connection, new: NewEffect, now: datetime) -> int | None:
    """Keep a proposal; its id, or None where it was proposed before. Audited.

    One that was withdrawn is asked for anew.
    """
    found = _insert(connection, new, now) or _revived(connection, new, now)
    if found is not None:
        row = get(connection, found)
        assert row is not None
        _note(connection, "effect.proposed", row, now, status=new.status.value)
    return found


def _revived(connection: Connection, new: NewEffect, now: datetime) -> int | None:
    """The id of the same proposal, where it was withdrawn; it says what it says now."""
    withdrawn = _same(new) & (effects.c.status == EffectStatus.WITHDRAWN)
    anew = {"created_at": now, "since": now, "next_attempt_at": now, "silent": {}}
    anew |= {"attempts": 0, "error_class": None, "error": None}
    values = {**_values(new), **anew}
    statement = update(effects).where(withdrawn).values(values).returning(effects.c.id)
    found: int | None = connection.scalar(statement)
    return found


def renew(connection: Connection, new: NewEffect) -> None:
    """While it waits, whom fields of its records name may change: it goes by those of now."""
    open_ones = effects.c.status.in_([EffectStatus.PROPOSED, EffectStatus.WAITING])
    row = connection.execute(select(effects).where(_same(new), open_ones)).first()
    if row is None or row.request is None or new.request is None:
        return
    held = {"held": {field: list(who) for field, who in new.request.held.items()}}
    if row.request | held != row.request:
        told = {"request": {**row.request, **held}}
        connection.execute(update(effects).where(effects.c.id == row.id).values(told))


def same(connection: Connection, new: NewEffect) -> Effect | None:
    """The proposal that is there already, locked; None without one."""
    row = connection.execute(select(effects).where(_same(new)).with_for_update()).first()
    return None if row is None else of_row(row)


def note_silent(connection: Connection, effect: Effect, level: str, now: datetime) -> None:
    """A level has had its time, and has not decided."""
    silent = {**effect.silent, level: now.isoformat()}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(silent=silent))
    _note(connection, "effect.level_silent", effect, now, level=level)


def note_split(connection: Connection, effect: Effect, now: datetime, split: Split) -> None:
    """With others it would have needed a higher level as one."""
    levels = [level.name for level in split.together.levels]
    told = {"effects": list(split.ids), "amount": f"{split.amount:f}", "currency": split.currency}
    _note(connection, "effect.perhaps_split", effect, now, **told, levels=levels)


def withdraw(connection: Connection, effect: Effect, now: datetime, by: str) -> None:
    """What waits for people is not asked for any more; by: what took its place, or why."""
    values = {"status": EffectStatus.WITHDRAWN, "since": now}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(values))
    _note(connection, "effect.withdrawn", effect, now, by=by)


def _insert(connection: Connection, new: NewEffect, now: datetime) -> int | None:
    rest = {"attempts": 0, "next_attempt_at": now, "created_at": now, "since": now, "silent": {}}
    return insert_once(connection, effects, {**_values(new), **rest})


def _values(new: NewEffect) -> dict[str, Any]:
    values = vars(new) | new.place.columns
    del values["place"]
    request = None if new.request is None else REQUEST.dump_python(new.request, mode="json")
    return {**values, "request": request}


def _same(new: NewEffect) -> ColumnElement[bool]:
    return and_(
        effects.c.tenant == new.place.tenant,
        effects.c.kind == new.kind,
        effects.c.model == new.model,
        effects.c.record_id == new.record_id,
        effects.c.identity == new.identity,
    )


def take(connection: Connection, new: NewEffect, now: datetime, lease: timedelta) -> Effect:
    """Take what a message tells, kept as it says now, to be done at once.

    One that is done, or was undone, is not taken, and comes as it is. Raises LeaseLost where
    another worker is at it.
    """
    _insert(connection, new, now)
    row = connection.execute(select(effects).where(_same(new)).with_for_update()).one()
    if row.status in (EffectStatus.DONE, EffectStatus.UNDONE):
        return of_row(row)
    if row.token is not None and row.lease_until > now:
        raise LeaseLost(f"effect-{row.id} is being done by another worker")
    perhaps = row.status in (EffectStatus.WRITING, EffectStatus.UNKNOWN)
    (taken,) = leases.take(
        connection,
        effects,
        [row.id],
        now + lease,
        status=row.status if perhaps else EffectStatus.CLAIMED,
        values=dict(new.values),
        preview=new.preview,
        message_id=new.message_id,
    )
    return of_row(taken)


def get(connection: Connection, effect_id: int, *, lock: bool = False) -> Effect | None:
    """One effect."""
    statement = select(effects).where(effects.c.id == effect_id)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    return None if row is None else of_row(row)


def find(
    connection: Connection, statuses: Sequence[EffectStatus] = (), limit: int = 500, **only: Any
) -> Sequence[Effect]:
    """The newest effects first; only: values of columns, where None narrows nothing."""
    statement = select(effects).order_by(effects.c.id.desc()).limit(limit)
    if statuses:
        statement = statement.where(effects.c.status.in_(statuses))
    for name, value in only.items():
        if value is not None:
            statement = statement.where(effects.c[name] == value)
    return [of_row(row) for row in connection.execute(statement)]


def by_status(connection: Connection) -> Mapping[tuple[str, str, EffectStatus], int]:
    """How many there are, by tenant, kind and status."""
    columns = (effects.c.tenant, effects.c.kind, effects.c.status)
    rows = connection.execute(select(*columns, func.count()).group_by(*columns).order_by(*columns))
    return {(tenant, kind, status): count for tenant, kind, status, count in rows}


def release(
    connection: Connection, effect: Effect, now: datetime, status: EffectStatus, by: str
) -> None:
    """People, or the matrix, have said what becomes of a proposal; by: whom, or which rule.

    Of two who say so at once, one has locked it (`get`).
    """
    told = {"status": status, "since": now, "next_attempt_at": now}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(told))
    _note(connection, "effect.decided", effect, now, status=status.value, by=by)


def claim(
    connection: Connection, now: datetime, lease: timedelta, max_attempts: int
) -> Effect | None:
    """Take the effect that has waited longest, and whose time has come.

    Its status is as it was: one that is writing, or unknown, may have been done. Parks those whose
    attempts are used up.
    """
    going = _free(now) & ~pauses.paused(effects, now)
    for row in leases.pick(connection, effects, going, 10):
        lost = row.token is not None
        if row.attempts >= max_attempts:
            parked: dict[str, Any] = {"status": EffectStatus.PARKED, "since": now, **leases.LET_GO}
            if lost:
                parked |= {"error_class": WORKER_LOST, "error": "its worker was lost each time"}
            (row,) = leases.mark(connection, effects, [row.id], **parked)
            _note(connection, "effect.parked", of_row(row), now, error=row.error)
            continue
        status = EffectStatus.CLAIMED if row.status == EffectStatus.READY else row.status
        (taken,) = leases.take(connection, effects, [row.id], now + lease, status=status)
        return of_row(taken)
    return None


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether there is one to claim."""
    going = _free(now) & ~pauses.paused(effects, now)
    return connection.scalar(select(effects.c.id).where(going).limit(1)) is not None


def _free(now: datetime) -> ColumnElement[bool]:
    free = leases.waiting(effects, EffectStatus.READY, now)
    free |= leases.waiting(effects, EffectStatus.UNKNOWN, now) & effects.c.token.is_(None)
    for held in (EffectStatus.CLAIMED, EffectStatus.WRITING, EffectStatus.UNKNOWN):
        free |= leases.abandoned(effects, held, now)
    return free


def hold(connection: Connection, effect: Effect, now: datetime, lease: timedelta) -> None:
    """Hold what was claimed for `lease` from now. Raises LeaseLost."""
    leases.keep(connection, effects, effect.id, str(effect.token), now, lease_until=now + lease)


def mark_writing(connection: Connection, effect: Effect, now: datetime, lease: timedelta) -> None:
    """Say that the next step is to write; commit before. Raises LeaseLost: then do not write."""
    going = {"status": EffectStatus.WRITING, "lease_until": now + lease}
    leases.keep(connection, effects, effect.id, str(effect.token), now, **going)


def done(
    connection: Connection, effect: Effect, now: datetime, result: Mapping[str, Any], how: str
) -> None:
    """Settle as done; how: written, or found. Raises LeaseLost."""
    _settle(connection, effect, now, EffectStatus.DONE, result=dict(result), error=None)
    _note(connection, "effect.done", effect, now, result=dict(result), how=how)


def refused(
    connection: Connection, effect: Effect, now: datetime, error_class: str, error: str
) -> None:
    """Settle as refused by Odoo or a precondition, for a person to look at. Raises LeaseLost."""
    said = {"error_class": error_class, "error": error}
    _settle(connection, effect, now, EffectStatus.PARKED, **said)
    _note(connection, "effect.parked", effect, now, **said)


def outdated(connection: Connection, effect: Effect, now: datetime, why: str) -> None:
    """Settle as not asked for any more, as its record stands by now. Raises LeaseLost."""
    _settle(connection, effect, now, EffectStatus.WITHDRAWN, error_class=None, error=why)
    _note(connection, "effect.withdrawn", effect, now, by=why)


def later(
    connection: Connection,
    effect: Effect,
    now: datetime,
    at: datetime,
    error: Exception,
    *,
    unknown: bool,
    costs: bool,
) -> None:
    """Put back, to be tried again. Raises LeaseLost.

    unknown: it may have been done, so that it is looked for first. costs: an attempt.
    """
    status = EffectStatus.UNKNOWN if unknown else EffectStatus.READY
    # Since when it waits stays, for pauses to grow with it.
    said = {"error_class": type(error).__name__, "error": str(error), "since": effect.since}
    attempts = effect.attempts if costs else effect.attempts - 1
    _settle(connection, effect, now, status, next_attempt_at=at, attempts=attempts, **said)
    _note(connection, "effect.waits", effect, now, status=status.value, error=str(error))


def let_go(connection: Connection, effect: Effect, now: datetime, error: Exception) -> None:
    """Settle what certainly was not written: its message may have it done yet. Raises LeaseLost."""
    said = {"error_class": type(error).__name__, "error": str(error)}
    _settle(connection, effect, now, EffectStatus.DECLINED, attempts=0, **said)
    _note(connection, "effect.let_go", effect, now, error=str(error))


def again(connection: Connection, effect: Effect, now: datetime, by: str) -> None:
    """Have a parked effect tried again: looked for first, if it may have been done."""
    unknown = effect.error_class in (WORKER_LOST, "EffectUnknown")
    status = EffectStatus.UNKNOWN if unknown else EffectStatus.READY
    values = {"status": status, "attempts": 0, "next_attempt_at": now, "since": now}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(values))
    _note(connection, "effect.revived", effect, now, by=by)


def take_back(
    connection: Connection, effect: Effect, now: datetime, lease: timedelta
) -> Effect | None:
    """Take a done effect that is locked (`get`), to be undone; None where somebody undoes it."""
    if effect.token is not None and effect.lease_until is not None and effect.lease_until > now:
        return None
    (taken,) = leases.take(connection, effects, [effect.id], now + lease)
    return of_row(taken)


def undone(connection: Connection, effect: Effect, now: datetime, by: str) -> None:
    """What was done is taken back. Raises LeaseLost."""
    _settle(connection, effect, now, EffectStatus.UNDONE)
    _note(connection, "effect.undone", effect, now, by=by)


def stays(connection: Connection, effect: Effect) -> None:
    """It could not be undone: as it was before it was taken. Raises LeaseLost."""
    leases.settle(connection, effects, effect.id, str(effect.token))


def _settle(
    connection: Connection, effect: Effect, now: datetime, status: EffectStatus, **values: Any
) -> None:
    token = str(effect.token)
    told = {"status": status, "since": now, **values}
    leases.settle(connection, effects, effect.id, token, **told)


def _note(connection: Connection, event: str, effect: Effect, now: datetime, **told: Any) -> None:
    detail = {
        "effect": effect.id,
        "kind": effect.kind,
        "model": effect.model,
        "record_id": effect.record_id,
        "trace_id": effect.trace_id,
        **told,
    }
    where = effect.place.columns
    audit.note(connection, audit.Entry(event, now, **where, run_id=effect.run_id, detail=detail))


def of_row(row: Row[Any]) -> Effect:
    """A row as what it is."""
    values = row._asdict()
    if values["request"] is not None:
        values["request"] = REQUEST.validate_python(values["request"])
    return Effect(**values)
