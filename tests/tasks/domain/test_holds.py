"""Which hold concerns an order."""

from datetime import date

import pytest

from tasks.domain.holds import Hold, hold_on

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
