"""Which expenses are out of order, and why."""

from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox.schema import VERSIONS
from tests.tasks.financial.expense_exceptions.making import (
    FEMKE,
    GBP,
    JPY,
    MEALS,
    MOVE,
    MOVE_LINE,
    TRAVEL,
    USD,
    ago,
    entry,
    entry_line,
    expense,
    finding,
    keys,
    look,
    measured,
    odoo,
    receipt,
    row,
)

PROJECT, PRODUCT = "project.project", "product.product"
LIMIT = {"amount": "100", "currency": "EUR"}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_expense_that_is_in_order_is_a_row_alone(version: int) -> None:
    report = look(odoo(expense(9101), version=version), limits=[LIMIT])
    assert keys(report) == set()
    assert row(report, 9101)["status"] == "ok"
    assert (row(report, 9101)["amount"], row(report, 9101)["currency"]) == ("80.00", "EUR")
    assert {gap.check for gap in report.not_verifiable} <= {"calendar history"}
    assert measured(report) == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_above_a_limit_by_its_own_currency(version: int) -> None:
    dear = expense(9101, total_amount=250.0, product_id=TRAVEL)
    report = look(odoo(dear, version=version), limits=[{**LIMIT, "product": TRAVEL}])
    found = finding(report, "over-limit-9101-v1")
    assert found.reason == "250.00 EUR is above the limit of 100 EUR for Expense"
    assert found.title == "Expense 9101 of Elise Dubois: above its limit"
    assert found.owner == "Bruno Claes"
    assert (found.amount, found.currency) == (Decimal(250), "EUR")
    assert measured(report) == {
        ("expense_exceptions", "over-limit"): 1,
        ("expense_exceptions_amount", "over-limit", "EUR"): 250.0,
    }


def test_exactly_the_limit_is_in_order() -> None:
    assert keys(look(odoo(expense(9101, total_amount=100.0)), limits=[LIMIT])) == set()
    above = odoo(expense(9101, total_amount=100.01))
    assert finding(look(above, limits=[LIMIT]), "over-limit-9101-v1").reason == (
        "100.01 EUR is above the limit of 100 EUR"
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_in_another_currency_the_companys_amount_is_held_against_its_limit(version: int) -> None:
    foreign = expense(9101, total_amount=92.0, total_amount_currency=100.5, currency_id=USD)
    dear = expense(9102, total_amount=110.0, total_amount_currency=118.0, currency_id=USD)
    report = look(odoo(foreign, dear, version=version), limits=[LIMIT])
    assert keys(report) == {"over-limit-9102-v1"}
    found = finding(report, "over-limit-9102-v1")
    assert found.reason == "110.00 EUR is above the limit of 100 EUR"
    assert (found.amount, found.currency) == (Decimal(118), "USD")
    own = [LIMIT, {"amount": 500, "currency": "USD"}]
    assert keys(look(odoo(foreign, dear, version=version), limits=own)) == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_limit_in_a_third_currency_is_not_compared_but_told(version: int) -> None:
    pounds = expense(9101, total_amount=900.0, total_amount_currency=800.0, currency_id=GBP)
    report = look(
        odoo(pounds, expense(9102), version=version), limits=[{"amount": 1, "currency": "USD"}]
    )
    assert keys(report) == set()
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "limits of expenses")
    assert gap.reason == "2 expenses are in currencies that their limits are not in"
    assert row(report, 9101)["status"] == "not_verifiable"
    assert row(report, 9101)["reason"] == "its limit is 1 USD, and it is in GBP"
    (counted,) = (m for m in report.measures if m.labels == {"kind": "over-limit"})
    assert counted.excluded == {"not_comparable": 2}


def test_the_nearest_limit_counts() -> None:
    limits = [
        {"amount": 10, "currency": "EUR"},
        {"amount": 20, "currency": "EUR", "category": 1},
        {"amount": 30, "currency": "EUR", "category": 2},
        {"amount": 40, "currency": "EUR", "product": MEALS},
    ]
    made = [
        expense(9101, total_amount=35.0, product_id=MEALS),
        expense(9102, total_amount=25.0, product_id=TRAVEL),
        expense(9103, total_amount=35.0, product_id=1),
        expense(9104, total_amount=11.0),
    ]
    assert keys(look(odoo(*made), limits=limits)) == {"over-limit-9103-v1", "over-limit-9104-v1"}
    assert keys(look(odoo(*made), limits=limits[:2])) == {
        "over-limit-9101-v1",
        "over-limit-9102-v1",
        "over-limit-9103-v1",
        "over-limit-9104-v1",
    }
    alone = look(odoo(*made), limits=limits[1:2])
    assert "over-limit-9104-v1" not in keys(alone)
    loose = odoo(*made, corrupt={(PRODUCT, TRAVEL): {"categ_id": False}})
    assert "over-limit-9102-v1" not in keys(look(loose, limits=limits[1:2]))


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_receipt(version: int) -> None:
    report = look(odoo(expense(9101), expense(9102), receipts=[receipt(9102)], version=version))
    assert keys(report) == {"no-receipt-9101-v1"}
    assert finding(report, "no-receipt-9101-v1").reason == (
        "no file is attached to the expense of 80.00 EUR"
    )
    assert finding(report, "no-receipt-9101-v1").owner == "Elise Dubois"


