"""The papers around orders: expenses, what they leave in the accounts, and files."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.kinds import Reinvoiced
from odoo_gateway.sandbox.firm.projects import line_id, order_id, project_of
from odoo_gateway.sandbox.firm.when import When

Row = dict[str, Any]


def rows(when: When) -> dict[str, list[Row]]:
    """Expenses and files, and what stands beside an order."""
    about = {"res_id": 1, "id": 1}
    return {
        "hr.expense": _expenses(when),
        "ir.attachment": numbered(_files()),
        "mail.activity": [
            {
                **about,
                "res_model": "sale.order",
                "user_id": 102,
                "summary": "Call the customer",
                "date_deadline": when.ago(2).isoformat(),
                "active": True,
            }
        ],
        "mail.message": [
            {
                **about,
                "model": "sale.order",
                "message_type": "notification",
                "message_id": "<created@nordwind.example>",
                "body": "<p>Sales Order created</p>",
            }
        ],
    }


def numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows with ids from 1 on."""
    return [{"id": number, **row} for number, row in enumerate(rows, start=1)]


def expense_entries(when: When, first_id: int) -> Iterator[Row]:
    """The analytic line behind each re-invoiced expense."""
    number = count(first_id)
    for order, deal in enumerate(DEALS):
        for position, line in enumerate(deal.lines):
            if isinstance(line, Reinvoiced) and deal.state == "sale":
                yield {
                    "id": next(number),
                    "date": when.ago(18).isoformat(),
                    "employee_id": False,
                    "project_id": False,
                    "task_id": False,
                    "unit_amount": 1.0,
                    "amount": -line.amount,
                    "company_id": deal.company_id,
                    "so_line": line_id(order, position),
                    "timesheet_invoice_type": "other_costs",
                    "timesheet_invoice_id": False,
                    "holiday_id": False,
                    "global_leave_id": False,
                }


def _expenses(when: When) -> list[Row]:
    found: list[Row] = []
    for number, deal in enumerate(DEALS):
        reinvoiced = [(line.name, "posted") for line in deal.lines if isinstance(line, Reinvoiced)]
        for name, state in (*reinvoiced, *deal.open_expenses):
            found.append(
                {
                    "id": len(found) + 1,
                    "name": name,
                    "employee_id": deal.seller,
                    "company_id": deal.company_id,
                    "state": state,
                    "sale_order_id": order_id(number),
                    "date": when.ago(18).isoformat(),
                }
            )
    return found


def _files() -> Iterator[Row]:
    for number, deal in enumerate(DEALS):
        for name in deal.files:
            yield {"name": name, "res_model": "sale.order", "res_id": order_id(number)}
    harbor = next(n for n, deal in enumerate(DEALS) if deal.customer == "Harbor Mutual")
    project_id = project_of(harbor, DEALS[harbor])
    yield {"name": "Charter.pdf", "res_model": "project.project", "res_id": project_id}
    yield {"name": "Letterhead.png", "res_model": False, "res_id": 0}
    signed = {"name": "signature", "res_model": "sale.order", "res_field": "signature"}
    for number in range(0, len(DEALS), 3):
        yield {**signed, "res_id": order_id(number)}
