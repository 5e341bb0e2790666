"""One event from a real web process to a real worker: posted, kept, looked at."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.fakes.hooks import SECRET, signed, told
from workers.config import settings
from workers.demo import processes, stage
from workers.demo.processes import fleet as fleet_command
from workers.demo.processes import free_port, running
from workers.ledger import inbox, lookup
from workers.ledger.lookup import Wanted, WantedEvents
from workers.ledger.runs import Run
from workers.ledger.statuses import Origin, RunStatus
from workers.wiring import Fleet

JOB = "pending_approvals"
SOURCES = f"""
[tenants.{stage.TENANT}.sources]
n8n.kind = "signed_webhook"
"""


@dataclass
class Firm:
    """Redis, the sandbox, a worker, beat and the page, all real."""

    fleet: Fleet
    web: str

    def post(self, record_id: int, identity: str) -> int:
        body = told(record_id=record_id)
        headers = signed(body, self.fleet.clock(), identity)
        path = f"{self.web}/in/{stage.TENANT}/n8n"
        return httpx.post(path, content=body, headers=headers, timeout=60).status_code

    def made(self) -> list[Run]:
        with self.fleet.ledger.reading() as connection:
            found = lookup.find_runs(connection, Wanted(job=JOB, limit=None))
        return [run for run in found if run.origin is Origin.EVENT]

    def wait_until(self, what: Callable[[], bool], seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "not reached in time"
            time.sleep(0.1)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    ports = {name: free_port() for name in ("redis", "odoo", "smtp", "metrics", "flower", "web")}
    environ = {
        **stage.environment(tmp_path, ports),
        "FLEET_WEB_URL": f"http://127.0.0.1:{ports['web']}",
        "FLEET_LINK_SECRET": "s" * 40,
        "FLEET_EVENTS_SECONDS": "1",
        f"FLEET_{stage.TENANT.upper()}_IN_N8N_SECRET": SECRET,
    }
    with (tmp_path / "fleet.toml").open("a", encoding="utf-8") as file:
        file.write(SOURCES)
    with ExitStack() as stack:

        def start(name: str, command: object) -> processes.Started:
            return stack.enter_context(running(name, command, environ, tmp_path))  # type: ignore[arg-type]

        redis = start("redis", processes.redis_command(ports["redis"], tmp_path)[1])
        odoo = start("odoo", stage.sandbox_command(ports["odoo"]))
        redis.wait_until(lambda: processes.answers(ports["redis"]), 60)
        odoo.wait_until(lambda: processes.answers(ports["odoo"]), 60)
        the_fleet = Fleet(settings.load(environ))
        stage.make_due(the_fleet)
        start("worker", fleet_command("worker", "--concurrency", "2"))
        start("beat", fleet_command("beat"))
        web = start("web", fleet_command("web", "--port", str(ports["web"])))
        web.wait_until(lambda: processes.answers(ports["web"]), 120)
        yield Firm(the_fleet, environ["FLEET_WEB_URL"])


def test_a_posted_event_is_looked_at_by_a_run_of_its_own_and_slots_go_on(firm: Firm) -> None:
    assert firm.post(1, "msg_1") == 202
    firm.wait_until(lambda: any(run.status is RunStatus.SUCCEEDED for run in firm.made()))
    with firm.fleet.ledger.reading() as connection:
        (received,) = lookup.find_events(connection, WantedEvents())
        looking = inbox.runs_of(connection, [received.id])
    assert {*looking[received.id]} == {run.id for run in firm.made()}

    def is_a_slot_done() -> bool:
        with firm.fleet.ledger.reading() as connection:
            found = lookup.find_runs(connection, Wanted(job=JOB, limit=None), RunStatus.SUCCEEDED)
        return any(run.origin is Origin.SLOT for run in found)

    firm.wait_until(is_a_slot_done)
