"""A fleet under a real Prometheus, Alertmanager and Flower, and a load with known counts."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from celery import Celery

from tasks import catalogue
from tests.monitoring import prometheus_server
from tests.monitoring.prometheus_server import Prometheus, Sink, sink
from tests.monitoring.running_fleet import RunningFleet, running_fleet, wait_until
from workers import dispatch
from workers.broker.celery_settings import make_app
from workers.broker.queues import PUBLISHED_AT
from workers.demo import processes
from workers.demo.processes import fleet as fleet_command
from workers.demo.stage import TENANT
from workers.ledger import runs
from workers.ledger.places import Place
from workers.wiring import utc_now

JOB, FAILING, SENDING = "wip_aging", "invoice_readiness", "utilization_variance"
QUEUED, QUEUE = "timesheet_reminders", 6
LEASE_SECONDS = 12
PASSWORD = "s3cret"


@dataclass
class Watched:
    """The fleet, who watches it, and how to put runs before its one worker."""

    fleet: RunningFleet
    prometheus: Prometheus
    sink: Sink
    celery: Celery
    made: int = 0
    # Messages waiting, as each stood after one more was sent; and after all were taken.
    depths: list[float] = field(default_factory=list)
    killed: int = 0

    def open(self, job: str, company_id: int = 1) -> int:
        """A run of a slot that nobody had."""
        now = self.fleet.fleet.clock()
        self.made += 1
        slot = now - timedelta(seconds=40 + self.made)
        with self.fleet.fleet.ledger.transaction() as connection:
            run_id = runs.open_slot(
                connection, Place(job, TENANT, company_id), slot, now, uuid4().hex
            )
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


@contextmanager
def watched_fleet(folder: Path) -> Iterator[Watched]:
    """All of it but beat, before any load."""
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
            here.started[name].wait_until(lambda n=name: processes.answers(ports[n]), 120)  # type: ignore[misc]
        prometheus = Prometheus.on(ports["prometheus"])
        wait_until(prometheus.ready, what="Prometheus")
        wait_until(lambda: len(prometheus.series("fleet_runs_total")) > 0, what="a first scrape")
        yield Watched(here, prometheus, told, make_app(here.fleet))


def start_worker(here: RunningFleet, queues: str = "batch,events,delivery") -> None:
    worker = here.start("worker", fleet_command("worker", "--concurrency", "1", "--queues", queues))
    worker.wait_until(lambda: "ready." in worker.tail(200), 120)


def load(watched: Watched) -> None:
    """The scripted load: each count below is asserted by a test."""
    assert watched.fleet.command("doctor").returncode == 0
    queue_up(watched)
    watched.run(JOB, company_id=1, times=4)
    watched.run(JOB, company_id=2, times=2)
    watched.run(FAILING)
    for job in catalogue.jobs().keys() - {JOB, FAILING, SENDING, QUEUED}:
        watched.run(job)
    watched.run(SENDING)
    wait_until(
        lambda: watched.fleet.total("fleet_deliveries_total", job=SENDING, outcome="parked") >= 1,
        what="a mail refused",
    )
    watched.run(FAILING, company_id=99, times=3)
    repeat(watched)
    lose_a_child(watched)
    fail_without_odoo(watched)


def queue_up(watched: Watched) -> None:
    """Six messages of one run while nobody takes any; then a worker takes them all."""
    worker = watched.fleet.started["worker"].process
    worker.terminate()
    worker.wait(120)
    run_id = watched.open(QUEUED)
    for _ in range(QUEUE):
        watched.send(QUEUED, run_id)
        watched.depths.append(watched.fleet.total("fleet_queue_backlog", queue="batch"))
    start_worker(watched.fleet)
    wait_until(
        lambda: (
            watched.fleet.total("fleet_run_claims_total", job=QUEUED, result="settled") == QUEUE - 1
        ),
        seconds=180,
        what="the end of the queue",
    )
    watched.depths.append(watched.fleet.total("fleet_queue_backlog", queue="batch"))


def repeat(watched: Watched) -> None:
    """Two messages for a run that is done."""
    run_id = watched.open(JOB)
    watched.publish()
    wait_until(lambda: succeeded(watched) == 7, what="the seventh success")
    watched.send(JOB, run_id)
    watched.send(JOB, run_id)
    wait_until(
        lambda: watched.fleet.total("fleet_run_claims_total", job=JOB, result="settled") == 2,
        what="two messages put away",
    )


def lose_a_child(watched: Watched) -> None:
    """Kill the child that executes a run while Odoo keeps it waiting."""
    odoo = watched.fleet.started["odoo"].process
    os.kill(odoo.pid, signal.SIGSTOP)
    watched.open(JOB)
    watched.publish()
    wait_until(
        lambda: watched.fleet.total("fleet_runs_in_flight", job=JOB) == 1, what="a run in flight"
    )
    watched.killed = watched.fleet.kill_children("worker")
    os.kill(odoo.pid, signal.SIGCONT)
    wait_until(lambda: watched.publish() == 1, what="the end of the lease")
    wait_until(lambda: succeeded(watched) == 8, what="the eighth success")


def fail_without_odoo(watched: Watched) -> None:
    """One run finds Odoo away; the next one is put off without asking."""
    os.kill(watched.fleet.started["odoo"].process.pid, signal.SIGKILL)
    watched.run(FAILING)
    watched.open(FAILING)
    watched.publish()
    wait_until(
        lambda: watched.fleet.total("fleet_run_claims_total", job=FAILING, result="away") >= 1,
        what="a run put off",
    )


def succeeded(watched: Watched) -> float:
    return watched.fleet.total("fleet_runs_total", job=JOB, outcome="succeeded")
