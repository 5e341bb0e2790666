"""Which hold concerns an order."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tasks.domain.acts import Act, ActKind
from tasks.domain.holds import Hold, hold_on, holds_of

TODAY = date(2026, 11, 23)
OPEN = Hold(order="S1", reason="dispute")
EARLIER = Hold(order="S1", reason="first", until=date(2026, 10, 1))
LATER = Hold(order="S1", reason="second", until=date(2026, 11, 1))
OTHER = Hold(order="S2", reason="another order")


@pytest.mark.parametrize(
    ("holds", "found"),
    [
        ([], None),
        ([OTHER], None),
        ([EARLIER, OPEN], OPEN),
        ([LATER, EARLIER, OTHER], LATER),
    ],
)
def test_a_standing_hold_goes_before_the_one_that_expired_last(
    holds: list[Hold], found: Hold | None
) -> None:
    assert hold_on(holds, "S1", TODAY) == found


def test_a_hold_stands_through_its_last_day() -> None:
    hold = Hold(order="S1", reason="dispute", until=TODAY)
    assert hold.stands(TODAY)
    assert not hold.stands(date(2026, 11, 24))


def test_what_people_held_on_their_page_is_a_hold_on_the_order() -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    held = Act(
        ActKind.HELD,
        "ann@example.com",
        "invoice_readiness",
        "acme",
        1,
        "ready-order-7",
        at,
        "dispute",
        TODAY,
        model="sale.order",
        record_id=7,
    )
    others = (
        replace(held, kind=ActKind.SNOOZED),
        replace(held, record_id=8),
        replace(held, model="account.move"),
    )
    assert holds_of((held, *others), "sale.order", 7, "S7") == (
        Hold(order="S7", reason="dispute", until=TODAY, owner="ann@example.com"),
    )
