"""What waits in a company, and the people who may decide it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import AsOf, Period
from tasks.execution.pending_approvals.policy import ApprovalPolicy
from tasks.execution.pending_approvals.submitted import read_submitted
from tasks.execution.pending_approvals.unapproved import read_unapproved
from tasks.execution.pending_approvals.waiting import Kind, Waiting
from tasks.reads.contacts import read_languages
from tasks.reads.names import user_names
from tasks.reads.orders import company_currency, read_currencies
from tasks.reads.schedules import Schedules, read_schedules
from tasks.records.people import Employee

WEEKS_BACK: Final = 52
WEEKS_AHEAD: Final = 3


@dataclass(frozen=True)
class Snapshot:
    """What waits in a company, and the people who submitted it, decide it or stand in."""

    waiting: Sequence[Waiting]
    #: Those of the company, archived ones too.
    employees: Sequence[Employee]
    #: Of other companies.
    others: Sequence[Employee]
    #: Names by id.
    users: Mapping[int, str]
    schedules: Schedules
    #: The whole weeks that schedules are known of.
    view: Period
    #: Of which kinds this Odoo tells.
    tells: frozenset[Kind]
    not_verifiable: Sequence[NotVerifiable] = field(default=())
    #: Of their accounts, by user.
    languages: Mapping[int, str] = field(default_factory=dict)


def read(odoo: Reader, as_of: AsOf, policy: ApprovalPolicy) -> Snapshot:
    """Everything that waits for an approval, and who may decide it."""
    employees = odoo.search(Employee, [], archived=True)
    currencies = read_currencies(odoo)
    currency = company_currency(odoo, currencies)
    expenses, expense_gaps = read_submitted(odoo, employees, as_of, currency)
    time, time_gaps = read_unapproved(odoo, employees, as_of, _looked_at(as_of, policy), currencies)
    waiting = (*(expenses or ()), *(time or ()))
    others = _others(odoo, employees, waiting, policy)
    deciding = _deciding(employees, others, waiting, policy)
    view = _view(waiting, as_of)
    told = {Kind.EXPENSE: expenses, Kind.TIME: time}
    return Snapshot(
        waiting=waiting,
        employees=employees,
        others=others,
        users=user_names(odoo, {item.approver_user_id for item in waiting}),
        schedules=read_schedules(odoo, deciding, view),
        languages=read_languages(odoo, deciding),
        view=view,
        tells=frozenset(kind for kind, found in told.items() if found is not None),
        not_verifiable=(*expense_gaps, *time_gaps),
    )


def _looked_at(as_of: AsOf, policy: ApprovalPolicy) -> Period:
    """The days whose hours are looked at: whole weeks back, until yesterday."""
    weeks = max(unit.look_back_weeks for unit in policy.everywhere())
    yesterday = as_of.day - timedelta(days=1)
    return Period(Period(as_of.day, as_of.day).whole_weeks().shifted(-weeks).start, yesterday)


def _view(waiting: Iterable[Waiting], as_of: AsOf) -> Period:
    """Whole weeks from the oldest that waits, of a year at most, to some ahead."""
    today = Period(as_of.day, as_of.day).whole_weeks()
    oldest = min((item.since for item in waiting), default=as_of.day)
    first = max(oldest - timedelta(weeks=1), today.shifted(-WEEKS_BACK).start)
    return Period(min(first, today.start), today.shifted(WEEKS_AHEAD).end).whole_weeks()


def _others(
    odoo: Reader,
    employees: Iterable[Employee],
    waiting: Iterable[Waiting],
    policy: ApprovalPolicy,
) -> Sequence[Employee]:
    """Approvers, delegates, managers and submitters who are employees of other companies."""
    known = {employee.id for employee in employees}
    users = {item.approver_user_id for item in waiting if item.approver_user_id}
    users -= {employee.user_id for employee in employees if employee.active}
    ids = {number for item in waiting for number in (item.approver_id, item.employee_id) if number}
    ids |= {number for unit in policy.everywhere() for number in unit.delegates.values()}
    ids |= {employee.parent_id for employee in employees if employee.parent_id}
    wanted: Domain = ["|", ("id", "in", sorted(ids - known)), ("user_id", "in", sorted(users))]
    return (
        odoo.search(Employee, wanted, archived=True, all_companies=True)
        if users or ids - known
        else ()
    )


def _deciding(
    employees: Iterable[Employee],
    others: Iterable[Employee],
    waiting: Iterable[Waiting],
    policy: ApprovalPolicy,
) -> Sequence[Employee]:
    """Whose working days matter: approvers, their managers, and delegates."""
    people = {person.id: person for person in (*others, *employees)}
    users = {item.approver_user_id for item in waiting if item.approver_user_id}
    ids = {item.approver_id for item in waiting}
    approvers = [p for p in people.values() if p.id in ids or p.user_id in users]
    delegates = {number for unit in policy.everywhere() for number in unit.delegates.values()}
    chosen = {p.id for p in approvers} | {p.parent_id for p in approvers} | delegates
    return [person for number, person in people.items() if number in chosen]
