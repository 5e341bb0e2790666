"""Reminds people of hours that they have really not logged: them, then manager, then owner.

Why: hours that nobody logs are billed late or never, and a reminder for a day off teaches people
to ignore reminders.

Remedy: the person logs the missing hours; a manager approves leave that was taken. Exempt people
who do not log time in the policy.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.declaration import Audience, Cron, Delivery, Job, Shape
from tasks.domain.findings import (
    Finding,
    Formula,
    Measure,
    NotVerifiable,
    Report,
    Severity,
    Step,
)
from tasks.domain.ladder import instant
from tasks.domain.periods import AsOf, Period, week_of
from tasks.domain.timesheet import Day, Timesheet, is_complete, reason_of, title_of
from tasks.domain.timesheet_policy import TimesheetPolicy
from tasks.domain.withheld import Basis
from tasks.records.contacts import Contacts, read_languages
from tasks.records.employment import HISTORIES
from tasks.records.hours import Hours, LateLine, gaps, read_hours, read_late
from tasks.records.people import Attendance, CalendarLeave, Employee
from tasks.records.rungs import steps_of
from tasks.records.schedules import Schedules, read_schedules
from tasks.records.timesheets import TimesheetLine

WEEKS_AHEAD: Final = 3


@dataclass(frozen=True)
class OwnReminders(Record):
    """Whether Odoo Enterprise reminds the employees of a company itself."""

    MODEL: ClassVar[str] = "res.company"
    MODULE: ClassVar[str] = "timesheet_grid"
    id: int
    name: str
    timesheet_mail_employee_allow: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The employees of a company, what was expected of them, and what they logged.

    view: the whole weeks that schedules are known of. late: lines of the last weeks that were
    made after a deadline, by employee.
    """

    employees: Sequence[Employee]
    managers: Sequence[Employee]
    schedules: Schedules
    view: Period
    hours: Hours
    unreadable: frozenset[int]
    my_timesheets: str
    all_timesheets: str
    reminding: Sequence[OwnReminders] = ()
    company_page: str = ""
    languages: Mapping[int, str] = field(default_factory=dict)
    late: Mapping[int | None, Sequence[LateLine]] = field(default_factory=dict)


def read(odoo: Reader, as_of: AsOf, policy: TimesheetPolicy) -> Snapshot:
    """Who is active or was employed in the weeks looked at, with managers, schedules and hours."""
    everybody = odoo.search(Employee, [("company_id", "=", odoo.company_id)], archived=True)
    managers = _managers(odoo, everybody)
    periods = _periods(as_of, policy)
    span = reduce(Period.and_to, [*periods, *_closing(as_of)])
    view = _view(span, as_of)
    by_project = any(unit.projects for unit in policy.everywhere())
    schedules = read_schedules(odoo, [*everybody, *managers], view)
    hours = read_hours(odoo, everybody, span, by_project=by_project)
    employees = [
        each
        for each in everybody
        if each.active or each.id in hours.people() or schedules.employed(each, span)
    ]
    return Snapshot(
        employees=employees,
        managers=managers,
        schedules=schedules,
        view=view,
        hours=hours,
        unreadable=odoo.unreadable(Employee.MODEL),
        my_timesheets=odoo.session.page("timesheets", "hr_timesheet.act_hr_timesheet_line"),
        all_timesheets=odoo.session.page("all-timesheets", "hr_timesheet.timesheet_action_all"),
        reminding=_reminding(odoo),
        company_page=odoo.session.link(OwnReminders.MODEL, odoo.company_id),
        languages=read_languages(odoo, [*employees, *managers]),
        late=_late(odoo, employees, schedules, as_of, policy),
    )


def judge(snapshot: Snapshot, as_of: AsOf, policy: TimesheetPolicy) -> Report:
    """A row per employee of one period, and a finding per employee and week with hours missing."""
    look = Look(snapshot, as_of, policy)
    periods = _periods(as_of, policy)
    present = [person for person in snapshot.employees if look.is_asked(person, as_of.week)]
    sheets = [(person, look.timesheet(person, as_of.week)) for person in present]
    judged = [(person, sheet, *look.status(person, sheet)) for person, sheet in sheets]
    found = [look.finding(who, period) for period in periods for who in snapshot.employees]
    doubled = () if as_of.asked else _doubled(snapshot, as_of)
    return Report(
        rows=tuple(look.row(*each) for each in judged),
        findings=(*doubled, *(finding for finding in found if finding)),
        measures=(
            *_missing([(sheet, status) for _, sheet, status, _ in judged]),
            *_compliance(map(look.punctuality, snapshot.employees)),
        ),
        not_verifiable=(*snapshot.schedules.not_verifiable, *_gaps(snapshot.hours, policy)),
        periods=frozenset(map(str, periods)) | ({""} if not as_of.asked else set()),
    )


