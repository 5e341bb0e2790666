"""`fleet doctor` calls nothing ok of which there is nothing, or nothing to compare."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import OdooLoginRefused
from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.command import typed
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.workers.config.test_gating import SOUND
from workers import dispatch
from workers.broker import transport as broker
from workers.commands import doctor
from workers.watch import visibility
from workers.wiring import Fleet


def told(fleet: Fleet) -> dict[str, visibility.Examined]:
    tenant = fleet.settings.tenant("firm")
    (first, *_) = dispatch.discover(fleet.session(tenant), tenant)
    return {found.what: found for found in visibility.standing(fleet, tenant, first)}


def test_something_is_compared_in_the_sandbox(fleet: Fleet) -> None:
    found = told(fleet)
    for control in visibility.CONTROL_TOTALS:
        seen = found[f"firm: visibility of {control.what}"]
        assert seen.state == "ok"
        assert int(seen.detail.split()[0]) > 0


@pytest.mark.parametrize("model", visibility.VISIBLE_MODELS)
def test_a_model_without_rows_is_a_warning(
    model: str, fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    """An Odoo without such rows, where no rule hides any."""
    odoo.inner = Sandbox(clock().date(), rows={**firm.build(clock().date()), model: []})
    found = told(fleet)[f"firm: rows of {model}"]
    assert found.state == "warning"
    assert "not verifiable: none is visible" in found.detail


@pytest.mark.parametrize("control", visibility.CONTROL_TOTALS, ids=lambda control: control.what)
def test_totals_of_which_none_was_compared_are_a_warning(
    control: visibility.ControlTotal, fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    parent = control.parent.MODEL
    rows = firm.build(clock().date())
    without = [{**row, control.total: 0.0} for row in rows[parent]]
    odoo.inner = Sandbox(clock().date(), rows={**rows, parent: without})
    found = told(fleet)[f"firm: visibility of {control.what}"]
    assert found.state == "warning"
    assert found.detail == (
        f"not verifiable: no {parent} that we see has a total in {control.total}, so nothing was "
        "compared"
    )


def test_one_row_is_one_row_and_its_group_the_only_one(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    rows = firm.build(clock().date())
    tasks = [{**task, "effective_hours": 0.0} for task in rows["project.task"]]
    tasks[0] |= {"effective_hours": 1e6}
    one = {"project.task": tasks, "account.move": rows["account.move"][:1]}
    odoo.inner = Sandbox(clock().date(), rows={**rows, **one})
    found = told(fleet)
    assert found["firm: rows of account.move"].detail.startswith("1 row visible; ")
    hidden = found["firm: visibility of timesheets by task"]
    assert f"all rows of task_id {tasks[0]['id']}, so every number would be" in hidden.detail


@pytest.mark.parametrize(
    ("odoo_shows", "remedy"),
    [
        ({"hidden_fields": [("sale.order.line", "price_unit")]}, "widen the user's groups"),
        ({"lacks_modules": ["sale_timesheet"]}, "install sale_timesheet"),
        ({"denied_models": ["sale.order.line"]}, "Give the user a group"),
        (
            {"rules": {"account.move": [("id", "!=", 1)]}},
            "give the fleet's user the groups, rights and rules",
        ),
    ],
)
def test_no_remedy_of_doctor_is_doctor_itself(
    odoo_shows: Mapping[str, Any], remedy: str, fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    odoo.inner = Sandbox(clock().date(), **odoo_shows)
    said = "\n".join(found.detail for found in doctor._tenant(fleet, fleet.settings.tenant("firm")))
    assert remedy in said
    assert "fleet doctor" not in said


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str) -> None:
        raise ConnectionRefusedError("Connection refused")

    monkeypatch.setattr(broker, "waiting", refuse)


def basics(fleet: Fleet) -> dict[str, visibility.Examined]:
    """What doctor says of the parts that no Odoo is needed for."""
    return {found.what: found for found in [*doctor._ledger(fleet), *doctor._broker(fleet)]}


@pytest.mark.usefixtures("no_broker")
def test_what_is_not_set_up_yet_is_missing_and_says_what_sets_it_up(
    tmp_path: Path, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, upgraded=False)
    found = basics(fleet)
    assert {each.state for each in found.values()} == {"missing"}
    assert "run `fleet upgrade`" in found["ledger"].detail
    assert "start Redis there, or set FLEET_BROKER_URL" in found["broker"].detail
    assert doctor.worst([*found.values(), visibility.Examined("x", "warning", "")]) == "missing"
    # A file without a schema is none either.
    (tmp_path / "fleet.db").touch()
    assert basics(fleet)["ledger"].state == "missing"


def test_a_mail_server_that_nobody_named_is_missing(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock)
    (found,) = doctor._mail(fleet)
    assert (found.state, "see FLEET_SMTP_URL" in found.detail) == ("failed", True)
    fleet.settings.environment.model_fields_set.discard("smtp_url")
    (found,) = doctor._mail(fleet)
    assert (found.state, "set FLEET_SMTP_URL" in found.detail) == ("missing", True)


@pytest.mark.usefixtures("no_broker")
def test_what_was_set_up_and_does_not_answer_is_broken(tmp_path: Path, clock: Clock) -> None:
    environ = {"FLEET_BROKER_URL": "redis://127.0.0.1:1/0"}
    fleet = fleet_on(tmp_path, clock, environ=environ)
    with fleet.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    found = basics(fleet)
    assert {each.state for each in found.values()} == {"failed"}
    assert "run `fleet upgrade`" in found["ledger"].detail
    assert "correct FLEET_BROKER_URL" in found["broker"].detail


def test_a_zone_that_nobody_knows_is_told_with_its_remedy(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    odoo.inner = Sandbox(clock().date(), corrupt={("resource.calendar", 2): {"tz": "Mars/Phobos"}})
    tenant = fleet.settings.tenant("firm")
    scopes = dispatch.discover(fleet.session(tenant), tenant)
    (found,) = (finding for scope in scopes for finding in doctor._zone(tenant, scope))
    assert found.what == "firm/Nordwind Americas Inc.: time zone"
    assert found.state == "warning"
    assert found.detail == (
        "'Mars/Phobos' of its working calendar is none that we know, so it runs by UTC: correct it "
        "in Odoo, or set timezone for company 2"
    )


@pytest.mark.usefixtures("at_hand")
def test_the_doctor_tells_what_is_well_and_what_is_not(fleet: Fleet) -> None:
    code, printed = typed("doctor", "--json")
    checks = {check["what"]: check for check in json.loads(printed)["checks"]}
    assert checks["ledger"]["state"] == "ok"
    assert checks["mail server"]["state"] == "ok"
    assert checks["firm: Odoo"]["state"] == "ok"
    assert checks["firm: visibility of timesheets by task"]["state"] == "ok"
    assert checks["broker"]["state"] == "missing"
    assert "FLEET_BROKER_URL" in checks["broker"]["detail"]
    assert code == 4
    assert "broker" in typed("doctor")[1]


@pytest.mark.usefixtures("at_hand")
def test_the_doctor_sees_rows_that_a_rule_hides(odoo: Switchable, clock: Clock) -> None:
    task = odoo.call("project.task", "search_read", [[["effective_hours", ">", 0]], ["id"]], {})[0]
    inflated = {("project.task", task["id"]): {"effective_hours": 5000.0}}
    odoo.inner = Sandbox(clock().date(), corrupt=inflated)
    checks = json.loads(typed("doctor", "--json")[1])["checks"]
    (found,) = (check for check in checks if "timesheets by task" in check["what"])
    assert found["state"] == "failed"
    assert "does not see all rows" in found["detail"]


@pytest.mark.usefixtures("at_hand")
def test_the_doctor_compares_hours_by_task_wherever_they_were_booked(
    odoo: Switchable, clock: Clock
) -> None:
    line = odoo.call(
        "account.analytic.line",
        "search_read",
        [[["task_id", "!=", False], ["unit_amount", ">", 1]], ["id", "project_id"]],
        {"load": ""},
    )[0]
    elsewhere = 102 if line["project_id"] != 102 else 101
    moved = {("account.analytic.line", line["id"]): {"project_id": elsewhere}}
    odoo.inner = Sandbox(clock().date(), corrupt=moved)
    checks = json.loads(typed("doctor", "--json")[1])["checks"]
    (found,) = (check for check in checks if "timesheets by task" in check["what"])
    assert found["state"] == "ok", found


def test_the_doctor_makes_no_ledger(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "new").mkdir()
    fleet = fleet_on(tmp_path / "new", clock, upgraded=False)
    findings = list(doctor.examine(fleet))
    assert "there is no such file yet" in findings[0].detail
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fleet.toml"]


def test_the_doctor_does_not_examine_what_is_switched_off(tmp_path: Path, clock: Clock) -> None:
    file = f'{TENANT}disabled_jobs = ["wip_aging", "invoice_readiness"]\n'
    whats = [found.what for found in doctor.examine(fleet_on(tmp_path, clock, file=file))]
    assert any(what.endswith(": utilization_variance") for what in whats)
    assert not any(what.endswith((": wip_aging", ": invoice_readiness")) for what in whats)


def roles_without_people(folder: Path, clock: Clock, lines: str) -> list[tuple[str, str]]:
    """What the doctor says of recipients in the first company: the role, and who hears of what."""
    fleet = fleet_on(folder, clock, file=TENANT + lines)
    what = "firm/Nordwind Consulting: recipients"
    found = [f for f in doctor.examine(fleet) if (f.what, f.state) == (what, "warning")]
    return [re.findall("role (.*), so nobody hears of (.*):", f.detail)[0] for f in found]


def test_the_doctor_says_which_roles_have_nobody_and_what_is_not_told(
    tmp_path: Path, clock: Clock
) -> None:
    every = dict(roles_without_people(tmp_path, clock, ""))
    assert set(every) == {"delivery", "finance", "ops"}
    assert every["ops"] == "what the fleet gave up"
    assert "timesheet_reminders" in every["delivery"]
    some = 'recipients.finance = ["f@firm.example"]\nrecipients.ops = ["o@firm.example"]\n'
    assert set(dict(roles_without_people(tmp_path, clock, some))) == {"delivery"}
    disabled = f"{some}disabled_jobs = {sorted(catalogue.jobs())}\n"
    assert roles_without_people(tmp_path, clock, disabled) == []


def test_the_doctor_says_that_nobody_can_decide_without_a_page(
    tmp_path: Path, clock: Clock
) -> None:
    pages = {"FLEET_WEB_URL": "https://fleet.example.com", "FLEET_LINK_SECRET": "s" * 32}
    whats = {
        name: {found.what: found.state for found in doctor.examine(fleet)}
        for name, fleet in {
            "without": fleet_on(tmp_path, clock, file=SOUND),
            "with": fleet_on(tmp_path, clock, file=SOUND, environ=pages),
        }.items()
    }
    assert whats["without"]["firm: effects"] == "failed"
    assert "firm: effects" not in whats["with"]


@pytest.mark.usefixtures("at_hand")
def test_the_doctor_names_a_refused_login(odoo: Switchable) -> None:
    odoo.error = OdooLoginRefused("wrong password")
    checks = json.loads(typed("doctor", "--json")[1])["checks"]
    assert [c["detail"] for c in checks if c["what"] == "firm: Odoo"] == ["wrong password"]
