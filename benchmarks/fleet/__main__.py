"""What the fleet itself costs, beside bare Celery: `python -m benchmarks.fleet`.

Real worker processes, a real Redis and a PostgreSQL that waits for its disk. In each round, in
turns: bare Celery whose task does nothing, bare Celery whose task does one INSERT and one UPDATE,
and the fleet whose jobs do nothing; all with the same settings. Prints a table; `--json FILE`
writes all that was measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from benchmarks.fleet import ends
from benchmarks.fleet.ends import End
from tests.chaos.parts import RedisServer, TooLate, wait_until
from tests.workers.ledger import postgres_server
from workers.demo.processes import answers, free_port, running
from workers.ledger import schema
from workers.ledger.database import connect

TENANTS, PATIENCE = 20, 300.0
TENANT = """\
[tenants.t{number}]
url = "http://127.0.0.1:9"
database = "none"
login = "fleet"
timezone = "UTC"
concurrency = 100
companies = [1]
recipients.finance = ["finance@example.com"]
"""
WAYS = ("nothing", "two_rows", "fleet")
TITLES = {
    "nothing": "bare Celery, nothing",
    "two_rows": "bare Celery, INSERT and UPDATE",
    "fleet": "the fleet, no-op runs",
}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Pace:
    """How fast tasks were done."""

    per_second: float
    #: From publication to the end, one at a time.
    p50_ms: float
    #: Processor time of worker, Redis and PostgreSQL together, for one task.
    cpu_ms: float


@dataclass
class Bench:
    """The servers that all share."""

    folder: Path
    redis: RedisServer
    url: str
    postgres: int
    asked: argparse.Namespace

    def environ(self, **more: str) -> dict[str, str]:
        """What every process is told."""
        return {
            "FLEET_CONFIG": str(self.folder / "fleet.toml"),
            **{f"FLEET_T{n}_ODOO_API_KEY": "key" for n in range(TENANTS)},
            "FLEET_BROKER_URL": f"redis://127.0.0.1:{self.redis.port}/0",
            "FLEET_DATABASE_URL": self.url,
            "FLEET_HEARTBEAT_FOLDER": str(self.folder),
            **({"FLEET_TASK_EVENTS": "true"} if self.asked.events else {}),
            "BENCH_EVENTS": "1" if self.asked.events else "0",
            "BENCH_ENDS": str(self.ends),
            **more,
        }

    @property
    def ends(self) -> Path:
        """Where tasks are noted as they end."""
        return self.folder / "ends"

    def ended(self, way: str) -> Sequence[End]:
        """Those of the tasks that count, in the order in which they ended."""
        name = "jobs." if way == "fleet" else way
        found = (end for end in ends.read(self.ends) if end.task.startswith(name))
        return sorted(found, key=lambda end: end.at)

    def fresh(self) -> None:
        """Nothing has been done yet."""
        self.redis.client.flushall()
        self.ends.unlink(missing_ok=True)
        postgres_server.empty(self.url, [*schema.metadata.tables, "bare"])

    def publish(self, way: str, count: int, every: float = 0.0, **more: str) -> None:
        """Publish so many, in a process of its own."""
        code = f"from benchmarks.fleet import bare; bare.publish({way!r}, {count}, {every})"
        command = [sys.executable, "-c", code]
        if way == "fleet":
            arguments = ["publish", str(count), str(every)]
            command = [sys.executable, "-m", "benchmarks.fleet.process", *arguments]
        environ = {**os.environ, **self.environ(**more)}
        subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def worker(self, way: str, processes: int = 2, **more: str) -> Iterator[int]:
        """A worker for the length of the block; its process id."""
        options = [f"--concurrency={processes}"]
        if way == "fleet":
            command = fleet("worker", *options)
        else:
            options += ["-Q", "batch", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
            module = ["-m", "celery", "-A", "benchmarks.fleet.bare"]
            command = [sys.executable, *module, "worker", *options]
        with running("worker", command, self.environ(**more), self.folder) as started:
            yield started.process.pid

    def pace(self, way: str) -> Pace:
        """All at once for the throughput, then one at a time for the time that each takes."""
        count, warm = self.asked.runs, self.asked.runs // 5
        self.fresh()
        self.publish(way, count)
        with self.worker(way) as pid:
            self._wait(way, warm)
            before, first = self._cpu(pid), len(self.ended(way))
            self._wait(way, count)
            cpu = self._cpu(pid) - before
            found = self.ended(way)
            per_second = (count - warm) / (found[-1].at - found[warm - 1].at)
            self.publish(way, self.asked.paced, 0.1)
            self._wait(way, count + self.asked.paced)
            alone = self.ended(way)[count + 5 :]
        if way == "fleet":
            self._all_succeeded(count + self.asked.paced)
        spans = [1000 * (end.at - end.published) for end in alone]
        return Pace(per_second, statistics.median(spans), 1000 * cpu / (count - first))

    def _all_succeeded(self, count: int) -> None:
        with psycopg.connect(self.url) as connection:
            counted = "SELECT count(*) FROM runs WHERE status = 'succeeded'"
            (succeeded,) = connection.execute(counted).fetchone() or (0,)
        if succeeded < count:
            raise TooLate(f"of {count} runs only {succeeded} succeeded")

    def slots(self, processes: int) -> float:
        """Runs per second of jobs that wait half a second for Odoo, and nothing else."""
        self.fresh()
        count = 24 * processes
        self.publish("fleet", count)
        with self.worker("fleet", processes, BENCH_ODOO_SECONDS="0.5"):
            self._wait("fleet", count)
        self._all_succeeded(count)
        found = self.ended("fleet")
        warm = 4 * processes
        # The last ones have free slots beside them.
        last = count - processes
        return (last - warm) / (found[last - 1].at - found[warm - 1].at)

    def statements(self) -> Mapping[str, float]:
        """Statements, transactions and rows of counters for each run, all that follows included."""
        few, many = (self._counted(number) for number in (20, 120))
        return {name: (many[name] - few[name]) / 100 for name in few}

    def _counted(self, count: int) -> Mapping[str, float]:
        self.fresh()
        self.publish("fleet", count)
        before = self._database()
        with self.worker("fleet", 1, BENCH_COUNT="1"):
            self._wait("fleet", count)
            time.sleep(1)
        after = self._database()
        sent = max(end.statements for end in ends.read(self.ends))
        return {"statements": sent, **{name: after[name] - before[name] for name in after}}

    def _database(self) -> Mapping[str, float]:
        time.sleep(0.5)
        asked = (
            "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),"
            " (SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'counters')"
        )
        with psycopg.connect(self.url) as connection:
            (commits, rows) = connection.execute(asked).fetchone() or (0, 0)
        return {"transactions": float(commits), "counter rows": float(rows)}

    def idle(self) -> float:
        """Percent of a core that worker, beat and exporter take with nothing to do, scraped."""
        self.fresh()
        port = free_port()
        parts = {
            "worker": ("worker",),
            "beat": ("beat",),
            "exporter": ("exporter", "--port", str(port)),
        }
        with ExitStack() as stack:
            pids = [
                stack.enter_context(running(name, fleet(*order), self.environ(), self.folder))
                for name, order in parts.items()
            ]
            wait_until(lambda: answers(port), PATIENCE, "the exporter")
            time.sleep(15)
            before = sum(_cpu_of(each.process.pid) for each in pids)
            for _ in range(self.asked.idle // 15):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read()
                time.sleep(15)
            spent = sum(_cpu_of(each.process.pid) for each in pids) - before
        return 100 * spent / (self.asked.idle // 15 * 15)

    def start(self) -> Mapping[str, float]:
        """Seconds until each has done what it was started for; the median of some times."""
        self.fresh()
        self.publish("fleet", 1)
        orders = {
            "python": [sys.executable, "-c", "pass"],
            # As it is installed: no job of ours is needed for it.
            "fleet --help": [str(Path(sys.executable).with_name("fleet")), "--help"],
            "fleet run": fleet("run", "nothing_0", "--tenant", "t0", "--company", "1"),
        }
        found = {name: self._timed(order) for name, order in orders.items()}
        for way in ("fleet", "nothing"):
            found[f"worker, {TITLES[way]}"] = statistics.median(
                self._to_first_task(way) for _ in range(3)
            )
        return found

    def _timed(self, order: Sequence[str]) -> float:
        spans = []
        for _ in range(7):
            started = time.perf_counter()
            environ = {**os.environ, **self.environ()}
            subprocess.run(order, env=environ, check=True, capture_output=True)
            spans.append(time.perf_counter() - started)
        return statistics.median(spans)

    def _to_first_task(self, way: str) -> float:
        self.fresh()
        self.publish(way, 1)
        started = time.time()
        with self.worker(way):
            self._wait(way, 1)
        return self.ended(way)[0].at - started

    def _wait(self, way: str, count: int) -> None:
        wait_until(lambda: len(self.ended(way)) >= count, PATIENCE, f"{count} of {way}", 0.02)

    def _cpu(self, worker: int) -> float:
        assert self.redis.process is not None
        return sum(map(_cpu_of, (worker, self.redis.process.pid, self.postgres)))


def fleet(*arguments: str) -> list[str]:
    """The command of a fleet whose jobs do nothing."""
    return [sys.executable, "-m", "benchmarks.fleet.process", "fleet", *arguments]


def _cpu_of(pid: int) -> float:
    """Seconds of processor time of a process and all its children, also those that ended."""
    found = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if path.parent.name == str(pid) or fields[1] == str(pid):
            spent = sum(map(int, fields[11:13]))
            ended = sum(map(int, fields[13:15])) if path.parent.name == str(pid) else 0
            found += (spent + ended) / TICKS
    return found


@contextmanager
def serving(asked: argparse.Namespace) -> Iterator[Bench]:
    """Redis and PostgreSQL, with an empty ledger."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-bench-")))
        tables = (TENANT.format(number=number) for number in range(TENANTS))
        (folder / "fleet.toml").write_text("\n".join(tables), encoding="utf-8")
        redis = RedisServer(free_port(), folder)
        stack.callback(redis.kill)
        redis.start()
        server = stack.enter_context(postgres_server.running(postgres_server.DURABLE))
        url = server.create("bench")
        with closing(connect(url)) as ledger:
            ledger.upgrade()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE bare (id serial PRIMARY KEY, number int, status text)")
        yield Bench(folder, redis, url, server.pid, asked)


