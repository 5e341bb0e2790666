"""Expected hours of people equal what Odoo itself computes, on a firm of random schedules.

Odoo is the judge: `hr.employee._get_work_days_data_batch` where nobody has contract dates, and
`resource.resource._get_valid_work_intervals` where contracts bound the days. Left out, by quirks of
Odoo's own: two versions within one contract, both of which Odoo counts for the whole contract; and
contracts that go from fixed to flexible hours, where Odoo takes the calendar of the window's start
for all of it. A change of hours without contract dates is held against each version's calendar
for its own days, since Odoo would take the present calendar for past days too.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .gateway import ExpectedHours, period, session_of
from .inside import random_schedules
from .inside_odoo import run_inside
from .odoo_server import OdooServer

pytestmark = pytest.mark.live

SEED = 19
TOLERANCE_HOURS = 0.01


@pytest.fixture(scope="module")
def firm(odoo_server: OdooServer, demo_db: str) -> Any:
    counts = {"windows": 400, "contract_windows": 160, "moved_windows": 60}
    made = run_inside(odoo_server, demo_db, random_schedules.build, seed=SEED, **counts)
    print(f"made in Odoo: {made['made']}")
    return made


@pytest.fixture(scope="module")
def expected(odoo_server: OdooServer, demo_db: str, firm: Any) -> ExpectedHours:
    span = period(str(random_schedules.FIRST), str(random_schedules.LAST))
    return ExpectedHours(session_of(odoo_server, demo_db), span)


def differing(expected: ExpectedHours, windows: list[Any]) -> list[str]:
    """Every window where our hours are not Odoo's."""
    found = []
    for window in windows:
        ours = expected.of(window["employee"], period(window["first"], window["last"]))
        if ours is None or abs(ours - window["hours"]) > TOLERANCE_HOURS:
            name = expected.people[window["employee"]].name
            found.append(f"{name} {window['first']} to {window['last']}: {ours}, Odoo {window}")
    return found


def test_every_window_of_people_without_contract_dates_is_odoos(
    firm: Any, expected: ExpectedHours
) -> None:
    windows = firm["windows"]
    assert not differing(expected, windows)
    kinds = Counter(firm["calendars"][str(window["employee"])] for window in windows)
    hours = sum(window["hours"] for window in windows)
    print(f"{len(windows)} employee-windows equal, {hours:.2f} h, {firm['zones']} zones, {kinds}")
    assert len(firm["calendars"]) >= 40
    assert len(kinds) >= 12
    assert len(windows) >= 300


def test_reading_one_person_and_one_window_gives_the_same(
    firm: Any, expected: ExpectedHours
) -> None:
    windows = firm["edges"]
    for window in windows:
        ours = expected.read_alone(window["employee"], period(window["first"], window["last"]))
        assert ours == pytest.approx(window["hours"], abs=TOLERANCE_HOURS), window
    print(f"{len(windows)} employee-windows at the edges of leaves, read alone, equal")
    assert len(windows) == 30


def test_every_window_of_people_with_contracts_is_odoos(firm: Any, expected: ExpectedHours) -> None:
    windows = firm["contract_windows"]
    assert not differing(expected, windows)
    print(f"{len(windows)} employee-windows with contracts equal")
    assert sum(window["hours"] > 0 for window in windows) >= 80
    assert any(window["hours"] == 0 for window in windows)
    assert len(windows) >= 100


def test_after_a_change_of_hours_each_day_counts_by_the_calendar_of_its_time(
    firm: Any, expected: ExpectedHours
) -> None:
    windows = firm["moved_windows"]
    assert not differing(expected, windows)
    print(f"{len(windows)} employee-windows across or beside a change of hours equal")
    assert len(windows) >= 60


def test_nobody_can_say_what_is_expected_without_a_calendar(
    firm: Any, expected: ExpectedHours
) -> None:
    assert expected.of(firm["free"], period("2026-01-05", "2026-01-11")) is None
