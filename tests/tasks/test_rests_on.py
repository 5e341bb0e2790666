"""Whatever a job reads, it asks whether it sees all of, or it is told here why it need not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.session import Session
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.fakes import modules
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading
from tests.tasks.test_rights import figures

JOBS: Final = tuple(catalogue.jobs())
ROWS: Final = {"search_read", "search", "read", "search_count", "read_group"}
READS: Final = frozenset({*ROWS, "formatted_read_group"})
BY_ID: Final = "each is looked up by its id; a hidden one is withheld by a basis of its own"
# Why a row that is missing among these is not a figure that is wrong without a word.
BY_REFERENCE: Final[Mapping[str, str]] = {
    "account.analytic.account": "each is looked up by its id; a hidden one has a basis of its own",
    "account.tax": "a hidden one is drift of the lines that name it",
    "crm.team": BY_ID,
    "hr.department": BY_ID,
    "ir.model": "what the fleet asks about its own rights",
    "ir.module.module": "what is installed",
    "ir.rule": "what the fleet asks about its own rights",
    "product.category": BY_ID,
    "product.product": "a hidden one is drift of the lines that name it",
    "project.update": BY_ID,
    "res.company": "the user's own companies; a hidden one fails by its name",
    "res.currency": "a hidden one is drift of the orders and lines in it, or of the company",
    "res.partner": "a hidden one is drift of the orders that name it",
    "res.users": "names, told by their id where hidden; evidence asks by itself",
    "uom.uom": BY_ID,
}
WHEN_TOLD: Final = "on which days people work, which says when they are told of their part, no more"
OF_A_JOB: Final[Mapping[tuple[str, str], str]] = {
    ("invoice_readiness", "hr.employee"): "who can mend a check; finance where hidden",
    ("invoice_readiness", "resource.calendar"): WHEN_TOLD,
    ("invoice_readiness", "resource.calendar.attendance"): WHEN_TOLD,
    ("invoice_readiness", "resource.calendar.leaves"): WHEN_TOLD,
    ("invoice_readiness", "resource.resource"): WHEN_TOLD,
    ("milestone_billing", "hr.employee"): "who sold it, and so agrees to no draft of theirs",
    ("pending_approvals", "project.project"): "names alone",
}
DECLARED: Final = (
    modules.SALE_TIER_VALIDATION,
    modules.HELPDESK_MGMT,
    modules.PLANNING,
    modules.TIMESHEET_GRID,
)
PAST: Final = datetime(2026, 11, 20, 22, tzinfo=UTC)


def firms() -> Mapping[str, Sandbox]:
    """The firm on each Odoo, and with every module that jobs make use of."""
    declares: dict[str, dict[str, Any]] = {}
    for declared in DECLARED:
        for model, of in declared.items():
            declares[model] = {**declares.get(model, {}), **of}
    rows = firm.build(MONDAY.date())
    waiting = [{**order, "validation_status": "pending"} for order in rows["sale.order"]]
    with_all = Sandbox(MONDAY.date(), declares=declares, rows={**rows, "sale.order": waiting})
    by_version = {str(v): Sandbox(MONDAY.date(), version=v) for v in (16, 19)}
    return {**by_version, "with all modules": with_all}


FIRMS: Final = firms()


@pytest.mark.parametrize("at", [MONDAY, PAST], ids=["now", "then"])
@pytest.mark.parametrize("name", FIRMS)
@pytest.mark.parametrize("job", JOBS)
def test_every_model_that_a_job_reads_is_asked_about(job: str, name: str, at: datetime) -> None:
    overlay = Overlay(FIRMS[name], {})
    reader = Reader(Session(overlay, "https://odoo.example"), 1)
    declared = catalogue.jobs()[job]
    declared.run(reader, AsOf(at, ZoneInfo("Europe/Brussels"), MONDAY), declared.policy())
    read = {model for model, method, *_ in overlay.seen if method in READS}
    assert read or declared.no_history
    told = {model for of, model in OF_A_JOB if of == job}
    assert read - reader._sight._doubts.keys() - BY_REFERENCE.keys() - told == set()


def look(job: str, now: AsOf, sandbox: Sandbox) -> Report:
    declared = catalogue.jobs()[job]
    return declared.run(reading(sandbox), now, declared.policy())


def test_a_model_that_nobody_asks_about_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that forgets a model of which it reads rows."""
    jobs = catalogue.jobs()
    forgetful = replace(jobs["timesheet_reminders"], rests_on=())
    monkeypatch.setattr(catalogue, "jobs", lambda: {**jobs, "timesheet_reminders": forgetful})
    with pytest.raises(AssertionError, match="resource"):
        test_every_model_that_a_job_reads_is_asked_about("timesheet_reminders", "19", MONDAY)


def test_where_activities_may_be_hidden_no_day_of_submission_is_told(now: AsOf) -> None:
    """The activity that is left may be a later one than that of the submission."""
    whole = look("pending_approvals", now, changed())
    assert "submitted" in {row["since_basis"] for row in whole.rows if row["kind"] == "expense"}
    poor = look("pending_approvals", now, changed(rules={"mail.activity": [("id", ">", 1)]}))
    expenses = [row for row in poor.rows if row["kind"] == "expense"]
    assert {row["since_basis"] for row in expenses} == {"entered"}
    (gap,) = (gap for gap in poor.not_verifiable if gap.check == "day of submission")
    assert gap.reason == "the record rule some mail.activity hides rows of mail.activity"


@pytest.mark.parametrize("model", ["ir.attachment", "mail.message", "res.users"])
def test_where_the_way_of_a_file_may_be_hidden_it_shows_no_acceptance_by_its_absence(
    model: str, now: AsOf
) -> None:
    poor = look("invoice_readiness", now, changed(rules={model: [("id", "!=", 102)]}))
    checks = [c for row in poor.rows for c in row["checks"] if c["check"] == "acceptance_evidence"]
    results = {check["result"] for check in checks}
    assert "fail" not in results
    assert "not_verifiable" in results
    assert "checks: acceptance_evidence" in figures(poor)


@pytest.mark.parametrize("rules", [{}, {"tier.review": [("id", ">", 1)]}], ids=["all", "some"])
def test_reviewers_that_may_be_hidden_are_told(
    rules: Mapping[str, Sequence[Any]], now: AsOf
) -> None:
    rows = firm.build(MONDAY.date())
    orders = [{**order, "validation_status": "pending"} for order in rows["sale.order"]]
    reviews = [
        {"id": number, "model": "sale.order", "res_id": order["id"], "status": "pending"}
        | {"todo_by": f"reviewer {turn}"}
        for turn in (1, 2)
        for number, order in enumerate(orders, 1 + turn * 1000)
    ]
    sandbox = Sandbox(
        MONDAY.date(),
        declares=modules.SALE_TIER_VALIDATION,
        rows={**rows, "sale.order": orders, "tier.review": reviews},
        rules=rules,
    )
    report = look("invoice_readiness", now, sandbox)
    checks = [c for row in report.rows for c in row["checks"] if c["check"] == "order_approval"]
    assert {check["result"] for check in checks} == {"fail"}
    told = {"there may be more that the fleet's user does not see" in c["reason"] for c in checks}
    assert told == {bool(rules)}