class Look:
    """One look at a snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: TimesheetPolicy) -> None:
        self.snapshot, self.as_of, self._policy = snapshot, as_of, policy
        self.contacts = Contacts(
            people={person.id: person for person in (*snapshot.managers, *snapshot.employees)},
            schedules=snapshot.schedules,
            view=snapshot.view,
            zone=as_of.zone,
            now=as_of.now,
            wait=policy.wait_for_morning,
            opted_out=policy.opted_out,
            page_of_others=snapshot.all_timesheets,
            languages=snapshot.languages,
        )
        self.asked_daily = {
            unit.version: snapshot.hours.people_on(unit.daily_projects)
            for unit in policy.everywhere()
        }

    def is_asked(self, employee: Employee, period: Period) -> bool:
        """Whether somebody has a row: a leaver only of a period of employment or of hours."""
        left = not (employee.active or self.snapshot.schedules.employed(employee, period))
        return not left or any(self.snapshot.hours.on(employee.id, day) for day in period.days())

    def policy(self, employee: Employee) -> TimesheetPolicy:
        """The policy of the employee's business unit."""
        return self._policy.for_department(employee.department_id)

    def timesheet(self, employee: Employee, period: Period) -> Timesheet:
        """What was expected of somebody, and what was logged."""
        hours, policy = self.snapshot.hours, self.policy(employee)
        expected = self.snapshot.schedules.expected(employee, period)
        days = []
        for day in period.days():
            logged = hours.on(employee.id, day)
            counted = sum(each.hours for each in logged if hours.counts(each, policy))
            total = sum(each.hours for each in logged)
            days.append(Day(day, (expected or {}).get(day, 0.0), total, counted))
        return Timesheet(period, days, expected is not None)

    def status(self, employee: Employee, sheet: Timesheet) -> tuple[str, str]:
        """What to say of a period, and why."""
        if employee.id in self.snapshot.unreadable:
            return "not_measurable", "a record of this person could not be read; see drift"
        policy = self.policy(employee)
        if exemption := _exemption(employee, sheet.period, self.as_of.day, policy):
            return "exempt", exemption
        if not sheet.measurable:
            return "not_measurable", "no working schedule says how many hours are expected"
        if sheet.expected == 0:
            return "no_expected_hours", "on leave, on holiday or not employed in this week"
        if is_complete(sheet, policy):
            return "complete", ""
        return "missing", f"{sheet.missing:g} of {sheet.expected:g} expected hours are not logged"

    def punctuality(self, employee: Employee) -> str:
        """Whether the person's last week was `on_time` at its deadline or `late`, or why neither.

        Counts the hours that were logged by then, of the days up to the deadline: whatever is
        logged, approved or rejected later changes nothing.
        """
        policy, zone = self.policy(employee), self.snapshot.schedules.zone(employee)
        closed = (p for p in _closing(self.as_of) if self.as_of.instant >= _end(policy, p, zone))
        if (period := next(closed, None)) is None:
            return "deadline_ahead"
        if not self.is_asked(employee, period):
            return "not_employed"
        sheet = self.timesheet(employee, period).until(policy.deadline.day(period))
        status, _ = self.status(employee, sheet)
        if status not in ("complete", "missing"):
            return status
        end = _end(policy, period, zone)
        late = [each for each in self.snapshot.late.get(employee.id, ()) if each.create_date > end]
        hours = self.snapshot.hours
        by_then = replace(
            sheet,
            days=[
                replace(day, counted=hours.logged_by(employee.id, day.date, late, policy))
                for day in sheet.days
            ],
        )
        return "on_time" if is_complete(by_then, policy) else "late"

    def row(
        self, employee: Employee, sheet: Timesheet, status: str, reason: str
    ) -> Mapping[str, Any]:
        """One line of the full picture, of the whole period."""
        by_state = self.snapshot.hours.by_state(employee.id, sheet.period)
        due = sheet.until(self._through(employee, sheet.period))
        if status == "missing" and due.expected < sheet.expected:
            reason += f"; of the {due.expected:g} due before today, {due.missing:g}"
        return {
            "employee_id": employee.id,
            "employee": employee.name,
            "period_start": str(sheet.period.start),
            "period_end": str(sheet.period.end),
            "expected_hours": sheet.expected,
            "logged_hours": sheet.logged,
            "missing_hours": sheet.missing,
            "days": [_listed(day) for day in sheet.days],
            "status": status,
            "reason": reason,
            "counted_hours": sheet.counted,
            **{f"{state}_hours": hours for state, hours in by_state.items()},
            "policy": self.policy(employee).version,
        }

    def finding(self, employee: Employee, period: Period) -> Finding | None:
        """What somebody must act on, of the hours that are due by now.

        The week that still runs is a finding from its first rung on.
        """
        through = self._through(employee, period)
        whole = self.timesheet(employee, period)
        sheet = whole.until(through)
        if self.status(employee, sheet)[0] != "missing":
            return None
        policy = self.policy(employee)
        daily = employee.id in self.asked_daily[policy.version]
        steps = steps_of(self.contacts, employee, sheet, policy, self.as_of, daily=daily)
        if steps is None and not self.as_of.asked and period.end >= self.as_of.day:
            return None
        so_far = sheet.expected < whole.expected
        by_state = self.snapshot.hours.by_state(employee.id, period)
        return Finding(
            key=f"employee-{employee.id}-{_name(period)}",
            severity=Severity.WARNING,
            title=title_of(sheet, so_far),
            reason=reason_of(sheet, so_far, by_state),
            remedy="Log the missing hours. On leave? Have your manager approve it in Odoo."
            + self._due(employee, period),
            owner=employee.name,
            model=Employee.MODEL,
            record_id=employee.id,
            url=self.snapshot.my_timesheets,
            since=through,
            period=str(period),
            steps=steps or (),
            kind="missing-hours",
        )

    def _through(self, employee: Employee, period: Period) -> date:
        """The last day that is due: yesterday of the person, or all after the deadline."""
        deadline, zone = self.policy(employee).deadline, self.snapshot.schedules.zone(employee)
        yesterday = self.as_of.instant.astimezone(zone).date() - timedelta(days=1)
        last = deadline.day(period)
        closed = self.as_of.instant >= instant(last, deadline.at, zone)
        return min(period.end, max(yesterday, last) if closed else yesterday)

    def _due(self, employee: Employee, period: Period) -> str:
        deadline = self.policy(employee).deadline
        at = instant(deadline.day(period), deadline.at, self.snapshot.schedules.zone(employee))
        if self.as_of.instant >= at:
            return ""
        return f" The week closes on {deadline.day(period):%a %d %b} at {deadline.at:%H:%M}."


