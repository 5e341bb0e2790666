"""What was given up can be seen, tried again and dropped."""

import json

import pytest
from typer.testing import CliRunner

from monitoring import logs
from odoo_gateway.errors import ConfigurationError, OdooRejected
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable
from tests.workers.test_dispatcher import answering, deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened, run_of
from workers import runner, wiring
from workers.commands import dead
from workers.commands.cli import cli
from workers.ledger import audit
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.smtp import SmtpServer
from workers.watch import scrape as backlog
from workers.wiring import Fleet


@pytest.fixture
def dead_run(fleet: Fleet, odoo: Switchable) -> str:
    run_id = opened(fleet, REMINDERS)
    odoo.error = OdooRejected("not allowed")
    runner.execute(fleet, run_id)
    odoo.error = None
    return f"run-{run_id}"


@pytest.fixture
def parked(fleet: Fleet, dead_run: str) -> str:
    runner.execute(fleet, opened(fleet, READINESS))
    mail = fleet.mail
    with answering("550 no such user") as (_, port):
        fleet.__dict__["mail"] = SmtpServer(f"smtp://127.0.0.1:{port}", mail.sender)
        deliver_all(fleet)
    fleet.__dict__["mail"] = mail
    (message,) = messages(fleet)
    return f"message-{message.id}"


def names(fleet: Fleet) -> list[str]:
    return [letter["name"] for letter in dead.listed(fleet)]


def test_they_are_listed_with_their_reasons(fleet: Fleet, dead_run: str, parked: str) -> None:
    assert names(fleet) == [dead_run, parked]
    (run, message) = dead.listed(fleet)
    assert run["error"] == "OdooRejected: not allowed"
    assert "no such user" in message["error"]


def test_a_run_that_is_retried_runs_again(fleet: Fleet, clock: Clock, dead_run: str) -> None:
    dead.retry(fleet, [dead_run], "ann")
    run_id = int(dead_run.removeprefix("run-"))
    assert runner.execute(fleet, run_id) is not None
    run = run_of(fleet, run_id)
    assert (run.status, run.attempts, run.error) == (RunStatus.SUCCEEDED, 1, None)
    with fleet.ledger.reading() as connection:
        (entry,) = audit.entries(connection, 1, event="run.revived")
    assert entry.detail["by"] == "ann"


def test_a_message_that_is_retried_is_sent(fleet: Fleet, parked: str) -> None:
    dead.retry(fleet, [parked], "ann")
    assert deliver_all(fleet) == {"sent": 1}


def test_a_message_that_is_dropped_is_never_sent(fleet: Fleet, parked: str) -> None:
    dead.drop(fleet, [parked], "ann", "left the firm")
    assert deliver_all(fleet) == {}
    assert {message.status for message in messages(fleet)} == {MessageStatus.DROPPED}


@pytest.mark.parametrize(
    "name", ["run-99", "message-99", "case-1", "run-x", "message-²", f"message-{'9' * 5000}"]
)
def test_a_name_that_is_none_changes_nothing(fleet: Fleet, dead_run: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name[:30]) as refused:
        dead.retry(fleet, [dead_run, name], "ann")
    assert len(str(refused.value)) < 140
    assert names(fleet) == [dead_run]


def test_a_run_that_a_person_has_seen_waits_for_nobody(fleet: Fleet, dead_run: str) -> None:
    dead.drop(fleet, [dead_run], "ann", "known outage")
    assert names(fleet) == []
    assert counted_dead(fleet) == 0
    with fleet.ledger.reading() as connection:
        (entry,) = audit.entries(connection, 1, event="run.cleared")
    assert (entry.detail["by"], entry.detail["reason"]) == ("ann", "known outage")
    with pytest.raises(ConfigurationError, match="not a dead letter"):
        dead.drop(fleet, [dead_run], "ann", "again")


def test_nobody_drops_without_a_reason(fleet: Fleet, dead_run: str) -> None:
    with pytest.raises(ConfigurationError, match="--reason"):
        dead.drop(fleet, [dead_run], "ann", " ")
    assert names(fleet) == [dead_run]


