"""Which slots are due: in the scope's own zone, caught up by rule, never twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tasks.declaration import CatchUp, Cron
from workers import slots

BERLIN, SYDNEY = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney")
DAY = timedelta(days=1)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def due(cron: Cron, closed: datetime, now: datetime) -> list[datetime]:
    return list(slots.due(cron, cron.line, BERLIN, closed, now))


def test_a_slot_is_an_instant_of_the_scopes_own_zone() -> None:
    assert slots.next_slot("0 6 * * *", BERLIN, utc(11, 23)) == utc(11, 23, 5)
    assert slots.next_slot("0 6 * * *", SYDNEY, utc(11, 23)) == utc(11, 23, 19)


def test_a_closed_slot_is_not_due_again() -> None:
    daily = Cron("0 6 * * *")
    assert due(daily, utc(11, 22, 5), utc(11, 23, 5)) == [utc(11, 23, 5)]
    assert due(daily, utc(11, 23, 5), utc(11, 23, 5, 30)) == []


def test_after_an_outage_only_the_newest_missed_slot_runs() -> None:
    hourly = Cron("0 * * * *", window=DAY)
    assert due(hourly, utc(11, 22, 3), utc(11, 22, 9, 30)) == [utc(11, 22, 9)]


def test_a_slot_older_than_the_window_is_not_caught_up() -> None:
    weekly = Cron("0 6 * * 1", window=DAY)
    assert due(weekly, utc(11, 10), utc(11, 18)) == []


def test_all_missed_slots_run_where_the_job_says_so() -> None:
    hourly = Cron("0 * * * *", catch_up=CatchUp.ALL, window=DAY)
    assert len(due(hourly, utc(11, 22, 3), utc(11, 22, 9, 30))) == 6


@pytest.mark.parametrize(("minutes", "count"), [(1, 1), (30, 0)])
def test_a_late_slot_is_skipped_where_the_job_says_so(minutes: int, count: int) -> None:
    hourly = Cron("0 * * * *", catch_up=CatchUp.SKIP, window=DAY)
    assert len(due(hourly, utc(11, 22, 8), utc(11, 22, 9, minutes))) == count


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        (BERLIN, utc(3, 27)),
        (BERLIN, utc(10, 23)),
        (SYDNEY, utc(4, 3)),
        (SYDNEY, utc(10, 2)),
    ],
)
@pytest.mark.parametrize("line", ["30 2 * * *", "0 3 * * *", "15 0 * * *"])
def test_a_daily_job_runs_once_on_each_day_around_daylight_saving(
    zone: ZoneInfo, start: datetime, line: str
) -> None:
    found = list(slots.slots(line, zone, start, start + timedelta(days=4)))
    days = [slot.astimezone(zone).date() for slot in found]
    assert days == [days[0] + n * DAY for n in range(len(days))]
    assert len(days) in (4, 5)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, utc(3, 28, 23), 23),
        (BERLIN, utc(10, 24, 22), 25),
        (SYDNEY, utc(10, 3, 14), 23),
        (SYDNEY, utc(4, 4, 13), 25),
    ],
)
def test_an_hourly_job_runs_in_every_real_hour_of_the_day_that_clocks_change(
    zone: ZoneInfo, day: datetime, hours: int
) -> None:
    found = list(slots.slots("15 * * * *", zone, day, day + timedelta(hours=hours)))
    assert found == [day + timedelta(minutes=15, hours=n) for n in range(hours)]
    assert {slot.astimezone(zone).date() for slot in found} == {day.astimezone(zone).date()}
