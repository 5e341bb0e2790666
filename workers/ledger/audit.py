"""What happened, in order and for ever: the database refuses to change or delete an entry."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from workers.ledger.schema import audit


@dataclass(frozen=True)
class Entry:
    """One event, by a stable name such as `case.opened`; `detail` is JSON-ready."""

    event: str
    at: datetime
    job: str | None = None
    tenant: str | None = None
    company_id: int | None = None
    run_id: int | None = None
    message_id: int | None = None
    case_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def note(connection: Connection, *entries: Entry) -> None:
    """Write entries, in the order given."""
    if entries:
        connection.execute(insert(audit), [asdict(entry) for entry in entries])


def entries(connection: Connection, limit: int, **only: str | int) -> tuple[Entry, ...]:
    """The newest entries first; `only` names columns and the values they must have."""
    statement = select(audit).filter_by(**only).order_by(audit.c.id.desc()).limit(limit)
    return tuple(of_row(row) for row in connection.execute(statement))


def of_row(row: Row[Any]) -> Entry:
    """An entry from a whole row."""
    columns = row._asdict()
    del columns["id"]
    return Entry(**columns)
