"""What the demo has to show, whatever the day it is played on."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tasks import catalogue
from tasks.domain.periods import AsOf
from tests.fakes.clock import Clock
from workers import runner
from workers.config import settings
from workers.delivery import dispatcher
from workers.demo import stage, summary
from workers.demo.catcher import catching
from workers.demo.processes import free_port
from workers.effects import executor
from workers.ledger import runs
from workers.ledger.places import Place
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

# The demo with one part alone, which says its process id.
ONE_PART = """
import signal, sys
from pathlib import Path
from types import SimpleNamespace
from rich.console import Console
from workers.demo import processes, stage

def set_the_stage(stack, console, folder, keep):
    part = processes.running("part", ["sleep", "60"], {}, folder / "logs")
    print(stack.enter_context(part).process.pid, flush=True)
    return SimpleNamespace(addresses={}, folder=folder, environ={})

for name in sys.argv[2:]:
    signal.signal(signal.Signals[name], signal.SIG_IGN)
stage._set = set_the_stage
stage._wait = lambda *given: True
stage._sum_up = lambda *given: None
sys.exit(stage.play(Console(stderr=True), keep=True, output=Path(sys.argv[1])))
"""
JOB = catalogue.jobs()["timesheet_reminders"]
BRUSSELS = ZoneInfo("Europe/Brussels")
PORTS = {"odoo": 1, "redis": 2, "smtp": 3, "metrics": 4}


@pytest.mark.parametrize("day", range(7))
def test_somebody_is_written_to_at_the_first_run(day: int, tmp_path: Path) -> None:
    tenant = settings.load(stage.environment(tmp_path, PORTS)).tenant(stage.TENANT)
    midnight = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day)
    session = Session(Sandbox(midnight.date()))
    for now in (midnight, midnight + timedelta(hours=22)):
        told = []
        for company_id in (1, 2):
            policy, moment = tenant.policy(JOB, company_id, now.date()), AsOf(now, BRUSSELS, now)
            report = JOB.run(Reader(session, company_id), moment, policy)
            told.append({step.name for finding in report.findings for step in finding.steps or ()})
        assert told == [{"late"}, {"manager"}]


@pytest.mark.parametrize("day", range(7))
def test_a_handoff_is_mailed_and_a_project_made(day: int, tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, 11, tzinfo=UTC) + timedelta(days=day)
    clock, smtp, odoo = Clock(now), free_port(), Sandbox(now.date(), installed=True)
    ports = {**PORTS, "smtp": smtp}
    fleet = Fleet(
        settings.load(stage.environment(tmp_path, ports)),
        connect_odoo=lambda tenant: odoo,
        clock=clock,
    )
    stage.make_due(fleet)
    with catching(tmp_path / "mails", smtp) as catcher:
        run(fleet, "handoff_gate", "project_setup")
        clock.forward(minutes=6)
        dispatcher.deliver(fleet)
        stage.have_done(fleet)
        while executor.execute_next(fleet):
            pass
    bodies = [mail.get_body(("plain",)) for mail in catcher.mails]
    said = [body.get_content() for body in bodies if body]
    assert any("S00902 Kanzlei Brandt, missing: statement of work" in each for each in said)
    told = io.StringIO()
    Console(file=told, width=300).print(summary.sales(fleet, stage.TENANT))
    (made,) = (line for line in told.getvalue().splitlines() if "was proposed and made" in line)
    assert "S00904 Reederei Fehmarn" in made
    assert "Quentin Marchal leads it from" in made
    assert "160 hours; 2 milestones; 3 tasks; 5 to-dos" in made
    # Whatever is looked at then, the new project can be.
    clock.forward(minutes=10)
    run(fleet, *catalogue.jobs())
    fleet.ledger.close()


def run(fleet: Fleet, *jobs: str) -> None:
    """Each job in both companies, for the slot that is now."""
    for job, company_id in product(jobs, (1, 2)):
        now = fleet.clock()
        with fleet.ledger.transaction() as connection:
            opened = runs.open_slot(connection, Place(job, stage.TENANT, company_id), now, now, job)
        assert opened is not None
        runner.execute(fleet, opened)
    with fleet.ledger.reading() as connection:
        statuses = {status for *_, status in runs.by_status(connection)}
    assert statuses == {RunStatus.SUCCEEDED}


@contextmanager
def played(folder: Path, *ignored: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The demo in a process of its own, which ignores these signals, and its part's process id."""
    command = [sys.executable, "-c", ONE_PART, str(folder / "demo"), *ignored]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as demo:
        assert demo.stdout is not None
        yield demo, int(demo.stdout.readline())


@pytest.mark.parametrize("ignored", [(), ("SIGINT",)])
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_that_the_demo_started(
    signum: signal.Signals, ignored: tuple[str, ...], tmp_path: Path
) -> None:
    with played(tmp_path, *ignored) as (demo, part):
        demo.send_signal(signum)
        demo.wait(20)
    with pytest.raises(ProcessLookupError):
        os.kill(part, 0)


def test_a_demo_under_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    with played(tmp_path, "SIGHUP") as (demo, part):
        demo.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            demo.wait(0.5)
        os.kill(part, 0)
        demo.terminate()
        demo.wait(20)