def _rounds(bench: Bench, found: dict[str, object]) -> None:
    paces: dict[str, list[Pace]] = {way: [] for way in WAYS}
    for number in range(bench.asked.rounds):
        # Each is the first by turns.
        for way in (*WAYS[number % 3 :], *WAYS[: number % 3]):
            paces[way].append(bench.pace(way))
            told = paces[way][-1]
            print(
                f"  {TITLES[way]:32} {told.per_second:7.1f}/s  p50 {told.p50_ms:6.1f} ms"
                f"  cpu {told.cpu_ms:5.2f} ms",
                flush=True,
            )
    for way, each in paces.items():
        print(
            f"{TITLES[way]:34} {_median(each, lambda p: p.per_second):7.1f}/s"
            f"  p50 {_median(each, lambda p: p.p50_ms):6.1f} ms"
            f"  cpu {_median(each, lambda p: p.cpu_ms):5.2f} ms"
        )
    ratio = statistics.median(
        ours.per_second / theirs.per_second
        for ours, theirs in zip(paces["fleet"], paces["two_rows"], strict=True)
    )
    print(f"the fleet does {ratio:.2f} times as many as Celery with INSERT and UPDATE")
    found["pace"] = {way: [asdict(each) for each in of_it] for way, of_it in paces.items()}
    found["ratio"] = ratio


