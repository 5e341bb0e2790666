"""What was expected of one person in a period, day by day, and what was logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tasks.domain.periods import Period
from tasks.domain.timesheet_policy import TimesheetPolicy


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
    """The days of a period. measurable: whether anybody can say what was expected."""

    period: Period
    days: Sequence[Day]
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


def title_of(sheet: Timesheet, so_far: bool) -> str:
    """What is missing, of which period."""
    first, last = sheet.period.start, sheet.period.end
    missing = f"{sheet.missing:g} h missing" + (" so far" if so_far else "")
    return f"{missing} for {first:%d %b} to {last:%d %b %Y}"


def reason_of(sheet: Timesheet, so_far: bool, by_state: Mapping[str, float | None]) -> str:
    """What was expected, what was logged, in which states, and which days are short."""
    through = f" through {sheet.days[-1].date:%a %d %b}" if so_far else ""
    counted = "" if sheet.counted == sheet.logged else f", of which {sheet.counted:g} h count"
    apart = ", ".join(f"{hours:g} h {state}" for state, hours in by_state.items() if hours)
    short = ", ".join(f"{day.date:%a %d %b} {day.missing:g} h" for day in sheet.days if day.missing)
    told = f" ({apart})" if apart else ""
    return (
        f"Expected {sheet.expected:g} h{through}, logged {sheet.logged:g} h{told}{counted}; "
        f"short on {short}"
    )