@pytest.mark.parametrize("job", [REMINDERS, READINESS])
def test_a_later_success_of_the_same_job_clears_it(
    fleet: Fleet, clock: Clock, dead_run: str, job: str
) -> None:
    assert counted_dead(fleet) == 1
    clock.forward(hours=1)
    runner.execute(fleet, opened(fleet, REMINDERS, company_id=2))
    runner.execute(fleet, opened(fleet, job))
    cleared = job == REMINDERS
    assert names(fleet) == ([] if cleared else [dead_run])
    assert counted_dead(fleet) == (0 if cleared else 1)
    with fleet.ledger.reading() as connection:
        entries = audit.entries(connection, 1, event="run.cleared")
    assert [entry.detail["reason"] for entry in entries] == ["a later slot succeeded"] * cleared


def test_an_earlier_slot_that_succeeds_late_clears_nothing(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    earlier = opened(fleet, REMINDERS)
    clock.forward(hours=1)
    later = opened(fleet, REMINDERS)
    odoo.error = OdooRejected("not allowed")
    runner.execute(fleet, later)
    odoo.error = None
    runner.execute(fleet, earlier)
    assert names(fleet) == [f"run-{later}"]


def counted_dead(fleet: Fleet) -> float:
    """What the exporter shows as dead: two metrics and what `fleet dead` lists are the same."""
    families = {family.name: family.samples for family in backlog.collector(fleet).collect()}
    dead = sum(sample.value for sample in families.get("fleet_dead_letters", []))
    by_status = [s for s in families["fleet_runs_by_status"] if s.labels["status"] == "dead"]
    assert dead == sum(sample.value for sample in by_status)
    assert dead == sum(name.startswith("run-") for name in names(fleet))
    return dead


def test_the_command_lists_and_retries(
    fleet: Fleet, dead_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    listed = CliRunner().invoke(cli, ["dead", "--json"])
    assert [letter["name"] for letter in json.loads(listed.stdout)["dead"]] == [dead_run]
    assert CliRunner().invoke(cli, ["dead", "retry", dead_run]).exit_code == 0
    assert names(fleet) == []


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        (["--job", REMINDERS], ["run"]),
        (["--class", "OdooRejected"], ["run"]),
        (["--class", "DeliveryRefused"], ["message"]),
        (["--person", "finance@nordwind.example"], ["message"]),
        (["--tenant", "firm"], ["run", "message"]),
        (["--company", "2"], []),
        (["--older", "1h"], []),
        (["--since", "1h"], ["run", "message"]),
        ([], ["run", "message"]),
    ],
)
def test_all_that_filters_leave_is_shown_then_retried(
    fleet: Fleet,
    dead_run: str,
    parked: str,
    monkeypatch: pytest.MonkeyPatch,
    filters: list[str],
    chosen: list[str],
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    every = names(fleet)
    for verb, done in (("retry", "retried"), ("drop", "dropped")):
        order = ["dead", verb, "--all", *filters, "--dry-run", "--json"]
        shown = json.loads(CliRunner().invoke(cli, order).stdout)
        assert [letter["name"].split("-")[0] for letter in shown[done]] == chosen
        assert names(fleet) == every
    assert CliRunner().invoke(cli, ["dead", "retry", "--all", *filters]).exit_code == 0
    assert [name.split("-")[0] for name in every if name not in names(fleet)] == chosen


@pytest.mark.parametrize(
    "order",
    [
        ["retry"],
        ["drop", "--reason", "seen"],
        ["retry", "--job", REMINDERS],
        ["retry", "run-1", "--all"],
        ["retry", "run-1", "--job", REMINDERS],
        ["list", "run-1"],
        ["list", "--all"],
        ["drop", "--all"],
        ["drop", "--all", "--person", "", "--reason", "x"],
        ["drop", "--all", "--class=", "--reason", "x"],
        ["retry", "--all", "--older", " "],
    ],
)
def test_an_order_that_is_unclear_changes_nothing(
    fleet: Fleet, dead_run: str, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    result = CliRunner().invoke(cli, ["dead", *order])
    assert isinstance(result.exception, ConfigurationError)
    assert names(fleet) == [dead_run]
