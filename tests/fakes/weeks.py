"""A person's week: what was expected, what was logged, and how it is judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf, Period
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.timesheet_reminders.hours import Hours, Logged, State
from tasks.execution.timesheet_reminders.job import judge
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.snapshot import Snapshot
from tasks.reads.employment import Term
from tasks.reads.schedules import Schedules
from tasks.records.people import CalendarLeave, Employee, Resource

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))


RUNNING = WEEK.shifted(1)


BRUSSELS = ZoneInfo("Europe/Brussels")


ANN = Employee(
    id=1,
    name="Ann",
    active=True,
    company_id=1,
    department_id=3,
    job_id=4,
    parent_id=2,
    user_id=None,
    work_email="ann@firm.example",
    resource_id=11,
    resource_calendar_id=1,
)


MIA = replace(
    ANN, id=2, name="Mia", parent_id=None, work_email="mia@firm.example", resource_id=12, job_id=5
)


FULL_TIME = Schedule(tuple(Stretch(day, 9, 17) for day in range(5)))


MONDAYS = Schedule((Stretch(0, 9, 17),))


EVERY_DAY = Schedule(tuple(Stretch(day, 9, 17) for day in range(7)))


def at(text: str) -> AsOf:
    """A moment in Brussels."""
    instant = datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)
    return AsOf(instant, BRUSSELS, instant)


NOW = at("2026-11-23 05:00")


def leave(first: date, last: date, resource_id: int = 11) -> CalendarLeave:
    return CalendarLeave(
        id=1,
        date_from=datetime(first.year, first.month, first.day, tzinfo=UTC),
        date_to=datetime(last.year, last.month, last.day, 23, tzinfo=UTC),
        resource_id=resource_id,
        calendar_id=None,
        company_id=1,
        time_type="leave",
    )


def snapshot(
    logged: Mapping[date, float | Sequence[Logged]] | None = None,
    employee: Employee = ANN,
    *,
    zones: Sequence[str] = ("Europe/Brussels", "Europe/Brussels"),
    leaves: Iterable[CalendarLeave] = (),
    tells: Iterable[State] = (),
    terms: Sequence[Term] = (),
    calendars: Mapping[int, Schedule] | None = None,
    **values: Any,
) -> Snapshot:
    """Ann, whose manager is Mia, and Ann's hours: all that she was to log before WEEK."""
    before = {day: 8.0 for ago in range(1, 13) for day in workdays(WEEK.shifted(-ago))}
    hours = {
        (1, day): [Logged(found)] if isinstance(found, float | int) else list(found)
        for day, found in {**before, **(logged or {})}.items()
    }
    schedules = Schedules(
        resources={
            number: Resource(id=number, tz=ZoneInfo(zone), company_id=1)
            for number, zone in zip((11, 12), zones, strict=True)
        },
        schedules={1: FULL_TIME, **(calendars or {})},
        terms={1: terms} if terms else {},
        leaves={
            number: [leave for leave in leaves if leave.resource_id == number]
            for number in (11, 12)
        },
    )
    found: dict[str, Any] = {
        "employees": [employee],
        "managers": [MIA],
        "schedules": schedules,
        "view": Period(WEEK.shifted(-12).start, WEEK.shifted(5).end),
        "hours": Hours(hours, frozenset(tells)),
        "unreadable": frozenset(),
        "my_timesheets": "http://odoo.example/odoo/timesheets",
        "all_timesheets": "http://odoo.example/odoo/all-timesheets",
    }
    return Snapshot(**{**found, **values})


def workdays(period: Period) -> list[date]:
    return [day for day in period.days() if day.weekday() < 5]


def judged(found: Snapshot, as_of: AsOf = NOW, **policy: Any) -> Report:
    return judge(found, as_of, TimesheetPolicy.model_validate(policy))


def row(report: Report) -> Mapping[str, Any]:
    (found,) = report.rows
    return found


def status(report: Report) -> str:
    return str(row(report)["status"])


def of(report: Report, period: Period = WEEK) -> Finding:
    (found,) = (finding for finding in report.findings if finding.period == str(period))
    return found


def every_day(hours: float, period: Period = WEEK) -> dict[date, float]:
    return dict.fromkeys(workdays(period), hours)
