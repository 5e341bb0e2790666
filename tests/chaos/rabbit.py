"""A real RabbitMQ of our own: on loopback, with its data in a folder, ended by its own process id.

Debian's package; with an epmd of its own, because Erlang would leave the usual one running.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.parts import wait_until
from workers.broker import transport as broker
from workers.demo.processes import answers, free_port

# Debian's own wrapper would give it to another user and to the machine's folders.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 180
GREETING = b"AMQP\x00\x00\x09\x01"


@dataclass
class RabbitServer:
    """A broker on one port; started on first use, and then left running."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None
    _epmd: "subprocess.Popen[bytes] | None" = None
    _ports: Mapping[str, int] = field(
        default_factory=lambda: {"epmd": free_port(), "dist": free_port()}
    )

    @property
    def url(self) -> str:
        """Where it is reached without a proxy."""
        return url_at(self.port)

    def start(self) -> None:
        """Start it with what is in the folder, unless it runs."""
        if self.process is not None:
            return
        self.folder.mkdir(exist_ok=True)
        (self.folder / "plugins").write_text("[].\n", encoding="utf-8")
        self._start_epmd()
        self.process = self._started([str(SERVER)])
        wait_until(self._greets, START_SECONDS, "RabbitMQ", every=0.2)

    def kill(self) -> None:
        """SIGKILL for all of it; durable queues and what is in them come back."""
        if self.process is not None:
            self._signal_group(signal.SIGKILL)
            self.process.wait(60)
            self.process = None

    def close(self) -> None:
        """Kill it, and its epmd."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait(60)
            self._epmd = None

    def freeze(self, frozen: bool) -> None:
        """Stop the clock for all of it, or let it go on."""
        self._signal_group(signal.SIGSTOP if frozen else signal.SIGCONT)

    def empty(self) -> int:
        """Throw away every message that waits; returns how many."""
        with broker.connection(self.url) as connection, connection.channel() as channel:
            for queue in broker.QUEUES:
                channel.queue_declare(queue, durable=True, auto_delete=False)
            return sum(channel.queue_purge(queue) or 0 for queue in broker.QUEUES)

    def _signal_group(self, number: int) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def _start_epmd(self) -> None:
        if self._epmd is not None:
            return
        epmd = shutil.which("epmd")
        if epmd is None or not SERVER.exists():
            raise RuntimeError("no RabbitMQ server found: apt-get install rabbitmq-server")
        self._epmd = self._started([epmd])
        wait_until(lambda: answers(self._ports["epmd"]), START_SECONDS, "epmd")

    def _started(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with (self.folder / "rabbitmq.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env={**os.environ, **self._environ()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environ(self) -> Mapping[str, str]:
        folder = str(self.folder)
        return {
            "HOME": folder,
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"fleet{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._ports["dist"]),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
        }

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                client.sendall(GREETING)
                return bool(client.recv(8))
        except OSError:
            return False


def url_at(port: int) -> str:
    """The URL of a RabbitMQ on this machine; its user guest may log in from here alone."""
    return f"amqp://guest:guest@127.0.0.1:{port}//"
