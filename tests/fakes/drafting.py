"""Orders that are due to be drafted, as rows of a sandbox."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from odoo_gateway.sandbox import firm

Row = dict[str, Any]
TODAY: Final = date(2026, 11, 23)
#: Of which no other test has one.
SOLD, LINES, PROJECT, REACHED, MOVE, ENTRY, LOGGED, FILE = (
    *(9_100, 91_000, 9_200, 9_300),
    *(9_400, 94_000, 9_500, 9_600),
)
# Of the firm: hours, a fixed price, a price by milestones, and days that are delivered by hand.
HOUR, STAGED, DAY, FIXED = 1, 3, 4, 5
SELLER: Final = 102


def ago(days: int) -> str:
    return str(TODAY - timedelta(days=days))


def order(number: int = SOLD, **values: Any) -> Row:
    """A confirmed order of the firm's first customer."""
    return {
        **firm.build(TODAY)["sale.order"][0],
        "id": number,
        "name": f"S{number:05}",
        "state": "sale",
        "user_id": SELLER,
        "date_order": f"{ago(30)} 09:00:00",
        "project_ids": [PROJECT],
        "amount_untaxed": 10_000.0,
        "client_order_ref": "PO 1",
        "signed_on": False,
        **values,
    }


def line(number: int = LINES, **values: Any) -> Row:
    """Five days at 1000, of which two are delivered and none is invoiced."""
    given = {"product_uom_qty": 5.0, "qty_delivered": 2.0, "qty_invoiced": 0.0, **values}
    product = given.get("product_id", DAY)
    price = given.get("price_unit", 1_000.0)
    due = given["product_uom_qty"] if product == FIXED else given["qty_delivered"]
    left = due - given["qty_invoiced"]
    return {
        **firm.build(TODAY)["sale.order.line"][0],
        "id": number,
        "order_id": SOLD,
        "company_id": 1,
        "name": "Advice\nas agreed",
        "display_type": False,
        "product_id": product,
        "price_unit": price,
        "discount": 0.0,
        "tax_ids": [],
        "qty_delivered_method": {HOUR: "timesheet", STAGED: "milestones"}.get(product, "manual"),
        "is_service": True,
        "is_downpayment": False,
        "is_expense": False,
        "project_id": PROJECT,
        "price_subtotal": given["product_uom_qty"] * price,
        "qty_to_invoice": left,
        "untaxed_amount_invoiced": given["qty_invoiced"] * price,
        "untaxed_amount_to_invoice": left * price,
        **given,
    }


def milestone(number: int = REACHED, **values: Any) -> Row:
    """One that is reached, and bills two fifths of the line."""
    return {
        **firm.build(TODAY)["project.milestone"][0],
        "id": number,
        "name": "Design",
        "project_id": PROJECT,
        "deadline": ago(10),
        "is_reached": True,
        "reached_date": ago(8),
        "sale_line_id": LINES,
        "quantity_percentage": 0.4,
        **values,
    }


def accepted(milestone_id: int = REACHED, number: int = FILE) -> Row:
    """What the customer gave, filed on a milestone."""
    of = {"res_model": "project.milestone", "res_id": milestone_id, "res_field": False}
    return {"id": number, "name": "accepted.pdf", "checksum": "1", **of}


def hours(number: int = LOGGED, day: str = "", **values: Any) -> Row:
    """Two hours of a week ago, on no invoice."""
    return {
        **firm.build(TODAY)["account.analytic.line"][0],
        "id": number,
        "date": day or ago(7),
        "project_id": PROJECT,
        "task_id": False,
        "unit_amount": 2.0,
        "so_line": LINES,
        "timesheet_invoice_type": "billable_time",
        "timesheet_invoice_id": False,
        **values,
    }


def draft(number: int = MOVE, **values: Any) -> Row:
    known = {"company_id": 1, "currency_id": 1, "name": False, "invoice_date": False}
    amounts = {"amount_untaxed": 2_000.0, "amount_total": 2_000.0, "amount_residual": 2_000.0}
    of = {"id": number, "state": "draft", "move_type": "out_invoice", "payment_state": "not_paid"}
    return {**of, **known, **amounts, **values}


def entry(number: int = ENTRY, quantity: float = 2.0, **values: Any) -> Row:
    """A line of the draft: of the order's line, as far as it is delivered."""
    known = {"company_id": 1, "currency_id": 1, "move_type": "out_invoice", "price_unit": 1_000.0}
    of = {"move_id": MOVE, "sale_line_ids": [LINES], "parent_state": "draft", "discount": 0.0}
    money = {"price_subtotal": quantity * 1_000.0, "quantity": quantity}
    return {
        "id": number,
        "amount_residual": 0.0,
        "account_type": "income",
        **known,
        **of,
        **money,
    } | values


def rows(**more: Sequence[Row]) -> Mapping[str, list[Row]]:
    """The firm's rows without its sales, and these; models are named with _ for the dots."""
    found = {model: list(of) for model, of in firm.build(TODAY).items()}
    for model in ("sale.order", "sale.order.line", "project.milestone", "ir.attachment"):
        found[model] = []
    found["account.analytic.line"] = [
        {**known, "so_line": False} for known in found["account.analytic.line"]
    ]
    found["account.move.line"] = [
        {**known, "sale_line_ids": []} for known in found["account.move.line"]
    ]
    found["hr.expense"] = []
    project = {**found["project.project"][0], "id": PROJECT, "name": "Dock", "company_id": 1}
    found["project.project"] = [
        {**project, "sale_line_id": LINES, "last_update_status": "on_track"}
    ]
    for name, of in more.items():
        found[name.replace("_", ".")] = [*found[name.replace("_", ".")], *of]
    return found
