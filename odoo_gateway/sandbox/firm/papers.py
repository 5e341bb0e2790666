"""The papers around orders: expenses, what they leave in the accounts, and files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from odoo_gateway.sandbox.firm.bookings import COSTS
from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.kinds import EUROPE, Reinvoiced
from odoo_gateway.sandbox.firm.money import CURRENCIES, FIRST_CUSTOMER, FIRST_USERS_PARTNER
from odoo_gateway.sandbox.firm.people import BRUSSELS, PEOPLE
from odoo_gateway.sandbox.firm.projects import line_id, order_id, project_of
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]
ADMIN_ID = 2
APPROVED = frozenset({"approved", "posted"})
WITHOUT_RECEIPT = frozenset({"Lunch with Delta", "Taxi at night"})
# The deal whose quotation was mailed from Odoo.
MAILED = 4


@dataclass(frozen=True)
class Claim:
    """An expense that waits for its approver, a user; submitted so many days ago."""

    name: str
    employee_id: int
    approver_id: int | None
    amount: float
    days_ago: int


CLAIMS = (
    Claim("Train to Hamburg", 5, 102, 184.6, 9),
    Claim("Hotel in Lyon", 6, 102, 412.0, 20),
    Claim("Lunch with Delta", 13, 103, 64.5, 3),
    # Whoever asks themselves is made the approver after the submission: Odoo approves it before.
    Claim("Conference ticket", 3, 103, 690.0, 6),
    Claim("Monitor stand", 26, 124, 89.0, 2),
    Claim("Taxi at night", 4, None, 38.2, 12),
    Claim("Flight to Denver", 30, 129, 356.4, 8),
    Claim("Cab to the airport", 33, 129, 52.0, 1),
)


def rows(when: When) -> dict[str, list[Row]]:
    """Expenses and files, and what stands beside an order."""
    about = {"res_id": 1, "id": 1}
    expenses = numbered((*_of_orders(when), *_claims(when)))
    files = numbered((*_files(), *_receipts(expenses)))
    return {
        "hr.expense": expenses,
        "ir.attachment": files,
        "mail.activity": numbered(
            [
                {
                    "res_id": 1,
                    "res_model": "sale.order",
                    "user_id": 102,
                    "summary": "Call the customer",
                    "date_deadline": when.ago(2).isoformat(),
                    "active": True,
                    "automated": False,
                    "create_date": utc(when.ago(3), 9, BRUSSELS),
                },
                *_asked(expenses, when),
            ]
        ),
        "mail.message": [
            {
                **about,
                "model": "sale.order",
                "message_type": "notification",
                "message_id": "<created@nordwind.example>",
                "body": "<p>Sales Order created</p>",
                "author_id": FIRST_USERS_PARTNER + ADMIN_ID,
                "create_uid": ADMIN_ID,
                "date": utc(when.ago(120), 9, BRUSSELS),
            },
            _mailed_quotation(files, when),
        ],
    }


def _mailed_quotation(files: Iterable[Row], when: When) -> Row:
    """The mail by which a customer got the quotation; Odoo keeps its print on the order."""
    (printed,) = (file for file in files if file["name"].startswith("Quotation"))
    customer = FIRST_CUSTOMER + MAILED
    return {
        "id": 2,
        "model": "sale.order",
        "res_id": printed["res_id"],
        "message_type": "comment",
        "message_id": "<quotation@nordwind.example>",
        "body": "<p>Your quotation is ready for review.</p>",
        "author_id": FIRST_USERS_PARTNER + ADMIN_ID,
        "create_uid": ADMIN_ID,
        "date": utc(when.ago(120), 9, BRUSSELS),
        "attachment_ids": [printed["id"]],
        "partner_ids": [customer],
        "notified_partner_ids": [customer],
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
                    "create_date": utc(when.ago(18), 9, BRUSSELS),
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
                    "account_id": project_of(order, deal) or False,
                    "general_account_id": COSTS,
                    "move_line_id": False,
                }


def _of_orders(when: When) -> Iterator[Row]:
    for number, deal in enumerate(DEALS):
        reinvoiced = [
            (line.name, "posted", line.amount)
            for line in deal.lines
            if isinstance(line, Reinvoiced)
        ]
        open_expenses = [(name, state, 47.5) for name, state in deal.open_expenses]
        for name, state, amount in (*reinvoiced, *open_expenses):
            manager = PEOPLE[deal.seller].manager_id
            yield {
                "name": name,
                "employee_id": deal.seller,
                "company_id": deal.company_id,
                "state": state,
                "sale_order_id": order_id(number),
                "date": when.ago(18).isoformat(),
                "create_date": utc(when.ago(17), 10, BRUSSELS),
                "manager_id": PEOPLE[manager].user_id if manager else False,
                **_paid(deal.company_id, amount),
                "approval_date": utc(when.ago(10), 11, BRUSSELS) if state in APPROVED else False,
            }


def _claims(when: When) -> Iterator[Row]:
    for claim in CLAIMS:
        yield {
            "name": claim.name,
            "employee_id": claim.employee_id,
            "company_id": PEOPLE[claim.employee_id].company_id,
            "state": "submitted",
            "sale_order_id": False,
            "date": when.ago(claim.days_ago + 4).isoformat(),
            "create_date": utc(when.ago(claim.days_ago + 1), 18, BRUSSELS),
            "manager_id": claim.approver_id or False,
            **_paid(PEOPLE[claim.employee_id].company_id, claim.amount),
        }


def _paid(company_id: int, amount: float) -> Row:
    """An amount that an employee paid in the company's currency."""
    return {
        "total_amount": amount,
        "total_amount_currency": amount,
        "untaxed_amount": amount,
        "untaxed_amount_currency": amount,
        "currency_id": CURRENCIES["EUR" if company_id == EUROPE else "USD"],
        "payment_mode": "own_account",
    }


