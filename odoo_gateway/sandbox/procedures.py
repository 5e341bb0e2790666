"""Our procedures as `fleet odoo install` puts them into Odoo: their looks, refusals and writes.

What they make of down payments, hours and milestones on invoices is Odoo's, and not known here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odoo_gateway.procedures.calling import DIRECTORY
from odoo_gateway.sandbox.database import Database, Row, View
from odoo_gateway.sandbox.failures import unsupported, user_error
from odoo_gateway.sandbox.firm.money import FIRST_USERS_PARTNER
from odoo_gateway.sandbox.schema import Schema, shapes_of

ACTION: Final = "ir.actions.server"
ORDER, LINE, PROJECT = "sale.order", "sale.order.line", "project.project"
TASK, STAGE, MOVE, MOVE_LINE = (
    "project.task",
    "project.task.type",
    "account.move",
    "account.move.line",
)
MILESTONE, ACTIVITY = "project.milestone", "mail.activity"
MOMENT: Final = "%Y-%m-%d %H:%M:%S"
# What a draft has not yet.
UNSET: Final[Row] = {
    "name": False,
    "invoice_date": False,
    "payment_state": "not_paid",
}


def known() -> Schema:
    """What they bring, and what they look at beside the fields that jobs read."""
    one, many = "many2one", "many2many"
    return shapes_of(
        {
            DIRECTORY: {
                "id": _of("integer"),
                "x_name": _of("char"),
                "x_action_id": _of(one, ACTION),
            },
            ACTION: {"id": _of("integer"), "name": _of("char")},
            STAGE: {"id": _of("integer"), "name": _of("char"), "project_ids": _of(many, PROJECT)},
            PROJECT: {"type_ids": _of(many, STAGE)},
            TASK: {"stage_id": _of(one, STAGE), "write_date": _of("datetime")},
            MOVE: {
                "line_ids": _of("one2many", MOVE_LINE),
                "create_uid": _of(one, "res.users"),
                "create_date": _of("datetime"),
            },
        }
    )


def rows(found: Mapping[str, Iterable[Row]]) -> dict[str, list[Row]]:
    """The directory, and copies of all rows that the procedures change."""
    changed = {model: [dict(row) for row in found.get(model, ())] for model in CHANGED}
    moves = {move["id"]: move for move in changed[MOVE]}
    for line in changed[MOVE_LINE]:
        moves[line["move_id"]].setdefault("line_ids", []).append(line["id"])
    directory = [
        {"id": number, "x_name": name, "x_action_id": number}
        for number, name in enumerate(PROCEDURES, 1)
    ]
    actions = [{"id": row["id"], "name": row["x_name"]} for row in directory]
    return {**changed, DIRECTORY: directory, ACTION: actions, STAGE: list(found.get(STAGE, ()))}


def run(view: View, ids: Sequence[int]) -> Row:
    """What the one procedure of these answers; two never run at the same time. Raises Failure."""
    (number,) = ids
    procedure = tuple(PROCEDURES.values())[number - 1]
    with view.database.writing:
        return procedure(view)


@dataclass(frozen=True)
class Sold:
    """A confirmed order with its lines."""

    database: Database
    order: Row
    lines: Sequence[Row]

    @property
    def keys(self) -> set[int]:
        """The ids of its lines."""
        return {line["id"] for line in self.lines}


def _sold(view: View) -> Sold:
    number, company = view.context["active_id"], view.context["fleet_company"]
    order = view.database.row(ORDER, number)
    if order is None or not view.sees(ORDER, number) or order["company_id"] != company:
        raise user_error("there is no such order in this company, or none for this user")
    lines = [line for line in view.database.tables[LINE].values() if line["order_id"] == number]
    return Sold(view.database, order, lines)


def _confirmed(sold: Sold) -> None:
    if sold.order["state"] not in ("sale", "done"):
        raise user_error("the order is not confirmed")


def _create_project(view: View) -> Row:
    sold, wanted = _sold(view), view.context
    table = view.database.tables[PROJECT]
    plan = wanted["fleet_plan"]
    found = _found(sold, plan)
    if found:
        return {"created": False, "project_id": found}
    _confirmed(sold)
    services = [line for line in sold.lines if line["is_service"] and not line["is_downpayment"]]
    if not services:
        raise user_error("the order has no service that a project could deliver")
    template = _template(sold, wanted["fleet_template"])
    ids = [line["id"] for line in services]
    own = [number for number in ids if number in plan["lines"]]
    billed = bool(own) or not plan["named"]
    line_id = plan["line"] if plan["line"] in ids else [*own, *ids][0]
    line_id = line_id if billed else False
    number = max(table, default=0) + 1
    dated = bool(wanted["fleet_start"] and wanted["fleet_end"])
    table[number] = {
        "id": number,
        "name": wanted["fleet_name"] or sold.order["name"],
        "active": True,
        "company_id": sold.order["company_id"],
        "user_id": wanted["fleet_manager"] or template.get("user_id", False),
        "is_template": False,
        "allow_billable": billed,
        "partner_id": sold.order["partner_id"],
        "sale_line_id": line_id,
        "reinvoiced_sale_order_id": sold.order["id"],
        "date_start": wanted["fleet_start"] if dated else False,
        "date": wanted["fleet_end"] if dated else False,
        "description": plan["description"] or template.get("description", False),
        "allocated_hours": plan["hours"] or template.get("allocated_hours", 0.0),
        "last_update_status": "to_define",
        "type_ids": [],
        "sequence": 10,
    }
    sold.order["project_ids"] = [*sold.order.get("project_ids", ()), number]
    sold.order["project_id"] = sold.order.get("project_id") or number
    for line in services:
        if line["id"] in own or not (plan["lines"] or plan["named"]):
            line["project_id"] = line.get("project_id") or number
    _milestones(sold, template, plan["milestones"], number, ids)
    _tasks(sold, template, plan["tasks"], number, ids, line_id)
    activities = sold.database.tables[ACTIVITY]
    for summary, user_id, deadline in plan["activities"]:
        _add(
            activities,
            res_model=PROJECT,
            res_id=number,
            user_id=user_id,
            summary=summary,
            note=False,
            date_deadline=deadline,
            active=True,
            automated=True,
            create_date=f"{sold.database.as_of} 23:59:59",
        )
    return {"created": True, "project_id": number}


def _found(sold: Sold, plan: Row) -> Any:
    """The id of the project that is there already; None for none."""
    table = sold.database.tables[PROJECT]
    of_lines = {line["id"]: line["project_id"] for line in sold.lines if line.get("project_id")}
    own = [number for number in sold.keys if number in plan["lines"]]
    known = {
        row["id"]
        for row in table.values()
        if row.get("sale_line_id") in sold.keys
        or row.get("reinvoiced_sale_order_id") == sold.order["id"]
    }
    linked = [*sorted(known), *of_lines.values(), *sold.order.get("project_ids", ())]
    for number in [of_lines[line] for line in own if line in of_lines] + linked:
        row = table.get(number, {})
        name, line = str(row.get("name", "")).lower(), row.get("sale_line_id")
        if number in {of_lines.get(each) for each in own}:
            return number
        if row.get("is_template") or (plan["beside"] and plan["beside"].lower() in name):
            continue
        if plan["named"]:
            fits = plan["named"].lower() in name
        elif plan["lines"]:
            fits = line in own if line in sold.keys else number not in of_lines.values()
        else:
            fits = True
        if fits:
            return number
    return None


def _template(sold: Sold, number: int) -> Row:
    """The project that is copied; an empty one where none is."""
    if not number:
        return {}
    found = sold.database.row(PROJECT, number)
    if found is None:
        raise user_error("the template is gone")
    if found["company_id"] and found["company_id"] != sold.order["company_id"]:
        raise user_error("the template is of another company")
    return found


def _milestones(
    sold: Sold, template: Row, planned: Sequence[Any], project: int, ids: Sequence[int]
) -> None:
    """Copies without deadlines and shares, then what the plan says."""
    table = sold.database.tables[MILESTONE]
    unset = {
        "project_id": project,
        "is_reached": False,
        "reached_date": False,
        "deadline": False,
        "sale_line_id": False,
        "quantity_percentage": 0.0,
    }
    copied = [row["name"] for row in table.values() if row["project_id"] == template.get("id")]
    made: dict[str, list[Row]] = {}
    for name in copied:
        made.setdefault(name, []).append(_add(table, name=name, **unset))
    for name, line_id, percent, deadline in planned:
        row = made[name].pop(0) if made.get(name) else _add(table, name=name, **unset)
        row["deadline"] = deadline
        if line_id in ids:
            row |= {"sale_line_id": line_id, "quantity_percentage": percent / 100}


def _tasks(
    sold: Sold, template: Row, planned: Sequence[Any], project: int, ids: Sequence[int], line: int
) -> None:
    """Copies without deadlines, billed to the project's line, then what the plan says."""
    table = sold.database.tables[TASK]
    unset = {
        "project_id": project,
        "company_id": sold.order["company_id"],
        "active": True,
        "user_ids": [],
        "child_ids": [],
        "sale_line_id": line,
        "date_deadline": False,
        "date_assign": False,
        "create_date": f"{sold.database.as_of} 23:59:59",
        "stage_id": False,
        "state": "01_in_progress",
        "is_template": False,
    }
    copied = [row for row in table.values() if row["project_id"] == template.get("id")]
    made: dict[str, list[Row]] = {}
    for row in copied:
        hours = row["allocated_hours"]
        name = row["name"]
        copy = _add(table, name=name, allocated_hours=hours, **unset)
        made.setdefault(name, []).append(copy)
    for name, line_id, hours, deadline, user_id in planned:
        is_new = not made.get(name)
        row = _add(table, name=name, allocated_hours=0.0, **unset) if is_new else made[name].pop(0)
        row["date_deadline"] = f"{deadline} 12:00:00" if deadline else row["date_deadline"]
        row["allocated_hours"] = hours or row["allocated_hours"]
        row["user_ids"] = [user_id] if user_id else row["user_ids"]
        row["sale_line_id"] = line_id if line_id in ids else row["sale_line_id"]


