"""Shows how much of people's time was billable, against target and plan, and why it differs.

Why: a month that was sold to nobody is lost, and whoever hears of it late can change nothing.

Remedy: plan unplanned people, deliver what was planned, and log the hours that are missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from pydantic import Field

from odoo_gateway.reader import Reader
from tasks.declaration import Audience, Cron, Job
from tasks.domain.findings import ANY_KIND, Finding, Formula, NotVerifiable, Report, Severity
from tasks.domain.periods import AsOf, Period, weeks_after
from tasks.domain.policy import Policy, Share
from tasks.domain.utilization import Hours, Utilization
from tasks.domain.withheld import Basis
from tasks.records.employment import HISTORIES
from tasks.records.people import Attendance, CalendarLeave, Department, Employee
from tasks.records.planning import Plan, PlannedTask, PlanningSlot, read_plan
from tasks.records.schedules import Schedules, read_schedules
from tasks.records.timesheets import TimesheetLine
from tasks.records.worked import knows_billable, read_worked
from tasks.rows.utilization import Ahead, Person, measures, row, total

WEEKS_AHEAD = 4


class UtilizationPolicy(Policy):
    """Targets in percent of net capacity; the person's goes before the role's and department's."""

    target_percent: float | None = Field(None, gt=0, le=100, description="for everybody else")
    targets_by_employee: dict[int, Share] = Field({}, description="by id of hr.employee")
    targets_by_job: dict[int, Share] = Field({}, description="by id of hr.job, the role")
    targets_by_department: dict[int, Share] = Field({}, description="by id of hr.department")
    band_from_percent: float = Field(95, ge=0, description="of the target, still fine")
    band_to_percent: float = Field(105, ge=0, description="of the target, still fine")
    credited_projects: tuple[int, ...] = Field((), description="productive though not billable")
    excluded_employees: tuple[int, ...] = Field((), description="ids; no target, not in the ratio")
    excluded_jobs: tuple[int, ...] = Field((), description="ids, the same for roles")
    excluded_departments: tuple[int, ...] = Field((), description="ids; like management, finance")

    def excludes(self, employee: Employee) -> bool:
        """Whether somebody is no part of what is measured."""
        return (
            employee.id in self.excluded_employees
            or employee.job_id in self.excluded_jobs
            or employee.department_id in self.excluded_departments
        )

    def target(self, employee: Employee) -> float | None:
        """The employee's target, or None."""
        if self.excludes(employee):
            return None
        return self.targets_by_employee.get(
            employee.id,
            self.targets_by_job.get(
                employee.job_id or 0,
                self.targets_by_department.get(employee.department_id or 0, self.target_percent),
            ),
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
    everybody = odoo.search(Employee, [("company_id", "=", odoo.company_id)], archived=True)
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
        departments={found.id: found.name for found in odoo.search(Department, [], archived=True)},
        schedules=schedules,
        hours=hours,
        plan=read_plan(odoo, employees, period, ahead),
        unreadable=odoo.unreadable(Employee.MODEL),
        links={e.id: odoo.session.link(Employee.MODEL, e.id) for e in employees},
        knows_billable=knows_billable(odoo),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: UtilizationPolicy) -> Report:
    """A row per employee, a finding per employee outside the band."""
    people = [_person(employee, snapshot, policy) for employee in snapshot.employees]
    report = Report(
        rows=tuple(map(row, people)),
        findings=tuple(
            _finding(person, snapshot)
            for person in people
            if person.status in ("below_band", "above_band")
        ),
        totals=(total(people, snapshot.plan.basis),),
        measures=measures(people),
        not_verifiable=(
            *snapshot.schedules.not_verifiable,
            *snapshot.plan.not_verifiable,
            *(() if snapshot.knows_billable else (_NO_BILLABLE,)),
        ),
        periods=frozenset({str(snapshot.period)}) if as_of.asked else None,
    )
    return _without_plan_ahead(report) if as_of.is_over else report


def _without_plan_ahead(report: Report) -> Report:
    """Of a day that is over, nobody knows what was planned then for the weeks after it."""
    return replace(
        report,
        rows=tuple({**row, "ahead": None} for row in report.rows),
        measures=tuple(m for m in report.measures if m.name != "scheduled_utilization_ratio"),
        not_verifiable=(*report.not_verifiable, _NO_PLAN_THEN),
    )


def _person(employee: Employee, snapshot: Snapshot, policy: UtilizationPolicy) -> Person:
    own = policy.for_department(employee.department_id)
    found = _utilization(employee, snapshot, own)
    return Person(
        employee=employee,
        department=snapshot.departments.get(employee.department_id or 0),
        period=snapshot.period,
        utilization=found,
        ahead=_ahead(employee, snapshot),
        status=_status(found, own),
        counted=found.measurable and not own.excludes(employee),
        policy=own.version,
        knows_billable=snapshot.knows_billable,
    )


def _utilization(employee: Employee, snapshot: Snapshot, policy: UtilizationPolicy) -> Utilization:
    weeks = snapshot.period.whole_weeks()
    net = snapshot.schedules.expected(employee, weeks)
    gross = snapshot.schedules.gross(employee, weeks)
    capacity = _hours_in(net, snapshot.period)
    return Utilization(
        capacity=round(capacity, 2),
        leave=round(_hours_in(gross, snapshot.period) - capacity, 2),
        hours=snapshot.hours.get(employee.id, Hours()),
        planned=round(snapshot.plan.hours.get(employee.id, 0.0), 2),
        target=policy.target(employee),
        measurable=net is not None
        and employee.id not in snapshot.unreadable
        and snapshot.knows_billable,
    )


