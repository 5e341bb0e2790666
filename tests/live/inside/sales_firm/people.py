"""Who sells, leads and delivers: in four zones, on other days, away, gone, or no employee."""

from datetime import datetime, time, timedelta
from typing import Any

from tests.live.inside.firm.people import _calendar
from tests.live.inside.firm.setting import ZONES
from tests.live.inside.random_schedules import SHIFTS
from tests.live.inside.sales_firm.setting import SalesFirm

# Login, hours, zone, which company, what is special.
PEOPLE = [
    ("sal0", "forty", 0, 0, ""),
    ("sal1", "three days", 1, 0, "away"),
    ("sal2", "forty", 2, 1, ""),
    ("sal3", "mornings", 3, 1, "away"),
    ("sal4", "", 0, 0, "no employee"),
    ("sal5", "forty", 0, 0, "left"),
    ("head0", "forty", 0, 0, ""),
    ("head1", "thirty-eight", 1, 1, "no mail"),
    ("del0", "forty", 0, 0, ""),
    ("del1", "forty", 2, 1, "away"),
    ("pm0", "forty", 0, 0, ""),
    ("pm1", "until midnight", 1, 0, ""),
    ("pm2", "forty", 3, 1, "away"),
    ("pm3", "three days", 0, 1, "no mail"),
    ("plan0", "forty", 0, 0, ""),
    ("fin0", "forty", 0, 0, ""),
]


def make(firm: SalesFirm) -> None:
    """Users with their employees, their calendars, absences, holidays and sales teams."""
    env = firm.env
    calendars = {
        name: _calendar(env, f"Sales {name}", ZONES[0], [(shifts, {})])
        for name, shifts in SHIFTS.items()
    }
    users = env["res.users"].create(
        [
            {
                "name": login.title(),
                "login": f"{login}@sales.example",
                "company_id": firm.companies[company].id,
                "company_ids": [(6, 0, firm.companies.ids)],
                "tz": ZONES[zone],
            }
            for login, _, zone, company, _ in PEOPLE
        ]
    )
    firm.known |= {login: user for (login, *_), user in zip(PEOPLE, users, strict=True)}
    people = {}
    for login, hours, zone, company, special in PEOPLE:
        if special == "no employee":
            continue
        people[login] = env["hr.employee"].create(
            {
                "name": login.title(),
                "user_id": firm.known[login].id,
                "company_id": firm.companies[company].id,
                "resource_calendar_id": calendars[hours].id,
                "tz": ZONES[zone],
                "work_email": False if special == "no mail" else f"{login}@sales.example",
                "date_version": firm.ago(1000),
            }
        )
        if special == "away":
            _away(firm, people[login])
    for login in ("sal0", "sal1", "sal2", "pm0", "pm2"):
        people[login].parent_id = people["head0" if login < "sal2" else "head1"]
    people["sal5"].write({"departure_date": firm.ago(40)})
    people["sal5"].active = False
    _holidays(firm)
    _teams(firm)
    firm.base.done("people")


def _away(firm: SalesFirm, person: Any) -> None:
    """A week, and a single day, of the last quarter, and next week."""
    for first, last in ((60, 54), (20, 20), (-3, -9)):
        firm.env["resource.calendar.leaves"].create(
            {
                "name": "away",
                "resource_id": person.resource_id.id,
                "company_id": person.company_id.id,
                "date_from": datetime.combine(firm.ago(first), time()),
                "date_to": datetime.combine(firm.ago(last) + timedelta(days=1), time()),
                "time_type": "leave",
            }
        )


def _holidays(firm: SalesFirm) -> None:
    # Odoo refuses two holidays of one day that are of no calendar, even of two companies.
    for company, each in zip(firm.companies, ((75, 33, 9, -5), (70, 28, 6, -8)), strict=True):
        for days in each:
            firm.env["resource.calendar.leaves"].create(
                {
                    "name": "holiday",
                    "company_id": company.id,
                    "calendar_id": False,
                    "date_from": datetime.combine(firm.ago(days), time()) - timedelta(hours=11),
                    "date_to": datetime.combine(firm.ago(days), time()) + timedelta(hours=36),
                    "time_type": "leave",
                }
            )


def _teams(firm: SalesFirm) -> None:
    rows = [
        {"name": "Sales firm: North", "user_id": firm.known["head0"].id, "company_id": False},
        {"name": "Sales firm: South", "user_id": firm.known["head1"].id, "company_id": False},
        {"name": "Sales firm: nobody leads", "user_id": False, "company_id": False},
    ]
    firm.known["teams"] = list(firm.env["crm.team"].create(rows))
