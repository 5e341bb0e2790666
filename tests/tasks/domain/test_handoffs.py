"""What became of a handoff, by what is remembered of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.acts import Act, ActKind
from tasks.domain.handoffs import Fate, Handoffs, heeded

ORDER: Final = ("sale.order", 7)
SINCE: Final = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
DAY: Final = timedelta(days=1)
V1, V2 = "handoff-order-7-v1", "handoff-order-7-v2"
SELLER, LEAD = "sal@firm.example", "lee@firm.example"
ACCEPTED: Final = Act(
    ActKind.ACCEPTED,
    LEAD,
    "handoff_gate",
    "firm",
    1,
    V1,
    SINCE + DAY,
    model="sale.order",
    record_id=7,
)
RETURNED: Final = replace(ACCEPTED, kind=ActKind.RETURNED, reason="no scope")
KNOWN: Final = Handoffs(kept_since=SINCE - 90 * DAY, looked_at=SINCE + DAY)


def fate(known: Handoffs) -> Fate:
    return known.fate(ORDER, SINCE, SELLER)


def said(*acts: Act) -> Handoffs:
    return replace(KNOWN, said={ORDER: acts})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (said(ACCEPTED), Fate.ACCEPTED),
        (replace(said(ACCEPTED), standing={ORDER: [V1]}), Fate.ACCEPTED),
        (replace(said(ACCEPTED), standing={ORDER: [V2]}), Fate.OPEN),
        (said(ACCEPTED, RETURNED), Fate.OPEN),
        (said(RETURNED, replace(ACCEPTED, key=V2)), Fate.ACCEPTED),
        (replace(KNOWN, standing={ORDER: [V1]}), Fate.OPEN),
        (replace(KNOWN, standing={("sale.order", 8): [V1]}), Fate.NOT_ASKED),
        (replace(KNOWN, closed=frozenset({ORDER})), Fate.UNKNOWN),
        (KNOWN, Fate.NOT_ASKED),
        (replace(KNOWN, looked_at=None), Fate.UNKNOWN),
        (replace(KNOWN, looked_at=SINCE), Fate.UNKNOWN),
        (replace(KNOWN, looked_at=SINCE + timedelta(minutes=5)), Fate.NOT_ASKED),
        (replace(KNOWN, kept_since=SINCE + DAY), Fate.UNKNOWN),
        (Handoffs(), Fate.UNKNOWN),
    ],
)
def test_what_became_of_it_follows_from_what_was_said_and_what_stands(
    known: Handoffs, expected: Fate
) -> None:
    assert fate(known) is expected


def test_that_who_sold_it_accepts_it_counts_for_nothing() -> None:
    own = replace(ACCEPTED, person=SELLER)
    assert fate(replace(said(own), standing={ORDER: [V1]})) is Fate.OPEN
    assert heeded([own, RETURNED], SELLER) == [RETURNED]
    # Who returns it is believed, whoever it is.
    assert heeded([replace(RETURNED, person=SELLER)], SELLER)


@given(st.lists(st.sampled_from([RETURNED, replace(ACCEPTED, person=SELLER)])), st.booleans())
def test_nothing_is_accepted_that_nobody_else_accepted(acts: list[Act], waits: bool) -> None:
    known = replace(said(*acts), standing={ORDER: [V1]} if waits else {})
    assert fate(known) is not Fate.ACCEPTED
