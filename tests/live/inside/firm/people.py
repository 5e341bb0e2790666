"""The people: calendars, zones, departments, jobs, managers, contracts and their changes."""

from datetime import timedelta
from typing import Any

from tests.live.inside.firm.setting import ZONES, Firm
from tests.live.inside.random_schedules import FLEXIBLE, SHIFTS, TWO_WEEKS

USERS, MANAGERS = 90, 12
WEEKDAYS = ("forty", "thirty-eight", "odd Fridays off")


def make(firm: Firm) -> None:
    """All people, archived ones last; each tenth or so has a contract that begins or ends."""
    calendars = _calendars(firm.env)
    departments = {company.id: _departments(firm.env, company) for company in firm.companies}
    jobs = firm.env["hr.job"].create([{"name": f"Role {n}", "company_id": False} for n in range(5)])
    users = _users(firm)
    rows = [_person(firm, n, calendars, departments, jobs) for n in range(firm.size)]
    for row, user in zip(rows, users, strict=False):
        row |= {"user_id": user.id, "tz": user.tz, "company_id": user.company_id.id}
        row["department_id"] = firm.chance.choice(departments[row["company_id"]]).id
    made = firm.env["hr.employee"].create(rows)
    firm.people = list(made)
    _managers(firm)
    _moved(firm, calendars)
    made[-max(firm.size // 16, 1) :].write({"active": False})
    firm.people = list(made.filtered("active"))
    firm.done("people")


def _calendars(env: Any) -> dict[str, Any]:
    made = {}
    for number, (name, shifts) in enumerate(SHIFTS.items()):
        made[name] = _calendar(env, name, ZONES[number % len(ZONES)], [(shifts, {})])
    for name, weeks in TWO_WEEKS.items():
        parts = [(shifts, {"week_type": str(week)}) for week, shifts in enumerate(weeks)]
        made[name] = _calendar(env, name, ZONES[0], parts, two_weeks_calendar=True)
    for name, (week, day) in FLEXIBLE.items():
        flexible = {"schedule_type": "flexible", "hours_per_day": day}
        made[name] = _calendar(env, name, ZONES[1], [], **flexible)
        made[name].write({"full_time_required_hours": week, "hours_per_day": day})
    return made


def _calendar(env: Any, name: str, zone: str, parts: list[Any], **values: Any) -> Any:
    calendar = env["resource.calendar"].create(
        {"name": f"Firm: {name}", "tz": zone, "company_id": False, "attendance_ids": [(5, 0, 0)]}
        | values
    )
    calendar.attendance_ids = [
        (0, 0, {"name": "work", **extra, **_attendance(*shift)})
        for shifts, extra in parts
        for shift in shifts
    ]
    return calendar


def _attendance(weekday: int, start: float, end: float) -> dict[str, Any]:
    period = "morning" if end <= 13 else "afternoon"
    return {"dayofweek": str(weekday), "hour_from": start, "hour_to": end, "day_period": period}


def _departments(env: Any, company: Any) -> Any:
    names = [f"Practice {n} of {company.name}" for n in range(6)]
    return env["hr.department"].create([{"name": n, "company_id": company.id} for n in names])


def _users(firm: Firm) -> Any:
    rows = []
    for number in range(min(USERS, firm.size // 2)):
        company = firm.companies[0 if number % 5 < 3 else 1]
        rows.append(
            {
                "name": f"User {number:03}",
                "login": f"user{number:03}@firm.example",
                "company_id": company.id,
                "company_ids": [(6, 0, firm.companies.ids)],
                "tz": firm.chance.choice(ZONES),
            }
        )
    return firm.env["res.users"].create(rows)


def _person(firm: Firm, number: int, calendars: Any, departments: Any, jobs: Any) -> dict[str, Any]:
    chance = firm.chance
    company = firm.companies[0 if number % 5 < 3 else 1].id
    practices = departments[company].ids
    weekdays = chance.random() < 0.6
    name = chance.choice(WEEKDAYS if weekdays else list(calendars))
    return {
        "name": f"Person {number:04}",
        "company_id": company,
        "department_id": chance.choice([False, *practices, *practices]),
        "job_id": chance.choice([False, *jobs.ids]),
        "tz": chance.choice(ZONES),
        "work_email": f"person{number:04}@firm.example",
        "resource_calendar_id": False if number % 97 == 50 else calendars[name].id,
        **_contract(firm, number),
    }


def _contract(firm: Firm, number: int) -> dict[str, Any]:
    """Most have none; the others began or ended in the last month or week, or long ago."""
    week, month = firm.last_week, firm.last_month
    start, end = {
        3: (month + timedelta(days=firm.chance.randrange(28)), False),
        5: (firm.ago(900), month + timedelta(days=firm.chance.randrange(28))),
        7: (week + timedelta(days=firm.chance.randrange(7)), False),
        9: (firm.ago(700), week + timedelta(days=firm.chance.randrange(7))),
        11: (firm.ago(800), firm.ago(200)),
        13: (firm.ago(800), False),
    }.get(number % 24, (False, False))
    if not start:
        # Without a contract somebody is employed from this day on.
        return {"date_version": firm.ago(1000)}
    return {"date_version": start, "contract_date_start": start, "contract_date_end": end}


def _managers(firm: Firm) -> None:
    for company in firm.companies:
        mine = [person for person in firm.people if person.company_id == company]
        heads = mine[:MANAGERS]
        for number, head in enumerate(heads):
            team = mine[len(heads) + number :: len(heads)]
            firm.env["hr.employee"].union(*team).write({"parent_id": head.id})


def _moved(firm: Firm, calendars: Any) -> None:
    """Other hours from some day of the last month or week on, with and without contracts."""
    fixed = [calendars[name] for name in SHIFTS]
    for number, person in enumerate(firm.people[20:220:20]):
        calendar = person.resource_calendar_id
        if not calendar or calendar.flexible_hours:
            continue
        first = person.version_ids.sorted("date_version")[0]
        if not first.contract_date_start:
            first.date_version = firm.ago(500)
        on = (firm.last_week if number % 2 else firm.last_month) + timedelta(days=2 + number % 4)
        other = firm.chance.choice([one for one in fixed if one != calendar])
        values = {"date_version": on, "resource_calendar_id": other.id}
        if not first.contract_date_end and first.date_version < on:
            person.create_version(values)


def leave(firm: Firm) -> None:
    """Some of those without a contract left within the last month or week, having logged on."""
    free = [
        one for one in firm.people[40:] if not any(one.version_ids.mapped("contract_date_start"))
    ]
    for number, person in enumerate(free[::20]):
        since = firm.last_week if number % 2 else firm.last_month
        person.departure_date = since + timedelta(days=1 + number % 4)
        person.active = False
