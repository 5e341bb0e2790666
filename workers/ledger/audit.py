"""What happened, in order and for ever: the database refuses to change or delete an entry."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

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
    return tuple(_entry(row._asdict()) for row in connection.execute(statement))


def _entry(columns: dict[str, Any]) -> Entry:
    del columns["id"]
    return Entry(**columns)
