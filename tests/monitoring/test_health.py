"""Health: a heart that was heard lately, and things that can be reached."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitoring import health
from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers import notes as watching
from workers.commands import flower_login
from workers.watch import examination

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "passed"), [(0, True), (59, True), (60, False)])
def test_a_heart_may_be_silent_for_less_than_a_minute(seconds: int, passed: bool) -> None:
    check = health.heartbeat("beat", NOW - timedelta(seconds=seconds), NOW)
    assert check.passed is passed
    assert f"{seconds} s ago" in check.detail


def test_a_heart_that_never_beat_is_not_well() -> None:
    assert not health.heartbeat("beat", None, NOW).passed


def test_each_level_includes_the_one_before() -> None:
    assert health.levels_up_to("live") == ("live",)
    assert health.levels_up_to("deep") == ("live", "ready", "deep")


def test_liveness_asks_nothing_but_this_machine(tmp_path: Path) -> None:
    clock = Clock(NOW)
    fleet = fleet_on(
        tmp_path,
        clock,
        environ={
            "FLEET_HEARTBEAT_FOLDER": str(tmp_path),
            "FLEET_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/gone",
        },
        upgraded=False,
    )
    (check,) = examination.examine(fleet, "worker", "live")
    assert not check.passed
    watching.beat(fleet, "worker", check.what.removeprefix("worker "), {})
    (check,) = examination.examine(fleet, "worker", "live")
    assert check.passed, check.detail
    clock.forward(minutes=1)
    (check,) = examination.examine(fleet, "worker", "live")
    assert not check.passed
    assert "60 s ago" in check.detail


def test_readiness_names_what_cannot_be_reached(tmp_path: Path) -> None:
    fleet = fleet_on(tmp_path, Clock(NOW), environ={"FLEET_BROKER_URL": "redis://127.0.0.1:9/0"})
    found = {check.what: check.passed for check in examination.examine(fleet, "beat", "deep")}
    assert found["ledger"] is True
    assert found["broker"] is False
    assert found["mail server"] is False
    assert found["Odoo of firm"] is True


def test_a_tenant_that_a_worker_lacks_is_named(tmp_path: Path) -> None:
    clock = Clock(NOW)
    folder = {"FLEET_HEARTBEAT_FOLDER": str(tmp_path)}
    fleet = fleet_on(tmp_path, clock, environ=folder)
    node = f"fleet@{socket.gethostname()}"

    def of_tenants() -> list[tuple[str, bool]]:
        checks = examination.examine(fleet, "worker", "deep")
        return [(c.what, c.passed) for c in checks if c.what.startswith("tenant ")]

    assert of_tenants() == []
    for tenants, passed in ((["other"], False), (["firm", "other"], True)):
        detail = {"queues": ["batch"], "processes": 1, "tenants": tenants}
        watching.beat(fleet, "worker", node, detail)
        assert of_tenants() == [(f"tenant firm of {node}", passed)]


@pytest.mark.parametrize(("process", "level"), [("cook", "live"), ("beat", "alive")])
def test_what_there_is_not_is_said(tmp_path: Path, process: str, level: str) -> None:
    with pytest.raises(ConfigurationError):
        examination.examine(fleet_on(tmp_path, Clock(NOW)), process, level)


def test_flower_refuses_to_start_without_a_password() -> None:
    with pytest.raises(ConfigurationError, match="FLEET_FLOWER_PASSWORD"):
        flower_login.require(None, None)
