"""Who can mend what keeps an order from being invoiced, as Odoo names them."""

from collections.abc import Mapping
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks.financial.invoice_readiness.menders import Menders, read_menders
from tasks.reads.orders import read_orders
from tasks.records.sales import Expense, Project
from tests.tasks.conftest import MONDAY, changed, reading


def menders(
    sandbox: Sandbox, expenses: list[Expense], workers: list[int]
) -> tuple[Menders, Mapping[str, Any]]:
    """Of the first order with a project, and the row of that project."""
    odoo = reading(sandbox)
    order = next(order for order in read_orders(odoo) if order.project_ids)
    found = odoo.search(Project, [("id", "in", list(order.project_ids))], archived=True)
    projects = {project.id: project for project in found}
    number = order.order.id
    read = read_menders(odoo, [order], projects, {number: expenses}, {number: workers})
    return read[number], _row("res.users", found[0].user_id or 0)


def _row(model: str, number: int) -> Mapping[str, Any]:
    return next(row for row in firm.build(MONDAY.date())[model] if row["id"] == number)


def expense(**values: Any) -> Expense:
    return Expense(**{"id": 1, "name": "Taxi", "employee_id": 5, "state": "submitted", **values})


def test_the_managers_of_the_projects_are_named(sandbox: Sandbox) -> None:
    found, manager = menders(sandbox, [], [])
    assert found.project_manager == manager["name"]
    assert found.salesperson
    assert (found.time_approver, found.expense_approver) == ("", "")


def test_the_approvers_of_expenses_are_named_once_each(sandbox: Sandbox) -> None:
    own = [expense(manager_id=102), expense(manager_id=103), expense(manager_id=102), expense()]
    found, _ = menders(sandbox, own, [])
    names = {_row("res.users", number)["name"] for number in (102, 103)}
    assert found.expense_approver == ", ".join(sorted(names))


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_odoo_19_the_report_of_an_expense_names_its_approver(version: int) -> None:
    sandbox = Sandbox(MONDAY.date(), version=version)
    sheets = sandbox._database.tables["hr.expense.sheet"]
    sheet = next(row for row in sheets.values() if row["user_id"])
    found, _ = menders(sandbox, [expense(sheet_id=sheet["id"])], [])
    assert found.expense_approver == _row("res.users", sheet["user_id"])["name"]


def test_hours_are_approved_by_the_manager_where_nobody_else_is_named(sandbox: Sandbox) -> None:
    worker = next(row for row in firm.build(MONDAY.date())["hr.employee"] if row["parent_id"])
    found, _ = menders(sandbox, [], [worker["id"], 0])
    assert found.time_approver == _row("hr.employee", worker["parent_id"])["name"]
    hidden, _ = menders(changed(denied_models=["hr.employee"]), [], [worker["id"]])
    assert hidden.time_approver == ""
