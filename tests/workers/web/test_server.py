"""The page's server: refuses to start without its address, and says whether it is well."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from workers.demo.processes import free_port
from workers.watch import examination
from workers.web.app import application, server

from .conftest import SECRET, Page, serving


def test_without_its_address_it_does_not_start(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock)
    assert fleet.links is None
    with pytest.raises(ConfigurationError, match="FLEET_WEB_URL"):
        server(fleet, "127.0.0.1", 8080)


def test_its_health_is_that_of_server_and_ledger_alone(page: Page) -> None:
    found = examination.examine(page.fleet, "web", "deep")
    assert [(check.what, check.passed) for check in found] == [("web", True), ("ledger", True)]


def test_a_server_that_is_not_there_is_not_well(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock, environ={"FLEET_WEB_PORT": "9"})
    (check,) = examination.examine(fleet, "web", "live")
    assert not check.passed


def test_who_asks_too_often_is_told_to_wait_and_others_are_not(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    environ = {
        "FLEET_WEB_URL": "http://page.example",
        "FLEET_LINK_SECRET": SECRET,
        "FLEET_WEB_REQUESTS_PER_MINUTE": "3",
    }
    fleet = fleet_on(tmp_path, clock, odoo, environ=environ)
    port = free_port()
    with serving(fleet, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        by_proxy = [{"X-Forwarded-For": client} for client in ("2001:db8::1", "2001:db8::2")]
        answers = [http.get("/health/live", headers=by_proxy[i % 2]) for i in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].headers["Retry-After"] == "60"
        assert answers[3].headers["X-Frame-Options"] == "DENY"
        other = http.get("/health/live", headers={"X-Forwarded-For": "2001:db8:0:1::1"})
        assert other.status_code == 200


def test_a_form_whose_sender_hangs_up_is_one_line_of_the_log(page: Page) -> None:
    async def hung_up() -> Message:
        return {"type": "http.disconnect"}

    async def nowhere(message: Message) -> None:
        """Nobody hears it."""

    scope = {"type": "http", "method": "POST", "path": "/c/token", "query_string": b""}

    async def ask() -> None:
        await application(page.fleet)({**scope, "headers": []}, hung_up, nowhere)

    with capture_logs() as logged:
        asyncio.run(ask())
    assert [entry["event"] for entry in logged] == ["page.form_not_sent"]
