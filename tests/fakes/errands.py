"""Orders and tasks for procedures to work on, as rows of a sandbox."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from odoo_gateway.sandbox import firm

Row = dict[str, Any]
# How the orders are found, and how many there are in each company.
REFERENCE: Final = "errand"
MANY: Final = 400
FIRST_ORDER, FIRST_LINE, FIRST_TASK = 5_000, 50_000, 60_000
FIRST_STAGE, PROJECT_ID = 700, 4_000
TEMPLATE_ID = 4_001
PRICE, ORDERED, DELIVERED = 100.0, 5.0, 2.0
TEMPLATE: Final = "Errand template"
#: When the tasks were changed last.
CHANGED: Final = "2026-01-05 08:00:00"


def rows(as_of: date, many: int = MANY) -> Mapping[str, list[Row]]:
    """The firm's rows, with as many confirmed orders of advice, and tasks, in each company.

    An order has neither project nor invoice; its lines are delivered by hand. The last order of
    each company is a quotation, and of the one before all is invoiced.
    """
    found = {model: list(of) for model, of in firm.build(as_of).items()}
    an_order, a_line = found["sale.order"][0], found["sale.order.line"][0]
    a_project, a_task = found["project.project"][0], found["project.task"][0]
    stages = [FIRST_STAGE + number for number in range(3)]
    found["project.task.type"] = [
        {"id": number, "name": name, "project_ids": [PROJECT_ID] if name != "Elsewhere" else []}
        for number, name in zip(stages, ("New", "Doing", "Elsewhere"), strict=True)
    ]
    found["project.project"].append(
        {**a_project, "id": PROJECT_ID, "name": "Errands", "company_id": False}
        | {"type_ids": stages[:2], "partner_id": False}
    )
    found["project.project"].append(
        {**a_project, "id": TEMPLATE_ID, "name": TEMPLATE, "company_id": 1, "is_template": True}
        | {"partner_id": False, "user_id": False}
    )
    found["project.milestone"] += [
        {**found["project.milestone"][0], "id": 4_000 + n, "name": name, "project_id": TEMPLATE_ID}
        | {"sale_line_id": False, "quantity_percentage": 0.0}
        for n, name in enumerate(("Design", "Build"))
    ]
    found["project.task"] += [
        {**a_task, "id": 4_000 + n, "name": name, "project_id": TEMPLATE_ID, "company_id": 1}
        | {"allocated_hours": 8.0 * n, "write_date": CHANGED}
        for n, name in enumerate(("Kickoff", "Report"))
    ]
    for number in range(2 * many):
        company, last = 1 + number % 2, many - number // 2
        state = "draft" if last == 1 else "sale"
        due = DELIVERED if last > 2 else 0.0
        about = {"company_id": company, "state": state}
        found["sale.order"].append(
            {**an_order, **about, "id": FIRST_ORDER + number, "name": f"E{number:05}"}
            | {"client_order_ref": REFERENCE, "project_ids": [], "signed_on": False}
            | {"amount_untaxed": ORDERED * PRICE}
        )
        found["sale.order.line"].append(
            {**a_line, **about, "id": FIRST_LINE + number, "order_id": FIRST_ORDER + number}
            | {"name": "Advice", "display_name": f"E{number:05} - Advice", "display_type": False}
            | {"price_unit": PRICE, "discount": 0.0, "product_uom_qty": ORDERED, "tax_ids": []}
            | {"qty_delivered": due, "qty_invoiced": 0.0, "qty_to_invoice": due}
            | {"qty_delivered_method": "manual", "is_downpayment": False, "is_expense": False}
            | {"is_service": True, "project_id": False, "price_subtotal": ORDERED * PRICE}
            | {"untaxed_amount_invoiced": 0.0, "untaxed_amount_to_invoice": due * PRICE}
        )
        found["project.task"].append(
            {**a_task, "id": FIRST_TASK + number, "name": f"Errand {number}", "company_id": company}
            | {"project_id": PROJECT_ID, "stage_id": stages[0], "write_date": CHANGED}
        )
    return found
