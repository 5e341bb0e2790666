"""The command as a whole: its version, its help and its errors."""

from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError, FleetError
from tests.fakes.clock import Clock
from tests.fakes.command import typed
from tests.fakes.fleets import fleet_on
from workers import wiring
from workers.commands import opening
from workers.commands.cli import cli, main
from workers.ledger.errors import LedgerNotSetUp, LedgerUnavailable
from workers.wiring import Fleet

pytestmark = pytest.mark.usefixtures("at_hand")


def test_it_says_its_version_without_any_configuration() -> None:
    assert typed("--version") == (0, f"fleet {version('odoo-ops-fleet')}\n")


@pytest.mark.parametrize("verb", ["trim", "run invoice_readiness", "schedule", "runs"])
def test_what_works_on_a_ledger_by_hand_makes_none(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    (tmp_path / "new").mkdir()
    fleet = fleet_on(tmp_path / "new", clock, upgraded=False)
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    with pytest.raises(LedgerNotSetUp, match="there is no such file yet: run `fleet upgrade`"):
        CliRunner().invoke(cli, verb.split(), catch_exceptions=False)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fleet.toml"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("a: wrong", "b: wrong"), 2),
        (LedgerUnavailable("sqlite:///fleet.db: another process holds it"), 2),
        (FleetError("c"), 4),
    ],
)
def test_expected_errors_are_messages_and_no_tracebacks(
    error: FleetError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse() -> Fleet:
        raise error

    monkeypatch.setattr(wiring, "fleet", refuse)
    monkeypatch.setattr("sys.argv", ["fleet", "trim"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert all(line in printed for line in str(error).splitlines())


def test_help_teaches() -> None:
    code, printed = typed("--help")
    assert code == 0
    assert "fleet demo" in printed


def test_what_people_read_is_whole(ran: Fleet) -> None:
    for verb in ("runs", "cases", "outbox", "audit"):
        result = CliRunner().invoke(cli, [verb, "--limit", "2"])
        assert result.exit_code == 0
        assert "…" not in result.stdout
