"""`fleet health`: looks at one process of this machine, and at what it needs."""

import socket
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from monitoring import health
from monitoring.health import Check
from odoo_gateway.errors import ConfigurationError
from workers.broker import transport as broker
from workers.config.tenants import Tenant
from workers.ledger import marks
from workers.ledger.errors import LedgerError
from workers.wiring import Fleet

PROCESSES: Final = (marks.WORKER, marks.BEAT, "exporter", "web")
TIMEOUT_SECONDS: Final = 10


def examine(fleet: Fleet, process: str, level: str, name: str = "fleet") -> list[Check]:
    """Every check up to a level, in the order in which things depend on each other.

    Raises ConfigurationError when there is no such process or level.
    """
    if process not in PROCESSES:
        raise ConfigurationError(f"{process}: no such process; name {', '.join(PROCESSES)}")
    if level not in health.LEVELS:
        raise ConfigurationError(f"--level {level}: choose {', '.join(health.LEVELS)}")
    levels = health.levels_up_to(level)
    found = [_live(fleet, process, name)]
    if "ready" in levels:
        found += _ready(fleet, process)
    if "deep" in levels:
        found += _deep(fleet, process)
        if process == marks.WORKER:
            found += _tenants(fleet, f"{name}@{socket.gethostname()}")
    return found


def _live(fleet: Fleet, process: str, name: str) -> Check:
    environment = fleet.settings.environment
    pages = {
        "exporter": f"http://127.0.0.1:{environment.metrics_port}/live",
        "web": f"http://127.0.0.1:{environment.web_port}/health/live",
    }
    if process in pages:
        return health.attempt(process, lambda: _get(pages[process]))
    host = socket.gethostname()
    node = f"{name}@{host}" if process == marks.WORKER else host
    file = environment.heartbeat_file(process, node)
    return health.heartbeat(f"{process} {node}", _touched(file), fleet.clock())


def ledger(fleet: Fleet) -> Check:
    """Whether the ledger answers and has the schema of this version."""
    return health.attempt("ledger", fleet.ledger.check)


def _ready(fleet: Fleet, process: str) -> Iterator[Check]:
    yield ledger(fleet)
    if process == "web":
        return
    url = fleet.settings.environment.broker_url
    yield health.attempt("broker", lambda: broker.waiting(url))


def _deep(fleet: Fleet, process: str) -> Iterator[Check]:
    if process == "web":
        return
    if process == "exporter":
        address = f"http://127.0.0.1:{fleet.settings.environment.metrics_port}/metrics"
        yield health.attempt("metrics", lambda: _get(address))
        return
    yield health.attempt("mail server", lambda: _greet(fleet))
    for tenant in fleet.settings.tenants.values():
        yield health.attempt(f"Odoo of {tenant.name}", partial(_version, fleet, tenant))
    for name in fleet.settings.unusable:
        yield health.attempt(f"configuration of {name}", partial(fleet.settings.tenant, name))


def _tenants(fleet: Fleet, node: str) -> Iterator[Check]:
    """Whether the worker works for each tenant that is configured by now."""
    try:
        with fleet.ledger.reading() as connection:
            workers = [mark for mark in marks.all(connection) if mark.kind == marks.WORKER]
    except LedgerError:
        # The check of the ledger says so.
        return
    why = "works without it: `fleet status` says why, or start it anew with its variables"
    # One that does not run says nothing.
    for known in [mark.detail["tenants"] for mark in workers if mark.name == node]:
        for tenant in fleet.settings.names:
            is_there = tenant in known
            yield Check(f"tenant {tenant} of {node}", is_there, "known" if is_there else why)


def _get(address: str) -> None:
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS):
        pass


def _greet(fleet: Fleet) -> None:
    with fleet.mail.conversation() as session:
        session.noop()


def _version(fleet: Fleet, tenant: Tenant) -> int:
    return fleet.session(tenant).major_version


def _touched(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return None
