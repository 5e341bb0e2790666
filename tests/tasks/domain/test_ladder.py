"""Rungs fall on working days, in the person's zone, one after the other, and never twice."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.findings import Step
from tasks.domain.ladder import (
    LADDER,
    STANDS_FOR,
    Deadline,
    Rung,
    Workdays,
    instant,
    last_of_month,
    placed,
    standing,
)
from tasks.domain.periods import Period, week_of

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
FRIDAY = date(2026, 11, 20)
BRUSSELS = ZoneInfo("Europe/Brussels")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

mondays = st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(lambda day: week_of(day).start)
weekdays = st.sets(st.integers(0, 6), min_size=1)
holidays = st.sets(st.integers(0, 34))
zones = st.sampled_from(
    ["Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
).map(ZoneInfo)
rungs = st.builds(
    Rung,
    name=st.just("rung"),
    working_days=st.integers(-6, 12),
    at=st.times(time(5), time(22)).map(lambda at: at.replace(second=0, microsecond=0)),
)
deadlines = st.builds(
    Deadline,
    weekday=st.sampled_from(["monday", "wednesday", "friday", "sunday"]),
    week=st.sampled_from(["same", "following"]),
)


def days(*numbers: int) -> list[date]:
    return [date(2026, 11, number) for number in numbers]


def working(monday: date, on: set[int], off: set[int]) -> list[date]:
    """Five weeks of somebody's working days."""
    every = [(number, monday + timedelta(days=number)) for number in range(35)]
    return [day for number, day in every if day.weekday() in on and number not in off]


def step(name: str, at: datetime, not_before: datetime | None = None) -> Step:
    return Step(name, at, not_before=not_before or at)


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.name for step in steps]


def test_the_default_ladder_of_somebody_who_works_every_weekday() -> None:
    weekdays = days(16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30)
    found = placed(LADDER, FRIDAY, WEEK.start, [*weekdays, date(2026, 12, 1)])
    assert [(mark.rung.name, f"{mark.day:%a %d}") for mark in found] == [
        ("early", "Thu 19"),
        ("deadline", "Fri 20"),
        ("late", "Mon 23"),
        ("manager", "Wed 25"),
        ("owner", "Tue 01"),
    ]


def test_who_works_until_wednesday_hears_of_it_on_tuesday_and_wednesday() -> None:
    found = placed(LADDER, FRIDAY, WEEK.start, days(16, 17, 18, 23, 24, 25, 30))
    assert [mark.day.day for mark in found] == [17, 18, 23, 25]


def test_a_rung_before_the_first_working_day_of_the_week_does_not_come() -> None:
    found = placed(LADDER, FRIDAY, WEEK.start, days(9, 16, 23))
    assert [(mark.rung.name, mark.day.day) for mark in found] == [("deadline", 16), ("late", 23)]


@pytest.mark.parametrize(
    ("deadline", "day"),
    [
        (Deadline(), date(2026, 11, 20)),
        (Deadline(weekday="sunday"), date(2026, 11, 22)),
        (Deadline(weekday="monday", week="following"), date(2026, 11, 23)),
    ],
)
def test_a_deadline_is_a_weekday_of_the_same_or_the_following_week(
    deadline: Deadline, day: date
) -> None:
    assert deadline.day(WEEK) == day


@given(mondays, weekdays, holidays, deadlines, st.lists(rungs, max_size=5))
def test_no_rung_ever_falls_on_a_day_off(
    monday: date, on: set[int], off: set[int], deadline: Deadline, ladder: list[Rung]
) -> None:
    found = working(monday, on, off)
    day = deadline.day(week_of(monday))
    assert {mark.day for mark in placed(ladder, day, monday, found)} <= set(found)


@given(mondays, weekdays, holidays, deadlines, st.lists(rungs, min_size=2, max_size=5))
def test_a_rung_further_up_comes_on_no_earlier_day(
    monday: date, on: set[int], off: set[int], deadline: Deadline, ladder: list[Rung]
) -> None:
    ordered = sorted(ladder, key=lambda rung: rung.working_days)
    day = deadline.day(week_of(monday))
    found = [mark.day for mark in placed(ordered, day, monday, working(monday, on, off))]
    assert found == sorted(found)


