"""Adding a job's file is its registration."""

import re
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pydantic import ValidationError

from tasks import catalogue
from tasks.declaration import Audience, Cron, Job
from tasks.domain.findings import Report
from tasks.domain.policy import Policy
from tasks.domain.texts import named


def a_job(name: str, doc: str | None = None) -> Job[Policy, None]:
    return Job(
        name=name,
        title=named(name),
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


def settings_of_jobs() -> list[tuple[type[Policy], str, bool]]:
    """Every setting of every policy, and whether its description says that it holds ids."""
    return [
        (job.policy, name, re.search(r"\bids?\b", field.description or "") is not None)
        for job in catalogue.jobs().values()
        for name, field in job.policy.model_fields.items()
    ]


@pytest.mark.parametrize(("policy", "name", "holds_ids"), settings_of_jobs())
def test_a_number_is_refused_as_no_id_only_where_ids_are_set(
    policy: type[Policy], name: str, holds_ids: bool
) -> None:
    refusals = []
    for value in ([0], {"0": 0}, {"0": "2027-01-01"}):
        try:
            policy.model_validate({name: value})
        except ValidationError as error:
            refusals.append(str(error))
    assert any("is not an id of a record" in refusal for refusal in refusals) == holds_ids


def test_a_job_under_another_name_than_its_files_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("tasks.financial.invoice_readiness.job")
    module.JOB = a_job("something_else")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(ValueError, match="declares a job named 'something_else'"):
        catalogue.jobs.__wrapped__()


Installed = Callable[..., catalogue.Outside]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    """The catalogue with modules of other packages, each with a job or whatever else is there."""

    def install(**modules: object) -> catalogue.Outside:
        for name, declared in modules.items():
            module = types.ModuleType(f"firm.{name}")
            module.JOB = declared  # type: ignore[attr-defined]
            monkeypatch.setitem(sys.modules, module.__name__, module)
        found = [EntryPoint(name, f"firm.{name}", catalogue.GROUP) for name in modules]
        monkeypatch.setattr(catalogue, "entry_points", lambda group: found)
        outside = catalogue.outside.__wrapped__()
        monkeypatch.setattr(catalogue, "outside", lambda: outside)
        return outside

    return install


def test_another_package_adds_its_jobs(installed: Installed) -> None:
    job = a_job("credit_watch")
    outside = installed(credit_watch=job, seat_watch=a_job("seat_watch"))
    assert outside.refused == {}
    assert catalogue.packages() == ("firm",)
    found = catalogue.jobs.__wrapped__()
    assert found["credit_watch"] is job
    assert list(found) == sorted({*catalogue.jobs(), "credit_watch", "seat_watch"})


@pytest.mark.parametrize(
    ("name", "declared", "why"),
    [
        ("credit_watch", None, "firm.credit_watch declares no JOB"),
        ("credit_watch", a_job("watch"), "firm.credit_watch declares a job named 'watch'"),
        (
            "credit_watch",
            replace(a_job("credit_watch"), audience=Audience.PERSON, owner="accounting"),
            "firm.credit_watch has the owner 'accounting', which is not a role; the roles are "
            "finance, delivery, ops",
        ),
        ("wip_aging", a_job("wip_aging"), "the fleet has a job of this name"),
        ("Credit-Watch", a_job("Credit-Watch"), "name it in small letters"),
    ],
)
def test_a_job_of_another_package_that_cannot_be_used_stops_no_other(
    installed: Installed, name: str, declared: object, why: str
) -> None:
    ours = catalogue.jobs()["wip_aging"]
    outside = installed(**{name: declared, "seat_watch": a_job("seat_watch")})
    assert set(outside.jobs) == {"seat_watch"}
    refused = str(outside.refused[name])
    assert why in refused
    assert f"the package firm.{name} cannot be used" in refused
    assert refused.endswith("correct the package, or uninstall it")
    assert catalogue.jobs.__wrapped__()["wip_aging"] is ours


def test_a_package_whose_module_cannot_be_imported_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    info = tmp_path / "firm_jobs-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: firm-jobs\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[{catalogue.GROUP}]\ncredit_watch = no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert str(catalogue.outside.__wrapped__().refused["credit_watch"]) == (
        "the package firm-jobs 1.2 cannot be used: ModuleNotFoundError: No module named "
        "'no_such_module'; correct the package, or uninstall it"
    )


def test_a_job_without_a_docstring_says_nothing() -> None:
    assert a_job("quiet").why == ""


def test_paragraphs_of_the_docstring_are_joined() -> None:
    job = a_job("loud", "Does.\n\nWhy: it\n  must.\n\nRemedy: do\nit.\n")
    assert (job.why, job.remedy) == ("it must.", "do it.")


def test_the_owner_answers_for_what_persons_are_told_else_those_who_read_it() -> None:
    jobs = catalogue.jobs()
    assert jobs["timesheet_reminders"].role == jobs["timesheet_reminders"].owner
    assert jobs["invoice_readiness"].role == "finance"


def test_a_row_is_about_the_records_of_its_columns() -> None:
    row = {"sale_order_id": 9, "model": "hr.expense", "record_id": 4}
    assert ("sale.order", 9) in catalogue.jobs()["invoice_readiness"].subjects(row)
    assert catalogue.jobs()["pending_approvals"].subjects(row) == [("hr.expense", 4)]


@pytest.mark.parametrize(
    ("job", "held_as", "offered"),
    [
        ("invoice_readiness", "sale.order", ("held", "acknowledged", "snoozed")),
        ("invoice_readiness", "project.project", ("acknowledged", "snoozed")),
        ("pending_approvals", "hr.expense", ("handed_over", "acknowledged", "snoozed")),
        ("timesheet_reminders", "", ("acknowledged", "snoozed")),
        ("handoff_gate", "", ("acknowledged", "snoozed")),
    ],
)
def test_a_hold_is_offered_where_one_may_be_put_and_to_hand_over_what_waits_for_a_decision(
    job: str, held_as: str, offered: tuple[str, ...]
) -> None:
    assert catalogue.jobs()[job].offers(held_as) == offered


def test_what_is_handed_in_is_accepted_or_returned() -> None:
    job = catalogue.jobs()["handoff_gate"]
    assert {*job.handed_in} == {"handoff", "changed-handoff"}
    assert job.offers("", "handoff") == ("accepted", "returned", "acknowledged", "snoozed")
    assert job.offers("", "handoff-gap") == ("acknowledged", "snoozed")
    assert catalogue.jobs()["wip_aging"].offers("", "handoff") == ("acknowledged", "snoozed")


def test_a_word_reads_the_same_in_every_job() -> None:
    said = [pair for job in catalogue.jobs().values() for pair in job.labels.items()]
    assert [(word, text) for word, text in said if catalogue.label(word) != text] == []


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("odoo_to_invoice", "to invoice in Odoo"),
        ("missing hours", "missing hours"),
        ("own-reminders", "Odoo's own reminders"),
        ("daily-2026-11-23", "daily, 2026-11-23"),
        ("daily-2026-11-31", "daily-2026-11-31"),
        ("nobody_says", "nobody says"),
    ],
)
def test_a_word_is_read_by_its_label(word: str, said: str) -> None:
    assert catalogue.label(word) == said
    label = catalogue.label(word)
    assert catalogue.label(label) is label
