"""What every command prints is what docs/commands keeps, and nothing of it is cut."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.fakes.verbs import verbs_of
from tests.workers import shown
from workers.commands import verbs
from workers.commands.cli import VERBS, cli

LISTS = (
    *("jobs", "schedule", "status", "runs", "cases", "outbox", "audit", "why", "dead", "kpi"),
    "restored",
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Processes, what looks at those of this machine, and what writes into a checkout.
NOT_KEPT = {*("new-job", "demo", "health", "worker", "beat", "flower", "exporter", "web")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("prepared")
    shown.prepared(made).ledger.close()
    return made


@pytest.mark.parametrize("name", shown.COMMANDS)
def test_it_prints_what_is_kept(name: str, folder: Path, tmp_path: Path) -> None:
    kept = (shown.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert shown.shown(name, folder, tmp_path) == kept, "python -m tests.workers.shown"


def test_nothing_else_is_kept_and_every_command_is() -> None:
    assert {path.stem for path in shown.FOLDER.glob("*.txt")} == set(shown.COMMANDS)
    verbs = {command.split()[0] for command in shown.COMMANDS.values()}
    assert verbs | NOT_KEPT == set(verbs_of(get_command(cli)))


@pytest.mark.parametrize("name", LISTS)
def test_no_word_that_a_program_gets_is_cut_for_people(
    name: str, folder: Path, tmp_path: Path
) -> None:
    command = shown.COMMANDS[name]
    with shown.on_sandbox(folder, tmp_path / "json"):
        text = shown.printed(f"{command} --json", shown.in_pipe, "utf-8")
    document = json.loads(text.split("(exit code")[0])
    words = {word for value in values(document) for word in value.split()}
    assert words
    kept = (shown.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for part in kept.split("\n--- ")[1:4]:
        assert not [word for word in words if word not in part], part.split("\n")[0]


def values(document: Any) -> Iterator[str]:
    """Every text in a document, but for what is not part of what it lists."""
    if isinstance(document, dict):
        for value in document.values():
            yield from values(value)
    elif isinstance(document, list):
        for value in document:
            yield from values(value)
    elif isinstance(document, str):
        yield document


@pytest.mark.parametrize("name", ["status", "run", "dead", "jobs"])
def test_colours_are_all_that_a_terminal_adds(name: str, folder: Path, tmp_path: Path) -> None:
    command = shown.COMMANDS[name]
    texts = []
    for colours in (True, False):
        with shown.on_sandbox(folder, tmp_path / str(colours)):
            made = shown.on_terminal(80, colours=colours)
            texts.append(shown.printed(command, made, "utf-8"))
    coloured, plain = texts
    assert COLOUR.search(coloured)
    assert [line.rstrip() for line in COLOUR.sub("", coloured).splitlines()] == plain.splitlines()
    assert "\x1b" not in plain


def test_no_colour_means_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with shown.on_sandbox(folder, tmp_path / "none"):
        text = shown.printed("status", shown.on_terminal(80, colours=None), "utf-8")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", text)


def test_the_help_groups_every_verb() -> None:
    panels = {told.panel for told in VERBS}
    assert panels == {verbs.ASK, verbs.ACT, verbs.KEEP, verbs.PROCESSES}


def test_ascii_is_ascii() -> None:
    for name in shown.COMMANDS:
        kept = (shown.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
        assert kept.split("\n--- 80 columns, ASCII")[1].isascii(), name
