"""Outages: what is away at the moment, since when, and when somebody asks for it again.

While one stands, nobody but the one who probes asks what is away. They are marks: the instant of
the mark is that of the next probe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from workers.ledger import marks as kept
from workers.ledger.inserts import upsert
from workers.ledger.schema import marks

OURS = marks.c.kind == kept.OUTAGE


@dataclass(frozen=True)
class Outage:
    """Something that is away."""

    name: str
    since: datetime
    next_probe: datetime
    error_class: str
    #: What it last said.
    error: str
    #: Whether ops have been told.
    told: bool = False


def standing(connection: Connection) -> Mapping[str, Outage]:
    """All outages that stand, by the name of what is away."""
    rows = connection.execute(select(marks).where(OURS).order_by(marks.c.name))
    return {row.name: _outage(row.name, row.at, row.detail) for row in rows}


def hold(connection: Connection, name: str) -> Outage | None:
    """The outage of something, if it stands; nobody ends it before this transaction does.

    So that who notes that something waits for it is woken with the others, or sees that it is over.
    """
    of_it = select(marks).where(OURS, marks.c.name == name).with_for_update(read=True)
    row = connection.execute(of_it).one_or_none()
    return None if row is None else _outage(name, row.at, row.detail)


def begin(connection: Connection, outage: Outage) -> bool:
    """Note that something is away from now on; whether that is news."""
    begun = upsert(connection, marks).values(
        kind=kept.OUTAGE, name=outage.name, at=outage.next_probe, detail=_detail(outage)
    )
    statement = begun.on_conflict_do_nothing().returning(marks.c.name)
    return connection.scalar(statement) is not None


def take_probe(connection: Connection, name: str, now: datetime, next_probe: datetime) -> bool:
    """Whether it is time to ask again, and ours to do so: of several who try, one may."""
    due = update(marks).where(OURS, marks.c.name == name, marks.c.at <= now)
    return connection.scalar(due.values(at=next_probe).returning(marks.c.name)) is not None


def note(connection: Connection, outage: Outage) -> None:
    """Write down what is new of an outage, if it still stands."""
    row = update(marks).where(OURS, marks.c.name == outage.name)
    connection.execute(row.values(at=outage.next_probe, detail=_detail(outage)))


def end(connection: Connection, name: str) -> Outage | None:
    """What was away answers; the outage that stood. Of several who end it, one gets it."""
    ended = delete(marks).where(OURS, marks.c.name == name).returning(marks.c.at, marks.c.detail)
    row = connection.execute(ended).one_or_none()
    return None if row is None else _outage(name, row.at, row.detail)


def _detail(outage: Outage) -> dict[str, object]:
    return {
        "since": outage.since.isoformat(),
        "error_class": outage.error_class,
        "error": outage.error,
        "told": outage.told,
    }


def _outage(name: str, at: datetime, detail: Mapping[str, object]) -> Outage:
    since = datetime.fromisoformat(str(detail["since"]))
    said = (str(detail["error_class"]), str(detail["error"]))
    return Outage(name, since, at, *said, bool(detail["told"]))
