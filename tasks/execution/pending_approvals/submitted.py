"""Reads the expenses that wait for an approval: each by itself, or in reports (Odoo 16 to 18)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.domain.findings import NotVerifiable
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Text
from tasks.domain.withheld import REMEDY
from tasks.doubts import unseen
from tasks.execution.pending_approvals.waiting import DatedBy, Kind, Waiting
from tasks.records.people import Department, Employee
from tasks.records.sales import ExpenseReport


@dataclass(frozen=True)
class SubmittedExpense(Record):
    """An expense; total_amount is in the company's currency. manager_id is the approving user."""

    MODEL: ClassVar[str] = "hr.expense"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    name: str
    employee_id: int
    create_date: datetime
    total_amount: Decimal
    manager_id: int | None = None


@dataclass(frozen=True)
class ApprovalActivity(Record):
    """What Odoo asks an approver to do; made when the record is submitted."""

    MODEL: ClassVar[str] = "mail.activity"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None
    create_date: datetime


# In Odoo 19, and of reports before.
SUBMITTED: Final[Domain] = [("state", "=", "submitted")]
REPORT_SUBMITTED: Final[Domain] = [("state", "=", "submit")]


def read_submitted(
    odoo: Reader, employees: Sequence[Employee], as_of: AsOf, currency: Currency | None
) -> tuple[Sequence[Waiting] | None, Sequence[NotVerifiable]]:
    """Expenses that wait in the company, and what this Odoo cannot tell of them.

    None where it cannot tell at all. employees: of the company. currency: the company's;
    None where it is hidden, and so no amount is told.
    """
    if SubmittedExpense.MODULE not in odoo.session.modules:
        return None, (_NO_EXPENSES,)
    if doubt := unseen(odoo, SubmittedExpense.MODEL):
        return None, (replace(_NOT_SEEN, reason=doubt),)
    if not odoo.lacks(SubmittedExpense, "manager_id"):
        only = as_of.only_ids(SubmittedExpense.MODEL)
        expenses = odoo.search(SubmittedExpense, [*SUBMITTED, *only])
        approvers = {expense.id: expense.manager_id for expense in expenses}
        return _waiting(odoo, expenses, approvers, as_of.zone, currency)
    if doubt := unseen(odoo, ExpenseReport.MODEL):
        return None, (replace(_NOT_SEEN, reason=doubt),)
    only = as_of.only_ids(ExpenseReport.MODEL)
    reports = odoo.search(ExpenseReport, [*REPORT_SUBMITTED, *only])
    approvers = {report.id: report.user_id for report in reports}
    unnamed = [report for report in reports if report.user_id is None]
    approvers |= _responsible(odoo, unnamed, employees) if unnamed else {}
    return _waiting(odoo, reports, approvers, as_of.zone, currency)


def _responsible(
    odoo: Reader, reports: Sequence[ExpenseReport], employees: Sequence[Employee]
) -> Mapping[int, int | None]:
    """Whom Odoo 16 to 18 asks where a report names nobody, as a user by id of the report.

    The manager, else the head of the department
    (`hr.expense.sheet._get_responsible_for_approval`).
    """
    known = {employee.id: employee for employee in employees}
    submitters = {r.id: known[r.employee_id] for r in reports if r.employee_id in known}
    of: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for report_id, submitter in submitters.items():
        if submitter.department_id:
            of[submitter.department_id].add((ExpenseReport.MODEL, report_id))
    heads = {n: department.manager_id for n, department in odoo.referred(Department, of).items()}
    asked = {
        report_id: [submitter.parent_id, heads.get(submitter.department_id or 0)]
        for report_id, submitter in submitters.items()
    }
    missing = sorted(
        {number for each in asked.values() for number in each if number} - known.keys()
    )
    if missing:
        others = odoo.read(Employee, missing)
        known |= {employee.id: employee for employee in others}
    users = {number: person.user_id for number, person in known.items()}
    return {
        report_id: next((user for number in each if (user := users.get(number or 0))), None)
        for report_id, each in asked.items()
    }


def _waiting(
    odoo: Reader,
    found: Sequence[SubmittedExpense] | Sequence[ExpenseReport],
    approvers: Mapping[int, int | None],
    zone: ZoneInfo,
    currency: Currency | None,
) -> tuple[Sequence[Waiting], Sequence[NotVerifiable]]:
    if not found:
        return (), ()
    model = found[0].MODEL
    doubt = unseen(odoo, ApprovalActivity.MODEL)
    # The first of several may be hidden, so none tells.
    submitted = {} if doubt else _submitted(odoo, model, [each.id for each in found], zone)
    name = model.removeprefix("hr.").replace(".", "-")
    waiting = [
        Waiting(
            kind=Kind.EXPENSE,
            key=f"{name}-{each.id}",
            what=each.name,
            model=model,
            record_id=each.id,
            url=odoo.session.link(model, each.id),
            employee_id=each.employee_id,
            since=submitted.get(each.id) or each.create_date.astimezone(zone).date(),
            dated_by=DatedBy.SUBMITTED if each.id in submitted else DatedBy.ENTERED,
            approver_user_id=approvers[each.id],
            amount=currency.round(each.total_amount) if currency else None,
            currency=currency.code if currency else None,
        )
        for each in found
    ]
    if doubt:
        return waiting, (replace(_NO_SUBMISSION, reason=doubt, remedy=REMEDY),)
    return waiting, () if len(submitted) == len(found) else (_NO_SUBMISSION,)


def _submitted(odoo: Reader, model: str, ids: Sequence[int], zone: ZoneInfo) -> Mapping[int, date]:
    """When records were submitted, where the activity that Odoo made then is seen."""
    activities = odoo.search(
        ApprovalActivity,
        [("res_model", "=", model), ("res_id", "in", sorted(ids)), ("automated", "=", True)],
    )
    found: dict[int, date] = {}
    for activity in activities:
        day, number = activity.create_date.astimezone(zone).date(), activity.res_id or 0
        found[number] = min(day, found.get(number, day))
    return found


_NO_EXPENSES: Final = NotVerifiable(
    check=Text("submitted expenses"),
    reason=Text("expenses are not installed"),
    remedy=Text("install hr_expense to have them approved"),
)
_NOT_SEEN: Final = NotVerifiable(
    check=Text("submitted expenses"),
    reason=NOTHING,
    remedy=Text(
        "give the fleet's user the group Expenses / All Approver, or the rights and rules that "
        "docs/install.md names"
    ),
    figures=("rows", "approvals_pending", "approvals_oldest_days", "approvals_amount"),
)
_NO_SUBMISSION: Final = NotVerifiable(
    check=Text("day of submission"),
    reason=Text(
        "the activity that Odoo makes for the approver is not seen for every expense, so those "
        "without wait since they were entered"
    ),
    remedy=Text(
        "leave it so, or let the fleet's user write expenses: Odoo shows activities to nobody else"
    ),
)
