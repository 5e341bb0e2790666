"""Which expenses and purchases for customers leak, and how much."""

from typing import Any

import pytest

from odoo_gateway.sandbox.schema import VERSIONS
from tests.tasks.financial.leakage.making import (
    BOUGHT,
    EXPENSE,
    GBP,
    HOURS,
    INSIDE,
    LINE,
    MOVE,
    MOVE_LINE,
    ORDER,
    PROJECT,
    REINVOICED,
    USD,
    ago,
    bill,
    bill_line,
    cost,
    expense,
    leaking,
    line,
    look,
    odoo,
    order,
    project,
    row_of,
)


def spent(*expenses: dict[str, Any], version: int = 19, **switches: Any) -> Any:
    return odoo({EXPENSE: expenses, ORDER: [order()]}, version, **switches)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("values", "reason", "owner"),
    [
        ({"state": "draft"}, "and not submitted", "Elise Dubois"),
        ({"state": "submitted"}, "and not posted", "Chiara"),
        ({"state": "approved", "product_id": False, "sale_order_id": 9}, "and not posted", ""),
        ({"state": "posted"}, "booked, and on no order", "finance"),
        ({"state": "paid"}, "booked, and on no order", "finance"),
    ],
)
def test_an_expense_for_a_customer_leaks_once_it_is_too_old(
    version: int, values: dict[str, Any], reason: str, owner: str
) -> None:
    report = look(spent(expense(9101, 61, **values), version=version))
    assert leaking(report) == {("expired-expense", 9101): "80.00 EUR"}
    row = row_of(report, "expired-expense")
    assert row["reason"] == f"of 2026-09-23, {reason}"
    assert row["subject"] == "Expense 9101 of Elise Dubois"
    assert owner in row["owner"]
    assert row["since"] == ago(0)
    assert look(spent(expense(9101, 60, **values), version=version)).rows == ()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "values",
    [
        {"product_id": INSIDE},
        {"product_id": False},
        {"state": "refused"},
        {"state": "posted", "sale_order_id": 9},
        {"date": ago(731)},
    ],
)
def test_other_expenses_do_not_leak(version: int, values: dict[str, Any]) -> None:
    assert look(spent(expense(9101, 70, **values), version=version)).rows == ()


def test_an_expense_without_a_day_is_as_old_as_its_entry() -> None:
    entered: dict[str, Any] = {"date": False, "create_date": f"{ago(61)} 10:00:00"}
    assert leaking(look(spent(expense(9101, **entered)))) == {
        ("expired-expense", 9101): "80.00 EUR"
    }


def test_an_expense_is_told_in_its_own_currency() -> None:
    report = look(spent(expense(9101, currency_id=GBP, untaxed_amount_currency=12.34)))
    assert leaking(report) == {("expired-expense", 9101): "12.34 GBP"}


def test_an_expense_without_an_untaxed_amount_has_none() -> None:
    hidden = [(EXPENSE, "untaxed_amount_currency"), (EXPENSE, "untaxed_amount")]
    report = look(spent(expense(9101), hidden_fields=hidden))
    assert leaking(report) == {("expired-expense", 9101): None}


def test_an_expense_in_a_currency_that_is_hidden_harms_no_other() -> None:
    report = look(spent(expense(9101, currency_id=77), expense(9102)), drifts=True)
    assert report.rows == ()
    assert [f.key for f in report.findings] == ["not-verifiable"]


def reinvoiced(*costs: dict[str, Any], of_expense: bool = True, **values: Any) -> Any:
    """A line that re-invoices what these entries cost."""
    known = {"product_id": REINVOICED, "is_expense": True, "qty_delivered_method": "analytic"}
    delivered = sum(row["unit_amount"] for row in costs)
    lines = [line(**{**known, "qty_delivered": delivered, "price_unit": 30.0, **values})]
    on_it = [{**row, "so_line": 90} for row in costs]
    moves = [bill_line(row["move_line_id"], 70, 30.0) for row in costs]
    if of_expense:
        moves = [{**row, "expense_id": 9101} for row in moves]
    rows = {ORDER: [order()], LINE: lines, HOURS: on_it, MOVE: [bill(70)], MOVE_LINE: moves}
    return odoo(rows)


