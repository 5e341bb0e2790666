"""Days and moments of the firm, all counted from the day the sandbox stands at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class When:
    """The day the sandbox stands at; hours are logged until the day before."""

    as_of: date

    def week(self, ago: int) -> date:
        """The Monday of the week so many weeks ago; 1 is the last complete week."""
        return self.as_of - timedelta(days=self.as_of.weekday() + 7 * ago)

    def ago(self, days: int) -> date:
        """So many days before; negative numbers lie ahead."""
        return self.as_of - timedelta(days=days)

    def logged_days(self) -> Iterator[date]:
        """Every day of the ten complete weeks and of the present one until yesterday."""
        day = self.week(10)
        while day < self.as_of:
            yield day
            day += timedelta(days=1)


def utc(day: date, hour: float, tz: str) -> str:
    """A wall-clock hour somewhere as Odoo stores it; 24.0 is the last second of the day."""
    seconds = min(round(hour * 3600), 24 * 3600 - 1)
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tz))
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    local = wall.replace(hour=hours, minute=minutes, second=second)
    return local.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
