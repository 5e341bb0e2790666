"""Numbers that only grow and survive every process: the source of metrics named `.._total`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Double, Text, bindparam, func, select

from workers.ledger.column_types import canonical
from workers.ledger.schema import counters

PENDING: Final = "increments"


@dataclass(frozen=True)
class Counter:
    """The value that a counter has reached."""

    name: str
    labels: Mapping[str, str]
    value: float


# As the statement names them.
_COLUMNS: Final = ("the_name", "its_labels", "amount")


def add(connection: Connection, increments: Iterable[tuple[str, Mapping[str, str], float]]) -> None:
    """Add to counters, making those that are new, when the transaction ends."""
    connection.info.setdefault(PENDING, []).extend(increments)


def forget(connection: Connection) -> None:
    """Drop what a transaction before this one could not write."""
    connection.info.pop(PENDING, None)


def write(connection: Connection) -> None:
    """Write what was added; the ledger does so as a transaction's last step.

    All at once and in the same order everywhere, so that transactions wait for each other but never
    in a ring, and shortly.
    """
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for name, labels, amount in connection.info.pop(PENDING, ()):
        sums[name, canonical(labels)] += amount
    if not sums:
        return
    rows = [(*key, amount) for key, amount in sorted(sums.items())]
    if connection.dialect.name == "postgresql":
        # One statement for any number of rows; SQLite's never leave the process.
        arrays = map(list, zip(*rows, strict=True))
        connection.execute(_adding_arrays(), dict(zip(_COLUMNS, arrays, strict=True)))
    else:
        found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        connection.execute(_adding_rows(), found)


@cache
def _adding_arrays() -> Any:
    from sqlalchemy.dialects import postgresql

    kinds = (postgresql.ARRAY(kind) for kind in (Text, Text, Double))
    arrays = (bindparam(name, type_=kind) for name, kind in zip(_COLUMNS, kinds, strict=True))
    rows = func.unnest(*arrays).table_valued("name", "labels", "value").render_derived()
    made = postgresql.insert(counters).from_select([*rows.c.keys()], select(rows))
    return _or_add(made)


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
