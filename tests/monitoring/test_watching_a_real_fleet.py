"""A real fleet under a real Prometheus: counts are exact, and every expression has data."""

import base64
import json
import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery

from tests.monitoring import prometheus_server
from tests.monitoring.prometheus_server import Expression, Prometheus, Sink, filled, sink
from tests.monitoring.running_fleet import RunningFleet, running_fleet, wait_until
from workers import dispatch
from workers.celery_settings import make_app
from workers.demo import processes
from workers.demo.processes import fleet as fleet_command
from workers.demo.stage import TENANT
from workers.ledger import runs
from workers.queues import PUBLISHED_AT
from workers.wiring import utc_now

PUBLIC = Path(__file__).with_name("public_dashboards.json")
JOB, FAILING, SENDING = "wip_aging", "invoice_readiness", "utilization_variance"
TASK = f"jobs.{JOB}"
LEASE_SECONDS = 12
PASSWORD = "s3cret"

pytestmark = [
    pytest.mark.watch,
    pytest.mark.skipif(
        not shutil.which("prometheus"), reason="needs Prometheus: tests/install-services"
    ),
    pytest.mark.timeout(400),
]


@dataclass
class Watched:
    """The fleet, who watches it, and how to put runs before its one worker."""

    fleet: RunningFleet
    prometheus: Prometheus
    sink: Sink
    celery: Celery
    made: int = 0

    def open(self, job: str, company_id: int = 1) -> int:
        """A run of a slot that nobody had."""
        now = self.fleet.fleet.clock()
        self.made += 1
        slot = now - timedelta(seconds=40 + self.made)
        with self.fleet.fleet.ledger.transaction() as connection:
            run_id = runs.open_slot(connection, job, TENANT, company_id, slot, now, uuid4().hex)
        assert run_id is not None
        return run_id

    def publish(self) -> int:
        """What is due, as beat's tick publishes it."""
        return dispatch.publish_due(self.fleet.fleet, lambda run: self.send(run.job, run.id))

    def send(self, job: str, run_id: int) -> None:
        """One message more, whatever the ledger thinks of it."""
        self.celery.send_task(f"jobs.{job}", (run_id,), queue="batch", headers=stamp())

    def run(self, job: str, company_id: int = 1, times: int = 1) -> None:
        """Runs one after the other, to their end or their first failure."""
        for _ in range(times):
            before = self.fleet.total("fleet_runs_total", job=job)
            self.open(job, company_id)
            assert self.publish() == 1
            wait_until(
                lambda before=before: self.fleet.total("fleet_runs_total", job=job) > before,  # type: ignore[misc]
                what=f"the end of a run of {job}",
            )


def stamp() -> dict[str, float]:
    """What a process of the fleet writes on what it publishes."""
    return {PUBLISHED_AT: utc_now().timestamp()}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    with ExitStack() as stack:
        here = stack.enter_context(
            running_fleet(
                folder,
                FLEET_RUN_LEASE_SECONDS=str(LEASE_SECONDS),
                FLEET_FLOWER_PASSWORD=PASSWORD,
            )
        )
        told = stack.enter_context(sink())
        ports = here.ports
        here.start("alertmanager", prometheus_server.alertmanager_command(folder, ports, told.port))
        state = ("--state", str(folder / "flower-state"))
        here.start("flower", fleet_command("flower", "--port", str(ports["flower"]), *state))
        start_worker(here)
        here.start("prometheus", prometheus_server.prometheus_command(folder, ports))
        for name in ("prometheus", "alertmanager", "flower"):
            here.started[name].wait_until(lambda n=name: processes.answers(ports[n]), 60)  # type: ignore[misc]
        prometheus = Prometheus(ports["prometheus"])
        wait_until(prometheus.ready, what="Prometheus")
        wait_until(lambda: len(prometheus.series("fleet_runs_total")) > 0, what="a first scrape")
        found = Watched(here, prometheus, told, make_app(here.fleet.settings.environment))
        load(found)
        yield found


def start_worker(here: RunningFleet, queues: str = "batch,events,delivery") -> None:
    worker = here.start("worker", fleet_command("worker", "--concurrency", "1", "--queues", queues))
    worker.wait_until(lambda: "ready." in worker.tail(200), 60)


def load(watched: Watched) -> None:
    """The scripted load: each count below is asserted by a test."""
    assert watched.fleet.command("doctor").returncode == 0
    watched.run(JOB, company_id=1, times=4)
    watched.run(JOB, company_id=2, times=2)
    watched.run("timesheet_reminders")
    watched.run(FAILING)
    watched.run(SENDING)
    wait_until(
        lambda: watched.fleet.total("fleet_deliveries_total", outcome="parked") >= 1,
        what="a mail refused",
    )
    watched.run(FAILING, company_id=99, times=3)
    repeat(watched)
    lose_a_child(watched)
    fail_without_odoo(watched)


def repeat(watched: Watched) -> None:
    """Two messages for a run that is done."""
    run_id = watched.open(JOB)
    watched.publish()
    wait_until(lambda: succeeded(watched) == 7, what="the seventh success")
    watched.send(JOB, run_id)
    watched.send(JOB, run_id)
    wait_until(lambda: watched.fleet.total("fleet_run_claims_total", result="settled") == 2)


