"""How a request stands: who may decide now, and what the decisions so far come to.

Nobody decides on what they asked for, prepared or benefit from, and nobody decides twice, nor does
who stands in for such a person. Where that leaves nobody at a level, or its time is over, the next
higher level decides in its place.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from tasks.domain.matrix import Level, Matrix, Request, Verdict
from tasks.domain.written import WEEKDAYS, Weekday

OPENS: Final = time(9)
CLOSES: Final = time(17)


class Answer(StrEnum):
    """What a person said; asking back decides nothing."""

    APPROVED = "approved"
    REFUSED = "refused"
    ASKED_BACK = "asked_back"


class State(StrEnum):
    """What became of a request; stuck: nobody is left who may decide."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    STUCK = "stuck"


def office_hours(
    since: datetime, until: datetime, zone: ZoneInfo, off: Collection[Weekday]
) -> float:
    """Hours between two instants from 9 to 17 by the clock of a zone, but for the days off.

    Our own measure of the time that an approver has had whose working calendar nobody knows.
    """
    first, last = (instant.astimezone(zone).replace(tzinfo=None) for instant in (since, until))
    hours, day = 0.0, first.date()
    while day <= last.date():
        if WEEKDAYS[day.weekday()] not in off:
            begins = max(first, datetime.combine(day, OPENS))
            ends = min(last, datetime.combine(day, CLOSES))
            hours += max(0.0, (ends - begins) / timedelta(hours=1))
        day += timedelta(days=1)
    return hours


@dataclass(frozen=True)
class StandIn:
    """Who decides for somebody who is away; days are included, None is open."""

    person: str
    by: str
    first: date | None = None
    last: date | None = None

    def covers(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Circle:
    """Who holds each role, by address, and who stands in for whom."""

    people: Mapping[str, tuple[str, ...]]
    stand_ins: tuple[StandIn, ...] = ()


@dataclass(frozen=True)
class Seat:
    """One person's part in a decision."""

    level: str
    role: str
    person: str
    #: Whom they stand in for.
    instead_of: str = ""

    @property
    def persons(self) -> frozenset[str]:
        """Whose decision it is."""
        return frozenset({self.person, self.instead_of}) - {""}


@dataclass(frozen=True)
class Decision:
    """What somebody said, on the seat that was theirs."""

    seat: Seat
    answer: Answer


@dataclass(frozen=True)
class Standing:
    """A request among the people who decide it."""

    matrix: Matrix
    request: Request
    verdict: Verdict
    decisions: tuple[Decision, ...]
    circle: Circle
    #: The day that stand-ins are asked for.
    day: date
    #: Levels whose time is over.
    overdue: frozenset[str] = frozenset()

    @cached_property
    def state(self) -> State:
        """What the decisions come to."""
        if any(decision.answer is Answer.REFUSED for decision in self.decisions):
            return State.REFUSED
        if self.level is None:
            return State.APPROVED
        return State.WAITING if self.deciders else State.STUCK

    @property
    def timed(self) -> Level | None:
        """The level whose time runs, the lowest that decides; None where all have had theirs."""
        level = self.level
        while level is not None and self._given_up(level):
            level = self._above(level)
        return level

    def seats_at(self, level: Level) -> tuple[Seat, ...]:
        """Who may decide now on a level's behalf."""
        return tuple(seat for seat in self.deciders if seat.level == level.name)

    @cached_property
    def level(self) -> Level | None:
        """The level whose turn it is; None where all have agreed."""
        return next((level for level in self.verdict.levels if not self._agreed(level)), None)

    @cached_property
    def deciders(self) -> tuple[Seat, ...]:
        """Who may decide now."""
        refused = any(decision.answer is Answer.REFUSED for decision in self.decisions)
        return () if refused or self.level is None else tuple(self._of(self.level))

    def seat_of(self, person: str) -> Seat | None:
        """The seat on which a person may decide now, their own before another's."""
        own = [seat for seat in self.deciders if seat.person == person]
        return min(own, key=lambda seat: bool(seat.instead_of), default=None)

    def _agreed(self, level: Level) -> bool:
        if not self._open(level):
            return True
        above = self._above(level)
        return self._given_up(level) and above is not None and self._agreed(above)

    def _of(self, level: Level) -> Iterator[Seat]:
        yield from self._seats(level)
        above = self._above(level)
        if self._given_up(level) and above is not None:
            yield from self._of(above)

    def _given_up(self, level: Level) -> bool:
        return level.name in self.overdue or not self._can_be_filled(level)

    def _can_be_filled(self, level: Level) -> bool:
        return {seat.role for seat in self._seats(level)} >= self._open(level) or (
            level.needs == "any" and any(self._seats(level))
        )

    def _open(self, level: Level) -> frozenset[str]:
        """The roles of a level that have not agreed; none where it needs no more of them."""
        said = {each.role for each in self._approvals if each.level == level.name}
        # One that the matrix has taken off the level since does not speak for it.
        agreed = said.intersection(level.roles)
        if level.needs == "any" and agreed:
            return frozenset()
        return frozenset(level.roles) - agreed

    def _seats(self, level: Level) -> Iterator[Seat]:
        barred = self.request.parties | {p for seat in self._approvals for p in seat.persons}
        open_roles = self._open(level)
        for role in level.roles:
            if role in open_roles:
                for seat in self._holders(level, role):
                    if not seat.persons & barred:
                        yield seat

    def _holders(self, level: Level, role: str) -> Iterator[Seat]:
        for person in self.circle.people.get(role, ()):
            yield Seat(level.name, role, person)
            for stand_in in self.circle.stand_ins:
                if stand_in.person == person and stand_in.covers(self.day):
                    yield Seat(level.name, role, stand_in.by, person)

    def _above(self, level: Level) -> Level | None:
        return next(iter(self.matrix.levels[self.matrix.height(level.name) + 1 :]), None)

    @cached_property
    def _approvals(self) -> tuple[Seat, ...]:
        return tuple(d.seat for d in self.decisions if d.answer is Answer.APPROVED)
