"""`fleet run timesheet_reminders` on a real Odoo: its document against SQL, and leave both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from odoo_gateway.reader import Reader
from tasks.records.timesheets import TimesheetLine

from . import bots
from .bots import HISTORY, READ_BY_THE_JOBS, Bot
from .fleet_command import Fleet
from .gateway import session_of
from .inside import leave_week
from .inside_odoo import run_inside
from .missing_modules import database_without
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .reminders_by_sql import (
    assert_expected_is_odoos,
    assert_hours_equal_sql,
    assert_rows_add_up,
    assert_rows_are_the_employees,
)
from .run_document import ReminderRow, Reminders

pytestmark = pytest.mark.live

NOT_VERIFIABLE = 5

Sql = psycopg.Connection[TupleRow]
# Odoo shows contract dates to HR managers and the days of versions to HR officers only.
HR_READER = Bot("hr_reader", (*READ_BY_THE_JOBS, HISTORY), ("hr.group_hr_manager",))
READER = Bot("reader", READ_BY_THE_JOBS)
BLIND_READER = Bot("blind_reader", (*READ_BY_THE_JOBS, HISTORY))

# What everybody is about: status, and the days of the week that are left to work, from Monday.
SHOWN: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "whole week booked": ("no_expected_hours", ()),
    "whole week off": ("no_expected_hours", ()),
    "closed week booked": ("no_expected_hours", ()),
    "closed week off": ("no_expected_hours", ()),
    "two days booked": ("missing", (0, 3, 4)),
    "two days off": ("missing", (0, 3, 4)),
    "holiday booked": ("missing", (0, 1, 2)),
    "holiday off": ("missing", (0, 1, 2)),
    "two days booked and the rest logged": ("complete", (0, 3, 4)),
    "two days booked and two logged": ("missing", (0, 3, 4)),
    "two days asked for": ("missing", (0, 1, 2, 3, 4)),
    "two days refused": ("missing", (0, 1, 2, 3, 4)),
    "two days of training": ("missing", (0, 1, 2, 3, 4)),
    "lent to the other company": ("complete", (0, 1, 2, 3, 4)),
    "more than expected": ("complete", (0, 1, 2, 3, 4)),
    "costs without a project": ("missing", (0, 1, 2, 3, 4)),
    "nothing logged at all": ("missing", (0, 1, 2, 3, 4)),
}
LEAVE_LINES = """
    SELECT count(*) FROM account_analytic_line
    WHERE employee_id = %s AND (holiday_id IS NOT NULL OR global_leave_id IS NOT NULL)
"""
LEAVE_FIELDS = ("holiday_id", "global_leave_id")
BUSIEST_WEEK = """
    SELECT date_trunc('week', date)::date FROM account_analytic_line
    WHERE project_id IS NOT NULL AND date < date_trunc('week', current_date - 2)
    GROUP BY 1 ORDER BY sum(unit_amount) DESC LIMIT 1
