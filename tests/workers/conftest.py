"""A fleet whose Odoo, clock and mail server are in the test's hands."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from monitoring import logs
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import free_port
from workers.wiring import Fleet


@pytest.fixture
def clock() -> Clock:
    """Monday morning, when last week is complete."""
    return Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture
def odoo(clock: Clock) -> Switchable:
    return Switchable(Sandbox(clock().date()))


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    with catching(tmp_path / "mails", free_port()) as found:
        yield found


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port)


@pytest.fixture
def our_logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    root, configured = logging.getLogger(), structlog.get_config()
    before, level = root.handlers[:], root.level
    logs.configure("json")
    root.handlers[:] = before
    yield caplog
    root.setLevel(level)
    structlog.configure(**configured)