def _add(table: dict[int, Row], **values: Any) -> Row:
    number = max(table, default=0) + 1
    table[number] = {"id": number, **values}
    return table[number]


def _draft_invoice(view: View) -> Row:
    sold = _sold(view)
    found = _drafts(sold)
    if found:
        return {"created": False, "move_ids": found}
    _confirmed(sold)
    lines = [line for line in sold.lines if not line["display_type"] and not line["is_downpayment"]]
    if any(line["qty_to_invoice"] < 0 for line in lines):
        raise user_error("more is invoiced than delivered; see what was taken back")
    due = [line for line in lines if line["qty_to_invoice"] > 0]
    if not due:
        raise user_error("there is nothing to invoice")
    expected = view.context.get("fleet_expected")
    if expected:
        _as_expected(sold, due, expected)
    if any(line["is_downpayment"] for line in sold.lines):
        raise unsupported("invoices that take down payments off")
    if any(line["qty_delivered_method"] != "manual" for line in due):
        raise unsupported("invoices of hours, milestones and expenses")
    amount = sum(map(_subtotal, due))
    if expected and round(amount - expected["amount"], 2):
        raise user_error(f"Odoo would invoice {amount}, and {expected['amount']} was proposed")
    return {"created": True, "move_ids": [_drafted(sold, due)]}


