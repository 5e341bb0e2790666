"""Periods of days, and the moment that a run stands at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tasks.domain.acts import Act
from tasks.domain.cases import ClosedCase
from tasks.domain.handoffs import Handoffs
from tasks.domain.holds import Hold, hold_on, holds_of
from tasks.domain.proposals import Proposed

CLOSED_DAYS: Final = 90


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a period cannot end on {self.end}, before it starts on {self.start}")

    def __str__(self) -> str:
        return f"{self.start}/{self.end}"

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def whole_weeks(self) -> "Period":
        """The ISO weeks that the period touches."""
        return Period(week_of(self.start).start, week_of(self.end).end)

    def and_to(self, other: "Period") -> "Period":
        """From the first day of both to the last, with whatever lies between."""
        return Period(min(self.start, other.start), max(self.end, other.end))

    def weeks(self) -> "Iterator[Period]":
        """The ISO weeks that the period touches, one by one."""
        week = week_of(self.start)
        while week.start <= self.end:
            yield week
            week = week.shifted(1)

    def shifted(self, weeks: int) -> "Period":
        """The period so many weeks later; negative numbers lie before."""
        return Period(self.start + timedelta(weeks=weeks), self.end + timedelta(weeks=weeks))

    def shared_days(self, other: "Period") -> int:
        """How many days two periods have in common."""
        return max(0, (min(self.end, other.end) - max(self.start, other.start)).days + 1)

    def days(self) -> Iterator[date]:
        """Every day, in order."""
        day = self.start
        while day <= self.end:
            yield day
            day += timedelta(days=1)


@dataclass(frozen=True)
class AsOf:
    """The moment a run judges: an instant, the scope's zone, and a period if one was asked for."""

    instant: datetime
    zone: ZoneInfo
    #: The true time, for what happens next; a late run judges its slot but sends no mail into the
    #: past.
    now: datetime
    asked: Period | None = None
    #: Since when each finding stands that the fleet remembers, by its key.
    standing: Mapping[str, date] = field(default_factory=dict)
    #: What people did about the cases.
    acts: tuple[Act, ...] = ()
    #: What the job proposed before, oldest first.
    proposed: tuple[Proposed, ...] = ()
    #: When somebody signed a record outside Odoo (UTC), by model and id, as a source told that
    #: signs what it tells; None where there is no such source.
    signed: Mapping[tuple[str, int], datetime] | None = None
    #: What became of the handoffs that the job goes by; None where nobody is asked to accept any,
    #: or nothing is remembered.
    handoffs: Handoffs | None = None
    #: The job's cases that were resolved within the last CLOSED_DAYS.
    closed: Sequence[ClosedCase] = ()
    #: Those of the scope's policies, whichever job they are of.
    holds: tuple[Hold, ...] = ()
    #: Model and id of what is looked at; None for everything.
    only: frozenset[tuple[str, int]] | None = None

    def looks_at(self, model: str, record_id: int) -> bool:
        """Whether a record is among what is looked at."""
        return self.only is None or (model, record_id) in self.only

    def only_ids(self, model: str) -> list[tuple[str, str, list[int]]]:
        """What a search of a model adds to its domain, so that it finds what is looked at."""
        if self.only is None:
            return []
        return [("id", "in", sorted(number for name, number in self.only if name == model))]

    def holds_on(self, model: str, record_id: int, order: str) -> tuple[Hold, ...]:
        """All holds on an order, of policies and of people, expired ones too."""
        named = (hold for hold in self.holds if hold.order == order)
        return (*named, *holds_of(self.acts, model, record_id, order))

    def held(self, model: str, record_id: int, order: str) -> Hold | None:
        """The hold that stands on an order."""
        hold = hold_on(self.holds_on(model, record_id, order), order, self.day)
        return hold if hold and hold.stands(self.day) else None

    def first_seen(self, key: str, came_up: date, among: str = "") -> date:
        """When the fleet saw a finding first; of what its first run found, when it came up.

        So nobody is told of all that had come up before, and everybody of what comes up late. The
        first run is that of the oldest case known, of those whose keys begin with `among`.
        """
        seen = self.standing.get(key, self.day)
        closed = ((case.finding.key, case.opened_on) for case in self.closed)
        known = (day for k, day in (*self.standing.items(), *closed) if k.startswith(among))
        return seen if seen > min(known, default=self.day) else came_up

    @property
    def day(self) -> date:
        """The calendar day in the scope's zone."""
        return self.day_of(self.instant)

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant in the scope's zone."""
        return instant.astimezone(self.zone).date()

    @property
    def is_over(self) -> bool:
        """Whether the day is over, so that what Odoo holds by now may be another state."""
        return self.day < self.day_of(self.now)

    @property
    def week(self) -> Period:
        """The period asked for, else the last complete ISO week, Monday to Sunday."""
        return self.asked or last_complete_week(self.day)

    @property
    def month(self) -> Period:
        """The period asked for, else the last complete calendar month."""
        last = self.day.replace(day=1) - timedelta(days=1)
        return self.asked or Period(last.replace(day=1), last)


def last_complete_week(day: date) -> Period:
    """The ISO week before the one that `day` is in."""
    monday = day - timedelta(days=day.isoweekday() - 1 + 7)
    return Period(monday, monday + timedelta(days=6))


def weeks_after(day: date, count: int) -> Period:
    """Whole ISO weeks after the one that `day` is in."""
    week = week_of(day)
    return week.shifted(1).and_to(week.shifted(count))


def week_of(day: date) -> Period:
    """The ISO week that `day` is in."""
    monday = day - timedelta(days=day.isoweekday() - 1)
    return Period(monday, monday + timedelta(days=6))
