"""Hours that people logged: complete for most, missing for some, and leave as timesheet lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from odoo_gateway.sandbox.firm.absences import TRAINEE, holidays, leaves
from odoo_gateway.sandbox.firm.people import PEOPLE, Person, planned_hours
from odoo_gateway.sandbox.firm.projects import (
    INTERNAL,
    MEETINGS,
    TIME_OFF,
    TRAINING,
    Work,
    internal_task,
    works,
)
from odoo_gateway.sandbox.firm.when import When, utc

# What part of a weekday these people logged in the last complete week; all days where none is told.
FORGETFUL: Mapping[int, Mapping[int, float]] = {
    9: dict.fromkeys(range(5), 0.0),
    13: {4: 0.0},
    14: {1: 0.0},
    26: {2: 0.0, 3: 0.0, 4: 0.0},
    33: dict.fromkeys(range(5), 0.5),
    37: {0: 0.25},
}
NEVER_LOGS = frozenset({15, 21})
# They log the hours of a week in its last night, after every deadline.
LOG_LATE = frozenset({10, 34})
WITHOUT_CALENDAR_HOURS = 6.0
HOUR, DAY = 4, 5
UNITS = [
    {
        "id": HOUR,
        "active": True,
        "name": "Hours",
        "sequence": 10,
        "factor": 1.0,
        "parent_path": f"{HOUR}/",
    },
    {
        "id": DAY,
        "active": True,
        "name": "Days",
        "sequence": 20,
        "factor": 8.0,
        "relative_uom_id": HOUR,
        "parent_path": f"{HOUR}/{DAY}/",
    },
]


@dataclass(frozen=True)
class Entry:
    """Hours of one person on one day; leave names the request or the holiday."""

    employee_id: int
    day: date
    hours: float
    work: Work | None = None
    task: int = MEETINGS
    leave_id: int | None = None
    holiday_id: int | None = None


def entries(when: When) -> tuple[Entry, ...]:
    """Everything logged, by day."""
    teams: dict[int, list[Work]] = {}
    for work in works():
        for employee_id in work.line.team:
            teams.setdefault(employee_id, []).append(work)
    logged = [
        entry
        for day in when.logged_days()
        for person in PEOPLE.values()
        for entry in _day(person, day, when, teams.get(person.id, []))
    ]
    ahead = Entry(7, when.ago(-3), 2.0, teams[7][0])
    return (*logged, ahead)


def _day(person: Person, day: date, when: When, team: list[Work]) -> Iterator[Entry]:
    planned = planned_hours(person, day, when)
    if person.id in NEVER_LOGS or (person.calendar_id is None and day.weekday() > 3):
        return
    if person.calendar_id is None:
        planned = WITHOUT_CALENDAR_HOURS
    for leave in leaves(when):
        taken = leave.hours_of(day, planned) if leave.employee_id == person.id else 0.0
        if taken:
            yield Entry(person.id, day, taken, task=TIME_OFF, leave_id=leave.id)
            planned -= taken
    for holiday in holidays(when):
        if planned and holiday.day == day and holiday.frees(person.id):
            yield Entry(person.id, day, planned, task=TIME_OFF, holiday_id=holiday.id)
            planned = 0.0
    if when.week(1) <= day < when.week(0):
        planned *= FORGETFUL.get(person.id, {}).get(day.weekday(), 1.0)
    if planned:
        yield from _worked(person, day, planned, team, when)


def _worked(
    person: Person, day: date, hours: float, team: list[Work], when: When
) -> Iterator[Entry]:
    if person.id == TRAINEE and day == when.week(1) + timedelta(days=2):
        yield Entry(person.id, day, hours, task=TRAINING)
        return
    meeting = 1.5 if team and hours >= 4 and (day.toordinal() + person.id) % 3 == 0 else 0.0
    if team:
        work = team[day.toordinal() % len(team)]
        yield Entry(person.id, day, round(hours - meeting, 2), work)
    if meeting or not team:
        yield Entry(person.id, day, meeting or round(hours, 2))


def rows(
    logged: tuple[Entry, ...], invoices: Mapping[int, int | None]
) -> dict[str, list[dict[str, Any]]]:
    """Timesheet lines and units; `invoices` tells the invoice by the number of the entry."""
    return {
        "account.analytic.line": [
            _row(number + 1, entry, invoices.get(number)) for number, entry in enumerate(logged)
        ],
        "uom.uom": UNITS,
    }


def _row(number: int, entry: Entry, invoice_id: int | None) -> dict[str, Any]:
    work, person = entry.work, PEOPLE[entry.employee_id]
    task_id = work.task_id if work else internal_task(person.company_id, entry.task)
    return {
        "id": number,
        "create_date": _logged_at(entry, person),
        "date": entry.day.isoformat(),
        "employee_id": person.id,
        "project_id": work.project_id if work else INTERNAL[person.company_id],
        "task_id": task_id,
        "unit_amount": float(entry.hours),
        "product_uom_id": HOUR,
        "amount": -round(float(entry.hours) * (40 + 5 * (person.id % 6)), 2),
        "company_id": work.company_id if work else person.company_id,
        "so_line": work.line_id if work else False,
        "timesheet_invoice_type": work.invoice_type if work else "non_billable",
        "timesheet_invoice_id": invoice_id or False,
        "holiday_id": entry.leave_id or False,
        "global_leave_id": entry.holiday_id or False,
        "account_id": False,
        "general_account_id": False,
        "move_line_id": False,
    }


def _logged_at(entry: Entry, person: Person) -> str:
    sunday = entry.day + timedelta(days=6 - entry.day.weekday())
    late = person.id in LOG_LATE and not (entry.leave_id or entry.holiday_id)
    return utc(sunday, 23, person.tz) if late else utc(entry.day, 16, person.tz)
