"""Periods and the moment that a run stands at."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tasks.domain.periods import AsOf, Period

LATE_IN_LONDON = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end on 2026-11-01"):
        Period(date(2026, 11, 2), date(2026, 11, 1))


def test_a_period_prints_as_iso_dates() -> None:
    assert str(Period(date(2026, 11, 2), date(2026, 11, 8))) == "2026-11-02/2026-11-08"


def test_the_day_is_that_of_the_scopes_zone() -> None:
    zone = ZoneInfo("Europe/Brussels")
    assert AsOf(LATE_IN_LONDON, zone, LATE_IN_LONDON).day == date(2026, 11, 23)


def test_a_period_asked_for_goes_before_the_last_week() -> None:
    asked = Period(date(2026, 11, 2), date(2026, 11, 8))
    moment = AsOf(LATE_IN_LONDON, ZoneInfo("UTC"), LATE_IN_LONDON, asked)
    assert moment.week == asked
    assert AsOf(LATE_IN_LONDON, ZoneInfo("UTC"), LATE_IN_LONDON).week.start == date(2026, 11, 9)
