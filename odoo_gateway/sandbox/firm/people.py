"""The people: whom they report to, where and how long they work, since when and until when."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from odoo_gateway.sandbox.firm.calendars import (
    AMERICAN,
    AUSTRALIAN,
    BELGIAN,
    CALENDARS,
    FLEXIBLE,
    MORNINGS,
    STANDARD,
    THREE_DAYS,
    TWO_WEEKS,
)
from odoo_gateway.sandbox.firm.when import When

BRUSSELS, KOLKATA = "Europe/Brussels", "Asia/Kolkata"
NEW_YORK, SYDNEY = "America/New_York", "Australia/Sydney"

DEPARTMENTS = {
    1: ("Management", 1, 1),
    2: ("Consulting", 1, 2),
    3: ("Delivery", 1, 3),
    4: ("Finance", 1, 4),
    5: ("Management Americas", 2, 28),
    6: ("Delivery Americas", 2, 29),
}
JOBS = {
    1: "Managing Director",
    2: "Team Lead",
    3: "Consultant",
    4: "Developer",
    5: "Designer",
    6: "Project Manager",
    7: "Finance Lead",
}


@dataclass(frozen=True)
class Person:
    """An employee; the zone rules the hours of the calendar, None is not a calendar at all."""

    id: int
    name: str
    department_id: int
    job_id: int
    manager_id: int | None
    calendar_id: int | None = STANDARD
    tz: str = BRUSSELS
    has_user: bool = True
    active: bool = True

    @property
    def company_id(self) -> int:
        """The company of the department."""
        return DEPARTMENTS[self.department_id][1]

    @property
    def user_id(self) -> int | None:
        """The login of the person, if there is one."""
        return 100 + self.id if self.has_user else None

    @property
    def email(self) -> str:
        """first.last at the company's domain."""
        domain = "nordwind.example" if self.company_id == 1 else "nordwind-us.example"
        return f"{self.name.lower().replace(' ', '.').replace(chr(39), '')}@{domain}"


PEOPLE = {
    person.id: person
    for person in (
        Person(1, "Anna Kern", 1, 1, None),
        Person(2, "Bruno Claes", 2, 2, 1),
        Person(3, "Chiara Conti", 3, 2, 1),
        Person(4, "Dirk Maes", 4, 7, 1),
        Person(5, "Elise Dubois", 2, 3, 2),
        Person(6, "Femke Jansen", 2, 3, 2, THREE_DAYS),
        Person(7, "Gilles Laurent", 2, 3, 2),
        Person(8, "Hanna Lindqvist", 2, 3, 2),
        Person(9, "Ivo Novak", 2, 3, 2),
        Person(10, "Julia Weber", 2, 3, 2, TWO_WEEKS),
        Person(11, "Karim Haddad", 3, 4, 3, FLEXIBLE),
        Person(12, "Lotte Peeters", 3, 5, 3),
        Person(13, "Marco Bianchi", 3, 4, 3),
        Person(14, "Nadia Petrova", 3, 4, 3),
        Person(15, "Oskar Lund", 3, 4, 3),
        Person(16, "Petra Vogel", 3, 4, 3, BELGIAN),
        Person(17, "Quentin Marchal", 3, 6, 3),
        Person(18, "Rosa Martins", 3, 6, 3, None),
        Person(19, "Stijn De Smet", 3, 4, 3),
        Person(20, "Tamara Kovac", 2, 3, 2),
        Person(21, "Ugo Ferrari", 3, 4, 3, active=False),
        Person(22, "Vera Sorensen", 3, 5, 3, MORNINGS),
        Person(23, "Wout Mertens", 2, 3, 2, THREE_DAYS),
        Person(24, "Aarav Sharma", 3, 2, 3, STANDARD, KOLKATA),
        Person(25, "Diya Patel", 3, 4, 24, STANDARD, KOLKATA),
        Person(26, "Kabir Singh", 3, 4, 24, STANDARD, KOLKATA),
        Person(27, "Meera Iyer", 3, 4, 24, STANDARD, KOLKATA),
        Person(28, "Alice Morgan", 5, 1, None, AMERICAN, NEW_YORK),
        Person(29, "Brian Cole", 6, 2, 28, AMERICAN, NEW_YORK),
        Person(30, "Carol Reyes", 6, 3, 29, AMERICAN, NEW_YORK),
        Person(31, "Daniel Wright", 6, 3, 29, AMERICAN, NEW_YORK),
        Person(32, "Ellen Brooks", 6, 4, 29, AMERICAN, NEW_YORK),
        Person(33, "Frank Nguyen", 6, 4, 29, AMERICAN, NEW_YORK),
        Person(34, "Grace Kim", 6, 3, 29, AMERICAN, NEW_YORK),
        Person(35, "Henry Adams", 6, 3, 29, AMERICAN, NEW_YORK),
        Person(36, "Isla Thompson", 6, 2, 29, AUSTRALIAN, SYDNEY),
        Person(37, "Jack Wilson", 6, 4, 36, AUSTRALIAN, SYDNEY),
        Person(38, "Kylie Murphy", 6, 4, 36, AUSTRALIAN, SYDNEY),
        Person(39, "Liam O'Connor", 6, 4, 29, AMERICAN, NEW_YORK, has_user=False),
        Person(40, "Mia Rossi", 6, 5, 29, AMERICAN, NEW_YORK),
    )
}
LEAVER, JOINER, CHANGED, FREE = 19, 20, 23, 18


