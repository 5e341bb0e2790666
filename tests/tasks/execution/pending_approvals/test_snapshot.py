"""What waits is read from every kind of Odoo, with those who may decide it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.sandbox.firm import people
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.execution.pending_approvals.job import JOB
from tasks.execution.pending_approvals.policy import ApprovalPolicy
from tasks.execution.pending_approvals.snapshot import read
from tasks.reads.rates import units_per_hour
from tests.fakes import modules
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading
from tests.tasks.test_modules import every_line, with_module


def report_of(odoo: Any, now: AsOf, company_id: int = 1, **policy: Any) -> Report:
    return JOB.run(reading(odoo, company_id), now, ApprovalPolicy.model_validate(policy))


def test_every_submitted_expense_of_the_company_is_listed(now: AsOf) -> None:
    submitted = [e for e in firm.build(MONDAY.date())["hr.expense"] if e["state"] == "submitted"]
    for company_id in (1, 2):
        listed = {found["record_id"] for found in report_of(changed(), now, company_id).rows}
        assert listed == {e["id"] for e in submitted if e["company_id"] == company_id}
        assert listed


def test_the_firm_has_every_reason_why_somebody_else_decides(now: AsOf) -> None:
    report = report_of(changed(), now)
    assert {found["status"] for found in report.rows} == {
        "waiting",
        "approver_away",
        "self_approval",
        "no_approver",
    }


def test_without_its_activity_an_expense_waits_since_it_was_entered(now: AsOf) -> None:
    activities = firm.build(MONDAY.date())["mail.activity"]
    gone = {("mail.activity", row["id"]): {"automated": False} for row in activities}
    for odoo in (changed(corrupt=gone), changed(denied_models=["mail.activity"])):
        report = report_of(odoo, now)
        assert {found["since_basis"] for found in report.rows} == {"entered"}
        assert "day of submission" in {gap.check for gap in report.not_verifiable}
        assert all("entered on" in found.reason for found in report.findings)


@pytest.mark.parametrize(
    ("odoo", "remedy"),
    [
        (changed(lacks_modules=["hr_expense"]), "install hr_expense"),
        (changed(denied_models=["hr.expense"]), "All Approver"),
        (Sandbox(MONDAY.date(), version=18, denied_models=["hr.expense.sheet"]), "All Approver"),
    ],
)
def test_expenses_that_cannot_be_read_are_not_verifiable(
    odoo: Sandbox, remedy: str, now: AsOf
) -> None:
    report = report_of(odoo, now)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "submitted expenses")
    assert remedy in gap.remedy
    assert (report.rows, report.measures) == ((), ())


SUBMITTER, MANAGER, HEAD = 5, 2, 3


def asked(version: int, now: AsOf, **submitter: Any) -> tuple[str, str]:
    """Status and approver of an expense for which nobody is named, of a department of Head's."""
    built = dict(firm.build(MONDAY.date()))
    built["hr.department"] = [{**row, "manager_id": HEAD} for row in built["hr.department"]]
    nobody = {("hr.expense", row["id"]): {"manager_id": False} for row in built["hr.expense"]}
    odoo = Sandbox(
        MONDAY.date(),
        version=version,
        rows=built,
        corrupt={**nobody, ("hr.employee", SUBMITTER): submitter},
    )
    (found,) = (r for r in report_of(odoo, now).rows if r["submitter_id"] == SUBMITTER)
    return found["status"], found["approver"]


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_odoo_19_the_manager_else_the_head_of_the_department_is_asked(
    version: int, now: AsOf
) -> None:
    manager, head = people.PEOPLE[MANAGER].name, people.PEOPLE[HEAD].name
    assert asked(version, now, parent_id=MANAGER) == ("waiting", manager)
    assert asked(version, now, parent_id=False) == ("waiting", head)
    # A manager may be of another company.
    assert asked(version, now, parent_id=28) == ("waiting", people.PEOPLE[28].name)
    assert asked(version, now, parent_id=False, department_id=False) == ("no_approver", "")
    assert asked(19, now, parent_id=MANAGER) == ("no_approver", "")


def test_a_firm_in_which_nothing_waits_is_told_nothing(now: AsOf) -> None:
    expenses = firm.build(MONDAY.date())["hr.expense"]
    decided = {("hr.expense", e["id"]): {"state": "approved"} for e in expenses}
    report = report_of(changed(corrupt=decided), now)
    assert (report.rows, report.findings) == ((), ())
    assert {m.name: m.value for m in report.measures} == {
        "approvals_pending": 0,
        "approvals_oldest_days": 0,
    }


