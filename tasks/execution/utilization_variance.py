"""Shows how much of people's time was billable, against target and plan, and why it differs.

Why: a month that was sold to nobody is lost, and whoever hears of it late can change nothing.

Remedy: plan unplanned people, deliver what was planned, and log the hours that are missing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import Field

from odoo_gateway.reader import Domain, Reader
from tasks.declaration import Audience, Cron, Job
from tasks.domain.findings import Finding, Measure, NotVerifiable, Report, Severity
from tasks.domain.periods import AsOf, Period
from tasks.domain.policy import Policy
from tasks.records.people import Department, Employee
from tasks.records.planning import Plan, read_plan
from tasks.records.schedules import Schedules, read_schedules
from tasks.records.timesheets import TimesheetLine, no_leave

BILLABLE: Final = frozenset(
    {"billable_time", "billable_fixed", "billable_milestones", "billable_manual"}
)
KIND: Final = "timesheet_invoice_type"


class UtilizationPolicy(Policy):
    """Targets in percent of net capacity; the person's goes before the role's and department's."""

    target_percent: float | None = Field(None, gt=0, le=100, description="for everybody else")
    targets_by_employee: dict[int, float] = Field({}, description="by id of hr.employee")
    targets_by_job: dict[int, float] = Field({}, description="by id of hr.job, the role")
    targets_by_department: dict[int, float] = Field({}, description="by id of hr.department")
    band_from_percent: float = Field(95, ge=0, description="of the target, still fine")
    band_to_percent: float = Field(105, ge=0, description="of the target, still fine")
    credited_projects: tuple[int, ...] = Field((), description="productive though not billable")
    excluded_employees: tuple[int, ...] = Field((), description="ids; no target, not in the ratio")

    def target(self, employee: Employee) -> float | None:
        """The employee's target, or None."""
        if employee.id in self.excluded_employees:
            return None
        return self.targets_by_employee.get(
            employee.id,
            self.targets_by_job.get(
                employee.job_id or 0,
                self.targets_by_department.get(employee.department_id or 0, self.target_percent),
            ),
        )


@dataclass(frozen=True)
class Hours:
    """What an employee logged: all of it, what is billable, and what is credited."""

    worked: float = 0.0
    billable: float = 0.0
    credited: float = 0.0


@dataclass(frozen=True)
class Snapshot:
    """The employees of a company with their capacity, hours and plan in a period."""

    period: Period
    employees: Sequence[Employee]
    departments: Mapping[int, str]
    schedules: Schedules
    hours: Mapping[int, Hours]
    plan: Plan
    unreadable: frozenset[int]
    links: Mapping[int, str]
    knows_billable: bool = True


@dataclass(frozen=True)
class Utilization:
    """One employee's period, judged. Hours; capacity is net of leave and holidays."""

    employee: Employee
    measurable: bool
    capacity: float
    leave: float
    hours: Hours
    planned: float
    target: float | None

    @property
    def percent(self) -> float | None:
        """Billable / net capacity (Kantata: net available hours); None without capacity."""
        return round(100 * self.hours.billable / self.capacity, 2) if self.capacity else None

    @property
    def target_hours(self) -> float | None:
        """The target in hours of the person's own capacity."""
        return None if self.target is None else self.capacity * self.target / 100

    @property
    def variance_points(self) -> float | None:
        """Actual less target, in percentage points."""
        if self.percent is None or self.target is None:
            return None
        return round(self.percent - self.target, 2)

    @property
    def variance_hours(self) -> float | None:
        """The hours behind the points."""
        if self.percent is None or self.target_hours is None:
            return None
        return round(self.hours.billable - self.target_hours, 2)