def _periods(as_of: AsOf, policy: TimesheetPolicy) -> Sequence[Period]:
    """The period asked for, else the week that runs and those looked back on, newest first."""
    if as_of.asked:
        return [as_of.asked]
    return [as_of.week.shifted(1 - ago) for ago in range(policy.look_back_weeks + 1)]


def _closing(as_of: AsOf) -> Sequence[Period]:
    """The weeks of which one is the last whose deadline is over, newest first.

    A period that was asked for has a deadline only where it is a week.
    """
    if as_of.asked:
        return [as_of.asked] if as_of.asked == week_of(as_of.asked.start) else []
    return [as_of.week.shifted(-ago) for ago in range(2)]


def _end(policy: TimesheetPolicy, period: Period, zone: ZoneInfo) -> datetime:
    """The instant of the deadline of a week (UTC)."""
    return instant(policy.deadline.day(period), policy.deadline.at, zone)


def _late(
    odoo: Reader,
    employees: Sequence[Employee],
    schedules: Schedules,
    as_of: AsOf,
    policy: TimesheetPolicy,
) -> Mapping[int | None, Sequence[LateLine]]:
    """Lines of the weeks that close, made after the first deadline of anybody in each."""
    found: dict[int | None, list[LateLine]] = defaultdict(list)
    for period in _closing(as_of):
        ends = [
            _end(policy.for_department(person.department_id), period, schedules.zone(person))
            for person in employees
        ]
        over = [end for end in ends if end <= as_of.instant]
        for line in read_late(odoo, employees, period, min(over)) if over else ():
            found[line.employee_id].append(line)
        if len(over) == len(ends):
            break
    return found


def _view(span: Period, as_of: AsOf) -> Period:
    """Whole weeks, past the present one: flexible schedules are counted by the week."""
    monday = week_of(as_of.now.astimezone(as_of.zone).date()).start
    ahead = monday + timedelta(days=7 * WEEKS_AHEAD - 1)
    return Period(min(span.start, monday), max(span.end, ahead)).whole_weeks()


def _managers(odoo: Reader, employees: Iterable[Employee]) -> Sequence[Employee]:
    """The managers who are not among the employees: those of other companies."""
    known = {employee.id for employee in employees}
    wanted = {employee.parent_id for employee in employees if employee.parent_id} - known
    return odoo.search(Employee, [("id", "in", sorted(wanted))]) if wanted else ()


def _reminding(odoo: Reader) -> Sequence[OwnReminders]:
    if odoo.lacks(OwnReminders, "timesheet_mail_employee_allow"):
        return ()
    return odoo.search(OwnReminders, [("id", "=", odoo.company_id)])


