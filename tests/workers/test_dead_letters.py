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
from workers import dead_letters, runner, wiring
from workers.cli import cli
from workers.delivery.email import SmtpServer
from workers.ledger import audit
from workers.ledger.statuses import MessageStatus, RunStatus
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
    return [letter["name"] for letter in dead_letters.listed(fleet)]


def test_they_are_listed_with_their_reasons(fleet: Fleet, dead_run: str, parked: str) -> None:
    assert names(fleet) == [dead_run, parked]
    (run, message) = dead_letters.listed(fleet)
    assert run["error"] == "OdooRejected: not allowed"
    assert "no such user" in message["error"]


def test_a_run_that_is_retried_runs_again(fleet: Fleet, clock: Clock, dead_run: str) -> None:
    dead_letters.retry(fleet, [dead_run])
    run_id = int(dead_run.removeprefix("run-"))
    assert runner.execute(fleet, run_id) is not None
    run = run_of(fleet, run_id)
    assert (run.status, run.attempts, run.error) == (RunStatus.SUCCEEDED, 1, None)
    with fleet.ledger.reading() as connection:
        assert audit.entries(connection, 1, event="run.revived")


def test_a_message_that_is_retried_is_sent(fleet: Fleet, parked: str) -> None:
    dead_letters.retry(fleet, [parked])
    assert deliver_all(fleet) == {"sent": 1}


def test_a_message_that_is_dropped_is_never_sent(fleet: Fleet, parked: str) -> None:
    dead_letters.drop(fleet, [parked])
    assert deliver_all(fleet) == {}
    assert {message.status for message in messages(fleet)} == {MessageStatus.DROPPED}


@pytest.mark.parametrize("name", ["run-99", "message-99", "case-1", "run-x"])
def test_a_name_that_is_none_changes_nothing(fleet: Fleet, dead_run: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        dead_letters.retry(fleet, [dead_run, name])
    assert names(fleet) == [dead_run]


def test_a_run_cannot_be_dropped(fleet: Fleet, dead_run: str) -> None:
    with pytest.raises(ConfigurationError, match="stays dead"):
        dead_letters.drop(fleet, [dead_run])


def test_the_command_lists_and_retries(
    fleet: Fleet, dead_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    listed = CliRunner().invoke(cli, ["dead", "--json"])
    assert [letter["name"] for letter in json.loads(listed.stdout)["dead"]] == [dead_run]
    assert CliRunner().invoke(cli, ["dead", "retry", dead_run]).exit_code == 0
    assert names(fleet) == []
    assert isinstance(CliRunner().invoke(cli, ["dead", "retry"]).exception, ConfigurationError)
