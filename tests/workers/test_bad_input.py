"""Whatever is written after a verb, it is done or refused in a line: nobody sees a traceback."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from monitoring import logs
from odoo_gateway.errors import ConfigurationError, FleetError
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from tests.fakes.verbs import verbs_of
from workers import dispatch, runner, wiring
from workers.commands import cli
from workers.ledger import audit, lookup, outbox, runs
from workers.ledger.errors import LedgerError
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

# The verbs that look at something.
LOOKING = {"run", "policies", "schedule", "kpi", "runs", "cases", "outbox", "audit", "why"}
LOOKING |= {"preview", "replay", "explain", "health", "dead", "pause", "resume", "status"}
# What each argument must be for a verb to come to its options.
SOUND = {"job": "invoice_readiness", "record": "S00001", "asked": "S00001", "message": "1"}
SOUND |= {"process": "worker", "names": "message-1", "action": "list"}
DAYS = ("0001-01-01", "9999-12-31", "2024-02-30")
NUMBERS = ("0", "99999999999999999999")
TEXTS = ("99999999d", "/dev/null/x")


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A fleet that ran once, and whose messages are waiting."""
    clock = Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    found = fleet_on(tmp_path_factory.mktemp("fleet"), clock)
    dispatch.known_scopes(found, found.settings.tenant("firm"))
    with found.ledger.transaction() as connection:
        run = runs.open_slot(
            connection, Place(SOUND["job"], "firm", 1), clock(), clock(), "a trace"
        )
    assert run is not None
    runner.execute(found, run)
    return found


