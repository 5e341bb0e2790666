"""Numbers that only grow and survive every process: the source of metrics named `.._total`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from workers.ledger.column_types import canonical
from workers.ledger.inserts import upsert
from workers.ledger.schema import counters


@dataclass(frozen=True)
class Counter:
    """The value that a counter has reached."""

    name: str
    labels: Mapping[str, str]
    value: float


def add(connection: Connection, increments: Iterable[tuple[str, Mapping[str, str], float]]) -> None:
    """Add to counters, making those that are new.

    Always locks them in the same order, so that transactions wait for each other but never in a
    ring; holds as long as a transaction calls this once, best as its last step.
    """
    sums: dict[tuple[str, str], tuple[Mapping[str, str], float]] = {}
    for name, labels, amount in increments:
        key = (name, canonical(labels))
        sums[key] = (labels, sums.get(key, (labels, 0.0))[1] + amount)
    for (name, _), (labels, amount) in sorted(sums.items(), key=lambda item: item[0]):
        statement = upsert(connection, counters).values(name=name, labels=labels, value=amount)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[counters.c.name, counters.c.labels],
                set_={"value": counters.c.value + statement.excluded.value},
            )
        )


def all(connection: Connection) -> tuple[Counter, ...]:
    """Every counter, by name and labels."""
    rows = connection.execute(select(counters).order_by(counters.c.name, counters.c.labels))
    return tuple(Counter(**row._asdict()) for row in rows)