def read(odoo: Reader, as_of: AsOf, policy: UtilizationPolicy) -> Snapshot:
    """The active employees, their capacity, logged and planned hours in the period."""
    period = as_of.month
    employees = odoo.search(Employee, [("company_id", "=", odoo.company_id)])
    return Snapshot(
        period=period,
        employees=employees,
        departments={found.id: found.name for found in odoo.search(Department, [], archived=True)},
        schedules=read_schedules(odoo, employees, period.whole_weeks()),
        hours=_hours(odoo, employees, period, policy),
        plan=read_plan(odoo, employees, period),
        unreadable=odoo.unreadable(Employee.MODEL),
        links={e.id: odoo.session.link(Employee.MODEL, e.id) for e in employees},
        knows_billable=not odoo.lacks(TimesheetLine, KIND),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: UtilizationPolicy) -> Report:
    """A row per employee, a finding per employee outside the band."""
    judged = [_judged(employee, snapshot, policy) for employee in snapshot.employees]
    return Report(
        rows=tuple(_row(found, snapshot, policy) for found in judged),
        findings=tuple(
            _finding(found, snapshot, policy)
            for found in judged
            if _status(found, policy) in ("below_band", "above_band")
        ),
        totals=(_total(judged, snapshot, policy),),
        measures=_measures(judged, policy),
        not_verifiable=(
            *snapshot.schedules.not_verifiable,
            *snapshot.plan.not_verifiable,
            *(() if snapshot.knows_billable else (_NO_BILLABLE,)),
        ),
    )


def _hours(
    odoo: Reader, employees: Sequence[Employee], period: Period, policy: UtilizationPolicy
) -> Mapping[int, Hours]:
    domain: Domain = [
        ("project_id", "!=", False),
        ("employee_id", "in", [employee.id for employee in employees]),
        ("date", ">=", str(period.start)),
        ("date", "<=", str(period.end)),
        *no_leave(odoo),
    ]
    hours: dict[int, Hours] = defaultdict(Hours)
    groups = odoo.group(
        TimesheetLine.MODEL,
        domain,
        by=["employee_id", "project_id", *([] if odoo.lacks(TimesheetLine, KIND) else [KIND])],
        sums=["unit_amount"],
    )
    for group in groups:
        employee_id, project_id, *kinds = group.keys
        before, worked = hours[int(str(employee_id))], group.sums[0]
        billable = any(kind in BILLABLE for kind in kinds)
        credited = project_id in policy.credited_projects and not billable
        hours[int(str(employee_id))] = Hours(
            worked=before.worked + worked,
            billable=before.billable + worked * billable,
            credited=before.credited + worked * credited,
        )
    return hours


def _judged(employee: Employee, snapshot: Snapshot, policy: UtilizationPolicy) -> Utilization:
    weeks = snapshot.period.whole_weeks()
    net = snapshot.schedules.expected(employee, weeks)
    gross = snapshot.schedules.gross(employee, weeks) or {}
    capacity = sum((net or {}).get(day, 0.0) for day in snapshot.period.days())
    before_leave = sum(gross.get(day, 0.0) for day in snapshot.period.days())
    return Utilization(
        employee=employee,
        measurable=net is not None
        and employee.id not in snapshot.unreadable
        and snapshot.knows_billable,
        capacity=round(capacity, 2),
        leave=round(before_leave - capacity, 2),
        hours=snapshot.hours.get(employee.id, Hours()),
        planned=round(snapshot.plan.hours.get(employee.id, 0.0), 2),
        target=policy.target(employee),
    )


def _status(found: Utilization, policy: UtilizationPolicy) -> str:
    if not found.measurable:
        return "not_measurable"
    if found.percent is None:
        return "no_capacity"
    if found.target is None:
        return "no_target"
    attainment = 100 * found.percent / found.target
    if attainment < policy.band_from_percent:
        return "below_band"
    return "above_band" if attainment > policy.band_to_percent else "ok"


def _row(found: Utilization, snapshot: Snapshot, policy: UtilizationPolicy) -> Mapping[str, Any]:
    return {
        "employee_id": found.employee.id,
        "employee": found.employee.name,
        "department": snapshot.departments.get(found.employee.department_id or 0),
        "period_start": str(snapshot.period.start),
        "period_end": str(snapshot.period.end),
        "capacity_hours": found.capacity,
        "leave_hours": found.leave,
        "worked_hours": round(found.hours.worked, 2),
        "billable_hours": round(found.hours.billable, 2) if snapshot.knows_billable else None,
        "planned_hours": found.planned,
        "utilization_percent": found.percent if found.measurable else None,
        "target_percent": found.target,
        "variance_points": found.variance_points if found.measurable else None,
        "variance_hours": found.variance_hours if found.measurable else None,
        "status": _status(found, policy),
        "explained": _explained(found),
    }