@given(mondays, weekdays, holidays, deadlines, st.lists(rungs, max_size=5))
def test_shifting_everything_by_a_week_shifts_every_rung_by_a_week(
    monday: date, on: set[int], off: set[int], deadline: Deadline, ladder: list[Rung]
) -> None:
    week = timedelta(weeks=1)
    day, found = deadline.day(week_of(monday)), working(monday, on, off)
    here = placed(ladder, day, monday, found)
    there = placed(ladder, day + week, monday + week, [each + week for each in found])
    assert [(m.rung, m.day + week) for m in here] == [(m.rung, m.day) for m in there]


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), rungs, zones)
def test_a_rung_strikes_its_hour_on_the_wall_summer_and_winter(
    day: date, rung: Rung, zone: ZoneInfo
) -> None:
    local = instant(day, rung.at, zone).astimezone(zone)
    assert (local.date(), local.time()) == (day, rung.at)


@given(
    st.lists(st.integers(-400, 400), max_size=6, unique=True),
    st.integers(0, 48),
)
def test_at_most_one_step_of_the_past_speaks_and_the_others_in_order(
    hours: list[int], ahead: int
) -> None:
    steps = [step(str(number), NOON + number * HOUR) for number in hours]
    found = standing(steps, NOON, NOON + ahead * HOUR)
    assert list(found) == sorted(found, key=lambda each: each.at)
    come = [each for each in found if each.at <= NOON]
    assert [each.at for each in come] == [
        NOON + number * HOUR
        for number in [max((n for n in hours if n <= 0), default=-1000)]
        if number * HOUR >= -STANDS_FOR
    ]
    assert {each.at for each in found if each.at > NOON} == {
        NOON + number * HOUR for number in hours if 0 < number <= ahead
    }


@given(st.lists(st.integers(-400, 400), max_size=6, unique=True), st.integers(0, 100))
def test_as_time_goes_by_what_stands_only_moves_forward(hours: list[int], later: int) -> None:
    steps = [step(str(number), NOON + number * HOUR) for number in hours]
    before = standing(steps, NOON, NOON + 26 * HOUR)
    after = standing(steps, NOON + later * HOUR, NOON + (later + 26) * HOUR)
    if before and after:
        assert before[0].at <= after[0].at
        assert before[-1].at <= after[-1].at


def test_what_was_missed_is_dropped_where_its_mail_would_go_out_with_the_next_one() -> None:
    morning = NOON + 20 * HOUR
    missed = step("deadline", NOON - 4 * HOUR, not_before=morning)
    assert names(standing([missed, step("late", morning)], NOON, NOON + 26 * HOUR)) == ["late"]
    assert names(standing([missed], NOON, NOON + 26 * HOUR)) == ["deadline"]


def test_rungs_of_the_same_instant_speak_together() -> None:
    both = [step("late", NOON), step("manager", NOON)]
    for now in (NOON - HOUR, NOON, NOON + HOUR):
        assert names(standing(both, now, now + 2 * HOUR)) == ["late", "manager"]


def test_what_is_sent_at_once_is_only_the_last_that_comes() -> None:
    steps = [Step("late", NOON - HOUR), Step("manager", NOON + HOUR)]
    assert names(standing(steps, NOON, NOON + 2 * HOUR)) == ["manager"]


EIGHT = time(8)
WORKDAYS = Workdays(days(20, 23), BRUSSELS)


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("2026-11-19 05:00", "2026-11-20 08:00"),
        ("2026-11-20 08:00", "2026-11-20 08:00"),
        # Hours late, on a working day: at once.
        ("2026-11-20 11:30", "2026-11-20 11:30"),
        # A Saturday is nobody's working day, so it waits for Monday.
        ("2026-11-21 05:00", "2026-11-23 08:00"),
        ("2026-11-23 08:30", "2026-11-23 08:30"),
        ("2026-11-24 05:00", None),
    ],
)
def test_a_late_mail_goes_out_on_a_working_day_and_not_in_the_night_before(
    now: str, sent: str | None
) -> None:
    at = instant(FRIDAY, EIGHT, BRUSSELS)
    moment = datetime.fromisoformat(now).replace(tzinfo=BRUSSELS)
    found = WORKDAYS.send_at(at, EIGHT, moment)
    assert found == (sent and datetime.fromisoformat(sent).replace(tzinfo=BRUSSELS))


def test_the_first_working_day_from_a_day_on() -> None:
    found = [WORKDAYS.first_from(day) for day in days(19, 20, 21, 24)]
    assert found == [FRIDAY, FRIDAY, date(2026, 11, 23), None]


def test_the_last_working_day_of_a_month_is_told_where_the_days_after_it_are_known() -> None:
    found = [*days(26, 27), date(2026, 12, 1)]
    assert last_of_month(found, Period(date(2026, 11, 23), date(2026, 11, 29))) == date(
        2026, 11, 27
    )
    assert last_of_month(found, WEEK) is None
    assert last_of_month(days(26, 27), Period(date(2026, 11, 23), date(2026, 11, 29))) is None
