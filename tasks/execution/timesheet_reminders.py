"""Reminds people of hours that they have really not logged for the last complete week.

Why: hours that nobody logs are billed late or never, and a reminder for a day off teaches people
to ignore reminders.

Remedy: the person logs the missing hours; a manager approves leave that was taken. Exempt people
who do not log time in the policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from odoo_gateway.reader import Domain, Reader
from tasks.declaration import Audience, Cron, Delivery, Job
from tasks.domain.cases import Ageing
from tasks.domain.findings import Finding, Measure, NotVerifiable, Recipient, Report, Severity
from tasks.domain.periods import AsOf, Period, week_of
from tasks.domain.policy import Policy
from tasks.records.people import Employee
from tasks.records.schedules import Schedules, read_schedules
from tasks.records.timesheets import TimesheetLine, no_leave

LOOK_AHEAD_WEEKS = 3
APPROVAL_FIELDS = ("validated", "sheet_state")


class TimesheetPolicy(Policy):
    """When hours count as missing, and who is asked."""

    complete_from_percent: float = Field(
        95.0, ge=0, le=100, description="share of the expected hours that makes a week complete"
    )
    tolerance_hours: float = Field(0.0, ge=0, description="missing hours that nobody is asked for")
    send_at: time = Field(time(8), description="time of day, in the person's own zone")
    wait_for_morning: bool = Field(
        True, description="send at `send_at` of the person's next working day, else at once"
    )
    effective_from: date | None = Field(None, description="weeks that start before are not judged")
    exempt_employees: tuple[int, ...] = Field((), description="ids of hr.employee")
    exempt_departments: tuple[int, ...] = Field((), description="ids of hr.department")
    exempt_jobs: tuple[int, ...] = Field((), description="ids of hr.job, the roles")


@dataclass(frozen=True)
class Snapshot:
    """The employees of a company, what was expected of them and what they logged."""

    week: Period
    employees: Sequence[Employee]
    schedules: Schedules
    logged: Mapping[tuple[int, date], float]
    unreadable: frozenset[int]
    my_timesheets: str
    approves: bool


@dataclass(frozen=True)
class Week:
    """One employee's week, judged."""

    employee: Employee
    days: Sequence[tuple[date, float, float]]
    status: str
    reason: str

    @property
    def expected(self) -> float:
        """Hours expected, net of leave and holidays."""
        return round(sum(expected for _, expected, _ in self.days), 2)

    @property
    def logged(self) -> float:
        """Hours logged on any project, leave left out."""
        return round(sum(logged for _, _, logged in self.days), 2)

    @property
    def missing(self) -> float:
        """Hours still missing, never below zero."""
        return round(max(0.0, self.expected - self.logged), 2)


def read(odoo: Reader, as_of: AsOf, policy: TimesheetPolicy) -> Snapshot:
    """The active employees, their schedules until some weeks ahead, and their logged hours."""
    week = as_of.week
    employees = odoo.search(Employee, [("company_id", "=", odoo.company_id)])
    span = Period(min(week.start, as_of.day), max(week.end, _ahead(as_of).end))
    return Snapshot(
        week=week,
        employees=employees,
        schedules=read_schedules(odoo, employees, span),
        logged=_logged_hours(odoo, employees, week),
        unreadable=odoo.unreadable(Employee.MODEL),
        my_timesheets=odoo.session.page("timesheets", "hr_timesheet.act_hr_timesheet_line"),
        approves=not all(odoo.lacks(TimesheetLine, field) for field in APPROVAL_FIELDS),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: TimesheetPolicy) -> Report:
    """A row per employee, a finding per employee with hours really missing."""
    weeks = [_week(employee, snapshot, policy) for employee in snapshot.employees]
    return Report(
        rows=tuple(_row(week, snapshot.week) for week in weeks),
        findings=tuple(
            _finding(week, snapshot, as_of, policy) for week in weeks if week.status == "missing"
        ),
        measures=_measures(weeks),
        not_verifiable=(
            *snapshot.schedules.not_verifiable,
            *(() if snapshot.approves else (_NO_APPROVAL,)),
        ),
    )


def _logged_hours(
    odoo: Reader, employees: Iterable[Employee], week: Period
) -> Mapping[tuple[int, date], float]:
    domain: Domain = [
        ("project_id", "!=", False),
        ("employee_id", "in", [employee.id for employee in employees]),
        ("date", ">=", str(week.start)),
        ("date", "<=", str(week.end)),
        *no_leave(odoo),
    ]
    groups = odoo.group(
        TimesheetLine.MODEL, domain, by=["employee_id", "date:day"], sums=["unit_amount"]
    )
    hours: dict[tuple[int, date], float] = {}
    for group in groups:
        employee_id, day = group.keys
        if isinstance(employee_id, int) and isinstance(day, date):
            hours[employee_id, day] = group.sums[0]
    return hours


def _week(employee: Employee, snapshot: Snapshot, policy: TimesheetPolicy) -> Week:
    logged = {day: snapshot.logged.get((employee.id, day), 0.0) for day in snapshot.week.days()}
    expected = snapshot.schedules.expected(employee, snapshot.week)
    days = [(day, (expected or {}).get(day, 0.0), hours) for day, hours in logged.items()]
    week = Week(employee, days, "complete", "")
    status, reason = _status(week, expected is not None, snapshot, policy)
    return Week(employee, days, status, reason)


