"""Which work of orders and projects leaks, and how much."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from odoo_gateway.sandbox.schema import VERSIONS
from tasks.financial.leakage.job import JOB
from tasks.financial.leakage.policy import LeakagePolicy
from tests.tasks.conftest import MONDAY, reading
from tests.tasks.financial.leakage.making import (
    DAY,
    HOURS,
    LINE,
    NOW,
    ORDER,
    PREPAID,
    PROJECT,
    TEAM,
    USD,
    ago,
    hours,
    leaking,
    line,
    look,
    odoo,
    order,
    project,
    row_of,
)


def sold(*logged: dict[str, Any], state: str = "sale", version: int = 19, **values: Any) -> Any:
    """An order of one line with these hours, all of which Odoo counts as delivered."""
    delivered = sum(row["unit_amount"] for row in logged)
    lines = [line(**{"qty_delivered": delivered, "state": state, **values})]
    return odoo({ORDER: [order(state=state)], LINE: lines, HOURS: logged}, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_hours_on_orders_that_fell_through_leak_at_their_price(version: int) -> None:
    for state, kind in (
        ("cancel", "cancelled-order"),
        ("draft", "quotation"),
        ("sent", "quotation"),
    ):
        report = look(sold(hours(1, days=3), state=state, version=version, discount=10.0))
        assert leaking(report) == {(kind, 9): "360.00 EUR"}
        row = row_of(report, kind)
        assert (row["hours"], row["since"], row["owner"]) == (4.0, ago(3), "Bruno Claes")
        assert row["reason"] == "4 h are logged on it and on no invoice"


def test_what_is_delivered_by_hand_on_a_cancelled_order_leaks_too() -> None:
    report = look(sold(state="cancel", qty_delivered=2.0, qty_delivered_method="manual"))
    assert leaking(report) == {("cancelled-order", 9): "200.00 EUR"}
    assert row_of(report, "cancelled-order")["reason"] == "what it delivered is on no invoice"
    assert row_of(report, "cancelled-order")["hours"] is None


def test_hours_of_a_billable_project_on_no_line_leak_at_cost() -> None:
    logged = [hours(1, False, 4.0, 3), hours(2, False, 1.5, 9, task_id=82)]
    report = look(odoo({HOURS: logged}))
    assert leaking(report) == {("no-order-line", 800): "275.00 EUR"}
    row = row_of(report, "no-order-line")
    assert (row["hours"], row["since"], row["valued_at"]) == (5.5, ago(9), "at_cost")
    assert row["subject"] == "Project 800"


def test_hours_of_exempt_tasks_need_no_line() -> None:
    logged = [
        hours(1, False, 4.0),
        hours(2, False, 1.5, task_id=82),
        hours(3, False, task_id=False),
    ]
    report = look(odoo({HOURS: logged}), exempt_tasks=[81])
    assert leaking(report) == {("no-order-line", 800): "275.00 EUR"}
    assert look(odoo({HOURS: logged[:1]}), exempt_tasks=[81]).rows == ()


def test_hours_of_other_projects_and_leave_need_no_line() -> None:
    for values in ({"allow_billable": False}, {"is_template": True}):
        assert look(odoo({HOURS: [hours(1, False)], PROJECT: [project(**values)]})).rows == ()
    assert look(odoo({HOURS: [hours(1, False, global_leave_id=1)]})).rows == ()


def test_hours_that_cost_nothing_have_no_amount_and_say_why() -> None:
    report = look(odoo({HOURS: [hours(1, False, amount=2.0) | {"amount": 0.0}]}))
    assert leaking(report) == {("no-order-line", 800): None}
    reason = "what an hour costs is set for nobody who worked them"
    assert row_of(report, "no-order-line")["reason"] == f"2 h are on no line of an order; {reason}"
    (finding,) = report.findings
    assert (finding.amount, finding.currency) == (None, None)


@pytest.mark.parametrize("version", VERSIONS)
def test_hours_leak_once_they_are_older_than_they_may_be(version: int) -> None:
    logged = [hours(1, amount=3.0, days=61), hours(2, amount=2.0, days=60)]
    report = look(sold(*logged, version=version, price_unit=99.99))
    assert leaking(report) == {("never-invoiced", 90): "299.97 EUR"}
    row = row_of(report, "never-invoiced")
    assert (row["hours"], row["since"], row["owner"]) == (3.0, ago(0), "finance")
    assert row["subject"] == "S00009: Line 90"
    assert look(sold(logged[1], version=version)).rows == ()


def test_what_is_billed_covers_the_oldest_hours() -> None:
    logged = [hours(1, amount=3.0, days=90), hours(2, amount=2.0, days=70), hours(3, days=5)]
    report = look(sold(*logged, qty_invoiced=4.0))
    assert leaking(report) == {("never-invoiced", 90): "100.00 EUR"}
    assert look(sold(*logged, qty_invoiced=5.0)).rows == ()


def test_hours_sold_by_the_day_are_counted_in_hours_and_valued_by_the_day() -> None:
    report = look(
        sold(hours(1, amount=12.0), qty_delivered=1.5, product_uom_id=DAY, price_unit=800.0)
    )
    assert leaking(report) == {("never-invoiced", 90): "1200.00 EUR"}
    assert row_of(report, "never-invoiced")["hours"] == 12.0


def test_hours_without_a_price_leak_at_cost_at_any_age() -> None:
    report = look(sold(hours(1, amount=3.0, days=1), hours(2, amount=1.0, days=80), price_unit=0.0))
    assert leaking(report) == {("no-rate", 90): "200.00 EUR"}
    row = row_of(report, "no-rate")
    assert (row["since"], row["hours"], row["owner"]) == (ago(80), 4.0, "Bruno Claes")
    unvalued = hours(1, amount=3.0) | {"amount": 0.0}
    assert leaking(look(sold(unvalued, price_unit=0.0))) == {("no-rate", 90): None}


def test_no_hours_have_no_price() -> None:
    assert look(sold(price_unit=0.0, qty_delivered=2.0)).rows == ()
    assert look(sold(hours(1), price_unit=0.0, qty_invoiced=4.0)).rows == ()
    assert look(sold(hours(1), price_unit=50.0, discount=100.0)).rows == ()


def prepaid(*logged: dict[str, Any], **values: Any) -> Any:
    fixed = [row | {"timesheet_invoice_type": "billable_fixed"} for row in logged]
    return sold(*fixed, product_id=PREPAID, **values)


@pytest.mark.parametrize("version", VERSIONS)
def test_more_worked_than_prepaid_leaks(version: int) -> None:
    report = look(prepaid(hours(1, amount=22.5, days=2), version=version))
    assert leaking(report) == {("prepaid-overrun", 90): "250.00 EUR"}
    assert row_of(report, "prepaid-overrun")["reason"] == "22.5 of 20 are delivered"
    assert row_of(report, "prepaid-overrun")["since"] is None
    assert look(prepaid(hours(1, amount=20.0, days=2), version=version)).rows == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_prepaid_hours_that_nobody_uses_leak_once_they_are_idle(version: int) -> None:
    report = look(prepaid(hours(1, days=91), qty_invoiced=20.0, version=version))
    assert leaking(report) == {("prepaid-unused", 90): "1600.00 EUR"}
    assert row_of(report, "prepaid-unused")["since"] == ago(0)
    assert look(prepaid(hours(1, days=90), qty_invoiced=20.0, version=version)).rows == ()
    assert look(prepaid(hours(1, days=91), version=version)).rows == ()
    assert leaking(look(prepaid(qty_invoiced=5.0, version=version))) == {
        ("prepaid-unused", 90): "500.00 EUR"
    }


def test_what_is_sold_of_late_is_not_idle() -> None:
    lines = [line(product_id=PREPAID, qty_invoiced=20.0)]
    assert look(odoo({ORDER: [order(date_order=f"{ago(90)} 09:00:00")], LINE: lines})).rows == ()


def test_a_fixed_price_that_is_not_of_time_is_no_retainer() -> None:
    piece = {"id": 6, "active": True, "name": "Units", "factor": 1.0, "parent_path": "6/"}
    for unit in (6, False):
        lines = [line(product_id=PREPAID, qty_invoiced=20.0, product_uom_id=unit)]
        assert look(odoo({ORDER: [order()], LINE: lines, "uom.uom": [piece]})).rows == ()


def test_currencies_are_never_added_up() -> None:
    rows = {
        ORDER: [order(), order(10, currency_id=USD)],
        LINE: [line(qty_delivered=4.0), line(91, 10, qty_delivered=2.0, currency_id=USD)],
        HOURS: [hours(1), hours(2, 91, 2.0)],
    }
    report = look(odoo(rows))
    assert [
        {name: of for name, of in total.items() if of != "0.00"} for total in report.totals
    ] == [
        {"currency": "EUR", "never_invoiced": "400.00", "bought_for_order": None},
        {"currency": "USD", "never_invoiced": "200.00", "bought_for_order": None},
    ]
    amounts = {
        (m.labels["kind"], m.labels["currency"]): m.value
        for m in report.measures
        if m.name == "leakage_amount"
    }
    assert amounts == {("never-invoiced", "EUR"): 400.0, ("never-invoiced", "USD"): 200.0}


def test_each_sales_team_has_its_own_days() -> None:
    strict = LeakagePolicy(hours_within_days=10)
    whole = LeakagePolicy().with_units({}, {TEAM: strict})
    report = JOB.run(reading(sold(hours(1, days=11), hours(2, days=10))), NOW, whole)
    assert leaking(report) == {("never-invoiced", 90): "400.00 EUR"}
    assert report.rows[0]["policy"] == strict.version


def test_exempt_orders_and_projects_are_listed_and_nobody_is_told() -> None:
    rows = {ORDER: [order()], LINE: [line(qty_delivered=4.0)], HOURS: [hours(1), hours(2, False)]}
    report = look(odoo(rows), exempt_orders=[9], exempt_projects=[800])
    assert {row["status"] for row in report.rows} == {"exempt"}
    assert all(row["reason"].endswith("; exempt by name") for row in report.rows)
    assert len(report.rows) == 2
    assert (report.findings, report.totals) == ((), ())
    excluded = {m.labels["kind"]: m.excluded for m in report.measures if m.excluded}
    assert excluded == {"never-invoiced": {"exempt": 1}, "no-order-line": {"exempt": 1}}


def test_a_day_that_is_over_is_not_looked_at() -> None:
    then = replace(NOW, instant=MONDAY - timedelta(days=3))
    report = look(sold(hours(1)), now=then)
    assert report.rows == ()
    assert [gap.check for gap in report.not_verifiable] == ["leaks of a day that is over"]


def test_the_company_has_its_own_work() -> None:
    assert look(sold(hours(1)), company_id=2).rows == ()
