"""Of which models a user is shown to see all rows: by the rules where it may read them, else by its
groups as far as no total of Odoo's says otherwise."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from odoo_gateway.sight import SEEN_BY, Doubt, Rule, Why, _narrowed
from tests.fakes.overlay import Overlay

DAY = date(2026, 11, 23)
HOURS, ORDERS, EXPENSES = "account.analytic.line", "sale.order", "hr.expense"
INVOICES = "account.move"


def reader(**switches: Any) -> Reader:
    return Reader(Session(Sandbox(DAY, **switches)), 1)


def doubt(model: str, *rules: tuple[str, Sequence[int]]) -> Doubt | None:
    """What the rules, with their groups, leave to a user of the groups 1 and 2."""
    found = [
        Rule(number, f"rule {number}", 1, tuple(groups), domain)
        for number, (domain, groups) in enumerate(rules, 1)
    ]
    return _narrowed(model, found, frozenset({1, 2}))


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_an_administrator_sees_all(version: int) -> None:
    odoo = reader(version=version)
    models = [model for model in SEEN_BY if odoo.session.may_read(model)]
    assert [model for model in models if not odoo.sees_all(model)] == []
    assert len(models) >= 11


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_a_rule_that_hides_rows_is_named(version: int) -> None:
    odoo = reader(version=version, rules={EXPENSES: [("employee_id", "=", 3)]})
    assert odoo.doubt(EXPENSES) == Doubt(Why.RULE, EXPENSES, "some hr.expense")
    assert odoo.sees_all(ORDERS)


def test_a_model_that_may_not_be_read_is_not_seen() -> None:
    odoo = reader(denied_models=[EXPENSES])
    assert odoo.doubt(EXPENSES) == Doubt(Why.UNREADABLE, EXPENSES)


@pytest.mark.parametrize(
    ("groups", "seen"),
    [
        ([], []),
        (["sales_team.group_sale_salesman"], []),
        (["sales_team.group_sale_salesman_all_leads"], [ORDERS]),
        (["hr_timesheet.group_hr_timesheet_approver"], []),
        (["hr_timesheet.group_timesheet_manager"], [HOURS]),
        (["hr_expense.group_hr_expense_team_approver"], []),
        (["hr_expense.group_hr_expense_user"], [EXPENSES]),
    ],
)
def test_where_rules_are_hidden_the_groups_tell(groups: list[str], seen: list[str]) -> None:
    odoo = reader(denied_models=["ir.rule"], groups=["base.group_user", *groups])
    assert [model for model in (HOURS, ORDERS, EXPENSES) if odoo.sees_all(model)] == seen
    assert odoo.sees_all("hr.employee")
    assert not odoo.sees_all("some.model")


@pytest.mark.parametrize(
    ("group", "every"),
    [
        ("sales_team.group_sale_salesman_all_leads", False),
        ("account.group_account_invoice", True),
        ("account.group_account_readonly", True),
    ],
)
def test_who_sees_the_invoices_of_customers_need_not_see_bills(group: str, every: bool) -> None:
    odoo = reader(denied_models=["ir.rule"], groups=["base.group_user", group])
    assert odoo.doubt(INVOICES) is None
    assert (odoo.doubt(INVOICES, every=True) is None) is every


def test_a_rule_that_shows_the_invoices_of_customers_alone_hides_bills() -> None:
    odoo = reader(rules={INVOICES: [("move_type", "in", ("out_invoice", "out_refund"))]})
    assert odoo.doubt(INVOICES) is None
    assert odoo.doubt(INVOICES, every=True) == Doubt(Why.RULE, INVOICES, f"some {INVOICES}")
    assert odoo.doubt(ORDERS, every=True) is None


def test_groups_are_not_believed_against_a_total_of_odoos() -> None:
    manager = ["base.group_user", "hr_timesheet.group_timesheet_manager"]
    told = {"denied_models": ["ir.rule"], "groups": manager}
    assert reader(**told).sees_all(HOURS)
    odoo = reader(**told, rules={HOURS: [("employee_id", "=", 3)]})
    assert odoo.doubt(HOURS) == Doubt(Why.CONTRADICTED, HOURS)


def test_no_total_tells_where_the_parents_are_hidden() -> None:
    manager = ["base.group_user", "hr_timesheet.group_timesheet_manager"]
    assert reader(denied_models=["ir.rule", "project.task"], groups=manager).sees_all(HOURS)


def test_what_is_asked_is_asked_once_a_look() -> None:
    overlay = Overlay(Sandbox(DAY), {})
    odoo = Reader(Session(overlay), 1)
    first = [odoo.sees_all(model) for model in SEEN_BY]
    asked = len(overlay.seen)
    assert [odoo.sees_all(model) for model in SEEN_BY] == first
    assert len(overlay.seen) == asked
    rows = [call[0] for call in overlay.seen if call[1] == "search_read"]
    assert sorted(rows) == ["ir.model", "ir.module.module", "ir.rule", "res.company", "res.users"]


ALL = "[(1, '=', 1)]"
OWN = "['|', ('user_id', '=', user.id), ('user_id', '=', False)]"
COMPANY = "[('company_id', 'in', company_ids)]"


@pytest.mark.parametrize(
    ("model", "rules", "hiding"),
    [
        (ORDERS, [], None),
        (ORDERS, [(COMPANY, [])], None),
        (ORDERS, [(COMPANY, []), (OWN, [2])], 2),
        # Rules of groups widen each other, whichever comes first.
        (ORDERS, [(COMPANY, []), (OWN, [2]), (ALL, [1])], None),
        (ORDERS, [(COMPANY, []), (ALL, [1]), (OWN, [2])], None),
        (ORDERS, [(OWN, [3])], None),
        (ORDERS, [(OWN, [2]), (ALL, [3])], 1),
        (ORDERS, [("[]", [2])], None),
        (ORDERS, [("", [2])], None),
        # A rule for everybody narrows whatever groups see.
        (ORDERS, [("[('amount_total', '<', 1000)]", []), (ALL, [1])], 1),
        (
            ORDERS,
            [("['|', ('company_id', 'in', company_ids), ('user_id', '=', user.id)]", [])],
            None,
        ),
        (ORDERS, [("['&', ('company_id', 'in', company_ids), ('state', '=', 'sale')]", [])], 1),
        (ORDERS, [("[('company_id', 'in', company_ids), ('state', '=', 'sale')]", [])], 1),
        (ORDERS, [("[('company_id', '=', user.company_id.id)]", [])], 1),
        (ORDERS, [("[('company_id', 'parent_of', company_ids)]", [])], None),
        (ORDERS, [("['!', (1, '=', 1)]", [2])], 1),
        (ORDERS, [("[(0, '=', 1)]", [2])], 1),
        (ORDERS, [("[[1, '=', 1]]", [2])], None),
        (ORDERS, [("no domain at all", [2])], 1),
        (ORDERS, [("user.domain()", [2])], 1),
        # What leaves out nothing that a job asks for.
        (HOURS, [("[('project_id', '!=', False)]", [2])], None),
        (HOURS, [("[('project_id', '=', False)]", [2])], 1),
        (ORDERS, [("[('project_id', '!=', False)]", [2])], 1),
        ("account.move", [("[('move_type', 'in', ('out_invoice', 'out_refund'))]", [2])], None),
        ("account.move", [("[('expense_ids', '!=', False)]", [2])], 1),
    ],
)
def test_rules_are_told_apart(
    model: str, rules: list[tuple[str, list[int]]], hiding: int | None
) -> None:
    found = None if hiding is None else Doubt(Why.RULE, model, f"rule {hiding}")
    assert doubt(model, *rules) == found
