"""Moments are UTC, a bare day in a condition is a day of the caller's zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.contracts.asking import Asker

ORDERS = "sale.order"
ZONES = ["UTC", "Europe/Brussels", "America/New_York", "Asia/Kolkata", "Australia/Sydney"]


def local_days(odoo: Asker, zone: str) -> dict[int, date]:
    """The day of each order where the caller is."""
    return {
        row["id"]: datetime.fromisoformat(row["date_order"])
        .replace(tzinfo=UTC)
        .astimezone(ZoneInfo(zone))
        .date()
        for row in odoo.table(ORDERS)
    }


def ids(odoo: Asker, operator: str, value: str, zone: str) -> list[int]:
    """Orders whose moment compares so, for a caller in that zone."""
    return odoo.ids(ORDERS, [("date_order", operator, value)], context={"tz": zone})


@pytest.mark.parametrize("zone", ZONES)
def test_a_bare_day_is_all_of_that_day_where_the_caller_is(odoo: Asker, zone: str) -> None:
    days = local_days(odoo, zone)
    for day in sorted(set(days.values()))[:4]:
        assert ids(odoo, ">=", str(day), zone) == sorted(n for n, d in days.items() if d >= day)
        assert ids(odoo, ">", str(day), zone) == sorted(n for n, d in days.items() if d > day)
        assert ids(odoo, "<=", str(day), zone) == sorted(n for n, d in days.items() if d <= day)
        assert ids(odoo, "<", str(day), zone) == sorted(n for n, d in days.items() if d < day)


@pytest.mark.parametrize("zone", ZONES)
def test_a_moment_is_utc_whatever_the_zone(odoo: Asker, zone: str) -> None:
    moments = sorted({row["date_order"] for row in odoo.table(ORDERS)})
    middle = moments[len(moments) // 2]
    later = [row["id"] for row in odoo.table(ORDERS) if row["date_order"] > middle]
    assert ids(odoo, ">", middle, zone) == later
    assert ids(odoo, ">", middle.replace(" ", "T"), zone) == later


def test_the_zone_of_the_user_counts_where_the_call_names_none(odoo: Asker) -> None:
    zone = odoo.ask("res.users", "context_get")["tz"]
    day = str(sorted(local_days(odoo, zone).values())[0])
    assert odoo.ids(ORDERS, [("date_order", ">", day)]) == ids(odoo, ">", day, zone)


def test_a_whole_second_equals_itself(odoo: Asker) -> None:
    moment = odoo.table(ORDERS)[0]["date_order"]
    same = [row["id"] for row in odoo.table(ORDERS) if row["date_order"] == moment]
    assert odoo.ids(ORDERS, [("date_order", "=", moment)]) == same


def test_a_date_takes_the_day_of_a_moment(odoo: Asker) -> None:
    day = odoo.table("account.analytic.line")[0]["date"]
    whole = odoo.ids("account.analytic.line", [("date", "=", day)])
    assert odoo.ids("account.analytic.line", [("date", "=", f"{day} 23:30:00")]) == whole


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("granularity", ["day", "month"])
def test_groups_by_day_begin_at_the_callers_midnight(
    odoo: Asker, zone: str, granularity: str
) -> None:
    key = f"date_order:{granularity}"
    groups = odoo.ask(ORDERS, "formatted_read_group", [], [key], ["__count"], context={"tz": zone})
    counted: dict[str, int] = {}
    for day in local_days(odoo, zone).values():
        first = day if granularity == "day" else day.replace(day=1)
        midnight = datetime.combine(first, time.min, ZoneInfo(zone)).astimezone(UTC)
        start = f"{midnight:%Y-%m-%d %H:%M:%S}"
        counted[start] = counted.get(start, 0) + 1
    assert {group[key][0]: group["__count"] for group in groups} == counted
    assert [group[key][0] for group in groups] == sorted(counted)


def test_a_leave_lasts_no_longer_than_it_should(odoo: Asker) -> None:
    for row in odoo.table("resource.calendar.leaves"):
        start, end = (datetime.fromisoformat(row[name]) for name in ("date_from", "date_to"))
        assert timedelta(0) < end - start < timedelta(days=60)
