"""A firm of random calendars, zones, holidays and leaves, and what Odoo expects of its people."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONES = ["Europe/Brussels", "America/New_York", "Asia/Kolkata", "Australia/Sydney"]
# Every zone with summer time changes its clocks twice between these days, and 2026 has 53 weeks.
FIRST, LAST = date(2026, 7, 1), date(2027, 7, 31)
OPEN_ENDED = False

# Shifts: weekday, from, to.
FULL_DAY = [(9.0, 12.5), (13.5, 17.5)]
SHIFTS = {
    "forty": [(day, *span) for day in range(5) for span in [(8.0, 12.0), (13.0, 17.0)]],
    "thirty-eight": [(day, 8.0 + half, 11.8 + half) for day in range(5) for half in (0, 4.8)],
    "three days": [(day, *span) for day in (0, 2, 4) for span in FULL_DAY],
    "mornings": [(day, 8.25, 12.0 + 1 / 3) for day in range(4)],
    "until midnight": [(day, 16.5, 24.0) for day in (2, 3, 4, 5, 6)],
    "nights": [(day, *span) for day in (0, 5, 6) for span in [(0.0, 2.5), (22.0, 24.0)]],
    "one evening": [(3, 18.0, 21.75)],
}
TWO_WEEKS = {
    "odd Fridays off": (
        [(day, *span) for day in range(5) for span in FULL_DAY],
        [(day, *span) for day in range(4) for span in FULL_DAY],
    ),
    "alternating": ([(0, 8.0, 18.0), (1, 8.0, 18.0)], [(5, 10.0, 14.0), (6, 10.0, 14.0)]),
}
FLEXIBLE = {"flexible forty": (40.0, 8.0), "flexible twenty": (20.0, 6.0), "uneven": (37.5, 8.2)}


def build(
    env: Any, seed: int, windows: int, contract_windows: int, moved_windows: int
) -> dict[str, Any]:
    """Make the firm; return random windows of its people with the hours that Odoo computes."""
    chance = random.Random(seed)
    companies = env["res.company"].search([], order="id", limit=2)
    # Lines for each holiday and person take minutes and are not the subject here.
    companies.write({"leave_timesheet_task_id": False})
    env = env(context={**env.context, "allowed_company_ids": companies.ids, "tz": "UTC"})
    calendars = _calendars(env, companies)
    people = _people(env, chance, companies, calendars)
    hired = _hired(env, chance, companies, calendars)
    moved = _moved(env, chance, companies, calendars)
    free = env["hr.employee"].create(
        {"name": "Free", "resource_calendar_id": False, "date_version": date(2026, 1, 1)}
    )
    holidays = _holidays(env, chance, companies, calendars)
    leaves = _leaves(env, chance, people | hired | moved)
    env.cr.commit()
    around_changes = [
        _window(person, change - timedelta(days=2), 5, _work_days)
        for person in people
        for change in _clock_changes(ZoneInfo(person.tz))
    ]
    return {
        "free": free.id,
        "calendars": {person.id: person.resource_calendar_id.name for person in people},
        "zones": len(set(people.mapped("tz"))),
        "made": f"{len(people)} people, {len(hired)} with contracts, {len(moved)} moved, "
        f"{len(calendars)} calendars, {len(holidays)} holidays, {len(leaves)} leaves",
        "windows": _windows(chance, people, windows, _work_days) + around_changes,
        "edges": _edges(chance, people, leaves),
        "contract_windows": _windows(chance, hired, contract_windows, _contracted),
        "moved_windows": _windows(chance, moved, moved_windows, _by_version),
    }


def _calendars(env: Any, companies: Any) -> Any:
    made = env["resource.calendar"]
    shared = {"company_id": False, "attendance_ids": [(5, 0, 0)]}
    for number, (name, shifts) in enumerate(SHIFTS.items()):
        zone = ZONES[number % len(ZONES)]
        calendar = made.create({**shared, "name": name, "tz": zone})
        calendar.attendance_ids = [(0, 0, _attendance(shift)) for shift in shifts]
        made += calendar
    for name, weeks in TWO_WEEKS.items():
        calendar = made.create({**shared, "name": name, "tz": ZONES[0]})
        calendar.two_weeks_calendar = True
        calendar.attendance_ids = [
            (0, 0, {**_attendance(shift), "week_type": str(week)})
            for week, shifts in enumerate(weeks)
            for shift in shifts
        ]
        made += calendar
    for name, (week, day) in FLEXIBLE.items():
        flexible = {"schedule_type": "flexible", "hours_per_day": day, "tz": ZONES[1]}
        calendar = made.create({**shared, **flexible, "name": name})
        calendar.write({"full_time_required_hours": week, "hours_per_day": day})
        made += calendar
    # Odoo's own: one with lunch breaks, one with the headings of two weeks.
    usual = companies[0].resource_calendar_id.copy({"company_id": False})
    headed = usual.copy({"company_id": False})
    headed.switch_calendar_type()
    usual.name, headed.name = "with breaks", "with headings"
    return made + usual + headed


def _attendance(shift: tuple[int, float, float]) -> dict[str, Any]:
    weekday, start, end = shift
    return {
        "name": "work",
        "dayofweek": str(weekday),
        "hour_from": start,
        "hour_to": end,
        "day_period": "morning" if end <= 13 else "afternoon",
    }


def _people(env: Any, chance: random.Random, companies: Any, calendars: Any) -> Any:
    """One person per calendar and zone, in either company, without contract dates."""
    return env["hr.employee"].create(
        [
            {
                "name": f"{calendar.name} in {zone}",
                "company_id": chance.choice(companies).id,
                "resource_calendar_id": calendar.id,
                "tz": zone,
                "date_version": FIRST,
            }
            for calendar in calendars
            for zone in ZONES
        ]
    )


def _hired(env: Any, chance: random.Random, companies: Any, calendars: Any) -> Any:
    """People with one or two contracts: adjoining or apart, the second with other hours."""
    found = env["hr.employee"]
    fixed = calendars.filtered(lambda calendar: not calendar.flexible_hours)
    flexible = calendars - fixed
    for number in range(20):
        first, second = chance.sample(list(fixed), 2)
        if number % 5 == 0:
            first = second = chance.choice(flexible)
        start = FIRST + timedelta(days=chance.randrange(60))
        end = start + timedelta(days=chance.randrange(90, 150))
        person = env["hr.employee"].create(
            {
                "name": f"Hired {number}",
                "company_id": chance.choice(companies).id,
                "resource_calendar_id": first.id,
                "tz": ZONES[number % len(ZONES)],
                "date_version": start,
                "contract_date_start": start,
                "contract_date_end": end,
            }
        )
        if number % 4:
            again = end + timedelta(days=1 if number % 4 == 1 else chance.randrange(2, 60))
            last = again + timedelta(days=chance.randrange(60, 120))
            person.create_version(
                {
                    "date_version": again,
                    "contract_date_start": again,
                    "contract_date_end": last if number % 4 == 2 else OPEN_ENDED,
                    "resource_calendar_id": second.id,
                }
            )
        found += person
    return found


def _moved(env: Any, chance: random.Random, companies: Any, calendars: Any) -> Any:
    """People without contract dates whose hours changed on some day."""
    fixed = calendars.filtered(lambda calendar: not calendar.flexible_hours)
    found = env["hr.employee"]
    for number in range(8):
        first, second = chance.sample(list(fixed), 2)
        person = env["hr.employee"].create(
            {
                "name": f"Moved {number}",
                "company_id": chance.choice(companies).id,
                "resource_calendar_id": first.id,
                "tz": ZONES[number % len(ZONES)],
                "date_version": FIRST,
            }
        )
        on = FIRST + timedelta(days=chance.randrange(60, 300))
        person.create_version({"date_version": on, "resource_calendar_id": second.id})
        found += person
    return found


def _holidays(env: Any, chance: random.Random, companies: Any, calendars: Any) -> Any:
    """Whole days as somebody in any of the zones would enter them, some only for a calendar."""
    made = env["resource.calendar.leaves"]
    for week in range((LAST - FIRST).days // 7):
        company = chance.choice(companies)
        day = FIRST + timedelta(days=7 * week + chance.randrange(5))
        start, end = _day_in(ZoneInfo(chance.choice(ZONES)), day, chance.choice([1, 1, 1, 2]))
        only = chance.choice([False, False, chance.choice(calendars).id])
        made += (
            env["resource.calendar.leaves"]
            .with_company(company)
            .create({"name": f"H{week}", "date_from": start, "date_to": end, "calendar_id": only})
        )
    return made


def _leaves(env: Any, chance: random.Random, people: Any) -> Any:
    rows: list[dict[str, Any]] = []
    for _ in range(5 * len(people)):
        person = chance.choice(people)
        start = _instant(chance, ZoneInfo(person.tz))
        length = chance.choice([timedelta(hours=chance.randrange(1, 9)), timedelta(days=1)])
        row = {
            "name": "away",
            "resource_id": person.resource_id.id,
            "calendar_id": chance.choice([person.resource_calendar_id.id, False]),
            "date_from": start,
            "date_to": start + length * chance.randrange(1, 8),
            "time_type": chance.choice(["leave", "leave", "leave", "other"]),
        }
        rows += [row] * chance.choice([1, 1, 1, 2])
    return env["resource.calendar.leaves"].create(rows)


def _instant(chance: random.Random, zone: ZoneInfo) -> datetime:
    day = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))
    local = datetime.combine(day, time(chance.choice([0, 0, 8, 10, 13])), zone)
    return local.astimezone(UTC).replace(tzinfo=None)


def _day_in(zone: ZoneInfo, day: date, count: int = 1) -> tuple[datetime, datetime]:
    """Local midnight and the end of the last day, in UTC without a zone, as Odoo stores them."""
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=count), time(), zone).astimezone(UTC)
    return start.replace(tzinfo=None), end.replace(tzinfo=None) - timedelta(seconds=1)


def _clock_changes(zone: ZoneInfo) -> list[date]:
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days)]
    offsets = [datetime.combine(day, time(), zone).utcoffset() for day in days]
    return [days[n] for n in range(len(days) - 1) if offsets[n] != offsets[n + 1]]


def _edges(chance: random.Random, people: Any, leaves: Any) -> list[dict[str, Any]]:
    """Two days that begin with the last day of a leave, or end with its first."""
    found: list[dict[str, Any]] = []
    for leave in chance.sample(list(leaves), 80):
        person = people.filtered(lambda one, leave=leave: one.resource_id == leave.resource_id)
        if person and len(found) < 30:
            edge, before = chance.choice([(leave.date_to, 0), (leave.date_from, 1)])
            local = edge.replace(tzinfo=UTC).astimezone(ZoneInfo(person.tz)).date()
            found.append(_window(person, local - timedelta(days=before), 2, _work_days))
    return found


def _windows(
    chance: random.Random, people: Any, count: int, hours: Callable[..., float]
) -> list[dict[str, Any]]:
    found = []
    for _ in range(count):
        length = chance.randrange(1, 62)
        first = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days - length))
        found.append(_window(chance.choice(people), first, length, hours))
    return found


def _window(person: Any, first: date, days: int, hours: Callable[..., float]) -> dict[str, Any]:
    last = first + timedelta(days=days - 1)
    return {
        "employee": person.id,
        "first": str(first),
        "last": str(last),
        "hours": hours(person, _midnight(person, first), _midnight(person, last, 1)),
    }


def _midnight(person: Any, day: date, later: int = 0) -> datetime:
    local = datetime.combine(day + timedelta(days=later), time(), ZoneInfo(person.tz))
    return local.astimezone(UTC)


def _work_days(person: Any, start: datetime, end: datetime) -> float:
    return float(person._get_work_days_data_batch(start, end)[person.id]["hours"])


def _contracted(person: Any, start: datetime, end: datetime) -> float:
    intervals, _ = person.resource_id._get_valid_work_intervals(start, end)
    worked = sum((stop - begin for begin, stop, _ in intervals[person.resource_id.id]), timedelta())
    return worked / timedelta(hours=1)


def _by_version(person: Any, start: datetime, end: datetime) -> float:
    """Each version's own calendar for its own days."""
    before, after = person.version_ids.sorted("date_version")
    change = min(max(start, _midnight(person, after.date_version)), end)
    parts = [(before, start, change), (after, change, end)]
    hours = 0.0
    for version, begin, stop in parts:
        if begin < stop:
            own = {"calendar": version.resource_calendar_id}
            hours += person._get_work_days_data_batch(begin, stop, **own)[person.id]["hours"]
    return hours
