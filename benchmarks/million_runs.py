"""What a ledger of a million runs costs: `python -m benchmarks.million_runs`.

Dispatch, sweep, claim and trimming, on SQLite and on a private PostgreSQL. Exit code 1 when
dispatch or sweep takes 100 ms or more, as the median of its repetitions, or when trimming leaves
what it should not.
"""

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, func, insert, literal, select, true

from benchmarks.scrape_cost import put
from monitoring import logs
from tasks import catalogue
from tests.workers.ledger import postgres_server
from workers import dispatch, trimming
from workers.config import settings
from workers.ledger import runs, schema
from workers.ledger.column_types import Instant
from workers.ledger.database import Connection
from workers.wiring import Fleet

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TENANTS, COMPANIES = 20, 3
LIMIT_MS = 100.0
# What a look must be quick at: it comes every minute for each job.
MUST = ("dispatch, nothing due", "dispatch, all scopes due", "sweep, nothing due", "sweep, 240 due")


@dataclass
class Bench:
    """One ledger under measurement; `now` is its clock."""

    fleet: Fleet
    now: datetime = NOW
    medians: dict[str, float] = field(default_factory=dict)

    def take(
        self, name: str, act: Callable[[], object], prepare: Callable[[], object] = lambda: None
    ) -> None:
        """Repeat it and print milliseconds."""
        spans = []
        for _ in range(15):
            prepare()
            started = time.perf_counter()
            act()
            spans.append(1000 * (time.perf_counter() - started))
        self.medians[name] = statistics.median(spans)
        print(f"  {name:28} median {self.medians[name]:7.1f} ms   worst {max(spans):7.1f} ms")

    def an_hour_on(self) -> None:
        """A slot of every scope comes due."""
        self.now += timedelta(hours=1)


def fill(bench: Bench, total: int) -> None:
    """Hourly runs of every job and scope, all of them finished."""
    places = list(product(catalogue.jobs(), range(TENANTS), range(1, COMPANIES + 1)))
    slots = total // len(places)
    first = NOW.replace(minute=0) - timedelta(hours=slots - 1)
    with bench.fleet.ledger.transaction() as connection:
        scope = {"zone": "UTC", "seen_at": NOW + timedelta(days=30)}
        known = product(range(TENANTS), range(1, COMPANIES + 1))
        put(
            connection,
            schema.scopes,
            ({**scope, "tenant": f"t{t}", "company_id": c, "name": f"{c}"} for t, c in known),
        )
        watches = (
            {"job": job, "tenant": f"t{t}", "company_id": c, "since": first} for job, t, c in places
        )
        put(connection, schema.watches, watches)
        _put_runs(connection, [first + timedelta(hours=number) for number in range(slots)])


def _put_runs(connection: Connection, slots: Sequence[datetime]) -> None:
    """A finished run of every watched place in each slot, made within the database."""
    at_each = Table("bench_slots", MetaData(), Column("at", Instant), prefixes=["TEMPORARY"])
    at_each.create(connection)
    put(connection, at_each, ({"at": at} for at in slots))
    at, place = at_each.c.at, schema.watches.c
    detail = {"rows": 40, "findings": 3, "messages": 0}
    values = {
        **{name: place[name] for name in ("job", "tenant", "company_id")},
        **dict.fromkeys(("slot", "next_attempt_at", "created_at", "started_at", "finished_at"), at),
        "status": literal("succeeded", schema.runs.c.status.type),
        "attempts": literal(1),
        "trace_id": literal("t"),
        "detail": literal(detail, schema.runs.c.detail.type),
    }
    every = select(*values.values()).select_from(at_each.join(schema.watches, true())).order_by(at)
    connection.execute(insert(schema.runs).from_select(list(values), every))


