"""What a scrape costs in seconds, bytes and series: `python -m benchmarks.scrape_cost`.

Fills a ledger, on SQLite and on a private PostgreSQL, with the history of many tenants and jobs,
and scrapes the exporter over HTTP.
"""

import argparse
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import insert

from monitoring import exporter, metrics
from tasks import catalogue
from tests.workers.ledger import postgres_server
from workers.config import settings
from workers.ledger import counters, schema
from workers.ledger.database import Connection
from workers.watch import scrape as backlog
from workers.wiring import Fleet

MODELS, METHODS = 25, ("search_read", "fields_get", "formatted_read_group")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def fill(connection: Connection, tenants: list[str], jobs: list[str], slots: int) -> None:
    """A history: `slots` runs for each job and tenant, with what hangs on them."""
    places = list(product(jobs, tenants))
    scope = {"zone": "UTC", "seen_at": NOW, "company_id": 1}
    put(connection, schema.scopes, ({**scope, "tenant": t, "name": t} for t in tenants))
    since = NOW - timedelta(days=400)
    watch = {"company_id": 1, "since": since}
    put(connection, schema.watches, ({**watch, "job": j, "tenant": t} for j, t in places))
    put(connection, schema.runs, runs_of(places, slots))
    put(connection, schema.cases, cases_of(places))
    put(connection, schema.messages, messages_of(places))
    put(connection, schema.measures, measures_of(len(places) * slots))
    counters.add(connection, counted(places, tenants))


def put(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, 5_000)):
        connection.execute(insert(table), batch)


def runs_of(places: list[tuple[str, str]], slots: int) -> Iterator[dict[str, Any]]:
    for number, ((job, tenant), slot) in enumerate(product(places, range(slots)), 1):
        at = NOW - timedelta(days=slots - slot)
        dead = number % 200 == 0
        yield {
            "id": number,
            "job": job,
            "tenant": tenant,
            "company_id": 1,
            "slot": at,
            "status": "dead" if dead else "succeeded",
            "error_class": "OdooRejected" if dead else None,
            "attempts": 1,
            "next_attempt_at": at,
            "created_at": at,
            "started_at": at,
            "finished_at": at,
            "trace_id": "t",
        }


def cases_of(places: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for (job, tenant), number in product(places, range(20)):
        day = (NOW - timedelta(days=number * 7)).date()
        yield {
            "job": job,
            "tenant": tenant,
            "company_id": 1,
            "key": str(number),
            "state": "open",
            "finding": {},
            "severity": ("info", "warning", "critical")[number % 3],
            "opened_run_id": 1,
            "opened_on": day,
            "spoken_on": day,
            "last_seen_at": NOW,
        }


def messages_of(places: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for (job, tenant), number in product(places, range(50)):
        yield {
            "job": job,
            "tenant": tenant,
            "company_id": 1,
            "subject": str(number),
            "period": "p",
            "recipient": "r",
            "step": "s",
            "channel": "email",
            "guarantee": "at_most_once",
            "payload": {},
            "finding_keys": [],
            "message_id": "m",
            "status": "parked" if number == 0 else "sent",
            "attempts": 1,
            "next_attempt_at": NOW,
            "created_at": NOW,
            "trace_id": "t",
        }


def measures_of(runs: int) -> Iterator[dict[str, Any]]:
    for run_id, bucket in product(range(1, runs + 1), ("0-30", "31-60", "61-90", "91+")):
        labels = {"bucket": bucket, "currency": "EUR"}
        yield {"run_id": run_id, "name": "wip_amount", "labels": labels, "value": 1.0, "at": NOW}


def counted(places: list[tuple[str, str]], tenants: list[str]) -> list[metrics.Increment]:
    found: list[metrics.Increment] = []
    for job, tenant in places:
        for outcome in ("succeeded", "retried", "dead"):
            found += metrics.run_finished(job, tenant, outcome, 3.0, "OdooRejected")
        found += metrics.run_claimed(job, tenant, "claimed", 12.0, 0.3)
        found += metrics.run_claimed(job, tenant, "limited")
        found.append(metrics.run_published(job, tenant))
        found += metrics.delivered("email", job, "sent", 2.0)
    for tenant, model, method in product(tenants, range(MODELS), METHODS):
        found += metrics.odoo_called(tenant, f"model.{model}", method, "ok", 0.1, 5)
    return found


def fleet_of(folder: Path, url: str, tenants: list[str]) -> Fleet:
    tables = (
        f'[tenants.{name}]\nurl = "https://odoo.example"\ndatabase = "d"\nlogin = "l"\n'
        for name in tenants
    )
    (folder / "fleet.toml").write_text("\n".join(tables))
    environ = {"FLEET_CONFIG": str(folder / "fleet.toml"), "FLEET_DATABASE_URL": url}
    environ |= {f"FLEET_{name.upper()}_ODOO_API_KEY": "k" for name in tenants}
    environ |= {"FLEET_BROKER_URL": "redis://127.0.0.1:9/0"}
    return Fleet(settings.load(environ), clock=lambda: NOW)


def measure(name: str, fleet: Fleet, tenants: list[str], jobs: list[str], slots: int) -> None:
    """Fill, scrape, print."""
    fleet.ledger.upgrade()
    with fleet.ledger.transaction() as connection:
        fill(connection, tenants, jobs, slots)
    server = exporter.server(backlog.collector(fleet), "127.0.0.1", 0)
    Thread(target=server.run, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}/metrics"
    seconds, text = [], b""
    for _ in range(6):
        started = time.perf_counter()
        text = urllib.request.urlopen(url, timeout=600).read()
        seconds.append(time.perf_counter() - started)
    server.should_exit = True
    series = sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))
    print(
        f"{name:10}  first {seconds[0]:6.2f} s  then {statistics.median(seconds[1:]):6.2f} s  "
        f"{len(text) / 1e6:6.2f} MB  {series} series"
    )


def main() -> None:
    """Both databases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--slots", type=int, default=90, help="runs of each job and tenant")
    asked = parser.parse_args()
    tenants = [f"tenant{number}" for number in range(asked.tenants)]
    model = next(iter(catalogue.jobs().values()))
    made = {f"job_{n}": replace(model, name=f"job_{n}") for n in range(asked.jobs)}
    catalogue.jobs = lambda: made  # type: ignore[assignment]
    jobs = list(made)
    print(f"{asked.tenants} tenants, {asked.jobs} jobs, {asked.slots} runs of each")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sqlite = fleet_of(folder, f"sqlite:///{folder / 'fleet.db'}", tenants)
        measure("SQLite", sqlite, tenants, jobs, asked.slots)
        with postgres_server.running() as server:
            postgres = fleet_of(folder, server.create("bench"), tenants)
            measure("PostgreSQL", postgres, tenants, jobs, asked.slots)
            postgres.ledger.close()


if __name__ == "__main__":
    main()
