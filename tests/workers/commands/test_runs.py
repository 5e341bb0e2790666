"""`fleet runs`, from the sandbox's real runs."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.command import RAN, listed
from tests.fakes.fleets import fleet_on
from workers.commands import cli, opening
from workers.wiring import Fleet


def test_runs_are_listed_by_job_status_and_age(ran: Fleet, clock: Clock) -> None:
    assert {run["job"] for run in listed("runs")["runs"]} == set(RAN)
    (run,) = listed("runs", "--job", RAN[0])["runs"]
    assert (run["status"], run["trace"]) == ("succeeded", f"trace-{RAN[0]}")
    assert listed("runs", "--status", "dead")["runs"] == []
    assert listed("runs", "--tenant", "firm", "--company", "2")["runs"] == []
    clock.forward(hours=3)
    assert listed("runs", "--since", "2h")["runs"] == []
    assert len(listed("runs", "--since", "4h", "--limit", "1")["runs"]) == 1


def test_looking_makes_no_ledger(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fleet_on(tmp_path, clock)
    found.ledger.close()
    for file in tmp_path.glob("*.db*"):
        file.unlink()
    monkeypatch.setattr(opening, "fleet", lambda level=0: found)
    result = CliRunner().invoke(cli.cli, ["runs"])
    assert isinstance(result.exception, ConfigurationError)
    assert "fleet upgrade" in str(result.exception)
    assert not list(tmp_path.glob("*.db"))
