"""Numbers that only grow and survive every process: the source of metrics named `.._total`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Double, Text, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from workers.ledger.column_types import canonical
from workers.ledger.schema import counters

PENDING: Final = "increments"


@dataclass(frozen=True)
class Counter:
    """The value that a counter has reached."""

    name: str
    labels: Mapping[str, str]
    value: float


def _or_add(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=[counters.c.name, counters.c.labels],
        set_={"value": counters.c.value + insert.excluded.value},
    )


# One statement for any number of rows; SQLite runs one for each, without leaving the process.
_ARRAYS: Final = {"name": postgresql.ARRAY(Text), "labels": postgresql.ARRAY(Text)} | {
    "value": postgresql.ARRAY(Double)
}
_ADD_ARRAYS: Final = _or_add(
    postgresql.insert(counters).from_select(
        [*_ARRAYS],
        select(
            func.unnest(*(bindparam(name, type_=kind) for name, kind in _ARRAYS.items()))
            .table_valued(*_ARRAYS)
            .render_derived()
        ),
    )
)
_ADD_ROW: Final = _or_add(
    sqlite.insert(counters).values(
        name=bindparam("a_name", type_=Text()),
        labels=bindparam("its_labels", type_=Text()),
        value=bindparam("amount", type_=Double()),
    )
)


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
        columns = map(list, zip(*rows, strict=True))
        connection.execute(_ADD_ARRAYS, dict(zip(_ARRAYS, columns, strict=True)))
    else:
        names = ("a_name", "its_labels", "amount")
        connection.execute(_ADD_ROW, [dict(zip(names, row, strict=True)) for row in rows])


def all(connection: Connection) -> tuple[Counter, ...]:
    """Every counter, by name and labels, as the transactions so far have left it."""
    rows = connection.execute(select(counters).order_by(counters.c.name, counters.c.labels))
    return tuple(Counter(**row._asdict()) for row in rows)
