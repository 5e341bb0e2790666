"""Expected hours of a person per day: schedules in force, less the union of absences.

The rules are Odoo's own (`resource.calendar._attendance_intervals_batch`, `_leave_intervals_batch`,
`resource.resource._get_valid_work_intervals`), computed here because no public method returns them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tasks.domain.periods import Period

Interval = tuple[datetime, datetime]
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """Work from one wall-clock hour to another on a weekday (0 is Monday; 24.0 ends the day)."""

    weekday: int
    hour_from: float
    hour_to: float
    #: 0 or 1 in a two-week schedule, else None.
    week: int | None = None
    #: first, last: the days within which it is in force, if they are given.
    first: date | None = None
    last: date | None = None

    def falls_on(self, day: date) -> bool:
        """Whether this stretch is worked on that day."""
        return (
            self.weekday == day.weekday()
            and self.week in (None, week_parity(day))
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True)
class Schedule:
    """A calendar: fixed stretches, or a flexible number of hours a week and at most a day."""

    stretches: tuple[Stretch, ...] = ()
    flexible: bool = False
    hours_per_week: float = 0.0
    hours_per_day: float = 0.0


@dataclass(frozen=True)
class Absence:
    """Time off between two instants, validated: leave or a public holiday."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Engagement:
    """A schedule in force between two days, both included; None is open.

    schedule None: fully flexible, nobody can say how many hours are expected.
    """

    schedule: Schedule | None
    absences: tuple[Absence, ...] = ()
    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Whether this engagement is in force on that day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def expected_hours(
    period: Period, zone: ZoneInfo, engagements: Sequence[Engagement]
) -> Mapping[date, float] | None:
    """Hours expected on each day of the period, 0.0 on days off; None when not measurable.

    Flexible schedules fill seven-day blocks from the start of the period, as Odoo's do. Odoo asks
    from the first day of any window, so its hours of a month depend on the weekday on which the
    month begins. We ask for whole weeks that start on a Monday: then a day has the same hours
    whatever report it is in, and each such week has the hours that Odoo gives it.
    """
    hours = dict.fromkeys(period.days(), 0.0)
    for engagement in engagements:
        days = [day for day in period.days() if engagement.covers(day)]
        if engagement.schedule is None:
            if days:
                return None
            continue
        off = _off(engagement.absences, period)
        if not off:
            whole = _planned_hours(engagement.schedule, period, zone)
            for day in days:
                hours[day] += whole[day]
            continue
        planned = _planned(engagement.schedule, period, zone)
        for day in days:
            hours[day] += sum(_hours_left(work, off) for work in planned[day])
    return hours


def hours_between(
    since: datetime, until: datetime, zone: ZoneInfo, engagements: Sequence[Engagement]
) -> float | None:
    """Hours that somebody was to work between two instants; None when not measurable.

    What lies outside is taken for time off, so that a flexible schedule has its hours around noon
    as it has for `expected_hours`. Zero where `until` is no later than `since`.
    """
    if until <= since:
        return 0.0
    first, last = (instant.astimezone(zone).date() for instant in (since, until))
    # Whole weeks that start on a Monday, and the night of the day before.
    period = Period(first - A_DAY, last).whole_weeks()
    before = datetime.combine(period.start, time(), UTC) - 2 * A_DAY
    after = datetime.combine(period.end, time(), UTC) + 2 * A_DAY
    outside = (Absence(before, since), Absence(until, after))
    within = [replace(each, absences=(*each.absences, *outside)) for each in engagements]
    weeks = [expected_hours(week, zone, within) for week in period.weeks()]
    known = [week for week in weeks if week is not None]
    return sum(sum(week.values()) for week in known) if len(known) == len(weeks) else None


def _off(absences: Iterable[Absence], period: Period) -> list[Interval]:
    """The absences that may touch a day of the period, in whatever zone."""
    first = datetime.combine(period.start, time(), UTC) - A_DAY
    last = datetime.combine(period.end, time(), UTC) + 2 * A_DAY
    return _union((off.start, off.end) for off in absences if first < off.end and off.start < last)


def week_parity(day: date) -> int:
    """0 or 1: which week of a two-week schedule a day is in. Odoo's rule, not the ISO week."""
    return (day.toordinal() - 1) // 7 % 2


@lru_cache(maxsize=4096)
def _planned(
    schedule: Schedule, period: Period, zone: ZoneInfo
) -> Mapping[date, Sequence[Interval]]:
    """The same for all who share a schedule and a zone: kept, for to ask anew is most of a run."""
    if schedule.flexible:
        return dict(_flexible(schedule, period, zone))
    return {
        day: [
            (_instant(day, stretch.hour_from, zone), _instant(day, stretch.hour_to, zone))
            for stretch in schedule.stretches
            if stretch.falls_on(day)
        ]
        for day in period.days()
    }


@lru_cache(maxsize=4096)
def _planned_hours(schedule: Schedule, period: Period, zone: ZoneInfo) -> Mapping[date, float]:
    """The same where nothing is off."""
    planned = _planned(schedule, period, zone)
    return {day: sum(_hours_left(work, ()) for work in of_day) for day, of_day in planned.items()}


def _flexible(
    schedule: Schedule, period: Period, zone: ZoneInfo
) -> Iterator[tuple[date, list[Interval]]]:
    left = 0.0
    for number, day in enumerate(period.days()):
        if number % 7 == 0:
            left = schedule.hours_per_week
        hours = max(0.0, min(schedule.hours_per_day, left))
        left -= hours
        noon = datetime.combine(day, time(12), zone).astimezone(UTC)
        half = timedelta(hours=hours / 2)
        yield day, [(noon - half, noon + half)]


def _instant(day: date, hour: float, zone: ZoneInfo) -> datetime:
    """A wall-clock hour as an instant; 24.0 is the next midnight.

    An hour that the clock strikes twice, or skips, is in winter time, as it is for Odoo.
    """
    whole_day, minutes = divmod(round(hour * 60), 24 * 60)
    wall = time(minutes // 60, minutes % 60)
    local = datetime.combine(day + timedelta(days=whole_day), wall, zone)
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted and disjoint: one leave stored twice takes its hours once."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _hours_left(work: Interval, off: Sequence[Interval]) -> float:
    start, end = work
    absent = sum(
        (
            min(end, off_end) - max(start, off_start)
            for off_start, off_end in off
            if off_start < end and start < off_end
        ),
        timedelta(),
    )
    return (end - start - absent) / timedelta(hours=1)
