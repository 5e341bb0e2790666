"""What hostile peers cost: `python -m benchmarks.limits`, in about five minutes.

Asks real commands (`fleet run`, `fleet exporter`, `fleet web`) and prints the most memory that the
process ever had, how long it took, and how it ended. A row's answer comes from a server on loopback
that has no end; all of it is bounded in time.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from odoo_gateway.sandbox.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from workers.demo import processes
from workers.demo.processes import free_port

HALF_OPEN = 500
JOB = "timesheet_reminders"
BOUNDED_SECONDS = 240
AS_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = b"x" * 2**20
Speak = Callable[[socket.socket], None]


def declared(connection: socket.socket) -> None:
    connection.sendall(AS_JSON + b"Content-Length: 524288000\r\n\r\n")
    _pour(connection, 500)


def streamed(connection: socket.socket) -> None:
    connection.sendall(AS_JSON + b'\r\n{"jsonrpc": "2.0", "id": 1, "result": "')
    _pour(connection, 500)


@cache
def zipped() -> bytes:
    """500 MB, in half of one."""
    squeeze = zlib.compressobj(level=1, wbits=31)
    return b"".join([*(squeeze.compress(MEGABYTE) for _ in range(500)), squeeze.flush()])


def bomb(connection: socket.socket) -> None:
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(zipped())}\r\n\r\n"
    connection.sendall(AS_JSON + head.encode() + zipped())


def dripping(connection: socket.socket) -> None:
    connection.sendall(AS_JSON + b"Content-Length: 100000\r\n\r\n")
    for _ in range(BOUNDED_SECONDS):
        connection.sendall(b"x")
        time.sleep(1)


def _pour(connection: socket.socket, megabytes: int) -> None:
    for _ in range(megabytes):
        connection.sendall(MEGABYTE)


@contextmanager
def answering(speak: Speak) -> Iterator[str]:
    """A server that answers whatever is asked by `speak`, each in a thread of its own."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            speak(connection)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


class Endless(Sandbox):
    """An Odoo whose lines of timesheets have no end."""

    def answer(
        self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """As the sandbox's, but for one model."""
        if (model, method) != ("account.analytic.line", "search_read"):
            return super().answer(model, method, args, kwargs)
        asked = args[0] if args else kwargs["domain"]
        last = max((leaf[2] for leaf in asked if list(leaf[:2]) == ["id", ">"]), default=0)
        (row,) = super().answer(model, method, args, {**kwargs, "limit": 1}) or [None]
        if row is None:
            (row,) = super().answer(model, method, ([],), {**kwargs, "limit": 1})
        return [{**row, "id": last + step} for step in range(1, kwargs["limit"] + 1)]


@dataclass
class Cost:
    """What a process cost: seconds, the most megabytes that it held, and its last words."""

    seconds: float
    megabytes: float
    code: int
    said: str


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "FLEET_CONFIG": str(folder / "none.toml"),
        "FLEET_DATABASE_URL": f"sqlite:///{folder / 'fleet.db'}",
        "FLEET_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0",
        **more,
    }


def cost_of_a_run(folder: Path, job: str, url: str, answer_seconds: float) -> Cost:
    """`fleet run JOB --dry-run` against an Odoo; but for `answer_seconds` as shipped."""
    file = folder / "fleet.toml"
    file.write_text(
        f'[tenants.firm]\nurl = "{url}"\ndatabase = "sandbox"\nlogin = "fleet"\n'
        f"answer_seconds = {answer_seconds:g}\n"
    )
    given = environ(folder, FLEET_CONFIG=str(file), FLEET_FIRM_ODOO_API_KEY="sandbox")
    started = time.monotonic()
    asked = [*processes.fleet("run", job, "--dry-run", "--company", "1")]
    peak = 0.0
    with (folder / "said").open("w+b") as said:
        process = subprocess.Popen(asked, env=given, stdout=said, stderr=said)
        while process.poll() is None:
            # The kernel's own, which grows only; before it is the command, it is this process.
            peak = memory(process.pid, "VmHWM") or peak
            if time.monotonic() > started + BOUNDED_SECONDS:
                process.kill()
            time.sleep(0.1)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    words = next((line for line in lines if line.startswith("failed")), lines[-1] if lines else "")
    seconds = time.monotonic() - started
    return Cost(seconds, peak, process.returncode, words)


