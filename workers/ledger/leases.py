"""Holding a row of runs or messages: picked when free, taken with a token, changed under it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, func, select, true, update

from workers.ledger.errors import LeaseLost

LET_GO: dict[str, None] = {"token": None, "lease_until": None}


def waiting(table: Table, status: str, now: datetime) -> ColumnElement[bool]:
    """Rows that nobody holds and whose time has come."""
    return (table.c.status == status) & (table.c.next_attempt_at <= now)


def held(table: Table, status: str, now: datetime) -> ColumnElement[bool]:
    """Rows that somebody holds."""
    return (table.c.status == status) & (table.c.lease_until > now)


def abandoned(table: Table, status: str, now: datetime) -> ColumnElement[bool]:
    """Rows whose holder let the lease run out."""
    return (table.c.status == status) & (table.c.lease_until <= now)


def pick(
    connection: Connection, table: Table, free: ColumnElement[bool], limit: int
) -> Sequence[Row[Any]]:
    """Rows that are free, longest waiting first, locked until the transaction ends.

    Rows that another transaction has locked are passed over: it is about to change them.
    """
    return connection.execute(
        select(table)
        .where(free)
        .order_by(table.c.next_attempt_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


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
    changed = update(table).where(table.c.id.in_(ids)).values(values).returning(table)
    return sorted(connection.execute(changed), key=lambda row: ids.index(row.id))


def keep(
    connection: Connection, table: Table, row_id: int, token: str, now: datetime, **values: Any
) -> None:
    """Change a row and go on holding it. Raises LeaseLost also when the lease has run out."""
    _change(connection, table, row_id, token, table.c.lease_until > now, **values)


def settle(connection: Connection, table: Table, row_id: int, token: str, **values: Any) -> None:
    """Let go of a row with its outcome; raises LeaseLost when somebody took it over.

    A lease that ran out meanwhile does no harm: the token tells that nobody did.
    """
    _change(connection, table, row_id, token, true(), **values, **LET_GO)


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


def _change(
    connection: Connection,
    table: Table,
    row_id: int,
    held_by: str,
    condition: ColumnElement[bool],
    **values: Any,
) -> None:
    held = (table.c.id == row_id) & (table.c.token == held_by) & condition
    if connection.execute(update(table).where(held).values(values)).rowcount != 1:
        raise LeaseLost(f"{table.name} {row_id}: another worker holds it, or the lease ran out")
