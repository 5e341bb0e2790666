"""A private PostgreSQL on a free loopback port, for as long as the tests run."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, Any

import psycopg
from psycopg.sql import SQL, Identifier

SUPERUSER = "fleet"
READY = "database system is ready to accept connections"
# Durability is of no use to a cluster that nobody will start again.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
DURABLE: dict[str, str] = {}


class PostgresServer:
    """A running cluster: makes databases and says their URLs."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid

    def url(self, database: str) -> str:
        """The URL of a database, as an operator would write it."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database and return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(database)))
        return self.url(database)


def empty(url: str, tables: Iterable[str]) -> None:
    """Forget all rows, past triggers and foreign keys: ten times faster than a new database."""
    with psycopg.connect(url, options="-c lock_timeout=10s") as connection:
        connection.execute("SET session_replication_role = replica")
        for table in tables:
            connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
        # As in a new database, ids begin with 1.
        for (name,) in connection.execute("SELECT sequencename FROM pg_sequences").fetchall():
            connection.execute(SQL("ALTER SEQUENCE {} RESTART").format(Identifier(name)))


@contextmanager
def running(settings: Mapping[str, str] = FAST) -> Iterator[PostgresServer]:
    """Start a cluster, and end it by its own process id. Raises RuntimeError when it cannot."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="fleet-postgres-"))
    try:
        owner = _owner(folder)
        _initialise(binaries, folder, owner)
        port = _free_port()
        with _start(binaries, folder, port, owner, settings) as process:
            _await_ready(process)
            # A pipe that nobody empties would stop the server.
            reader = Thread(target=_swallow, args=(process.stderr,))
            reader.start()
            try:
                yield PostgresServer(port, process.pid)
            finally:
                # At once: nobody needs what is in it.
                process.send_signal(signal.SIGQUIT)
                process.wait(timeout=30)
                reader.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if on_path:
        return Path(on_path).resolve().parent
    if installed:
        return installed[-1].parent
    raise RuntimeError("no PostgreSQL server programs found: apt-get install postgresql")


def _owner(folder: Path) -> dict[str, Any]:
    # PostgreSQL refuses to run as root, so root lends its rights away.
    if os.geteuid() != 0:
        return {}
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError:
        message = "tests run as root and there is no user postgres: apt-get install postgresql"
        raise RuntimeError(message) from None
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _initialise(binaries: Path, folder: Path, owner: dict[str, Any]) -> None:
    options = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--no-locale"]
    command = [str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--no-sync", *options]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, **owner)


def _start(
    binaries: Path,
    folder: Path,
    port: int,
    owner: dict[str, Any],
    settings: Mapping[str, str] = FAST,
) -> subprocess.Popen[str]:
    told = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **settings}
    options = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", "-p", str(port), *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        **owner,
    )


def _await_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if READY in line:
            return
    raise RuntimeError("PostgreSQL did not start:\n" + "".join(said))


def _swallow(stream: IO[str]) -> None:
    deque(stream, maxlen=0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
