"""Numbers that only grow and survive every process: the source of metrics named `.._total`."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.sql.dml import ReturningUpdate

from workers.ledger.column_types import canonical
from workers.ledger.schema import counters

Increment: TypeAlias = tuple[str, Mapping[str, str], float]
PENDING: Final = "increments"
LAST: Final = "counted last"


@dataclass(frozen=True)
class Counter:
    """The value that a counter has reached."""

    name: str
    labels: Mapping[str, str]
    value: float


# As the statement of SQLite names them; PostgreSQL is told all rows as one JSON.
_COLUMNS: Final = ("the_name", "its_labels", "amount")
_COUNTS: Final = "counts"


def add(connection: Connection, increments: Iterable[Increment]) -> None:
    """Add to counters, making those that are new, when the transaction ends.

    Raises RuntimeError after `change_last`.
    """
    if found := list(increments):
        if connection.info.get(LAST):
            raise RuntimeError("counted after the last step of the transaction")
        connection.info.setdefault(PENDING, []).extend(found)


def forget(connection: Connection) -> None:
    """Drop what a transaction before this one could not write."""
    connection.info.pop(PENDING, None)
    connection.info.pop(LAST, None)


def change_last(
    connection: Connection,
    change: "Counted",
    values: Mapping[str, Any],
    increments: Iterable[Increment] = (),
) -> Row[Any] | None:
    """Change a row as the last step of a transaction that counts; what the change returns of it.

    What was added so far, and these increments, are written by the same statement where the
    database can. Where no row is changed nothing is written, and the transaction may go on.
    """
    if connection.dialect.name == "postgresql":
        counts = _as_json(_summed([*connection.info.get(PENDING, ()), *increments]))
        row = connection.execute(change.counting, {**values, _COUNTS: counts}).one_or_none()
        if row is not None:
            connection.info.pop(PENDING, None)
    else:
        row = connection.execute(change.alone, values).one_or_none()
        if row is not None:
            add(connection, increments)
    if row is not None:
        connection.info[LAST] = True
    return row


def write(connection: Connection) -> None:
    """Write what was added; the ledger does so as a transaction's last step.

    All at once and in the same order everywhere, so that transactions wait for each other but never
    in a ring, and shortly.
    """
    rows = _summed(connection.info.pop(PENDING, ()))
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        # One statement for any number of rows; SQLite's never leave the process.
        connection.execute(_adding_json(), {_COUNTS: _as_json(rows)})
    else:
        found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        connection.execute(_adding_rows(), found)


class Counted:
    """A statement that changes at most one row and returns something of it, built once."""

    def __init__(self, change: ReturningUpdate[Any]) -> None:
        self.alone = change

    @cached_property
    def counting(self) -> Select[Any]:
        """The change, and what is counted if a row was changed, in one statement of PostgreSQL."""
        changed = self.alone.cte("changed")
        if_any = exists(literal_column("1")).select_from(changed)
        counted = _adding_json(if_any).cte("counted")
        return select(changed).add_cte(counted)


def _summed(increments: Iterable[Increment]) -> Sequence[tuple[str, str, float]]:
    """A row for each counter, in the order in which all transactions write them."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for name, labels, amount in increments:
        sums[name, canonical(labels)] += amount
    return [(*key, amount) for key, amount in sorted(sums.items())]


def _as_json(rows: Iterable[tuple[str, str, float]]) -> str:
    return json.dumps([{"name": name, "labels": labels, "value": v} for name, labels, v in rows])


@cache
def _adding_json(condition: ColumnElement[bool] | None = None) -> Any:
    from sqlalchemy.dialects import postgresql

    columns = (column("name", Text), column("labels", Text), column("value", Double))
    told = cast(bindparam(_COUNTS, type_=Text), postgresql.JSON)
    rows = func.json_to_recordset(told).table_valued(*columns).render_derived(with_types=True)
    chosen = select(rows) if condition is None else select(rows).where(condition)
    return _or_add(postgresql.insert(counters).from_select([*rows.c.keys()], chosen))


@cache
def _adding_rows() -> Any:
    from sqlalchemy.dialects import sqlite

    # Labels are in their canonical form already.
    columns = zip(("name", "labels", "value"), _COLUMNS, (Text(), Text(), Double()), strict=True)
    values = {column: bindparam(name, type_=kind) for column, name, kind in columns}
    return _or_add(sqlite.insert(counters).values(values))


def _or_add(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=[counters.c.name, counters.c.labels],
        set_={"value": counters.c.value + insert.excluded.value},
    )


def all(connection: Connection) -> tuple[Counter, ...]:
    """Every counter, by name and labels, as the transactions so far have left it."""
    rows = connection.execute(select(counters).order_by(counters.c.name, counters.c.labels))
    return tuple(Counter(**row._asdict()) for row in rows)
