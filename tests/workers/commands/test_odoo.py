"""`fleet odoo` says what it would do, and asks for an administrator before it does anything."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError, OdooRejected
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.command import typed, typed_json
from tests.fakes.fleets import FILE, fleet_on, run_once
from tests.fakes.in_odoo import empty
from tests.fakes.recorded_odoo import RecordedOdoo
from workers.commands import opening
from workers.config import administrator
from workers.config.tenants import Tenant
from workers.intake import sources
from workers.watch.installed import WITHOUT_RULES
from workers.wiring import Fleet

OLDER = (16, 17, 18)
FEED = f"""{FILE}
[tenants.firm.sources]
feed.kind = "feed"
"""
KEPT = {"hr.expense": ["state"], "hr.employee": ["active"], "account.move": [], "sale.order": []}


@pytest.fixture
def asked(
    fleet: Fleet, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, tuple[str, str]]:
    """Whom the command came to Odoo as, by tenant; an Odoo without anything of ours."""
    came: dict[str, tuple[str, str]] = {}

    def connect(tenant: Tenant) -> object:
        came[tenant.name] = (tenant.address.login, tenant.address.secret)
        return empty(sandbox, KEPT)

    monkeypatch.setattr(fleet, "connect_odoo", connect)
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    monkeypatch.setenv("FLEET_ADMIN_LOGIN", "root")
    monkeypatch.setenv("FLEET_ADMIN_KEY", "a secret")
    return came


@pytest.fixture
def sandbox(fleet: Fleet) -> Sandbox:
    return Sandbox(fleet.clock().date())


def test_a_dry_run_comes_as_the_administrator_and_says_what_it_would_do(
    asked: Mapping[str, tuple[str, str]],
) -> None:
    code, told = typed_json("odoo", "install", "--dry-run", "--gates", "invoice_release")
    assert (code, asked) == (0, {"firm": ("root", "a secret")})
    assert told["dry_run"] is True
    assert (told["gates"], told["untold"]) == (["invoice_release"], [])
    made = {step["piece"] for step in told["steps"] if step["do"] == "make"}
    assert {"group", "x_ops_event", "create_project", "gate_invoice_release"} <= made
    assert told["steps"][-1]["what"] == "fleet joins the fleet's group"


def test_nothing_of_ours_is_nothing_to_remove(asked: Mapping[str, tuple[str, str]]) -> None:
    assert typed("odoo", "remove", "--login", "other") == (0, "nothing of ours is there\n")
    assert asked == {"firm": ("other", "a secret")}


@pytest.mark.parametrize(
    ("gates", "says"),
    [("posting", "no such gate"), ("none,invoice_release", "no such gate"), (",", "no such gate")],
)
def test_a_gate_that_there_is_not_is_refused(
    asked: Mapping[str, tuple[str, str]], gates: str, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        typed("odoo", "install", "--gates", gates)
    assert asked == {}


def test_where_nobody_can_be_asked_the_variables_are_named(
    asked: Mapping[str, tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLEET_ADMIN_KEY")
    with pytest.raises(ConfigurationError, match="set FLEET_ADMIN_LOGIN, and FLEET_ADMIN_KEY"):
        typed("odoo", "install")
    assert asked == {}


def test_whoever_is_no_administrator_is_refused(
    asked: Mapping[str, tuple[str, str]], fleet: Fleet, sandbox: Sandbox
) -> None:
    odoo = empty(sandbox, KEPT)
    odoo.answers = {**odoo.answers, ("ir.model", "check_access_rights"): lambda *_: False}
    fleet.connect_odoo = lambda _: odoo
    with pytest.raises(OdooRejected, match="is no administrator of Odoo"):
        typed("odoo", "install")


def test_the_administrators_key_is_no_setting_of_any_process(tmp_path: object) -> None:
    environ = {"FLEET_ADMIN_LOGIN": "root", "FLEET_ADMIN_KEY": "a secret"}
    assert administrator.given(environ) == ("root", "a secret")
    with pytest.raises(ConfigurationError, match=r"FLEET_ADMIN_KEY_FILE: .* cannot be read"):
        administrator.given({"FLEET_ADMIN_KEY_FILE": f"{tmp_path}/none"})


@pytest.fixture(params=[(version, rules) for version in OLDER for rules in (True, False)])
def older(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> tuple[Fleet, RecordedOdoo]:
    """A fleet with a change feed on an older Odoo, with automation rules or without them."""
    version, has_rules = request.param
    odoo = RecordedOdoo(clock().date(), version, has_rules=has_rules)
    fleet = fleet_on(tmp_path, clock, odoo, file=FEED)
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    monkeypatch.setenv("FLEET_ADMIN_LOGIN", "root")
    monkeypatch.setenv("FLEET_ADMIN_KEY", "a secret")
    return fleet, odoo


def test_an_older_odoo_takes_what_it_can_and_jobs_go_on(
    older: tuple[Fleet, RecordedOdoo], clock: Clock
) -> None:
    fleet, odoo = older
    before = deepcopy(odoo.tables)
    code, told = typed_json("odoo", "install", "--dry-run")
    assert (code, odoo.tables) == (0, before)
    makes = {step["piece"] for step in told["steps"] if step["do"] == "make"}
    assert ("event_sale_order_changed" in makes) == odoo.has_rules
    assert {"create_project", "draft_invoice", "stage_task", "inventory"} <= makes
    assert (WITHOUT_RULES in told["warnings"]) != odoo.has_rules
    assert ("sale.order.changed" in told["untold"]) != odoo.has_rules
    assert typed_json("odoo", "install")[0] == 0
    assert typed_json("odoo", "install")[1]["steps"] == []
    code, checked = typed_json("odoo", "check", "--as-administrator")
    assert (code, checked["wrong"]) == (0, [])
    for job in ("handoff_gate", "pending_approvals"):
        run_once(fleet, job, 1)
    tenant, order = fleet.settings.tenant("firm"), odoo._database.tables["sale.order"][1]
    for _ in range(2):
        order["write_date"] = f"{clock():%Y-%m-%d %H:%M:%S}"
        assert sources.poll(fleet, tenant) == 1
        clock.forward(minutes=1)
    assert typed("odoo", "remove")[0] == 0
    assert odoo.tables == before


def test_gates_need_rules_in_an_older_odoo_too(older: tuple[Fleet, RecordedOdoo]) -> None:
    _, odoo = older
    asked = ("odoo", "install", "--gates", "invoice_release")
    if odoo.has_rules:
        code, told = typed_json(*asked)
        assert (code, told["gates"]) == (0, ["invoice_release"])
        assert typed_json("odoo", "check", "--as-administrator")[1]["wrong"] == []
    else:
        before = deepcopy(odoo.tables)
        with pytest.raises(ConfigurationError, match="this Odoo has no automation rules"):
            typed(*asked)
        assert odoo.tables == before
