"""What was expected of one person in a period, day by day, and what was logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tasks.domain.periods import Period
from tasks.domain.texts import Text, joined
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy


@dataclass(frozen=True)
class Day:
    """Hours of one day: expected net of leave and holidays, logged, and those that count."""

    date: date
    expected: float
    logged: float
    counted: float

    @property
    def missing(self) -> float:
        """Hours that are short, never below zero."""
        return max(0.0, self.expected - self.counted)


@dataclass(frozen=True)
class Timesheet:
    """The days of a period."""

    period: Period
    days: Sequence[Day]
    #: Whether anybody can say what was expected.
    measurable: bool = True

    @property
    def expected(self) -> float:
        """Hours expected, net of leave and holidays."""
        return round(sum(day.expected for day in self.days), 2)

    @property
    def logged(self) -> float:
        """Hours logged on any project, leave left out."""
        return round(sum(day.logged for day in self.days), 2)

    @property
    def counted(self) -> float:
        """The logged hours that count against the missing ones."""
        return round(sum(day.counted for day in self.days), 2)

    @property
    def missing(self) -> float:
        """Hours still missing, never below zero: a long day makes up for a short one."""
        return round(max(0.0, self.expected - self.counted), 2)

    def until(self, last: date) -> "Timesheet":
        """The same, its later days left out; what was logged ahead still counts for nothing."""
        return replace(self, days=[day for day in self.days if day.date <= last])


def is_complete(sheet: Timesheet, policy: TimesheetPolicy) -> bool:
    """Whether enough of the hours is there, or no more missing than is tolerated."""
    enough = round(sheet.expected * policy.complete_from_percent / 100, 2)
    return sheet.counted >= enough or sheet.missing <= policy.tolerance_hours


def title_of(sheet: Timesheet, so_far: bool) -> Text:
    """What is missing, of which period."""
    hours, first, last = sheet.missing, sheet.period.start, sheet.period.end
    if so_far:
        return Text(
            "{hours} h missing so far for {first:short} to {last:long}",
            hours=hours,
            first=first,
            last=last,
        )
    return Text(
        "{hours} h missing for {first:short} to {last:long}", hours=hours, first=first, last=last
    )


def reason_of(sheet: Timesheet, so_far: bool, by_state: Mapping[str, float | None]) -> Text:
    """What was expected, what was logged, in which states, and which days are short."""
    states = [_of_state(state, hours) for state, hours in by_state.items() if hours]
    clauses = [
        _expected(sheet, so_far),
        Text("logged {hours} h ({states})", hours=sheet.logged, states=tuple(states))
        if states
        else Text("logged {hours} h", hours=sheet.logged),
    ]
    if sheet.counted != sheet.logged:
        clauses.append(Text("of which {hours} h count", hours=sheet.counted))
    days = (
        Text("{day:weekday} {hours} h", day=day.date, hours=day.missing)
        for day in sheet.days
        if day.missing
    )
    return joined([joined(clauses, ", "), Text("short on {days}", days=tuple(days))], "; ")


def _expected(sheet: Timesheet, so_far: bool) -> Text:
    if not so_far:
        return Text("Expected {hours} h", hours=sheet.expected)
    last = sheet.days[-1].date
    return Text("Expected {hours} h through {day:weekday}", hours=sheet.expected, day=last)


def _of_state(state: str, hours: float) -> Text:
    match state:
        case "draft":
            return Text("{hours} h draft", hours=hours)
        case "submitted":
            return Text("{hours} h submitted", hours=hours)
        case _:
            return Text("{hours} h approved", hours=hours)
