"""`fleet run invoice_readiness` on a real Odoo: its document against SQL and Odoo's project panel.

The panel (`project.project.get_panel_data`) leaves out lines with nothing to invoice and nothing
invoiced, keeps re-invoiced expenses in a section of their own, and converts to the project's
currency; so our lines are filtered the same way and projects that sell in another currency are
passed over. Down payments are negative in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import TupleRow

from odoo_gateway.reader import Reader
from tasks.domain import money
from tasks.reads.drafts import with_invoices
from tasks.reads.orders import read_orders

from . import bots, orders_by_sql, project_panel
from .bots import READ_BY_THE_JOBS, Bot
from .fleet_command import Fleet
from .gateway import session_of
from .inside import billing_cases, invoice_wizard
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .orders_by_sql import StoredOrder
from .run_document import DECIMALS, Readiness, ReadinessRow, has_decimals_of

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]
CAPITAL_PERCENT = 8
SELLER = Bot("seller", READ_BY_THE_JOBS, ("sales_team.group_sale_salesman",))
READER = Bot("reader", READ_BY_THE_JOBS)
DISPUTED = (
    *("tax included, none ordered", "tax included, one ordered"),
    *("discount on the invoice alone", "milestone billed, hours since", "hours of a day to come"),
)


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, demo_db: str) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(odoo_server, demo_db, billing_cases.build)
    return made


@pytest.fixture(scope="module")
def fleet(
    odoo_server: OdooServer,
    demo_db: str,
    orders: Mapping[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Fleet:
    bots.make(odoo_server, demo_db, SELLER, READER)
    folder = tmp_path_factory.mktemp("readiness")
    return Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD)


def readiness(fleet: Fleet) -> Readiness:
    told = fleet.run("invoice_readiness", "--as-of", str(date.today()))
    assert told.code == 0, told.out
    return Readiness.model_validate_json(told.out)


@pytest.fixture(scope="module")
def document(fleet: Fleet) -> Readiness:
    return readiness(fleet)


@pytest.fixture(scope="module")
def stored(
    sql: Sql, orders: Mapping[str, int], document: Readiness, odoo_server: OdooServer, demo_db: str
) -> Mapping[int, StoredOrder]:
    told = run_inside(odoo_server, demo_db, invoice_wizard.billed_now)
    return orders_by_sql.confirmed_orders(sql, document.as_of, orders_by_sql.as_amounts(told))


@pytest.fixture(scope="module")
def agreed(document: Readiness, orders: Mapping[str, int]) -> list[ReadinessRow]:
    """The rows of all orders but those that are disputed."""
    disputed = {orders[name] for name in DISPUTED}
    return [row for row in document.rows() if row.sale_order_id not in disputed]


def row_of(document: Readiness, order_id: int) -> ReadinessRow:
    (found,) = [row for row in document.rows() if row.sale_order_id == order_id]
    return found


def rounded(currency: str, amount: Decimal) -> Decimal:
    return money.Currency(currency, DECIMALS.get(currency, 2)).round(amount)


def test_the_rows_are_the_orders_with_something_to_bill(
    document: Readiness, stored: Mapping[int, StoredOrder]
) -> None:
    for scope in document.scopes:
        expected = [
            order.order_id
            for order in stored.values()
            if order.company_id == scope.company_id and order.concerns_finance
        ]
        assert sorted(row.sale_order_id for row in scope.rows) == sorted(expected)
        assert not scope.drift
    print(f"{len(document.rows())} of {len(stored)} confirmed orders have a row, by SQL too")


def test_each_order_is_named_and_priced_as_in_the_database(
    agreed: list[ReadinessRow], stored: Mapping[int, StoredOrder]
) -> None:
    for row in agreed:
        order = stored[row.sale_order_id]
        assert (row.sale_order, row.partner_id) == (order.name, order.partner_id)
        assert (row.currency, Decimal(row.amount)) == (order.currency, order.amount), row
        delay = max(order.amount, Decimal(0)) * CAPITAL_PERCENT / 100 / 365
        assert Decimal(row.cost_of_delay_per_day) == rounded(row.currency, delay)
    assert {row.currency for row in agreed} == {"USD", "EUR", "JPY"}
    assert any(Decimal(row.amount) < 0 for row in agreed)
    print(f"{len(agreed)} amounts equal to the cent, in {len({r.currency for r in agreed})} money")


def test_the_totals_are_those_of_all_confirmed_orders(
    document: Readiness, stored: Mapping[int, StoredOrder]
) -> None:
    for scope in document.scopes:
        mine = [order for order in stored.values() if order.company_id == scope.company_id]
        for total in scope.totals:
            here = [order for order in mine if order.currency == total.currency]
            by_sql = sum(order.odoo_to_invoice for order in here)
            assert Decimal(total.odoo_to_invoice) == by_sql
            gaps = sum(order.odoo_to_invoice - order.amount for order in here)
            assert sum(Decimal(line.amount) for line in total.excluded_lines) == gaps
            for status in ("ready", "blocked", "held", "excluded"):
                rows = [r for r in scope.rows if (r.currency, r.status) == (total.currency, status)]
                amounts = sum(stored[row.sale_order_id].amount for row in rows)
                apart = gaps if status == "excluded" else 0
                assert Decimal(getattr(total, status)) == amounts + apart
    residuals = [(total.currency, total.residual) for s in document.scopes for total in s.totals]
    assert residuals == [("EUR", "0.00"), ("JPY", "0"), ("USD", "0.00"), ("USD", "0.00")]
    print(f"{len(residuals)} totals of {len(document.scopes)} companies equal, no residual")


def test_every_check_says_what_the_database_says(
    agreed: list[ReadinessRow], stored: Mapping[int, StoredOrder], sql: Sql
) -> None:
    for row in agreed:
        order = stored[row.sale_order_id]
        files = order.files + orders_by_sql.files_of_projects(sql, row.project_ids)
        reason = next(check.reason for check in row.checks if check.check == "draft_invoice")
        assert {check.check: check.result for check in row.checks} == {
            "hold": "not_applicable",
            "price": "fail" if order.unpriced else "pass",
            "tax": "not_applicable",
            "contract": "not_applicable",
            "project_status": "pass",
            "milestones": applies(order.by_milestone, not order.late_milestones),
            "approved_time": "not_verifiable" if order.by_time else "not_applicable",
            "acceptance_evidence": applies(order.by_milestone, files > 0),
            "purchase_order": "pass" if order.purchase_order else "not_applicable",
            "invoice_address": "pass" if order.invoice_email else "fail",
            "expenses": "fail" if order.open_expenses else "pass",
            "purchases": "not_applicable",
            "draft_invoice": "pass",
            "order_approval": "not_applicable",
            "open_tickets": "not_applicable",
        }, row
        assert ("is prepared" in reason) == (order.draft_lines > 0), row
    checks = [check.result for row in agreed for check in row.checks]
    print(f"{len(checks)} checks equal, {checks.count('fail')} of them failed")
    failing = {check.check for row in agreed for check in row.checks if check.result == "fail"}
    assert failing == {"price", "milestones", "acceptance_evidence", "invoice_address", "expenses"}


def applies(applicable: bool, passed: bool) -> str:
    return ("pass" if passed else "fail") if applicable else "not_applicable"


def test_the_status_and_the_findings_follow_from_checks_and_amount(document: Readiness) -> None:
    for row in document.rows():
        nothing = Decimal(row.amount) <= 0 and row.result("price") == "pass"
        failed = any(check.result == "fail" for check in row.checks)
        assert row.status == ("excluded" if nothing else "blocked" if failed else "ready"), row
    acting = {row.sale_order_id for row in document.rows() if row.status in ("ready", "blocked")}
    told = [found for found in document.findings() if not found.key.startswith("gap-")]
    assert sorted(finding.record_id for finding in told) == sorted(acting)
    for finding in document.findings():
        amount = Decimal(row_of(document, finding.record_id).amount)
        assert Decimal(finding.amount or "0") == amount
    print(f"{len(acting)} findings, one for each ready or blocked order")


def test_waiting_days_of_hours_are_those_of_the_oldest_unbilled_one(
    agreed: list[ReadinessRow], stored: Mapping[int, StoredOrder], document: Readiness
) -> None:
    compared = 0
    for row in agreed:
        order = stored[row.sale_order_id]
        if not order.by_time or order.reached_milestones or order.in_advance:
            continue
        assert row.waiting_days == order.waiting_days(document.as_of), row
        compared += row.waiting_days is not None
    assert compared >= 10
    print(f"{compared} orders wait as long as SQL says")


@pytest.mark.parametrize(
    ("name", "status", "waiting"),
    [
        ("hours unbilled", "ready", 31),
        ("hours partly posted", "ready", 12),
        ("hours drafted", "ready", None),
        ("hours drafted and more", "ready", 2),
        ("invoice cancelled", "ready", 45),
        ("invoice reversed", "ready", 50),
        ("milestone late", "blocked", 0),
        ("prepaid", "ready", 40),
        ("billed too much", "excluded", None),
        ("down payment", "excluded", 18),
        ("no price", "blocked", None),
        ("no e-mail", "blocked", None),
        ("expense approved", "blocked", None),
        ("of every kind", "ready", 33),
    ],
)
def test_each_state_of_an_order_is_told(
    name: str, status: str, waiting: int | None, document: Readiness, orders: Mapping[str, int]
) -> None:
    row = row_of(document, orders[name])
    assert (row.status, row.waiting_days) == (status, waiting)


@pytest.mark.parametrize("name", ["everything posted", "nothing delivered", "only a quotation"])
def test_orders_with_nothing_to_bill_have_no_row(
    name: str, document: Readiness, orders: Mapping[str, int]
) -> None:
    assert orders[name] not in [row.sale_order_id for row in document.rows()]


def test_our_lines_add_up_to_odoos_project_panel(
    odoo_server: OdooServer, demo_db: str, orders: Mapping[str, int], sql: Sql
) -> None:
    session = session_of(odoo_server, demo_db)
    reader = Reader(session, 1)
    orders_read = with_invoices(reader, read_orders(reader))
    # The panel shows Odoo's own figure, not what its wizard would bill.
    ours = {s.line.id: s.sold.amount + s.gap.amount for order in orders_read for s in order.lines}
    compared, foreign = [], 0
    for project in orders_by_sql.billable_projects(sql, company_id=1):
        lines = orders_by_sql.lines_of_project(sql, project)
        if any(currency != "USD" for currency in lines.values()):
            foreign += 1
        elif lines:
            amount = sum(ours[line] for line in lines)
            assert project_panel.to_invoice(session, project) == amount, project
            compared.append(amount)
    print(f"{len(compared)} project panels equal, {sum(compared)} in all, {foreign} in other money")
    assert len(compared) >= 15
    assert any(amount < 0 for amount in compared)


def test_a_user_who_reads_and_sells_sees_what_the_administrator_sees(
    fleet: Fleet, document: Readiness
) -> None:
    assert readiness(SELLER.instead_of(fleet)) == document
    print(f"{len(document.rows())} rows equal for {SELLER.login} and {fleet.login}")


def test_a_user_who_only_reads_sees_what_the_administrator_sees(
    fleet: Fleet, document: Readiness
) -> None:
    assert readiness(READER.instead_of(fleet)).rows() == document.rows()


def test_amounts_of_findings_have_the_decimals_of_their_currency(document: Readiness) -> None:
    amounts = [(f.currency, f.amount) for f in document.findings() if f.currency and f.amount]
    assert all(has_decimals_of(currency, amount) for currency, amount in amounts)


@pytest.mark.parametrize("name", DISPUTED[:3])
def test_the_amount_is_odoos_whatever_taxes_and_discounts_do(
    name: str, document: Readiness, orders: Mapping[str, int], stored: Mapping[int, StoredOrder]
) -> None:
    assert Decimal(row_of(document, orders[name]).amount) == stored[orders[name]].amount


@pytest.mark.parametrize(("name", "days"), [(DISPUTED[3], 3), (DISPUTED[4], 0)])
def test_only_what_waits_to_be_billed_waits(
    name: str, days: int, document: Readiness, orders: Mapping[str, int]
) -> None:
    assert (row_of(document, orders[name]).waiting_days or 0) == days
