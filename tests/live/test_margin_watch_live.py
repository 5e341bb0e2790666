"""`margin_watch` on a real Odoo: every row against SQL, and against Odoo's own project panel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import TupleRow

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.margin_watch.job import JOB

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .counted_calls import Counting
from .gateway import session_of
from .inside import margin_cases
from .inside_odoo import run_inside
from .margins_by_sql import Known, margins, rounded
from .odoo_server import OdooServer
from .orders_by_sql import lines_of_project
from .project_panel import SECTIONS

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]
TODAY: Final = date.today()
PLANNED: Final = Decimal(40)
POLICY: Final = JOB.policy.model_validate({"planned_margin_percent": PLANNED})
READER: Final = Bot("reader", READ_BY_THE_JOBS)
# Who sees all hours and no books, by the groups that Odoo comes with.
OF_HOURS: Final = Bot(
    "of_hours",
    (),
    (
        "hr_timesheet.group_timesheet_manager",
        "project.group_project_manager",
        "sales_team.group_sale_salesman_all_leads",
        "hr_expense.group_hr_expense_user",
    ),
)
# What each project was made for: its state, and the gap in words where it has one.
SHOWN: Final[Mapping[str, str]] = {
    "nobody says": "nobody says how much of its fixed price is done",
    "hours without cost": "hours have no cost",
    "no account": "the project has no analytic account",
    "shares": "it shares its analytic account",
    "shares too": "it shares its analytic account",
}


@pytest.fixture(scope="module")
def made(odoo_server: OdooServer, demo_db: str) -> Mapping[int, Mapping[str, int]]:
    """Projects by company and what they show."""
    found: Mapping[str, Mapping[str, int]] = run_inside(odoo_server, demo_db, margin_cases.build)
    return {int(company): projects for company, projects in found.items()}


def look(session: Session, company_id: int) -> Report:
    now = datetime.now(UTC)
    reader = Reader(session, company_id)
    report = JOB.run(reader, AsOf(now, ZoneInfo("UTC"), now), POLICY)
    assert reader.drift == []
    return report


@pytest.fixture(scope="module")
def reports(
    odoo_server: OdooServer, demo_db: str, made: Mapping[int, Mapping[str, int]]
) -> Mapping[int, Report]:
    session = session_of(odoo_server, demo_db)
    return {company: look(session, company) for company in made}


def by_sql(sql: Sql, company: int) -> Mapping[int, Known]:
    return margins(sql, company, TODAY, PLANNED, POLICY.update_holds_days)


def amount(told: str | None) -> Decimal | None:
    return None if told is None else Decimal(told)


def test_every_row_is_what_the_tables_say(reports: Mapping[int, Report], sql: Sql) -> None:
    compared = whole = foreseen = 0
    for company, report in reports.items():
        known = by_sql(sql, company)
        rows = {row["project_id"]: row for row in report.rows}
        assert rows.keys() == known.keys()
        for number, row in rows.items():
            is_so = known[number]
            assert row["project"] == is_so.name
            expected = {
                "sold": is_so.sold,
                "earned": is_so.earned,
                "billed": is_so.billed,
                "recognised": is_so.recognised,
                "cost_of_hours": is_so.cost_of_hours,
                "purchases": is_so.purchases,
                "expenses": is_so.expenses,
                "waiting_expenses": is_so.waiting,
                "planned_cost": is_so.planned,
                "cost_at_completion": is_so.at_completion,
            }
            cost = is_so.cost_of_hours + (is_so.purchases or 0) + (is_so.expenses or 0)
            margin = None if is_so.earned is None or not is_so.is_whole else is_so.earned - cost
            for name, value in {**expected, "margin": margin}.items():
                told = amount(row[name])
                assert (told is None) == (value is None), (row["project"], name, told, value)
                if told is not None and value is not None:
                    assert told == rounded(value), (row["project"], name, told, value)
                    compared += 1
            assert (row["status"] != "not_verifiable") == is_so.is_whole, row
            assert row["hours"] == pytest.approx(float(is_so.hours), abs=0.005)
            assert row["uncosted_hours"] == pytest.approx(float(is_so.uncosted), abs=0.005)
            whole += is_so.is_whole
            foreseen += is_so.at_completion is not None
    total = sum(len(report.rows) for report in reports.values())
    assert total > 80
    assert foreseen > 40
    print(f"{total} projects, {compared} amounts equal SQL; {whole} whole, {foreseen} foreseen")


def test_each_project_shows_what_it_was_made_for(
    reports: Mapping[int, Report], made: Mapping[int, Mapping[str, int]]
) -> None:
    for company, projects in made.items():
        rows = {row["project_id"]: row for row in reports[company].rows}
        assert projects["archived"] not in rows
        for name, number in projects.items():
            if name == "archived":
                continue
            reason = SHOWN.get(name)
            assert (rows[number]["status"] == "not_verifiable") == bool(reason), rows[number]
            if reason:
                assert reason in str(rows[number]["reason"])


def test_what_is_told_is_what_the_steps_say(
    reports: Mapping[int, Report], made: Mapping[int, Mapping[str, int]]
) -> None:
    """27 of 30 hours in advance are 90 %; 400 of 1,100 invoiced are deferred."""
    for company, projects in made.items():
        told = {(f.record_id, f.kind): f for f in reports[company].findings}
        assert told[projects["ahead"], "used-up"].bands == (1,)
        deferred = told[projects["deferred"], "not-recognised"]
        assert (deferred.amount, deferred.bands) == (Decimal("400.00"), (2,))
        # 30 hours at 55.50 of 9,999 planned at 5,999.40.
        assert (projects["as its manager says"], "erosion") not in told


def test_the_panel_of_odoo_has_the_same_costs_and_invoices(
    odoo_server: OdooServer,
    demo_db: str,
    reports: Mapping[int, Report],
    made: Mapping[int, Mapping[str, int]],
    sql: Sql,
) -> None:
    """Where Odoo counts no lines of other projects, and no entries that are neither bill nor hour.

    It knows no account of several projects, and shows of what is deferred the invoice alone.
    """
    session = session_of(odoo_server, demo_db)
    costs = invoices = 0
    for company, projects in made.items():
        rows = {row["project_id"]: row for row in reports[company].rows}
        ours = by_sql(sql, company)
        left_out = {projects[name] for name in ("shares", "shares too", "no account")}
        for number in sorted({*projects.values()} - left_out - {projects["archived"]}):
            panel = told_by_panel(session, number)
            row, known = rows[number], ours[number]
            spent = known.cost_of_hours + (known.purchases or 0) + (known.expenses or 0)
            if number != projects["entered"]:
                assert -panel["billed"] == rounded(spent), (row["project"], panel, spent)
                costs += 1
            if len(lines_of_project(sql, number)) and row["status"] != "not_verifiable":
                assert panel["invoiced"] == Decimal(row["billed"]), (row["project"], panel)
                invoices += 1
    assert costs > 30
    assert invoices > 4
    print(f"costs of {costs} projects and invoices of {invoices} equal Odoo's panel")


def told_by_panel(session: Session, project_id: int) -> Mapping[str, Decimal]:
    """What costs are billed, and what of order lines is invoiced."""
    panel: Any = session.call("project.project", "get_panel_data", [project_id])
    items = panel["profitability_items"]
    billed = [each["billed"] for each in items["costs"]["data"]]
    sections = [each for each in items["revenues"]["data"] if each["id"] in SECTIONS]
    invoiced = [each["invoiced"] for each in sections]
    return {
        "billed": sum((money(each) for each in billed), Decimal(0)),
        "invoiced": sum((money(each) for each in invoiced), Decimal(0)),
    }


def money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.01"))


def test_who_may_only_read_sees_the_same(
    odoo_server: OdooServer, demo_db: str, reports: Mapping[int, Report]
) -> None:
    bots.make(odoo_server, demo_db, READER)
    session = session_of(odoo_server, demo_db, READER.login, READER.password)
    for company, report in reports.items():
        seen = look(session, company)
        assert seen.rows == report.rows
        assert seen.not_verifiable == report.not_verifiable


def test_who_sees_hours_and_no_books_is_told_no_margin(
    odoo_server: OdooServer, demo_db: str, reports: Mapping[int, Report]
) -> None:
    """Odoo hides what is booked from whoever administers timesheets, without a word."""
    bots.make(odoo_server, demo_db, OF_HOURS)
    session = session_of(odoo_server, demo_db, OF_HOURS.login, OF_HOURS.password)
    for company in reports:
        seen = look(session, company)
        assert {row["margin"] for row in seen.rows} == {None}
        assert {row["purchases"] for row in seen.rows} == {None}


def test_calls_do_not_grow_with_the_firm(
    odoo_server: OdooServer, demo_db: str, made: Mapping[int, Mapping[str, int]]
) -> None:
    """What a look asks when it knows the database, but for further pages."""
    counted = []
    for company in made:
        session = session_of(odoo_server, demo_db)
        look(session, company)
        counting = session.transport = Counting(session.transport)
        report = look(session, company)
        counted.append((len(report.rows), counting.calls - counting.pages))
    print(f"projects and calls by company: {counted}")
    assert max(calls for _, calls in counted) <= 45
