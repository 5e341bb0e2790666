"""What an Odoo does not tell of leaks is not verifiable, and never none."""

from typing import Any

import pytest

from odoo_gateway.sandbox.schema import VERSIONS
from tasks.domain.findings import Report
from tasks.financial.leakage.kinds import BY_HOURS, Kind
from tests.tasks.financial.leakage.making import (
    BOUGHT,
    EXPENSE,
    HOURS,
    LINE,
    MOVE,
    MOVE_LINE,
    ORDER,
    PROJECT,
    bill,
    bill_line,
    cost,
    expense,
    hours,
    keys,
    line,
    look,
    odoo,
    order,
)

HIDES = [("id", "<", 0)]
BILLS, ORDERED = "vendors' bills of projects", "what is bought for orders"
HOURS_ON_ORDERS = "hours on orders"


def many(version: int = 19, **switches: Any) -> Any:
    """Something that leaks of most kinds."""
    rows = {
        ORDER: [order(), order(10, state="cancel")],
        LINE: [line(qty_delivered=4.0), line(91, 10, qty_delivered=2.0, state="cancel")],
        HOURS: [hours(1), hours(2, 91, 2.0), hours(3, False), cost(4, 71, 100.0)],
        EXPENSE: [expense(9101)],
        MOVE: [bill(70)],
        MOVE_LINE: [bill_line(71, 70, 100.0)],
    }
    return odoo(rows, version, **{"purchases": True, **switches})


def told(report: Report) -> set[str]:
    """The kinds that are measured."""
    return {m.labels["kind"] for m in report.measures if m.name == "leaks"}


def test_where_everything_is_seen_all_kinds_are_told() -> None:
    report = look(many())
    assert report.not_verifiable == ()
    assert told(report) == {*Kind}
    assert {row["kind"] for row in report.rows} == {
        *(Kind.CANCELLED, Kind.NO_LINE, Kind.NOT_INVOICED, Kind.EXPENSE, Kind.PURCHASE)
    }


@pytest.mark.parametrize(
    ("switches", "check", "kinds"),
    [
        ({"lacks_modules": ["sale_timesheet"]}, HOURS_ON_ORDERS, BY_HOURS),
        ({"rules": {"project.project": HIDES}}, "projects", (Kind.NO_LINE, Kind.PURCHASE)),
        ({"hidden_fields": [("project.project", "account_id")]}, BILLS, (Kind.PURCHASE,)),
        ({"lacks_modules": ["hr_expense"]}, "expenses", (Kind.EXPENSE,)),
        ({"lacks_modules": ["sale_expense"]}, "expenses", (Kind.EXPENSE,)),
        ({"denied_models": [EXPENSE]}, "expenses", (Kind.EXPENSE,)),
        ({"rules": {EXPENSE: HIDES}}, "expenses", (Kind.EXPENSE,)),
        ({"purchases": False}, ORDERED, (Kind.BOUGHT,)),
        ({"denied_models": [BOUGHT]}, ORDERED, (Kind.BOUGHT,)),
        ({"rules": {BOUGHT: HIDES}}, ORDERED, (Kind.BOUGHT,)),
        ({"hidden_fields": [(BOUGHT, "sale_line_id")]}, ORDERED, (Kind.BOUGHT,)),
        ({"hidden_fields": [(MOVE_LINE, "purchase_line_id")]}, ORDERED, (Kind.BOUGHT,)),
    ],
)
def test_what_is_hidden_is_not_verifiable_and_the_rest_is_told(
    switches: Any, check: str, kinds: tuple[Kind, ...]
) -> None:
    report = look(many(**switches))
    (gap,) = (gap for gap in report.not_verifiable if gap.check == check)
    assert gap.reason
    assert gap.remedy
    assert report.unseen >= {*kinds}
    assert told(report) == {*Kind} - report.unseen
    assert not {row["kind"] for row in report.rows} & report.unseen
    assert "cancelled-order-10-v1" in keys(report)


def test_who_sees_only_invoices_of_customers_is_told_nothing_of_costs() -> None:
    customers = [("move_type", "in", ("out_invoice", "out_refund"))]
    report = look(many(rules={MOVE: customers}))
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "costs in the accounts")
    assert gap.reason == "the record rule some account.move hides rows of account.move"
    assert report.unseen >= {Kind.EXPENSE, Kind.PURCHASE, Kind.BOUGHT}
    assert "cancelled-order-10-v1" in keys(report)


def test_without_projects_there_are_none_to_look_at() -> None:
    report = look(many(lacks_modules=["project"]))
    (gap,) = report.not_verifiable
    assert gap.reason == "projects are not installed"
    assert (report.rows, report.findings, report.measures) == ((), (), ())
    assert report.unseen == {kind.value for kind in Kind}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("model", [ORDER, LINE, HOURS, MOVE, MOVE_LINE, PROJECT])
def test_where_orders_hours_or_invoices_may_be_hidden_nothing_is_told(
    version: int, model: str
) -> None:
    report = look(many(version, denied_models=[model]))
    assert (report.rows, report.totals, report.measures) == ((), (), ())
    assert keys(report) == {"not-verifiable"}


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_19_reports_of_expenses_must_be_seen_too(version: int) -> None:
    report = look(many(version, denied_models=["hr.expense.sheet"]))
    assert Kind.EXPENSE in report.unseen
    assert "cancelled-order-10-v1" in keys(report)


def test_where_the_companys_currency_is_hidden_costs_are_not_told() -> None:
    report = look(many(rules={"res.currency": [("id", "!=", 1)]}), drifts=True)
    assert report.rows == ()
    assert keys(report) == {"not-verifiable"}
