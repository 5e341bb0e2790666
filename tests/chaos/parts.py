"""The processes of one fleet under test: started, killed by their own ids, and ended for sure."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import redis

from tests.workers.ledger import postgres_server
from workers.demo import processes

START_SECONDS = 180
# What a supervisor grants before it kills: docker-compose.yml's stop_grace_period.
STOP_SECONDS = 60


class TooLate(AssertionError):
    """Something was not reached in a generous time."""


def wait_until(what: Callable[[], object], seconds: float, name: str, every: float = 0.05) -> None:
    """Look again until it is so. Raises TooLate."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TooLate(f"{name}: not after {seconds:g} s")
        time.sleep(every)


@dataclass
class Nursery:
    """The process that forks fleet processes; see `tests.chaos.nursery`."""

    process: "subprocess.Popen[str]"
    _lock: Lock = field(default_factory=Lock)

    def start(self, order: Mapping[str, Any]) -> int:
        """The new process' id, which is its group's too."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        with self._lock:
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()
            return int(stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery for the length of the block; whatever it started is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


@dataclass
class Part:
    """One process of the fleet, such as a worker with its children."""

    name: str
    nursery: Nursery
    order: Mapping[str, Any]
    pid: int = 0
    starts: int = 0
    kills: int = 0
    crashes: int = 0
    wanted: bool = False

    def start(self) -> None:
        """Start it, or start it again."""
        self.pid = self.nursery.start(self.order)
        self.starts += 1
        self.wanted = True

    @property
    def log(self) -> str:
        """All that it said so far, over all its lives."""
        return Path(self.order["log"]).read_text(encoding="utf-8", errors="replace")

    def ready(self) -> bool:
        """Whether it has said so since it was started last."""
        return self.log.count(str(self.order["ready"])) >= self.starts

    def alive(self) -> bool:
        """Whether the process itself runs."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return status.rpartition(")")[2].split()[0] != "Z"

    def children(self) -> list[int]:
        """The process ids of its pool."""
        try:
            found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [int(pid) for pid in found.split()]

    def kill(self) -> None:
        """SIGKILL for the whole group, until nothing of it is left."""
        self.wanted = False
        if self.pid == 0:
            return
        self.kills += 1
        children = self.children()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        wait_until(lambda: not self.alive(), START_SECONDS, f"the end of {self.name}")

    def kill_child(self, which: int) -> bool:
        """SIGKILL for one process of the pool; whether there was one."""
        children = self.children()
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(children[which % len(children)], signal.SIGKILL)
        self.kills += 1
        return True

    def terminate(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.wanted = False
        os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: not self.alive(), STOP_SECONDS, f"the stop of {self.name}")

    def keep_alive(self) -> None:
        """As a supervisor does: start it again if it ended by itself."""
        if self.wanted and not self.alive():
            self.crashes += 1
            self.start()


@dataclass
class OdooServer:
    """A sandbox with errands on one port; it forgets all that was written when it starts anew."""

    port: int
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it as of today."""
        command = [sys.executable, "-m", "tests.chaos.odoo", str(self.port)]
        self.process = subprocess.Popen(
            [*command, datetime.now(UTC).date().isoformat()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # It speaks of every connection that breaks, which is what the proxy is for.
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: processes.answers(self.port), 60, "the sandbox")

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None

    def restart(self) -> None:
        """As it was in the beginning."""
        self.kill()
        self.start()


@dataclass
class RedisServer:
    """A real Redis on one port, with its data in a folder."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it with what is in the folder."""
        _, command = processes.redis_command(self.port, self.folder)
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers, START_SECONDS, "Redis")

    def kill(self) -> None:
        """SIGKILL; what it has not written is lost."""
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(START_SECONDS)
            self.process = None

    def signal(self, number: int) -> None:
        """Send a signal, such as SIGSTOP."""
        assert self.process is not None
        self.process.send_signal(number)

    @property
    def client(self) -> "redis.Redis":
        """A client that goes around the proxy."""
        return redis.Redis(port=self.port, socket_timeout=10)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


@dataclass
class Postgres:
    """A private PostgreSQL cluster that can be killed and started again."""

    port: int
    folder: Path
    process: "subprocess.Popen[str] | None" = None

    def create(self) -> None:
        """Make the cluster's files."""
        self._owner = postgres_server._owner(self.folder)
        postgres_server._initialise(postgres_server._binaries(), self.folder, self._owner)

    def start(self) -> None:
        """Start the cluster; after a kill it recovers first."""
        binaries = postgres_server._binaries()
        self.process = postgres_server._start(binaries, self.folder, self.port, self._owner)
        postgres_server._await_ready(self.process)
        assert self.process.stderr is not None
        # A pipe that nobody empties would stop the server.
        swallow = Thread(target=postgres_server._swallow, args=(self.process.stderr,), daemon=True)
        swallow.start()

    def kill(self) -> None:
        """At once: open transactions are lost, committed ones are not."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(START_SECONDS)
            self.process = None