def test_what_is_on_an_order_and_on_no_invoice_leaks_by_its_day() -> None:
    for of_expense, kind in ((True, "expired-expense"), (False, "purchase")):
        costs = [cost(1, 71, 30.0, 70, unit_amount=2.0), cost(2, 72, 30.0, 60)]
        report = look(reinvoiced(*costs, of_expense=of_expense))
        assert leaking(report) == {(kind, 90): "60.00 EUR"}
        row = row_of(report, kind)
        assert (row["owner"], row["valued_at"], row["since"]) == ("finance", "order_price", ago(9))
        assert look(reinvoiced(costs[1], of_expense=of_expense)).rows == ()


def test_what_is_billed_covers_the_oldest_cost() -> None:
    costs = [cost(1, 71, 30.0, 90, unit_amount=2.0), cost(2, 72, 30.0, 70)]
    assert leaking(look(reinvoiced(*costs, qty_invoiced=2.0))) == {
        ("expired-expense", 90): "30.00 EUR"
    }
    assert look(reinvoiced(*costs, qty_invoiced=3.0)).rows == ()


def test_a_line_without_entries_says_nothing_of_age() -> None:
    assert look(reinvoiced(qty_delivered=1.0)).rows == ()
    assert look(reinvoiced(cost(1, 71, 30.0, unit_amount=0.0), qty_delivered=1.0)).rows == ()


def bought(*costs: dict[str, Any], moves: Any, lines: Any, **more: Any) -> Any:
    return odoo({HOURS: costs, MOVE: moves, MOVE_LINE: lines, **more})


@pytest.mark.parametrize("version", VERSIONS)
def test_a_vendors_bill_for_a_billable_project_leaks_where_it_is_on_no_order(version: int) -> None:
    rows = {
        HOURS: [cost(1, 71, 100.0, 61), cost(2, 72, 23.45, 61)],
        MOVE: [bill(70, 61)],
        MOVE_LINE: [bill_line(71, 70, 100.0), bill_line(72, 70, 23.45)],
    }
    report = look(odoo(rows, version))
    assert leaking(report) == {("purchase", 70): "123.45 EUR"}
    row = row_of(report, "purchase")
    assert row["reason"] == "for Project 800, of 2026-09-23, and on no order: Travel"
    assert (row["subject"], row["since"]) == ("BILL/70", ago(0))
    assert "Chiara" in row["owner"]


@pytest.mark.parametrize(
    ("of_cost", "of_line", "of_project"),
    [
        ({"date": ago(60)}, {}, {}),
        ({"date": ago(731)}, {}, {}),
        ({"so_line": 90}, {}, {}),
        ({"category": "other"}, {}, {}),
        ({"move_line_id": False}, {}, {}),
        ({}, {"product_id": INSIDE}, {}),
        ({}, {"product_id": False}, {}),
        ({}, {"expense_id": 9101}, {}),
        ({}, {}, {"allow_billable": False}),
        ({}, {}, {"is_template": True}),
        ({}, {}, {"account_id": False}),
    ],
)
def test_other_bills_do_not_leak(
    of_cost: dict[str, Any], of_line: dict[str, Any], of_project: dict[str, Any]
) -> None:
    sandbox = bought(
        cost(1, 71, 100.0, **of_cost),
        moves=[bill(70)],
        lines=[bill_line(71, 70, 100.0, **of_line)],
        **{PROJECT: [project(**of_project)]},
    )
    assert look(sandbox).rows == ()


