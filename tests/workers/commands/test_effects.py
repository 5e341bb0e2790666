"""`fleet effects`: what is proposed, waits, was done or failed; run by hand, and undone."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.command import typed, typed_json
from tests.fakes.effects import Deadly, effect_of, follow_up, note, proposed
from tests.fakes.fleets import FILE, fleet_on
from workers import wiring
from workers.effects import executor
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

MODES = f'{FILE}effects = {{ follow_up = "propose", note = "automatic" }}\n'

STRICTER = f"""{FILE}effects = {{ follow_up = "approve", note = "approve" }}
[tenants.firm.matrices.all]
about = ["follow_up", "note"]
levels = [{{ name = "finance", roles = ["finance"] }}]
rules = [{{ name = "all", levels = ["finance"] }}]
"""


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    found = fleet_on(tmp_path, clock, Deadly(Sandbox(clock().date())), file=MODES)
    monkeypatch.setattr(wiring, "fleet", lambda: found)
    return found


def test_effects_are_listed_with_what_they_would_do(fleet: Fleet) -> None:
    proposed(fleet, note())
    proposed(fleet, follow_up())
    code, found = typed_json("effects", "list")
    assert code == 0
    assert [(row["effect"], row["kind"], row["status"]) for row in found["effects"]] == [
        ("effect-2", "follow_up", "proposed"),
        ("effect-1", "note", "ready"),
    ]
    assert found["effects"][0]["about"] == "sale.order,1"
    assert found["effects"][0]["what"] == (
        "an activity for dirk.maes@nordwind.example until 2026-11-30: Bill it"
    )
    _, some = typed_json("effects", "list", "--status", "ready", "--kind", "note")
    assert [row["effect"] for row in some["effects"]] == ["effect-1"]


def test_what_is_proposed_is_run_by_hand_and_undone(fleet: Fleet) -> None:
    number = proposed(fleet, follow_up())
    code, shown = typed("effects", "run", "effect-1", "--dry-run")
    assert (code, "would do, in sale.order 1: an activity for" in shown) == (0, True)
    assert effect_of(fleet, number).status is EffectStatus.PROPOSED
    typed("effects", "run", "effect-1", "--who", "ann")
    assert effect_of(fleet, number).status is EffectStatus.READY
    with pytest.raises(ConfigurationError, match="effect-1 is ready: only what is proposed or"):
        typed("effects", "run", "effect-1")
    executor.execute_next(fleet)
    typed("effects", "undo", "effect-1", "--who", "ann")
    assert effect_of(fleet, number).status is EffectStatus.UNDONE


def test_what_was_parked_is_tried_again(fleet: Fleet) -> None:
    number = proposed(fleet, note(record_id=987_654))
    executor.execute_next(fleet)
    assert effect_of(fleet, number).status is EffectStatus.PARKED
    assert typed_json("effects", "list", "--status", "parked")[1]["effects"][0]["error"]
    typed("effects", "run", "effect-1")
    assert effect_of(fleet, number).status is EffectStatus.READY


def test_what_people_must_agree_to_by_now_is_not_run_by_hand(
    fleet: Fleet, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proposed(fleet, follow_up())
    parked = proposed(fleet, note(record_id=987_654))
    executor.execute_next(fleet)
    stricter = fleet_on(tmp_path, clock, file=STRICTER)
    monkeypatch.setattr(wiring, "fleet", lambda: stricter)
    for each, before in ((number, EffectStatus.PROPOSED), (parked, EffectStatus.PARKED)):
        with pytest.raises(ConfigurationError, match="people must agree to"):
            typed("effects", "run", f"effect-{each}")
        assert effect_of(stricter, each).status is before


@pytest.mark.parametrize("name", ["effect-x", "effect-", "run-1"])
def test_what_is_no_effect_is_refused(fleet: Fleet, name: str) -> None:
    with pytest.raises(ConfigurationError, match="write effect-3, as `fleet effects` lists them"):
        typed("effects", "run", name)
    with pytest.raises(ConfigurationError, match="there is no effect-7"):
        typed("effects", "run", "effect-7")
