"""An edited configuration is taken up once it is sound; a broken one is told, and changes none."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from celery import Celery

from monitoring import metrics
from tasks import catalogue
from tests.monitoring.running_fleet import wait_until
from workers.broker.celery_settings import make_app
from workers.config import settings
from workers.demo import processes, stage
from workers.demo.processes import Started, free_port, running
from workers.demo.processes import fleet as fleet_command
from workers.ledger import marks
from workers.watch import scrape as backlog
from workers.wiring import Fleet

pytestmark = pytest.mark.chaos

JOB: Final = next(iter(catalogue.jobs()))
UP: Final = {
    "worker": " ready.",
    "beat": "beat: Starting",
    "exporter": "Started server",
    "web": "Started server",
}
ENDS: Final = "configuration.taken_up"


@dataclass
class Running:
    """One process of each kind on one configuration."""

    fleet: Fleet
    app: Celery
    started: dict[str, Started]
    config: Path
    key: Path

    def unusable(self) -> set[str]:
        """The kinds of process that say so, as the exporter tells it."""
        with self.fleet.ledger.reading() as connection:
            found = marks.all(connection)
        now = self.fleet.clock()
        told = [s for s in backlog.of_marks(found, now) if s.metric is metrics.CONFIGURATION]
        return {sample.labels["process"].split("@")[0].split(" ")[0] for sample in told}

    def times(self, words: str, name: str) -> int:
        return self.started[name].log.read_text(errors="replace").count(words)

    def all_started_anew(self, times: int) -> None:
        for name in self.started:
            wait_until(lambda name=name: self.times(ENDS, name) == times, 90, name)  # type: ignore[misc]
            wait_until(lambda name=name: self.times(UP[name], name) == times + 1, 90, name)  # type: ignore[misc]

    def works(self) -> None:
        """Fails unless all are the same processes as ever, and the worker does its next task."""
        before = self._looked()
        self.app.send_task("fleet.dispatch", (JOB,), queue="events")
        wait_until(lambda: self._looked() > before, 60, "the next task")
        assert {name: one.process.poll() for name, one in self.started.items()} == dict.fromkeys(
            self.started
        )

    def _looked(self) -> float:
        with self.fleet.ledger.reading() as connection:
            found = [m for m in marks.all(connection) if (m.kind, m.name) == (marks.LOOK, JOB)]
        return found[0].at.timestamp() if found else 0.0


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Running]:
    ports = {name: free_port() for name in ("redis", "odoo", "smtp", "metrics", "web")}
    environ = stage.environment(tmp_path, ports)
    del environ["FLEET_SANDBOX_ODOO_API_KEY"]
    key = tmp_path / "key"
    key.write_text("sandbox")
    environ |= {
        "FLEET_SANDBOX_ODOO_API_KEY_FILE": str(key),
        "FLEET_WEB_URL": "http://fleet.example",
        "FLEET_LINK_SECRET": "x" * 32,
        "FLEET_TICK_SECONDS": "1",
        "FLEET_HEARTBEAT_FOLDER": str(tmp_path),
    }
    commands = {
        "worker": ("worker", "--queues", "events", "--concurrency", "1"),
        "beat": ("beat",),
        "exporter": ("exporter",),
        "web": ("web", "--port", str(ports["web"])),
    }
    with ExitStack() as stack:
        redis = processes.redis_command(ports["redis"], tmp_path)[1]
        server = stack.enter_context(running("redis", redis, {}, tmp_path))
        server.wait_until(lambda: processes.answers(ports["redis"]), 20)
        the_fleet = Fleet(settings.load(environ))
        the_fleet.ledger.upgrade()
        started = {
            name: stack.enter_context(running(name, fleet_command(*command), environ, tmp_path))
            for name, command in commands.items()
        }
        found = Running(the_fleet, make_app(the_fleet), started, tmp_path / "fleet.toml", key)
        found.all_started_anew(0)
        yield found


def test_every_process_keeps_what_it_has_until_the_edit_is_sound(fleet: Running) -> None:
    text = fleet.config.read_text()
    fleet.config.write_text(text + "\n[tenants.sandbox.policies\n")
    wait_until(lambda: fleet.unusable() == set(fleet.started), 60, "all four say so")
    # A process that is forked meanwhile works with what its parent has.
    parent = fleet.started["worker"].process.pid
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    fleet.works()
    for name in fleet.started:
        assert fleet.times("configuration.unusable", name) == 1, name
        assert fleet.times("cannot be read as TOML", name) == 1

    fleet.config.write_text(text + "\n# Sound again, and as before.\n")
    wait_until(lambda: fleet.unusable() == set(), 60, "none says so any more")
    fleet.works()
    assert [fleet.times(ENDS, name) for name in fleet.started] == [0] * 4

    fleet.config.write_text(text.replace("cap_per_day = 0", "cap_per_day = 1"))
    fleet.all_started_anew(1)
    fleet.works()

    # A tenant that this edit would leave out is kept as well.
    fleet.key.write_text("")
    wait_until(lambda: fleet.unusable() == set(fleet.started), 60, "all four say so")
    fleet.works()
    fleet.key.write_text("another")
    for one in fleet.started.values():
        os.kill(one.process.pid, signal.SIGHUP)
    fleet.all_started_anew(2)
    assert fleet.unusable() == set()
    fleet.works()
