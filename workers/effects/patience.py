"""How long those who may decide have had, in the hours that each of them was to work."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from odoo_gateway.errors import OdooError, OdooUnavailable
from odoo_gateway.reader import Condition, Reader
from tasks.domain import addresses
from tasks.domain.deciding import office_hours
from tasks.domain.periods import Period
from tasks.domain.written import Weekday
from tasks.reads.schedules import Schedules, read_schedules
from tasks.records.people import Employee

A_DAY: Final = timedelta(days=1)


def hours_had(
    odoo: Reader,
    asked: Mapping[str, datetime],
    now: datetime,
    zone: ZoneInfo,
    off: Sequence[Weekday],
) -> float:
    """The most that any of them had: by their own working calendar and zone, less leave.

    asked: since when, by address in lower case. Who is not an employee in Odoo, or has no calendar
    there, has from 9 to 17 in `zone` but for the days off. Raises OdooUnavailable where Odoo is
    away.
    """
    first = min(asked.values())
    period = Period((first - A_DAY).date(), (now + A_DAY).date()).whole_weeks()
    try:
        people = _employees(odoo, asked)
        schedules = read_schedules(odoo, list(people.values()), period) if people else None
    except OdooUnavailable:
        raise
    except OdooError:
        people, schedules = {}, None
    return max(
        _of(people.get(person), schedules, since, now, zone, off) for person, since in asked.items()
    )


def _of(
    employee: Employee | None,
    schedules: Schedules | None,
    since: datetime,
    now: datetime,
    zone: ZoneInfo,
    off: Sequence[Weekday],
) -> float:
    if schedules is not None and employee is not None:
        known = schedules.between(employee, since, now)
        if known is not None:
            return known
    return office_hours(since, now, zone, off)


def _employees(odoo: Reader, people: Iterable[str]) -> Mapping[str, Employee]:
    """By address in lower case; the one of the company where somebody is one of several."""
    same: list[Condition] = [("work_email", "=ilike", _literal(each)) for each in sorted(people)]
    asked = [*["|"] * (len(same) - 1), *same]
    found = odoo.search(Employee, asked, all_companies=True)
    ours = [each for each in found if each.company_id == odoo.company_id]
    return {addresses.stripped(each.work_email or "").lower(): each for each in (*found, *ours)}


def _literal(address: str) -> str:
    """As a pattern that nothing else fits."""
    return address.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
