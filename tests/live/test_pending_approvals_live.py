"""`fleet run pending_approvals` on a real Odoo: every row against SQL, and who is told instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import TupleRow, dict_row

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .fleet_command import Fleet
from .inside import waiting_expenses
from .inside_odoo import run_inside
from .missing_modules import database_without
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .run_document import Pending, PendingRow

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]
TODAY = date.today()
NOT_VERIFIABLE = 5
ALL_APPROVER = Bot("all_approver", (), ("hr_expense.group_hr_expense_user",))
READER = Bot("reader", READ_BY_THE_JOBS)
WAITING = """
    SELECT e.id AS record_id, e.company_id, e.name AS what, e.employee_id AS submitter_id,
           e.total_amount AS amount, c.name AS currency, p.name AS approver,
           min(a.create_date) AS submitted,
           (coalesce(min(a.create_date), e.create_date)
               AT TIME ZONE 'UTC' AT TIME ZONE w.tz)::date AS since,
           (now() AT TIME ZONE w.tz)::date AS today
    FROM hr_expense e
    JOIN res_company k ON k.id = e.company_id
    JOIN resource_calendar w ON w.id = k.resource_calendar_id
    JOIN res_currency c ON c.id = k.currency_id
    LEFT JOIN res_users u ON u.id = e.manager_id
    LEFT JOIN res_partner p ON p.id = u.partner_id
    LEFT JOIN mail_activity a ON a.res_model = 'hr.expense' AND a.res_id = e.id
        AND a.automated AND a.active
    WHERE e.state = 'submitted'
    GROUP BY e.id, c.name, p.name, w.tz
"""
SHOWN: Mapping[str, str] = {
    "young": "waiting",
    "a week old": "waiting",
    "old": "waiting",
    "own": "self_approval",
    "no approver": "no_approver",
    "approver without an employee": "approver_unknown",
    "approver away": "approver_away",
    "dollars": "waiting",
    "no activity": "waiting",
}


@pytest.fixture(scope="module")
def expenses(odoo_server: OdooServer, demo_db: str) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(
        odoo_server, demo_db, waiting_expenses.build, today=str(TODAY)
    )
    return made


@pytest.fixture(scope="module")
def fleet(
    odoo_server: OdooServer,
    demo_db: str,
    expenses: Mapping[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Fleet:
    bots.make(odoo_server, demo_db, ALL_APPROVER, READER)
    folder = tmp_path_factory.mktemp("approvals")
    return Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD)


def pending(fleet: Fleet) -> Pending:
    told = fleet.run("pending_approvals")
    assert told.code == 0, told.err
    return Pending.model_validate_json(told.out)


@pytest.fixture(scope="module")
def document(fleet: Fleet) -> Pending:
    return pending(fleet)


@pytest.fixture(scope="module")
def by_name(document: Pending, expenses: Mapping[str, int]) -> Mapping[str, PendingRow]:
    rows = {row.record_id: row for row in document.rows()}
    return {name: rows[number] for name, number in expenses.items() if number in rows}


def test_the_rows_are_what_the_tables_say_is_submitted(document: Pending, sql: Sql) -> None:
    with sql.cursor(row_factory=dict_row) as cursor:
        wanted = {row["record_id"]: row for row in cursor.execute(WAITING)}
    rows = {row.record_id: row for row in document.rows()}
    assert rows.keys() == wanted.keys()
    assert len(rows) >= len(SHOWN)
    for number, row in rows.items():
        known = wanted[number]
        assert (row.kind, row.model) == ("expense", "hr.expense")
        assert (row.what, row.submitter_id) == (known["what"], known["submitter_id"])
        assert (row.amount and Decimal(row.amount)) == known["amount"].quantize(Decimal("0.01"))
        assert row.currency == known["currency"]
        assert row.approver == (known["approver"] or "")
        assert row.since == known["since"]
        assert row.since_basis == ("submitted" if known["submitted"] else "entered")
        assert row.waiting_days == (known["today"] - row.since).days
    print(f"{len(rows)} rows equal SQL")


def test_each_company_has_its_own(document: Pending, sql: Sql) -> None:
    with sql.cursor(row_factory=dict_row) as cursor:
        wanted = {(row["company_id"], row["record_id"]) for row in cursor.execute(WAITING)}
    assert {
        (scope.company_id, row.record_id) for scope in document.scopes for row in scope.rows
    } == wanted


def test_each_reason_why_somebody_else_decides_is_found(
    by_name: Mapping[str, PendingRow],
) -> None:
    assert {name: row.status for name, row in by_name.items()} == SHOWN
    assert by_name["own"].decider == "Boss of Sue"
    assert by_name["no approver"].decider == "delivery"
    assert by_name["young"].decider == "Boss of Sue"


def test_a_finding_for_each_tells_where_to_decide(
    document: Pending, expenses: Mapping[str, int]
) -> None:
    findings = {found.record_id: found for found in document.findings()}
    assert findings.keys() == {row.record_id for row in document.rows()}
    own = findings[expenses["own"]]
    assert own.key == f"expense-{expenses['own']}"
    assert own.url.endswith(f"/odoo/hr.expense/{expenses['own']}")
    assert "cannot approve what they submitted" in own.reason


def test_the_money_held_up_is_what_the_tables_add_up_to(document: Pending, sql: Sql) -> None:
    sums = sql.execute(
        "SELECT company_id, sum(total_amount) FROM hr_expense WHERE state = 'submitted' GROUP BY 1"
    ).fetchall()
    told = {
        scope.company_id: m.value
        for scope in document.scopes
        for m in scope.measures
        if m.name == "approvals_amount"
    }
    assert told == {company: pytest.approx(float(amount)) for company, amount in sums}


@pytest.mark.parametrize("bot", [ALL_APPROVER, READER], ids=lambda bot: bot.login)
def test_lesser_users_see_what_waits_and_who_decides_is_withheld(bot: Bot, fleet: Fleet) -> None:
    """Without past schedules nobody can tell who is there to decide, nor since when."""
    told = bot.instead_of(fleet).run("pending_approvals")
    assert told.code == NOT_VERIFIABLE, told.err
    scopes = json.loads(told.out)["scopes"]
    seen = [row for scope in scopes for row in scope["rows"]]
    whole = [
        row
        for scope in json.loads(fleet.run("pending_approvals").out)["scopes"]
        for row in scope["rows"]
    ]
    names = ("record_id", "approver", "since", "since_basis", "waiting_days", "amount")
    known = [[row[name] for name in names] for row in whole]
    assert [[row[name] for name in names] for row in seen] == known
    assert {(row["status"], row["decider"]) for row in seen} == {("not_verifiable", None)}
    for scope in scopes:
        assert "calendar history" in {gap["check"] for gap in scope["not_verifiable"]}
        assert {finding["key"] for finding in scope["findings"]} == {"not-verifiable"}


def test_without_expenses_they_are_not_verifiable(odoo_server: OdooServer, fleet: Fleet) -> None:
    with database_without(odoo_server, "hr_expense") as bare:
        told = pending(Fleet(fleet.folder, odoo_server.url, bare, LOGIN, PASSWORD))
    for scope in told.scopes:
        assert scope.rows == []
        assert "submitted expenses" in {gap.check for gap in scope.not_verifiable}
