"""What an Odoo does not tell of expenses is not verifiable, and never in order."""

from typing import Any

import pytest

from odoo_gateway.sandbox.schema import VERSIONS
from tasks.domain.findings import Report
from tasks.financial.expense_exceptions.kinds import Kind
from tests.tasks.financial.expense_exceptions.making import (
    TRAVEL,
    expense,
    finding,
    keys,
    look,
    odoo,
)

HIDES = [("id", "<", 0)]
PROJECTS = {Kind.CLOSED_PROJECT, Kind.NON_BILLABLE}
FILES = {Kind.NO_RECEIPT, Kind.SAME_RECEIPT}


def many(**switches: Any) -> Any:
    """Expenses without a receipt, above a limit, paid, on a project and re-invoiced."""
    return odoo(
        expense(9101, product_id=TRAVEL, analytic_distribution={"101": 100.0}, state="draft"),
        receipts=[],
        **switches,
    )


def told(report: Report) -> set[str]:
    """The kinds that are measured."""
    return {m.labels["kind"] for m in report.measures if m.name == "expense_exceptions"}


@pytest.mark.parametrize(
    ("switches", "check", "kinds"),
    [
        ({"denied_models": ["ir.attachment"]}, "receipts", FILES),
        ({"rules": {"ir.attachment": HIDES}}, "receipts", FILES),
        ({"denied_models": ["project.project"]}, "projects of expenses", PROJECTS),
        ({"rules": {"project.project": HIDES}}, "projects of expenses", PROJECTS),
        ({"lacks_modules": ["project"]}, "projects of expenses", PROJECTS),
        (
            {"hidden_fields": [("hr.expense", "analytic_distribution")]},
            "projects of expenses",
            PROJECTS,
        ),
        ({"hidden_fields": [("project.project", "account_id")]}, "projects of expenses", PROJECTS),
        (
            {"hidden_fields": [("project.project", "allow_billable")]},
            "billable projects",
            {Kind.NON_BILLABLE},
        ),
        ({"lacks_modules": ["sale_expense"]}, "re-invoiced expenses", {Kind.ON_NO_ORDER}),
        (
            {"hidden_fields": [("product.product", "expense_policy")]},
            "re-invoiced expenses",
            {Kind.ON_NO_ORDER},
        ),
        ({"denied_models": ["account.move"]}, "entries of expenses", {Kind.NOT_RECONCILED}),
        ({"denied_models": ["account.move.line"]}, "entries of expenses", {Kind.NOT_RECONCILED}),
    ],
)
def test_what_is_hidden_is_not_verifiable_and_the_rest_is_told(
    switches: Any, check: str, kinds: set[Kind]
) -> None:
    report = look(many(**switches), stale_after_days=0)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == check)
    assert gap.reason
    assert gap.remedy
    assert report.unseen == kinds
    assert told(report) == {*Kind} - kinds
    assert "stale-9101-v1" in keys(report)
    assert ("no-receipt-9101-v1" in keys(report)) is (Kind.NO_RECEIPT not in kinds)
    assert not {f.kind for f in report.findings} & kinds


def test_hidden_files_are_told_to_finance() -> None:
    report = look(many(denied_models=["ir.attachment"]))
    assert finding(report, "not-verifiable").owner == "finance"
    assert finding(report, "not-verifiable").title == "not verifiable: receipts"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "switches",
    [
        {"denied_models": ["hr.expense"]},
        {"rules": {"hr.expense": HIDES}},
        {"rules": {"hr.employee": HIDES}},
    ],
)
def test_where_expenses_may_be_hidden_nothing_is_told(version: int, switches: Any) -> None:
    report = look(
        many(version=version, **switches), drifts="hr.employee" in switches.get("rules", {})
    )
    assert (report.rows, report.measures) == ((), ())
    assert keys(report) == {"not-verifiable"}


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_19_reports_must_be_seen_too(version: int) -> None:
    for switches in (
        {"denied_models": ["hr.expense.sheet"]},
        {"rules": {"hr.expense.sheet": HIDES}},
    ):
        report = look(many(version=version, **switches))
        assert (report.rows, keys(report)) == ((), {"not-verifiable"})


def test_without_expenses_there_is_nothing_to_tell() -> None:
    report = look(many(lacks_modules=["hr_expense"]))
    (gap,) = report.not_verifiable
    assert gap.reason == "expenses are not installed"
    assert (report.rows, report.findings, report.measures) == ((), (), ())
    assert report.unseen == {kind.value for kind in Kind}


def test_an_entry_that_is_hidden_says_nothing_and_is_drift() -> None:
    paid = expense(9101, state="paid", account_move_id=9901, date="2026-09-01")
    report = look(odoo(paid, expense(9102)), drifts=True)
    assert "not-reconciled-9101-v1" not in keys(report)
    assert report.measures == ()


def test_an_expense_in_a_currency_that_is_hidden_harms_no_other() -> None:
    odd = expense(9101, currency_id=77)
    report = look(odoo(odd, expense(9102), receipts=[]), drifts=True)
    assert keys(report) == {"no-receipt-9102-v1", "not-verifiable"}
    assert report.measures == ()


def test_a_value_that_no_odoo_has_harms_no_other() -> None:
    odd = expense(9101, create_date=False)
    report = look(odoo(odd, expense(9102), receipts=[]), drifts=True)
    assert keys(report) == {"no-receipt-9102-v1", "not-verifiable"}
