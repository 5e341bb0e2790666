"""`--help` teaches: every verb shows an example that can be typed, with jobs that there are."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tasks import catalogue
from tests.fakes.verbs import verbs_of
from workers.commands import cli
from workers.commands.verbs import Verb

FLEET: Any = get_command(cli.cli)


def verbs(group: Any, *above: str) -> Iterator[tuple[str, Any]]:
    """Each command with the words that lead to it."""
    for name, command in verbs_of(group).items():
        if hasattr(command, "commands"):
            yield from verbs(command, *above, name)
        else:
            yield " ".join([*above, name]), command


VERBS = dict(verbs(FLEET))


def parse(words: list[str]) -> tuple[str, Any]:
    """The verb that the words lead to, and its context once it has taken all of them."""
    command, above, path = FLEET, None, list[str]()
    while hasattr(command, "commands"):
        name, *words = words
        above = command.make_context(command.name, [name, *words], parent=above)
        command = command.get_command(above, name)
        path.append(name)
    return " ".join(path), command.make_context(path[-1], words, parent=above)


def test_there_are_verbs_of_groups_too() -> None:
    assert {"run", "mail preview", "mail replay", "person export", "person erase"} <= VERBS.keys()


@pytest.mark.parametrize("path", VERBS)
@pytest.mark.parametrize("columns", ["80", "140"])
def test_the_help_of_every_verb_ends_with_an_example(path: str, columns: str) -> None:
    result = CliRunner().invoke(cli.cli, [*path.split(), "--help"], env={"COLUMNS": columns})
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    assert shown.endswith(f"Example: {VERBS[path].example}")


@pytest.mark.parametrize("path", ["", "mail", "person", "config", *VERBS])
@pytest.mark.parametrize("columns", [80, 140])
def test_the_paragraphs_of_all_help_are_filled_to_the_width(path: str, columns: int) -> None:
    env = {"COLUMNS": str(columns)}
    shown = CliRunner().invoke(cli.cli, [*path.split(), "--help"], env=env).stdout
    told = [line.strip() for line in shown.split("╭")[0].splitlines()]
    for line, after in pairwise(told):
        # One blank on each side of what is told.
        fits = len(line) + 1 + len(after.split(" ")[0]) <= columns - 2
        assert not line or not after or not fits, line
    assert max(map(len, shown.splitlines())) <= columns


@pytest.mark.parametrize("path", VERBS)
def test_every_example_can_be_typed(path: str) -> None:
    assert isinstance(VERBS[path], Verb)
    first, *words = shlex.split(VERBS[path].example.split(" | ")[0])
    assert first == "fleet"
    verb, context = parse(words)
    assert (verb, context.args) == (path, [])
    job = context.params.get("job")
    assert job is None or job in catalogue.jobs()


def test_what_no_verb_takes_is_refused() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse(["run", "wip_aging", "--no-such-option"])


@pytest.mark.parametrize("told", cli.VERBS, ids=lambda told: told.verb)
def test_the_help_of_all_verbs_says_of_each_what_its_own_says_first(told: cli.Told) -> None:
    verb = verbs_of(FLEET)[told.verb]
    assert told.does == verb.help.split("\n\n")[0]


def test_help_and_completion_load_no_verb() -> None:
    ask = "from workers.commands.cli import main; main()"
    tell = (
        f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {ask}"
    )
    for words, more in (
        (["--help"], {}),
        ([], {"_FLEET_COMPLETE": "complete_bash", "COMP_WORDS": "fleet ru", "COMP_CWORD": "1"}),
    ):
        environ = {**os.environ, **more}
        ended = subprocess.run(
            [sys.executable, "-c", tell, *words],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "run" in ended.stdout, ended.stderr
        ours = {"odoo_gateway", "tasks", "monitoring", "workers", "beat_schedule"}
        loaded = [name for name in ended.stderr.split() if name.split(".")[0] in ours]
        assert set(loaded) == {
            "odoo_gateway",
            "odoo_gateway.errors",
            "workers",
            "workers.commands",
            "workers.commands.cli",
            "workers.commands.console",
            "workers.commands.exits",
            "workers.commands.verbs",
            "workers.ledger",
            "workers.ledger.errors",
        }
        heavy = {"pydantic", "sqlalchemy", "celery", "kombu", "redis", "jinja2", "babel", "httpx"}
        assert heavy.isdisjoint(ended.stderr.split())
