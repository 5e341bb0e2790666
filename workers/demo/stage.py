"""Sets the stage, makes the jobs due, waits for the last mail, and sums up."""

import contextlib
import json
import shlex
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from rich.console import Console

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tasks.domain.policy import Policy
from workers import dispatch
from workers.config import settings
from workers.demo import processes, summary
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import Started, ended_by_signals, fleet, free_port, running
from workers.ledger import effects, outbox, runs
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus, MessageStatus, RunStatus
from workers.wiring import Fleet

WAIT_SECONDS = 120
PORTS = ("redis", "odoo", "smtp", "metrics", "flower", "web")
TENANT = "sandbox"
KEY = "sandbox"
FILE = """\
[tenants.sandbox]
url = "{url}"
database = "sandbox"
login = "fleet"
recipients.finance = ["finance@nordwind.example"]
recipients.delivery = ["delivery@nordwind.example"]
# The demo waits for no morning.
mail = {{ quiet_hours = "", quiet_days = [], cap_per_day = 0, cap_per_week = 0 }}
effects.create_project = "propose"

{policies}

[tenants.sandbox.schedules]
{schedules}
"""
# Who has done what is proposed, as the role `delivery` may.
BY: Final = "the demo"
FINAL_MESSAGES: Final = (MessageStatus.SENT, MessageStatus.DROPPED, MessageStatus.PARKED)
FINAL_EFFECTS: Final = (EffectStatus.DONE, EffectStatus.WITHDRAWN, EffectStatus.PARKED)


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
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"--output: {folder} is not empty; name a new folder")
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with ended_by_signals(), ExitStack() as stack:
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

        ports = {name: free_port() for name in PORTS}
        kind, redis = processes.redis_command(ports["redis"], folder / "logs")
        environ = environment(folder, ports)
        if keep:
            environ |= _pages(ports["web"]) | {"FLEET_TASK_EVENTS": "true"}
        parts = [
            (start(kind, redis, {}), ports["redis"]),
            (start("sandbox", sandbox_command(ports["odoo"]), {}), ports["odoo"]),
        ]
        for part, port in parts:
            part.wait_until(lambda port=port: processes.answers(port), 20)  # type: ignore[misc]
            console.print(f"[green]✓[/] {part.name} on 127.0.0.1:{port}", highlight=False)
        catcher = stack.enter_context(catching(folder / "mails", ports["smtp"]))
        console.print(f"[green]✓[/] mail catcher on 127.0.0.1:{ports['smtp']}", highlight=False)
        the_fleet = Fleet(settings.load(environ))
        make_due(the_fleet)
        workers = [
            start("worker-batch", _worker("batch", 2), environ),
            start("worker-delivery", _worker("events,effects,delivery", 1), environ),
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
            web = start("web", fleet("web", "--port", str(ports["web"])), environ)
            web.wait_until(lambda: processes.answers(ports["web"]), 40)
    return Stage(the_fleet, environ, folder, catcher, _addresses(ports))


def environment(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """The configuration of a fleet on embedded parts; writes its file into the folder."""
    config = folder / "fleet.toml"
    written = file_of(f"http://127.0.0.1:{ports['odoo']}", "*/5 * * * *")
    config.write_text(written, encoding="utf-8")
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


def file_of(url: str, crontab: str = "") -> str:
    """The file of a fleet on the sandbox at this address; crontab: for jobs, instead of theirs."""
    jobs = catalogue.jobs()
    policies = [
        _table(name, company_id, policy)
        for name, job in jobs.items()
        for company_id, policy in job.demo.items()
    ]
    schedules = [f'{name} = "{crontab}"' for name in jobs] if crontab else []
    return FILE.format(url=url, policies="\n\n".join(policies), schedules="\n".join(schedules))


def _table(job: str, company_id: int | None, policy: Policy) -> str:
    """What a policy sets, as a table of the configuration's file."""
    where = "" if company_id is None else f"company.{company_id}."
    values = policy.model_dump(mode="json", exclude_unset=True)
    lines = [f"{name} = {_toml(value)}" for name, value in values.items()]
    return "\n".join([f"[tenants.{TENANT}.{where}policies.{job}]", *lines])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_toml(each)}' for name, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    # Of all else JSON has the same words.
    return json.dumps(value)


def _pages(port: int) -> dict[str, str]:
    """What mails need to link to the page of a case, which stays only where the demo does."""
    return {"FLEET_WEB_URL": f"http://127.0.0.1:{port}", "FLEET_LINK_SECRET": token_hex(32)}


def _addresses(ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "metrics": f"http://127.0.0.1:{ports['metrics']}/metrics",
        "Flower": f"http://127.0.0.1:{ports['flower']}",
        "the page of a case": f"http://127.0.0.1:{ports['web']} (each mail links to its cases)",
        "sandbox Odoo": f"http://127.0.0.1:{ports['odoo']} (database sandbox, fleet / {KEY})",
        "Redis": f"redis://127.0.0.1:{ports['redis']}/0",
    }


def sandbox_command(port: int) -> Sequence[str]:
    """The sandbox over HTTP, as of today, with our procedures."""
    today = datetime.now(UTC).date()
    command = [sys.executable, "-m", "odoo_gateway.sandbox"]
    return [*command, "--port", str(port), "--as-of", str(today), "--installed"]


def _worker(queues: str, concurrency: int) -> Sequence[str]:
    name = queues.split(",")[-1]
    return fleet("worker", "--queues", queues, "--concurrency", str(concurrency), "--name", name)


def _flower(port: int) -> Sequence[str]:
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "flower"]
    return [*command, "--address=127.0.0.1", f"--port={port}"]


