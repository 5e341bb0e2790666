"""Fleets that commands are typed on, where a test asks for one."""

from pathlib import Path

import pytest

from monitoring import logs
from tests.fakes.clock import Clock
from tests.fakes.command import RAN
from tests.fakes.fleets import Switchable, fleet_on, run_once
from workers import wiring
from workers.commands import opening
from workers.wiring import Fleet


@pytest.fixture
def at_hand(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    return fleet


@pytest.fixture
def ran(tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet whose two jobs have run once in company 1."""
    found = fleet_on(tmp_path, clock, odoo)
    for job in RAN:
        run_once(found, job, 1)
    monkeypatch.setattr(opening, "fleet", lambda level=0: found)
    return found
