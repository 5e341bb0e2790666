"""Leave, public holidays and training: what takes hours out of the week, and what does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any

from odoo_gateway.sandbox.firm.calendars import AMERICAN
from odoo_gateway.sandbox.firm.people import BRUSSELS, NEW_YORK, PEOPLE
from odoo_gateway.sandbox.firm.when import When, utc


@dataclass(frozen=True)
class Leave:
    """Approved leave from one day to another; a part of a day is told by its hours."""

    id: int
    employee_id: int
    first: date
    last: date
    hour_from: float = 0.0
    hour_to: float = 24.0
    written_twice: bool = False

    def hours_of(self, day: date, planned: float) -> float:
        """How many of a day's planned hours the leave takes."""
        if not self.first <= day <= self.last:
            return 0.0
        return min(planned, 4.0) if self.hour_from else planned


@dataclass(frozen=True)
class Holiday:
    """A public holiday of a company, perhaps only for one calendar of it."""

    id: int
    name: str
    day: date
    company_id: int
    tz: str
    calendar_id: int | None = None

    def frees(self, employee_id: int) -> bool:
        """Whether that employee is off."""
        person = PEOPLE[employee_id]
        fits = self.calendar_id is None or person.calendar_id == self.calendar_id
        return fits and person.company_id == self.company_id


@cache
def leaves(when: When) -> tuple[Leave, ...]:
    """All approved leave."""

    def days(employee_id: int, week: int, first: int, last: int, **more: Any) -> Leave:
        monday = when.week(week)
        start, end = monday + timedelta(days=first), monday + timedelta(days=last)
        return Leave(next(ids), employee_id, start, end, **more)

    ids = count(1)
    return (
        days(8, 1, 0, 4),
        days(9, 1, 0, 1),
        days(40, 1, 3, 3, written_twice=True),
        days(5, 1, 4, 4, hour_from=13.0, hour_to=17.0),
        days(36, 1, 3, 4),
        days(12, 4, 2, 2),
        days(16, 2, 0, 4),
        days(24, 5, 0, 2),
        days(31, 7, 0, 4),
        days(7, -1, 0, 4),
        days(24, 0, 0, 6),
    )


@cache
def holidays(when: When) -> tuple[Holiday, ...]:
    """The public holidays: three weeks ago in Europe, last Friday in America."""
    wednesday = when.week(3) + timedelta(days=2)
    friday = when.week(1) + timedelta(days=4)
    return (
        Holiday(101, "Founders' Day", wednesday, 1, BRUSSELS),
        Holiday(102, "State Holiday", friday, 2, NEW_YORK, AMERICAN),
    )


TRAINEE = 35


def rows(when: When) -> dict[str, list[dict[str, Any]]]:
    """Requests for leave, and the calendar leaves that they and the holidays became."""
    return {
        "hr.leave": [_request(leave) for leave in leaves(when)],
        "resource.calendar.leaves": [
            *(row for leave in leaves(when) for row in _calendar_leaves(leave)),
            *(_public(holiday) for holiday in holidays(when)),
            _training(when),
        ],
    }


def _request(leave: Leave) -> dict[str, Any]:
    tz = PEOPLE[leave.employee_id].tz
    return {
        "id": leave.id,
        "display_name": f"{PEOPLE[leave.employee_id].name} on Paid Time Off",
        "employee_id": leave.employee_id,
        "company_id": PEOPLE[leave.employee_id].company_id,
        "date_from": utc(leave.first, leave.hour_from, tz),
        "date_to": utc(leave.last, leave.hour_to, tz),
        "state": "validate",
    }


def _calendar_leaves(leave: Leave) -> Iterator[dict[str, Any]]:
    person = PEOPLE[leave.employee_id]
    for number in (leave.id, 50 + leave.id)[: 2 if leave.written_twice else 1]:
        yield {
            "id": number,
            "name": f"{person.name}: Paid Time Off",
            "date_from": utc(leave.first, leave.hour_from, person.tz),
            "date_to": utc(leave.last, leave.hour_to, person.tz),
            "resource_id": 200 + person.id,
            "calendar_id": person.calendar_id or False,
            "company_id": person.company_id,
            "time_type": "leave",
        }


def _public(holiday: Holiday) -> dict[str, Any]:
    return {
        "id": holiday.id,
        "name": holiday.name,
        "date_from": utc(holiday.day, 0, holiday.tz),
        "date_to": utc(holiday.day, 24, holiday.tz),
        "resource_id": False,
        "calendar_id": holiday.calendar_id or False,
        "company_id": holiday.company_id,
        "time_type": "leave",
    }


def _training(when: When) -> dict[str, Any]:
    """Worked time in the calendar of leaves: it takes no hours out."""
    day, person = when.week(1) + timedelta(days=2), PEOPLE[TRAINEE]
    return {
        "id": 103,
        "name": "Training",
        "date_from": utc(day, 8, person.tz),
        "date_to": utc(day, 17, person.tz),
        "resource_id": 200 + person.id,
        "calendar_id": person.calendar_id,
        "company_id": person.company_id,
        "time_type": "other",
    }
