"""What each job costs on a large firm, beside what a firm would use instead: `make bench-odoo`.

The firm is made once a day and kept: 240 people and 264 orders made by Odoo itself, copied by SQL,
each line of hours parted into equal ones, so that there are some 2,000 people, 2,000 orders and
a million lines. Each job is a process of its own, a dry run of both companies: seconds from before
login to the finished document, of the processor too, calls, bytes received, peak memory; after one
process that learns what Odoo has, and keeps it for the others in the ledger. Beside it
the same question in plain SQL, in Odoo through its ORM, in a good RPC script (one process each),
and in a loop of one record after the other (a sample, extended to all). Everything runs once
unmeasured, then in turns; medians are printed, and all times with --json. --sandbox runs the jobs
on the made-up firm, which needs no Odoo: it fails on an error, and where a document is another with
pages of another size.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.odoo import inside, script
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from tests.live import firm_database
from tests.live.inside_odoo import run_inside
from tests.live.odoo_server import DEMO, LOGIN, PASSWORD, OdooServer, start

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = 25
NOW = datetime.now(UTC)
# Rows of a page, with which a document must be what it is with the usual one; of the made-up firm
# fewer, for it has forty people.
PAGE, SMALL_PAGE = 97, 7
HOURS_SQL = """
    SELECT employee_id, timesheet_invoice_type, sum(unit_amount) FROM account_analytic_line
    WHERE project_id IS NOT NULL AND employee_id IS NOT NULL AND date BETWEEN %s AND %s
    GROUP BY 1, 2
"""
UNBILLED_SQL = """
    SELECT l.id, l.untaxed_amount_to_invoice,
           sum(a.unit_amount) FILTER (WHERE a.date > %s::date - 30),
           sum(a.unit_amount) FILTER (WHERE a.date <= %s::date - 30), min(a.date)
    FROM sale_order_line l LEFT JOIN account_analytic_line a
      ON a.so_line = l.id AND a.timesheet_invoice_id IS NULL
    WHERE l.state = 'sale' GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Case:
    """A job as it is measured, and the question that others answer in its place."""

    name: str
    job: str
    question: str | None = None
    #: What the policy of the tenant says besides.
    policy: str = ""

    def document(self, folder: Path) -> Path:
        """The file that its newest document is kept in."""
        return folder / f"{self.name.replace(',', '').replace(' ', '-')}.json"


CASES = (
    Case("reminders, nine weeks", "timesheet_reminders", "hours"),
    Case(
        "reminders, one week",
        "timesheet_reminders",
        "hours",
        "[tenants.default.policies.timesheet_reminders]\nlook_back_weeks = 1\n",
    ),
    Case("wip_aging", "wip_aging", "unbilled"),
    Case("utilization_variance", "utilization_variance", "hours"),
    Case("invoice_readiness", "invoice_readiness"),
    Case("pending_approvals", "pending_approvals"),
)


