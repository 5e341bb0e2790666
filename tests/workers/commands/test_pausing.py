"""What is paused begins nothing and sends nothing, loses nothing, and goes on by itself."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError, OdooRejected
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from tests.workers.messages.test_failures import FILE
from tests.workers.test_dispatcher import deliver_all, states
from tests.workers.test_runner import READINESS, REMINDERS, counted, messages, opened, run_of
from workers import dispatch, runner
from workers.commands import cli, doctor, opening, pausing
from workers.demo.catcher import Catcher
from workers.ledger import audit, runs
from workers.ledger.places import Places
from workers.ledger.runs import Run
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.messages import failures
from workers.runner import Asked
from workers.watch import scrape as backlog
from workers.wiring import Fleet

JOB = catalogue.jobs()[REMINDERS]


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher) -> Fleet:
    found = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    dispatch.known_scopes(found, found.settings.tenant("firm"))
    return found


def paused(fleet: Fleet, hours: float = 3, **what: Any) -> str:
    until = fleet.clock() + timedelta(hours=hours)
    begun, _ = pausing.begin(fleet, Places(**what), until, "month end", "ann")
    return f"pause-{begun.id}"


def samples(fleet: Fleet, name: str) -> dict[tuple[str, ...], float]:
    for family in backlog.collector(fleet).collect():
        if family.name == name:
            return {tuple(v for _, v in sorted(s.labels.items())): s.value for s in family.samples}
    return {}


@pytest.mark.parametrize(
    ("what", "companies"),
    [
        ({"job": REMINDERS}, set()),
        ({"tenant": "firm"}, set()),
        ({"company_id": 1}, {2}),
        ({"job": REMINDERS, "tenant": "firm", "company_id": 2}, {1}),
        ({"job": READINESS}, {1, 2}),
    ],
)
def test_no_run_of_it_is_opened_and_its_slots_are_caught_up_with(
    fleet: Fleet, clock: Clock, what: dict[str, Any], companies: set[int]
) -> None:
    dispatch.open_due_slots(fleet, JOB)
    clock.forward(days=1)
    paused(fleet, **what)
    dispatch.open_due_slots(fleet, JOB)
    with fleet.ledger.reading() as connection:
        assert {run.company_id for run in runs.latest(connection, 10)} == companies
    clock.forward(hours=3)
    dispatch.open_due_slots(fleet, JOB)
    with fleet.ledger.reading() as connection:
        found = {run.company_id: run.slot for run in runs.latest(connection, 10)}
    assert set(found) == {1, 2}
    assert all(slot < clock() for slot in found.values())
    assert found[1] < clock() - timedelta(hours=3)


def test_a_run_that_was_opened_before_waits_until_the_pause_is_over(
    fleet: Fleet, clock: Clock
) -> None:
    run_id = opened(fleet, REMINDERS)
    paused(fleet, job=REMINDERS)
    published: list[Run] = []
    assert dispatch.publish_due(fleet, published.append) == 0
    assert runner.execute(fleet, run_id) is None
    assert run_of(fleet, run_id).status is RunStatus.PENDING
    assert any("claims" in name and "paused" in name for name in counted(fleet))
    clock.forward(hours=3)
    assert dispatch.publish_due(fleet, published.append) == 1
    assert runner.execute(fleet, run_id) is not None
    # The pause is nobody's lateness.
    assert counted(fleet)["fleet_run_lateness_seconds_sum['timesheet_reminders']"] == 0


def test_who_runs_it_by_hand_may(fleet: Fleet) -> None:
    run_id = opened(fleet, REMINDERS)
    paused(fleet, job=REMINDERS)
    assert runner.execute(fleet, run_id, Asked(fleet.clock(), None)) is not None
    assert deliver_all(fleet) == {}


def test_a_run_that_is_going_on_when_it_is_paused_ends_and_its_mails_wait(
    fleet: Fleet, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    run_id = opened(fleet, REMINDERS)
    inner, begun = odoo.inner, list[str]()

    class PausedMeanwhile:
        def call(self, *args: Any) -> Any:
            if not begun:
                begun.append(paused(fleet, tenant="firm"))
            return inner.call(*args)

    odoo.inner = PausedMeanwhile()
    fleet.forget(fleet.settings.tenant("firm"))
    assert runner.execute(fleet, run_id) is not None
    assert run_of(fleet, run_id).status is RunStatus.SUCCEEDED
    assert messages(fleet)
    assert deliver_all(fleet) == {}
    assert states(fleet) == {MessageStatus.QUEUED}
    assert samples(fleet, "fleet_outbox_oldest_due_seconds")["email",] == 0
    pausing.end(fleet, begun, Places(), "ann", "done")
    assert deliver_all(fleet) == {"sent": len(messages(fleet))}
    assert catcher.mails


def test_ops_are_told_all_the_same(fleet: Fleet, odoo: Switchable, catcher: Catcher) -> None:
    run_id = opened(fleet, READINESS)
    odoo.error = OdooRejected("no")
    runner.execute(fleet, run_id)
    odoo.error = None
    failures.tell(fleet)
    paused(fleet, tenant="firm")
    deliver_all(fleet)
    assert {str(mail["To"]) for mail in catcher.mails} == {"ops@firm.example"}


def test_what_is_paused_is_not_overdue_and_owes_only_what_comes_after(
    fleet: Fleet, clock: Clock
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    clock.forward(days=3)
    here = ("1", REMINDERS, "firm")
    assert samples(fleet, "fleet_job_overdue_seconds")[here] > 86400
    paused(fleet, job=REMINDERS)
    assert samples(fleet, "fleet_job_overdue_seconds")[here] == 0
    clock.forward(hours=4)
    assert samples(fleet, "fleet_job_overdue_seconds")[here] == 0
    clock.forward(days=1)
    assert 0 < samples(fleet, "fleet_job_overdue_seconds")[here] < 86400


def test_metrics_and_doctor_show_it_until_it_ends(fleet: Fleet, clock: Clock) -> None:
    paused(fleet, job=REMINDERS, company_id=1)
    assert samples(fleet, "fleet_paused_seconds") == {("1", REMINDERS, "firm"): 3 * 3600}
    assert samples(fleet, "fleet_pauses") == {(): 1}
    told = [found for found in doctor.examine(fleet) if found.what == "paused: pause-1"]
    assert [found.state for found in told] == ["warning"]
    assert "by ann: month end" in told[0].detail
    clock.forward(hours=3)
    assert samples(fleet, "fleet_pauses") == {(): 0}
    assert samples(fleet, "fleet_paused_seconds") == {}


def test_pausing_again_replaces_it_and_all_is_audited(fleet: Fleet, clock: Clock) -> None:
    paused(fleet, job=REMINDERS)
    second = paused(fleet, hours=5, job=REMINDERS)
    (standing,) = pausing.listed(pausing.standing(fleet))
    assert standing["name"] == second
    assert standing["until"] == "2026-11-23T14:00Z"
    pausing.end(fleet, [], Places(job=REMINDERS), "bob", "finance is done")
    assert pausing.standing(fleet) == ()
    with fleet.ledger.reading() as connection:
        entries = reversed(audit.entries(connection, 10, job=REMINDERS))
    noted = [(e.event, e.detail["by"], e.detail["reason"]) for e in entries]
    assert noted == [
        ("pause.began", "ann", "month end"),
        ("pause.ended", "ann", "replaced"),
        ("pause.began", "ann", "month end"),
        ("pause.ended", "bob", "finance is done"),
    ]


@pytest.fixture
def command(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)


@pytest.mark.usefixtures("command")
def test_the_commands_pause_and_resume(fleet: Fleet) -> None:
    order = ["--job", REMINDERS, "--reason", "month end", "--json"]
    ends = ("2026-11-26T10:00+01:00", "2026-11-26T09:00:00Z", "2026-11-26T09:00Z")
    before: list[str] = []
    for end in (["--for", "3d"], *(["--until", end] for end in ends)):
        result = CliRunner().invoke(cli.cli, ["pause", *order, *end])
        (told,) = json.loads(result.stdout)["paused"]
        assert told["until"] == "2026-11-26T09:00Z"
        assert told["replaces"] == before
        before = [f"{told['name']} (until 2026-11-26T09:00Z)"]
    result = CliRunner().invoke(cli.cli, ["pause", *order[:-1], "--for", "1d"])
    assert "replaces pause-4 (until 2026-11-26T09:00Z)" in result.stdout
    result = CliRunner().invoke(cli.cli, ["resume", "--job", REMINDERS, "--json"])
    assert [each["name"] for each in json.loads(result.stdout)["resumed"]] == ["pause-5"]


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize(
    ("order", "words"),
    [
        (["pause", "--for", "1d", "--reason", "x"], "name a job, a tenant or a company"),
        (["pause", "--job", "none", "--for", "1d", "--reason", "x"], "there is no job 'none'"),
        (["pause", "--tenant", "none", "--for", "1d", "--reason", "x"], "name one of firm"),
        (["pause", "--company", "9", "--for", "1d", "--reason", "x"], "1 (Nordwind Consulting)"),
        (["pause", "--tenant", "firm", "--for", "1d"], "--reason"),
        (["pause", "--tenant", "firm", "--reason", "x"], "say when it ends"),
        (["pause", "--tenant", "firm", "--reason", "x", "--for", "1y"], "--for '1y' is not an age"),
        (["pause", "--tenant", "firm", "--reason", "x", "--until", "2026-11-23"], "is over"),
        *(
            (["pause", "--tenant", "firm", "--reason", "x", *end], words)
            for end, words in (
                (["--until", "9999-12-31T23:59-12:00"], "--until 9999-12-31: name a day of"),
                (["--until", "9999-12-31"], "--until 9999-12-31: name a day of"),
                (["--until", "0001-01-01T00:00+14:00"], "--until 0001-01-01: name a day of"),
                (["--until", "2027-12-31"], "2027-12-31 is more than 366 days ahead"),
                (["--for", "366000d"], "--for '366000d' is too long: at most 366d"),
                (
                    ["--until", "2026-02-30"],
                    "--until '2026-02-30': there is no such day; write one",
                ),
                (["--until", "soon"], "like 2026-12-01 or 2026-11-30T13:00:00Z"),
                (["--until", "2026-11-23T10:00:00+02:00"], "2026-11-23T08:00Z is over"),
            )
        ),
        (["resume"], "name pauses, or what is paused"),
        (["resume", "pause-7"], "no such pause stands"),
        (["resume", "--tenant", "firm"], "nothing is paused by exactly that"),
    ],
)
def test_an_unclear_order_pauses_nothing(fleet: Fleet, order: list[str], words: str) -> None:
    error = CliRunner().invoke(cli.cli, order).exception
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert pausing.standing(fleet) == ()
