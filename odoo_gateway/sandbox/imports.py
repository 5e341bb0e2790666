"""What `load` makes of activities and messages, in the answers and the words of Odoo 19."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from odoo_gateway.sandbox.database import ABOUT_RECORDS, Database, Row, View
from odoo_gateway.sandbox.failures import Failure, unsupported

# The records of Odoo's own data that imports name.
KNOWN: Final = {"mail.mail_activity_data_todo": 4, "mail.mt_note": 2}
# Those that `check_object_reference` finds.
KNOWN_RECORDS: Final = {"uom.product_uom_hour": ("uom.uom", 4)}
LABELS: Final = {"user_id": "Assigned to"}
# Models whose records nobody can follow, so an activity on them ends in the middle of Odoo; a note
# does not, and nobody sees it.
UNFOLLOWED: Final = frozenset({"account.analytic.line", "account.move.line", "sale.order.line"})
CONFLICT: Final = "could not serialize access due to concurrent update\n"


class Refused(Exception):
    """One row cannot be imported; the message is for people."""


def load(
    view: View, model: str, fields: Sequence[str], data: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    """The ids, or none at all and why."""
    if len(data) != 1 or fields[0] != "id":
        raise unsupported("imports but of one row under an external id")
    # PostgreSQL makes losers of those who write at the same time.
    if not view.database.writing.acquire(blocking=False):
        return _refused(CONFLICT)
    try:
        values = dict(zip(fields[1:], data[0][1:], strict=True))
        return {"ids": [_import(view, model, data[0][0], values)], "messages": [], "nextrow": 0}
    except Refused as refused:
        return _refused(str(refused))
    finally:
        view.database.writing.release()


def finish(database: Database, ids: Sequence[int]) -> None:
    """Mark activities done as the database's version does."""
    with database.writing:
        for number in ids:
            if database.version >= 19:
                database.tables["mail.activity"][number]["active"] = False
            else:
                del database.tables["mail.activity"][number]


def _refused(message: str) -> dict[str, Any]:
    rows = {"from": 0, "to": 0}
    said = {"rows": rows, "record": 0, "type": "error", "message": message}
    return {"ids": False, "messages": [said], "nextrow": 0}


def _import(view: View, model: str, external_id: str, values: Mapping[str, Any]) -> int:
    database = view.database
    table = database.tables[model]
    row = {name: value for column in values.items() for name, value in [_value(view, *column)]}
    of_model, number = database.external_ids.get(external_id, (model, 0))
    if of_model != model:
        raise Refused(
            f"For external id {external_id} when trying to create/update a record of model {model} "
            f"found record of different model {of_model} ({number})"
        )
    by = {"write_uid": database.account.user_id}
    if number in table:
        table[number].update(row | by)
        return number
    number = max(table, default=0) + 1
    table[number] = {"id": number, **_about(view, model, number), **row, **by}
    table[number]["create_uid"] = database.account.user_id
    if model == "mail.activity":
        table[number]["active"] = True
    database.external_ids[external_id] = (model, number)
    return number


def _about(view: View, model: str, number: int) -> Row:
    """The record that the context names, which the account must be allowed to write of."""
    named = ABOUT_RECORDS[model]
    of, record_id = view.context.get(f"default_{named}"), view.context.get("default_res_id")
    if not of or not record_id:
        raise Refused("Activities have to be linked to records with a not null res_id.")
    if model == "mail.activity" and of in UNFOLLOWED:
        raise Refused(
            "Unknown error during import: <class 'AttributeError'>: "
            f"'{of}' object has no attribute 'message_subscribe'"
        )
    known = of in view.database.schema and view.sees(of, record_id)
    if known and view.may("read", of):
        return {named: of, "res_id": record_id}
    user = view.database.account.user_id
    if not known and model == "mail.message":
        gone = f"(Record: {of}({record_id},), User: {user})"
        raise Refused(f"Record does not exist or has been deleted.\n{gone}")
    kind = {"mail.activity": "Activity", "mail.message": "Message"}[model]
    raise Refused(
        "The requested operation cannot be completed due to security restrictions. Please contact "
        f"your system administrator.\n\n(Document type: {kind}, Operation: create)\n\n"
        f"Records: {number}, User: {user}"
    )


def _value(view: View, column: str, value: Any) -> tuple[str, Any]:
    """The field that a column means, and what is kept of its value."""
    name, _, by = column.partition("/")
    if by == "id":
        if value not in KNOWN:
            raise Refused(f"No matching record found for external id '{value}' in field '{name}'")
        return name, KNOWN[value]
    if by == ".id":
        if view.database.row("res.users", int(value)) is None:
            label = LABELS[name]
            raise Refused(f"No matching record found for database id '{value}' in field '{label}'")
        return name, int(value)
    if by:
        raise Failure("builtins.ValueError", f"Invalid field name {column!r}")
    return name, value