@pytest.fixture
def fleet(used: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    monkeypatch.setattr(wiring, "fleet", lambda: used)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    # Where previews go that are told no folder.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return used


def verbs(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in verbs_of(group).items():
        if hasattr(command, "commands"):
            yield from verbs(command, (*path, name))
        elif name in LOOKING:
            yield (*path, name), command


def values_of(parameter: Any) -> tuple[str, ...]:
    of = str(parameter.type_descriptor.annotation)
    return DAYS if "datetime" in of else NUMBERS if "int" in of else TEXTS


def every_option(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in verbs_of(group).items():
        if hasattr(command, "commands"):
            yield from every_option(command, (*path, name))
            continue
        for option in command.params:
            if option.param_type_name == "option" and not option.is_flag:
                yield (*path, name, option.opts[0])


def every_input() -> Iterator[tuple[str, ...]]:
    for path, command in verbs(typer.main.get_command(cli.cli)):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        sound = [SOUND.get(p.name, "1") for p in arguments if p.required]
        for number, argument in enumerate(arguments):
            for value in values_of(argument):
                yield (*path, "--", *sound[:number], value, *sound[number + 1 :])
        for option in command.params:
            if option.param_type_name == "option" and not option.is_flag and option.name != "help":
                for value in values_of(option):
                    yield (*path, *sound, f"{option.opts[0]}={value}")


@pytest.mark.parametrize("arguments", list(every_input()), ids=lambda a: " ".join(a)[:60])
def test_is_done_or_refused(fleet: Fleet, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.cli, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, FleetError), repr(result.exception)
        assert "\n" not in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run wip_aging --as-of 0001-01-01", "--as-of 0001-01-01: name a day of the years 2000"),
        ("explain wip_aging S1 --as-of 9999-12-31", "--as-of 9999-12-31: name a day of the years"),
        ("policies --as-of 0001-01-01", "--as-of 0001-01-01: name a day of the years 2000"),
        ("run wip_aging --from 0001-01-01 --to 2026-01-01", "--from 0001-01-01: name a day"),
        ("run wip_aging --from 2000-01-01 --to 2026-01-01", "name 1100 days at most"),
        ("runs --since 0d", "'0d': give more than nothing, like 90m"),
        ("mail preview wip_aging --output /dev/null/x", "--output /dev/null/x: Not a directory"),
        *(
            (f"{verb} --{option}", words)
            for verb in ("runs", "cases", "outbox", "audit", "why x")
            for option, words in (
                ("tenant nope", "--tenant 'nope': there is none such; there are: firm"),
                ("job nope", "--job 'nope': there is none such; there are: change_requests, "),
                ("company 99", "--company 99: there is none such; there are: 1"),
                ("company -1", "--company -1: there is none such; there are: 1"),
                ("since=", "--since: is empty"),
            )
        ),
        ("kpi billable --tenant nope", "--tenant 'nope': there is none such; there are: firm"),
        ("runs --since 36501d", "--since '36501d' is too long: at most 36500d"),
        ("runs --since 36600000000000d", "is too long: at most 36500d"),
        ("late --by 0d", "--by '0d': give more than nothing"),
        ("runs --company 99999999999999", "'--company': Input should be less than"),
        ("policies --as-of 2026-02-30", "--as-of '2026-02-30': there is no such day; write one"),
        ("cases --person [/]", "--person '[/]': is not an address"),
        ("kpi billable --company 99", "--company 99: there is none such; there are: 1"),
    ],
)
def test_what_is_refused_is_named_with_what_there_is(
    fleet: Fleet, arguments: str, words: str
) -> None:
    result = CliRunner().invoke(cli.cli, arguments.split())
    assert isinstance(result.exception, ConfigurationError), result.output
    assert words in str(result.exception)


@pytest.mark.parametrize("long", ["a\nb", "x" * 999])
@pytest.mark.parametrize(
    "verb",
    [
        *("runs --job", "outbox --tenant", "status --zone", "audit --event", "runs --since"),
        *("run", "kpi", "explain invoice_readiness", "resend", "dead retry", "person export"),
        *("mail replay", "runs --limit", "runs --status", "policies --as-of", "pause --until"),
        *("run wip_aging --now-to", "run wip_aging --tenant", "resume", "late --by"),
    ],
)
def test_what_is_echoed_stands_on_one_line_of_sensible_length(
    fleet: Fleet, verb: str, long: str
) -> None:
    error = CliRunner().invoke(cli.cli, [*verb.split(), long]).exception
    assert isinstance(error, ConfigurationError), error
    assert "\n" not in str(error)
    assert "x" * 90 not in str(error)


@pytest.mark.parametrize("action", ["retry", "drop --reason x"])
@pytest.mark.parametrize("name", ["run-99999999999999999999", "message-0", "run-\u00b2", "run--1"])
def test_a_dead_letter_that_there_is_not_is_refused_in_a_line(
    fleet: Fleet, action: str, name: str
) -> None:
    result = CliRunner().invoke(cli.cli, ["dead", *action.split(), name])
    assert isinstance(result.exception, ConfigurationError), result.output
    assert name in str(result.exception)
    assert "`fleet dead` lists" in str(result.exception)
    assert "\n" not in str(result.exception)


def test_an_event_that_there_is_not_is_refused_and_one_that_may_come_is_not(fleet: Fleet) -> None:
    for wrong in ("nope", "message.snet"):
        result = CliRunner().invoke(cli.cli, ["audit", "--event", wrong])
        assert isinstance(result.exception, ConfigurationError)
        told = str(result.exception)
        assert f"--event {wrong!r}: there is none such; there are: case.accepted, " in told
    for right in ("run.d", "message", "case.opened", "mails.opted_out"):
        assert CliRunner().invoke(cli.cli, ["audit", "--event", right]).exit_code == 0
    with fleet.ledger.reading() as connection:
        assert lookup.events(connection) <= audit.EVENTS


def test_no_verb_takes_anything_empty(fleet: Fleet) -> None:
    tried = list(every_option(typer.main.get_command(cli.cli)))
    assert {"--person", "--record", "--class", "--older", "--event", "--reason"} <= {
        option for *_, option in tried
    }
    for *verb, option in tried:
        for empty in ([option, ""], [option, " \t"], [f"{option}="]):
            result = CliRunner().invoke(cli.cli, [*verb, *empty])
            assert isinstance(result.exception, ConfigurationError), (verb, empty)
            assert f"{option}: is empty" in str(result.exception)
    for asking, name in (
        ("why", "ASKED"),
        ("explain invoice_readiness", "RECORD"),
        ("kpi --json", "NAME"),
        ("resend", "NAMES"),
        ("person export", "ADDRESS"),
    ):
        result = CliRunner().invoke(cli.cli, [*asking.split(), ""])
        assert f"{name}: is empty; give it a value" in str(result.exception)
        assert ("or leave it out" in str(result.exception)) == (name == "NAME")
    result = CliRunner().invoke(cli.cli, ["cases", "--record=a="])
    assert result.exit_code == 0


@pytest.mark.parametrize("number", ["0", "99999999999999999999"])
def test_a_message_of_no_number_is_refused_as_wrong_usage(fleet: Fleet, number: str) -> None:
    result = CliRunner().invoke(cli.cli, ["mail", "replay", number])
    assert isinstance(result.exception, ConfigurationError)
    assert "than or equal to" in str(result.exception)
    assert "\n" not in str(result.exception)


def test_what_is_gone_from_the_configuration_is_found_as_long_as_the_ledger_knows_it(
    fleet: Fleet,
) -> None:
    with fleet.ledger.transaction() as connection:
        now = fleet.clock()
        runs.open_slot(connection, Place("gone_job", "gone_tenant", 77), now, now, "a trace")
    for wanted in (["--job", "gone_job"], ["--tenant", "gone_tenant"], ["--company", "77"]):
        result = CliRunner().invoke(cli.cli, ["runs", *wanted, "--json"])
        assert result.exit_code == 0, result.exception
        assert "gone_job" in result.stdout
    result = CliRunner().invoke(cli.cli, ["runs", "--tenant", "firm", "--company", "77"])
    assert "--company 77" in str(result.exception)


def test_a_number_too_large_for_the_ledger_is_an_error_of_it(fleet: Fleet) -> None:
    too_large = pytest.raises(LedgerError, match="no number there is so large")
    with too_large, fleet.ledger.reading() as connection:
        outbox.find(connection, 1, MessageStatus.SENT, id=10**30)
