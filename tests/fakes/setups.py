"""What is sold, won and worked on without each other, as rows of a sandbox."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from odoo_gateway.sandbox import firm

Row = dict[str, Any]
ORDER, LINE, PROJECT, LEAD = "sale.order", "sale.order.line", "project.project", "crm.lead"
# Of which no other test has one.
SOLD, LINES, WORK, WON = 9_100, 91_000, 9_200, 9_300
HOUR, STAGED, DAY, FIXED = 1, 3, 4, 5
SELLER: Final = 102
# The firm's own order without a project.
UNSET_UP: Final = 904
#: The day that the tests stand at.
TODAY: Final = date(2026, 11, 23)


def ago(days: int, clock: str = "09:00:00") -> str:
    return f"{TODAY - timedelta(days=days)} {clock}"


def order(number: int = SOLD, **values: Any) -> Row:
    """One that was confirmed three days ago, on the Friday before."""
    a_sale = firm.build(TODAY)[ORDER][0]
    return {
        **a_sale,
        "id": number,
        "name": f"S{number:05}",
        "state": "sale",
        "user_id": SELLER,
        "date_order": ago(3),
        "project_id": False,
        "project_ids": [],
        "opportunity_id": False,
        "amount_untaxed": 18_000.0,
        "signed_on": False,
        **values,
    }


def line(number: int = LINES, **values: Any) -> Row:
    """A hundred and fifty hours of it."""
    return {
        **firm.build(TODAY)[LINE][0],
        "id": number,
        "order_id": SOLD,
        "name": "Advice",
        "sequence": 10,
        "display_type": False,
        "product_id": HOUR,
        "product_uom_qty": 150.0,
        "price_unit": 120.0,
        "qty_delivered": 0.0,
        "qty_invoiced": 0.0,
        "qty_to_invoice": 0.0,
        "qty_delivered_method": "timesheet",
        "is_service": True,
        "is_downpayment": False,
        "is_expense": False,
        "project_id": False,
        "task_id": False,
        **values,
    }


def project(number: int = WORK, **values: Any) -> Row:
    """One of a customer, billable and without an order."""
    return {
        **firm.build(TODAY)[PROJECT][0],
        "id": number,
        "name": "Dock planning",
        "active": True,
        "company_id": 1,
        "user_id": 103,
        "is_template": False,
        "is_internal_project": False,
        "allow_billable": True,
        "partner_id": 20,
        "create_date": ago(2),
        "date_start": False,
        "date": False,
        "sale_line_id": False,
        "reinvoiced_sale_order_id": False,
        **values,
    }


def lead(number: int = WON, **values: Any) -> Row:
    """One that was won on the Friday before."""
    return {
        "id": number,
        "name": "Dock planning for them",
        "type": "opportunity",
        "active": True,
        "company_id": 1,
        "partner_id": 20,
        "user_id": SELLER,
        "team_id": 1,
        "probability": 100.0,
        "date_closed": ago(3),
        **values,
    }


def rows(**more: Sequence[Row]) -> Mapping[str, list[Row]]:
    """The firm's rows and more; models are named with _ in place of the dots.

    The firm's own leads are left out, its order without a project, and when its projects were made.
    """
    found = {**{model: list(of) for model, of in firm.build(TODAY).items()}, LEAD: []}
    found[ORDER] = [known for known in found[ORDER] if known["id"] != UNSET_UP]
    found[LINE] = [known for known in found[LINE] if known["order_id"] != UNSET_UP]
    found[PROJECT] = [{**known, "create_date": False} for known in found[PROJECT]]
    for name, of in more.items():
        model = name.replace("_", ".")
        found[model] = [*found.get(model, ()), *of]
    return found
