"""What is read of projects, from the sandbox's firm as tests change it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.transport import Transport
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.margin_watch.costs import left_to_bill, shares
from tasks.financial.margin_watch.facts import Watched
from tasks.financial.margin_watch.job import JOB
from tasks.financial.margin_watch.records import Bought
from tasks.financial.margin_watch.snapshot import read
from tests.tasks.conftest import MONDAY, reading

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
Row = dict[str, Any]
PROJECT, LINE, HOURS, ORDER = (
    "project.project",
    "sale.order.line",
    "account.analytic.line",
    "sale.order",
)
# Hafenwerk: project and order of the first deal, and its line of hours.
HAFENWERK, FIRST_LINE = 101, 10
BUYING: Final[Mapping[str, Any]] = {
    "purchase.order.line": {
        "analytic_distribution": {"type": "json", "store": True},
        "company_id": {"type": "many2one", "relation": "res.company", "store": True},
        "currency_id": {"type": "many2one", "relation": "res.currency", "store": True},
        "display_type": {"type": "selection", "store": True, "selection": ["line_section"]},
        "id": {"type": "integer", "store": True},
        "order_id": {"type": "many2one", "relation": "purchase.order", "store": True},
        "price_subtotal": {"type": "monetary", "store": True},
        "product_qty": {"type": "float", "store": True},
        "qty_invoiced": {"type": "float", "store": True},
        "sale_line_id": {"type": "many2one", "relation": "sale.order.line", "store": True},
        "state": {"type": "selection", "store": True, "selection": ["draft", "purchase"]},
    },
    "purchase.order": {
        "id": {"type": "integer", "store": True},
        "invoice_status": {"type": "selection", "store": True, "selection": ["no", "invoiced"]},
    },
}


def odoo(
    corrupt: Mapping[tuple[str, int], Row] | None = None,
    more: Mapping[str, Sequence[Row]] | None = None,
    **switches: Any,
) -> Sandbox:
    rows = {model: [*of] for model, of in firm.build(MONDAY.date()).items()}
    for model, of in (more or {}).items():
        rows[model] = [*rows.get(model, []), *of]
    return Sandbox(MONDAY.date(), rows=rows, corrupt=corrupt, **switches)


def projects(sandbox: Transport, company_id: int = 1) -> Mapping[int, Watched]:
    found = read(reading(sandbox, company_id), NOW, JOB.policy())
    return {each.project.id: each for each in found.projects}


def look(sandbox: Transport, *, company_id: int = 1, **policy: Any) -> Report:
    return JOB.run(reading(sandbox, company_id), NOW, JOB.policy.model_validate(policy))


def missing(found: Watched) -> set[str]:
    return {gap.kind.value for gap in found.gaps}


def hours(number: int, **values: Any) -> Row:
    """Eight hours of somebody that cost 400."""
    known = {"id": number, "date": str(MONDAY.date()), "employee_id": 5, "company_id": 1}
    what = {"unit_amount": 8.0, "amount": -400.0, "so_line": False, "task_id": False}
    empty = dict.fromkeys(
        ("holiday_id", "global_leave_id", "timesheet_invoice_id", "general_account_id"), False
    )
    moved = {"account_id": False, "move_line_id": False, "product_uom_id": 4}
    return {"project_id": HAFENWERK, **known, **what, **empty, **moved, **values}


def booked(number: int, amount: float, **values: Any) -> Row:
    """An analytic line that is no hour, on an account of costs."""
    known = {"project_id": False, "account_id": HAFENWERK, "general_account_id": 2}
    return hours(number, unit_amount=1.0, amount=amount, **{**known, **values})


def purchase(number: int, **values: Any) -> Row:
    """1,000 euros for two, of which one is billed."""
    known = {"id": number, "order_id": 1, "currency_id": 1, "company_id": 1, "state": "purchase"}
    what = {"price_subtotal": 1000.0, "product_qty": 2.0, "qty_invoiced": 1.0}
    on = {"analytic_distribution": {str(HAFENWERK): 50.0}, "sale_line_id": False}
    return {**known, **what, **on, "display_type": False, **values}


def buying(*lines: Row, **switches: Any) -> Sandbox:
    order = {"id": 1, "invoice_status": "no"}
    more = {"purchase.order.line": lines, "purchase.order": [order]}
    return odoo(more=more, declares=BUYING, **switches)


def test_active_projects_that_are_sold_or_billable_are_watched() -> None:
    found = projects(odoo({(PROJECT, HAFENWERK): {"active": False}}))
    assert HAFENWERK not in found
    # Neither the internal one nor a template.
    assert not {1, 3} & found.keys()
    assert 102 in found


def test_a_shared_project_is_watched_where_it_has_something() -> None:
    shared = odoo({(PROJECT, number): {"company_id": False} for number in (HAFENWERK, 150)})
    assert HAFENWERK in projects(shared)
    assert HAFENWERK not in projects(shared, 2)
    assert 150 not in projects(shared)


def test_costs_are_those_of_hours_and_of_the_account() -> None:
    before = projects(odoo())[HAFENWERK]
    more = [hours(90_001), booked(90_002, -70.0), booked(90_003, 20.0, general_account_id=1)]
    after = projects(odoo(more={HOURS: more}))[HAFENWERK]
    assert after.logged[None].cost - before.logged.get(None, after.logged[None]).cost in (0, 400)
    assert after.books
    assert before.books
    assert after.books.purchases - before.books.purchases == 70
    assert after.books.revenue - before.books.revenue == 20


def test_an_expense_in_the_books_is_told_apart() -> None:
    entry = {"id": 80_001, "expense_id": 1, "company_id": 1}
    known = dict.fromkeys(("move_type", "parent_state", "sale_line_ids", "currency_id"), False)
    more = {HOURS: [booked(90_001, -55.0, move_line_id=80_001)]}
    found = projects(odoo(more={**more, "account.move.line": [{**known, **entry}]}))[HAFENWERK]
    assert found.books
    assert found.books.expenses == 55


def test_a_project_without_account_has_no_books() -> None:
    found = projects(odoo({(PROJECT, HAFENWERK): {"account_id": False}}))[HAFENWERK]
    assert (found.books, missing(found)) == (None, {"no-account"})


def test_a_shared_account_is_nobodys() -> None:
    found = projects(odoo({(PROJECT, 102): {"account_id": HAFENWERK}}))
    assert missing(found[HAFENWERK]) == missing(found[102]) == {"shared-account"}
    assert found[HAFENWERK].books is None


def test_what_another_company_booked_or_logged_is_not_added() -> None:
    theirs = [booked(90_001, -70.0, company_id=2), hours(90_002, company_id=2, amount=-9.0)]
    before, after = projects(odoo())[HAFENWERK], projects(odoo(more={HOURS: theirs}))[HAFENWERK]
    assert missing(after) == {"other-company"}
    assert len(after.gaps) == 2
    assert (after.books, after.logged) == (before.books, before.logged)


def test_hours_without_cost_are_counted() -> None:
    found = projects(odoo(more={HOURS: [hours(90_001, amount=0.0)]}))[HAFENWERK]
    assert found.logged[None].uncosted == 8
    report = look(odoo(more={HOURS: [hours(90_001, amount=0.0)]}))
    (row,) = (row for row in report.rows if row["project_id"] == HAFENWERK)
    assert row["status"] == "not_verifiable"
    assert row["uncosted_hours"] == 8.0


def test_a_line_belongs_to_the_project_that_its_hours_are_on() -> None:
    two = {(PROJECT, n): {"reinvoiced_sale_order_id": 1} for n in (HAFENWERK, 102)}
    untold = {(LINE, FIRST_LINE): {"project_id": False}}
    found = projects(odoo({**two, **untold}))
    assert FIRST_LINE in {sale.sold.line.id for sale in found[HAFENWERK].sales}


def test_a_line_of_no_single_project_is_a_gap_of_all() -> None:
    two = {(PROJECT, n): {"reinvoiced_sale_order_id": 1} for n in (HAFENWERK, 102)}
    spread = [hours(90_001, so_line=FIRST_LINE, project_id=102)]
    untold = {(LINE, FIRST_LINE): {"project_id": False}}
    found = projects(odoo({**two, **untold}, more={HOURS: spread}))
    assert missing(found[HAFENWERK]) == missing(found[102]) == {"no-project"}


def test_the_project_that_names_the_line_has_it() -> None:
    named: dict[tuple[str, int], Row] = {
        (LINE, FIRST_LINE): {"project_id": False},
        (PROJECT, 102): {"sale_line_id": FIRST_LINE},
    }
    found = projects(odoo(named))
    assert FIRST_LINE in {sale.sold.line.id for sale in found[102].sales}


def test_the_last_update_says_how_much_is_done_while_it_holds() -> None:
    assert projects(odoo())[HAFENWERK].progress == Decimal("0.5")
    for wrong in ({"progress": 0}, {"date": "2026-01-01"}, {"date": False}):
        assert projects(odoo({("project.update", 101): wrong}))[HAFENWERK].progress is None


def test_tasks_are_planned_by_order_line() -> None:
    task = next(t for t in firm.build(MONDAY.date())["project.task"] if t["project_id"] == 101)
    changed = {("project.task", task["id"]): {"state": "1_done", "allocated_hours": 90.0}}
    found = projects(odoo(changed))[HAFENWERK].planned[task["sale_line_id"]]
    assert found.done == 90
    cancelled = {("project.task", task["id"]): {"state": "1_canceled", "allocated_hours": 90.0}}
    left = projects(odoo(cancelled))[HAFENWERK].planned.get(task["sale_line_id"])
    assert left is None or left.hours == found.hours - 90


def test_what_is_ordered_and_not_billed_is_on_its_account() -> None:
    found = projects(buying(purchase(1)))[HAFENWERK]
    assert found.ordered == 250
    assert not found.gaps


def test_what_is_ordered_in_dollars_is_converted() -> None:
    assert projects(buying(purchase(1, currency_id=2)))[HAFENWERK].ordered == 200


def test_a_purchase_for_an_order_that_names_no_account_is_a_gap() -> None:
    lost = purchase(1, analytic_distribution=False, sale_line_id=FIRST_LINE)
    found = projects(buying(lost))[HAFENWERK]
    assert missing(found) == {"unbooked-purchase"}
    assert found.ordered == 0


def test_purchases_that_are_not_shown_whole_leave_no_forecast() -> None:
    report = look(buying(purchase(1), denied_models=["purchase.order.line"]))
    assert [gap.check for gap in report.not_verifiable] == ["purchase orders"]
    assert {row["margin_at_completion"] for row in report.rows} == {None}


def test_an_expense_that_is_not_posted_waits() -> None:
    row = {"id": 70_001, "name": "Taxi", "employee_id": 5, "company_id": 1, "state": "submitted"}
    amounts = {"total_amount": 40.0, "analytic_distribution": {f"{HAFENWERK},7": 25.0}}
    found = projects(odoo(more={"hr.expense": [{**row, **amounts}]}))[HAFENWERK]
    assert found.waiting == 10


def test_expenses_that_are_not_readable_withhold_the_forecast() -> None:
    report = look(odoo(denied_models=["hr.expense"]))
    assert "expenses" in {str(gap.check) for gap in report.not_verifiable}
    assert {row["margin_at_completion"] for row in report.rows} == {None}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_every_version_tells_the_margins(version: int) -> None:
    sandbox = Sandbox(MONDAY.date(), version=version)
    newest = {row["project_id"]: row for row in look(odoo()).rows}
    names = ("sold", "earned", "billed", "cost_of_hours", "purchases", "recognised", "margin")
    for row in look(sandbox).rows:
        expected = newest[row["project_id"]]
        assert [row[name] for name in names] == [expected[name] for name in names]


def test_books_that_only_hours_are_shown_of_are_no_books() -> None:
    """Odoo shows hours to some groups, and what is booked to others."""
    timesheets = ("project.group_project_manager", "sales_team.group_sale_salesman_all_leads")
    groups = [
        *timesheets,
        "hr_timesheet.group_timesheet_manager",
        "hr_expense.group_hr_expense_user",
    ]
    found = projects(odoo(groups=groups, denied_models=["ir.rule"]))[HAFENWERK]
    assert (found.books, missing(found)) == (None, {"books-hidden"})
    shown = [*groups, "account.group_account_readonly"]
    assert projects(odoo(groups=shown, denied_models=["ir.rule"]))[HAFENWERK].books


def test_a_ledger_that_is_not_readable_hides_the_books() -> None:
    found = projects(odoo(denied_models=["account.account"]))[HAFENWERK]
    assert missing(found) == {"books-hidden"}


def test_an_account_of_the_books_that_a_rule_hides_is_a_gap() -> None:
    found = projects(odoo(rules={"account.account": [["id", "=", 2]]}))[HAFENWERK]
    assert missing(found) == {"books-hidden"}


def test_what_could_not_be_read_is_missing_of_its_project_alone() -> None:
    report = look(odoo({(LINE, FIRST_LINE): {"qty_delivered_method": "by guess"}}))
    status = {row["project_id"]: row["status"] for row in report.rows}
    assert status[HAFENWERK] == "not_verifiable"
    assert "ok" in status.values()


def test_what_belongs_to_no_project_is_missing_of_all() -> None:
    expenses = firm.build(MONDAY.date())["hr.expense"]
    open_one = next(row["id"] for row in expenses if row["state"] == "submitted")
    report = look(odoo({("hr.expense", open_one): {"total_amount": "much"}}))
    assert {row["status"] for row in report.rows} == {"not_verifiable"}


def test_without_the_companys_currency_nothing_is_read() -> None:
    found = odoo({("res.company", 1): {"currency_id": 99}})
    assert read(reading(found), NOW, JOB.policy()).exchange is None


def test_without_expenses_none_waits() -> None:
    found = projects(odoo(lacks_modules=["hr_expense", "sale_expense"]))
    assert {each.waiting for each in found.values()} == {0}


def test_purchases_that_know_of_no_orders_are_read() -> None:
    fields = {**BUYING["purchase.order.line"]}
    fields.pop("sale_line_id")
    declares = {**BUYING, "purchase.order.line": fields}
    order, line = {"id": 1, "invoice_status": "no"}, purchase(1)
    del line["sale_line_id"]
    more = {"purchase.order.line": [line], "purchase.order": [order]}
    assert projects(odoo(more=more, declares=declares))[HAFENWERK].ordered == 250


def test_a_template_shares_no_account() -> None:
    found = projects(odoo({(PROJECT, 3): {"account_id": HAFENWERK}}))[HAFENWERK]
    assert not found.gaps


def test_a_product_without_category_is_of_no_service_line() -> None:
    product = {("product.product", n): {"categ_id": False} for n in range(1, 8)}
    report = look(odoo(product))
    parts = [part for row in report.rows for part in row["service_lines"]]
    assert "" in {part["service_line"] for part in parts}


def test_shares_of_a_distribution() -> None:
    assert [*shares({"12,31": 40.0, "7": 60.0})] == [
        (12, Decimal("0.4")),
        (31, Decimal("0.4")),
        (7, Decimal("0.6")),
    ]
    assert not [*shares(None)]
    assert not [*shares({"": 100.0})]


def test_nothing_is_left_of_what_was_not_ordered() -> None:
    known = (1, 1, 1, Decimal(100))
    assert left_to_bill(Bought(*known, product_qty=Decimal(0), qty_invoiced=Decimal(0))) == 0
    assert left_to_bill(Bought(*known, product_qty=Decimal(2), qty_invoiced=Decimal(3))) == 0
