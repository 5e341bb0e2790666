"""The mail leads with the money in unbilled work, and how much of it is old."""

from collections.abc import Mapping
from typing import Any

import pytest

from tasks.financial.wip_aging.headline import headline


def total(currency: str, wip: str | None, old: str | None) -> Mapping[str, Any]:
    return {"currency": currency, "wip": wip, "buckets": None if old is None else {"91+": old}}


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ([], ""),
        ([total("EUR", "0.00", "0.00")], ""),
        ([total("EUR", None, None)], ""),
        (
            [total("EUR", "900.00", "0.00")],
            "900.00 EUR unbilled, none of it for more than 90 days",
        ),
        (
            [total("EUR", "900.00", "30.00"), total("EUR", "100.00", "0.00")],
            "1000.00 EUR unbilled, 30.00 EUR of it for more than 90 days",
        ),
        (
            [total("USD", "5.00", "5.00"), total("EUR", "9.00", "8.00"), total("CHF", None, None)],
            "9.00 EUR · 5.00 USD unbilled, 8.00 EUR · 5.00 USD of it for more than 90 days",
        ),
        # Of a company whose hours are not all seen, nobody knows the ages.
        (
            [total("EUR", "9.00", "8.00"), total("USD", "5.00", None)],
            "9.00 EUR · 5.00 USD unbilled",
        ),
    ],
)
def test_it_tells_what_is_unbilled_by_currency_and_what_of_it_is_old(
    totals: list[Mapping[str, Any]], said: str
) -> None:
    assert headline(totals) == said
