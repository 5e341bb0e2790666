"""Doctor's table of systems: what is kept where, who tells of it, and which jobs look then."""

from pathlib import Path

from tests.fakes.clock import Clock
from tests.fakes.events import event
from tests.fakes.fleets import FILE, fleet_on
from workers.intake import hearing
from workers.watch import systems
from workers.watch.systems import Kept
from workers.wiring import Fleet

SYSTEMS = """
[tenants.firm.systems]
contracts = "signatures"

[tenants.firm.sources.signatures]
kind = "signed_webhook"

[tenants.firm.sources.feed]
kind = "feed"
"""
SECRET = {"FLEET_FIRM_IN_SIGNATURES_SECRET": "whsec_" + "c2VjcmV0" * 8}


def kept_by(fleet: Fleet) -> dict[str, Kept]:
    found = systems.kept(fleet, fleet.settings.tenant("firm"))
    return {each.records.value: each for each in found}


def examined(fleet: Fleet) -> dict[str, str]:
    """What doctor says, by its state."""
    found = systems.examine(fleet, fleet.settings.tenant("firm"))
    return {each.state: each.detail for each in found}


def test_each_kind_of_record_has_its_system_its_tellers_and_its_jobs(
    tmp_path: Path, clock: Clock
) -> None:
    found = kept_by(fleet_on(tmp_path, clock, file=FILE + SYSTEMS, environ=SECRET))
    assert (found["expenses"].system, found["expenses"].told_by) == ("odoo", ["feed"])
    assert found["expenses"].wakes == ["pending_approvals"]
    assert found["resources"].wakes == ["timesheet_reminders"]
    assert (found["contracts"].system, found["contracts"].told_by) == ("signatures", ["signatures"])
    assert found["tickets"].wakes == []


def test_without_a_source_nothing_is_told(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock)
    assert kept_by(fleet)["expenses"].told_by == []
    (detail,) = examined(fleet).values()
    assert detail.endswith("told of by no source: jobs look by their schedules")


def test_jobs_that_are_disabled_are_not_woken(tmp_path: Path, clock: Clock) -> None:
    file = FILE + 'disabled_jobs = ["pending_approvals"]\n'
    assert kept_by(fleet_on(tmp_path, clock, file=file))["expenses"].wakes == []


def test_a_system_outside_that_never_told_of_anything_is_a_warning(
    tmp_path: Path, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, file=FILE + SYSTEMS, environ=SECRET)
    assert examined(fleet)["warning"].startswith("signatures keeps contracts, and has told of noth")
    told = event(1, tenant="firm", source="signatures", occurred_at=clock())
    hearing.store(fleet, [told])
    assert kept_by(fleet)["contracts"].told_at == clock()
    assert examined(fleet) == {"ok": "signatures keeps contracts"}


def test_without_a_ledger_nobody_knows_what_was_told(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock, file=FILE + SYSTEMS, environ=SECRET, upgraded=False)
    assert examined(fleet) == {"ok": "signatures keeps contracts"}


def test_the_outbox_tells_only_of_what_has_rules_in_odoo(tmp_path: Path, clock: Clock) -> None:
    sources = '[tenants.firm.sources]\n{0}.kind = "{0}"\n'
    told = {
        kind: {
            name
            for name, each in kept_by(
                fleet_on(tmp_path, clock, file=FILE + sources.format(kind))
            ).items()
            if each.told_by
        }
        for kind in ("outbox", "feed")
    }
    assert {"expenses", "contracts"} <= told["outbox"] < told["feed"]
    assert told["feed"] - told["outbox"] == {"documents"}
    assert "tickets" not in told["feed"]
    fleet = fleet_on(tmp_path, clock, file=FILE + sources.format("outbox"))
    told_of = examined(fleet)["ok"].partition("told of by outbox: ")[2]
    assert set(told_of.split(", ")) == told["outbox"]
