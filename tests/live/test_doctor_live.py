"""`fleet doctor` on Odoo's own demo data: an administrator lacks nothing, and it says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .fleet_command import Fleet
from .odoo_server import OdooServer

pytestmark = pytest.mark.live


@pytest.fixture
def fleet(odoo_server: OdooServer, demo_db: str, tmp_path: Path) -> Fleet:
    return Fleet(tmp_path, odoo_server.url, demo_db, "admin", "admin")


def test_all_is_well_in_odoo_for_an_administrator(fleet: Fleet) -> None:
    """Some hours of the demo were invoiced on a project that their task has left since."""
    told = fleet.command("doctor", "--json")
    checks = json.loads(told.out)["checks"]
    print("\n".join(f"{check['state']}: {check['what']}: {check['detail']}" for check in checks))
    ours = {"ledger", "broker", "mail server"}
    assert {check["what"] for check in checks if check["state"] == "failed"} <= ours
    (hours,) = (check for check in checks if "timesheets by task" in check["what"])
    assert hours["state"] == "ok"


def test_it_leaves_nothing_behind_and_prints_no_log(fleet: Fleet) -> None:
    told = fleet.command("doctor")
    assert told.err == ""
    assert list(fleet.folder.iterdir()) == []
