"""Pauses: what people have the fleet leave alone for a while, by job, tenant and company.

While one stands, no run of it begins and no message of it goes out; what was going on ends as it
would. A pause ends by itself at its instant.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Table,
    exists,
    func,
    insert,
    select,
    update,
)

from workers.ledger import audit
from workers.ledger.leases import Now
from workers.ledger.places import Place, Places
from workers.ledger.schema import pauses


@dataclass(frozen=True)
class Pause:
    """One pause; of all jobs, tenants or companies where that is None. Instants are UTC."""

    id: int
    job: str | None
    tenant: str | None
    company_id: int | None
    reason: str
    person: str
    since: datetime
    until: datetime

    @property
    def places(self) -> Places:
        """What it is about."""
        return Places(self.job, self.tenant, self.company_id)


def begin(
    connection: Connection,
    what: Places,
    reason: str,
    person: str,
    now: datetime,
    until: datetime,
) -> Pause:
    """Pause it; one that stands of exactly the same is replaced. Audited."""
    columns = asdict(what)
    same = select(pauses).filter_by(**columns).where(pauses.c.until > now)
    for row in connection.execute(same.with_for_update()):
        _end(connection, row, now, person, "replaced")
    values = {**columns, "reason": reason, "person": person, "since": now, "until": until}
    (row,) = connection.execute(insert(pauses).values(**values).returning(pauses))
    _note(connection, "pause.began", row, now, person, reason)
    return _of_row(row)


def end(connection: Connection, pause_id: int, now: datetime, person: str, reason: str) -> bool:
    """End a pause before its time; whether it stood. Audited."""
    standing = select(pauses).where(pauses.c.id == pause_id, pauses.c.until > now)
    for row in connection.execute(standing.with_for_update()):
        _end(connection, row, now, person, reason)
        return True
    return False


def known(connection: Connection) -> tuple[Pause, ...]:
    """Every pause that is not forgotten, also those that are over, oldest first."""
    return tuple(map(_of_row, connection.execute(select(pauses).order_by(pauses.c.id))))


def standing(connection: Connection, now: datetime) -> tuple[Pause, ...]:
    """The pauses that are not over."""
    return tuple(pause for pause in known(connection) if pause.until > now)


def paused_until(found: Iterable[Pause], place: Place) -> datetime | None:
    """When the last of these pauses of a place is over, or was; None without one."""
    return max((pause.until for pause in found if place in pause.places), default=None)


def paused(table: Table, now: Now) -> ColumnElement[bool]:
    """Whether rows of runs or messages are of what is paused."""
    return exists().where(pauses.c.until > now, *_about(table))


def last_until(table: Table) -> ScalarSelect[datetime]:
    """When the last pause of what rows are of is over, or was; null without one."""
    return select(func.max(pauses.c.until)).where(*_about(table)).scalar_subquery()


def _about(table: Table) -> Iterator[ColumnElement[bool]]:
    for name in ("job", "tenant", "company_id"):
        yield pauses.c[name].is_(None) | (pauses.c[name] == table.c[name])


def forget(connection: Connection, before: datetime) -> None:
    """Forget the pauses that were over by then; the audit keeps them."""
    connection.execute(pauses.delete().where(pauses.c.until < before))


def _end(connection: Connection, row: Row[object], now: datetime, person: str, reason: str) -> None:
    connection.execute(update(pauses).where(pauses.c.id == row.id).values(until=now))
    _note(connection, "pause.ended", row, now, person, reason)


def _note(
    connection: Connection, event: str, row: Row[object], now: datetime, person: str, reason: str
) -> None:
    detail = {
        "pause": row.id,
        "by": person,
        "reason": reason,
        "since": row.since.isoformat(),
        "until": row.until.isoformat(),
    }
    where = _of_row(row).places
    audit.note(connection, audit.Entry(event, now, **where.columns, detail=detail))


def _of_row(row: Row[object]) -> Pause:
    return Pause(**row._asdict())