def memory(pid: int, what: str = "VmRSS") -> float:
    """Megabytes of a process, now or (VmHWM) at its most; 0 where it is gone."""
    return _status(pid, what) / 1024


def _status(pid: int, what: str) -> int:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        if found := re.search(rf"^{what}:\s+(\d+)", text, re.M):
            return int(found.group(1))
    return 0


def told_of(pid: int) -> tuple[float, int]:
    """Megabytes and threads of a process."""
    return memory(pid), _status(pid, "Threads")


def good_request(url: str) -> float:
    """Seconds of the slowest of five."""
    slowest = 0.0
    for _ in range(5):
        started = time.monotonic()
        with urllib.request.urlopen(url, timeout=60) as answer:
            answer.read()
        slowest = max(slowest, time.monotonic() - started)
    return slowest


def half_open(folder: Path, process: str, path: str, environment: Mapping[str, str]) -> None:
    """Print what connections that never ask cost a server."""
    port = free_port()
    asked = [*processes.fleet(process, "--port", str(port))]
    url = f"http://127.0.0.1:{port}{path}"
    with ExitStack() as stack, (folder / f"{process}.log").open("wb") as log:
        server = subprocess.Popen(asked, env=dict(environment), stdout=log, stderr=log)
        stack.callback(server.wait, 30)
        stack.callback(server.terminate)
        deadline = time.monotonic() + 120
        while not processes.answers(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        before, alone = good_request(url), told_of(server.pid)
        for _ in range(HALF_OPEN):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.sendall(b"GET / HT")
        after, crowded = good_request(url), told_of(server.pid)
    for title, (megabytes, threads), seconds in (
        ("alone", alone, before),
        (f"{HALF_OPEN} half-open", crowded, after),
    ):
        print(f"{process:9} {title:14} {megabytes:4.0f} MB {threads:3} threads {seconds:6.2f} s")


def main() -> None:
    """All of it, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answer-seconds", type=float, default=30.0, help="of the dripping answer")
    asked = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors")
    zipped()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(Site(Sandbox(_day()))) as url:
            show("a good answer", cost_of_a_run(folder, JOB, url, 300))
        for title, speak in {
            "500 MB, declared": declared,
            "500 MB, streamed": streamed,
            "a gzip bomb of 500 MB": bomb,
            f"a byte a second ({asked.answer_seconds:g} s)": dripping,
        }.items():
            with answering(speak) as url:
                show(title, cost_of_a_run(folder, JOB, url, asked.answer_seconds))
        with serving(Site(Endless(_day()))) as url:
            show("pages without end", cost_of_a_run(folder, JOB, url, 300))
        page = environ(
            folder,
            FLEET_ODOO_URL="https://odoo.example",
            FLEET_ODOO_DB="d",
            FLEET_ODOO_LOGIN="l",
            FLEET_ODOO_API_KEY="k",
            FLEET_WEB_URL="https://fleet.example",
            FLEET_LINK_SECRET="s" * 40,
        )
        del page["FLEET_CONFIG"]
        half_open(folder, "exporter", "/metrics", page)
        half_open(folder, "web", "/health/ready", page)


def show(title: str, cost: Cost) -> None:
    figures = f"{cost.seconds:5.0f} s {cost.megabytes:5.0f} MB  exit {cost.code}"
    print(f"{title:26} {figures}  {cost.said[:150]}", flush=True)


def _day() -> date:
    return datetime.now(UTC).date()


if __name__ == "__main__":
    main()
