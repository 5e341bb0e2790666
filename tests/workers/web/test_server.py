"""The page's server: refuses to start without its address, and says whether it is well."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers import examination
from workers.web.app import server

from .conftest import Page


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