def _exemption(employee: Employee, period: Period, today: date, policy: TimesheetPolicy) -> str:
    effective_from = policy.effective_from_by_employee.get(employee.id, policy.effective_from)
    if effective_from and period.start < effective_from:
        return f"reminders start with the week of {effective_from}"
    grace_until = policy.grace_until_by_employee.get(employee.id)
    if grace_until and today <= grace_until:
        return f"nobody asks before {grace_until} is over"
    if employee.id in policy.exempt_employees:
        return "exempt by name"
    if employee.department_id in policy.exempt_departments:
        return "exempt by department"
    if employee.job_id in policy.exempt_jobs:
        return "exempt by role"
    return ""


def _gaps(hours: Hours, policy: TimesheetPolicy) -> Iterable[NotVerifiable]:
    return dict.fromkeys(gap for unit in policy.everywhere() for gap in gaps(hours, unit))


def _name(period: Period) -> str:
    """A week by its Monday, which is what cases are known by; other periods in full."""
    is_week = period == week_of(period.start)
    return str(period.start) if is_week else f"{period.start}-{period.end}"


def _listed(day: Day) -> Mapping[str, Any]:
    expected, logged = round(day.expected, 2), round(day.logged, 2)
    return {"date": str(day.date), "expected_hours": expected, "logged_hours": logged}


def _missing(judged: Sequence[tuple[Timesheet, str]]) -> Iterable[Measure]:
    missing = sum(sheet.missing for sheet, status in judged if status == "missing")
    counts = Counter(status for _, status in judged if status not in ("complete", "missing"))
    yield Measure("timesheet_missing_hours", round(missing, 2), excluded=counts)


def _compliance(found: Iterable[str]) -> Iterable[Measure]:
    counts = Counter(found)
    on_time, late = counts.pop("on_time", 0), counts.pop("late", 0)
    if on_time or late:
        ratio = round(on_time / (on_time + late), 4)
        yield Measure("timesheet_compliance_ratio", ratio, excluded=counts)


def _doubled(snapshot: Snapshot, as_of: AsOf) -> tuple[Finding, ...]:
    """A finding per company that Odoo reminds the employees of by itself."""
    return tuple(
        Finding(
            key=f"company-{company.id}-own-reminders",
            severity=Severity.WARNING,
            title="Odoo reminds of missing hours too",
            reason=f"Employees of {company.name} get Odoo's own timesheet reminders beside ours",
            remedy="Switch one off: in Odoo under Timesheets, Configuration, Settings, Employee "
            "Reminder; or here with disabled_jobs = ['timesheet_reminders']",
            owner=JOB.owner,
            model=OwnReminders.MODEL,
            record_id=company.id,
            url=snapshot.company_page,
            steps=(Step("own-reminders", as_of.instant),),
            kind="own-reminders",
        )
        for company in snapshot.reminding
        if company.timesheet_mail_employee_allow
    )


FORMULAS = (
    Formula(
        "timesheet_missing_hours",
        "expected hours of the last complete week that are not logged by the cut-off, of people "
        "whose week is not complete",
    ),
    Formula(
        "timesheet_compliance_ratio",
        "people who had logged complete_from_percent of the expected hours by their deadline, in "
        "their last complete week whose deadline is over / people who owed hours in it; a line "
        "counts from when it was made",
        version=2,
    ),
)

LOGGED: Final = (
    *("logged_hours", "missing_hours", "days", "status", "reason"),
    *("counted_hours", "draft_hours", "submitted_hours", "approved_hours"),
)
EXPECTED: Final = ("expected_hours", "missing_hours", "days", "status", "reason")
MEASURES: Final = ("timesheet_missing_hours", "timesheet_compliance_ratio")

RESTS_ON = (
    Basis(Employee.MODEL, "people", rows=True),
    Basis(
        TimesheetLine.MODEL,
        "logged hours",
        # Of leavers, and of people entered late, they tell when they were employed.
        rows=True,
        columns=("expected_hours", *LOGGED),
        kinds=("missing-hours",),
    ),
    *(
        Basis(
            model,
            "calendar history",
            rows=True,
            columns=EXPECTED,
            kinds=("missing-hours",),
            instead_of=other,
        )
        for model, other in HISTORIES
    ),
    *(
        Basis(model, check, columns=EXPECTED, measures=MEASURES, kinds=("missing-hours",))
        for model, check in ((CalendarLeave.MODEL, "leave"), (Attendance.MODEL, "working hours"))
    ),
)

JOB = Job(
    name="timesheet_reminders",
    title="Timesheet reminders",
    owner="delivery",
    cron=Cron("0 5 * * *", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=TimesheetPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    shape=Shape.REMINDER,
    formulas=FORMULAS,
    rests_on=RESTS_ON,
    doc=__doc__,
)
