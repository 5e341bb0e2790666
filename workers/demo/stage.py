"""Sets the stage, makes the jobs due, waits for the last mail, and sums up."""

import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from odoo_gateway.errors import FleetError
from tasks import catalogue
from workers import dispatch, settings
from workers.demo import processes
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import Started, fleet, free_port, running
from workers.ledger import outbox, runs
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.wiring import Fleet

WAIT_SECONDS = 120
TENANT = "sandbox"
KEY = "sandbox"
FILE = """\
[tenants.sandbox]
url = "{url}"
database = "sandbox"
login = "fleet"
recipients.finance = ["finance@nordwind.example"]

# The demo does not wait for the morning, and looks every five minutes.
[tenants.sandbox.policies.timesheet_reminders]
send_at = "unset"

[tenants.sandbox.schedules]
{schedules}
"""
SHOWN_METRICS = (
    "fleet_runs_total",
    "fleet_exceptions_total",
    "fleet_messages_total",
    "fleet_queue_backlog",
    "fleet_odoo_calls_total",
)


@dataclass
class Stage:
    """The running demo."""

    fleet: Fleet
    environ: Mapping[str, str]
    folder: Path
    catcher: Catcher
    addresses: dict[str, str]


def play(console: Console, *, keep: bool, output: Path | None) -> int:
    """The whole demo; returns its exit code."""
    started = time.monotonic()
    folder = (output or Path(tempfile.mkdtemp(prefix="fleet-demo-"))).resolve()
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stage = _set(stack, console, folder, keep)
        finished = _wait(stage, console)
        _sum_up(stage, console, time.monotonic() - started)
        if keep:
            _keep(stage, console)
    return 0 if finished else 1


def _set(stack: ExitStack, console: Console, folder: Path, keep: bool) -> Stage:
    with console.status("Setting the stage") as status:

        def start(name: str, command: Sequence[str], environ: Mapping[str, str]) -> Started:
            status.update(f"Starting {name}")
            return stack.enter_context(running(name, command, environ, folder / "logs"))

        ports = {name: free_port() for name in ("redis", "odoo", "smtp", "metrics", "flower")}
        kind, redis = processes.redis_command(ports["redis"], folder / "logs")
        environ = _environ(folder, ports)
        parts = [
            (start(kind, redis, {}), ports["redis"]),
            (start("sandbox", _sandbox(ports["odoo"]), {}), ports["odoo"]),
        ]
        for part, port in parts:
            part.wait_until(lambda port=port: processes.answers(port), 20)  # type: ignore[misc]
            console.print(f"[green]✓[/] {part.name} on 127.0.0.1:{port}", highlight=False)
        catcher = stack.enter_context(catching(folder / "mails", ports["smtp"]))
        console.print(f"[green]✓[/] mail catcher on 127.0.0.1:{ports['smtp']}", highlight=False)
        the_fleet = Fleet(settings.load(environ))
        _make_due(the_fleet)
        workers = [
            start("worker-batch", _worker("batch", 2), environ),
            start("worker-delivery", _worker("events,delivery", 1), environ),
        ]
        start("beat", fleet("beat"), environ)
        exporter = start("exporter", fleet("exporter"), environ)
        for worker in workers:
            worker.wait_until(lambda worker=worker: "ready." in worker.tail(200), 40)  # type: ignore[misc]
            console.print(f"[green]✓[/] {worker.name}", highlight=False)
        exporter.wait_until(lambda: processes.answers(ports["metrics"]), 20)
        console.print("[green]✓[/] beat and exporter", highlight=False)
        if keep:
            flower = start("flower", _flower(ports["flower"]), environ)
            flower.wait_until(lambda: processes.answers(ports["flower"]), 40)
    return Stage(the_fleet, environ, folder, catcher, _addresses(ports))


def _environ(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    schedules = "\n".join(f'{name} = "*/5 * * * *"' for name in catalogue.jobs())
    config = folder / "fleet.toml"
    url = f"http://127.0.0.1:{ports['odoo']}"
    config.write_text(FILE.format(url=url, schedules=schedules), encoding="utf-8")
    return {
        "FLEET_CONFIG": str(config),
        "FLEET_SANDBOX_ODOO_API_KEY": KEY,
        "FLEET_BROKER_URL": f"redis://127.0.0.1:{ports['redis']}/0",
        "FLEET_DATABASE_URL": f"sqlite:///{folder / 'fleet.db'}",
        "FLEET_SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}",
        "FLEET_MAIL_FROM": "Odoo ops fleet <fleet@nordwind.example>",
        "FLEET_METRICS_PORT": str(ports["metrics"]),
        "FLEET_TICK_SECONDS": "2",
    }


def _addresses(ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "metrics": f"http://127.0.0.1:{ports['metrics']}/metrics",
        "Flower": f"http://127.0.0.1:{ports['flower']}",
        "sandbox Odoo": f"http://127.0.0.1:{ports['odoo']} (database sandbox, fleet / {KEY})",
        "Redis": f"redis://127.0.0.1:{ports['redis']}/0",
    }