def lose_a_child(watched: Watched) -> None:
    """Kill the child that executes a run while Odoo keeps it waiting."""
    odoo = watched.fleet.started["odoo"].process
    os.kill(odoo.pid, signal.SIGSTOP)
    watched.open(JOB)
    watched.publish()
    wait_until(lambda: watched.fleet.total("fleet_runs_in_flight", job=JOB) == 1)
    killed = watched.fleet.kill_children("worker")
    os.kill(odoo.pid, signal.SIGCONT)
    assert killed == 1
    wait_until(lambda: watched.publish() == 1, 2 * LEASE_SECONDS, "the end of the lease")
    wait_until(lambda: succeeded(watched) == 8, what="the eighth success")


def fail_without_odoo(watched: Watched) -> None:
    """One run finds Odoo away; the next one opens the circuit and is stopped by it."""
    os.kill(watched.fleet.started["odoo"].process.pid, signal.SIGKILL)
    watched.run(FAILING, times=2)


def succeeded(watched: Watched) -> float:
    return watched.fleet.total("fleet_runs_total", job=JOB, outcome="succeeded")


def expected_counts() -> dict[str, float]:
    """What the scripted load must have left in the counters, by name and labels."""
    return {
        f"fleet_runs_total job={JOB} outcome=succeeded": 8,
        f"fleet_runs_total job={FAILING} outcome=succeeded": 1,
        f"fleet_runs_total job={FAILING} outcome=dead": 3,
        f"fleet_runs_total job={FAILING} outcome=retried": 2,
        f"fleet_runs_dead_total job={FAILING} exception=OdooRejected": 3,
        f"fleet_exceptions_total job={FAILING} exception=OdooRejected": 3,
        f"fleet_exceptions_total job={FAILING} exception=OdooUnavailable": 1,
        f"fleet_exceptions_total job={FAILING} exception=CircuitOpen": 1,
        f"fleet_run_claims_total job={JOB} result=claimed": 9,
        f"fleet_run_claims_total job={JOB} result=settled": 2,
        f"fleet_runs_published_total job={JOB}": 9,
        f"fleet_run_lateness_seconds_count job={JOB}": 8,
        f"fleet_dead_letters job={FAILING} exception=OdooRejected": 3,
        f"celery_task_sent_total name={TASK}": 9,
        f"celery_task_received_total name={TASK}": 11,
        f"celery_task_started_total name={TASK}": 9,
        f"celery_task_succeeded_total name={TASK}": 8,
        f"celery_task_failed_total name=jobs.{FAILING} exception=OdooRejected": 3,
        f"celery_task_retried_total name=jobs.{FAILING}": 2,
        f"celery_task_runtime_count name={TASK}": 8,
        "celery_task_rejected_total": 0,
        "fleet_runs_in_flight": 0,
        "fleet_odoo_hidden_groups": 0,
        f"fleet_deliveries_total job={SENDING} outcome=parked": 1,
        f"fleet_outbox_messages job={SENDING} status=parked": 1,
        f"fleet_exceptions_total job={SENDING} exception=DeliveryRefused": 1,
    }


def actual(watched: Watched, key: str) -> float:
    name, *labels = key.split(" ")
    return watched.fleet.total(name, **dict(label.split("=") for label in labels))


def test_after_kills_retries_and_repetitions_every_count_is_exact(watched: Watched) -> None:
    expected = expected_counts()
    assert {key: actual(watched, key) for key in expected} == expected


def test_a_killed_exporter_comes_back_with_the_same_counts(watched: Watched) -> None:
    before = {key: value for key, value in watched.fleet.scrape().items() if counts(key[0])}
    process = watched.fleet.started["exporter"].process
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    exporter = watched.fleet.start("exporter", fleet_command("exporter"))
    exporter.wait_until(lambda: processes.answers(watched.fleet.ports["metrics"]), 30)
    after = {key: value for key, value in watched.fleet.scrape().items() if counts(key[0])}
    assert len(before) > 100
    assert {key: after[key] for key in before if "odoo" not in key[0]} == {
        key: value for key, value in before.items() if "odoo" not in key[0]
    }


def counts(name: str) -> bool:
    return name.endswith(("_total", "_count", "_sum", "_bucket"))


def evaluated(watched: Watched, expressions: list[Expression]) -> list[tuple[int, Expression]]:
    """Each expression with its number of series, printed."""
    found = [(len(watched.prometheus.series(one.text)), one) for one in expressions]
    for count, one in found:
        print(f"{count:5}  {one.place:60}  {one.text[:120]}")
    return found


