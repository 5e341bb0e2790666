"""Marks: the newest instant of each thing that processes show to who watches the fleet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from workers.ledger.inserts import upsert
from workers.ledger.schema import marks

WORKER = "worker"
BEAT = "beat"
# A process that is not at work yet, or ends to start anew.
COMING = "coming"
LOOK = "look"
CIRCUIT = "circuit"
VISIBILITY = "visibility"
DISCOVERY = "discovery"
VISIBLE_ROWS = "visible_rows"
API_KEY = "api_key"
INSTALLED = "installed"
OUTAGE = "outage"
RETURN = "return"
# Seen only by the transaction that may rewrite what is append-only: see `audit.rewriting`.
REWRITING = "rewriting"
SECRET = "secret"
CONFIGURATION = "configuration"
# Up to when a change feed has seen what was written, by Odoo's clock.
FEED = "feed"
# Until when a source of events that cannot be asked is left alone.
SOURCE = "source"


# By how much the clocks of two machines may differ, whoever is first.
SKEW: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Mark:
    """When `name` of this kind was last seen, and what was said then."""

    kind: str
    name: str
    at: datetime
    detail: Mapping[str, Any]


def leave(
    connection: Connection, kind: str, name: str, at: datetime, detail: Mapping[str, Any]
) -> None:
    """Leave a mark, in place of the one that stood."""
    facts = {"at": at, "detail": dict(detail)}
    connection.execute(
        upsert(connection, marks)
        .values(kind=kind, name=name, **facts)
        .on_conflict_do_update(index_elements=[marks.c.kind, marks.c.name], set_=facts)
    )


def renew(
    connection: Connection,
    kind: str,
    name: str,
    at: datetime,
    young: datetime,
    detail: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Leave a mark unless one later than `young` stands; whether it was left.

    Of several who try at the same time, one succeeds.
    """
    left = connection.scalar(
        upsert(connection, marks)
        .values(kind=kind, name=name, at=at, detail=dict(detail))
        .on_conflict_do_update(
            index_elements=[marks.c.kind, marks.c.name],
            set_={"at": at, "detail": dict(detail)} if detail else {"at": at},
            # One that lies ahead is of a clock that was wrong.
            where=(marks.c.at <= young) | (marks.c.at > at + SKEW),
        )
        .returning(marks.c.name)
    )
    return left is not None


def keep(
    connection: Connection, kind: str, name: str, at: datetime, detail: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Leave a mark unless one stands; what the one that stands says, for all who try alike."""
    left = upsert(connection, marks).values(kind=kind, name=name, at=at, detail=dict(detail))
    connection.execute(left.on_conflict_do_nothing())
    found = select(marks.c.detail).filter_by(kind=kind, name=name)
    return dict(connection.execute(found).scalar_one())


def wipe(connection: Connection, kind: str, name: str) -> None:
    """Take a mark away: what left it ended as it should."""
    connection.execute(delete(marks).filter_by(kind=kind, name=name))


def forget(connection: Connection, kind: str, before: datetime) -> None:
    """Take away the marks of a kind that are older."""
    connection.execute(delete(marks).where(marks.c.kind == kind, marks.c.at < before))


def at(connection: Connection, kind: str, name: str) -> datetime | None:
    """The instant of a mark; None where there is none."""
    found: datetime | None = connection.scalar(select(marks.c.at).filter_by(kind=kind, name=name))
    return found


def all(connection: Connection) -> tuple[Mark, ...]:
    """Every mark, by kind and name."""
    rows = connection.execute(select(marks).order_by(marks.c.kind, marks.c.name))
    return tuple(Mark(**row._asdict()) for row in rows)
