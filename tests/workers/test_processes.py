"""The fleet as real processes on a real Redis: beats, workers, mails."""

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from monitoring import metrics
from tasks import catalogue
from workers.broker.celery_settings import make_app
from workers.config import settings
from workers.demo import processes, stage
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import fleet as fleet_command
from workers.demo.processes import free_port, running
from workers.ledger import counters, outbox, runs
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.wiring import Fleet

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Firm:
    """Redis, sandbox, mail catcher, one worker and two beats, all real."""

    fleet: Fleet
    catcher: Catcher
    celery: Celery
    redis: Any

    def claims(self, result: str) -> float:
        """Messages of runs that were taken up so far, with this result."""
        with self.fleet.ledger.reading() as connection:
            found = counters.all(connection)
        claims = (each for each in found if each.name == metrics.CLAIMS.name)
        return sum(each.value for each in claims if each.labels["result"] == result)

    def wait_until(self, what: Callable[[], bool], seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "not reached in time"
            time.sleep(0.1)

    def statuses(self) -> tuple[Counter[RunStatus], Counter[MessageStatus]]:
        with self.fleet.ledger.reading() as connection:
            found = Counter(run.status for run in runs.latest(connection, 1000))
            mails = Counter(message.status for message in outbox.find(connection, 1000))
        return found, mails

    def settled(self) -> bool:
        found, mails = self.statuses()
        return found.total() == found[RunStatus.SUCCEEDED] >= 2 * len(catalogue.jobs()) and (
            mails.total() == mails[MessageStatus.SENT] > 0
        )


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    ports = {name: free_port() for name in ("redis", "odoo", "smtp", "metrics", "flower")}
    environ = stage.environment(tmp_path, ports)
    with ExitStack() as stack:

        def start(name: str, command: object) -> processes.Started:
            return stack.enter_context(running(name, command, environ, tmp_path))  # type: ignore[arg-type]

        redis = start("redis", processes.redis_command(ports["redis"], tmp_path)[1])
        odoo = start("odoo", stage.sandbox_command(ports["odoo"]))
        redis.wait_until(lambda: processes.answers(ports["redis"]), 20)
        odoo.wait_until(lambda: processes.answers(ports["odoo"]), 20)
        catcher = stack.enter_context(catching(tmp_path / "mails", ports["smtp"]))
        found = settings.load(environ)
        the_fleet = Fleet(found)
        stage.make_due(the_fleet)
        start("worker", fleet_command("worker", "--concurrency", "2"))
        for name in ("beat-1", "beat-2"):
            start(name, fleet_command("beat"))
        yield Firm(the_fleet, catcher, make_app(the_fleet), Redis(port=ports["redis"]))


def test_two_beats_and_a_slot_run_twice_give_one_mail_per_person_and_period(firm: Firm) -> None:
    firm.wait_until(firm.settled)
    told = Counter((str(mail["To"]), str(mail["Subject"])) for mail in firm.catcher.mails)
    assert set(told.values()) == {1}
    with firm.fleet.ledger.reading() as connection:
        done = runs.latest(connection, 1000)
    assert len({(run.job, run.company_id, run.slot) for run in done}) == len(done)

    before = len(firm.catcher.mails)
    # As whoever has seen our messages in Redis may: each is pushed again as it stands, signed.
    for run in done:
        firm.celery.send_task(f"jobs.{run.job}", (run.id,), queue="shelf")
    seen = firm.redis.lrange("fleet:shelf", 0, -1)
    assert len(seen) == len(done)
    firm.redis.lpush("fleet:batch", *seen * 3)
    firm.wait_until(lambda: firm.claims("settled") >= 3 * len(done))
    with firm.fleet.ledger.reading() as connection:
        assert [runs.get(connection, run.id) for run in done] == list(done)
    ticks = time.monotonic() + 6
    firm.wait_until(lambda: time.monotonic() > ticks)
    assert len(firm.catcher.mails) == before


def test_the_demo_ends_by_itself_with_its_summary(tmp_path: Path) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    ended = subprocess.run(
        [*fleet_command("demo"), "--output", str(tmp_path / "demo")],
        cwd=tmp_path,
        env={**environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for expected in (
        "What each job found",
        "Mails sent:",
        "fleet_queue_backlog{queue=batch}",
        "fleet_exceptions_total",
        "Mails as .eml and .html",
    ):
        assert expected in ended.stdout
    mails = tmp_path / "demo" / "mails"
    assert len(list(mails.glob("*.eml"))) == len(list(mails.glob("*.html"))) > 5
    assert processes_that_name(tmp_path) == []


def processes_that_name(folder: Path) -> list[str]:
    """Command lines and environments of running processes that hold the folder's name."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(folder).encode() in told:
                found.append((process / "cmdline").read_bytes().decode(errors="replace"))
    return found


def test_the_timetable_prints_itself() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "beat_schedule"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "timesheet_reminders" in printed.stdout


def test_what_cannot_be_printed_is_one_line_and_no_verdict(tmp_path: Path) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            fleet_command("--help"),
            cwd=tmp_path,
            env=environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    told = "error what this prints cannot be written: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (2, told)


@pytest.mark.parametrize("streams", [">/dev/full", "2>/dev/full", ">/dev/full 2>&1"])
@pytest.mark.parametrize("words", ["nosuchverb", "nosuchverb --json"])
def test_what_is_refused_ends_with_its_code_also_where_nothing_can_be_written(
    tmp_path: Path, words: str, streams: str
) -> None:
    assert _ended(tmp_path, words, streams) == 2


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(("words", "code"), [("runs --json", 0), ("runs --job gone --json", 2)])
def test_a_command_that_was_started_without_a_stream_goes_on_without_it(
    tmp_path: Path, words: str, code: int, streams: str
) -> None:
    environ = stage.environment(tmp_path, dict.fromkeys(("redis", "odoo", "smtp", "metrics"), 9))
    Fleet(settings.load(environ)).ledger.upgrade()
    assert _ended(tmp_path, words, streams, **environ) == code


def _ended(folder: Path, words: str, streams: str, **settings: str) -> int:
    """The exit code of a command whose streams a shell redirects."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLEET_")}
    line = f"{shlex.join(fleet_command())} {words} {streams}"
    shell = ["sh", "-c", line]
    return subprocess.run(shell, cwd=folder, env={**environ, **settings}, check=False).returncode
