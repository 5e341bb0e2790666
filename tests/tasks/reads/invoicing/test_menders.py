"""Who can mend what keeps an order from being invoiced, as Odoo names them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks.domain.checklists import Owner
from tasks.reads.invoicing.facts import _unapproved_hours
from tasks.reads.invoicing.menders import Menders, Unapproved, read_menders
from tasks.reads.invoicing.owned import NO_EXPENSE_APPROVER, NO_TIME_APPROVER, Held
from tasks.reads.orders import read_orders
from tasks.records.sales import Expense, Project
from tests.fakes.modules import HR_TIMESHEET_SHEET, TIMESHEET_GRID
from tests.tasks.conftest import MONDAY, changed, reading

SINCE = date(2026, 11, 9)


def menders(
    sandbox: Sandbox, expenses: list[Expense], hours: list[Unapproved]
) -> tuple[Menders, Mapping[str, Any]]:
    """Of the first order with a project, and the row of that project's manager."""
    odoo = reading(sandbox)
    order = next(order for order in read_orders(odoo) if order.project_ids)
    found = odoo.search(Project, [("id", "in", list(order.project_ids))], archived=True)
    projects = {project.id: project for project in found}
    number = order.order.id
    read = read_menders(odoo, [order], projects, {number: expenses}, {number: hours})
    return read[number], _row("res.users", found[0].user_id or 0)


def _row(model: str, number: int) -> Mapping[str, Any]:
    return next(row for row in firm.build(MONDAY.date())[model] if row["id"] == number)


def user(number: int) -> Owner:
    return Owner(_row("res.users", number)["name"], number)


def expense(**values: Any) -> Expense:
    return Expense(**{"id": 1, "name": "Taxi", "employee_id": 5, "state": "submitted", **values})


def test_the_managers_of_the_projects_are_named(sandbox: Sandbox) -> None:
    found, manager = menders(sandbox, [], [])
    assert user(manager["id"]) in found.managers.values()
    assert found.salesperson.user_id
    assert (found.time, found.expenses) == ([], [])


def test_each_approver_has_the_expenses_that_wait_for_them(sandbox: Sandbox) -> None:
    own = [expense(manager_id=102), expense(manager_id=103), expense(manager_id=102), expense()]
    found, _ = menders(sandbox, own, [])
    assert sorted(found.expenses, key=lambda held: held.owner.user_id or 0) == [
        Held(NO_EXPENSE_APPROVER, 1),
        Held(user(102), 2),
        Held(user(103), 1),
    ]


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_odoo_19_the_report_of_an_expense_names_its_approver(version: int) -> None:
    sandbox = Sandbox(MONDAY.date(), version=version)
    sheets = sandbox._database.tables["hr.expense.sheet"]
    sheet = next(row for row in sheets.values() if row["user_id"])
    found, _ = menders(sandbox, [expense(sheet_id=sheet["id"])], [])
    assert found.expenses == [Held(user(sheet["user_id"]), 1)]


def test_hours_are_approved_by_the_manager_where_nobody_else_is_named(sandbox: Sandbox) -> None:
    worker = next(row for row in firm.build(MONDAY.date())["hr.employee"] if row["parent_id"])
    above = _row("hr.employee", worker["parent_id"])
    hours = [
        Unapproved(worker["id"], 2.0, SINCE),
        Unapproved(worker["id"], 3.0, date(2026, 11, 2)),
        Unapproved(0, 1.0),
    ]
    found, _ = menders(sandbox, [], hours)
    manager = Owner(above["name"], above["user_id"])
    assert sorted(found.time, key=lambda held: held.amount) == [
        Held(NO_TIME_APPROVER, 1.0),
        Held(manager, 5.0, date(2026, 11, 2)),
    ]
    hidden, _ = menders(changed(denied_models=["hr.employee"]), [], hours)
    assert [held.owner for held in hidden.time] == [NO_TIME_APPROVER]


def test_whom_enterprise_names_approves_hours_before_the_manager() -> None:
    rows = dict(firm.build(MONDAY.date()))
    rows["hr.employee"] = [{**row, "timesheet_manager_id": 103} for row in rows["hr.employee"]]
    worker = next(row for row in rows["hr.employee"] if row["parent_id"])
    sandbox = Sandbox(MONDAY.date(), rows=rows, declares=TIMESHEET_GRID)
    found, _ = menders(sandbox, [], [Unapproved(worker["id"], 2.0)])
    assert found.time == [Held(user(103), 2.0)]


def test_hours_that_were_taken_back_wait_for_nobody() -> None:
    rows = dict(firm.build(MONDAY.date()))
    logged = [{**row, "validated": False} for row in rows["account.analytic.line"]]
    for unit_amount, waits in ((2.0, True), (0.0, False)):
        hours = [{**row, "unit_amount": unit_amount} for row in logged]
        of_then = {**rows, "account.analytic.line": hours}
        odoo = reading(Sandbox(MONDAY.date(), rows=of_then, declares=TIMESHEET_GRID))
        assert bool(_unapproved_hours(odoo, read_orders(odoo))) is waits


def test_a_manager_without_a_user_is_named(sandbox: Sandbox) -> None:
    worker = next(row for row in firm.build(MONDAY.date())["hr.employee"] if row["parent_id"])
    above = _row("hr.employee", worker["parent_id"])
    alone = changed(corrupt={("hr.employee", above["id"]): {"user_id": False}})
    found, _ = menders(alone, [], [Unapproved(worker["id"], 2.0)])
    assert found.time == [Held(Owner(above["name"]), 2.0)]


def test_who_reviews_a_sheet_approves_its_hours() -> None:
    rows = dict(firm.build(MONDAY.date()))
    worker = next(row for row in rows["hr.employee"] if row["parent_id"])
    other = next(
        row
        for row in rows["hr.employee"]
        if row["user_id"] and row["id"] not in (worker["id"], worker["parent_id"])
    )
    sheet = {"employee_id": worker["id"], "date_end": "2026-11-15", "state": "confirm"}
    rows["hr_timesheet.sheet"] = [
        {"id": 1, "reviewer_id": other["id"], **sheet},
        {"id": 2, "reviewer_id": False, **sheet},
    ]
    sandbox = Sandbox(MONDAY.date(), rows=rows, declares=HR_TIMESHEET_SHEET)
    hours = [Unapproved(worker["id"], 2.0, None, 1), Unapproved(worker["id"], 3.0, None, 2)]
    found, _ = menders(sandbox, [], hours)
    above = _row("hr.employee", worker["parent_id"])
    assert sorted(found.time, key=lambda held: held.amount) == [
        Held(Owner(_row("res.users", other["user_id"])["name"], other["user_id"]), 2.0),
        Held(Owner(above["name"], above["user_id"]), 3.0),
    ]
