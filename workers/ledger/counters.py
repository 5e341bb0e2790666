"""Numbers that only grow and survive every process: the source of metrics named `.._total`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from workers.ledger.column_types import canonical
from workers.ledger.inserts import upsert
from workers.ledger.schema import counters

PENDING: Final = "increments"


@dataclass(frozen=True)
class Counter:
    """The value that a counter has reached."""

    name: str
    labels: Mapping[str, str]
    value: float


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
    sums: dict[tuple[str, str], tuple[Mapping[str, str], float]] = {}
    for name, labels, amount in connection.info.pop(PENDING, ()):
        key = (name, canonical(labels))
        sums[key] = (labels, sums.get(key, (labels, 0.0))[1] + amount)
    rows = [
        {"name": name, "labels": labels, "value": amount}
        for (name, _), (labels, amount) in sorted(sums.items(), key=lambda item: item[0])
    ]
    if rows:
        statement = upsert(connection, counters)
        more = {"value": counters.c.value + statement.excluded.value}
        columns = [counters.c.name, counters.c.labels]
        connection.execute(statement.on_conflict_do_update(index_elements=columns, set_=more), rows)


def all(connection: Connection) -> tuple[Counter, ...]:
    """Every counter, by name and labels, as the transactions so far have left it."""
    rows = connection.execute(select(counters).order_by(counters.c.name, counters.c.labels))
    return tuple(Counter(**row._asdict()) for row in rows)
