"""How a week is told: the row of everybody, and the finding for who has hours missing."""

from collections.abc import Mapping
from typing import Any, Final

from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.ladder import instant
from tasks.domain.periods import AsOf, Period, week_of
from tasks.domain.texts import Text
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.rules import Judged, Judgement
from tasks.execution.timesheet_reminders.rungs import steps_of
from tasks.execution.timesheet_reminders.snapshot import OwnReminders, Snapshot
from tasks.execution.timesheet_reminders.timesheet import Day, reason_of, title_of
from tasks.reads.contacts import Contacts
from tasks.records.people import Employee

OWNER: Final = Text("delivery")


class Reminders:
    """What is told of a judgement, and to whom."""

    def __init__(self, judgement: Judgement, policy: TimesheetPolicy) -> None:
        self._judgement, self._snapshot, self._as_of = (
            judgement,
            judgement.snapshot,
            judgement.as_of,
        )
        self._contacts = Contacts(
            people={p.id: p for p in (*self._snapshot.managers, *self._snapshot.employees)},
            schedules=self._snapshot.schedules,
            view=self._snapshot.view,
            zone=self._as_of.zone,
            now=self._as_of.now,
            wait=policy.wait_for_morning,
            opted_out=policy.opted_out,
            page_of_others=self._snapshot.all_timesheets,
            languages=self._snapshot.languages,
        )
        self._asked_daily = {
            unit.version: self._snapshot.hours.people_on(unit.daily_projects)
            for unit in policy.everywhere()
        }

    def row(self, judged: Judged) -> Mapping[str, Any]:
        """One line of the full picture, of the whole period."""
        employee, sheet = judged.employee, judged.sheet
        by_state = self._snapshot.hours.by_state(employee.id, sheet.period)
        return {
            "employee_id": employee.id,
            "employee": employee.name,
            "period_start": str(sheet.period.start),
            "period_end": str(sheet.period.end),
            "expected_hours": sheet.expected,
            "logged_hours": sheet.logged,
            "missing_hours": judged.missing,
            "days": [_listed(day) for day in sheet.days],
            "status": judged.status,
            "reason": judged.reason,
            "counted_hours": sheet.counted,
            **{f"{state}_hours": hours for state, hours in by_state.items()},
            "policy": self._judgement.policy(employee).version,
        }

    def finding(self, employee: Employee, period: Period) -> Finding | None:
        """What somebody must act on, of the hours that are due by now.

        The week that still runs is a finding from its first rung on.
        """
        through = self._judgement.through(employee, period)
        whole = self._judgement.timesheet(employee, period)
        sheet = whole.until(through)
        if self._judgement.status(employee, sheet)[0] != "missing":
            return None
        policy = self._judgement.policy(employee)
        daily = employee.id in self._asked_daily[policy.version]
        steps = steps_of(self._contacts, employee, sheet, policy, self._as_of, daily=daily)
        if steps is None and not self._as_of.asked and period.end >= self._as_of.day:
            return None
        so_far = sheet.expected < whole.expected
        by_state = self._snapshot.hours.by_state(employee.id, period)
        return Finding(
            key=f"employee-{employee.id}-{_name(period)}",
            severity=Severity.WARNING,
            title=title_of(sheet, so_far),
            reason=reason_of(sheet, so_far, by_state),
            remedy=self._remedy(employee, period),
            owner=employee.name,
            model=Employee.MODEL,
            record_id=employee.id,
            url=self._snapshot.my_timesheets,
            since=through,
            period=str(period),
            steps=steps or (),
            kind="missing-hours",
        )

    def _remedy(self, employee: Employee, period: Period) -> Text:
        deadline = self._judgement.policy(employee).deadline
        at = instant(deadline.day(period), deadline.at, self._snapshot.schedules.zone(employee))
        if self._as_of.instant >= at:
            return Text("Log the missing hours. On leave? Have your manager approve it in Odoo.")
        return Text(
            "Log the missing hours. On leave? Have your manager approve it in Odoo. The week "
            "closes on {day:weekday} at {time}.",
            day=deadline.day(period),
            time=deadline.at,
        )


def _name(period: Period) -> str:
    """A week by its Monday, which is what cases are known by; other periods in full."""
    is_week = period == week_of(period.start)
    return str(period.start) if is_week else f"{period.start}-{period.end}"


def _listed(day: Day) -> Mapping[str, Any]:
    expected, logged = round(day.expected, 2), round(day.logged, 2)
    return {"date": str(day.date), "expected_hours": expected, "logged_hours": logged}


def doubled(snapshot: Snapshot, as_of: AsOf) -> tuple[Finding, ...]:
    """A finding per company that Odoo reminds the employees of by itself."""
    return tuple(
        Finding(
            key=f"company-{company.id}-own-reminders",
            severity=Severity.WARNING,
            title=Text("Odoo reminds of missing hours too"),
            reason=Text(
                "Employees of {company} get Odoo's own timesheet reminders beside ours",
                company=company.name,
            ),
            remedy=Text(
                "Switch one off: in Odoo under Timesheets, Configuration, Settings, Employee "
                "Reminder; or here with disabled_jobs = ['timesheet_reminders']"
            ),
            owner=OWNER,
            model=OwnReminders.MODEL,
            record_id=company.id,
            url=snapshot.company_page,
            steps=(Step("own-reminders", as_of.instant),),
            kind="own-reminders",
        )
        for company in snapshot.reminding
        if company.timesheet_mail_employee_allow
    )
