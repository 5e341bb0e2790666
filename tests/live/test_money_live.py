"""What is ready and what is WIP, against what Odoo's own invoice wizard would bill, by line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from .fleet_command import Fleet
from .inside import invoice_wizard, money_cases
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .orders_by_sql import Billed, as_amounts
from .run_document import ExcludedLine, Readiness, Wip

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

Sql = psycopg.Connection[TupleRow]
ZERO = Decimal(0)
FIGURES = """
    SELECT l.id, o.name, o.company_id, c.name, l.untaxed_amount_to_invoice,
           l.is_downpayment FROM sale_order_line l
    JOIN sale_order o ON o.id = l.order_id JOIN res_currency c ON c.id = o.currency_id
    WHERE o.state = 'sale' AND l.display_type IS NULL
"""
PRICE = "an invoice bills another price than the order"
DOWN_PAYMENT = "the invoice wizard deducts another amount than was billed as down payment"
DISCOUNT = "an invoice gives another discount than the order"


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, demo_db: str) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(odoo_server, demo_db, money_cases.build)
    return made


@pytest.fixture(scope="module")
def wizard(odoo_server: OdooServer, demo_db: str, orders: Any) -> Billed:
    return as_amounts(run_inside(odoo_server, demo_db, invoice_wizard.billed_now))


@pytest.fixture(scope="module")
def fleet(
    odoo_server: OdooServer, demo_db: str, orders: Any, tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    folder = tmp_path_factory.mktemp("money")
    return Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD)


def told(fleet: Fleet, job: str) -> str:
    found = fleet.run(job, "--as-of", str(date.today()))
    assert found.code == 0, found.err
    return found.out


@pytest.fixture(scope="module")
def readiness(fleet: Fleet) -> Readiness:
    return Readiness.model_validate_json(told(fleet, "invoice_readiness"))


@pytest.fixture(scope="module")
def wip(fleet: Fleet) -> Wip:
    return Wip.model_validate_json(told(fleet, "wip_aging"))


def test_what_is_ready_is_what_the_wizard_bills(readiness: Readiness, wizard: Billed) -> None:
    ours = {x.sale_order_line_id: Decimal(x.amount) for row in readiness.rows() for x in row.lines}
    apart = {
        line: (str(ours.get(line, ZERO)), str(amount))
        for line, amount in wizard.items()
        if ours.get(line, ZERO) != amount
    }
    print(f"{len(wizard)} lines, {sum(map(bool, wizard.values()))} to bill, {len(apart)} apart")
    assert not apart
    assert len(wizard) > 150


def test_wip_by_delivery_is_what_the_wizard_bills(wip: Wip, wizard: Billed) -> None:
    by_delivery = [row for row in wip.rows() if row.billing != "fixed"]
    apart = {
        row.sale_order_line_id: (row.wip, row.advance_billing, wizard[row.sale_order_line_id])
        for row in by_delivery
        if Decimal(row.wip) + Decimal(row.advance_billing) != wizard[row.sale_order_line_id]
    }
    print(f"{len(by_delivery)} lines, {len(apart)} apart")
    assert not apart
    assert len(by_delivery) > 60


@pytest.mark.parametrize("job", ["invoice_readiness", "wip_aging"])
def test_the_difference_to_odoos_figure_is_excluded_line_by_line(
    job: str, fleet: Fleet, sql: Sql, wizard: Billed
) -> None:
    """Each gap is Odoo's figure less the wizard's amount, and with it the totals tie out."""
    document: Any = (Readiness if job == "invoice_readiness" else Wip).model_validate_json(
        told(fleet, job)
    )
    figures = {row[0]: row[1:] for row in sql.execute(FIGURES).fetchall()}
    excluded: dict[int, ExcludedLine] = {}
    for scope in document.scopes:
        for total in scope.totals:
            residual = Decimal(total.residual)
            if job == "invoice_readiness":
                mine = [x for x in figures.values() if x[1:3] == (scope.company_id, total.currency)]
                assert sum(x[3] for x in mine) == Decimal(total.odoo_to_invoice)
                parts = (total.ready, total.blocked, total.held, total.excluded)
                assert sum(map(Decimal, parts)) == Decimal(total.odoo_to_invoice)
                assert residual == 0
            else:
                assert residual == sum(Decimal(x.difference) for x in total.residual_lines)
                assert residual == sum(map(Decimal, total.residual_by_reason.values()))
                assert {x.billing for x in total.residual_lines} <= {"fixed"}
                assert Decimal(total.excluded) == sum(
                    Decimal(x.amount) for x in total.excluded_lines
                )
            excluded |= {line.sale_order_line_id: line for line in total.excluded_lines}
    expected = {
        line: figures[line][3] - amount
        for line, amount in wizard.items()
        # A down payment is not work.
        if figures[line][3] != amount and not (job == "wip_aging" and figures[line][4])
    }
    assert {line: Decimal(found.amount) for line, found in excluded.items()} == expected
    print(f"{job}: {len(excluded)} lines excluded, {sorted({x.reason for x in excluded.values()})}")
    assert len({found.reason for found in excluded.values()}) >= 4


NOTHING_TO_BILL = {
    "price lowered on the invoice": ("100.00", PRICE),
    "price raised on the invoice": ("-100.00", PRICE),
    "discount on the invoice": None,
    "price and discount on the invoice": ("50.00", DISCOUNT),
    "line added to the invoice": None,
    "billed in another currency": ("-55.56", "an invoice is in another currency than the order"),
    "fixed price, billed lower": ("200.00", PRICE),
    "tenth off, all invoiced": None,
    "two returned, all invoiced": None,
    "down payment deducted": None,
    "hours given away": None,
}


@pytest.mark.parametrize("name", NOTHING_TO_BILL)
def test_an_order_that_odoo_does_not_invoice_has_no_row_and_odoos_figure_a_reason(
    name: str, readiness: Readiness, orders: Mapping[str, int], sql: Sql
) -> None:
    assert orders[name] not in [row.sale_order_id for row in readiness.rows()]
    (order,) = sql.execute("SELECT name FROM sale_order WHERE id = %s", (orders[name],)).fetchall()
    lines = [x for s in readiness.scopes for t in s.totals for x in t.excluded_lines]
    told = [(line.amount, line.reason) for line in lines if line.sale_order == order[0]]
    expected = NOTHING_TO_BILL[name]
    assert told == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("down payment refunded by half its quantity", "-150.00"),
        ("locked down payment refunded by half its quantity", "150.00"),
        ("down payment refunded by a third of its price", "-200.00"),
    ],
)
def test_what_was_paid_in_advance_and_is_not_deducted_is_told(
    name: str, amount: str, readiness: Readiness, orders: Mapping[str, int]
) -> None:
    (row,) = [row for row in readiness.rows() if row.sale_order_id == orders[name]]
    lines = [x for s in readiness.scopes for t in s.totals for x in t.excluded_lines]
    assert [(line.amount, line.reason) for line in lines if line.sale_order == row.sale_order] == [
        (amount, DOWN_PAYMENT)
    ]


@pytest.mark.parametrize(
    ("name", "status", "amount"),
    [
        ("price lowered, hours since", "ready", "300.00"),
        ("price of the order raised since", "ready", "240.00"),
        ("discount of the order given since", "ready", "180.00"),
        ("two of five credited", "ready", "200.00"),
        ("price credited", "ready", "500.00"),
        ("draft at another price", "ready", "400.00"),
        ("draft at another discount", "ready", "375.00"),
        ("draft of a part at another price", "ready", "440.00"),
        ("draft at another discount, cancelled", "ready", "500.00"),
        ("quantity raised on the invoice", "excluded", "-200.00"),
        ("150 off, all delivered", "ready", "850.00"),
        ("150 off, nothing delivered", "excluded", "-150.00"),
        ("half a cent", "ready", "1125.22"),
        ("cents of three invoices", "ready", "739.99"),
        ("bundle", "ready", "100.00"),
        ("extra at no price", "ready", "1000.00"),
        ("extra at 100 % discount", "ready", "1000.00"),
        ("extra at neither", "ready", "1000.00"),
        ("hours without a price", "blocked", "0.00"),
        ("nothing but a fixed line without a price", "blocked", "0.00"),
        ("fixed tax included", "ready", "200.00"),
        ("tax that raises the base of another", "ready", "200.00"),
        ("group of taxes", "ready", "200.00"),
        ("two returned of a fixed price", "ready", "800.00"),
        ("by delivery, by the order since", "ready", "300.00"),
        ("by the order, by delivery since", "ready", "1000.00"),
        ("down payment drafted", "ready", "1000.00"),
        ("down payment posted", "ready", "700.00"),
        ("down payment refunded by half its quantity", "ready", "1000.00"),
        ("locked down payment refunded by half its quantity", "ready", "700.00"),
        ("down payment refunded by a third of its price", "ready", "1000.00"),
    ],
)
def test_each_order_is_ready_for_what_odoo_invoices(
    name: str, status: str, amount: str, readiness: Readiness, orders: Mapping[str, int]
) -> None:
    (row,) = [row for row in readiness.rows() if row.sale_order_id == orders[name]]
    assert (row.status, row.amount) == (status, amount)


@pytest.mark.parametrize(
    ("name", "work", "advance"),
    [
        ("tenth off, all invoiced", "0", "0"),
        ("150 off, all delivered", "850", "0"),
        # Odoo's wizard would deduct all of the discount with the first half.
        ("150 off, half delivered", "425", "0"),
        ("150 off, nothing delivered", "0", "0"),
        ("tenth off, hours partly invoiced", "400", "80"),
        ("tenth off a fixed price, invoiced", "0", "-900"),
        ("150 off by delivery that nobody delivered", "1000", "0"),
        ("150 off by delivery that somebody delivered", "850", "0"),
        ("two returned of a fixed price", "800", "0"),
        ("two returned, all invoiced", "0", "0"),
        ("fixed price, billed lower", "0", "-800"),
        ("price lowered on the invoice", "0", "0"),
    ],
)
def test_a_discount_and_an_invoice_at_another_price_leave_no_phantom_wip(
    name: str, work: str, advance: str, wip: Wip, orders: Mapping[str, int]
) -> None:
    mine = [row for row in wip.rows() if row.sale_order_id == orders[name]]
    assert sum(Decimal(row.wip) for row in mine) == Decimal(work)
    assert sum(Decimal(row.advance_billing) for row in mine) == Decimal(advance)
    for row in mine:
        assert sum(Decimal(part.value) for part in row.aged) == Decimal(row.wip)


def test_nothing_of_negative_quantity_is_overrun(wip: Wip, sql: Sql) -> None:
    found = sql.execute("SELECT id FROM sale_order_line WHERE product_uom_qty < 0").fetchall()
    negative = {row[0] for row in found}
    assert negative
    over = [f.record_id for f in wip.findings() if f.key.startswith("overrun")]
    assert not negative.intersection(over)
