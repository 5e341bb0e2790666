"""What one Odoo that hangs costs the other tenants: `python -m benchmarks.hanging_tenant`.

Real processes (beat, workers, Redis, PostgreSQL, an Odoo behind a proxy) execute 1,000 runs of 20
tenants, in turns with all tenants well and with one whose Odoo answers nothing, also when it is
asked for its companies. Prints the lateness of the other tenants' runs, from slot to first claim.
Exit code 1 when their p95 is more than 1.2 times that without the hanging one.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests.chaos.parts import Nursery, OdooServer, Part, RedisServer, nursery, wait_until
from tests.chaos.proxy import Mode, Proxy, proxying
from tests.workers.ledger import postgres_server
from workers.demo import stage
from workers.demo.processes import free_port
from workers.ledger import runs, schema, scopes
from workers.ledger.database import Ledger, connect
from workers.ledger.places import Place
from workers.ledger.scopes import Scope
from workers.ledger.statuses import RunStatus

TENANTS, SLOTS, JOB = 20, 50, "tally"
HANGING = "t0"
MOST = 1.2
TENANT = """\
[tenants.{name}]
url = "http://127.0.0.1:{port}"
database = "sandbox"
login = "fleet"
timezone = "UTC"
timeout_seconds = {timeout}
companies = [1]
recipients.finance = ["finance@{name}.example"]
[tenants.{name}.schedules]
tally = "{crontab}"
"""
PARTS = {
    "batch": ("worker", "--queues", "batch", "--concurrency", "8", "--name", "batch"),
    "events": ("worker", "--queues", "events", "--concurrency", "1", "--name", "events"),
    "beat": ("beat",),
}


@dataclass
class Bench:
    """What all rounds share."""

    folder: Path
    nursery: Nursery
    redis: RedisServer
    ledger: str
    odoo: int
    proxy: Proxy
    asked: argparse.Namespace

    def play(self, number: int, hangs: bool) -> Sequence[float]:
        """One round; seconds of lateness of every run of the tenants that are well."""
        self.proxy.mode = Mode.STALL if hangs else Mode.PASS
        self.proxy.cut()
        self.redis.folder = self.folder / f"round-{number}"
        self.redis.folder.mkdir()
        self.redis.start()
        begin = datetime.now(UTC) + timedelta(seconds=12)
        self._prepare(begin)
        environ = self._environ(self.redis.folder, begin)
        parts = [self._part(name, environ) for name in PARTS]
        try:
            for part in parts:
                part.start()
            return self._lateness(begin)
        finally:
            for part in parts:
                part.kill()
            self.redis.kill()

    def _prepare(self, begin: datetime) -> None:
        """Nothing has run, and what is known of the companies is old."""
        postgres_server.empty(self.ledger, schema.metadata.tables)
        with closing(connect(self.ledger)) as ledger, ledger.transaction() as connection:
            for tenant in _tenants():
                runs.watch_since(connection, Place(JOB, tenant, 1), begin)
                known = [Scope(tenant, 1, "Company", ZoneInfo("UTC"))]
                scopes.remember(connection, tenant, known, begin - timedelta(hours=2))

    def _environ(self, folder: Path, begin: datetime) -> dict[str, str]:
        every = self.asked.every
        values = {"timeout": self.asked.timeout, "crontab": f"*/{every} * * * * *"}
        tables = (
            TENANT.format(
                name=tenant, port=self.proxy.port if tenant == HANGING else self.odoo, **values
            )
            for tenant in _tenants()
        )
        (folder / "fleet.toml").write_text("\n".join(tables), encoding="utf-8")
        return {
            "FLEET_CONFIG": str(folder / "fleet.toml"),
            **{f"FLEET_{tenant.upper()}_ODOO_API_KEY": stage.KEY for tenant in _tenants()},
            "FLEET_BROKER_URL": f"redis://127.0.0.1:{self.redis.port}/0",
            "FLEET_DATABASE_URL": self.ledger,
            # No part of the time between slots: looks come at every distance, in each round alike.
            "FLEET_TICK_SECONDS": "0.7",
            "FLEET_HEARTBEAT_FOLDER": str(folder),
        }

    def _part(self, name: str, environ: dict[str, str]) -> Part:
        log = self.redis.folder / f"{name}.log"
        order = {
            "jobs": [JOB],
            "arguments": PARTS[name],
            "environ": environ,
            "log": str(log),
            "ready": " ready.",
        }
        return Part(name, self.nursery, order)

    def _lateness(self, begin: datetime) -> Sequence[float]:
        end = begin + timedelta(seconds=self.asked.every * SLOTS)
        mine = (schema.runs.c.slot > begin, schema.runs.c.slot <= end)
        others = select(schema.runs).where(*mine, schema.runs.c.tenant != HANGING)
        with closing(connect(self.ledger)) as ledger:

            def found() -> list[float]:
                with ledger.reading() as connection:
                    rows = connection.execute(others).all()
                return [(r.started_at - r.slot).total_seconds() for r in rows if r.started_at]

            patience = (end - datetime.now(UTC)).total_seconds() + 120
            wait_until(lambda: len(found()) >= SLOTS * (TENANTS - 1), patience, "all runs", 1)
            self._tell_of_the_one(ledger)
            return found()

    def _tell_of_the_one(self, ledger: Ledger) -> None:
        """What became of the tenant that hangs in every other round."""
        with ledger.reading() as connection:
            rows = connection.execute(select(schema.runs).filter_by(tenant=HANGING)).all()
        succeeded = sum(row.status is RunStatus.SUCCEEDED for row in rows)
        attempts = sum(row.attempts for row in rows)
        print(f"  {HANGING}: {len(rows)} runs, {succeeded} succeeded, {attempts} attempts")


def _tenants() -> Sequence[str]:
    return [f"t{number}" for number in range(TENANTS)]


def _p95(spans: Sequence[float]) -> float:
    return statistics.quantiles(spans, n=20)[-1]


def _told(title: str, spans: Sequence[float]) -> None:
    print(
        f"  {title:12} {len(spans)} runs of {TENANTS - 1} tenants: median "
        f"{statistics.median(spans):.2f} s, p95 {_p95(spans):.2f} s, worst {max(spans):.2f} s",
        flush=True,
    )


def main() -> int:
    """Rounds without and with the hanging one in turns, then both compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--every", type=int, default=2, help="seconds between a tenant's slots")
    parser.add_argument("--timeout", type=float, default=10, help="seconds for a call to Odoo")
    asked = parser.parse_args()
    spans: dict[bool, list[float]] = {False: [], True: []}
    print(f"{TENANTS * SLOTS} runs a round, {TENANTS / asked.every:g} a second")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-hanging-")))
        server = stack.enter_context(postgres_server.running())
        odoo = free_port()
        sandbox = OdooServer(odoo)
        sandbox.start()
        stack.callback(sandbox.kill)
        redis = RedisServer(free_port(), folder)
        stack.callback(redis.kill)
        url = server.create("bench")
        with closing(connect(url)) as ledger:
            ledger.upgrade()
        proxy = stack.enter_context(proxying(free_port(), odoo))
        started = stack.enter_context(nursery())
        bench = Bench(folder, started, redis, url, odoo, proxy, asked)
        for number in range(2 * asked.rounds):
            # In turns, and the first of each pair by turns too.
            hangs = number % 4 in (1, 2)
            found = bench.play(number, hangs)
            _told("one hangs" if hangs else "all are well", found)
            spans[hangs] += found
            time.sleep(1)
    ratio = _p95(spans[True]) / _p95(spans[False])
    print(f"p95 with the hanging one is {ratio:.2f} times that without; at most {MOST}")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
