"""Nothing at night, roles not on their days off, and no more than people can bear."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.config.tenants import MailSettings
from workers.messages.calm import Calm

BERLIN = ZoneInfo("Europe/Berlin")


def calm(zone: str = "Europe/Berlin", **settings: Any) -> Calm:
    return Calm(MailSettings.model_validate(settings), ZoneInfo(zone))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "to_role", "sent"),
    [
        ("2026-11-25 12:00", True, "2026-11-25 12:00"),
        ("2026-11-25 20:00", True, "2026-11-26 06:00"),
        ("2026-11-25 05:59", False, "2026-11-25 06:00"),
        # Friday night, and what a role is spared but a person who works on Saturdays is not.
        ("2026-11-27 21:00", True, "2026-11-30 06:00"),
        ("2026-11-27 21:00", False, "2026-11-28 06:00"),
        ("2026-11-28 12:00", True, "2026-11-30 06:00"),
        ("2026-11-28 12:00", False, "2026-11-28 12:00"),
    ],
)
def test_mail_waits_for_the_end_of_the_night_and_of_days_off(
    now: str, to_role: bool, sent: str
) -> None:
    assert calm().send_at(at(now), to_role=to_role) == at(sent)


def test_the_night_is_the_readers() -> None:
    assert calm("Asia/Tokyo").send_at(at("2026-11-25 12:30"), to_role=False) == datetime(
        2026, 11, 25, 21, tzinfo=UTC
    )


def test_hours_that_do_not_pass_midnight_are_quiet_too() -> None:
    lunch = calm(quiet_hours="12:00-13:30", quiet_days=())
    assert lunch.send_at(at("2026-11-25 12:10"), to_role=True) == at("2026-11-25 13:30")
    assert lunch.send_at(at("2026-11-25 13:30"), to_role=True) == at("2026-11-25 13:30")


def test_without_quiet_hours_mail_goes_at_once() -> None:
    loud = calm(quiet_hours="", quiet_days=())
    assert loud.send_at(at("2026-11-28 03:00"), to_role=True) == at("2026-11-28 03:00")


def test_a_night_in_which_clocks_change_ends_when_the_clock_says_so() -> None:
    assert calm().send_at(at("2026-10-24 23:00"), to_role=False) == at("2026-10-25 06:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney"]),
)
def test_the_instant_of_sending_is_never_quiet_and_never_past(now: datetime, zone: str) -> None:
    instant = now.replace(tzinfo=UTC)
    found = calm(zone).send_at(instant, to_role=True)
    local = found.astimezone(ZoneInfo(zone))
    assert found >= instant
    assert time(6) <= local.time() < time(20)
    assert local.weekday() < 5


def test_digests_wait_for_their_hour() -> None:
    set_to_seven = calm(digest_at="07:00")
    assert set_to_seven.digest_at(at("2026-11-25 06:10")) == at("2026-11-25 07:00")
    assert set_to_seven.digest_at(at("2026-11-25 07:00")) == at("2026-11-25 07:00")
    assert set_to_seven.digest_at(at("2026-11-25 09:00")) == at("2026-11-26 07:00")
    assert calm().digest_at(at("2026-11-25 09:00")) == at("2026-11-25 09:00")


def test_after_a_days_mail_the_next_one_waits_for_the_next_morning() -> None:
    now = at("2026-11-25 16:00")
    assert calm().after_cap([], now) is None
    assert calm().after_cap([now - timedelta(hours=3)], now) == at("2026-11-26 08:00")
    assert calm().after_cap([now - timedelta(days=1)], now) is None
    assert calm(cap_per_day=0).after_cap([now - timedelta(hours=3)], now) is None


def test_after_a_weeks_mails_the_next_one_waits_for_monday() -> None:
    now = at("2026-11-26 16:00")
    week = [now - timedelta(days=n) for n in (1, 2, 3)]
    assert calm().after_cap(week, now) == at("2026-11-30 08:00")
    assert calm(cap_per_week=0).after_cap(week, now) is None
    # The Sunday before is another week's.
    assert calm().after_cap([*week[:2], now - timedelta(days=4)], now) is None
    assert calm().week_began(now) == at("2026-11-23 00:00")


@pytest.mark.parametrize("wrong", ["20:00-6:00", "nightly", "20:00"])
def test_hours_that_nobody_can_read_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="write one like 20:00-06:00"):
        calm(quiet_hours=wrong)
