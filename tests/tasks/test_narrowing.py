"""A job that looks at some records alone says of them what a look at everything says."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.transport import Transport
from tasks import catalogue
from tasks.declaration import Audience
from tasks.domain.findings import Finding, Report
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tests.fakes import modules
from tests.tasks.conftest import MONDAY, changed, reading
from tests.tasks.execution.pending_approvals.test_snapshot import sheets
from tests.tasks.test_modules import every_line, with_module
from tests.tasks.versions.running import POLICIES

NARROWING = [job.name for job in catalogue.jobs().values() if job.narrows]
COMPANIES = (1, 2)
FIRMS = {
    **{f"odoo-{version}": Sandbox(MONDAY.date(), version=version) for version in (16, 17, 18, 19)},
    "rights-missing": changed(denied_models=["mail.activity"]),
    "hours-approved-by-line": with_module(
        modules.TIMESHEET_GRID, corrupt=every_line({"validated": False})
    ),
    "hours-approved-by-sheet": sheets("confirm"),
    "odoo-reminds": Sandbox(
        MONDAY.date(),
        declares=modules.TIMESHEET_GRID,
        corrupt={("res.company", 1): {"timesheet_mail_employee_allow": True}},
    ),
}


def look(
    name: str,
    odoo: Transport,
    as_of: AsOf,
    only: Iterable[Subject] | None = None,
    company_id: int = 1,
) -> Report:
    job = catalogue.jobs()[name]
    moment = replace(as_of, only=None if only is None else frozenset(only))
    policy = job.policy(**POLICIES.get(name, {}))
    return job.run(reading(odoo, company_id), moment, policy)


def about(finding: Finding) -> Subject:
    return finding.model, finding.record_id


@pytest.mark.parametrize("name", NARROWING)
def test_each_job_that_narrows_finds_something_to_be_tried_with(name: str, now: AsOf) -> None:
    reports = (look(name, FIRMS["odoo-19"], now, company_id=each) for each in COMPANIES)
    assert any(report.findings for report in reports), "give the sandbox's firm what it finds"


@pytest.mark.parametrize("company_id", COMPANIES)
@pytest.mark.parametrize("name", NARROWING)
@pytest.mark.parametrize("firm", FIRMS)
def test_each_record_by_itself_is_told_of_as_among_all(
    name: str, firm: str, company_id: int, now: AsOf
) -> None:
    whole = look(name, FIRMS[firm], now, company_id=company_id)
    for subject in {about(finding) for finding in whole.findings}:
        alone = look(name, FIRMS[firm], now, [subject], company_id)
        own = [finding for finding in whole.findings if about(finding) == subject]
        assert [found for found in alone.findings if alone.covers(found)] == own
        assert not any(alone.covers(f) for f in whole.findings if about(f) != subject)
        assert (alone.totals, alone.measures) == ((), ())


@pytest.mark.parametrize("name", NARROWING)
def test_what_names_nothing_that_is_found_covers_nothing(name: str, now: AsOf) -> None:
    whole = look(name, changed(), now)
    none = look(name, changed(), now, [])
    assert not any(none.covers(finding) for finding in whole.findings)


def test_a_job_that_cannot_narrow_looks_at_everything(now: AsOf) -> None:
    whole = look("invoice_readiness", changed(), now)
    assert look("invoice_readiness", changed(), now, [("sale.order", 1)]) == whole


def test_a_digest_is_never_of_a_part() -> None:
    job = catalogue.jobs()["invoice_readiness"]
    assert job.audience is Audience.FINANCE
    with pytest.raises(ValueError, match="invoice_readiness tells a role"):
        replace(job, narrows=True)


@pytest.mark.parametrize("name", NARROWING)
def test_a_job_is_woken_for_what_its_findings_are_about(name: str) -> None:
    job = catalogue.jobs()[name]
    listed = {each.model for each in job.lists}
    assert job.wakes
    assert {wake.subject for wake in job.wakes} <= listed
    assert all(wake.event.startswith(f"{wake.subject}.") for wake in job.wakes)