"""


@pytest.fixture(scope="module")
def monday(sql: Sql) -> date:
    """Of the week in which the demo firm logged most, of those whose next Wednesday has come."""
    found = sql.execute(BUSIEST_WEEK).fetchone()
    assert found is not None
    day: date = found[0]
    return day


@pytest.fixture(scope="module")
def people(odoo_server: OdooServer, demo_db: str, monday: date) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(odoo_server, demo_db, leave_week.build, monday=str(monday))
    return made


@pytest.fixture(scope="module")
def fleet(
    odoo_server: OdooServer,
    demo_db: str,
    people: Mapping[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Fleet:
    bots.make(odoo_server, demo_db, HR_READER, READER, BLIND_READER)
    folder = tmp_path_factory.mktemp("reminders")
    return Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD)


def reminders(fleet: Fleet, *arguments: str) -> Reminders:
    told = fleet.run("timesheet_reminders", *arguments)
    assert told.code == 0, told.err
    return Reminders.model_validate_json(told.out)


@pytest.fixture(scope="module")
def document(fleet: Fleet, monday: date) -> Reminders:
    return reminders(fleet, "--as-of", str(monday + timedelta(days=9)))


def row_of(document: Reminders, employee_id: int) -> ReminderRow:
    (found,) = [row for row in document.rows() if row.employee_id == employee_id]
    return found


def test_the_rows_are_the_active_employees_of_each_company(document: Reminders, sql: Sql) -> None:
    assert_rows_are_the_employees(document, sql)


def test_every_logged_hour_of_the_week_is_that_of_the_database(
    document: Reminders, sql: Sql, monday: date
) -> None:
    assert_rows_add_up(document, monday, monday + timedelta(days=6))
    assert_hours_equal_sql(document, sql, monday, monday + timedelta(days=6))


@pytest.fixture(scope="module")
def asked(monday: date) -> tuple[date, date]:
    """A period that is not a week and does not start on a Monday."""
    return monday - timedelta(days=12), monday + timedelta(days=10)


def test_a_period_that_was_asked_for_is_judged_instead_and_odoo_expects_the_same(
    fleet: Fleet, document: Reminders, sql: Sql, odoo_server: OdooServer, asked: tuple[date, date]
) -> None:
    first, last = asked
    found = reminders(fleet, "--from", str(first), "--to", str(last))
    assert_rows_are_the_employees(found, sql)
    assert_rows_add_up(found, first, last)
    assert_hours_equal_sql(found, sql, first, last)
    week = document.rows()[0].period_start, document.rows()[0].period_end
    periods = [[str(day) for day in period] for period in (week, asked)]
    expected = run_inside(odoo_server, fleet.database, leave_week.expected, periods=periods)
    assert_expected_is_odoos(document, expected[0])
    assert_expected_is_odoos(found, expected[1])


def test_each_missing_row_has_one_finding_and_no_other_row_has(document: Reminders) -> None:
    rows = {row.key: row for row in document.rows()}
    missing = {key: row for key, row in rows.items() if row.status == "missing"}
    found = [finding.key for finding in document.findings() if finding.key in rows]
    assert sorted(found) == sorted(missing)
    measured = sum(
        m.value for s in document.scopes for m in s.measures if m.name == "timesheet_missing_hours"
    )
    assert measured == pytest.approx(sum(row.missing_hours for row in missing.values()))
    print(f"{len(missing)} findings for {len(missing)} of {len(document.rows())} rows")


def test_the_weeks_looked_back_on_have_one_finding_each(document: Reminders, monday: date) -> None:
    found = [finding.key for finding in document.findings()]
    assert len(set(found)) == len(found)
    weeks = {key[-10:] for key in found}
    # As of the Wednesday after: that week, the one before it, and seven more.
    assert weeks <= {str(monday + timedelta(weeks=1 - ago)) for ago in range(9)}
    assert len(weeks) > 1
    print(f"{len(found)} findings of {len(weeks)} weeks")


def test_what_this_odoo_does_not_tell_of_approval_is_said(document: Reminders) -> None:
    assert all("approved hours" in [n.check for n in s.not_verifiable] for s in document.scopes)
    assert {row.approved_hours for row in document.rows()} == {None}
    assert all(row.counted_hours == row.logged_hours for row in document.rows())


@pytest.mark.parametrize("name", SHOWN)
def test_leave_and_holidays_take_their_hours_once(
    name: str, document: Reminders, people: Mapping[str, int], monday: date
) -> None:
    status, days_left = SHOWN[name]
    row = row_of(document, people[name])
    assert row.status == status
    assert [day.expected_hours for day in row.days] == [
        8.0 if number in days_left else 0.0 for number in range(7)
    ]
    findings = [f for f in document.findings() if f.key == row.key]
    assert len(findings) == (status == "missing")
    for finding in findings:
        named = [f"{monday + timedelta(days=n):%a %d %b}" in finding.reason for n in range(7)]
        short = [day.expected_hours > day.logged_hours for day in row.days]
        assert named == short, finding.reason


def test_a_morning_of_leave_leaves_the_afternoon(
    document: Reminders, people: Mapping[str, int]
) -> None:
    row = row_of(document, people["a morning booked"])
    assert [day.expected_hours for day in row.days] == [8, 8, 8, 4, 8, 0, 0]


def test_what_is_called_booked_has_timesheet_lines_and_what_is_called_off_has_none(
    people: Mapping[str, int], sql: Sql
) -> None:
    lines = {n: sql.execute(LEAVE_LINES, (people[n],)).fetchone() for n in SHOWN}
    booked = [n for n in SHOWN if "booked" in n]
    assert all(lines[n] != (0,) for n in booked), lines
    assert all(lines[n] == (0,) for n in SHOWN if n not in booked), lines


def test_people_that_nobody_can_judge_are_rows_too(
    document: Reminders, people: Mapping[str, int]
) -> None:
    assert row_of(document, people["no calendar"]).status == "not_measurable"
    assert people["gone"] not in [row.employee_id for row in document.rows()]


def test_a_dry_run_leaves_nothing_behind(fleet: Fleet, document: Reminders) -> None:
    assert list(Path(fleet.folder).iterdir()) == []


def test_a_user_who_reads_and_manages_people_sees_what_the_administrator_sees(
    fleet: Fleet, document: Reminders, monday: date
) -> None:
    as_of = str(monday + timedelta(days=9))
    assert reminders(HR_READER.instead_of(fleet), "--as-of", as_of) == document
    print(f"{len(document.rows())} rows equal for {HR_READER.login} and {fleet.login}")


@pytest.mark.parametrize("bot", [READER, BLIND_READER], ids=lambda bot: bot.login)
def test_without_contract_dates_nothing_is_expected_of_anybody(
    bot: Bot, fleet: Fleet, document: Reminders, monday: date
) -> None:
    """Who left, or came, in that week was asked for days on which they were not employed."""
    as_of = str(monday + timedelta(days=9))
    told = bot.instead_of(fleet).run("timesheet_reminders", "--as-of", as_of)
    assert told.code == NOT_VERIFIABLE, told.err
    scopes = json.loads(told.out)["scopes"]
    rows = [row for scope in scopes for row in scope["rows"]]
    assert {row["expected_hours"] for row in rows} == {None}
    for row in rows:
        assert row["logged_hours"] == row_of(document, row["employee_id"]).logged_hours
    for scope in scopes:
        assert "calendar history" in {gap["check"] for gap in scope["not_verifiable"]}
        assert {finding["key"] for finding in scope["findings"]} == {"not-verifiable"}


def test_without_the_module_that_books_leave_as_hours_leave_takes_its_hours_once(
    fleet: Fleet, odoo_server: OdooServer, monday: date
) -> None:
    with database_without(odoo_server, "project_timesheet_holidays") as bare:
        people = run_inside(odoo_server, bare, leave_week.build_without_lines, monday=str(monday))
        found = reminders(replace(fleet, database=bare), "--as-of", str(monday + timedelta(days=9)))
        session = session_of(odoo_server, bare)
        assert all(Reader(session, 1).lacks(TimesheetLine, field) for field in LEAVE_FIELDS)
        with psycopg.connect(odoo_server.pg_dsn(bare)) as sql:
            lines = [sql.execute(LEAVE_LINES, (person,)).fetchone() for person in people.values()]
    assert set(lines) == {(0,)}
    told = {name: row_of(found, people[name]) for name in people if name in SHOWN}
    assert {name: row.status for name, row in told.items()} == {n: SHOWN[n][0] for n in told}
    for name, row in told.items():
        left = [8.0 if number in SHOWN[name][1] else 0.0 for number in range(7)]
        assert [day.expected_hours for day in row.days] == left
    print(f"{len(told)} people on leave, no line of it: as with project_timesheet_holidays")


MADE = """
    UPDATE account_analytic_line SET create_date = %s
    WHERE date BETWEEN %s AND %s AND (employee_id = %s OR %s)
"""


def test_compliance_stays_that_of_the_deadline_however_late_the_hours_come(
    fleet: Fleet, people: Mapping[str, int], monday: date, sql: Sql
) -> None:
    """The deadline is Friday at 17:00; Odoo keeps when a line was made, and we write that here."""
    one, week = people["more than expected"], (monday, monday + timedelta(days=6))
    found = []
    for made, all_of_them in ((4, True), (5, False)):
        sql.execute(MADE, (monday + timedelta(days=made), *week, one, all_of_them))
        for ago in (7, 10):
            document = reminders(fleet, "--as-of", str(monday + timedelta(days=ago)))
            (scope,) = (s for s in document.scopes if one in [row.employee_id for row in s.rows])
            assert row_of(document, one).status == "complete"
            asked = sum(row.status in ("complete", "missing") for row in scope.rows)
            (ratio,) = (m for m in scope.measures if m.name == "timesheet_compliance_ratio")
            found.append(round(float(ratio.value) * asked, 2))
    print(f"on time of {asked}: {found[:2]} with all made on Friday, {found[2:]} with one too late")
    assert found == pytest.approx([found[0], found[0], found[0] - 1, found[0] - 1], abs=0.01)
    assert found[0] >= 2
