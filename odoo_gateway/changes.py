"""Which records of a model were written since an instant, and whose records are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from odoo_gateway import answers
from odoo_gateway.errors import OdooSchemaDrift, OdooUnavailable
from odoo_gateway.reader import OF_NO_COMPANY
from odoo_gateway.session import COMPANY, Session

WRITE_DATE: Final = "write_date"


@dataclass(frozen=True, order=True)
class Written:
    """A record as it was last written, by Odoo's clock: when that transaction began, in seconds."""

    written_at: datetime
    record_id: int


def since(session: Session, model: str, at: datetime) -> Sequence[Written]:
    """All records of a model, archived ones too, written in or after that second, oldest first.

    A record is there from its commit on under the instant at which its transaction began: whoever
    asks for what is new only misses what took long, and deletions never show. Raises OdooError.
    """
    # Odoo 19 compares whole seconds; the versions before would leave out the rest of this one.
    asked = at.astimezone(UTC).replace(microsecond=0)
    domain = [(WRITE_DATE, ">=", f"{asked:%Y-%m-%d %H:%M:%S}")]
    return sorted(_changes(session, model, domain, order=f"{WRITE_DATE},id"))


def newest(session: Session, model: str) -> Written | None:
    """The record of a model that was written last; None where there is none. Raises OdooError."""
    found = _changes(session, model, [], order=f"{WRITE_DATE} desc, id desc", limit=1)
    return max(found, default=None)


def companies(session: Session, model: str, ids: Sequence[int]) -> Mapping[int, int]:
    """The company of each of these records that is there and is of one. Raises OdooError."""
    if session.exists(model) is False:
        raise OdooSchemaDrift(f"there is no model {model} in this Odoo")
    if model in OF_NO_COMPANY or not session.has_company(model):
        return {}
    rows = _read(session, model, [("id", "in", list(ids))], COMPANY)
    asked = f"{model}.{COMPANY}"
    return {row["id"]: answers.whole(row[COMPANY], asked) for row in rows if row[COMPANY]}


def _changes(session: Session, model: str, domain: list[Any], **asked: Any) -> list[Written]:
    rows = _read(session, model, domain, WRITE_DATE, **asked)
    # What was never written has none.
    return [Written(_instant(row[WRITE_DATE]), row["id"]) for row in rows if row[WRITE_DATE]]


def _read(
    session: Session, model: str, domain: list[Any], field: str, **asked: Any
) -> list[dict[str, Any]]:
    everywhere = [company.id for company in session.companies]
    context = {"active_test": False, "allowed_company_ids": everywhere}
    answer = session.call(model, "search_read", domain, [field], context=context, **asked)
    rows = answers.rows(answer, f"{model}.search_read", ("id", field))
    # A link comes as id and name.
    return [{**row, field: row[field][0] if _is_link(row[field]) else row[field]} for row in rows]


def _is_link(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value)


def _instant(written: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(written)).replace(tzinfo=UTC)
    except ValueError as error:
        raise OdooUnavailable(f"{WRITE_DATE} {written!r} is no instant") from error
