"""What a user is not shown to see is not verifiable, in every job."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.errors import OdooRejected
from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.fakes.comparing import compare
from tests.tasks.conftest import MONDAY, changed, reading
from workers.commands.by_hand import ScopeResult
from workers.commands.run import _scope_document
from workers.looking import Look

JOBS: Final = tuple(catalogue.jobs())
OWN: Final = [("employee_id", "=", 3)]
SOME: Final = [("id", ">", 3)]
# What record rules hide from a user: the name of the user, and what is left of which model.
POOR: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "own expenses": {"hr.expense": OWN},
    "own reports": {"hr.expense.sheet": OWN},
    "own orders": {"sale.order": [("user_id", "=", 0)], "sale.order.line": [("id", "=", 0)]},
    "some orders": {"sale.order": SOME, "sale.order.line": [("order_id", ">", 3)]},
    "own hours": {"account.analytic.line": OWN},
    "followed projects": {
        "project.project": SOME,
        "project.task": [("project_id", ">", 3)],
        "project.milestone": [("project_id", ">", 3)],
        "account.analytic.line": [("project_id", ">", 3)],
    },
    "some projects alone": {"project.project": SOME},
    "no milestones": {"project.milestone": [("id", "=", 0)]},
    "own invoices": {"account.move": SOME, "account.move.line": [("move_id", ">", 3)]},
    "own leave": {"resource.calendar.leaves": [("resource_id", "=", 3)]},
    "own people": {"hr.employee": [("id", "<", 6)]},
    "own tasks": {"project.task": SOME},
    "own versions": {"hr.version": OWN},
    "own contracts": {"hr.contract": OWN},
    "some calendars": {"resource.calendar": [("id", "=", 1)]},
    "own resource": {"resource.resource": [("id", "=", 3)]},
    "own messages": {"mail.message": [("id", "=", 0)]},
    "some files": {"ir.attachment": [("id", "<", 3)]},
    "some colleagues": {"res.users": [("id", "<", 103)]},
    "morning hours": {"resource.calendar.attendance": [("hour_from", "<", 12)]},
    "some products": {"product.product": SOME},
    "some customers": {"res.partner": [("id", "not in", list(range(21, 40, 2)))]},
    "some departments": {"hr.department": [("id", "=", 1)]},
    "own opportunities": {"crm.lead": [("user_id", "=", 102)]},
    "some stages": {"crm.stage": [("id", "<", 3)]},
    "other currencies": {"res.currency": [("id", "=", 2)]},
}
# What is planned is shown to those who may write; days in stages and prices are of later versions,
# purchases are not installed, and nothing is remembered of handoffs.
OF_OTHER_VERSIONS: Final = frozenset(
    {"activity", "bought-for-order", "days-in-stage", "no-handoff", "price-list"}
)
# Users by what their version has not.
ABSENT: Final = {("own reports", 19), ("own contracts", 19), ("own versions", 16)}


def documents(sandbox: Sandbox, job: str, now: AsOf) -> Mapping[str, Any]:
    """One company as `fleet run --json` tells of it."""
    declared, reader = catalogue.jobs()[job], reading(sandbox)
    report = declared.run(reader, now, declared.policy())
    return _scope_document(ScopeResult(None, Look(report, tuple(reader.drift), now)))


def at(version: int, **switches: Any) -> Sandbox:
    return Sandbox(MONDAY.date(), version=version, **switches)


def look(sandbox: Sandbox, job: str, now: AsOf) -> Report:
    declared = catalogue.jobs()[job]
    return declared.run(reading(sandbox), now, declared.policy())


def figures(report: Report) -> set[str]:
    return {figure for gap in report.not_verifiable for figure in gap.figures}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
@pytest.mark.parametrize("job", JOBS)
def test_nothing_of_an_administrators_is_withheld(job: str, version: int, now: AsOf) -> None:
    report = look(at(version), job, now)
    assert not figures(report)
    assert not report.unseen - {"pending-time", *OF_OTHER_VERSIONS}


@pytest.fixture(scope="module")
def whole() -> Mapping[int, Mapping[str, Mapping[str, Any]]]:
    """What each job tells where nothing is hidden, by version: read once for all users."""
    now = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
    return {
        version: {job: documents(at(version), job, now) for job in JOBS} for version in (16, 19)
    }


@pytest.mark.parametrize(
    ("user", "version"),
    [(user, version) for user in POOR for version in (16, 19) if (user, version) not in ABSENT],
)
def test_every_figure_is_the_administrators_or_said_to_be_not_verifiable(
    user: str, version: int, whole: Mapping[int, Mapping[str, Mapping[str, Any]]], now: AsOf
) -> None:
    poor = at(version, rules=POOR[user])
    withheld = 0
    for job in JOBS:
        found = compare(job, whole[version][job], documents(poor, job, now))
        assert found.wrong == [], (job, found.wrong[:5])
        withheld += found.withheld.total()
    assert withheld


@pytest.mark.parametrize(
    ("user", "job", "kinds"),
    [
        ("own hours", "timesheet_reminders", {"*", "missing-hours"}),
        ("own leave", "timesheet_reminders", {"missing-hours"}),
        ("own hours", "utilization_variance", {"*"}),
        ("own hours", "wip_aging", {"undecided", "no-order", "unsold"}),
        ("own orders", "wip_aging", {"*"}),
        ("own orders", "invoice_readiness", {"*"}),
        ("own expenses", "pending_approvals", {"pending-expense", "pending-time"}),
    ],
)
def test_nobody_is_told_of_what_is_not_verifiable_and_no_case_of_it_closes(
    user: str, job: str, kinds: set[str], now: AsOf
) -> None:
    before = look(changed(), job, now)
    report = look(changed(rules=POOR[user]), job, now)
    assert report.unseen == kinds
    gone = [f for f in before.findings if f.key not in {g.key for g in report.findings}]
    assert not [f for f in report.findings if f.kind in kinds]
    assert not [finding for finding in gone if report.covers(finding)]


def test_expenses_that_may_be_hidden_are_no_pass(now: AsOf) -> None:
    """18 orders of a real firm turned from blocked to ready."""
    whole = {row["sale_order_id"]: row for row in look(changed(), "invoice_readiness", now).rows}
    poor = look(changed(rules=POOR["own expenses"]), "invoice_readiness", now)
    results = set()
    for row in poor.rows:
        (found,) = (check for check in row["checks"] if check["check"] == "expenses")
        results.add(found["result"])
        if whole[row["sale_order_id"]]["status"] == "blocked" and row["status"] != "blocked":
            assert row["verdict"] == "ready_as_far_as_verifiable"
    assert results == {"not_verifiable", "fail"}
    (gap,) = (gap for gap in poor.not_verifiable if gap.check == "expenses")
    assert gap.reason == "the record rule some hr.expense hides rows of hr.expense"
    assert "install.md" in gap.remedy


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_odoo_19_reports_of_expenses_must_be_seen_too(version: int, now: AsOf) -> None:
    hidden = at(version, rules=POOR["own reports"])
    report = look(hidden, "pending_approvals", now)
    assert [row for row in report.rows if row["kind"] == "expense"] == []
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "submitted expenses")
    assert "hr.expense.sheet" in gap.reason
    readiness = look(hidden, "invoice_readiness", now)
    checks = [check for row in readiness.rows for check in row["checks"]]
    assert "pass" not in {c["result"] for c in checks if c["check"] == "expenses"}


def test_nothing_without_rows_is_taken_for_ok(now: AsOf) -> None:
    report = look(changed(rules=POOR["own orders"]), "wip_aging", now)
    assert report.rows == ()
    assert "rows" in figures(report)


def test_the_company_itself_is_named_where_it_is_hidden(now: AsOf) -> None:
    hidden = at(19, rules={"res.company": [("id", "=", 2)]})
    with pytest.raises(OdooRejected, match=r"res.company 1 is hidden from the fleet's user"):
        look(hidden, "wip_aging", now)


def test_no_amount_is_told_in_a_currency_that_is_hidden(now: AsOf) -> None:
    report = look(changed(rules=POOR["other currencies"]), "pending_approvals", now)
    expenses = [row for row in report.rows if row["kind"] == "expense"]
    assert {(row["amount"], row["currency"]) for row in expenses} == {(None, None)}
    assert {row["status"] for row in expenses} != {"below_minimum"}
    assert figures(report) == {"amount", "currency", "approvals_amount"}
