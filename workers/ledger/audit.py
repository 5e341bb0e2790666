"""What happened, in order: the database refuses to change or delete an entry, but for `rewriting`.

An entry stays as long as FLEET_AUDIT_RETENTION_DAYS says.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from tasks.domain.acts import ActKind
from tasks.domain.cases import ChangeKind
from workers.ledger import marks
from workers.ledger.schema import audit

WAITING: Final = "entries"
OF_MAILS: Final = (ActKind.OPTED_OUT, ActKind.OPTED_IN)
# Every event that is written, by what it is about, as docs/failures.md tells.
EVENTS: Final = frozenset(
    {
        "drift",
        "person.erased",
        *(f"case.{kind}" for kind in (*ChangeKind, *ActKind) if kind not in OF_MAILS),
        *(f"mails.{kind}" for kind in OF_MAILS),
        *(f"pause.{what}" for what in ("began", "ended")),
        *(f"run.{what}" for what in ("retried", "waited", "died", "revived", "cleared", "lost")),
        *(f"message.{what}" for what in ("sending", "sent", "parked", "dropped", "revived")),
        *(f"message.{what}" for what in ("failed", "waited", "postponed", "lost", "set_aside")),
        *(f"decision.{what}" for what in ("made", "denied")),
        *(f"effect.{what}" for what in ("proposed", "decided", "done", "parked", "waits")),
        *(
            f"effect.{what}"
            for what in (
                *("revived", "undone", "let_go", "level_silent", "withdrawn"),
                "perhaps_split",
            )
        ),
        "message.resent",
        "message.undeliverable",
    }
)


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
    waiting = connection.info.get(WAITING)
    if waiting is not None:
        waiting += entries
    elif entries:
        connection.execute(_NOTING, [vars(entry) for entry in entries])


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Write what is noted in the block at its end, with one statement."""
    connection.info[WAITING] = entries = list[Entry]()
    try:
        yield
    finally:
        del connection.info[WAITING]
    note(connection, *entries)


@contextmanager
def rewriting(connection: Connection, now: datetime) -> Iterator[None]:
    """Let this transaction alone change audit and acts: for erasing a person, and for trimming.

    The triggers look for a mark that nobody else sees, because it never is committed.
    """
    marks.leave(connection, marks.REWRITING, "", now, {})
    yield
    marks.wipe(connection, marks.REWRITING, "")


def entries(connection: Connection, limit: int, **only: str | int) -> tuple[Entry, ...]:
    """The newest entries first; `only` names columns and the values they must have."""
    statement = select(audit).filter_by(**only).order_by(audit.c.id.desc()).limit(limit)
    return tuple(of_row(row) for row in connection.execute(statement))


def of_row(row: Row[Any]) -> Entry:
    """An entry from a whole row."""
    columns = row._asdict()
    del columns["id"]
    return Entry(**columns)


_NOTING = insert(audit)