def hours_of(report: Report) -> list[Mapping[str, Any]]:
    return [found for found in report.rows if found["kind"] == "time"]


def grid(corrupt: Mapping[tuple[str, int], Mapping[str, Any]] | None = None) -> Sandbox:
    """The firm with Odoo Enterprise's approval of hours, none of which is approved."""
    return with_module(
        modules.TIMESHEET_GRID,
        corrupt={**every_line({"validated": False}), **(corrupt or {})},
    )


def test_unapproved_hours_wait_for_the_manager_or_the_timesheet_approver(now: AsOf) -> None:
    odoo = grid({("hr.employee", 5): {"timesheet_manager_id": 103}})
    rows = hours_of(report_of(odoo, now))
    assert {r["approver"] for r in rows if r["submitter_id"] == 5} == {"Chiara Conti"}
    assert {r["approver"] for r in rows if r["submitter_id"] == 6} == {"Bruno Claes"}
    assert {r["status"] for r in rows if r["submitter_id"] == 1} <= {"no_approver"}
    assert all(r["since"] < "2026-11-23" for r in rows)
    assert min(r["week"] for r in rows) == "2026-09-28"


def test_look_back_limits_the_hours_that_are_read(now: AsOf) -> None:
    weeks = {r["week"] for r in hours_of(report_of(grid(), now, look_back_weeks=2))}
    assert weeks == {"2026-11-09", "2026-11-16"}


def test_unapproved_hours_add_up_to_what_was_logged(now: AsOf) -> None:
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    people = {e["id"] for e in firm.build(MONDAY.date())["hr.employee"] if e["company_id"] == 1}
    logged = sum(
        line["unit_amount"]
        for line in lines
        if line["project_id"]
        and line["employee_id"] in people
        and "2026-11-16" <= line["date"] <= "2026-11-22"
        and not line["holiday_id"]
        and not line["global_leave_id"]
    )
    rows = hours_of(report_of(grid(), now, look_back_weeks=1))
    assert round(sum(r["hours"] for r in rows), 2) == round(logged, 2) > 100


def test_hours_that_are_billed_by_time_have_the_price_of_their_order_line(now: AsOf) -> None:
    rows = hours_of(report_of(grid(), now))
    priced = [r for r in rows if r["amount"] is not None]
    assert priced
    assert {r["currency"] for r in priced} >= {"EUR"}
    assert any(Decimal(r["amount"]) > 0 for r in priced)
    assert any(r["amount"] is None for r in rows)


def test_hours_that_are_billed_in_several_currencies_have_no_amount(now: AsOf) -> None:
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    week = {"employee_id": 5, "project_id": 101, "date": "2026-11-17", "validated": False}
    billed = {x["so_line"]: x for x in lines if x["timesheet_invoice_type"] == "billable_time"}
    together = {("account.analytic.line", x["id"]): week for x in billed.values()}
    dollars = {("sale.order.line", 10): {"currency_id": 2}}
    (found,) = (
        r
        for r in hours_of(report_of(grid({**together, **dollars}), now))
        if (r["submitter_id"], r["project_id"], r["week"]) == (5, 101, "2026-11-16")
    )
    assert (found["amount"], found["currency"]) == (None, None)


def test_without_sales_hours_wait_without_money(now: AsOf) -> None:
    odoo = Sandbox(
        MONDAY.date(),
        declares=modules.TIMESHEET_GRID,
        corrupt=every_line({"validated": False}),
        lacks_modules=["sale_timesheet"],
    )
    rows = hours_of(report_of(odoo, now))
    assert rows
    assert {r["amount"] for r in rows} == {None}


def test_a_hidden_timesheet_approver_is_told(now: AsOf) -> None:
    declared = {
        "account.analytic.line": modules.TIMESHEET_GRID["account.analytic.line"],
    }
    report = report_of(with_module(declared, corrupt=every_line({"validated": False})), now)
    assert "approvers of hours" in {gap.check for gap in report.not_verifiable}
    assert hours_of(report)


