"""`expense_exceptions` on a real Odoo: every row and every exception against SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import TupleRow, dict_row

from odoo_gateway.reader import Reader
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.expense_exceptions.job import JOB
from tasks.financial.expense_exceptions.policy import ExpensePolicy

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .inside import spent_expenses
from .inside_odoo import run_inside
from .odoo_server import OdooServer

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]
TODAY: Final = date.today()
# Of the limits that the SQL below repeats: of travel in euros alone, of meals, and of all else.
TRAVEL, MEAL, ELSE = 100, 60, 150
READER: Final = Bot("reader", READ_BY_THE_JOBS, ("hr.group_hr_manager",))
LOOKED_AT: Final = """
    SELECT e.id, e.company_id, e.name, e.employee_id, e.state, e.date, e.create_date,
           e.approval_date, e.total_amount, e.total_amount_currency, e.product_id,
           e.analytic_distribution, e.account_move_id, e.payment_mode, e.sale_order_id,
           coalesce(e.split_expense_origin_id, e.id) AS family,
           own.name AS currency, own.decimal_places AS places, companys.name AS company_currency,
           t.expense_policy, c.parent_path, m.state AS entry, m.payment_state, m.date AS booked
    FROM hr_expense e
    JOIN res_company k ON k.id = e.company_id
    JOIN res_currency own ON own.id = e.currency_id
    JOIN res_currency companys ON companys.id = k.currency_id
    LEFT JOIN product_product p ON p.id = e.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    LEFT JOIN product_category c ON c.id = t.categ_id
    LEFT JOIN account_move m ON m.id = e.account_move_id
    WHERE e.state <> 'refused'
"""
EXCEPTIONS: Final = f"""
WITH everything AS ({LOOKED_AT}),
looked_at AS (
    SELECT * FROM everything
    WHERE state IN ('draft', 'submitted', 'approved') OR date >= %(today)s::date - 90
),
files AS (
    SELECT res_id AS id, checksum FROM ir_attachment
    WHERE res_model = 'hr.expense' AND res_field IS NULL
),
projects AS (
    SELECT e.id, account,
           bool_and(NOT p.active OR p.last_update_status = 'done') AS closed,
           bool_or(p.active AND p.last_update_status <> 'done' AND p.allow_billable) AS billable
    FROM looked_at e, jsonb_object_keys(e.analytic_distribution) AS key,
         regexp_split_to_table(key, ',') AS account
    JOIN project_project p ON p.account_id = account::int
    GROUP BY e.id, account
)
SELECT id, 'over-limit' AS kind FROM looked_at WHERE CASE
    WHEN product_id = %(travel)s THEN currency = 'EUR' AND total_amount_currency > {TRAVEL}
    WHEN '/' || parent_path LIKE '%%/' || %(meals)s || '/%%' THEN total_amount > {MEAL}
    ELSE total_amount > {ELSE} END
UNION ALL
SELECT id, 'no-receipt' FROM looked_at e
WHERE NOT EXISTS (SELECT FROM files f WHERE f.id = e.id)
    AND NOT (currency = company_currency AND total_amount_currency < 5)
UNION ALL
SELECT DISTINCT e.id, 'duplicate-expense' FROM looked_at e JOIN everything o
    USING (employee_id, product_id, date, total_amount_currency, company_id, currency)
WHERE o.family <> e.family AND e.total_amount_currency <> 0
    AND (o.id < e.id OR o.id NOT IN (SELECT id FROM looked_at))
UNION ALL
SELECT DISTINCT e.id, 'same-receipt' FROM looked_at e
JOIN files f ON f.id = e.id JOIN files g ON g.checksum = f.checksum
JOIN everything o ON o.id = g.id AND o.company_id = e.company_id
WHERE o.family <> e.family AND (o.id < e.id OR o.id NOT IN (SELECT id FROM looked_at))
    AND (o.employee_id, o.product_id, o.date, o.total_amount_currency, o.currency)
        IS DISTINCT FROM
        (e.employee_id, e.product_id, e.date, e.total_amount_currency, e.currency)
UNION ALL
SELECT id, 'not-posted' FROM looked_at WHERE
    (state = 'approved' OR (state = 'posted' AND entry = 'draft'))
    AND coalesce(approval_date, create_date)::date < %(today)s::date - 7
