"""INSERT .. ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy spells twice."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT into `table` that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    # Each is loaded where it is spoken: PostgreSQL's brings all its drivers along.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> int | None:
    """Insert a row and return its id, or None when a row with the same unique key is there."""
    statement = upsert(connection, table).values(values).on_conflict_do_nothing()
    inserted: int | None = connection.scalar(statement.returning(table.c.id))
    return inserted