def _as_expected(sold: Sold, due: Sequence[Row], expected: Mapping[str, Any]) -> None:
    """Raises Failure where it is not what was agreed to."""
    now = {
        line["id"]: [line["qty_to_invoice"], line["price_unit"], line["discount"]] for line in due
    }
    if {number: rest[:3] for number, *rest in expected["lines"]} != now:
        raise user_error("what is to be invoiced was changed since it was proposed")
    taxes = {line["id"]: sorted(line["tax_ids"]) for line in due}
    if {line[0]: line[4] for line in expected["lines"]} != taxes:
        raise user_error("the taxes were changed since it was proposed")
    order, tables = sold.order, sold.database.tables
    address = tables["res.partner"][order["partner_invoice_id"]]
    told = {
        "currency": tables["res.currency"][order["currency_id"]]["name"],
        "address": address["id"],
        "vat": address.get("vat") or "",
        "reference": order["client_order_ref"] or "",
    }
    if told != {name: expected[name] for name in told}:
        raise user_error(
            "currency, invoice address, VAT number or customer reference were changed since it was "
            "proposed"
        )


def _discard_draft(view: View) -> Row:
    sold, user = _sold(view), view.database.account.user_id
    tables = view.database.tables
    moves = [tables[MOVE][n] for n in view.context["fleet_moves"] if n in tables[MOVE]]
    for move in moves:
        lines = [tables[MOVE_LINE][number] for number in move["line_ids"]]
        if not {key for line in lines for key in line["sale_line_ids"]} <= sold.keys:
            raise user_error("the draft is not of this order alone")
        if move["state"] != "draft":
            raise user_error("it was posted: a person takes it back by a credit note")
        if {move["create_uid"], move.get("write_uid") or user} != {user}:
            raise user_error("somebody has worked on the draft: a person deletes it")
    for move in moves:
        for number in move["line_ids"]:
            billed = tables[MOVE_LINE].pop(number)
            for key in billed["sale_line_ids"]:
                line = tables[LINE][key]
                line["qty_invoiced"] -= billed["quantity"]
                line["qty_to_invoice"] += billed["quantity"]
        del tables[MOVE][move["id"]]
    return {"deleted": [move["id"] for move in moves]}


