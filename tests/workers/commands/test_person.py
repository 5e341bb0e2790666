"""`fleet person`, on a fleet that ran on the sandbox: what it exports, and what it leaves."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from odoo_gateway.errors import ConfigurationError, FleetError, OdooUnavailable
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, dump, fleet_on
from workers import dispatch, runner, wiring
from workers.commands import cli
from workers.ledger import runs
from workers.ledger.places import Place
from workers.wiring import Fleet

JOBS = ("invoice_readiness", "timesheet_reminders", "pending_approvals")


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet whose jobs have run once in company 1."""
    found = fleet_on(tmp_path, clock, odoo)
    dispatch.known_scopes(found, found.settings.tenant("firm"))
    for job in JOBS:
        execute(found, clock, job)
    monkeypatch.setattr(wiring, "fleet", lambda environ=None: found)
    return found


def execute(fleet: Fleet, clock: Clock, job: str) -> None:
    clock.forward(minutes=1)
    with fleet.ledger.transaction() as connection:
        run = runs.open_slot(connection, Place(job, "firm", 1), clock(), clock(), f"trace-{job}")
    assert run is not None
    runner.execute(fleet, run)


def told(fleet: Fleet) -> tuple[str, str]:
    """Address and name of somebody who waits to be reminded."""
    with fleet.ledger.reading() as connection:
        found = text("SELECT recipient, payload FROM messages WHERE job = :job ORDER BY id LIMIT 1")
        recipient, payload = connection.execute(found, {"job": JOBS[1]}).one()
    return recipient, json.loads(payload)["name"]


def fleet_person(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, ["person", *arguments])


def document(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = fleet_person(*arguments)
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout[result.stdout.index("{") :])
    return found


def test_an_export_holds_what_is_theirs_and_is_read_by_nobody_else(
    fleet: Fleet, tmp_path: Path
) -> None:
    address, name = told(fleet)
    found = document("export", address)
    assert found["known_as"]["names"] == [name]
    assert {model for model, _ in found["known_as"]["records"]} >= {"hr.employee", "res.users"}
    assert found["messages"][0]["recipient"] == address
    assert all(name in json.dumps(case, ensure_ascii=False) for case in found["cases"])
    assert found["audit"]
    file = tmp_path / "export.json"
    assert fleet_person("export", address, "--output", str(file)).exit_code == 0
    assert json.loads(file.read_text(encoding="utf-8")) == found
    assert file.stat().st_mode & 0o077 == 0


def test_after_erasing_no_table_names_them_and_an_export_finds_nothing(fleet: Fleet) -> None:
    address, name = told(fleet)
    dry = document("erase", address, "--reason", "request 7", "--dry-run", "--json")
    before = dump(fleet)
    assert dry["names"] == [name]
    assert dry["rows"]["messages"]
    assert dump(fleet) == before, "a dry run changes nothing"
    done = document("erase", address, "--reason", f"request 7 of {name}", "--json")
    assert done["rows"] == dry["rows"]
    assert done["dropped"]
    kept = dump(fleet).casefold()
    assert address not in kept
    assert name.casefold() not in kept
    after = document("export", address)
    assert not any(after[part] for part in ("cases", "messages", "acts", "audit", "other", "links"))
    entries = json.loads(
        CliRunner().invoke(cli.cli, ["audit", "--event", "person.", "--json"]).stdout
    )["audit"]
    assert [f"request 7 of {done['pseudonym']}" in entry["detail"] for entry in entries] == [True]
    again = document("erase", address, "--reason", "request 7", "--json")
    assert (again["rows"], again["dropped"]) == ({}, 0)
    assert again["pseudonym"] == done["pseudonym"]


def test_the_next_run_writes_down_what_odoo_still_says(fleet: Fleet, clock: Clock) -> None:
    address, _ = told(fleet)
    document("erase", address, "--reason", "request 7", "--json")
    execute(fleet, clock, JOBS[1])
    found = document("export", address)
    assert found["cases"]
    assert {case["state"] for case in found["cases"]} == {"open"}


def test_who_is_configured_still_is_named(tmp_path: Path, fleet: Fleet, clock: Clock) -> None:
    found = document("erase", "FINANCE@nordwind.example", "--reason", "left", "--json")
    assert found["configuration"] == ["tenants.firm.recipients.finance"]


def test_an_odoo_that_is_away_may_know_more_names(fleet: Fleet, odoo: Switchable) -> None:
    address, name = told(fleet)
    fleet.forget(fleet.settings.tenant("firm"))
    odoo.error = OdooUnavailable("odoo.example does not answer")
    assert document("export", address, code=4)["not_asked"] == {
        "firm": "odoo.example does not answer"
    }
    refused = fleet_person("erase", address, "--reason", "request 7")
    assert isinstance(refused.exception, FleetError)
    assert "--name" in str(refused.exception)
    assert address in dump(fleet)
    assert fleet_person("erase", address, "--reason", "7", "--name", name).exit_code == 0
    assert address not in dump(fleet)


@pytest.mark.parametrize("address", ["", "ann", "Ann <ann@x.example>", "a@b@c", "*"])
def test_what_is_no_address_is_refused(fleet: Fleet, address: str) -> None:
    for arguments in (["export", address], ["erase", address, "--reason", "x"]):
        result = fleet_person(*arguments)
        assert isinstance(result.exception, ConfigurationError), result.output


@pytest.mark.parametrize("address", ["%@nordwind.example", "_____@nordwind.example"])
def test_wildcards_are_signs_like_others(fleet: Fleet, address: str) -> None:
    found = document("export", address)
    assert found["known_as"]["names"] == []
    assert not any(found[part] for part in ("cases", "messages", "acts", "audit"))


def test_a_tenant_that_is_not_there_is_named(fleet: Fleet) -> None:
    result = fleet_person("export", "ann@x.example", "--tenant", "acme")
    assert isinstance(result.exception, ConfigurationError)
    assert "firm" in str(result.exception)


def test_people_read_what_was_done(fleet: Fleet) -> None:
    address, name = told(fleet)
    said = fleet_person("erase", address, "--reason", "request 7").stdout
    assert f"known as {name}" in said
    assert "will not be sent" in said


@pytest.mark.parametrize("name", ["%", "", "a", "7 %", "a 1", "\n"])
def test_a_name_of_less_than_two_letters_is_refused(fleet: Fleet, name: str) -> None:
    before = dump(fleet)
    address, _ = told(fleet)
    for verb in (["export", address], ["erase", address, "--reason", "x"]):
        result = fleet_person(*verb, f"--name={name}")
        assert isinstance(result.exception, ConfigurationError), result.output
        assert "--name" in str(result.exception)
    assert dump(fleet) == before


def test_why_a_symbol_is_no_name_is_told(fleet: Fleet) -> None:
    result = fleet_person("erase", "ann@x.example", "--reason", "x", "--name", "%")
    assert "--name '%': a name has two letters at least" in str(result.exception)


def test_an_export_of_nobody_says_so_and_of_an_unclean_address_names_the_clean_one(
    fleet: Fleet,
) -> None:
    nobody = fleet_person("export", "nobody@x.example\n")
    assert "neither Odoo nor the ledger knows nobody@x.example\n" in nobody.stderr
    assert json.loads(nobody.stdout)["address"] == "nobody@x.example"
    address, _ = told(fleet)
    assert fleet_person("export", address).stderr == ""
