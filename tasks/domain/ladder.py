"""A ladder of reminders around a deadline: which rung comes when, in the working days of a person.

Default ladder: a soft word the day before, the morning of the deadline, then person, manager and
owner one, three and seven working days after it, then silence (ours, after what PSA tools offer).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from tasks.domain.findings import Step
from tasks.domain.periods import Period, week_of
from tasks.domain.policy import Policy
from tasks.domain.written import WEEKDAYS, Weekday

STANDS_FOR: Final = timedelta(weeks=1)
# A day of 25 hours, and a run that starts an hour late.
LOOK_AHEAD: Final = timedelta(hours=26)


class Who(StrEnum):
    """Who is told at a rung."""

    PERSON = "person"
    MANAGER = "manager"
    OWNER = "owner"


class Rung(Policy):
    """One reminder: so many working days of the person after the deadline (before it, if negative).

    0 is the person's last working day up to the deadline.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="part of the mail's identity")
    working_days: int = Field(
        ge=-30, le=365, description="working days of the person from the deadline on"
    )
    at: time = Field(time(8), description="time of day, in the recipient's own zone")
    who: Who = Field(Who.PERSON, description="person, manager or owner")


def named_apart(ladder: tuple[Rung, ...], *taken: str) -> tuple[Rung, ...]:
    """The ladder. Raises ValueError where two rungs share a name, or one has one that is taken."""
    names = [*taken, *(rung.name for rung in ladder)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"give each rung a name of its own, not {', '.join(twice)}")
    return ladder


class Deadline(Policy):
    """Until when a week is to be complete, in the person's own zone."""

    weekday: Weekday = "friday"
    at: time = time(17)
    week: Literal["same", "following"] = "same"

    def day(self, period: Period) -> date:
        """The day of the deadline of a period, counted in the week that the period ends in."""
        weeks = 1 if self.week == "following" else 0
        return week_of(period.end).start + timedelta(weeks=weeks, days=WEEKDAYS.index(self.weekday))


LADDER: Final = (
    Rung(name="early", working_days=-1, at=time(16)),
    Rung(name="deadline", working_days=0),
    Rung(name="late", working_days=1),
    Rung(name="manager", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=7, who=Who.OWNER),
)


@dataclass(frozen=True)
class Placed:
    """A rung on the day that it comes."""

    rung: Rung
    day: date


@dataclass(frozen=True)
class Workdays:
    """The days that somebody works, in order, as far as they are known; and where the clock is."""

    days: Sequence[date]
    zone: ZoneInfo

    def first_from(self, day: date) -> date | None:
        """The first working day from that day on."""
        position = bisect_left(self.days, day)
        return self.days[position] if position < len(self.days) else None

    def send_at(self, at: datetime, clock: time, now: datetime) -> datetime | None:
        """When to write of a rung: `at`, or as soon as may be if that has passed.

        On a working day from the same time of day on, at once; else at that time of the next one;
        None if none is known.
        """
        if at >= now:
            return at
        today = now.astimezone(self.zone).date()
        if (day := self.first_from(today)) is None:
            return None
        morning = instant(day, clock, self.zone)
        return now if day == today and now >= morning else morning


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as UTC."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def placed(
    ladder: Iterable[Rung], deadline: date, start: date, days: Sequence[date]
) -> tuple[Placed, ...]:
    """The rungs on working days of the person; those that no known day from `start` on bears fail.

    days: the person's working days, in order.
    """
    end = bisect_right(days, deadline)
    before, after = days[bisect_left(days, start) : end], days[end:]
    found = ((rung, _day(rung.working_days, before, after)) for rung in ladder)
    return tuple(Placed(rung, day) for rung, day in found if day is not None)


def _day(working_days: int, before: Sequence[date], after: Sequence[date]) -> date | None:
    if working_days > 0:
        return after[working_days - 1] if working_days <= len(after) else None
    return before[working_days - 1] if -working_days < len(before) else None


def standing(steps: Iterable[Step], now: datetime, until: datetime) -> tuple[Step, ...]:
    """The latest step that has come, for a week at most, and those that come by `until`, in order.

    So a step that was missed is not made up for once the next one has come, nor where its mail
    would go out no sooner than the next one's.
    """
    ordered = sorted(steps, key=lambda step: step.at)
    come = [step for step in ordered if now - STANDS_FOR <= step.at <= now]
    found = [step for step in come if step.at == come[-1].at]
    found += [step for step in ordered if now < step.at <= until]

    def sent(step: Step) -> datetime:
        return step.not_before or (now if step.at <= until else step.at)

    return tuple(
        step
        for step in found
        if not any(other.at > step.at and sent(other) <= sent(step) for other in ordered)
    )


def last_of_month(days: Sequence[date], within: Period) -> date | None:
    """The last working day of a month, if it lies within the period; `days` are in order."""
    for day, following in pairwise(days):
        if day in within and (day.year, day.month) != (following.year, following.month):
            return day
    return None