def _receipts(expenses: Iterable[Row]) -> Iterator[Row]:
    """A file on every expense but for two."""
    for expense in expenses:
        if expense["name"] not in WITHOUT_RECEIPT:
            yield {
                "name": f"{expense['name']}.pdf",
                "res_model": "hr.expense",
                "res_id": expense["id"],
                "checksum": f"{expense['id']:040x}",
            }


def _asked(expenses: Iterable[Row], when: When) -> Iterator[Row]:
    """What Odoo asks the approver of each submitted expense to do, since it was."""
    days_ago = {claim.name: claim.days_ago for claim in CLAIMS}
    for expense in expenses:
        if expense["state"] == "submitted":
            day = when.ago(days_ago.get(expense["name"], 14))
            yield {
                "res_id": expense["id"],
                "res_model": "hr.expense",
                "user_id": expense["manager_id"] or ADMIN_ID,
                "summary": "Expense Approval",
                "date_deadline": day.isoformat(),
                "active": True,
                "automated": True,
                "create_date": utc(day, 9, BRUSSELS),
            }


def _files() -> Iterator[Row]:
    for number, deal in enumerate(DEALS):
        for name in deal.files:
            yield {"name": name, "res_model": "sale.order", "res_id": order_id(number)}
    harbor = next(n for n, deal in enumerate(DEALS) if deal.customer == "Harbor Mutual")
    project_id = project_of(harbor, DEALS[harbor])
    yield {"name": "Charter.pdf", "res_model": "project.project", "res_id": project_id}
    yield {"name": "Letterhead.png", "res_model": False, "res_id": 0}
    mailed = order_id(MAILED)
    quotation = {"name": f"Quotation - S{mailed:05}.pdf", "res_model": "sale.order"}
    yield {**quotation, "res_id": mailed}
    signed = {"name": "signature", "res_model": "sale.order", "res_field": "signature"}
    for number in range(0, len(DEALS), 3):
        yield {**signed, "res_id": order_id(number)}
