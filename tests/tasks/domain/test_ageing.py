"""Ageing of work in progress: buckets, edges, and nothing counted twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.ageing import (
    ROUNDING_OF_HOURS,
    Aged,
    Entry,
    age_days,
    aged,
    bucket_of,
    cost_of,
    netted,
    spread,
    still_open,
)
from tasks.domain.money import Currency

TODAY = date(2026, 11, 23)
EUR, JPY = Currency("EUR"), Currency("JPY", 0)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def hours(days: int, quantity: str) -> Entry:
    return Entry(ago(days), Decimal(quantity), Decimal(quantity))


@pytest.mark.parametrize(
    ("day", "bucket"),
    [
        (ago(-1), "future"),
        (ago(0), "0-30"),
        (ago(30), "0-30"),
        (ago(31), "31-60"),
        (ago(60), "31-60"),
        (ago(61), "61-90"),
        (ago(90), "61-90"),
        (ago(91), "91+"),
        (None, "undated"),
    ],
)
def test_upper_edges_are_included(day: date | None, bucket: str) -> None:
    assert bucket_of(day, TODAY) == bucket


def test_entries_share_the_value_by_quantity() -> None:
    parts = aged([hours(5, "1"), hours(40, "3")], Decimal("100.00"), TODAY, EUR)
    assert parts == (
        Aged("0-30", Decimal(1), Decimal("25.00")),
        Aged("31-60", Decimal(3), Decimal("75.00")),
    )


def test_a_cent_that_cannot_be_shared_is_not_lost() -> None:
    parts = aged([hours(d, "1") for d in (1, 40, 70)], Decimal("100.00"), TODAY, EUR)
    assert [part.value for part in parts] == [Decimal("33.33"), Decimal("33.34"), Decimal("33.33")]


def test_value_that_nobody_can_date_is_undated() -> None:
    assert aged([], Decimal("5.00"), TODAY, EUR) == (Aged("undated", None, Decimal("5.00")),)
    assert aged([], Decimal("0.00"), TODAY, EUR) == ()


def test_many_entries_of_a_bucket_are_rounded_once() -> None:
    thirds = [hours(day, "1") for day in range(3)]
    parts = aged([*thirds, hours(40, "6")], Decimal("100.00"), TODAY, EUR)
    assert [part.value for part in parts] == [Decimal("33.33"), Decimal("66.67")]


def test_yen_have_no_parts() -> None:
    parts = aged([hours(1, "1"), hours(40, "2")], Decimal(1000), TODAY, JPY)
    assert [part.value for part in parts] == [Decimal(333), Decimal(667)]


@pytest.mark.parametrize("quantity", ["7.99", "8.01", "8.02"])
def test_what_rounding_leaves_is_neither_billed_nor_undated(quantity: str) -> None:
    entries = [hours(50, "4"), hours(5, "4")]
    assert still_open(entries, Decimal(quantity)) == entries


def test_a_milestone_of_a_hundredth_is_no_rounding() -> None:
    small = Entry(ago(9), Decimal("0.01"))
    assert still_open([small], Decimal("0.01")) == [small]
    assert still_open([small], Decimal(0)) == []


def test_milestones_have_no_hours() -> None:
    (part,) = aged([Entry(ago(3), Decimal("0.5"))], Decimal("10.00"), TODAY, EUR)
    assert part.hours is None


def test_what_was_billed_without_a_link_is_taken_off_the_oldest() -> None:
    assert still_open([hours(5, "4"), hours(50, "4")], Decimal(6)) == [
        hours(50, "2"),
        hours(5, "4"),
    ]
    assert still_open([hours(5, "4"), hours(50, "4")], Decimal(3)) == [hours(5, "3")]


def test_a_milestones_billed_part_is_taken_off_too() -> None:
    assert still_open([Entry(ago(9), Decimal(1))], Decimal("0.25")) == [
        Entry(ago(9), Decimal("0.25"))
    ]


def test_what_no_entry_reaches_is_undated() -> None:
    assert still_open([hours(5, "4")], Decimal(6)) == [hours(5, "4"), Entry(None, Decimal(2))]


def test_undated_entries_are_billed_last() -> None:
    undated = Entry(None, Decimal(1))
    assert still_open([undated, hours(5, "1")], Decimal(1)) == [undated]


def test_a_correction_is_netted_against_what_it_corrects() -> None:
    """800 and -300 were told in two buckets of a line whose worth is 500."""
    found = still_open([hours(5, "-3"), hours(40, "8")], Decimal(5))
    assert found == [hours(40, "5")]
    assert aged(found, Decimal("500.00"), TODAY, EUR) == (
        Aged("31-60", Decimal(5), Decimal("500.00")),
    )


def test_a_correction_takes_the_oldest_first_and_then_the_next() -> None:
    assert netted([hours(5, "4"), hours(50, "4"), hours(1, "-6")]) == [hours(5, "2")]


def test_a_correction_of_what_is_billed_leaves_nothing_open() -> None:
    assert still_open([hours(5, "-3")], Decimal(-3)) == []
    assert netted([hours(5, "-3"), hours(9, "1")]) == []


def test_a_correction_takes_its_own_cost_with_it() -> None:
    dear = Entry(ago(40), Decimal(8), Decimal(8), Decimal(400))
    cheap = Entry(ago(5), Decimal(-3), Decimal(-3), Decimal(-120))
    assert netted([dear, cheap]) == [Entry(ago(40), Decimal(5), Decimal(5), Decimal(280))]


entries = st.lists(
    st.builds(
        hours,
        st.integers(-60, 200),
        st.decimals(min_value="0.25", max_value="24", places=2).map(str),
    ),
    max_size=12,
)
corrected = st.lists(
    st.builds(
        hours,
        st.integers(-60, 200),
        st.decimals(min_value="-12", max_value="24", places=2).map(str),
    ),
    max_size=12,
)
values = st.decimals(min_value="0.01", max_value="99999", places=2)


@given(entries, values)
def test_parts_add_up_to_the_value(found: list[Entry], value: Decimal) -> None:
    assert sum(part.value for part in aged(found, value, TODAY, EUR)) == value


@given(entries, st.decimals(min_value=0, max_value=300, places=2))
def test_open_entries_add_up_to_the_open_quantity(found: list[Entry], quantity: Decimal) -> None:
    open_now = sum(entry.quantity for entry in still_open(found, quantity))
    assert abs(open_now - quantity) <= ROUNDING_OF_HOURS


@given(entries, st.decimals(min_value=0, max_value=300, places=2))
def test_the_order_of_entries_does_not_matter(found: list[Entry], quantity: Decimal) -> None:
    by_day = sorted(found, key=lambda entry: (entry.day, entry.quantity))
    one, other = still_open(by_day, quantity), still_open(by_day[::-1], quantity)

    def per_day(open_entries: list[Entry]) -> dict[date | None, Decimal]:
        sums: dict[date | None, Decimal] = {}
        for entry in open_entries:
            sums[entry.day] = sums.get(entry.day, Decimal(0)) + entry.quantity
        return sums

    assert per_day(list(one)) == per_day(list(other))


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2029, 1, 1)))
def test_a_week_later_everything_is_seven_days_older(day: date) -> None:
    assert age_days(day, TODAY + timedelta(days=7)) == age_days(day, TODAY) + 7


@given(corrected)
def test_netting_changes_no_total_and_leaves_nothing_below_zero(found: list[Entry]) -> None:
    left = netted(found)
    assert all(entry.quantity > 0 for entry in left)
    total = sum(entry.quantity for entry in found)
    assert sum(entry.quantity for entry in left) == pytest.approx(max(total, Decimal(0)))


@given(corrected)
def test_netting_keeps_hours_and_costs_with_quantities(found: list[Entry]) -> None:
    costly = [replace(entry, cost=2 * entry.quantity) for entry in found]
    for entry in netted(costly):
        assert entry.hours == pytest.approx(entry.quantity)
        assert cost_of([entry]) == pytest.approx(2 * entry.quantity)


@given(corrected, values)
def test_no_part_of_a_corrected_line_has_the_other_sign(found: list[Entry], value: Decimal) -> None:
    total = sum((entry.quantity for entry in found), Decimal(0))
    parts = aged(still_open(found, total), value, TODAY, EUR)
    assert sum(part.value for part in parts) == value
    assert all(part.value >= 0 for part in parts)


@given(corrected, st.decimals(min_value=-100, max_value=300, places=2))
def test_open_entries_of_a_corrected_line_are_never_below_zero(
    found: list[Entry], quantity: Decimal
) -> None:
    open_now = still_open(found, quantity)
    assert all(entry.quantity > 0 for entry in open_now)
    assert sum(e.quantity for e in open_now) == pytest.approx(
        max(quantity, Decimal(0)), abs=ROUNDING_OF_HOURS
    )


def test_a_discount_is_spread_as_what_is_aged_already_and_adds_up() -> None:
    work = [Aged("91+", None, Decimal(20)), Aged("0-30", Decimal(1), Decimal(10))]
    found = spread(Decimal("-10"), [*work, work[0]], EUR)
    assert {part.bucket: float(part.value) for part in found} == {"0-30": -2, "91+": -8}
    third = spread(Decimal("-0.01"), [Aged(b, None, Decimal(1)) for b in ("0-30", "31-60")], EUR)
    assert sum(part.value for part in third) == Decimal("-0.01")


def test_a_discount_beside_no_work_has_no_age() -> None:
    assert spread(Decimal(-5), (), EUR) == (Aged("undated", None, Decimal(-5)),)
