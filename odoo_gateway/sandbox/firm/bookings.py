"""What is booked on the analytic accounts of projects beside hours: revenue, and a few costs."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.projects import UPDATED, order_id, project_of
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]

INCOME, COSTS = 1, 2
# What a subcontractor billed for the first project.
SUBCONTRACTED: Final = {101: 1200.0}


def rows(when: When) -> dict[str, list[Row]]:
    """Accounts of the books, and the last updates of projects."""
    return {
        "account.account": [
            {"id": INCOME, "account_type": "income"},
            {"id": COSTS, "account_type": "expense"},
        ],
        "project.update": [
            {"id": project, "date": when.ago(5).isoformat(), "progress": percent}
            for project, percent in UPDATED.items()
        ],
    }


def entries(lines: Sequence[Row], when: When, first_id: int) -> Iterator[Row]:
    """Analytic lines: what each project was billed, and what was bought for it."""
    numbers = count(first_id)
    billed: dict[int, float] = defaultdict(float)
    for line in lines:
        billed[line["order_id"]] += line["untaxed_amount_invoiced"]
    for number, deal in enumerate(DEALS):
        project = project_of(number, deal)
        if project and (amount := round(billed[order_id(number)], 2)):
            yield _booked(next(numbers), project, deal.company_id, amount, INCOME, when)
        if project in SUBCONTRACTED:
            cost = -SUBCONTRACTED[project]
            yield _booked(next(numbers), project, deal.company_id, cost, COSTS, when)


def _booked(
    number: int, account: int, company_id: int, amount: float, ledger: int, when: When
) -> Row:
    return {
        "id": number,
        "create_date": utc(when.ago(18), 9, "UTC"),
        "date": when.ago(18).isoformat(),
        "employee_id": False,
        "project_id": False,
        "task_id": False,
        "unit_amount": 1.0,
        "amount": amount,
        "company_id": company_id,
        "so_line": False,
        "timesheet_invoice_type": "other_revenues" if amount > 0 else "other_costs",
        "timesheet_invoice_id": False,
        "holiday_id": False,
        "global_leave_id": False,
        "account_id": account,
        "general_account_id": ledger,
        "move_line_id": False,
    }
