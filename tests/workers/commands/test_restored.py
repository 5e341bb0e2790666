"""After a restore nothing goes out twice, and no outage of the backup is told as ended now."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from tests.workers.test_outages import FILE
from tests.workers.test_runner import READINESS, messages, opened
from workers import notes as watching
from workers import outages, runner, wiring
from workers.commands import cli, status
from workers.commands import restored as restored_command
from workers.errors import DeliveryUnavailable
from workers.ledger import marks
from workers.ledger import outages as standing
from workers.wiring import Fleet

GUIDE = (Path(__file__).parents[3] / "docs" / "upgrade.md").read_text(encoding="utf-8")
STEPS = ("fleet upgrade", "fleet restored", "fleet dead drop", "fleet dead retry", "start the proc")


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """As restored: a digest waits, and the mail server was away three hours ago."""
    found = fleet_on(tmp_path, clock, odoo, file=FILE)
    monkeypatch.setattr(wiring, "fleet", lambda: found)
    outages.begin(found, outages.MAIL, DeliveryUnavailable("refused"))
    runner.execute(found, opened(found, READINESS))
    clock.forward(hours=3)
    return found


def restored(*words: str) -> dict[str, list[Any]]:
    result = CliRunner().invoke(cli.cli, ["restored", "--json", *words])
    assert result.exit_code == 0, result.output
    found: dict[str, list[Any]] = json.loads(result.stdout)
    return found


def away(fleet: Fleet) -> list[str]:
    with fleet.ledger.reading() as connection:
        return list(standing.standing(connection))


def test_an_outage_of_the_backup_is_forgotten_and_nobody_is_told_that_it_ended(
    fleet: Fleet,
) -> None:
    told = restored("--dry-run")
    assert (told["forgotten"], len(told["held"])) == (["mail"], 1)
    assert away(fleet) == ["mail"]
    assert restored()["forgotten"] == ["mail"]
    assert away(fleet) == []
    outages.answered(fleet, outages.MAIL)
    assert [message.job for message in messages(fleet)] == [READINESS]


def test_an_outage_that_stands_while_the_fleet_works_is_kept(fleet: Fleet, clock: Clock) -> None:
    watching.beat(fleet, marks.BEAT, "host", {})
    assert restored()["forgotten"] == []
    assert away(fleet) == ["mail"]


def test_what_a_run_by_hand_says_during_a_pause_is_held_too(fleet: Fleet) -> None:
    restored()
    for command in (
        "pause --tenant firm --for 1d --reason restored",
        "run pending_approvals --tenant firm",
    ):
        assert CliRunner().invoke(cli.cli, command.split()).exit_code == 0
    assert {held["job"] for held in restored()["held"]} == {"pending_approvals"}
    assert CliRunner().invoke(cli.cli, ["resume", "--tenant", "firm"]).exit_code == 0


def test_the_status_counts_what_is_held_apart_from_what_was_given_up(fleet: Fleet) -> None:
    restored()
    found = {problem.what: problem for problem in status.look(fleet).problems}
    assert found["restored"].detail == ("1 message held, which may have gone out since the backup")
    assert "dead letters" not in found
    assert messages(fleet)[0].created_at < fleet.clock() - timedelta(hours=2)


def test_the_guide_and_the_help_tell_of_the_same_steps_in_the_same_order() -> None:
    commands = "\n".join(
        line
        for line in GUIDE[GUIDE.index("### Restore: SQLite") :].splitlines()
        if line.startswith(("    fleet ", "Then start "))
    )
    for told in (str(restored_command.restored.__doc__), commands):
        places = [" ".join(told.split()).index(step) for step in STEPS]
        assert places == sorted(places)
