"""The firm as an older Odoo keeps it: the same facts in that version's models, names and states."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Final

from odoo_gateway import field_names
from odoo_gateway.sandbox.database import Row, Rows
from odoo_gateway.sandbox.schema import NEWEST, Schema

Tables = dict[str, list[Row]]

# Before Odoo 19 an expense took its state from its sheet (`hr.expense._compute_state`): sheet and
# expense, by what Odoo 19 says. A posted sheet leaves its expenses approved until it is paid.
SHEETS: Final[Mapping[str, tuple[str | None, str]]] = {
    "draft": (None, "draft"),
    "submitted": ("submit", "submitted"),
    "approved": ("approve", "approved"),
    "posted": ("post", "approved"),
    "in_payment": ("done", "done"),
    "paid": ("done", "done"),
    "refused": ("cancel", "refused"),
}
EVERY_LOCKED: Final = 4


def as_kept_by(version: int, schema: Schema, rows: Rows) -> Tables:
    """The rows under the names of that version; those of Odoo 19 as they are."""
    tables = {model: list(of) for model, of in rows.items()}
    if version == NEWEST:
        return tables
    tables["hr.contract"] = list(_contracts(tables.get("hr.version", ())))
    tables |= _expenses(version, tables)
    tables["uom.uom"] = _turned(tables.get("uom.uom", ()))
    if version == 16:
        tables |= _locked(tables)
    return {
        model: [_renamed(model, row, schema) for row in of if _exists(model, row, schema)]
        for model, of in tables.items()
    }


def _renamed(model: str, row: Row, schema: Schema) -> Row:
    """The row under this version's names; moments are cut where it keeps days."""
    shapes = schema.get(model, {})
    found: Row = {}
    for name, value in row.items():
        known = field_names.candidates(model, name)
        actual = next((candidate for candidate in known if candidate in shapes), name)
        is_day = actual in shapes and shapes[actual].type == "date" and isinstance(value, str)
        found[actual] = value[:10] if is_day else value
    return found


def _exists(model: str, row: Row, schema: Schema) -> bool:
    """Whether this version has such rows: no templates, and no breaks in some calendars."""
    shapes = schema.get(model, {})
    if row.get("is_template") and "is_template" not in shapes:
        return False
    if model != "resource.calendar.attendance":
        return True
    return row["day_period"] in {key for key, _ in shapes["day_period"].selection}


def _contracts(versions: Sequence[Row]) -> Iterator[Row]:
    """A contract per version under contract; the next version's begin ends it."""
    history: dict[int, list[Row]] = defaultdict(list)
    for version in sorted(versions, key=lambda row: row["date_version"]):
        if version["contract_date_start"]:
            history[version["employee_id"]].append(version)
    ids = count(1)
    for of_employee in history.values():
        begins = [
            of_employee[0]["contract_date_start"],
            *(v["date_version"] for v in of_employee[1:]),
        ]
        for number, version in enumerate(of_employee):
            following = begins[number + 1] if number + 1 < len(begins) else None
            end = _day_before(following) if following else version["contract_date_end"]
            yield {
                "id": next(ids),
                "employee_id": version["employee_id"],
                "company_id": version["company_id"],
                "date_start": begins[number],
                "date_end": end,
                "resource_calendar_id": version["resource_calendar_id"],
                "state": "close" if end else "open",
                "kanban_state": "normal",
            }


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _expenses(version: int, tables: Mapping[str, Sequence[Row]]) -> Tables:
    """The expenses, each on a sheet of its own once it is submitted, which has its id."""
    expenses = tables.get("hr.expense", ())
    found: list[Row] = []
    for expense in expenses:
        of_sheet, state = SHEETS[expense["state"]]
        if version == 16 and state == "submitted":
            state = "reported"
        sheet_id = expense["id"] if of_sheet else False
        amounts = _amounts(expense) if version == 16 else {}
        found.append({**expense, **amounts, "state": state, "sheet_id": sheet_id})
    asked = [
        {**activity, "res_model": "hr.expense.sheet"}
        if activity["res_model"] == "hr.expense"
        else activity
        for activity in tables.get("mail.activity", ())
    ]
    sheets = list(_sheets(expenses))
    return {"hr.expense": found, "hr.expense.sheet": sheets, "mail.activity": asked}


def _amounts(expense: Row) -> Row:
    """Odoo 16 keeps the amount in the expense's own currency under the name of the company's."""
    own = expense.get("total_amount_currency", expense["total_amount"])
    untaxed = expense.get("untaxed_amount_currency", False)
    companys = {"total_amount_company": expense["total_amount"]}
    return {"total_amount": own, "untaxed_amount": untaxed, **companys}


def _sheets(expenses: Sequence[Row]) -> Iterator[Row]:
    same = ("id", "name", "employee_id", "company_id", "create_date", "total_amount")
    for expense in expenses:
        state, _ = SHEETS[expense["state"]]
        if state:
            kept = {name: expense[name] for name in same}
            entry = expense.get("account_move_id", False)
            yield {
                **kept,
                "state": state,
                "user_id": expense["manager_id"],
                "approval_date": expense.get("approval_date", False),
                "payment_state": "in_payment" if expense["state"] == "in_payment" else False,
                "account_move_id": entry,
                "account_move_ids": [entry] if entry else [],
            }


def _turned(units: Sequence[Row]) -> list[Row]:
    """Units by how many make the largest, which is the reference, and in one category."""
    largest = max((unit["factor"] for unit in units), default=1.0)
    return [{**unit, "factor": largest / unit["factor"], "category_id": 1} for unit in units]


def _locked(tables: Tables) -> Tables:
    """Every fourth confirmed order with its lines in the state of locked ones."""
    orders = tables.get("sale.order", ())
    confirmed = [order["id"] for order in orders if order["state"] == "sale"]
    locked = set(confirmed[::EVERY_LOCKED])
    return {
        model: [
            {**row, "state": "done"} if row[key] in locked else row for row in tables.get(model, ())
        ]
        for model, key in (("sale.order", "id"), ("sale.order.line", "order_id"))
    }
