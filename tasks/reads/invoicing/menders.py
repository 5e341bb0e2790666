"""Reads who can mend what keeps an order from being invoiced: managers of projects, approvers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.checklists import Owner
from tasks.reads.approvals import TimesheetSheet, approvers_of
from tasks.reads.invoicing.owned import (
    NO_EXPENSE_APPROVER,
    NO_MANAGER,
    NO_SALESPERSON,
    NO_TIME_APPROVER,
    Held,
)
from tasks.reads.names import user_names
from tasks.reads.orders import SoldOrder
from tasks.records.people import Employee
from tasks.records.sales import Expense, ExpenseReport, Project


@dataclass(frozen=True)
class Unapproved:
    """Hours of one person that nobody approved; employee_id 0 is nobody, sheet_id 0 no sheet."""

    employee_id: int
    hours: float
    since: date | None = None
    sheet_id: int = 0


@dataclass(frozen=True)
class Menders:
    """The people for one order."""

    salesperson: Owner = NO_SALESPERSON
    #: Of each of its projects, by id.
    managers: Mapping[int, Owner] = field(default_factory=dict)
    time: Sequence[Held] = ()
    expenses: Sequence[Held] = ()


@dataclass(frozen=True)
class ReviewedSheet(Record):
    """Who reviews a sheet that was handed in (OCA), an employee."""

    MODEL: ClassVar[str] = TimesheetSheet.MODEL
    MODULE: ClassVar[str] = TimesheetSheet.MODULE
    id: int
    reviewer_id: int | None = None


def read_menders(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    projects: Mapping[int, Project],
    expenses: Mapping[int, Sequence[Expense]],
    hours: Mapping[int, Sequence[Unapproved]],
) -> Mapping[int, Menders]:
    """By order id. expenses, hours: those of each order that are not approved."""
    of_expenses = _expense_approvers(odoo, expenses)
    time = _TimeApprovers(odoo, [each for found in hours.values() for each in found])
    users = user_names(
        odoo,
        {
            *(order.order.user_id for order in orders),
            *(project.user_id for project in projects.values()),
            *(user for found in of_expenses.values() for user in found),
            *time.users,
        },
    )

    def owner(user_id: int | None, nobody: Owner) -> Owner:
        return Owner(users[user_id], user_id) if user_id else nobody

    def waiting(order_id: int) -> Sequence[Held]:
        return _by_owner(
            (time.of(each, users) or NO_TIME_APPROVER, each.hours, each.since)
            for each in hours.get(order_id, ())
        )

    return {
        order.order.id: Menders(
            salesperson=owner(order.order.user_id, NO_SALESPERSON),
            managers={
                number: owner(projects[number].user_id, NO_MANAGER)
                for number in order.project_ids
                if number in projects
            },
            time=waiting(order.order.id),
            expenses=_by_owner(
                (owner(user, NO_EXPENSE_APPROVER), 1, None)
                for user in of_expenses.get(order.order.id, ())
            ),
        )
        for order in orders
    }


def _by_owner(found: Iterable[tuple[Owner, float, date | None]]) -> Sequence[Held]:
    amounts: dict[Owner, float] = defaultdict(float)
    days: dict[Owner, list[date]] = defaultdict(list)
    for owner, amount, day in found:
        amounts[owner] += amount
        days[owner] += [day] if day else []
    held = [Held(owner, amounts[owner], min(days[owner], default=None)) for owner in amounts]
    return sorted(held, key=lambda each: str(each.owner.name))


def _expense_approvers(
    odoo: Reader, expenses: Mapping[int, Sequence[Expense]]
) -> Mapping[int, Sequence[int | None]]:
    """By order: the users on the expenses (Odoo 19), or on their reports before."""
    sheets = sorted({e.sheet_id for found in expenses.values() for e in found if e.sheet_id})
    reports = odoo.read(ExpenseReport, sheets) if sheets else ()
    users = {report.id: report.user_id for report in reports}
    return {
        order: [expense.manager_id or users.get(expense.sheet_id or 0) for expense in found]
        for order, found in expenses.items()
    }


class _TimeApprovers:
    """Who approves hours: whom Enterprise names, else who reviews the sheet, else the manager."""

    def __init__(self, odoo: Reader, hours: Sequence[Unapproved]) -> None:
        workers = sorted({each.employee_id for each in hours} - {0})
        shown = bool(workers) and odoo.session.may_read(Employee.MODEL)
        self._named = approvers_of(odoo, workers) if shown else {}
        sheets = sorted({each.sheet_id for each in hours} - {0})
        reviewed = odoo.read(ReviewedSheet, sheets) if shown and sheets else ()
        self._reviewers = {sheet.id: sheet.reviewer_id for sheet in reviewed}
        people = odoo.read(Employee, workers) if shown else ()
        self._above = {person.id: person.parent_id for person in people}
        leading = {*self._above.values(), *self._reviewers.values()}
        found = odoo.read(Employee, sorted(filter(None, leading))) if shown else ()
        self._people = {person.id: person for person in found}

    @property
    def users(self) -> Iterable[int]:
        """All users among them."""
        own = (person.user_id for person in self._people.values())
        return [*self._named.values(), *filter(None, own)]

    def of(self, hours: Unapproved, users: Mapping[int, str]) -> Owner | None:
        """Who approves these; None where Odoo names nobody."""
        if user_id := self._named.get(hours.employee_id):
            return Owner(users[user_id], user_id)
        reviewer = self._reviewers.get(hours.sheet_id)
        person = self._people.get(reviewer or self._above.get(hours.employee_id) or 0)
        if person is None:
            return None
        return Owner(users[person.user_id] if person.user_id else person.name, person.user_id)
