"""Holds the rows of `timesheet_reminders` against Odoo's database and Odoo's own arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import psycopg
import pytest
from psycopg.rows import TupleRow

from .run_document import Reminders

Sql = psycopg.Connection[TupleRow]
COMPLETE_FROM = 0.95

ACTIVE = "SELECT id FROM hr_employee WHERE active AND company_id = %s"
LOGGED = """
    SELECT employee_id, date, sum(unit_amount) FROM account_analytic_line
    WHERE project_id IS NOT NULL AND holiday_id IS NULL AND global_leave_id IS NULL
      AND date BETWEEN %s AND %s AND employee_id IS NOT NULL
    GROUP BY 1, 2
"""


def assert_rows_add_up(document: Reminders, first: date, last: date) -> None:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for row in document.rows():
        assert (row.period_start, row.period_end) == (first, last)
        assert [day.date for day in row.days] == days
        assert sum(d.expected_hours for d in row.days) == pytest.approx(row.expected_hours, abs=0.1)
        assert row.missing_hours == round(max(0.0, row.expected_hours - row.logged_hours), 2)
        if row.status in ("complete", "missing"):
            enough = row.logged_hours >= round(row.expected_hours * COMPLETE_FROM, 2)
            assert (row.status == "complete") == enough, row
        else:
            assert row.expected_hours == 0, row


def assert_hours_equal_sql(document: Reminders, sql: Sql, first: date, last: date) -> None:
    logged = {(r[0], r[1]): r[2] for r in sql.execute(LOGGED, (first, last)).fetchall()}
    for row in document.rows():
        for day in row.days:
            stored = logged.get((row.employee_id, day.date), 0.0)
            assert day.logged_hours == pytest.approx(stored, abs=0.005), (row.employee, day)
        total = sum(logged.get((row.employee_id, day.date), 0.0) for day in row.days)
        assert row.logged_hours == pytest.approx(total, abs=0.01)
    hours = sum(row.logged_hours for row in document.rows())
    assert hours > 200
    print(
        f"{len(document.rows())} rows, {sum(len(row.days) for row in document.rows())} days, "
        f"{hours:g} logged hours equal SQL"
    )


def assert_rows_are_the_employees(document: Reminders, sql: Sql) -> None:
    companies = {row[0] for row in sql.execute("SELECT id FROM res_company").fetchall()}
    assert {scope.company_id for scope in document.scopes} == companies
    for scope in document.scopes:
        employees = sorted(row[0] for row in sql.execute(ACTIVE, (scope.company_id,)).fetchall())
        assert sorted(row.employee_id for row in scope.rows) == employees


def assert_expected_is_odoos(document: Reminders, odoo: Mapping[str, float | None]) -> None:
    for row in document.rows():
        hours = odoo[str(row.employee_id)]
        if hours is None:
            assert row.status == "not_measurable", row
        else:
            assert row.expected_hours == pytest.approx(hours, abs=0.02), row
    print(f"{len(document.rows())} expected hours equal Odoo's")
