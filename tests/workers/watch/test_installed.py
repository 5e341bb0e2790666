"""What of ours is wrong in an Odoo is told by the doctor, and by a metric every night."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitoring import metrics
from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures import wanted
from odoo_gateway.procedures.pieces import Piece, ours
from odoo_gateway.procedures.wanted import GATES, Capabilities
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.rights import ADMINISTRATOR
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.fakes.in_odoo import installed_in
from workers.ledger import marks
from workers.watch import installed, scrape
from workers.watch.visibility import Examined
from workers.wiring import Fleet

KEPT = {
    "hr.expense": ["state"],
    "hr.employee": ["active"],
    "sale.order": [],
    "project.project": [],
    "account.move": [],
}
HERE = Capabilities(19, True, {*KEPT, "res.partner"}, KEPT)
TENANT = "firm"
MODULES = ("ir.module.module", "search_read")
BASE = {"id": 1, "name": "base", "latest_version": "19.0"}


def pieces(fleet: Fleet) -> tuple[Piece, ...]:
    waited = installed.events(fleet.settings.tenants[TENANT])
    return wanted.pieces(HERE, waited, GATES)


def fleet_with(
    folder: Path,
    clock: Clock,
    edits: Mapping[str, Any],
    *,
    has_rules: bool = True,
    file: str = FILE,
) -> Fleet:
    """One whose Odoo has all of ours, but for these values; None: the record is gone."""
    sandbox = Sandbox(clock().date(), groups=(*ADMINISTRATOR, ours("group")))
    fleet = fleet_on(folder, clock, sandbox, file=file)
    odoo = installed_in(sandbox, pieces(fleet), KEPT, edits)
    if not has_rules:
        odoo.answers = {**odoo.answers, MODULES: lambda *_: [BASE]}
    fleet.connect_odoo = lambda _: odoo
    return fleet


def examined(fleet: Fleet) -> list[Examined]:
    return list(installed.examine(fleet, fleet.settings.tenants[TENANT]))


def counted(fleet: Fleet) -> dict[str, float]:
    """How many are wrong, by kind, as the exporter tells it."""
    with fleet.ledger.reading() as connection:
        found = list(scrape.of_marks(marks.all(connection), fleet.clock()))
    return {s.labels["kind"]: s.value for s in found if s.metric is metrics.PIECES_WRONG}


def test_where_nothing_is_installed_the_doctor_says_so(fleet: Fleet) -> None:
    (found,) = examined(fleet)
    assert found.state == "ok"
    assert "nothing: jobs look by their schedules" in found.detail
    assert "install the app Automation Rules (base_automation)" in found.detail
    installed.compare(fleet)
    assert counted(fleet) == {}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_every_version_is_examined(tmp_path: Path, clock: Clock, version: int) -> None:
    fleet = fleet_on(tmp_path, clock, Sandbox(clock().date(), version=version))
    (found,) = examined(fleet)
    assert (found.state, found.detail[:8]) == ("ok", "nothing:")


@pytest.mark.parametrize("version", [16, 17, 18])
def test_an_older_odoo_with_ours_in_it_is_held_against_its_own_pieces(
    tmp_path: Path, clock: Clock, version: int
) -> None:
    groups = (*ADMINISTRATOR, ours("group"))
    sandbox = Sandbox(clock().date(), version=version, groups=groups)
    fleet = fleet_on(tmp_path, clock, sandbox)
    waited = installed.events(fleet.settings.tenants[TENANT])
    kept = {**KEPT, "hr.expense.sheet": ["state"]}
    here = Capabilities(version, True, {*kept, "res.partner"}, kept)
    odoo = installed_in(sandbox, wanted.pieces(here, waited, GATES), kept, version=version)
    fleet.connect_odoo = lambda _: odoo
    (found,) = examined(fleet)
    assert (found.state, "pieces as we put them" in found.detail) == ("ok", True)


def test_all_that_stands_as_we_put_it_is_one_line(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_with(tmp_path, clock, {})
    (found,) = examined(fleet)
    count = len(pieces(fleet))
    gates = "gates: invoice_release, order_confirmation, opportunity_stage"
    assert (found.state, found.detail) == ("ok", f"all {count} pieces as we put them; {gates}")
    assert counted(fleet) == {"gates": 0, "rest": 0}


@pytest.mark.parametrize(
    ("name", "edit", "says", "kind"),
    [
        ("gate_invoice_release", {"active": False}, "was switched off", "gates"),
        ("event_hr_expense_changed", None, "is missing", "rest"),
        ("draft_invoice", {"code": "action = {}"}, "was edited (code)", "rest"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy_and_counted(
    tmp_path: Path, clock: Clock, name: str, edit: Any, says: str, kind: str
) -> None:
    fleet = fleet_with(tmp_path, clock, {name: edit})
    (found,) = examined(fleet)
    assert found.what.endswith(f": {name}")
    assert found.state == "failed"
    assert says in found.detail
    assert "`fleet odoo install`" in found.detail
    installed.compare(fleet)
    assert counted(fleet) == {"gates": 0, "rest": 0, kind: 1}


def test_rules_that_went_with_their_app_are_a_warning(tmp_path: Path, clock: Clock) -> None:
    found = examined(fleet_with(tmp_path, clock, {}, has_rules=False))
    assert (found[0].state, found[0].detail) == ("warning", installed.WITHOUT_RULES)


def test_a_member_without_our_procedure_is_told_what_is_gone(tmp_path: Path, clock: Clock) -> None:
    sandbox = Sandbox(clock().date(), groups=(*ADMINISTRATOR, ours("group")))
    fleet = fleet_on(tmp_path, clock, sandbox)
    (found,) = examined(fleet)
    assert found.state == "failed"
    assert "the procedure inventory is not installed" in found.detail
    assert counted(fleet) == {"gates": 0, "rest": 1}


def test_an_odoo_that_does_not_tell_is_a_warning(fleet: Fleet, odoo: Switchable) -> None:
    odoo.error = OdooRejected("not allowed")
    (found,) = examined(fleet)
    assert (found.state, found.detail) == ("warning", "not verifiable: not allowed")


OUTBOX = f'{FILE}[tenants.{TENANT}.sources]\nours.kind = "outbox"\n'


def of_outbox(fleet: Fleet) -> dict[str, str]:
    """What the doctor says of it, by its state."""
    tenant = fleet.settings.tenants[TENANT]
    return {each.state: each.detail for each in installed.examine_outbox(fleet, tenant)}


def test_an_outbox_that_nothing_writes_into_is_a_failure(tmp_path: Path, clock: Clock) -> None:
    bare = fleet_on(tmp_path, clock, file=OUTBOX)
    assert "`fleet odoo install`" in of_outbox(bare)["failed"]
    assert of_outbox(fleet_with(tmp_path, clock, {}, file=OUTBOX)) == {}
    switchable = Switchable(Sandbox(clock().date()))
    silent = fleet_on(tmp_path, clock, switchable, file=OUTBOX)
    switchable.error = OdooRejected("not allowed")
    assert of_outbox(silent) == {}


def test_an_outbox_that_nobody_takes_from_is_a_warning(tmp_path: Path, clock: Clock) -> None:
    assert "docs/events.md" in of_outbox(fleet_with(tmp_path, clock, {}))["warning"]
    assert of_outbox(fleet_with(tmp_path, clock, {}, has_rules=False)) == {}
    assert of_outbox(fleet_on(tmp_path, clock)) == {}


@pytest.mark.parametrize(
    ("gates", "effects", "says"),
    [
        ((), "", []),
        ((), 'effects.release_order = "automatic"', ["is not installed", "--gates order_conf"]),
        (("order_confirmation",), 'effects.release_order = "automatic"', []),
        (("order_confirmation",), "", ["effects.release_order is off", "only people release"]),
        (("order_confirmation",), '[tenants.firm.company.1]\neffects.release_order="propose"', []),
    ],
)
def test_a_gate_whose_keys_nobody_has_is_told(
    tmp_path: Path, clock: Clock, gates: tuple[str, ...], effects: str, says: list[str]
) -> None:
    fleet = fleet_on(
        tmp_path, clock, Sandbox(clock().date(), gates=gates), file=f"{FILE}\n{effects}"
    )
    found = list(installed.examine_releases(fleet, fleet.settings.tenants[TENANT]))
    assert [each.state for each in found] == (["warning"] if says else [])
    assert all(words in found[0].detail for words in says)


def test_of_an_odoo_that_is_away_no_gate_is_told(tmp_path: Path, clock: Clock) -> None:
    odoo = Switchable(Sandbox(clock().date()))
    odoo.error = OdooRejected("no")
    fleet = fleet_on(tmp_path, clock, odoo)
    assert list(installed.examine_releases(fleet, fleet.settings.tenants[TENANT])) == []