def measure(bench: Bench, total: int) -> bool:
    """Whether all is as it must be."""
    fleet, jobs = bench.fleet, list(catalogue.jobs().values())
    fleet.ledger.upgrade()
    started = time.perf_counter()
    fill(bench, total)
    print(f"  filled with {_count(bench)} runs in {time.perf_counter() - started:.0f} s")
    bench.take("dispatch, nothing due", lambda: dispatch.open_due_slots(fleet, jobs[0]))
    bench.take("sweep, nothing due", lambda: dispatch.publish_due(fleet, lambda run: None))
    bench.take(
        "dispatch, all scopes due",
        lambda: dispatch.open_due_slots(fleet, jobs[0]),
        bench.an_hour_on,
    )

    def open_all() -> None:
        bench.an_hour_on()
        for job in jobs:
            dispatch.open_due_slots(fleet, job)

    bench.take("sweep, 240 due", lambda: dispatch.publish_due(fleet, lambda run: None), open_all)
    bench.take("claim and settle a run", lambda: _claim_one(bench))
    return all(bench.medians[name] < LIMIT_MS for name in MUST) & _trim(bench)


def _claim_one(bench: Bench) -> None:
    with bench.fleet.ledger.transaction() as connection:
        (due,) = runs.to_publish(connection, bench.now, timedelta(0), 1)
        claim = runs.claim(connection, due.id, bench.now, timedelta(minutes=5), 100, 5)
        assert claim is not None
        runs.succeed(connection, claim, bench.now, {})


def _trim(bench: Bench) -> bool:
    """Trim to the retention; whether nothing old is left, and nothing young is gone."""
    before = bench.now - timedelta(days=bench.fleet.settings.environment.retention_days)
    young = _count(bench, schema.runs.c.finished_at >= before)
    old = _count(bench, schema.runs.c.finished_at < before)
    spans, started = [], time.perf_counter()
    while True:
        one = time.perf_counter()
        if not any(trimming.trim(bench.fleet).values()):
            break
        spans.append(1000 * (time.perf_counter() - one))
    seconds = time.perf_counter() - started
    left, kept = (
        _count(bench, schema.runs.c.finished_at < before),
        _count(bench, schema.runs.c.finished_at >= before),
    )
    print(
        f"  trimmed {old - left} of {old} old runs in {seconds:.0f} s, {len(spans)} batches of "
        f"{statistics.median(spans or [0]):.0f} ms, worst {max(spans, default=0):.0f} ms; "
        f"kept {kept} of {young} others"
    )
    return left == 0 and kept == young


def _count(bench: Bench, *where: Any) -> int:
    with bench.fleet.ledger.reading() as connection:
        statement = select(func.count()).select_from(schema.runs).where(*where)
        return int(connection.scalar(statement) or 0)


def bench_of(folder: Path, url: str) -> Bench:
    """A fleet of these tenants on a ledger, with hourly schedules."""
    schedules = "\n".join(f'{job} = "0 * * * *"' for job in catalogue.jobs())
    tables = (
        f'[tenants.t{number}]\nurl = "https://odoo.example"\ndatabase = "d"\nlogin = "l"\n'
        f"[tenants.t{number}.schedules]\n{schedules}\n"
        for number in range(TENANTS)
    )
    (folder / "fleet.toml").write_text("\n".join(tables))
    environ = {"FLEET_CONFIG": str(folder / "fleet.toml"), "FLEET_DATABASE_URL": url}
    environ |= {f"FLEET_T{number}_ODOO_API_KEY": "k" for number in range(TENANTS)}
    environ |= {"FLEET_RETENTION_DAYS": "90"}
    bench = Bench(Fleet(settings.load(environ)))
    bench.fleet.clock = lambda: bench.now
    return bench


def main() -> int:
    """Both databases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["SQLite", "PostgreSQL"])
    asked = parser.parse_args()
    logs.configure(level=logging.WARNING)
    good = True
    with tempfile.TemporaryDirectory() as name, postgres_server.running() as server:
        urls = {"SQLite": f"sqlite:///{name}/fleet.db", "PostgreSQL": server.create("bench")}
        for title, url in urls.items():
            if asked.only not in (None, title):
                continue
            print(title, flush=True)
            bench = bench_of(Path(name), url)
            with closing(bench.fleet.ledger):
                good &= measure(bench, asked.runs)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
