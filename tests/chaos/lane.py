"""What several scenarios use one after the other: an Odoo, a mailbox, a PostgreSQL, the proxies."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from tests.chaos import hooks, rabbit
from tests.chaos.hooks import Hooks
from tests.chaos.mailbox import Mailbox, receiving
from tests.chaos.mailbox import Mode as MailMode
from tests.chaos.parts import Nursery, OdooServer, Postgres, RedisServer, nursery
from tests.chaos.proxy import Proxy, proxying
from tests.chaos.rabbit import RabbitServer
from tests.chaos.scenario import POSTGRESQL, RABBITMQ, Act, Scenario
from tests.chaos.timetable import crontab
from tests.workers.ledger import postgres_server
from workers.demo import stage
from workers.demo.processes import free_port
from workers.ledger.database import connect
from workers.ledger.schema import metadata

TENANTS = ("acme", "zeta")
COMPANIES = (1, 2)
_UPGRADE = Lock()
PARTS = ("redis", "rabbit", "postgres", "odoo", "smtp", "hook")
FILE = """\
[tenants.{tenant}]
url = "http://127.0.0.1:{odoo}"
database = "sandbox"
login = "fleet"
timezone = "UTC"
timeout_seconds = 1
concurrency = 2
recipients.finance = ["finance@{tenant}.example"]
recipients.delivery = ["anna.kern@nordwind.example"]
webhooks.hook = {{ url = "http://127.0.0.1:{hook}", timeout_seconds = 1 }}
mail = {{ quiet_hours = "", quiet_days = [], cap_per_day = 0, cap_per_week = 0 }}
[tenants.{tenant}.schedules]
{schedules}
"""
OF_OPS = 'recipients.ops = ["ops@{tenant}.example"]\n'
# Both tenants have one Odoo.
OF_CHORE = """\
[tenants.{tenant}.policies.chore]
tenant = "{tenant}"
"""
# What nobody but a person may have done is done at once, for who asks may have it so.
OF_ERRAND = """\
[tenants.{tenant}.policies.errand]
tenant = "{tenant}"
[tenants.{tenant}.effects]
follow_up = "automatic"
note = "automatic"
stage = "approve"
create_project = "approve"
draft_invoice = "approve"
[tenants.{tenant}.matrices.errands]
about = ["stage", "create_project", "draft_invoice"]
levels = [{{ name = "director", roles = ["finance"] }}]
rules = [{{ name = "errands", levels = ["director"], own_authority = ["finance"] }}]
"""
# Time is compressed: what a fleet waits for is about thirty times shorter than by default.
WAITS = {
    "FLEET_TICK_SECONDS": "0.8",
    "FLEET_RUN_LEASE_SECONDS": "5",
    "FLEET_RUN_ATTEMPTS": "30",
    "FLEET_MESSAGE_LEASE_SECONDS": "5",
    "FLEET_MESSAGE_ATTEMPTS": "30",
    "FLEET_RETRY_SECONDS": "0.3",
    "FLEET_RETRY_MAX_SECONDS": "1",
    "FLEET_REPUBLISH_SECONDS": "1.5",
    "FLEET_GATHER_SECONDS": "0.3",
    "FLEET_BROKER_TIMEOUT_SECONDS": "1.5",
    "FLEET_SMTP_TIMEOUT_SECONDS": "1",
    "FLEET_DATABASE_TIMEOUT_SECONDS": "1.5",
    "FLEET_CIRCUIT_PAUSE_SECONDS": "1",
    "FLEET_WORKER_MEMORY_MB": "250",
}
# What lasts by the machine's own clock stays short; all other waits are the shipped ones.
SHIPPED = {
    name: WAITS[name]
    for name in WAITS
    if name.endswith(("TICK_SECONDS", "TIMEOUT_SECONDS", "PAUSE_SECONDS", "MEMORY_MB"))
}
# Slots come all the time, so gathered mails are few, and a broken fleet has to lose one.
AT_ONCE = {"FLEET_GATHER_SECONDS": "0"}
# A poison takes all its attempts, each until its lease is over.
POISONED = {"FLEET_RUN_ATTEMPTS": "3", "FLEET_MESSAGE_ATTEMPTS": "3"}
# A stop takes nothing over, so a lease that runs out would only speak of a slow machine.
PATIENT = {"FLEET_RUN_LEASE_SECONDS": "60", "FLEET_MESSAGE_LEASE_SECONDS": "60"}


@dataclass
class Lane:
    """One scenario at a time plays here."""

    folder: Path
    ports: Mapping[str, int]
    proxies: Mapping[str, Proxy]
    nursery: Nursery
    mailbox: Mailbox
    hooks: Hooks
    redis: RedisServer
    rabbit: RabbitServer
    postgres: Postgres
    odoo: OdooServer
    played: int = 0
    current: Path = Path()

    def forget(self) -> None:
        """Remove what the last scenario left; without this its logs stay until the lane closes."""
        shutil.rmtree(self.current, ignore_errors=True)

    def prepare(self, scenario: Scenario, since: datetime) -> "Prepared":
        """Empty everything, and write the scenario's configuration."""
        self._heal()
        self.played += 1
        self.current = self.folder / f"{self.played:04}-{scenario.kind}-{scenario.seed}"
        folder = self.current
        folder.mkdir()
        for proxy in self.proxies.values():
            proxy.heal()
            proxy.cut()
            proxy.hits.clear()
            proxy.traces.clear()
        # What the scenario before wrote would be found, and each order can be invoiced once.
        self.odoo.restart()
        self.mailbox.empty(folder / "mails.jsonl")
        self.hooks.events.clear()
        broker, via_broker = self._broker(scenario, folder)
        ledger, via_ledger = self._ledger(scenario, folder)
        environ = self._environ(scenario, folder, since)
        environ |= {"FLEET_BROKER_URL": via_broker, "FLEET_DATABASE_URL": via_ledger}
        return Prepared(folder, ledger, broker, environ)

    def _heal(self) -> None:
        """Whatever a scenario left down when it was broken off is there again."""
        if self.postgres.process is None:
            self.postgres.start()
        if self.mailbox.process is None:
            self.mailbox.start()
        self.mailbox.set(MailMode.ACCEPT)

    def _broker(self, scenario: Scenario, folder: Path) -> tuple[str, str]:
        if scenario.broker == RABBITMQ:
            self.rabbit.start()
            self.rabbit.empty()
            return self.rabbit.url, rabbit.url_at(self.ports["via_rabbit"])
        self.redis.folder = folder
        self.redis.start()
        there = "redis://127.0.0.1:{}/0"
        return there.format(self.ports["redis"]), there.format(self.ports["via_redis"])

    def _ledger(self, scenario: Scenario, folder: Path) -> tuple[str, str]:
        if scenario.ledger == POSTGRESQL:
            user = f"postgresql://{postgres_server.SUPERUSER}@127.0.0.1"
            urls = [f"{user}:{self.ports[way]}/postgres" for way in ("postgres", "via_postgres")]
            _upgrade(urls[0])
            postgres_server.empty(urls[0], metadata.tables)
            return urls[0], urls[1]
        url = f"sqlite:///{folder / 'fleet.db'}"
        _upgrade(url)
        return url, url

    def _environ(self, scenario: Scenario, folder: Path, since: datetime) -> dict[str, str]:
        config = folder / "fleet.toml"
        config.write_text(_file(scenario, self.ports, since), encoding="utf-8")
        poisoned = any(job.startswith("poison") for job in scenario.jobs)
        return {
            **(SHIPPED if scenario.has(Act.AWAY) else WAITS),
            **(POISONED if poisoned else {}),
            **(PATIENT if scenario.kind == "workers_stopped" else {}),
            **(AT_ONCE if scenario.sabotage else {}),
            "FLEET_CONFIG": str(config),
            "FLEET_WEBHOOK_NETWORKS": "127.0.0.0/8",
            **{f"FLEET_{name.upper()}_ODOO_API_KEY": stage.KEY for name in TENANTS},
            "FLEET_SMTP_URL": f"smtp://127.0.0.1:{self.ports['via_smtp']}",
            "FLEET_MAIL_FROM": "Fleet <fleet@firm.example>",
            "FLEET_BROKER_SECRET": "signs-what-goes-through-a-broken-broker",
            "FLEET_METRICS_PORT": str(self.ports["metrics"]),
            **{f"FLEET_{name.upper()}_WEBHOOK_HOOK_SECRET": hooks.SECRET for name in TENANTS},
        }