def _ahead(employee: Employee, snapshot: Snapshot) -> Ahead:
    expected = snapshot.schedules.expected(employee, snapshot.ahead)
    return Ahead(
        period=snapshot.ahead,
        capacity=round(_hours_in(expected, snapshot.ahead), 2),
        planned=round(snapshot.plan.ahead.get(employee.id, 0.0), 2),
    )


def _hours_in(hours: Mapping[date, float] | None, period: Period) -> float:
    return sum((hours or {}).get(day, 0.0) for day in period.days())


def _status(found: Utilization, policy: UtilizationPolicy) -> str:
    if not found.measurable:
        return "not_measurable"
    if found.percent is None:
        return "no_capacity"
    if found.attainment_percent is None:
        return "no_target"
    if found.attainment_percent < policy.band_from_percent:
        return "below_band"
    return "above_band" if found.attainment_percent > policy.band_to_percent else "ok"


def _finding(person: Person, snapshot: Snapshot) -> Finding:
    employee, found, period = person.employee, person.utilization, snapshot.period
    return Finding(
        key=f"{person.status}-employee-{employee.id}-{period.start}",
        severity=Severity.WARNING if person.status == "below_band" else Severity.INFO,
        title=f"{employee.name}: {found.percent:g} % of {found.target:g} % "
        f"from {period.start:%d %b} to {period.end:%d %b %Y}",
        reason=f"{found.variance_points:+g} points, {found.variance_hours:+g} h: "
        f"plan {found.plan_gap_hours:+g} h, delivery {found.delivery_gap_hours:+g} h; "
        f"{found.missing_hours:g} h not logged, {found.leave:g} h on leave",
        remedy="plan the person, or correct the target",
        owner=person.department or "delivery",
        model=Employee.MODEL,
        record_id=employee.id,
        url=snapshot.links[employee.id],
        since=period.end,
        period=str(period),
        kind=person.status,
    )


_NO_BILLABLE = NotVerifiable(
    check="billable hours",
    reason="the module sale_timesheet is not installed, so no hours are known to be billable",
    remedy="install sale_timesheet to measure utilization",
)

_NO_PLAN_THEN = NotVerifiable(
    check="hours planned ahead on a day that is over",
    reason="plans are those of today: Odoo keeps no history of them",
    remedy="`fleet kpi scheduled_utilization_ratio` tells what the fleet saw on that day",
)

FORMULAS = (
    Formula(
        "utilization_ratio",
        "hours of the last complete month / capacity net of leave and holidays; basis billable, "
        "productive (billable and credited projects) or total",
    ),
    Formula(
        "scheduled_utilization_ratio",
        "hours planned in the next four weeks / capacity net of leave and holidays",
    ),
    Formula(
        "utilization_hours",
        "hours of the last complete month by department: capacity net of leave and holidays, "
        "billable, worked, planned",
    ),
    Formula(
        "utilization_variance_hours",
        "billable hours less target, of people with a target, by department",
    ),
)

RATIOS: Final = (
    *("utilization_percent", "productive_percent", "total_percent", "status", "explained"),
    *("variance_points", "variance_hours"),
)
SCHEDULED: Final = ("capacity_hours", "leave_hours", "ahead", *RATIOS)
FORECAST: Final = ("forecast_accuracy_percent", "forecast_bias_percent")
MEASURES: Final = ("utilization_ratio", "utilization_hours", "utilization_variance_hours")
PLANNED: Final[Mapping[str, Any]] = {
    "columns": ("planned_hours", "explained", "ahead"),
    "totals": ("planned_hours", *FORECAST),
    "measures": ("scheduled_utilization_ratio", "utilization_hours"),
    # Their reasons tell how much of it was planned.
    "kinds": (ANY_KIND,),
}

RESTS_ON = (
    Basis(Employee.MODEL, "people", rows=True),
    Basis(
        TimesheetLine.MODEL,
        "logged hours",
        # Of leavers, and of people entered late, they tell when they were employed.
        rows=True,
        columns=("worked_hours", "billable_hours", *SCHEDULED),
        kinds=(ANY_KIND,),
    ),
    *(
        Basis(
            model,
            "calendar history",
            rows=True,
            columns=SCHEDULED,
            kinds=(ANY_KIND,),
            instead_of=other,
        )
        for model, other in HISTORIES
    ),
    *(
        Basis(
            model,
            check,
            columns=SCHEDULED,
            totals=("capacity_hours",),
            measures=(*MEASURES, "scheduled_utilization_ratio"),
            kinds=(ANY_KIND,),
        )
        for model, check in ((CalendarLeave.MODEL, "leave"), (Attendance.MODEL, "working hours"))
    ),
    Basis(PlanningSlot.MODEL, "planned hours", if_readable=True, **PLANNED),
    Basis(PlannedTask.MODEL, "planned hours", instead_of=PlanningSlot.MODEL, **PLANNED),
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
    formulas=FORMULAS,
    rests_on=RESTS_ON,
    doc=__doc__,
)
