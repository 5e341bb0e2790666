"""A process says that it starts, works, and ends to take up an edit: nobody looks for it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers import notes as watching
from workers import wiring
from workers.commands import cli, opening, processes
from workers.ledger import marks
from workers.ledger.marks import Mark
from workers.watch import reloading
from workers.watch.signals import WorkerHeart
from workers.wiring import Fleet

NAME = f"fleet@{socket.gethostname()}"


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    found = fleet_on(tmp_path, clock, environ={"FLEET_HEARTBEAT_FOLDER": str(tmp_path)})
    monkeypatch.setattr(wiring, "fleet", lambda: found)
    monkeypatch.setattr(opening, "upgraded", lambda: found)
    monkeypatch.setattr(processes, "_celery", lambda *_: None)
    yield found
    reloading._ends.clear()


def marked(fleet: Fleet, kind: str) -> list[Mark]:
    with fleet.ledger.reading() as connection:
        return [mark for mark in marks.all(connection) if mark.kind == kind]


def test_a_worker_and_beat_say_that_they_start(fleet: Fleet) -> None:
    for command in (["worker", "--queues", "batch, events"], ["beat"]):
        assert CliRunner().invoke(cli.cli, command).exit_code == 0
    beat, worker = marked(fleet, marks.COMING)
    assert (beat.name, beat.detail["why"]) == (f"beat {socket.gethostname()}", watching.STARTS)
    assert (worker.detail["name"], worker.detail["queues"]) == (NAME, ["batch", "events"])


def test_a_worker_that_ends_to_take_up_an_edit_says_so_until_it_is_back(
    fleet: Fleet, clock: Clock
) -> None:
    heart = WorkerHeart(NAME, ["batch"], 2)
    heart.beat()
    reloading.end_to_start_anew()
    heart.stop()
    assert marked(fleet, marks.WORKER) == []
    (mark,) = marked(fleet, marks.COMING)
    assert (mark.detail["why"], mark.detail["queues"]) == (watching.TAKES_UP, ["batch"])


def test_a_worker_that_is_told_to_end_is_not_expected_back(fleet: Fleet) -> None:
    CliRunner().invoke(cli.cli, ["worker"])
    heart = WorkerHeart(NAME, ["batch"], 2)
    heart.beat()
    heart.stop()
    assert marked(fleet, marks.WORKER) + marked(fleet, marks.COMING) == []