@dataclass(frozen=True)
class Prepared:
    """Where a scenario plays: its folder, ledger and broker past their proxies, the settings."""

    folder: Path
    ledger: str
    broker: str
    environ: Mapping[str, str]


def _upgrade(url: str) -> None:
    # Alembic's context is one for the whole process, and lanes are threads.
    with _UPGRADE, closing(connect(url)) as ledger:
        ledger.upgrade()


def _file(scenario: Scenario, ports: Mapping[str, int], since: datetime) -> str:
    schedules = "\n".join(f'{job} = "{crontab(scenario, job, since)}"' for job in scenario.jobs)
    values = {
        "odoo": ports["via_odoo"],
        "hook": ports["via_hook"],
        "schedules": schedules,
    }
    file = FILE + OF_CHORE if "chore" in scenario.jobs else FILE
    file += OF_ERRAND if "errand" in scenario.jobs else ""
    if scenario.has(Act.AWAY):
        file = file.replace("recipients.finance", OF_OPS + "recipients.finance")
    return "\n".join(file.format(tenant=tenant, **values) for tenant in TENANTS)


@contextmanager
def open_lane() -> Iterator[Lane]:
    """A lane for the length of the block; ends every process that was started in it."""
    with ExitStack() as stack:
        folder = _folder(stack)
        # PostgreSQL's own user must get through.
        folder.chmod(0o755)
        names = [*PARTS, *(f"via_{name}" for name in PARTS), "metrics"]
        ports = {name: free_port() for name in names}
        redis = RedisServer(ports["redis"], folder)
        stack.callback(redis.kill)
        rabbit_server = RabbitServer(ports["rabbit"], folder / "rabbitmq")
        stack.callback(rabbit_server.close)
        odoo = OdooServer(ports["odoo"])
        odoo.start()
        stack.callback(odoo.kill)
        yield Lane(
            folder=folder,
            ports=ports,
            proxies={
                name: stack.enter_context(proxying(ports[f"via_{name}"], ports[name]))
                for name in PARTS
            },
            nursery=stack.enter_context(nursery()),
            mailbox=stack.enter_context(receiving(ports["smtp"], folder / "mails.jsonl")),
            hooks=stack.enter_context(hooks.listening(ports["hook"])),
            redis=redis,
            rabbit=rabbit_server,
            postgres=_postgres(stack, ports["postgres"]),
            odoo=odoo,
        )


def _folder(stack: ExitStack) -> Path:
    """A temporary one, or one in CHAOS_FOLDER that stays, to look at logs afterwards."""
    kept = os.environ.get("CHAOS_FOLDER")
    if kept:
        return Path(tempfile.mkdtemp(prefix="lane-", dir=kept))
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-chaos-")))


def _postgres(stack: ExitStack, port: int) -> Postgres:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-chaos-pg-")))
    server = Postgres(port, folder)
    server.create()
    server.start()
    stack.callback(server.kill)
    return server
