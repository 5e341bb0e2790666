"""From a user's change in Odoo to the end of the run that looked: `python -m benchmarks.events`.

On a real Odoo 19 and a real fleet (Redis, PostgreSQL, workers, beat, page), each source alone:
`latency` changes one record after the other on an idle fleet and prints median and p95 per source;
`burst` changes 1,000 records as fast as Odoo takes them, and prints how many runs that makes and
how late scheduled slots begin, beside a span of the same fleet before the burst: beat opens slots
every minute, so that two fleets differ by when their beats began.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
from sqlalchemy import select

from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tests.fakes.hooks import PATH_SECRET, signed, told
from tests.live.odoo_server import LOGIN, PASSWORD, OdooServer, start
from tests.live.whole_fleet import (
    EMPLOYEE,
    EVENT,
    SOURCES,
    WholeFleet,
    add_webhook,
    install,
    looked_at,
    settle,
    whole_fleet,
)
from tests.workers.ledger import postgres_server
from workers.ledger.schema import inbox, runs
from workers.ledger.statuses import Origin

EVERY_NIGHT = "0 3 * * *"
MINUTELY = "* * * * *"
JOB = "timesheet_reminders"
# Slots enough to tell of.
MINUTELY_JOBS = (JOB, "pending_approvals", "utilization_variance")
SESSIONS = 4
# A fresh database is slow at first.
PATIENCE = 300
MOST_LATE = 1.2


@dataclass(frozen=True)
class Bench:
    """What all rounds share."""

    odoo: OdooServer
    database: str
    ledgers: postgres_server.PostgresServer
    folder: Path
    employees: Sequence[int]

    def session(self) -> Session:
        """A user's own."""
        return Session(
            OdooRpc(
                Address(self.odoo.url, self.database, LOGIN, PASSWORD, timeout_seconds=PATIENCE)
            )
        )

    @contextmanager
    def playing(
        self, name: str, sources: Sequence[str], schedules: Mapping[str, str]
    ) -> Iterator[WholeFleet]:
        """A fleet with a ledger of its own."""
        folder = self.folder / name
        folder.mkdir()
        ledger = self.ledgers.create(name)
        odoo = (self.odoo, self.database, LOGIN, PASSWORD)
        with whole_fleet(*odoo, folder, ledger, sources, schedules) as found:
            settle(found, 70 if "feed" in sources else 10)
            yield found


@contextmanager
def opened(employees: int) -> Iterator[Bench]:
    """A clone of a real Odoo with so many employees more, and our rules."""
    odoo = start()
    database = odoo.clone("events")
    with ExitStack() as stack:
        stack.callback(odoo.drop, database)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-events-")))
        ledgers = stack.enter_context(postgres_server.running())
        admin = Session(
            OdooRpc(Address(odoo.url, database, LOGIN, PASSWORD, timeout_seconds=PATIENCE))
        )
        install(admin, LOGIN)
        made = admin.call(EMPLOYEE, "create", [{"name": f"Eve {n}"} for n in range(employees)])
        yield Bench(odoo, database, ledgers, folder, made)


def change(session: Session, employee: int) -> datetime:
    """One change by a user; when it was sent, so that Odoo's own time counts too."""
    sent = datetime.now(UTC)
    # Of a value that stands there already no rule of Odoo tells.
    session.call(EMPLOYEE, "write", [employee], {"work_email": f"{uuid4().hex}@x.example"})
    return sent


def latency(bench: Bench, source: str, events: int, pause: float) -> Sequence[float]:
    """Seconds from each change to the end of the first run that looked at it."""
    user, chance, changed = bench.session(), Random(source), dict[int, datetime]()
    with bench.playing(f"latency_{source}", [source], {JOB: EVERY_NIGHT}) as playing:
        rule = _webhook(bench, playing) if source == "odoo_webhook" else 0
        for number, employee in enumerate(bench.employees[:events]):
            time.sleep(chance.uniform(0.5, 1.5) * pause)
            changed[employee] = change(user, employee)
            if source == "signed_webhook":
                _post(playing, employee, f"{employee}-{number}")
        try:
            ended = _wait_forlooked_at(playing, changed)
        finally:
            if rule:
                user.call("base.automation", "unlink", [rule])
    return [(ended[each] - at).total_seconds() for each, at in changed.items() if each in ended]


def _webhook(bench: Bench, playing: WholeFleet) -> int:
    url = f"{playing.web}/in/firm/odoo/{PATH_SECRET}"
    rule = add_webhook(bench.session(), url, EMPLOYEE, "work_email")
    # Every process of Odoo learns its rules anew.
    for _ in range(8):
        bench.session().call(EMPLOYEE, "search_count", [])
    return rule