@dataclass
class Cost:
    """What one way of asking costs: medians are taken of all times that it ran."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    calls: int | None = None
    megabytes: float | None = None
    peak_mib: float | None = None

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where a document is another with another size of page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.odoo", description=__doc__)
    parser.add_argument("--small", action="store_true", help="the firm as Odoo made it")
    parser.add_argument("--rounds", type=int, default=3, help="measured runs of each")
    parser.add_argument("--only", nargs="*", default=[], help="words of the cases to run")
    parser.add_argument("--alone", action="store_true", help="the jobs alone, without the others")
    parser.add_argument("--json", type=Path, help="a file for all that was measured")
    parser.add_argument("--documents", type=Path, help="a folder to keep each job's document in")
    parser.add_argument("--growth", action="store_true", help="at 200, 2,000 and 20,000 people")
    parser.add_argument("--database", help="a firm that is there, which nobody changes")
    parser.add_argument("--sandbox", action="store_true", help="the made-up firm, and no Odoo")
    asked = parser.parse_args(arguments)
    chosen = [c for c in CASES if all(word in c.name for word in asked.only)]
    folder = asked.documents or Path(os.environ.get("TMPDIR", "/tmp")) / "fleet-documents"
    folder.mkdir(parents=True, exist_ok=True)
    if asked.sandbox:
        site = Site(Sandbox(NOW.date()), DEMO, {LOGIN: PASSWORD})
        with serving(site) as url:
            return _measured(url, DEMO, chosen, asked, folder)
    server = start()
    if asked.growth:
        return _growth(server, chosen, folder)
    name = asked.database or _firm(server, asked.small)
    print(f"firm: {_size(server, name)}")
    return _measured(server.url, name, chosen, asked, folder, server)


def _measured(
    url: str,
    name: str,
    chosen: Sequence[Case],
    asked: argparse.Namespace,
    folder: Path,
    server: OdooServer | None = None,
) -> int:
    """All that was asked for; others than the fleet need the server itself."""
    found: dict[str, Mapping[str, Cost]] = {}
    for case in chosen:
        others = _others(server, name, case) if server and not asked.alone else {}
        found[case.name] = _compared(url, name, case, asked.rounds, folder, others)
    _tell(found)
    if asked.json:
        told = {
            case: {way: asdict(cost) for way, cost in ways.items()} for case, ways in found.items()
        }
        asked.json.write_text(json.dumps(told, indent=1))
    differing = [case.name for case in chosen if not _same_by_page(url, name, case, folder)]
    for each in differing:
        print(f"{each}: another document with another size of page")
    return 1 if differing else 0


def _firm(server: OdooServer, is_small: bool) -> str:
    small = firm_database.of_today(server)
    return small if is_small else firm_database.large(server, small)


def _growth(server: OdooServer, chosen: Sequence[Case], folder: Path) -> int:
    """Each job once at each size, after a run that is not measured."""
    small = firm_database.of_today(server)
    head = f"{'':24}{'people':>8}{'s':>9}{'cpu s':>8}{'calls':>7}{'MB':>8}{'MiB':>6}{'longest':>9}"
    print(head)
    for people in firm_database.SIZES:
        name = firm_database.of_people(server, small, people)
        for case in chosen:
            _fleet(server.url, name, case, case.document(folder), learns=True)
            seen = _fleet(server.url, name, case, case.document(folder))
            print(
                f"{case.name:24}{people:8,}{seen['seconds']:9.2f}{seen['cpu']:8.2f}"
                f"{seen['calls']:7}{seen['megabytes']:8.1f}{seen['peak_mib']:6.0f}"
                f"{seen['longest']:9.2f}",
                flush=True,
            )
    return 0


Way = Callable[[], Mapping[str, Any]]


def _others(server: OdooServer, database: str, case: Case) -> Mapping[str, Way]:
    """What answers the same question in the fleet's place."""
    if not case.question:
        return {}
    first, last = _span(case)
    return {
        "RPC script": lambda: _script(server, database, case, first, last),
        "ORM in Odoo": lambda: _orm(server, database, case, first, last),
        "SQL": lambda: _sql(server, database, case, first, last),
        "loop": lambda: _loop(server, database, case, first, last),
    }


def _compared(
    url: str, database: str, case: Case, rounds: int, folder: Path, others: Mapping[str, Way]
) -> Mapping[str, Cost]:
    cold = _fleet(url, database, case, case.document(folder), learns=True)
    print(f"{case.name}: {cold['calls']} calls of the process that learnt what Odoo has")
    ways = {"fleet": lambda: _fleet(url, database, case, case.document(folder)), **others}
    costs = {way: Cost() for way in ways}
    for number in range(rounds + 1):
        for way, run in ways.items():
            if way in ("ORM in Odoo", "loop") and number > 1:
                continue
            # The one that learnt was the fleet's first run.
            if number == 0 and way == "fleet":
                continue
            seen = run()
            if number == 0 and way not in ("ORM in Odoo", "loop"):
                continue
            cost = costs[way]
            cost.seconds.append(seen["seconds"])
            cost.cpu.append(seen.get("cpu", 0.0))
            cost.calls, cost.megabytes = seen.get("calls"), seen.get("megabytes")
            cost.peak_mib = seen.get("peak_mib")
    return costs


def _span(case: Case) -> tuple[date, date]:
    today = date.today()
    if case.job == "utilization_variance":
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    monday = today - timedelta(days=today.weekday() + 7)
    return (monday, monday + timedelta(days=6)) if case.question == "hours" else (monday, today)


