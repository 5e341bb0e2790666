"""What is read of a company: its people, what was expected of them and what they logged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.domain.ladder import instant
from tasks.domain.periods import AsOf, Period, week_of
from tasks.execution.timesheet_reminders.hours import Hours, Late, read_hours, read_late
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.reads.contacts import read_languages
from tasks.reads.schedules import Schedules, read_schedules
from tasks.records.people import Employee

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
    """The employees of a company, what was expected of them, and what they logged."""

    employees: Sequence[Employee]
    managers: Sequence[Employee]
    schedules: Schedules
    #: The whole weeks that schedules are known of.
    view: Period
    hours: Hours
    unreadable: frozenset[int]
    my_timesheets: str
    all_timesheets: str
    reminding: Sequence[OwnReminders] = ()
    company_page: str = ""
    languages: Mapping[int, str] = field(default_factory=dict)
    #: Hours of the last weeks that were logged after the person's deadline, by employee.
    late: Mapping[int, Sequence[Late]] = field(default_factory=dict)


def read(odoo: Reader, as_of: AsOf, policy: TimesheetPolicy) -> Snapshot:
    """Who is active or was employed in the weeks looked at, with managers, schedules and hours."""
    everybody = odoo.search(Employee, as_of.only_ids(Employee.MODEL), archived=True)
    managers = _managers(odoo, everybody)
    span = reduce(Period.and_to, [*periods(as_of, policy), *closing(as_of)])
    view = _view(span, as_of)
    by_project = any(unit.projects for unit in policy.everywhere())
    schedules = read_schedules(odoo, [*everybody, *managers], view)
    hours = read_hours(odoo, everybody, span, by_project=by_project)
    logging = hours.people()
    employees = [
        each
        for each in everybody
        if each.active or each.id in logging or schedules.employed(each, span)
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
        reminding=_reminding(odoo, as_of),
        company_page=odoo.session.link(OwnReminders.MODEL, odoo.company_id),
        languages=read_languages(odoo, [*employees, *managers]),
        late=_late(odoo, employees, schedules, as_of, policy) if as_of.only is None else {},
    )


def periods(as_of: AsOf, policy: TimesheetPolicy) -> Sequence[Period]:
    """The period asked for, else the week that runs and those looked back on, newest first."""
    if as_of.asked:
        return [as_of.asked]
    return [as_of.week.shifted(1 - ago) for ago in range(policy.look_back_weeks + 1)]


def closing(as_of: AsOf) -> Sequence[Period]:
    """The weeks of which one is the last whose deadline is over, newest first.

    A period that was asked for has a deadline only where it is a week.
    """
    if as_of.asked:
        return [as_of.asked] if as_of.asked == week_of(as_of.asked.start) else []
    return [as_of.week.shifted(-ago) for ago in range(2)]


def end_of(policy: TimesheetPolicy, period: Period, zone: ZoneInfo) -> datetime:
    """The instant of the deadline of a week (UTC)."""
    return instant(policy.deadline.day(period), policy.deadline.at, zone)


def _late(
    odoo: Reader,
    employees: Sequence[Employee],
    schedules: Schedules,
    as_of: AsOf,
    policy: TimesheetPolicy,
) -> Mapping[int, Sequence[Late]]:
    """Hours of the weeks that close, logged after the deadline of each person."""
    found: dict[int, list[Late]] = defaultdict(list)
    for period in closing(as_of):
        by_end: dict[datetime, list[int]] = defaultdict(list)
        for person in employees:
            unit = policy.for_department(person.department_id)
            by_end[end_of(unit, period, schedules.zone(person))].append(person.id)
        over = {end: people for end, people in by_end.items() if end <= as_of.instant}
        for end, people in sorted(over.items()):
            for employee_id, late in read_late(odoo, people, period, end):
                found[employee_id].append(late)
        if len(over) == len(by_end):
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
    named: Domain = [("id", "in", sorted(wanted))]
    return odoo.search(Employee, named, all_companies=True) if wanted else ()


def _reminding(odoo: Reader, as_of: AsOf) -> Sequence[OwnReminders]:
    if not as_of.looks_at(OwnReminders.MODEL, odoo.company_id):
        return ()
    if odoo.lacks(OwnReminders, "timesheet_mail_employee_allow"):
        return ()
    return odoo.search(OwnReminders, [("id", "=", odoo.company_id)])