def test_small_amounts_and_some_products_need_no_receipt() -> None:
    made = [
        expense(9101, total_amount=9.99),
        expense(9102, total_amount=10.0),
        expense(9103, product_id=TRAVEL),
        expense(9104, total_amount=1.0, total_amount_currency=1.0, currency_id=USD),
    ]
    report = look(odoo(*made, receipts=[]), receipt_from={"EUR": 10}, no_receipt_products=[TRAVEL])
    assert keys(report) == {"no-receipt-9102-v1", "no-receipt-9104-v1"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_on_something_else_is_no_receipt(version: int) -> None:
    elsewhere = {**receipt(9101), "res_model": "hr.expense.sheet"}
    report = look(odoo(expense(9101), receipts=[elsewhere], version=version))
    assert keys(report) == {"no-receipt-9101-v1"}


@pytest.mark.parametrize("version", VERSIONS)
def test_duplicates_as_odoo_compares_them(version: int) -> None:
    same = {"product_id": TRAVEL, "date": ago(5)}
    made = [
        expense(9101, **same),
        expense(9102, **same),
        expense(9103, **same, employee_id=FEMKE),
        expense(9104, **{**same, "date": ago(6)}),
        expense(9105, **same, total_amount=80.01),
        expense(9106, **{**same, "product_id": MEALS}),
        expense(9107, **same, currency_id=USD),
        expense(9108, **same, state="refused"),
        expense(9109, **{**same, "product_id": False}),
        expense(9110, **{**same, "product_id": False}),
    ]
    report = look(odoo(*made, version=version))
    assert keys(report) == {"duplicate-expense-9102-v1"}
    found = finding(report, "duplicate-expense-9102-v1")
    assert found.reason == (
        "it has the employee, product, day and amount of Expense 9101 of Elise Dubois (no. 9101)"
    )
    assert row(report, 9101)["status"] == "ok"


def test_of_several_each_but_the_first_is_told() -> None:
    made = [expense(number, product_id=TRAVEL) for number in range(9101, 9110)]
    report = look(odoo(*made))
    assert keys(report) == {f"duplicate-expense-{number}-v1" for number in range(9102, 9110)}
    assert finding(report, "duplicate-expense-9109-v1").reason.endswith("(no. 9105), …")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_duplicate_of_what_is_paid_and_looked_at_no_more(version: int) -> None:
    made = [
        expense(9101, product_id=TRAVEL, date=ago(200), state="draft"),
        expense(9102, product_id=TRAVEL, date=ago(200), state="paid"),
    ]
    report = look(odoo(*made, version=version))
    assert "duplicate-expense-9101-v1" in keys(report)
    assert [r["expense_id"] for r in report.rows] == [9101]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_file_on_two_expenses_whoever_spent_them(version: int) -> None:
    made = [expense(9101), expense(9102, employee_id=FEMKE, total_amount=33.0)]
    files = [receipt(9101, "same"), receipt(9102, "same"), receipt(9102, "own", file=70_500)]
    report = look(odoo(*made, receipts=files, version=version))
    assert keys(report) == {"same-receipt-9102-v1"}
    assert finding(report, "same-receipt-9102-v1").reason == (
        "a file on it is also on Expense 9101 of Elise Dubois (no. 9101)"
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_file_as_of_an_expense_of_long_ago(version: int) -> None:
    made = [expense(9101, date=ago(400), state="paid"), expense(9102)]
    files = [receipt(9101, "same"), receipt(9102, "same")]
    report = look(odoo(*made, receipts=files, version=version))
    assert keys(report) == {"same-receipt-9102-v1"}
    assert [r["expense_id"] for r in report.rows] == [9102]


def test_a_duplicate_with_the_same_file_is_told_once_and_files_without_a_sum_are_not_the_same() -> (
    None
):
    twice = [expense(9101, product_id=TRAVEL), expense(9102, product_id=TRAVEL)]
    files = [receipt(9101, "same"), receipt(9102, "same")]
    assert keys(look(odoo(*twice, receipts=files))) == {"duplicate-expense-9102-v1"}
    unknown = [{**receipt(number), "checksum": False} for number in (9101, 9102)]
    assert keys(look(odoo(expense(9101), expense(9102), receipts=unknown))) == set()


def test_parts_of_a_split_expense_are_no_duplicates() -> None:
    """Odoo 19 keeps the first one's id on all of them, and copies the receipt."""
    parts = [
        expense(number, product_id=TRAVEL, split_expense_origin_id=9101) for number in (9101, 9102)
    ]
    files = [receipt(9101, "same"), receipt(9102, "same")]
    assert keys(look(odoo(*parts, receipts=files))) == set()
    before = look(odoo(*parts, receipts=files, version=18))
    assert keys(before) == {"duplicate-expense-9102-v1"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("state", "reason", "owner"),
    [
        ("draft", "and not submitted", "Elise Dubois"),
        ("submitted", "and not approved", "Bruno Claes"),
        ("approved", "and not posted", "finance"),
    ],
)
def test_what_lies_for_long_is_stale(version: int, state: str, reason: str, owner: str) -> None:
    old = expense(9101, state=state, date=ago(31), approval_date=f"{ago(1)} 10:00:00")
    report = look(odoo(old, version=version))
    found = finding(report, "stale-9101-v1")
    assert found.reason == f"of {ago(31)}, {reason}"
    assert (found.owner, str(found.since)) == (owner, ago(0))
    fresh = expense(9101, state=state, date=ago(30), approval_date=f"{ago(1)} 10:00:00")
    assert keys(look(odoo(fresh, version=version))) == set()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("state", ["posted", "in_payment", "paid", "refused"])
def test_what_is_booked_or_refused_is_not_stale(version: int, state: str) -> None:
    old = expense(9101, state=state, date=ago(80))
    assert "stale-9101-v1" not in keys(look(odoo(old, version=version)))


@pytest.mark.parametrize("version", VERSIONS)
def test_approved_and_not_posted(version: int) -> None:
    late = expense(9101, state="approved", approval_date=f"{ago(8)} 10:00:00", date=ago(60))
    report = look(odoo(late, version=version))
    assert keys(report) == {"not-posted-9101-v1"}
    found = finding(report, "not-posted-9101-v1")
    assert (found.reason, found.owner) == (f"approved on {ago(8)} and not posted", "finance")
    in_time = expense(9101, state="approved", approval_date=f"{ago(7)} 10:00:00")
    assert keys(look(odoo(in_time, version=version))) == set()
    undated = expense(9101, state="approved", create_date=f"{ago(9)} 10:00:00")
    assert finding(look(odoo(undated, version=version)), "not-posted-9101-v1").reason == (
        f"approved, entered on {ago(9)}, and not posted"
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_an_entry_that_is_a_draft_is_not_posted(version: int) -> None:
    posted = expense(
        9101, state="posted", approval_date=f"{ago(20)} 10:00:00", account_move_id=9901
    )
    draft = odoo(posted, version=version, more={MOVE: [entry(9901, state="draft")]})
    assert finding(look(draft), "not-posted-9101-v1").reason == "its entry is still a draft"
    of_late = odoo(posted, version=version, more={MOVE: [entry(9901, state="draft")]})
    assert keys(look(of_late, post_within_days=20)) == set()
    booked = odoo(posted, version=version, more={MOVE: [entry(9901)]})
    assert keys(look(booked)) == set()


def on(number: int, account: str) -> dict[str, Any]:
    return expense(number, analytic_distribution={account: 100.0})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("closed", [{"active": False}, {"last_update_status": "done"}])
def test_on_a_closed_project(version: int, closed: dict[str, Any]) -> None:
    made = odoo(on(9101, "101"), on(9102, "102"), version=version, corrupt={(PROJECT, 101): closed})
    report = look(made)
    assert keys(report) == {"closed-project-9101-v1"}
    found = finding(report, "closed-project-9101-v1")
    assert found.reason == "booked on Hafenwerk GmbH: closed or archived"
    assert keys(look(made, exempt_projects=[101])) == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_on_a_project_that_is_not_billable(version: int) -> None:
    corrupt = {(PROJECT, 101): {"allow_billable": False}}
    report = look(odoo(on(9101, "101,102"), version=version, corrupt=corrupt))
    assert finding(report, "non-billable-project-9101-v1").reason == (
        "booked on Hafenwerk GmbH: not billable"
    )
    assert keys(report) == {"non-billable-project-9101-v1"}


def test_an_account_with_a_project_that_goes_on_is_in_order() -> None:
    corrupt: dict[tuple[str, int], dict[str, Any]] = {
        (PROJECT, 101): {"active": False},
        (PROJECT, 102): {"account_id": 101},
    }
    assert keys(look(odoo(on(9101, "101"), corrupt=corrupt))) == set()
    assert keys(look(odoo(on(9101, "77"), on(9102, "x,")))) == set()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("policy", ["cost", "sales_price"])
def test_re_invoiced_and_on_no_order(version: int, policy: str) -> None:
    made = [
        expense(9101, product_id=TRAVEL, total_amount=81.0),
        expense(9102, product_id=TRAVEL, total_amount=82.0, sale_order_id=1),
        expense(9103, product_id=TRAVEL, total_amount=83.0, state="draft"),
        expense(9104, product_id=MEALS, total_amount=84.0),
        expense(9105, product_id=TRAVEL, total_amount=85.0, state="posted"),
    ]
    corrupt = {(PRODUCT, TRAVEL): {"expense_policy": policy}}
    report = look(odoo(*made, version=version, corrupt=corrupt))
    assert keys(report) == {"on-no-order-9101-v1", "on-no-order-9105-v1"}
    assert finding(report, "on-no-order-9101-v1").reason == (
        "Expense is re-invoiced to customers, and the expense names no order"
    )
    assert finding(report, "on-no-order-9101-v1").owner == "Bruno Claes"
    assert finding(report, "on-no-order-9105-v1").owner == "finance"


def paid(**values: Any) -> dict[str, Any]:
    known = {"state": "paid", "account_move_id": 9901, "date": ago(60)}
    return expense(9101, **{**known, **values})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("made", "entries", "lines", "reason"),
    [
        (paid(), [entry(9901)], [], ""),
        (paid(), [entry(9901)], [entry_line(9951, 9901, 0.0)], ""),
        (
            paid(),
            [entry(9901)],
            [entry_line(9951, 9901, -80.0)],
            "Odoo says that it is paid, and its entry is still open",
        ),
        (
            paid(payment_mode="company_account"),
            [entry(9901)],
            [entry_line(9951, 9901, -80.0, "asset_current")],
            "the company paid it, and its entry is not reconciled with the bank",
        ),
        (
            paid(payment_mode="company_account"),
            [entry(9901)],
            [entry_line(9951, 9901, -80.0, "asset_cash")],
            "",
        ),
        (
            paid(account_move_id=False, create_date=f"{ago(50)} 10:00:00"),
            [],
            [],
            "Odoo says that it is paid, and it has no entry in the accounts",
        ),
        (
            paid(),
            [entry(9901, state="cancel")],
            [],
            "Odoo says that it is paid, and its entry is cancelled",
        ),
        (
            paid(),
            [entry(9901, state="draft")],
            [],
            "Odoo says that it is paid, and its entry is a draft",
        ),
        (
            paid(),
            [entry(9901, payment_state="reversed")],
            [],
            "Odoo says that it is paid, and its entry is reversed",
        ),
        (paid(), [entry(9901, date=ago(30))], [entry_line(9951, 9901, -80.0)], ""),
    ],
)
def test_paid_and_not_reconciled(
    version: int, made: Any, entries: Any, lines: Any, reason: str
) -> None:
    sandbox = odoo(made, version=version, more={MOVE: entries, MOVE_LINE: lines})
    report = look(sandbox)
    found = [f for f in report.findings if f.kind == "not-reconciled"]
    assert [f.reason for f in found] == ([reason] if reason else [])
    assert {f.owner for f in found} <= {"finance"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_payment_that_the_bank_does_not_know_yet(version: int) -> None:
    on_its_way = {**paid(), "state": "in_payment"}
    sandbox = odoo(on_its_way, version=version, more={MOVE: [entry(9901)]})
    reason = finding(look(sandbox), "not-reconciled-9101-v1").reason
    assert reason == "its payment is not matched with the bank's statement"


def test_one_that_lacks_several_things_counts_in_each() -> None:
    many = expense(9101, state="draft", date=ago(40), total_amount=300.0)
    report = look(odoo(many, receipts=[]), limits=[LIMIT])
    assert row(report, 9101)["exceptions"] == "over-limit, no-receipt, stale"
    assert measured(report) == {
        ("expense_exceptions", kind): 1 for kind in ("over-limit", "no-receipt", "stale")
    } | {
        ("expense_exceptions_amount", kind, "EUR"): 300.0
        for kind in ("over-limit", "no-receipt", "stale")
    }


def test_currencies_do_not_mix() -> None:
    made = [
        expense(9101),
        expense(9102, total_amount=70.0, total_amount_currency=12_000.0, currency_id=JPY),
        expense(9103, currency_id=False),
    ]
    report = look(odoo(*made, receipts=[]))
    assert {key[1:]: value for key, value in measured(report).items() if len(key) == 3} == {
        ("no-receipt", "EUR"): 160.0,
        ("no-receipt", "JPY"): 12_000.0,
    }
    assert row(report, 9102)["amount"] == "12000"