def _median(paces: Sequence[Pace], of: Callable[[Pace], float]) -> float:
    return statistics.median(map(of, paces))


def _statements(bench: Bench, found: dict[str, object]) -> None:
    counted = bench.statements()
    print("each run:", ", ".join(f"{value:.1f} {name}" for name, value in counted.items()))
    found["statements"] = counted


def _slots(bench: Bench, found: dict[str, object]) -> None:
    rates = {processes: bench.slots(processes) for processes in (1, 4, 16)}
    for processes, rate in rates.items():
        share = rate / rates[1] / processes
        print(f"{processes:3} slots, Odoo takes 0.5 s: {rate:5.1f} runs/s, {share:.2f} of linear")
    found["slots"] = rates


def _idle(bench: Bench, found: dict[str, object]) -> None:
    found["idle"] = percent = bench.idle()
    print(f"idle worker, beat and exporter: {percent:.2f} % of a core")


def _start(bench: Bench, found: dict[str, object]) -> None:
    found["start"] = spans = bench.start()
    for name, seconds in spans.items():
        print(f"{name:34} {seconds:6.2f} s")


PARTS: dict[str, Callable[[Bench, dict[str, object]], None]] = {
    "rounds": _rounds,
    "statements": _statements,
    "slots": _slots,
    "idle": _idle,
    "start": _start,
}


def main() -> None:
    """Measure what was asked for, everything by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[*PARTS], help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=800, help="in each round and way")
    parser.add_argument("--paced", type=int, default=60, help="one at a time, for the p50")
    parser.add_argument("--idle", type=int, default=45, help="seconds")
    parser.add_argument("--events", action="store_true", help="with Celery's task events")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found: dict[str, object] = {}
    with serving(asked) as bench:
        for part in asked.parts:
            PARTS[part](bench, found)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
