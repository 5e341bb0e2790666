"""Reads who can mend what keeps an order from being invoiced: managers of projects, approvers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odoo_gateway.reader import Reader
from tasks.domain.texts import Text, joined
from tasks.reads.approvals import approvers_of
from tasks.reads.names import user_names
from tasks.reads.orders import SoldOrder
from tasks.records.people import Employee
from tasks.records.sales import Expense, ExpenseReport, Project

NOBODY: Final = Text("nobody: set a salesperson")


@dataclass(frozen=True)
class Menders:
    """Names of the people for one order; "" where Odoo names nobody."""

    salesperson: str = NOBODY
    project_manager: str = ""
    time_approver: str = ""
    expense_approver: str = ""


def read_menders(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    projects: Mapping[int, Project],
    expenses: Mapping[int, Sequence[Expense]],
    workers: Mapping[int, Iterable[int]],
) -> Mapping[int, Menders]:
    """By order id. workers: the employees whose hours of an order are not approved."""
    of_expenses = _expense_approvers(odoo, expenses)
    of_hours, managers = _time_approvers(odoo, {e for found in workers.values() for e in found})
    names = user_names(
        odoo,
        {
            *(order.order.user_id for order in orders),
            *(project.user_id for project in projects.values()),
            *(user for users in of_expenses.values() for user in users),
            *of_hours.values(),
        },
    )

    def named(users: Iterable[int | None]) -> Text:
        return joined(sorted({names[user] for user in users if user}), ", ")

    def approving(employees: Iterable[int]) -> Text:
        found = {names[of_hours[e]] if e in of_hours else managers.get(e, "") for e in employees}
        return joined(sorted(found - {""}), ", ")

    return {
        order.order.id: Menders(
            salesperson=named([order.order.user_id]) or NOBODY,
            project_manager=named(
                projects[number].user_id for number in order.project_ids if number in projects
            ),
            time_approver=approving(workers.get(order.order.id, ())),
            expense_approver=named(of_expenses.get(order.order.id, ())),
        )
        for order in orders
    }


def _expense_approvers(
    odoo: Reader, expenses: Mapping[int, Sequence[Expense]]
) -> Mapping[int, Iterable[int | None]]:
    """By order: the users on the expenses (Odoo 19), or on their reports before."""
    sheets = sorted({e.sheet_id for found in expenses.values() for e in found if e.sheet_id})
    reports = odoo.read(ExpenseReport, sheets) if sheets else ()
    users = {report.id: report.user_id for report in reports}
    return {
        order: [expense.manager_id or users.get(expense.sheet_id or 0) for expense in found]
        for order, found in expenses.items()
    }


def _time_approvers(
    odoo: Reader, employees: Iterable[int]
) -> tuple[Mapping[int, int], Mapping[int, str]]:
    """By employee: the user who approves their hours, and the name of their manager."""
    ids = sorted(employees)
    if not ids or not odoo.session.may_read(Employee.MODEL):
        return {}, {}
    people = odoo.read(Employee, ids)
    above = sorted({person.parent_id for person in people if person.parent_id})
    managers = odoo.read(Employee, above) if above else ()
    names = {manager.id: manager.name for manager in managers}
    return approvers_of(odoo, ids), {p.id: names.get(p.parent_id or 0, "") for p in people}
