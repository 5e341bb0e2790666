"""Companies, currencies, customers and users."""

from collections.abc import Iterator
from typing import Any

from odoo_gateway.sandbox.firm.calendars import AMERICAN, STANDARD
from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.people import PEOPLE

Row = dict[str, Any]
CURRENCIES = {"EUR": 1, "USD": 2, "JPY": 3, "GBP": 4}
UNUSED = {"JPY": 0, "GBP": 2}
# What one is worth in euros, today.
WORTH = {"EUR": 1.0, "USD": 0.8, "JPY": 0.005, "GBP": 1.25}
USER_ID = 2
FIRST_CUSTOMER = 20
FIRST_CONTACT = 80
FIRST_USERS_PARTNER = 500
FIRST_TWICE = 120


def rows() -> dict[str, list[Row]]:
    """Everything that stands before the first order."""
    return {
        "crm.team": [
            {"id": 1, "name": "Sales", "active": True, "company_id": 1, "user_id": 102},
            {"id": 2, "name": "Sales Americas", "active": True, "company_id": 2, "user_id": 128},
        ],
        "res.company": [
            _company(1, "Nordwind Consulting", "EUR", STANDARD),
            _company(2, "Nordwind Americas Inc.", "USD", AMERICAN),
        ],
        "res.currency": [
            {
                "id": number,
                "name": name,
                "decimal_places": UNUSED.get(name, 2),
                "rounding": 10.0 ** -UNUSED.get(name, 2),
                "inverse_rate": WORTH[name],
                "active": name not in UNUSED,
            }
            for name, number in CURRENCIES.items()
        ],
        "res.partner": _partners(),
        "res.users": [
            _user(1, "OdooBot", "__system__", active=False),
            _user(USER_ID, "Operations fleet", "fleet"),
            *(
                _user(person.user_id, person.name, person.email, active=person.active)
                for person in PEOPLE.values()
                if person.user_id
            ),
        ],
    }


def _company(number: int, name: str, currency: str, calendar_id: int) -> Row:
    return {
        "id": number,
        "name": name,
        "currency_id": CURRENCIES[currency],
        "partner_id": number,
        "message_ids": [],
        "resource_calendar_id": calendar_id,
        "sequence": number,
    }


def _user(number: int, name: str, login: str, *, active: bool = True) -> Row:
    return {
        "id": number,
        "name": name,
        "login": login,
        "lang": "en_US",
        "partner_id": FIRST_USERS_PARTNER + number,
        "share": False,
        "active": active,
    }


def _users_addresses() -> Iterator[tuple[int, str, str | bool]]:
    yield 1, "OdooBot", False
    yield USER_ID, "Operations fleet", False
    for person in PEOPLE.values():
        if person.user_id:
            yield person.user_id, person.name, person.email


def _partners() -> list[Row]:
    found = [
        _partner(1, "Nordwind Consulting", "office@nordwind.example"),
        _partner(2, "Nordwind Americas Inc.", "office@nordwind-us.example"),
    ]
    found += [
        _partner(FIRST_USERS_PARTNER + user_id, name, email)
        for user_id, name, email in _users_addresses()
    ]
    for number, deal in enumerate(DEALS):
        domain = f"customer{number + 1}.example"
        email = f"accounts@{domain}" if deal.email else False
        customer = _partner(FIRST_CUSTOMER + number, deal.customer, email)
        found.append({**customer, "user_id": 100 + deal.seller, "customer_rank": 1})
        if deal.billing_contact:
            name = f"{deal.customer}, Invoices"
            contact = _partner(FIRST_CONTACT + number, name, f"billing@{domain}")
            firm = FIRST_CUSTOMER + number
            found.append({**contact, "commercial_partner_id": firm, "parent_id": firm})
    return [*found, *_twice()]


def _twice() -> Iterator[Row]:
    """Customers that somebody entered again: by name, number and domain; and a subsidiary."""
    again: tuple[tuple[str, str | bool, str | bool], ...] = (
        ("Hafenwerk", False, False),
        ("LUMEN Énergie S.A.", False, "be 0400.000.021"),
        ("Delta Terminals", "office@customer3.example", False),
        ("Kunsthaus Verlag Wien GmbH", "accounts@customer4.example", False),
        ("Harbor Mutual, Inc.", False, False),
    )
    for number, (name, email, vat) in enumerate(again, FIRST_TWICE):
        yield {**_partner(number, name, email), "vat": vat, "customer_rank": 1} | (
            {"parent_id": FIRST_CUSTOMER + 3} if name.startswith("Kunsthaus") else {}
        )


def _partner(number: int, name: str, email: str | bool) -> Row:
    return {
        "id": number,
        "name": name,
        "display_name": name,
        "complete_name": name,
        "email": email,
        "vat": f"BE0{400000000 + number}" if email else False,
        "commercial_partner_id": number,
        "parent_id": False,
        "user_id": False,
        "customer_rank": 0,
        "active": True,
    }
