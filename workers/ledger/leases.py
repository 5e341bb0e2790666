"""Holding a row of runs or messages: picked when free, taken with a token, changed under it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias
from uuid import uuid4

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    func,
    select,
    update,
)

from workers.ledger.errors import LeaseLost

LET_GO: dict[str, None] = {"token": None, "lease_until": None}
# Now, or where a statement that is built once has it later.
Now: TypeAlias = datetime | BindParameter[datetime]


def waiting(table: FromClause, status: str, now: Now) -> ColumnElement[bool]:
    """Rows that nobody holds and whose time has come."""
    return (table.c.status == status) & (table.c.next_attempt_at <= now)


def held(table: Table, status: str, now: Now) -> ColumnElement[bool]:
    """Rows that somebody holds."""
    return (table.c.status == status) & (table.c.lease_until > now)


def abandoned(table: Table, status: str, now: Now) -> ColumnElement[bool]:
    """Rows whose holder let the lease run out."""
    return (table.c.status == status) & (table.c.lease_until <= now)


def pick(
    connection: Connection,
    table: Table,
    free: ColumnElement[bool],
    limit: int,
    *columns: Column[Any],
) -> Sequence[Row[Any]]:
    """Rows that are free, longest waiting first, locked until the transaction ends.

    Rows that another transaction has locked are passed over: it is about to change them.
    columns: what is wanted of them; all if left out.
    """
    return connection.execute(picking(table, free, limit, columns=columns)).all()


def picking(
    table: Table,
    free: ColumnElement[bool],
    limit: int | BindParameter[int],
    *last: ColumnElement[bool],
    columns: Sequence[Column[Any]] = (),
) -> Select[Any]:
    """The statement of `pick`, for who builds it once; rows of which `last` holds come last."""
    order = (*last, table.c.next_attempt_at, table.c.id)
    wanted = select(*columns) if columns else select(table)
    longest_waiting = wanted.where(free).order_by(*order)
    return longest_waiting.limit(limit).with_for_update(skip_locked=True)


def take(
    connection: Connection, table: Table, ids: Sequence[int], until: datetime, **values: Any
) -> Sequence[Row[Any]]:
    """Give picked rows one fresh token and one attempt more; returns them as they are now."""
    lease = {"token": uuid4().hex, "lease_until": until, "attempts": table.c.attempts + 1}
    return mark(connection, table, ids, **lease, **values)


def mark(
    connection: Connection, table: Table, ids: Sequence[int], **values: Any
) -> Sequence[Row[Any]]:
    """Change picked rows; returns them as they are now, in the order of `ids`."""
    if not ids:
        return ()
    changed = update(table).where(table.c.id.in_(ids)).values(values).returning(table)
    return sorted(connection.execute(changed), key=lambda row: ids.index(row.id))


def keep(
    connection: Connection, table: Table, row_id: int, token: str, now: datetime, **values: Any
) -> None:
    """Change a row and go on holding it. Raises LeaseLost also when the lease has run out."""
    _change(connection, held_by(table, alive=True), row_id, token, {"at": now, **values})


def settle(connection: Connection, table: Table, row_id: int, token: str, **values: Any) -> None:
    """Let go of a row with its outcome; raises LeaseLost when somebody took it over.

    A lease that ran out meanwhile does no harm: the token tells that nobody did.
    """
    _change(connection, held_by(table), row_id, token, {**values, **LET_GO})


def lost(table: FromClause, row_id: int) -> LeaseLost:
    """What is raised where a row is not held any more by who holds its token."""
    return LeaseLost(f"{table.description} {row_id}: another worker holds it, or the lease ran out")


def oldest(
    connection: Connection,
    table: Table,
    free: ColumnElement[bool],
    by: Column[str],
    now: datetime,
    **of: Any,
) -> dict[str, float]:
    """Seconds that the longest waiting free row has been free, per value of the column `by`.

    of: these columns' values only.
    """
    since = func.min(func.coalesce(table.c.lease_until, table.c.next_attempt_at))
    rows = connection.execute(
        select(by, since).where(free).filter_by(**of).group_by(by).order_by(by)
    )
    return {value: (now - instant).total_seconds() for value, instant in rows}


@cache
def held_by(table: Table, *, alive: bool = False) -> Update:
    """Changes the row `row_id` while the token `held_by` holds it.

    alive: only while its lease has not run out `at` that instant. Built once: what is set follows
    from the values that come with it.
    """
    row = update(table).where(
        table.c.id == bindparam("row_id"), table.c.token == bindparam("held_by")
    )
    return row.where(table.c.lease_until > bindparam("at")) if alive else row


def _change(
    connection: Connection, held: Update, row_id: int, token: str, values: dict[str, Any]
) -> None:
    if connection.execute(held, {"row_id": row_id, "held_by": token, **values}).rowcount != 1:
        raise lost(held.table, row_id)