@dataclass(frozen=True)
class Agreement:
    """A calendar from a day on, under a contract or none."""

    since: date
    calendar_id: int | None
    start: date | None = None
    end: date | None = None


def agreements(person: Person, when: When) -> tuple[Agreement, ...]:
    """What was agreed with a person, oldest first; one in seven has no contract dates."""
    hired = when.ago(300 + 41 * person.id)
    if person.id == LEAVER:
        return (Agreement(hired, STANDARD, hired, when.week(3)),)
    if person.id == JOINER:
        start = date.fromordinal(when.week(1).toordinal() + 2)
        return (Agreement(start, STANDARD, start),)
    if person.id == CHANGED:
        return (
            Agreement(hired, STANDARD, hired),
            Agreement(when.week(6), person.calendar_id, hired),
        )
    start_of_contract = None if person.id % 7 == 0 else hired
    return (Agreement(hired, person.calendar_id, start_of_contract),)


def planned_hours(person: Person, day: date, when: When) -> float:
    """Hours by the calendar in force that day; leave and holidays are not taken out."""
    found = 0.0
    for agreement in agreements(person, when):
        inside = (agreement.start or agreement.since) <= day <= (agreement.end or date.max)
        if agreement.since <= day:
            calendar = CALENDARS.get(agreement.calendar_id or 0)
            found = calendar.hours_on(day) if calendar and inside else 0.0
    return found


def rows(when: When) -> dict[str, list[dict[str, Any]]]:
    """Employees with their resources, versions, departments, jobs and users."""
    return {
        "hr.department": [
            {"id": number, "name": name, "company_id": company, "manager_id": manager}
            for number, (name, company, manager) in DEPARTMENTS.items()
        ],
        "hr.job": [
            {"id": number, "name": name, "sequence": number} for number, name in JOBS.items()
        ],
        "hr.employee": [_employee(person) for person in PEOPLE.values()],
        "resource.resource": [_resource(person, when) for person in PEOPLE.values()],
        "hr.version": _versions(when),
    }


def _employee(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "active": person.active,
        "company_id": person.company_id,
        "department_id": person.department_id,
        "job_id": person.job_id,
        "parent_id": person.manager_id or False,
        "user_id": person.user_id or False,
        "work_email": person.email if person.has_user else False,
        "resource_id": 200 + person.id,
        "resource_calendar_id": person.calendar_id or False,
        "departure_date": False,
        "employee_type": "employee",
    }


def _resource(person: Person, when: When) -> dict[str, Any]:
    first, *_ = agreements(person, when)
    return {
        "id": 200 + person.id,
        "name": person.name,
        "active": person.active,
        "tz": person.tz,
        "company_id": person.company_id,
        "calendar_id": person.calendar_id or False,
        "create_date": f"{first.since} 08:00:00",
    }


def _versions(when: When) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for person in PEOPLE.values():
        for agreement in agreements(person, when):
            found.append(
                {
                    "id": len(found) + 1,
                    "employee_id": person.id,
                    "company_id": person.company_id,
                    "date_version": agreement.since.isoformat(),
                    "resource_calendar_id": agreement.calendar_id or False,
                    "contract_date_start": _iso(agreement.start),
                    "contract_date_end": _iso(agreement.end),
                }
            )
    return found


def _iso(day: date | None) -> str | bool:
    return day.isoformat() if day else False