def _post(playing: WholeFleet, employee: int, identity: str) -> None:
    """As middleware that hears of the change when it is changed."""
    body = told(EMPLOYEE, employee, EVENT)
    headers = signed(body, datetime.now(UTC), identity)
    answer = httpx.post(f"{playing.web}/in/firm/n8n", content=body, headers=headers, timeout=30)
    answer.raise_for_status()


def _wait_forlooked_at(playing: WholeFleet, changed: Mapping[int, datetime]) -> dict[int, datetime]:
    deadline, ended = time.monotonic() + 300, dict[int, datetime]()
    while len(ended) < len(changed) and time.monotonic() < deadline:
        ended = looked_at(playing, changed)
        time.sleep(0.5)
    return ended


@dataclass(frozen=True)
class Span:
    """How late slots began in a span, and what events made in it."""

    late: Sequence[float]
    events: int
    runs: int
    seconds: float = 0.0


def burst(bench: Bench, changes: int, minutes: int) -> tuple[Span, Span]:
    """Slots each minute: a span without a burst, and one of the same fleet that begins with it."""
    schedules = dict.fromkeys(MINUTELY_JOBS, MINUTELY)
    with bench.playing("burst", ["outbox"], schedules) as playing:
        begin = datetime.now(UTC)
        time.sleep(minutes * 60)
        quiet = _span(playing, begin, datetime.now(UTC), 0.0)
        begin = datetime.now(UTC)
        took = _changes(bench, changes)
        time.sleep(max(0.0, minutes * 60 - took))
        return quiet, _span(playing, begin, datetime.now(UTC), took)


def _changes(bench: Bench, changes: int) -> float:
    """By concurrent sessions; seconds that it took."""
    started = time.monotonic()

    def part(first: int) -> None:
        user = bench.session()
        for number in range(first, changes, SESSIONS):
            change(user, bench.employees[number % len(bench.employees)])

    with ThreadPoolExecutor(SESSIONS) as pool:
        list(pool.map(part, range(SESSIONS)))
    return time.monotonic() - started


def _span(playing: WholeFleet, begin: datetime, end: datetime, took: float) -> Span:
    with playing.fleet.ledger.reading() as connection:
        made = connection.execute(select(runs).where(runs.c.created_at.between(begin, end))).all()
        came = inbox.c.received_at.between(begin, end)
        kept = connection.execute(select(inbox.c.id).where(came)).all()
    slots = [run for run in made if run.origin is Origin.SLOT and run.started_at]
    by_event = [run for run in made if run.origin is Origin.EVENT]
    late = [(run.started_at - run.slot).total_seconds() for run in slots]
    return Span(late, len(kept), len(by_event), took)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def main() -> int:
    """The exit code: 1 where a change was not looked at, or slots are too late beside the span."""
    parser = argparse.ArgumentParser(prog="benchmarks.events", description=__doc__)
    parser.add_argument("what", choices=["latency", "burst"])
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two, about")
    parser.add_argument("--sources", nargs="*", default=[name for name in SOURCES if name])
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=5, help="how long each span of burst takes")
    asked = parser.parse_args()
    if asked.what == "latency":
        with opened(asked.events) as bench:
            return max([_latency(bench, source, asked) for source in asked.sources])
    with opened(asked.changes // 2) as bench:
        return _burst(bench, asked)


def _latency(bench: Bench, source: str, asked: argparse.Namespace) -> int:
    found = latency(bench, source, asked.events, asked.pause)
    print(
        f"{source:16} {len(found)} of {asked.events} looked at: median "
        f"{statistics.median(found):.1f} s, p95 {p95(found):.1f} s, longest {max(found):.1f} s",
        flush=True,
    )
    return int(len(found) < asked.events)


def _burst(bench: Bench, asked: argparse.Namespace) -> int:
    quiet, loud = burst(bench, asked.changes, asked.minutes)
    for name, span in {"before": quiet, "with the burst": loud}.items():
        print(
            f"{name:16} {span.events} events in {span.seconds:.0f} s, {span.runs} runs; "
            f"{len(span.late)} slots, p95 {p95(span.late):.2f} s late, median "
            f"{statistics.median(span.late):.2f} s",
            flush=True,
        )
    ratio = p95(loud.late) / p95(quiet.late)
    print(f"p95 {ratio:.2f} of before")
    return int(ratio > MOST_LATE)


if __name__ == "__main__":
    raise SystemExit(main())
