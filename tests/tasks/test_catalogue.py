"""Adding a job's file is its registration."""

import sys
import types

import pytest

from tasks import catalogue
from tasks.declaration import Audience, Cron, Job
from tasks.domain.findings import Report
from tasks.domain.policy import Policy


def a_job(name: str, doc: str | None = None) -> Job[Policy, None]:
    return Job(
        name=name,
        title=name,
        owner="ops",
        cron=Cron("0 6 * * *"),
        audience=Audience.OPS,
        policy=Policy,
        read=lambda odoo, as_of, policy: None,
        judge=lambda snapshot, as_of, policy: Report(()),
        doc=doc,
    )


def test_every_job_is_found_under_its_files_name() -> None:
    assert list(catalogue.jobs()) == sorted(catalogue.jobs())
    assert {"timesheet_reminders", "invoice_readiness"} <= set(catalogue.jobs())
    assert all(name == job.name for name, job in catalogue.jobs().items())


def test_every_job_says_why_it_is_there_and_what_to_do() -> None:
    for job in catalogue.jobs().values():
        assert job.why
        assert job.remedy


def test_every_job_says_what_must_be_seen_whole() -> None:
    assert all(job.rests_on for job in catalogue.jobs().values())


def test_a_job_under_another_name_than_its_files_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("tasks.financial.invoice_readiness")
    module.JOB = a_job("something_else")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(ValueError, match="declares a job named 'something_else'"):
        catalogue.jobs.__wrapped__()


def test_a_job_without_a_docstring_says_nothing() -> None:
    assert a_job("quiet").why == ""


def test_paragraphs_of_the_docstring_are_joined() -> None:
    job = a_job("loud", "Does.\n\nWhy: it\n  must.\n\nRemedy: do\nit.\n")
    assert (job.why, job.remedy) == ("it must.", "do it.")
