"""When people work, by Odoo's own arithmetic, and by when they have worked so many office hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import TupleRow

from .inside import odoo_arithmetic
from .inside_odoo import run_inside
from .odoo_server import OdooServer

Sql = psycopg.Connection[TupleRow]
OPENS, CLOSES = time(9), time(17)
# Of several employees of a user the active one counts, then that of the company that is looked at.
EMPLOYEES = """
    SELECT DISTINCT ON (e.user_id) e.user_id, e.id, r.tz, lower(e.work_email)
    FROM hr_employee e JOIN resource_resource r ON r.id = e.resource_id
    WHERE e.user_id IS NOT NULL
    ORDER BY e.user_id, e.active DESC, e.company_id = %s DESC
"""
NAMES = "SELECT u.id, p.name FROM res_users u JOIN res_partner p ON p.id = u.partner_id"


def odoos_days(server: OdooServer, database: str, today: date) -> Mapping[str, Sequence[date]]:
    """By id of the employee, the days of about a year back and a month ahead with hours."""
    monday = today - timedelta(days=today.weekday())
    first, last = monday - timedelta(weeks=53), monday + timedelta(days=6, weeks=5)
    periods = [[str(first), str(last)]]
    (found,) = run_inside(server, database, odoo_arithmetic.working_hours, periods=periods)
    return {
        person: sorted(date.fromisoformat(day) for day, hours in of["net"].items() if hours > 0)
        for person, of in found.items()
        if of
    }


@dataclass(frozen=True)
class Office:
    """The people of one company that looks, by user."""

    zone: ZoneInfo
    names: Mapping[int, str]
    employees: Mapping[int, tuple[int, str]]
    #: Where employees are written to.
    mails: Mapping[int, str]
    days: Mapping[str, Sequence[date]]
    #: All days that anybody's hours are known of.
    first: date
    last: date

    @classmethod
    def of(
        cls, sql: Sql, company_id: int, zone: ZoneInfo, days: Mapping[str, Sequence[date]]
    ) -> Office:
        """As a company sees them; weekdays count for whoever is no employee."""
        found = sql.execute(EMPLOYEES.encode(), [company_id]).fetchall()
        known = [day for of in days.values() for day in of]
        return cls(
            zone=zone,
            names=dict(sql.execute(NAMES.encode()).fetchall()),
            employees={user: (number, tz) for user, number, tz, _ in found},
            mails={user: mail for user, _, _, mail in found if mail},
            days=days,
            first=min(known),
            last=max(known),
        )

    def name(self, user: int | None, nobody: str) -> str:
        """What an owner is called."""
        return self.names[user] if user else nobody

    def workdays(self, user: int | None) -> tuple[Sequence[date], ZoneInfo]:
        """The days on which somebody works, and where their clock is."""
        if user in self.employees:
            number, tz = self.employees[user or 0]
            return self.days.get(str(number), ()), ZoneInfo(tz)
        every = (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))
        return [day for day in every if day.weekday() < 5], self.zone

    def due(self, user: int | None, since: datetime, hours: float) -> datetime | None:
        """When so many office hours of theirs have passed since an instant (UTC)."""
        days, zone = self.workdays(user)
        left = timedelta(hours=hours)
        for day in days:
            opens, closes = (
                datetime.combine(day, clock, zone).astimezone(UTC) for clock in (OPENS, CLOSES)
            )
            spent = closes - max(opens, since)
            if spent < timedelta(0):
                continue
            if spent >= left:
                return max(opens, since) + left
            left -= spent
        return None

    def after(self, user: int | None, day: date, count: int) -> date | None:
        """The working day that comes so many after a day."""
        later = [one for one in self.workdays(user)[0] if one > day]
        return later[count - 1] if len(later) >= count else None