def unapproved(rules: Mapping[str, list[Any]]) -> Sandbox:
    """The firm, none of whose hours is approved, seen by a user from whom rules hide some rows."""
    return Sandbox(
        MONDAY.date(),
        declares=modules.TIMESHEET_GRID,
        corrupt=every_line({"validated": False}),
        rules=rules,
    )


def test_hours_that_may_be_hidden_wait_for_nobody_that_is_told(now: AsOf) -> None:
    report = report_of(unapproved({"account.analytic.line": [("employee_id", "=", 5)]}), now)
    assert hours_of(report) == []
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "hours that wait")
    assert "approvals_hours" in gap.figures
    assert not [measure for measure in report.measures if measure.name == "approvals_hours"]


def test_what_hours_are_worth_is_not_told_by_some_of_the_orders(now: AsOf) -> None:
    rules = {"sale.order": [("id", ">", 3)], "sale.order.line": [("order_id", ">", 3)]}
    report = report_of(unapproved(rules), now)
    assert {row["amount"] for row in hours_of(report)} == {None}
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "what hours are worth")
    assert gap.figures == ("amount", "approvals_amount")


def sheets(state: str, reviewer: int | bool = False) -> Sandbox:
    """The firm with one sheet of OCA for all that Elise logged in October and November."""
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    sheet = {
        "id": 1,
        "employee_id": 5,
        "date_end": "2026-11-20",
        "state": state,
        "reviewer_id": reviewer,
    }
    own = {
        ("account.analytic.line", line["id"]): {"sheet_id": 1, "sheet_state": state}
        for line in lines
        if line["employee_id"] == 5
    }
    return with_module(modules.HR_TIMESHEET_SHEET, {"hr_timesheet.sheet": [sheet]}, own)


@pytest.mark.parametrize(("reviewer", "name"), [(False, "Bruno Claes"), (3, "Chiara Conti")])
def test_submitted_sheets_wait_for_their_reviewer_else_for_the_manager(
    reviewer: int | bool, name: str, now: AsOf
) -> None:
    rows = hours_of(report_of(sheets("confirm", reviewer), now))
    assert {(r["submitter"], r["approver"], r["since"]) for r in rows} == {
        ("Elise Dubois", name, "2026-11-20")
    }
    assert {(r["model"], r["record_id"]) for r in rows} == {("hr_timesheet.sheet", 1)}


@pytest.mark.parametrize("state", ["draft", "done"])
def test_sheets_that_are_not_submitted_wait_for_nobody(state: str, now: AsOf) -> None:
    assert hours_of(report_of(sheets(state), now)) == []


def test_without_approval_of_hours_they_are_not_verifiable(now: AsOf) -> None:
    report = report_of(changed(), now)
    assert "hours that wait" in {gap.check for gap in report.not_verifiable}
    assert "time" not in {m.labels.get("kind") for m in report.measures}


@pytest.mark.parametrize(
    ("delivered", "counted", "unit"),
    [
        (10, [10, None], "1"),
        (10, [20, 10], "1"),
        (Decimal("1.25"), [10], "0.125"),
        (0, [10, None], None),
        (7, [10, 9], None),
        (0, [0], None),
    ],
)
def test_an_hour_is_a_part_of_the_lines_unit_that_odoo_has(
    delivered: Any, counted: Sequence[Any], unit: str | None
) -> None:
    hours = [None if each is None else Decimal(each) for each in counted]
    found = units_per_hour(Decimal(delivered), hours)
    assert found == (None if unit is None else Decimal(unit))


def test_approvers_and_managers_of_other_companies_are_read(now: AsOf) -> None:
    submitted = firm.build(MONDAY.date())["hr.expense"]
    (hotel,) = (e for e in submitted if e["name"] == "Hotel in Lyon")
    moved = changed(corrupt={("hr.expense", hotel["id"]): {"manager_id": 128}})
    snapshot = read(reading(moved), now, ApprovalPolicy(delegates={2: 29}))
    assert [other.name for other in snapshot.others] == ["Alice Morgan", "Brian Cole"]
    resources = set(snapshot.schedules.resources)
    assert {228, 229} <= resources


def test_reading_takes_as_many_calls_whatever_waits(now: AsOf) -> None:
    few = Overlay(grid({("hr.expense", 7): {"state": "approved"}}), {})
    many = Overlay(grid(), {})
    for odoo, weeks in ((few, 1), (many, 8)):
        report_of(odoo, now, look_back_weeks=weeks)
    assert len(few.seen) == len(many.seen)
