"""A firm's approval matrix of twelve rules, who holds its roles, and requests to it."""

import tomllib
from datetime import date
from decimal import Decimal
from typing import Any, Final

from tasks.domain.matrix import Matrix, Request

DAY: Final = date(2026, 11, 23)
# As it stands in a configuration.
TOML: Final = """\
about = ["change_request", "discount", "write_off", "budget", "expense", "stage"]

[[levels]]
name = "manager"
roles = ["project_manager"]
hours = 8

[[levels]]
name = "director"
roles = ["delivery_director"]

[[levels]]
name = "board"
roles = ["finance_director", "managing_partner"]
needs = "all"

[[rules]]
name = "stages of tasks"
kinds = ["stage"]
levels = ["manager"]
own_authority = ["project_manager"]

[[rules]]
name = "projects at risk"
risks = ["high"]
levels = ["director", "board"]

[[rules]]
name = "small expenses"
kinds = ["expense"]
currency = "EUR"
amount_up_to = 500
levels = ["manager"]
own_authority = ["project_manager"]

[[rules]]
name = "expenses"
kinds = ["expense"]
currency = "EUR"
amount_up_to = 5000
levels = ["director"]

[[rules]]
name = "small write-offs"
kinds = ["write_off"]
currency = "EUR"
amount_up_to = 1000
window_days = 90
levels = ["director"]

[[rules]]
name = "write-offs"
kinds = ["write_off"]
currency = "EUR"
window_days = 90
levels = ["director", "board"]

[[rules]]
name = "small discounts"
kinds = ["discount"]
percent_up_to = 5
levels = ["manager"]

[[rules]]
name = "discounts to key accounts"
kinds = ["discount"]
tiers = ["key"]
percent_up_to = 20
levels = ["director"]

[[rules]]
name = "small budget changes"
kinds = ["budget"]
currency = "EUR"
project_value_up_to = 100000
percent_up_to = 10
window_days = 365
levels = ["manager"]

[[rules]]
name = "small changes"
kinds = ["change_request"]
currency = "EUR"
amount_up_to = 2000
window_days = 30
levels = ["manager"]

[[rules]]
name = "changes"
kinds = ["change_request"]
currency = "EUR"
amount_up_to = 20000
percent_up_to = 25
window_days = 30
levels = ["manager", "director"]

[[rules]]
name = "all else"
levels = ["director", "board"]
"""
PEOPLE: Final = {
    "project_manager": ("petra@firm.example", "paul@firm.example"),
    "delivery_director": ("dana@firm.example", "dirk@firm.example"),
    "finance_director": ("fay@firm.example",),
    "managing_partner": ("mona@firm.example",),
}


def twelve() -> Matrix:
    """The matrix of twelve rules."""
    return Matrix.model_validate(tomllib.loads(TOML))


def request(kind: str, amount: str | None = None, **more: Any) -> Request:
    """Of a sound contract and an ordinary customer, unless it is said otherwise."""
    known: dict[str, Any] = {
        "on": DAY,
        "currency": "EUR",
        "contract": Decimal(80_000),
        "project_value": Decimal(80_000),
        "tier": "ordinary",
        "service_line": "consulting",
        "risk": "low",
        "requester": "rita@firm.example",
    }
    return Request(kind, amount=None if amount is None else Decimal(amount), **{**known, **more})