def _explained(found: Utilization) -> Mapping[str, float | None]:
    """Variance = plan gap (planned - target) + delivery gap (billable - planned). Ours."""
    target = found.target_hours if found.measurable and found.capacity else None
    return {
        "plan_gap_hours": None if target is None else round(found.planned - target, 2),
        "delivery_gap_hours": (
            None if target is None else round(found.hours.billable - found.planned, 2)
        ),
        "leave_hours": found.leave,
        "missing_hours": round(max(0.0, found.capacity - found.hours.worked), 2),
    }


def _finding(found: Utilization, snapshot: Snapshot, policy: UtilizationPolicy) -> Finding:
    period, gaps = snapshot.period, _explained(found)
    status = _status(found, policy)
    return Finding(
        key=f"{status}-employee-{found.employee.id}-{period.start}",
        severity=Severity.WARNING if status == "below_band" else Severity.INFO,
        title=f"{found.employee.name}: {found.percent:g} % of {found.target:g} % "
        f"from {period.start:%d %b} to {period.end:%d %b %Y}",
        reason=f"{found.variance_points:+g} points, {found.variance_hours:+g} h: "
        f"plan {gaps['plan_gap_hours']:+g} h, delivery {gaps['delivery_gap_hours']:+g} h; "
        f"{gaps['missing_hours']:g} h not logged, {found.leave:g} h on leave",
        remedy="plan the person, or correct the target",
        owner=snapshot.departments.get(found.employee.department_id or 0, "delivery"),
        model=Employee.MODEL,
        record_id=found.employee.id,
        url=snapshot.links[found.employee.id],
        since=period.end,
        period=str(period),
    )


def _total(
    judged: Sequence[Utilization], snapshot: Snapshot, policy: UtilizationPolicy
) -> Mapping[str, Any]:
    counted = _counted(judged, policy)
    return {
        "basis": "billable hours / capacity net of leave and holidays, all logged hours",
        "planned_basis": snapshot.plan.basis,
        "employees": len(counted),
        "capacity_hours": round(sum(found.capacity for found in counted), 2),
        "worked_hours": round(sum(found.hours.worked for found in counted), 2),
        "billable_hours": round(sum(found.hours.billable for found in counted), 2),
        "planned_hours": round(sum(found.planned for found in counted), 2),
    }


def _measures(judged: Sequence[Utilization], policy: UtilizationPolicy) -> tuple[Measure, ...]:
    counted = _counted(judged, policy)
    capacity = sum(found.capacity for found in counted)
    if not capacity:
        return ()
    billable = sum(found.hours.billable for found in counted)
    sums = {
        "billable": billable,
        "productive": billable + sum(found.hours.credited for found in counted),
        "total": sum(found.hours.worked for found in counted),
    }
    return tuple(
        Measure("utilization_ratio", round(hours / capacity, 4), {"basis": basis})
        for basis, hours in sums.items()
    )


def _counted(judged: Sequence[Utilization], policy: UtilizationPolicy) -> Sequence[Utilization]:
    return [
        found
        for found in judged
        if found.measurable and found.employee.id not in policy.excluded_employees
    ]


_NO_BILLABLE = NotVerifiable(
    check="billable hours",
    reason="the module sale_timesheet is not installed, so no hours are known to be billable",
    remedy="install sale_timesheet to measure utilization",
)

JOB = Job(
    name="utilization_variance",
    title="Utilization variance",
    owner="delivery",
    cron=Cron("0 7 2 * *", window=timedelta(days=7)),
    audience=Audience.DELIVERY,
    policy=UtilizationPolicy,
    read=read,
    judge=judge,
    doc=__doc__,
)
