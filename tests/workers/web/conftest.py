"""The page under its real server on a free loopback port, after a run on the sandbox."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from workers import dispatch, runner
from workers.demo.processes import free_port
from workers.ledger import cases, outbox, runs
from workers.ledger.places import Place
from workers.links import Links
from workers.mail import writing
from workers.mail.render import Rendered
from workers.web.app import server
from workers.wiring import Fleet

READINESS, REMINDERS = "invoice_readiness", "timesheet_reminders"
APPROVALS = "pending_approvals"
FINANCE = "finance@nordwind.example"
SECRET = "s" * 40
POLICY = f"""{FILE}opt_out_jobs = ["{REMINDERS}"]
policies.utilization_variance.target_percent = 80
policies.presales_review.wait_for_morning = false
policies.presales_review.reviews = [
  {{ stage = 3, items = [{{ item = "contact", field = "email_from" }}] }},
]
recipients.delivery = ["delivery@nordwind.example"]
"""
HERE = Place(READINESS, "firm", 1)


@dataclass
class Page:
    """A served page: its fleet, and a browser's worth of HTTP."""

    fleet: Fleet
    clock: Clock
    http: httpx.Client

    @property
    def links(self) -> Links:
        assert self.fleet.links is not None
        return self.fleet.links

    def link(self, key: str, person: str = FINANCE) -> str:
        return self.links.case(person, HERE, key, self.clock().date())

    def form(self, url: str) -> str:
        """The signature of the forms that a link shows."""
        found = re.search(r'name="form" value="([^"]+)"', self.http.get(url).text)
        assert found is not None
        return found.group(1)

    def send(self, url: str, act: str, form: str | None = None, **fields: str) -> httpx.Response:
        sent = {"form": self.form(url) if form is None else form, "act": act, **fields}
        return self.http.post(url, data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    def run(self, job: str = READINESS) -> None:
        """One run of a job, a minute later than the one before."""
        self.clock.forward(minutes=1)
        dispatch.known_scopes(self.fleet, self.fleet.settings.tenant("firm"))
        now = self.clock()
        with self.fleet.ledger.transaction() as connection:
            run_id = runs.open_slot(connection, Place(job, "firm", 1), now, now, "trace-1")
        assert run_id is not None
        runner.execute(self.fleet, run_id)

    def open_keys(self, job: str = READINESS) -> list[str]:
        with self.fleet.ledger.reading() as connection:
            return [c.finding.key for c in cases.open_cases(connection, Place(job, "firm", 1))]

    def newest_mail(self, job: str = READINESS) -> Rendered:
        with self.fleet.ledger.reading() as connection:
            return writing.rendered(self.fleet, outbox.find(connection, 1, job=job))

    def a_key(self, start: str = "ready") -> str:
        return next(key for key in self.open_keys() if key.startswith(start))

    def in_days(self, days: int) -> str:
        return str(self.clock().date() + timedelta(days=days))


@contextmanager
def serving(fleet: Fleet, port: int) -> Iterator[None]:
    """The page's own server, in a thread, until the block ends."""
    running = server(fleet, "127.0.0.1", port)
    thread = Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not running.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    try:
        yield
    finally:
        running.should_exit = True
        thread.join(30)


@pytest.fixture
def page(tmp_path: Path, clock: Clock, odoo: Switchable) -> Iterator[Page]:
    port = free_port()
    web_url = f"http://127.0.0.1:{port}"
    environ = {
        "FLEET_WEB_URL": web_url,
        "FLEET_WEB_PORT": str(port),
        "FLEET_LINK_SECRET": SECRET,
        "FLEET_WEB_REQUESTS_PER_MINUTE": "100000",
    }
    fleet = fleet_on(tmp_path, clock, odoo, file=POLICY, environ=environ)
    with serving(fleet, port), httpx.Client(base_url=web_url, timeout=30) as http:
        found = Page(fleet, clock, http)
        found.run()
        yield found
    fleet.ledger.close()