def make_due(the_fleet: Fleet) -> None:
    """Pretend that the fleet has watched for a while, so that the newest slot is due now."""
    the_fleet.ledger.upgrade()
    since = the_fleet.clock() - timedelta(minutes=10)
    for tenant in the_fleet.settings.tenants.values():
        for scope in dispatch.known_scopes(the_fleet, tenant):
            with the_fleet.ledger.transaction() as connection:
                for job in catalogue.jobs():
                    place = Place(job, tenant.name, scope.company_id)
                    runs.watch_since(connection, place, since)


def _wait(stage: Stage, console: Console) -> bool:
    """Until every run is settled and every message delivered; whether all went well."""
    deadline = time.monotonic() + WAIT_SECONDS
    with console.status("Waiting for beat") as status:
        while time.monotonic() < deadline:
            with stage.fleet.ledger.reading() as connection:
                found = _by_status(runs.by_status(connection))
                mails = _by_status(outbox.by_status(connection))
                changes = _by_status(effects.by_status(connection))
            status.update(
                f"Runs: {_counted(found)} · mails: {_counted(mails)} · changes: {_counted(changes)}"
            )
            if changes[EffectStatus.PROPOSED]:
                have_done(stage.fleet)
            elif _settled(stage, found, mails, changes):
                failed = (
                    found[RunStatus.DEAD],
                    mails[MessageStatus.PARKED],
                    changes[EffectStatus.PARKED],
                )
                return not any(failed)
            time.sleep(0.2)
    console.print(f"[bold red]not finished after {WAIT_SECONDS} s[/]: see the logs below")
    return False


def have_done(the_fleet: Fleet) -> None:
    """What people of the role do on the page of a proposal, or by `fleet effects run`."""
    with the_fleet.ledger.transaction() as connection:
        for effect in effects.find(connection, [EffectStatus.PROPOSED]):
            effects.release(connection, effect, the_fleet.clock(), EffectStatus.READY, BY)


def _by_status(counts: Mapping[tuple[Any, ...], int]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, count in counts.items():
        found[key[-1]] += count
    return found


def _counted(found: Counter[Any]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(found.items())) or "none yet"


def _settled(stage: Stage, found: Counter[Any], mails: Counter[Any], changes: Counter[Any]) -> bool:
    tenant = stage.fleet.settings.tenant(TENANT)
    expected = len(catalogue.jobs()) * len(dispatch.known_scopes(stage.fleet, tenant))
    waiting = found[RunStatus.PENDING] + found[RunStatus.RUNNING]
    return (
        found.total() >= expected
        and not waiting
        and mails.total() == sum(mails[status] for status in FINAL_MESSAGES)
        and changes.total() == sum(changes[status] for status in FINAL_EFFECTS)
    )


def _sum_up(stage: Stage, console: Console, seconds: float) -> None:
    summary.show(stage.fleet, TENANT, stage.catcher, stage.addresses["metrics"], console)
    console.print(f"Mails as .eml and .html: [bold]{stage.folder / 'mails'}[/]", highlight=False)
    console.print(f"Logs: {stage.folder / 'logs'}", highlight=False)
    console.print(f"Done in {seconds:.0f} s.", highlight=False)


def _keep(stage: Stage, console: Console) -> None:
    for name, address in stage.addresses.items():
        console.print(f"{name}: [bold]{address}[/]", highlight=False)
    asking = stage.folder / "fleet.env"
    lines = [f"export {name}={shlex.quote(value)}" for name, value in stage.environ.items()]
    asking.write_text("\n".join([*lines, ""]), encoding="utf-8")
    console.print(f"To ask it in another shell: [bold]. {asking}; .venv/bin/fleet status[/]")
    console.print("Everything keeps running. Ctrl-C ends it.")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
