"""`fleet run --now-to`: the mails of a run, on a Saturday night, to one address; and no trace."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, dump, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, opened
from workers import runner
from workers.commands import cli, opening
from workers.demo.catcher import Catcher
from workers.wiring import Fleet

ME = "me@example.com"
PAGES = {"FLEET_WEB_URL": "https://fleet.example", "FLEET_LINK_SECRET": "s" * 32}


@pytest.fixture
def clock() -> Clock:
    """Saturday night: nobody is written to before Monday."""
    return Clock(datetime(2026, 11, 21, 22, tzinfo=UTC))


@pytest.fixture
def fleet(
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    catcher: Catcher,
    monkeypatch: pytest.MonkeyPatch,
) -> Fleet:
    file = FILE.replace("policies.timesheet_reminders.wait_for_morning = false\n", "")
    found = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=file, environ=PAGES)
    monkeypatch.setattr(opening, "fleet", lambda level=0: found)
    return found


def tried(job: str, *more: str) -> Result:
    return CliRunner().invoke(cli.cli, ["run", job, "--company", "1", "--now-to", ME, *more])


@pytest.mark.parametrize("job", [READINESS, REMINDERS])
def test_a_trial_goes_to_one_address_at_once_and_says_what_it_is(
    fleet: Fleet, catcher: Catcher, job: str
) -> None:
    before = dump(fleet)
    result = tried(job)
    assert result.exit_code == 0, result.output
    assert catcher.mails
    for mail in catcher.mails:
        assert mail["To"] == ME
        assert mail["Subject"].startswith("[trial, for ")
        assert mail["X-Fleet-Trial"] == "yes"
        assert "List-Unsubscribe" not in mail
        assert "https://fleet.example" not in mail.as_string(), "a link acts as its reader"
        assert f"sent: {mail['Subject']}" in result.stderr
    assert dump(fleet) == before


def test_the_true_first_run_is_what_it_would_have_been(
    fleet: Fleet, clock: Clock, catcher: Catcher
) -> None:
    tried(READINESS)
    (trial,) = catcher.mails
    runner.execute(fleet, opened(fleet, READINESS))
    clock.forward(hours=36)
    deliver_all(fleet)
    _, true = catcher.mails
    assert true["To"] == "finance@nordwind.example"
    assert trial["Subject"] == f"[trial, for {true['To']}] {true['Subject']}"
    assert true["Message-ID"] != trial["Message-ID"]
    assert not set(true["X-Fleet-Messages"].split()) & set(trial["X-Fleet-Messages"].split())


def test_a_trial_makes_no_ledger(fleet: Fleet, catcher: Catcher, tmp_path: Path) -> None:
    fleet.ledger.close()
    for file in tmp_path.glob("fleet.db*"):
        file.unlink()
    assert tried(READINESS).exit_code == 0
    assert len(catcher.mails) == 1
    assert not list(tmp_path.glob("fleet.db*"))


def test_a_mail_server_that_takes_only_some_is_told(
    fleet: Fleet, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(server: object, session: object, envelope: object) -> str:
        return "550 not here"

    monkeypatch.setattr(catcher, "handle_DATA", refused)
    result = tried(READINESS)
    assert result.exit_code == 4
    assert "not here" in result.stderr


@pytest.mark.parametrize("more", [["--dry-run"], ["--as-of", "2026-11-01"]])
def test_a_trial_mails_what_is_so_now(fleet: Fleet, catcher: Catcher, more: list[str]) -> None:
    assert isinstance(tried(READINESS, *more).exception, ConfigurationError)
    assert catcher.mails == []


@pytest.mark.parametrize("address", ["", "me", "a@b.example, c@b.example", "Me <me@b.example>"])
def test_a_trial_goes_to_an_address(fleet: Fleet, catcher: Catcher, address: str) -> None:
    result = CliRunner().invoke(cli.cli, ["run", READINESS, "--now-to", address])
    assert isinstance(result.exception, ConfigurationError)
    assert "--now-to" in str(result.exception)
    assert catcher.mails == []
