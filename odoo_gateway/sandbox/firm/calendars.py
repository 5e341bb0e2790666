"""Working schedules: fixed, part-time, two-week and flexible."""

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

Stretch = tuple[float, float, str]

FULL_DAY: tuple[Stretch, ...] = ((8, 12, "morning"), (12, 13, "lunch"), (13, 17, "afternoon"))
SHORT_DAY: tuple[Stretch, ...] = ((8, 12, "morning"), (12, 13, "lunch"), (13, 16.6, "afternoon"))
MORNING: tuple[Stretch, ...] = ((9, 13, "morning"),)
WEEKDAYS = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Calendar:
    """A schedule: its stretches on each working day; the second week's days if they differ."""

    id: int
    name: str
    company_id: int
    tz: str
    hours_per_day: float
    hours_per_week: float
    day: tuple[Stretch, ...]
    weekdays: tuple[int, ...] = WEEKDAYS
    second_week: tuple[int, ...] | None = None
    flexible: bool = False

    def hours_on(self, day: date) -> float:
        """Hours of work on a day, before leave and holidays."""
        weekdays = self.weekdays
        if self.second_week is not None and (day.toordinal() - 1) // 7 % 2:
            weekdays = self.second_week
        if day.weekday() not in weekdays:
            return 0.0
        if self.flexible:
            return self.hours_per_day
        return sum(end - start for start, end, period in self.day if period != "lunch")


STANDARD, AMERICAN, THREE_DAYS, MORNINGS, TWO_WEEKS, FLEXIBLE, BELGIAN, AUSTRALIAN = range(1, 9)
CALENDARS = {
    calendar.id: calendar
    for calendar in (
        Calendar(STANDARD, "Standard 40 hours/week", 1, "Europe/Brussels", 8, 40, FULL_DAY),
        Calendar(AMERICAN, "US 40 hours/week", 2, "America/New_York", 8, 40, FULL_DAY),
        Calendar(THREE_DAYS, "60 %, Mon-Wed", 1, "Europe/Brussels", 8, 24, FULL_DAY, (0, 1, 2)),
        Calendar(MORNINGS, "Mornings", 1, "Europe/Brussels", 4, 20, MORNING),
        Calendar(
            id=TWO_WEEKS,
            name="Every second Friday off",
            company_id=1,
            tz="Europe/Brussels",
            hours_per_day=8,
            hours_per_week=36,
            day=FULL_DAY,
            weekdays=(0, 1, 2, 3),
            second_week=WEEKDAYS,
        ),
        Calendar(
            id=FLEXIBLE,
            name="Flexible 38 hours",
            company_id=1,
            tz="Europe/Brussels",
            hours_per_day=7.6,
            hours_per_week=38,
            day=SHORT_DAY,
            flexible=True,
        ),
        Calendar(BELGIAN, "38 hours/week", 1, "Europe/Brussels", 7.6, 38, SHORT_DAY),
        Calendar(AUSTRALIAN, "Sydney 40 hours/week", 2, "Australia/Sydney", 8, 40, FULL_DAY),
    )
}


def rows() -> dict[str, list[dict[str, Any]]]:
    """The calendars and their stretches."""
    return {
        "resource.calendar": [_calendar_row(calendar) for calendar in CALENDARS.values()],
        "resource.calendar.attendance": _attendances(),
    }


def _calendar_row(calendar: Calendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "company_id": calendar.company_id,
        "tz": calendar.tz,
        "hours_per_day": float(calendar.hours_per_day),
        "full_time_required_hours": float(calendar.hours_per_week),
        "two_weeks_calendar": calendar.second_week is not None,
        "flexible_hours": calendar.flexible,
    }


def _attendances() -> list[dict[str, Any]]:
    ids = count(1)
    found = []
    for calendar in CALENDARS.values():
        weeks: list[tuple[str | bool, tuple[int, ...]]] = [(False, calendar.weekdays)]
        if calendar.second_week is not None:
            weeks = [("0", calendar.weekdays), ("1", calendar.second_week)]
        for week_type, weekdays in weeks:
            if week_type:
                heading = _attendance(next(ids), calendar, 0, (0, 0, "morning"), week_type)
                found.append({**heading, "display_type": "line_section"})
            found += [
                _attendance(next(ids), calendar, weekday, stretch, week_type)
                for weekday in weekdays
                for stretch in calendar.day
            ]
    return found


def _attendance(
    number: int, calendar: Calendar, weekday: int, stretch: Stretch, week_type: str | bool
) -> dict[str, Any]:
    start, end, period = stretch
    return {
        "id": number,
        "calendar_id": calendar.id,
        "dayofweek": str(weekday),
        "hour_from": float(start),
        "hour_to": float(end),
        "day_period": period,
        "week_type": week_type,
        "display_type": False,
        "sequence": number,
    }
