"""Every row of every table of a database, as hashes, and in which tables two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

Connection = psycopg.Connection[TupleRow]
TABLES = """
SELECT table_name, array_agg(column_name::text ORDER BY column_name)
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY table_name
"""


def snapshot(connection: Connection, leaving_out: Mapping[str, set[str]]) -> dict[str, Any]:
    """By table, its columns and all rows; without the columns, by table, that are left out."""
    found = {}
    for table, columns in connection.execute(TABLES).fetchall():
        kept = [name for name in columns if name not in leaving_out.get(table, set())]
        row = sql.SQL(", ").join(map(sql.Identifier, kept))
        statement = sql.SQL("SELECT ROW({row})::text FROM {table}").format(
            row=row, table=sql.Identifier(table)
        )
        rows = sorted(text for (text,) in connection.execute(statement))
        found[table] = (tuple(columns), rows)
    return found


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    """By table, the rows that only one of them has; a table that only one of them has, by name."""
    found = {name: ["the table itself"] for name in before.keys() ^ after.keys()}
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            ours, theirs = set(before[name][1]), set(after[name][1])
            found[name] = [f"- {row}" for row in ours - theirs] + [
                f"+ {row}" for row in theirs - ours
            ]
    return found