def test_every_expression_of_rules_and_dashboards_has_data(watched: Watched) -> None:
    watched.fleet.start("beat", fleet_command("beat"))
    wait_until(
        lambda: watched.fleet.total("fleet_schedule_last_look_timestamp_seconds") > 0,
        what="a look for slots",
    )
    settle = time.monotonic() + 5
    wait_until(lambda: time.monotonic() > settle)
    expressions = [
        *prometheus_server.of_recording_rules(),
        *prometheus_server.of_alerts(),
        *prometheus_server.of_dashboards(),
    ]
    found = evaluated(watched, expressions)
    print(f"{len(found)} expressions")
    assert [one for count, one in found if not count] == []


def test_a_real_alert_reaches_alertmanagers_receivers(watched: Watched) -> None:
    wait_until(
        lambda: (
            {"FleetDeadLetters", "FleetMessagesParked"} <= watched.sink.names("tickets")
            and "FleetWatchdog" in watched.sink.names("heartbeat")
        ),
        seconds=40,
        what="an alert at the receivers",
    )
    assert "FleetWatchdog" not in watched.sink.names("tickets") | watched.sink.names("pages")


def test_flower_shows_the_workers_to_who_logs_in_and_to_nobody_else(watched: Watched) -> None:
    port = watched.fleet.ports["flower"]
    for path in ("/", "/workers", "/tasks", "/api/workers", "/api/tasks"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(f"http://127.0.0.1:{port}{path}")
        assert refused.value.code == 401, path
    with pytest.raises(urllib.error.HTTPError):
        fetch(f"http://127.0.0.1:{port}/", "ops:wrong")
    workers = json.loads(fetch(f"http://127.0.0.1:{port}/api/workers?refresh=1", login()))
    assert any(name.startswith("fleet@") for name in workers)
    assert watched.prometheus.series('up{job="flower"} == 1')


def test_flower_tells_job_tenant_and_slot_of_a_task(watched: Watched) -> None:
    port = watched.fleet.ports["flower"]
    url = f"http://127.0.0.1:{port}/api/tasks?taskname=jobs.{SENDING}"
    run_id = watched.open(SENDING)

    def shown() -> bool:
        tasks = json.loads(fetch(url, login())).values()
        told = f"({run_id}, {TENANT}/1, 20"
        return any(told in str(task["args"]) for task in tasks)

    wait_until(shown, what="the run in Flower")


def login() -> str:
    return f"ops:{PASSWORD}"


def fetch(url: str, login: str = "") -> str:
    request = urllib.request.Request(url)
    if login:
        token = base64.b64encode(login.encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def test_public_dashboards_find_their_metrics(watched: Watched) -> None:
    boards = json.loads(PUBLIC.read_text())
    answered: dict[str, int] = {}
    for name, expressions in boards.items():
        found = evaluated(
            watched, [Expression(f"{name}: {title}", filled(expr)) for title, expr in expressions]
        )
        answered[name] = sum(count > 0 for count, _ in found)
        print(f"{name}: {answered[name]} of {len(expressions)} expressions answered")
    missing = {name: len(boards[name]) - count for name, count in answered.items()}
    # Filtered to more than zero, where nothing was rejected or revoked; and Flower calls retries
    # only what Celery itself repeats, while the fleet's waits stand in the ledger.
    assert missing == {
        "celery-mixin overview (17509)": 0,
        "celery-mixin by task (17508)": 0,
        "celery-exporter, older": 2,
        "Flower's example": 1,
    }


def test_the_history_of_a_measure_can_be_asked_for(watched: Watched) -> None:
    told = watched.fleet.command("kpi", "wip_amount", "--json")
    samples = json.loads(told.stdout)["samples"]
    assert {sample["company_id"] for sample in samples} == {1, 2}
    assert watched.fleet.command("kpi", "no_such_measure").returncode == 2


@pytest.mark.parametrize("process", ["worker", "beat", "exporter"])
def test_health_is_told_by_exit_code(watched: Watched, process: str) -> None:
    wait_until(
        lambda: watched.fleet.command("health", process, "--level", "ready").returncode == 0,
        what=f"the health of {process}",
    )


def test_a_stopped_worker_leaves_a_queue_that_is_measured(watched: Watched) -> None:
    beat, worker = watched.fleet.started["beat"].process, watched.fleet.started["worker"].process
    for process in (beat, worker):
        process.terminate()
        process.wait(60)
    waiting = watched.fleet.total("fleet_queue_backlog", queue="batch")
    for _ in range(7):
        watched.send(JOB, watched.open(JOB))
    assert watched.fleet.total("fleet_queue_backlog", queue="batch") == waiting + 7
    assert watched.fleet.total("celery_queue_length", queue_name="batch") == waiting + 7
    assert 0 < watched.fleet.total("fleet_queue_oldest_seconds", queue="batch") < 60
    assert watched.fleet.total("fleet_queue_unacked") == 0
    assert watched.fleet.total("celery_worker_up") == 0
    assert watched.fleet.total("celery_active_worker_count", queue_name="batch") == 0
    assert watched.fleet.command("health", "worker").returncode == 4


def test_flower_keeps_what_it_saw(watched: Watched) -> None:
    flower = watched.fleet.started["flower"].process
    flower.terminate()
    flower.wait(30)
    kept = [path for path in watched.fleet.folder.glob("flower-state*") if path.stat().st_size]
    assert kept