def test_a_refund_takes_back_the_bill_that_it_is_of_and_no_other() -> None:
    back: dict[str, Any] = {"move_type": "in_refund"}
    costs = [cost(1, 71, 100.0), cost(2, 72, -40.0, 50), cost(3, 73, 10.0), cost(4, 74, -10.0, 5)]
    moves = [bill(70), bill(80, 50, reversed_entry_id=70, **back), bill(75), bill(81, 5, **back)]
    lines = [
        *(bill_line(71, 70, 100.0), bill_line(72, 80, 40.0, **back)),
        *(bill_line(73, 75, 10.0), bill_line(74, 81, 10.0, **back)),
    ]
    report = look(bought(*costs, moves=moves, lines=lines))
    assert leaking(report) == {("purchase", 70): "60.00 EUR", ("purchase", 75): "10.00 EUR"}


def test_a_refund_of_a_bill_that_is_elsewhere_is_no_leak() -> None:
    back: dict[str, Any] = {"move_type": "in_refund"}
    sandbox = bought(
        cost(2, 72, -40.0),
        moves=[bill(70), bill(80, reversed_entry_id=70, **back)],
        lines=[bill_line(72, 80, 40.0, **back)],
    )
    assert look(sandbox).rows == ()


def ordered(*lines: dict[str, Any], state: str = "sale", costs: Any = None, **values: Any) -> Any:
    """What a vendor billed of a purchase for the line of an order, and also on a project."""
    booked = [cost(1, each["id"], 100.0) for each in lines[:1]] if costs is None else costs
    sold = line(**{"qty_delivered_method": "manual", "state": state, **values})
    rows = {
        ORDER: [order(state=state)],
        LINE: [sold],
        BOUGHT: [{"id": 5, "company_id": 1, "sale_line_id": 90}],
        MOVE: [bill(70)],
        MOVE_LINE: [{**row, "purchase_line_id": 5} for row in lines],
        HOURS: booked,
    }
    return odoo(rows, purchases=True)


def test_what_was_bought_for_an_order_that_bills_nothing_leaks() -> None:
    report = look(ordered(bill_line(71, 70, 100.0, 61)))
    assert leaking(report) == {("bought-for-order", 90): "100.00 EUR"}
    row = row_of(report, "bought-for-order")
    assert (row["owner"], row["valued_at"], row["since"]) == ("Bruno Claes", "at_cost", ago(0))
    assert [f.key for f in report.findings] == ["bought-for-order-90-EUR-v1"]


def test_so_it_does_where_the_order_fell_through() -> None:
    report = look(ordered(bill_line(71, 70, 100.0, 61), state="cancel"))
    assert leaking(report) == {("bought-for-order", 90): "100.00 EUR"}


def test_what_is_billed_or_young_or_not_billed_by_the_vendor_does_not() -> None:
    assert look(ordered(bill_line(71, 70, 100.0, 61), qty_invoiced=1.0)).rows == ()
    assert look(ordered(bill_line(71, 70, 100.0, 60))).rows == ()
    draft = bill_line(71, 70, 100.0, 61, parent_state="draft")
    assert look(ordered(draft, costs=())).rows == ()
    assert look(ordered()).rows == ()


def test_refunds_are_taken_off_and_currencies_stand_apart() -> None:
    refund = bill_line(72, 70, 30.0, move_type="in_refund")
    abroad = bill_line(73, 70, 12.0, currency_id=USD)
    odd = bill_line(74, 70, 5.0, move_type="in_refund", currency_id=GBP)
    report = look(ordered(bill_line(71, 70, 100.0), refund, abroad, odd))
    assert {f"{row['amount']} {row['currency']}" for row in report.rows} == {
        "70.00 EUR",
        "12.00 USD",
    }
    assert len({f.key for f in report.findings}) == 2


def test_what_was_bought_for_a_line_that_is_hidden_is_left_out_and_withheld() -> None:
    rows = {
        BOUGHT: [{"id": 5, "company_id": 1, "sale_line_id": 90}],
        LINE: [line()],
        MOVE: [bill(70)],
        MOVE_LINE: [bill_line(71, 70, 100.0, purchase_line_id=5)],
    }
    # Its order is gone.
    report = look(odoo(rows, purchases=True), drifts=True)
    assert report.rows == ()
