"""How somebody's week is judged: what is due of it, what is missing, and whether it was on time."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from tasks.domain.ladder import instant
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import NOTHING, Text
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.snapshot import Snapshot, closing, end_of
from tasks.execution.timesheet_reminders.timesheet import Day, Timesheet, is_complete
from tasks.records.people import Employee


@dataclass(frozen=True)
class Judged:
    """What is said of somebody in a period."""

    employee: Employee
    sheet: Timesheet
    status: str
    reason: Text
    #: Of the hours that are due by now.
    missing: float


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: TimesheetPolicy) -> None:
        self.snapshot, self.as_of, self._policy = snapshot, as_of, policy

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

    def status(self, employee: Employee, sheet: Timesheet) -> tuple[str, Text]:
        """What to say of a period, and why."""
        if employee.id in self.snapshot.unreadable:
            return "not_measurable", Text("a record of this person could not be read; see drift")
        policy = self.policy(employee)
        if exemption := _exemption(employee, sheet.period, self.as_of.day, policy):
            return "exempt", exemption
        if not sheet.measurable:
            why = Text("no working schedule says how many hours are expected")
            return "not_measurable", why
        if sheet.expected == 0:
            why = Text("on leave, on holiday or not employed in this week")
            return "no_expected_hours", why
        if is_complete(sheet, policy):
            return "complete", NOTHING
        return "missing", Text(
            "{missing} of {expected} expected hours are not logged",
            missing=sheet.missing,
            expected=sheet.expected,
        )

    def judged(self, employee: Employee, period: Period) -> Judged:
        """The same of the whole period, where what is not due yet is not missing."""
        sheet = self.timesheet(employee, period)
        status, reason = self.status(employee, sheet)
        due = sheet.until(self.through(employee, period))
        later = round(sheet.expected - due.expected, 2)
        if status != "missing" or not later:
            return Judged(employee, sheet, status, reason, sheet.missing)
        if not due.expected:
            reason = Text(
                "none of the {expected} expected hours is due before today", expected=sheet.expected
            )
            return Judged(employee, sheet, "not_due", reason, 0.0)
        status, _ = self.status(employee, due)
        reason = Text(
            "{missing} of the {due} hours due before today are not logged; {later} more are due "
            "later",
            missing=due.missing,
            due=due.expected,
            later=later,
        )
        return Judged(employee, sheet, status, reason, due.missing)

    def punctuality(self, employee: Employee) -> str:
        """Whether the person's last week was `on_time` at its deadline or `late`, or why neither.

        Counts the hours that were logged by then, of the days up to the deadline: whatever is
        logged, approved or rejected later changes nothing.
        """
        policy, zone = self.policy(employee), self.snapshot.schedules.zone(employee)
        closed = (p for p in closing(self.as_of) if self.as_of.instant >= end_of(policy, p, zone))
        if (period := next(closed, None)) is None:
            return "deadline_ahead"
        if not self.is_asked(employee, period):
            return "not_employed"
        sheet = self.timesheet(employee, period).until(policy.deadline.day(period))
        status, _ = self.status(employee, sheet)
        if status not in ("complete", "missing"):
            return status
        end = end_of(policy, period, zone)
        late = [each for each in self.snapshot.late.get(employee.id, ()) if each.made > end]
        hours = self.snapshot.hours
        by_then = replace(
            sheet,
            days=[
                replace(day, counted=hours.logged_by(employee.id, day.date, late, policy))
                for day in sheet.days
            ],
        )
        return "on_time" if is_complete(by_then, policy) else "late"

    def through(self, employee: Employee, period: Period) -> date:
        """The last day that is due: yesterday of the person, or all after the deadline."""
        deadline, zone = self.policy(employee).deadline, self.snapshot.schedules.zone(employee)
        yesterday = self.as_of.instant.astimezone(zone).date() - timedelta(days=1)
        last = deadline.day(period)
        closed = self.as_of.instant >= instant(last, deadline.at, zone)
        return min(period.end, max(yesterday, last) if closed else yesterday)


def _exemption(employee: Employee, period: Period, today: date, policy: TimesheetPolicy) -> Text:
    effective_from = policy.effective_from_by_employee.get(employee.id, policy.effective_from)
    if effective_from and period.start < effective_from:
        return Text("reminders start with the week of {day}", day=effective_from)
    grace_until = policy.grace_until_by_employee.get(employee.id)
    if grace_until and today <= grace_until:
        return Text("nobody asks before {day} is over", day=grace_until)
    if employee.id in policy.exempt_employees:
        return Text("exempt by name")
    if employee.department_id in policy.exempt_departments:
        return Text("exempt by department")
    if employee.job_id in policy.exempt_jobs:
        return Text("exempt by role")
    return NOTHING
