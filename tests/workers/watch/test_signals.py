"""A process says that it starts, works, and ends to take up an edit: nobody looks for it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from celery import beat
from typer.testing import CliRunner

from odoo_gateway.errors import OdooUnavailable
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers import dispatch, outages, wiring
from workers import notes as watching
from workers.broker.celery_settings import make_app
from workers.commands import cli, opening, processes
from workers.ledger import counters, marks
from workers.ledger.errors import LedgerUnavailable
from workers.ledger.marks import Mark
from workers.watch import reloading, signals
from workers.watch.signals import BeatingScheduler, WorkerHeart
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


def test_calls_that_came_to_nothing_are_counted_when_their_task_ends(
    fleet: Fleet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three attempts of one call; while the ledger is away they are kept."""
    tenant = fleet.settings.tenant("firm")
    monkeypatch.setattr(fleet, "connect_odoo", lambda _: Away())
    with pytest.raises(OdooUnavailable):
        dispatch.discover(fleet.session(tenant), tenant)
    with monkeypatch.context() as patch:
        patch.setattr(fleet.ledger, "transaction", Mock(side_effect=LedgerUnavailable("away")))
        signals._count_calls()
    assert counted(fleet) == 0
    signals._count_calls()
    signals._count_calls()
    assert counted(fleet) == 3


class Away:
    """An Odoo that does not answer."""

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        raise OdooUnavailable("refused")


def counted(fleet: Fleet) -> float:
    """Calls to Odoo that failed."""
    with fleet.ledger.reading() as connection:
        return sum(
            counter.value
            for counter in counters.all(connection)
            if counter.name == "fleet_odoo_calls" and counter.labels["outcome"] != "ok"
        )


@pytest.mark.parametrize("shows_minutes", [0, 9, 11])
def test_the_broker_was_away_since_beat_asked_not_since_it_gave_up(
    fleet: Fleet, clock: Clock, monkeypatch: pytest.MonkeyPatch, shows_minutes: int
) -> None:
    """Two minutes are left of an outage when it shows; from ten minutes on, ops are told."""
    monkeypatch.setattr(beat.Scheduler, "apply_async", answer := Mock())
    scheduler = BeatingScheduler(make_app(fleet), lazy=True)
    scheduler.setup_schedule()

    def refuse(*_: object, **__: object) -> None:
        clock.forward(minutes=shows_minutes)
        raise beat.SchedulingError("refused")

    answer.side_effect = refuse
    with pytest.raises(beat.SchedulingError):
        scheduler.apply_async()
    clock.forward(minutes=2)
    answer.side_effect = None
    scheduler.apply_async()
    told = [mark.name for mark in marked(fleet, marks.RETURN)]
    assert told == ([outages.BROKER] if shows_minutes + 2 >= 10 else [])
