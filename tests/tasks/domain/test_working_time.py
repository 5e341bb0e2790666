"""Expected hours: schedules, their histories, and what takes hours out of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.periods import Period, last_complete_week, week_of
from tasks.domain.working_time import (
    Absence,
    Engagement,
    Schedule,
    Stretch,
    expected_hours,
    hours_between,
    week_parity,
)

BRUSSELS = ZoneInfo("Europe/Brussels")
WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
FULL_TIME = Schedule(
    tuple(
        Stretch(day, start, end) for day in range(5) for start, end in ((8.0, 12.0), (13.0, 17.0))
    )
)


def total(
    schedule: Schedule | None,
    absences: Sequence[Absence] = (),
    period: Period = WEEK,
    zone: ZoneInfo = BRUSSELS,
) -> float:
    hours = expected_hours(period, zone, [Engagement(schedule, tuple(absences))])
    assert hours is not None
    return sum(hours.values())


def utc(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_full_week_has_forty_hours_and_a_free_weekend() -> None:
    hours = expected_hours(WEEK, BRUSSELS, [Engagement(FULL_TIME)])
    assert hours is not None
    assert list(hours.values()) == [8, 8, 8, 8, 8, 0, 0]


def test_a_public_holiday_takes_its_day() -> None:
    assert total(FULL_TIME, [Absence(utc(16), utc(17))]) == 32


def test_the_same_leave_stored_twice_takes_its_hours_once() -> None:
    leave = Absence(utc(16), utc(17))
    assert total(FULL_TIME, [leave, leave, Absence(utc(16, 10), utc(16, 14))]) == 32


def test_leave_outside_working_hours_takes_nothing() -> None:
    assert total(FULL_TIME, [Absence(utc(16, 17), utc(16, 23))]) == 40


def test_hours_are_wall_clock_hours_of_the_persons_zone() -> None:
    # 0 to 12 UTC is 11 to 23 o'clock in Sydney: one hour of the morning and the afternoon.
    half = Absence(utc(16), utc(16, 12))
    assert total(FULL_TIME, [half], zone=ZoneInfo("Australia/Sydney")) == 40 - 1 - 4


def test_a_two_week_schedule_follows_the_parity_of_the_date() -> None:
    monday_every_other_week = Schedule((Stretch(0, 8, 16, week=week_parity(WEEK.start)),))
    following = Period(WEEK.start + timedelta(days=7), WEEK.end + timedelta(days=7))
    assert total(monday_every_other_week) == 8
    assert total(monday_every_other_week, period=following) == 0


def test_the_parity_is_odoos_and_not_the_iso_weeks() -> None:
    assert [week_parity(date(2026, 12, day)) for day in (21, 28)] == [0, 1]
    assert week_parity(date(2027, 1, 4)) == 0


def test_a_stretch_counts_only_within_its_own_days() -> None:
    first_half = Stretch(0, 8, 12, last=date(2026, 11, 15))
    second_half = Stretch(0, 8, 16, first=date(2026, 11, 16))
    assert total(Schedule((first_half, second_half))) == 8


def test_a_shift_may_end_at_midnight() -> None:
    assert total(Schedule((Stretch(4, 16, 24),))) == 8


def test_an_hour_that_the_clock_strikes_twice_is_winter_time_as_in_odoo() -> None:
    sydney, sunday = ZoneInfo("Australia/Sydney"), date(2026, 4, 5)
    night = Schedule((Stretch(6, 0, 2.5),))
    hours = expected_hours(Period(sunday, sunday), sydney, [Engagement(night)])
    assert hours == {sunday: 3.5}


def test_a_flexible_week_fills_days_until_its_hours_are_used_up() -> None:
    flexible = Schedule(flexible=True, hours_per_week=20, hours_per_day=8)
    hours = expected_hours(WEEK, BRUSSELS, [Engagement(flexible)])
    assert hours is not None
    assert list(hours.values()) == [8, 8, 4, 0, 0, 0, 0]


def test_a_flexible_schedule_starts_over_every_seven_days() -> None:
    flexible = Schedule(flexible=True, hours_per_week=20, hours_per_day=8)
    fortnight = Period(WEEK.start, WEEK.end + timedelta(days=7))
    assert total(flexible, period=fortnight) == 40


def test_without_a_schedule_nothing_is_measurable() -> None:
    assert expected_hours(WEEK, BRUSSELS, [Engagement(None)]) is None


def test_a_missing_schedule_outside_the_period_does_no_harm() -> None:
    past = Engagement(None, last=WEEK.start - timedelta(days=1))
    now = Engagement(FULL_TIME, first=WEEK.start)
    hours = expected_hours(WEEK, BRUSSELS, [past, now])
    assert hours is not None
    assert sum(hours.values()) == 40


def test_days_before_hiring_and_after_leaving_expect_nothing() -> None:
    employed = Engagement(FULL_TIME, first=date(2026, 11, 17), last=date(2026, 11, 18))
    hours = expected_hours(WEEK, BRUSSELS, [employed])
    assert hours is not None
    assert list(hours.values()) == [0, 8, 8, 0, 0, 0, 0]


def test_a_calendar_changed_midweek_counts_each_day_by_the_one_in_force() -> None:
    half_time = Schedule(tuple(Stretch(day, 8, 12) for day in range(5)))
    history = [
        Engagement(FULL_TIME, last=date(2026, 11, 17)),
        Engagement(half_time, first=date(2026, 11, 18)),
    ]
    hours = expected_hours(WEEK, BRUSSELS, history)
    assert hours is not None
    assert list(hours.values()) == [8, 8, 4, 4, 4, 0, 0]


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 11, 22), date(2026, 11, 9)),
        (date(2026, 11, 23), date(2026, 11, 16)),
        (date(2026, 11, 29), date(2026, 11, 16)),
    ],
)
def test_the_last_complete_week_ended_before_this_one_began(day: date, monday: date) -> None:
    assert last_complete_week(day) == Period(monday, monday + timedelta(days=6))


moments = st.datetimes(
    min_value=datetime(2026, 11, 14),
    max_value=datetime(2026, 11, 25),
    timezones=st.just(UTC),
)
absences = st.lists(
    st.tuples(moments, moments).map(lambda pair: Absence(min(pair), max(pair))), max_size=6
)


@given(absences, st.randoms())
def test_the_order_of_absences_does_not_matter(found: list[Absence], random: object) -> None:
    shuffled = sorted(found, key=lambda absence: absence.end)
    assert total(FULL_TIME, found) == pytest.approx(total(FULL_TIME, shuffled))


@given(absences)
def test_hours_stay_between_nothing_and_the_full_week(found: list[Absence]) -> None:
    assert 0 <= total(FULL_TIME, found) <= 40


@given(absences)
def test_a_week_later_everything_is_the_same(found: list[Absence]) -> None:
    later = timedelta(days=7)
    shifted = [Absence(absence.start + later, absence.end + later) for absence in found]
    period = Period(WEEK.start + later, WEEK.end + later)
    assert total(FULL_TIME, shifted, period) == pytest.approx(total(FULL_TIME, found))


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1)))
def test_every_day_is_in_its_own_week(day: date) -> None:
    assert day in week_of(day)
    assert len(list(week_of(day).days())) == 7


def between(
    since: datetime, until: datetime, *engagements: Engagement, zone: ZoneInfo = BRUSSELS
) -> float | None:
    return hours_between(since, until, zone, engagements or [Engagement(FULL_TIME)])


def test_hours_between_two_instants_are_those_that_were_to_be_worked() -> None:
    # In Brussels it is an hour later.
    assert between(utc(16, 8), utc(16, 10)) == 2
    assert between(utc(16, 15), utc(17, 8)) == pytest.approx(2)
    assert between(utc(20, 15), utc(23, 8)) == pytest.approx(2)
    assert between(utc(16, 10), utc(16, 10)) == between(utc(16, 10), utc(16, 8)) == 0


def test_hours_between_are_none_where_nobody_can_say() -> None:
    assert between(utc(16, 8), utc(17, 8), Engagement(None)) is None


def test_hours_between_leave_out_leave_and_go_by_the_persons_zone() -> None:
    away = Engagement(FULL_TIME, (Absence(utc(17), utc(18)),))
    assert between(utc(16, 10), utc(18, 10), away) == pytest.approx(
        (between(utc(16, 10), utc(18, 10)) or 0) - 8
    )
    kolkata = between(utc(16, 0), utc(16, 6), zone=ZoneInfo("Asia/Kolkata"))
    # From half past five to half past eleven by their clocks.
    assert kolkata == pytest.approx(3.5)


@given(moments, moments, moments)
def test_hours_between_add_up(one: datetime, two: datetime, three: datetime) -> None:
    first, second, third = sorted((one, two, three))
    parts = [between(first, second), between(second, third)]
    assert sum(part or 0 for part in parts) == pytest.approx(between(first, third))


@given(moments, moments, absences)
def test_hours_between_are_never_more_than_the_time_that_passed(
    one: datetime, two: datetime, found: list[Absence]
) -> None:
    hours = between(one, two, Engagement(FULL_TIME, tuple(found)))
    assert hours is not None
    passed = max(0.0, (two - one) / timedelta(hours=1))
    assert -1e-9 <= hours <= passed + 1e-9
