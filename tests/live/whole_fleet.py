"""A whole fleet beside a real Odoo: Redis, PostgreSQL, workers, beat and page, each a process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from odoo_gateway.procedures import comparing, installing, membership, wanted
from odoo_gateway.session import Session
from tests.chaos.parts import RedisServer, wait_until
from tests.fakes.hooks import PATH_SECRET, SECRET
from workers.config import settings
from workers.demo import processes
from workers.demo.processes import free_port
from workers.ledger import scopes
from workers.ledger.schema import inbox, runs, woken
from workers.ledger.statuses import EventStatus, RunStatus
from workers.wiring import Fleet

from .odoo_server import OdooServer

TENANT: Final = "firm"
EMPLOYEE: Final = "hr.employee"
EVENT: Final = f"{EMPLOYEE}.changed"
FILE: Final = """\
[tenants.firm]
url = "{url}"
database = "{database}"
login = "{login}"
timezone = "UTC"
companies = [1]
concurrency = 3
recipients.finance = ["finance@firm.example"]
recipients.delivery = ["delivery@firm.example"]
mail = {{ quiet_hours = "", quiet_days = [], cap_per_day = 0, cap_per_week = 0 }}
{sources}
{more}
[tenants.firm.schedules]
{schedules}
"""
#: How each source is configured, and nothing else.
SOURCES: Final[Mapping[str, str]] = {
    "outbox": 'sources.outbox.kind = "outbox"',
    "feed": 'sources.feed.kind = "feed"',
    "odoo_webhook": 'sources.odoo.kind = "odoo_webhook"',
    "signed_webhook": 'sources.n8n.kind = "signed_webhook"',
    "": "",
}
START_SECONDS: Final = 240
WAITING_STATUSES: Final = (EventStatus.WAITING, EventStatus.CLAIMED)
WORKERS: Final[Mapping[str, Sequence[str]]] = {
    "worker": ("worker", "--concurrency", "2", "--queues", "batch,events,delivery,effects"),
    "woken": ("worker", "--concurrency", "1", "--queues", "woken", "--name", "woken"),
    "beat": ("beat",),
}


@dataclass
class Process:
    """One process of the fleet, in a group of its own."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again; its log goes on."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        """To the process and all that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL for all of it."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(60)
            self.process = None


@dataclass
class WholeFleet:
    """All of it, with what is known of the ledger at hand."""

    folder: Path
    fleet: Fleet
    web: str
    redis: RedisServer
    parts: dict[str, Process] = field(default_factory=dict)

    def start(self) -> None:
        """Everything that does not run, until the page answers."""
        if self.redis.process is None:
            self.redis.start()
        for part in self.parts.values():
            if part.process is None:
                part.start()
        port = int(self.web.rpartition(":")[2])
        wait_until(lambda: processes.answers(port), START_SECONDS, "the page")

    def kill(self) -> None:
        """Everything, at once."""
        for part in self.parts.values():
            part.kill()
        self.redis.kill()


def looked_at(playing: WholeFleet, changed: Mapping[int, datetime]) -> dict[int, datetime]:
    """When the first run ended that looked at each employee because of an event since the changes.

    changed: when each was changed, in UTC; who was not looked at since then is left out.
    """
    found = (
        select(inbox.c.record_id, runs.c.finished_at)
        .join(woken, woken.c.event_id == inbox.c.id)
        .join(runs, runs.c.id == woken.c.run_id)
        .where(inbox.c.model == EMPLOYEE, inbox.c.received_at >= min(changed.values()))
        .where(runs.c.status == RunStatus.SUCCEEDED)
        .order_by(runs.c.finished_at)
    )
    ended: dict[int, datetime] = {}
    with playing.fleet.ledger.reading() as connection:
        for record, finished in connection.execute(found):
            if record in changed and finished > changed[record]:
                ended.setdefault(record, finished)
    return ended


def settle(playing: WholeFleet, quiet: float) -> None:
    """Until its companies are known, and then nothing has been going on for so many seconds.

    A new fleet finds its companies in its first minutes; what it hears of before waits for them. A
    feed is asked every minute.
    """
    busy = select(runs.c.id).where(runs.c.status.in_((RunStatus.PENDING, RunStatus.RUNNING)))
    waiting = select(inbox.c.id).where(inbox.c.status.in_(WAITING_STATUSES))
    deadline = time.monotonic() + 300
    quiet_since = time.monotonic()
    while time.monotonic() < deadline and time.monotonic() < quiet_since + quiet:
        with playing.fleet.ledger.reading() as connection:
            found = [connection.execute(asked.limit(1)).first() for asked in (busy, waiting)]
            if any(found) or not scopes.of_tenant(connection, TENANT):
                quiet_since = time.monotonic()
        time.sleep(1)


def install(
    session: Session, login: str, events: Sequence[str] = (EVENT,), gates: Sequence[str] = ()
) -> None:
    """Put our pieces into Odoo as an administrator, with rules for these events and gates."""
    found = comparing.seen_by_administrator(session, events)
    pieces = wanted.pieces(found.odoo, events, gates)
    installing.install(session, pieces, comparing.compare(pieces, found))
    membership.join(session, membership.member(session, login))


def add_webhook(session: Session, url: str, model: str, *fields: str) -> int:
    """Odoo's own rule that posts to the fleet when one of these fields of a record changes."""

    def number(model: str, *domain: object) -> list[int]:
        found: list[int] = session.call(model, "search", list(domain))
        return found

    (model_id,) = number("ir.model", ("model", "=", model))
    watched = number("ir.model.fields", ("model", "=", model), ("name", "in", list(fields)))
    action = {"name": "to the fleet", "model_id": model_id, "usage": "base_automation"}
    values = {
        "name": "to the fleet",
        "model_id": model_id,
        "trigger": "on_create_or_write",
        "trigger_field_ids": [(6, 0, watched)],
        "action_server_ids": [(0, 0, {**action, "state": "webhook", "webhook_url": url})],
    }
    made: int = session.call("base.automation", "create", values)
    return made