def _fleet(
    url: str,
    database: str,
    case: Case,
    file: Path,
    page: int | None = None,
    *,
    learns: bool = False,
) -> Mapping[str, Any]:
    """A dry run. learns: what it learns of Odoo is kept for those that come later, as runs do."""
    config = file.with_suffix(".toml")
    config.write_text(
        f'[tenants.default]\nurl = "{url}"\ndatabase = "{database}"\nlogin = "{LOGIN}"\n'
        f"{case.policy}",
        encoding="utf-8",
    )
    environ = {
        **os.environ,
        "FLEET_CONFIG": str(config),
        # All judge the same moment, so that their documents may be compared.
        "BENCH_NOW": NOW.isoformat(),
        "FLEET_DEFAULT_ODOO_API_KEY": PASSWORD,
        "FLEET_DATABASE_URL": f"sqlite:///{file.with_suffix('.db')}",
        **({"BENCH_PAGE": str(page)} if page else {}),
        **({"BENCH_LEARNS": "1"} if learns else {}),
    }
    if learns:
        file.with_suffix(".db").unlink(missing_ok=True)
    return _process([case.job, str(file)], environ)


def _process(inner: Sequence[str], environ: Mapping[str, str]) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "benchmarks.odoo.inner", *inner]
    ended = subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"{' '.join(inner)} failed:\n{ended.stderr}")
    seen: Mapping[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return seen


def _script(
    server: OdooServer, database: str, case: Case, first: date, last: date
) -> Mapping[str, Any]:
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"fleet-bench-{os.getpid()}.json"
    at = [server.url, database, LOGIN, PASSWORD]
    file.write_text(json.dumps({"at": at, "first": str(first), "last": str(last)}))
    try:
        return _process([str(case.question), str(file)], os.environ)
    finally:
        file.unlink()


def _orm(
    server: OdooServer, database: str, case: Case, first: date, last: date
) -> Mapping[str, Any]:
    told: Mapping[str, Any] = run_inside(
        server,
        database,
        inside.answer,
        question=case.question,
        first=str(first),
        last=str(last),
    )
    return told


def _sql(
    server: OdooServer, database: str, case: Case, first: date, last: date
) -> Mapping[str, Any]:
    with psycopg.connect(server.pg_dsn(database)) as connection:
        started = time.perf_counter()
        if case.question == "hours":
            connection.execute(HOURS_SQL, (first, last)).fetchall()
        else:
            connection.execute(UNBILLED_SQL, (last, last)).fetchall()
        return {"seconds": time.perf_counter() - started}


def _loop(
    server: OdooServer, database: str, case: Case, first: date, last: date
) -> Mapping[str, Any]:
    rpc = script.Rpc(server.url, database, LOGIN, PASSWORD)
    started = time.perf_counter()
    asked, there_are = script.loop(rpc, str(case.question), first, last, SAMPLE)
    return {"seconds": (time.perf_counter() - started) * there_are / asked}


def _same_by_page(url: str, database: str, case: Case, folder: Path) -> bool:
    whole = case.document(folder)
    paged = whole.with_stem(f"{whole.stem}-paged")
    _fleet(url, database, case, paged, page=SMALL_PAGE if database == DEMO else PAGE)
    return _digest(whole) == _digest(paged)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _size(server: OdooServer, database: str) -> str:
    counts = {
        "active people": "SELECT count(*) FROM hr_employee WHERE active",
        "confirmed orders": "SELECT count(*) FROM sale_order WHERE state = 'sale'",
        "lines of hours": "SELECT count(*) FROM account_analytic_line WHERE project_id > 0",
    }
    with psycopg.connect(server.pg_dsn(database)) as connection:
        found = {name: connection.execute(query).fetchone() for name, query in counts.items()}
    return ", ".join(f"{row[0]:,} {name}" for name, row in found.items() if row)


def _tell(found: Mapping[str, Mapping[str, Cost]]) -> None:
    head = f"{'':24}{'way':14}{'s':>9}{'cpu s':>8}{'calls':>7}{'MB':>7}{'MiB':>6}{'fleet is':>10}"
    print(head)
    for case, ways in found.items():
        for way, cost in ways.items():
            ratio = "" if way == "fleet" else f"{ways['fleet'].median / cost.median:.2f} x"
            cpu = statistics.median(cost.cpu) if any(cost.cpu) else None
            cells = [
                f"{cost.median:9.2f}",
                f"{cpu:8.2f}" if cpu is not None else " " * 8,
                f"{cost.calls or '':>7}",
                f"{cost.megabytes:7.1f}" if cost.megabytes is not None else " " * 7,
                f"{cost.peak_mib:6.0f}" if cost.peak_mib is not None else " " * 6,
                f"{ratio:>10}",
            ]
            print(f"{case if way == 'fleet' else '':24}{way:14}{''.join(cells)}")


if __name__ == "__main__":
    sys.exit(main())
