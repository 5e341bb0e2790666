"""What is read of a company: its people, their capacity, what they logged and what is planned."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import AsOf, Period, weeks_after
from tasks.domain.texts import Text
from tasks.execution.utilization_variance.planning import Plan, read_plan
from tasks.execution.utilization_variance.policy import UtilizationPolicy
from tasks.execution.utilization_variance.rules import Hours
from tasks.reads.schedules import Schedules, read_schedules
from tasks.reads.units import group_hours
from tasks.records.people import Department, Employee
from tasks.records.timesheets import TimesheetLine, no_leave

KIND: Final = "timesheet_invoice_type"
BILLABLE: Final = frozenset(
    {"billable_time", "billable_fixed", "billable_milestones", "billable_manual"}
)


WEEKS_AHEAD: Final = 4

NO_BILLABLE: Final = NotVerifiable(
    check=Text("billable hours"),
    reason=Text("the module sale_timesheet is not installed, so no hours are known to be billable"),
    remedy=Text("install sale_timesheet to measure utilization"),
)


@dataclass(frozen=True)
class Snapshot:
    """The employees of a company with their capacity, hours and plan, and the weeks ahead.

    Leavers are among them, for the days on which they were employed.
    """

    period: Period
    ahead: Period
    employees: Sequence[Employee]
    departments: Mapping[int, str]
    schedules: Schedules
    hours: Mapping[int, Hours]
    plan: Plan
    unreadable: frozenset[int]
    links: Mapping[int, str]
    knows_billable: bool = True


def read(odoo: Reader, as_of: AsOf, policy: UtilizationPolicy) -> Snapshot:
    """Who is active, was employed in the period or logged in it, with hours, plan and capacity."""
    period, ahead = as_of.month, weeks_after(as_of.day, WEEKS_AHEAD)
    everybody = odoo.search(Employee, [], archived=True)
    credited = {
        employee.id: policy.for_department(employee.department_id).credited_projects
        for employee in everybody
    }
    schedules = read_schedules(odoo, everybody, period.whole_weeks().and_to(ahead))
    hours = read_worked(odoo, everybody, period, credited)
    employees = [
        each
        for each in everybody
        if each.active or each.id in hours or schedules.employed(each, period)
    ]
    return Snapshot(
        period=period,
        ahead=ahead,
        employees=employees,
        schedules=schedules,
        hours=hours,
        plan=read_plan(odoo, employees, period, ahead, as_of.zone),
        unreadable=odoo.unreadable(Employee.MODEL),
        links={e.id: odoo.session.link(Employee.MODEL, e.id) for e in employees},
        knows_billable=knows_billable(odoo),
        # After the question who cannot be read: somebody of a hidden department can.
        departments=_departments(odoo, employees),
    )


def _departments(odoo: Reader, employees: Sequence[Employee]) -> Mapping[int, str]:
    """Names by id; one that a rule hides is called by its id."""
    of: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for each in employees:
        if each.department_id:
            of[each.department_id].add((Employee.MODEL, each.id))
    found = odoo.referred(Department, of)
    return {n: found[n].name if n in found else Text("department {id}", id=n) for n in of}


def knows_billable(odoo: Reader) -> bool:
    """Whether the database tells which hours are billable (module sale_timesheet)."""
    return not odoo.lacks(TimesheetLine, KIND)


def read_worked(
    odoo: Reader,
    employees: Sequence[Employee],
    period: Period,
    credited: Mapping[int, Collection[int]],
) -> Mapping[int, Hours]:
    """Hours by employee, leave left out; none is billable where nobody knows.

    credited: ids of productive projects by employee.
    """
    domain: Domain = [
        ("project_id", "!=", False),
        ("employee_id", "in", [employee.id for employee in employees]),
        ("date", ">=", str(period.start)),
        ("date", "<=", str(period.end)),
        *no_leave(odoo),
    ]
    hours: dict[int, Hours] = defaultdict(Hours)
    kind = [KIND] if knows_billable(odoo) else []
    by_project = ["project_id"] if any(credited.values()) else []
    for group in group_hours(odoo, domain, ["employee_id", *kind, *by_project]):
        employee_id, worked = group.id_at(0), group.sums[0]
        before, billable = hours[employee_id], bool(kind) and group.keys[1] in BILLABLE
        on_credited = bool(by_project) and group.keys[-1] in credited[employee_id]
        is_credited = on_credited and not billable
        hours[employee_id] = Hours(
            worked=before.worked + worked,
            billable=before.billable + worked * billable,
            credited=before.credited + worked * is_credited,
        )
    return hours