def _status(
    week: Week, measurable: bool, snapshot: Snapshot, policy: TimesheetPolicy
) -> tuple[str, str]:
    if week.employee.id in snapshot.unreadable:
        return "not_measurable", "a record of this person could not be read; see drift"
    if exemption := _exemption(week.employee, snapshot.week, policy):
        return "exempt", exemption
    if not measurable:
        return "not_measurable", "no working schedule says how many hours are expected"
    if week.expected == 0:
        return "no_expected_hours", "on leave, on holiday or not employed in this week"
    enough = week.expected * policy.complete_from_percent / 100
    if week.logged >= round(enough, 2) or week.missing <= policy.tolerance_hours:
        return "complete", ""
    return "missing", f"{week.missing:g} of {week.expected:g} expected hours are not logged"


def _exemption(employee: Employee, week: Period, policy: TimesheetPolicy) -> str:
    if policy.effective_from and week.start < policy.effective_from:
        return f"reminders start with the week of {policy.effective_from}"
    if employee.id in policy.exempt_employees:
        return "exempt by name"
    if employee.department_id in policy.exempt_departments:
        return "exempt by department"
    if employee.job_id in policy.exempt_jobs:
        return "exempt by role"
    return ""


def _row(week: Week, period: Period) -> Mapping[str, Any]:
    return {
        "employee_id": week.employee.id,
        "employee": week.employee.name,
        "period_start": str(period.start),
        "period_end": str(period.end),
        "expected_hours": week.expected,
        "logged_hours": week.logged,
        "missing_hours": week.missing,
        "days": [
            {"date": str(day), "expected_hours": round(due, 2), "logged_hours": round(hours, 2)}
            for day, due, hours in week.days
        ],
        "status": week.status,
        "reason": week.reason,
    }


def _finding(week: Week, snapshot: Snapshot, as_of: AsOf, policy: TimesheetPolicy) -> Finding:
    employee, period = week.employee, snapshot.week
    short = ", ".join(
        f"{day:%a %d %b} {expected - hours:g} h"
        for day, expected, hours in week.days
        if expected > hours
    )
    return Finding(
        key=f"employee-{employee.id}-{period.start}",
        severity=Severity.WARNING,
        title=f"{week.missing:g} h missing for {period.start:%d %b} to {period.end:%d %b %Y}",
        reason=f"Expected {week.expected:g} h, logged {week.logged:g} h; short on {short}",
        remedy="Log the missing hours. On leave? Have your manager approve it in Odoo.",
        owner=employee.name,
        model=Employee.MODEL,
        record_id=employee.id,
        url=snapshot.my_timesheets,
        since=period.end,
        period=str(period),
        recipient=_recipient(employee, snapshot.schedules, as_of, policy),
    )


def _recipient(
    employee: Employee, schedules: Schedules, as_of: AsOf, policy: TimesheetPolicy
) -> Recipient | None:
    if not employee.work_email:
        return None
    if not policy.wait_for_morning:
        return Recipient(employee.work_email, employee.name)
    zone = schedules.zone(employee)
    working_days = [
        day
        for day, hours in (schedules.expected(employee, _ahead(as_of)) or {}).items()
        if hours > 0
    ]
    not_before = _next_morning(working_days, zone, policy.send_at, as_of.now)
    return Recipient(employee.work_email, employee.name, not_before)


def _next_morning(
    working_days: Iterable[date], zone: ZoneInfo, send_at: time, now: datetime
) -> datetime:
    """The first sending time ahead on a working day; after the weeks we look ahead, give up."""
    mornings = (datetime.combine(day, send_at, zone).astimezone(UTC) for day in working_days)
    return next(
        (morning for morning in mornings if morning >= now), now + timedelta(weeks=LOOK_AHEAD_WEEKS)
    )


def _ahead(as_of: AsOf) -> Period:
    """Whole weeks from the present one on: flexible schedules are counted by the week."""
    monday = week_of(as_of.now.astimezone(as_of.zone).date()).start
    return Period(monday, monday + timedelta(days=7 * LOOK_AHEAD_WEEKS - 1))


def _measures(weeks: Sequence[Week]) -> tuple[Measure, ...]:
    asked = [week for week in weeks if week.status in ("complete", "missing")]
    missing = sum(week.missing for week in asked if week.status == "missing")
    measures = [Measure("timesheet_missing_hours", round(missing, 2))]
    if asked:
        complete = sum(week.status == "complete" for week in asked)
        measures.append(Measure("timesheet_compliance_ratio", round(complete / len(asked), 4)))
    return tuple(measures)


_NO_APPROVAL = NotVerifiable(
    check="approved hours",
    reason="this Odoo has no approval of timesheets, so every logged hour counts",
    remedy="install timesheet_grid (Enterprise) or hr_timesheet_sheet (OCA) to tell them apart",
)

JOB = Job(
    name="timesheet_reminders",
    title="Timesheet reminders",
    owner="delivery",
    cron=Cron("0 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=TimesheetPolicy,
    read=read,
    judge=judge,
    ageing=Ageing(remind_every=2, stop_after=5),
    delivery=Delivery.AT_MOST_ONCE,
    doc=__doc__,
)