UNION ALL
SELECT id, 'stale' FROM looked_at
WHERE state IN ('draft', 'submitted', 'approved') AND date < %(today)s::date - 30
    AND NOT (state = 'approved'
        AND coalesce(approval_date, create_date)::date < %(today)s::date - 7)
UNION ALL
SELECT DISTINCT id, 'closed-project' FROM projects WHERE closed
UNION ALL
SELECT DISTINCT id, 'non-billable-project' FROM projects WHERE NOT closed AND NOT billable
UNION ALL
SELECT id, 'on-no-order' FROM looked_at
WHERE state <> 'draft' AND expense_policy IN ('cost', 'sales_price') AND sale_order_id IS NULL
UNION ALL
SELECT id, 'not-reconciled' FROM looked_at e WHERE state IN ('in_payment', 'paid')
    AND coalesce(booked, create_date::date) < %(today)s::date - 30
    AND (entry IS NULL OR entry <> 'posted' OR payment_state = 'reversed'
        OR state = 'in_payment' OR EXISTS (
            SELECT FROM account_move_line l JOIN account_account a ON a.id = l.account_id
            WHERE l.move_id = e.account_move_id AND l.amount_residual <> 0
                AND a.account_type NOT IN ('asset_cash', 'liability_credit_card')))
"""
# What each expense that was made shows; those that are in order are left out.
SHOWN: Final[Mapping[str, set[str]]] = {
    "meal above": {"over-limit"},
    "travel in company money": {"on-no-order"},
    "travel in euros": {"over-limit", "on-no-order"},
    "meal in yen": {"over-limit"},
    "other above": {"over-limit"},
    "taxed": {"over-limit"},
    "edited": {"over-limit"},
    "of who left": {"over-limit"},
    "bare": {"no-receipt"},
    "old draft": {"stale"},
    "old submitted": {"stale"},
    "old approved": {"stale"},
    "late": {"not-posted"},
    "twice, second": {"duplicate-expense"},
    "twice, third": {"duplicate-expense"},
    "same file, second": {"same-receipt"},
    "on an archived project": {"closed-project"},
    "on a project that is done": {"closed-project"},
    "on an internal project": {"non-billable-project"},
    "by the company": {"not-reconciled"},
    "said to be paid": {"not-reconciled"},
    "cancelled": {"stale"},
    "entry is a draft": {"not-posted"},
}


@pytest.fixture(scope="module")
def made(odoo_server: OdooServer, demo_db: str) -> Mapping[str, Mapping[str, int]]:
    found: Mapping[str, Mapping[str, int]] = run_inside(
        odoo_server, demo_db, spent_expenses.build, today=str(TODAY)
    )
    return found


@pytest.fixture(scope="module")
def ids(made: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    """Of the expenses."""
    return made["expenses"]


@pytest.fixture(scope="module")
def limited(made: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    """Of what limits go by."""
    return made["limited"]


@pytest.fixture(scope="module")
def companies(sql: Sql, limited: Mapping[str, int]) -> Mapping[int, str]:
    """Their currencies."""
    asked = "SELECT k.id, c.name FROM res_company k JOIN res_currency c ON c.id = k.currency_id"
    return dict(sql.execute(asked).fetchall())


def policy(limited: Mapping[str, int], currency: str) -> ExpensePolicy:
    return ExpensePolicy.model_validate(
        {
            "limits": [
                {"amount": TRAVEL, "currency": "EUR", "product": limited["travel"]},
                {"amount": MEAL, "currency": currency, "category": limited["meals"]},
                {"amount": ELSE, "currency": currency},
            ],
            "receipt_from": {currency: 5},
        }
    )


def looked(
    server: OdooServer,
    database: str,
    limited: Mapping[str, int],
    companies: Mapping[int, str],
    *who: str,
) -> Mapping[int, Report]:
    now = datetime.now(UTC)
    moment = AsOf(now, ZoneInfo("UTC"), now)
    found = {}
    for company_id, currency in companies.items():
        reader = Reader(session_of(server, database, *who), company_id)
        found[company_id] = JOB.run(reader, moment, policy(limited, currency))
        assert reader.drift == []
    return found


@pytest.fixture(scope="module")
def reports(
    odoo_server: OdooServer, demo_db: str, limited: Mapping[str, int], companies: Mapping[int, str]
) -> Mapping[int, Report]:
    return looked(odoo_server, demo_db, limited, companies)


def wanted(sql: Sql, limited: Mapping[str, int]) -> set[tuple[int, str]]:
    values = {"today": str(TODAY), "travel": limited["travel"], "meals": str(limited["meals"])}
    return {(number, kind) for number, kind in sql.execute(EXCEPTIONS, values)}


def told(reports: Mapping[int, Report]) -> set[tuple[int, str]]:
    return {(f.record_id, f.kind) for report in reports.values() for f in report.findings}


def test_every_exception_is_what_the_tables_say(
    reports: Mapping[int, Report], sql: Sql, limited: Mapping[str, int]
) -> None:
    expected = wanted(sql, limited)
    assert told(reports) == expected
    kinds = {kind for _, kind in expected}
    assert kinds == set(JOB.handed_in)
    print(f"{len(expected)} exceptions of {len(kinds)} kinds equal SQL")


def test_every_row_is_what_the_tables_say(reports: Mapping[int, Report], sql: Sql) -> None:
    late = "AND (e.state IN ('draft', 'submitted', 'approved') OR e.date >= %s::date - 90)"
    with sql.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(f"{LOOKED_AT} {late}", [str(TODAY)]).fetchall()
    rows = {row["expense_id"]: row for report in reports.values() for row in report.rows}
    assert rows.keys() == {known["id"] for known in found}
    for known in found:
        row = rows[known["id"]]
        places = Decimal(1).scaleb(-known["places"])
        assert row["expense"] == known["name"]
        assert row["employee_id"] == known["employee_id"]
        assert row["spent_on"] == str(known["date"])
        assert row["age_days"] == max((TODAY - known["date"]).days, 0)
        assert Decimal(row["amount"]) == known["total_amount_currency"].quantize(places)
        assert row["currency"] == known["currency"]
        assert row["stage"] == {"in_payment": "paid"}.get(known["state"], known["state"])
    print(f"{len(rows)} rows equal SQL")


def test_each_expense_shows_what_it_was_made_for(
    reports: Mapping[int, Report], ids: Mapping[str, int]
) -> None:
    names = {number: name for name, number in ids.items()}
    found: dict[str, set[str]] = {}
    for number, kind in told(reports):
        if number in names:
            found.setdefault(names[number], set()).add(kind)
    assert found == SHOWN


def test_the_amounts_are_those_of_the_tables(
    reports: Mapping[int, Report], sql: Sql, limited: Mapping[str, int]
) -> None:
    with sql.cursor(row_factory=dict_row) as cursor:
        known = {row["id"]: row for row in cursor.execute(LOOKED_AT).fetchall()}
    sums: dict[tuple[int, str, str], Decimal] = {}
    for number, kind in wanted(sql, limited):
        expense = known[number]
        key = expense["company_id"], kind, expense["currency"]
        sums[key] = sums.get(key, Decimal(0)) + expense["total_amount_currency"]
    measured = {
        (company_id, m.labels["kind"], m.labels["currency"]): m.value
        for company_id, report in reports.items()
        for m in report.measures
        if m.name == "expense_exceptions_amount"
    }
    assert measured == {key: pytest.approx(float(amount)) for key, amount in sums.items()}


def test_odoos_own_duplicates_are_ours(
    odoo_server: OdooServer,
    demo_db: str,
    reports: Mapping[int, Report],
    ids: Mapping[str, int],
) -> None:
    """`duplicate_expense_ids` holds the expense itself too, where it has any."""
    session = session_of(odoo_server, demo_db)
    fields = ["duplicate_expense_ids", "same_receipt_expense_ids"]
    rows = session.call("hr.expense", "read", sorted(ids[n] for n in SHOWN), fields)
    by_id = {row["id"]: row for row in rows}
    third, second = ids["twice, third"], ids["twice, second"]
    assert {second, ids["twice, first"]} <= {*by_id[third]["duplicate_expense_ids"]}
    same = by_id[ids["same file, second"]]["same_receipt_expense_ids"]
    assert same == [ids["same file, first"]]


def test_who_may_only_read_sees_the_same(
    odoo_server: OdooServer,
    demo_db: str,
    reports: Mapping[int, Report],
    limited: Mapping[str, int],
    companies: Mapping[int, str],
) -> None:
    bots.make(odoo_server, demo_db, READER)
    seen = looked(odoo_server, demo_db, limited, companies, READER.login, READER.password)
    assert told(seen) == told(reports)
