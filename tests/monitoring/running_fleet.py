"""A whole small fleet as real processes: Redis, sandbox Odoo, mail catcher, workers, beat."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client.parser import text_string_to_metric_families

from workers.config import settings
from workers.demo import processes, stage
from workers.demo.catcher import Catcher
from workers.demo.processes import Started, free_port, running
from workers.demo.processes import fleet as fleet_command
from workers.wiring import Fleet

NAMES = ("redis", "odoo", "smtp", "metrics", "flower", "prometheus", "alertmanager")
REFUSED = "delivery@nordwind.example"
Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass
class RunningFleet:
    """The processes, and how to start more that live as long."""

    fleet: Fleet
    environ: Mapping[str, str]
    folder: Path
    ports: Mapping[str, int]
    catcher: Catcher
    stack: ExitStack
    started: dict[str, Started] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> Started:
        """A process under the fleet's configuration."""
        logs = self.folder / "logs"
        self.started[name] = self.stack.enter_context(running(name, command, self.environ, logs))
        return self.started[name]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The `fleet` command, run to its end."""
        return subprocess.run(
            fleet_command(*arguments),
            env={**os.environ, **self.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def kill_children(self, worker: str) -> int:
        """SIGKILL the pool processes of a worker; returns how many there were."""
        parent = self.started[worker].process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in children:
            os.kill(int(pid), signal.SIGKILL)
        return len(children)

    def scrape(self) -> dict[Key, float]:
        """Every sample of /metrics, by name and labels."""
        url = f"http://127.0.0.1:{self.ports['metrics']}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            text = answer.read().decode()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def total(self, name: str, /, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        wanted = set(labels.items())
        return sum(
            value
            for (found, having), value in self.scrape().items()
            if found == name and wanted <= having
        )


def wait_until(reached: Callable[[], bool], seconds: float = 120, what: str = "it") -> None:
    """Poll until it is so; fails loudly when the time is over."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"{what} was not reached within {seconds:g} s"
        time.sleep(0.2)


class Picky(Catcher):
    """A mail server that refuses one address for good."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The name is aiosmtpd's."""
        if address == REFUSED:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 fine"


@contextmanager
def picky(folder: Path, port: int) -> Iterator[Catcher]:
    """The picky mail server, for the length of the block."""
    folder.mkdir()
    catcher = Picky(folder, port)
    controller = Controller(catcher, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield catcher
    finally:
        controller.stop()


@contextmanager
def running_fleet(folder: Path, **environ: str) -> Iterator[RunningFleet]:
    """Redis, sandbox, mail catcher and exporter; workers and beat are the test's to start."""
    ports = {name: free_port() for name in NAMES}
    (folder / "logs").mkdir()
    ours = {"FLEET_HEARTBEAT_FOLDER": str(folder), "FLEET_TASK_EVENTS": "true"}
    found = {**stage.environment(folder, ports), **ours, **environ}
    with ExitStack() as stack:
        catcher = stack.enter_context(picky(folder / "mails", ports["smtp"]))
        the_fleet = Fleet(settings.load(found))
        here = RunningFleet(the_fleet, found, folder, ports, catcher, stack)
        here.start("redis", processes.redis_command(ports["redis"], folder)[1])
        here.start("odoo", stage.sandbox_command(ports["odoo"]))
        for name in ("redis", "odoo"):
            here.started[name].wait_until(lambda name=name: processes.answers(ports[name]), 120)  # type: ignore[misc]
        stage.make_due(the_fleet)
        exporter = here.start("exporter", fleet_command("exporter"))
        exporter.wait_until(lambda: processes.answers(ports["metrics"]), 120)
        yield here
