"""Spans of time that rows are grouped by: their bounds and the labels that Odoo 19 gives them."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import babel.dates

from odoo_gateway.sandbox.values import MOMENT

FORMATS: Final = {"day": "dd MMM yyyy", "month": "MMMM yyyy", "quarter": "QQQ yyyy", "year": "yyyy"}
GRANULARITIES: Final = frozenset({*FORMATS, "week"})
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def start_of(day: date, granularity: str) -> date:
    """The first day of the span that the day is in; weeks begin on Sunday, as in en_US."""
    if granularity == "day":
        return day
    if granularity == "week":
        return day - timedelta(days=day.isoweekday() % 7)
    months = MONTHS[granularity]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def end_of(start: date, granularity: str) -> date:
    """The first day after the span."""
    if granularity in ("day", "week"):
        return start + timedelta(days=1 if granularity == "day" else 7)
    end = start
    for _ in range(MONTHS[granularity]):
        end += timedelta(days=monthrange(end.year, end.month)[1])
    return end


def label(start: date, granularity: str) -> str:
    """What people read, in English."""
    if granularity == "week":
        number, year = _week(start)
        return f"W{number} {year:04}"
    return babel.dates.format_date(start, format=FORMATS[granularity], locale="en_US")


def local_day(stored: str, zone: ZoneInfo) -> date:
    """The day of a stored date, or of a stored moment in the caller's zone."""
    if len(stored) <= 10:
        return date.fromisoformat(stored)
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).astimezone(zone).date()


def bound(day: date, zone: ZoneInfo, is_moment: bool) -> str:
    """The start of a day as domains name it: a date, or the moment in UTC."""
    if not is_moment:
        return day.isoformat()
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return midnight.astimezone(UTC).strftime(MOMENT)


def _week(sunday: date) -> tuple[int, int]:
    """Number and year: the week of New Year's Day is the first one of its year."""
    saturday = sunday + timedelta(days=6)
    first = start_of(date(saturday.year, 1, 1), "week")
    return (sunday - first).days // 7 + 1, saturday.year