def _drafts(sold: Sold) -> list[int]:
    on = {
        line["move_id"]
        for line in sold.database.tables[MOVE_LINE].values()
        if not sold.keys.isdisjoint(line.get("sale_line_ids") or ())
    }
    moves = (sold.database.tables[MOVE][number] for number in sorted(on))
    kinds = ("out_invoice", "out_refund")
    return [m["id"] for m in moves if m["state"] == "draft" and m["move_type"] in kinds]


def _drafted(sold: Sold, due: Sequence[Row]) -> int:
    moves, lines = sold.database.tables[MOVE], sold.database.tables[MOVE_LINE]
    number, first = max(moves, default=0) + 1, max(lines, default=0) + 1
    untaxed = taxed = 0.0
    for position, line in enumerate(due):
        quantity = line["qty_to_invoice"]
        subtotal = _subtotal(line)
        rates = (sold.database.tables["account.tax"][tax]["amount"] for tax in line["tax_ids"])
        untaxed, taxed = untaxed + subtotal, taxed + subtotal * sum(rates) / 100
        lines[first + position] = {
            "id": first + position,
            "move_id": number,
            "sale_line_ids": [line["id"]],
            "company_id": sold.order["company_id"],
            "currency_id": sold.order["currency_id"],
            "move_type": "out_invoice",
            "parent_state": "draft",
            "quantity": quantity,
            "price_unit": line["price_unit"],
            "discount": line["discount"],
            "price_subtotal": subtotal,
        }
        line["qty_invoiced"] = line["qty_invoiced"] + quantity
        line["qty_to_invoice"] = 0.0
    total = round(untaxed + taxed, 2)
    moves[number] = {
        **UNSET,
        "id": number,
        "state": "draft",
        "create_uid": sold.database.account.user_id,
        # No clock runs here: after all that this day's effects are asked for.
        "create_date": f"{sold.database.as_of} 23:59:59",
        "move_type": "out_invoice",
        "company_id": sold.order["company_id"],
        "currency_id": sold.order["currency_id"],
        "amount_untaxed": round(untaxed, 2),
        "amount_total": total,
        "amount_residual": total,
        "line_ids": list(range(first, first + len(due))),
    }
    return number


def _subtotal(line: Row) -> float:
    worth = line["qty_to_invoice"] * line["price_unit"] * (1 - line["discount"] / 100)
    return float(round(worth, 2))


def _stage_task(view: View) -> Row:
    database, wanted = view.database, view.context
    number = wanted["active_id"]
    task = database.row(TASK, number)
    if task is None or not view.sees(TASK, number):
        raise user_error("there is no such record, or none for this user")
    was = task.get("stage_id") or False
    stage = database.row(STAGE, wanted["fleet_stage"])
    if stage is None:
        raise user_error("the stage is gone")
    if stage["id"] == was:
        return {"changed": False, "stage_id": was, "was_id": was}
    project = database.row(PROJECT, task["project_id"]) or {}
    if stage["id"] not in project.get("type_ids", ()):
        raise user_error("the project has no such stage")
    if task["write_date"] != wanted["fleet_seen"]:
        raise user_error("the record was changed since it was looked at")
    task["stage_id"] = stage["id"]
    task["write_date"] = _later(task["write_date"])
    _tracked(database, number)
    return {"changed": True, "stage_id": stage["id"], "was_id": was}


def _later(moment: str) -> str:
    """No clock runs here: a second later is when a record is written again."""
    return (datetime.strptime(moment, MOMENT) + timedelta(seconds=1)).strftime(MOMENT)


def _tracked(database: Database, task: int) -> None:
    """Who follows the task sees that somebody moved it."""
    messages = database.tables["mail.message"]
    number = max(messages, default=0) + 1
    messages[number] = {
        "id": number,
        "model": TASK,
        "res_id": task,
        "message_type": "notification",
        "message_id": f"<{number}.moved@nordwind.example>",
        "body": "",
        "author_id": FIRST_USERS_PARTNER + database.account.user_id,
    }


def _of(kind: str, relation: str = "") -> dict[str, Any]:
    return {"type": kind, "store": True, **({"relation": relation} if relation else {})}


#: By their names in the directory.
PROCEDURES: Final[Mapping[str, Callable[[View], Row]]] = {
    "create_project": _create_project,
    "draft_invoice": _draft_invoice,
    "discard_draft": _discard_draft,
    "stage_task": _stage_task,
}
CHANGED: Final = (ORDER, LINE, PROJECT, TASK, MOVE, MOVE_LINE, MILESTONE)