@contextmanager
def whole_fleet(
    odoo: OdooServer,
    database: str,
    login: str,
    password: str,
    folder: Path,
    ledger: str,
    sources: Sequence[str],
    schedules: Mapping[str, str],
    more: str = "",
    smtp_port: int = 9,
) -> Iterator[WholeFleet]:
    """The fleet with these sources and crontabs, started; all of it is dead afterwards.

    ledger: the URL of an empty database. more: what else the file says of the tenant.
    """
    ports = {name: free_port() for name in ("redis", "web", "metrics")}
    config = folder / "fleet.toml"
    lines = "\n".join(f'{job} = "{crontab}"' for job, crontab in schedules.items())
    told = "\n".join(SOURCES[name] for name in sources)
    config.write_text(
        FILE.format(
            url=odoo.url,
            database=database,
            login=login,
            sources=told,
            more=more,
            schedules=lines,
        ),
        encoding="utf-8",
    )
    web = f"http://127.0.0.1:{ports['web']}"
    environ = {
        "FLEET_CONFIG": str(config),
        "FLEET_FIRM_ODOO_API_KEY": password,
        "FLEET_DATABASE_URL": ledger,
        "FLEET_BROKER_URL": f"redis://127.0.0.1:{ports['redis']}/0",
        "FLEET_BROKER_SECRET": "s" * 40,
        "FLEET_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "FLEET_GATHER_SECONDS": "0",
        "FLEET_MAIL_FROM": "Fleet <fleet@firm.example>",
        "FLEET_WEB_URL": web,
        "FLEET_LINK_SECRET": "l" * 40,
        "FLEET_HEARTBEAT_FOLDER": str(folder),
        "FLEET_FIRM_IN_N8N_SECRET": SECRET,
        "FLEET_FIRM_IN_ODOO_SECRET": PATH_SECRET,
    }
    fleet = Fleet(settings.load(environ))
    fleet.ledger.upgrade()
    commands = {**WORKERS, "web": ("web", "--port", str(ports["web"]))}
    parts = {
        name: Process(name, processes.fleet(*arguments), environ, folder)
        for name, arguments in commands.items()
    }
    made = WholeFleet(folder, fleet, web, RedisServer(ports["redis"], folder), parts)
    with ExitStack() as stack:
        stack.callback(made.kill)
        made.start()
        yield made
