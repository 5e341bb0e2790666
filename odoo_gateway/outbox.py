"""The outbox in Odoo: what its rules wrote of changes, in the transactions that made them.

A row is there from the commit of the change until it is acknowledged, so whoever takes what is
there misses nothing and needs no cursor. What installs it: `odoo_gateway.procedures`.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from odoo_gateway import answers
from odoo_gateway.session import Session

MODEL: Final = "x_ops_event"
FIELDS: Final = (
    "create_date",
    "x_at",
    "x_company_id",
    "x_event",
    "x_kind",
    "x_model",
    "x_new",
    "x_old",
    "x_res_id",
    "x_uid",
)


@dataclass(frozen=True)
class Event:
    """A change of one record, told by Odoo itself."""

    #: The row's, for `acknowledge`.
    number: int
    #: Unique in its database, also after it was restored or the outbox was made anew.
    event_id: str
    #: The model and what became of it: `hr.expense.changed`.
    kind: str
    #: The record that changed.
    model: str
    record_id: int
    #: Those watched fields that were written, before and after, as Odoo's code shows them; no old
    #: ones of a record that is new.
    old: Mapping[str, str]
    new: Mapping[str, str]
    #: Who wrote: 1 is Odoo itself.
    user_id: int
    #: The record's company; None where it has none.
    company_id: int | None
    #: The instant of the write; that of its commit is later.
    occurred: datetime


def take(session: Session, limit: int = 500) -> tuple[Event, ...]:
    """The oldest events that nobody has acknowledged, by number; all of them if fewer than `limit`.

    A transaction that takes long commits a smaller number after a larger one: take again until
    nothing is left, and never remember a number. Raises OdooSchemaDrift where no outbox is
    installed, and OdooRejected where the user may not read it.
    """
    answer = session.call(MODEL, "search_read", [], list(FIELDS), limit=limit, order="id", load="")
    rows = answers.rows(answer, f"{MODEL}.search_read", ("id", *FIELDS))
    return tuple(map(_event, rows))


def acknowledge(session: Session, numbers: Sequence[int]) -> None:
    """Have these never come again; harmless for those that are gone."""
    if numbers:
        session.call(MODEL, "unlink", list(numbers))


def _event(row: Mapping[str, Any]) -> Event:
    """Whatever a person made of the row, it is an event, perhaps of a kind that nobody knows."""
    return Event(
        number=row["id"],
        event_id=row["x_event"] or f"{MODEL},{row['id']},{row['create_date']}",
        kind=row["x_kind"] or "",
        model=row["x_model"] or "",
        record_id=row["x_res_id"],
        old=_values(row["x_old"]),
        new=_values(row["x_new"]),
        user_id=row["x_uid"],
        company_id=row["x_company_id"] or None,
        occurred=_instant(row["x_at"], row["create_date"]),
    )


def _instant(written: str | bool, created: str) -> datetime:
    """To the microsecond as the rule wrote it, else to the second as Odoo keeps it."""
    try:
        return datetime.fromisoformat(str(written)).astimezone(UTC)
    except ValueError:
        return datetime.fromisoformat(created).replace(tzinfo=UTC)


def _values(written: str | bool) -> Mapping[str, str]:
    """What Python in Odoo wrote of a dictionary; nothing where a person wrote something else."""
    try:
        found = ast.literal_eval(str(written or "{}"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
