"""Quotations from their first look to their release, as jobs, effects and gate work together."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from odoo_gateway import gates
from odoo_gateway.gates import NewRuling, Ruling, State
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on, run_once
from workers.effects import executor
from workers.ledger import audit, effects, outbox
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

JOB: Final = "handoff_gate"
# Two quotations of the firm in Europe.
INTERFACE, QUOTED = 33, 951
CONFIGURED: Final = f"""{FILE}
recipients.delivery = ["delivery@nordwind.example"]
effects.release_order = "automatic"
"""
DECIDED: Final = f"""{FILE}
recipients.delivery = ["delivery@nordwind.example"]
effects.release_order = "approve"

[tenants.firm.matrices.releases]
about = ["release_order"]
levels = [{{ name = "delivery", roles = ["delivery"] }}]
rules = [{{ name = "all", levels = ["delivery"] }}]
"""


class Firm:
    """The fleet, and its Odoo as people change it."""

    def __init__(self, folder: Path, clock: Clock, file: str = CONFIGURED) -> None:
        self.odoo = Sandbox(clock().date(), gates=("order_confirmation",))
        self.fleet: Fleet = fleet_on(folder, clock, self.odoo, file=file)
        self.clock = clock

    def look(self) -> None:
        """By the schedule, and all that comes of it."""
        self.clock.forward(hours=1)
        run_once(self.fleet, JOB, 1)
        self.carry_out()

    def carry_out(self) -> None:
        while executor.execute_next(self.fleet):
            pass

    def change(self, model: str, number: int, **values: Any) -> None:
        self.odoo._database.tables[model].setdefault(number, {"id": number}).update(values)

    def attach(self, number: int, order: int) -> None:
        of = {"res_model": "sale.order", "res_id": order, "res_field": False}
        kind = {"mimetype": "application/pdf", "checksum": "a1"}
        self.change("ir.attachment", number, name="SOW.pdf", **of, **kind)

    def decisions(self, order: int) -> list[Ruling]:
        key = gates.key_of("sale.order", order)
        return [*gates.rulings(Reader(self.fleet.session(self.tenant), 1), [key])]

    @property
    def tenant(self) -> Any:
        return self.fleet.settings.tenant("firm")

    def effects(self, order: int) -> list[Effect]:
        with self.fleet.ledger.reading() as connection:
            found = effects.find(connection, kind="release_order", record_id=order)
        return [*reversed(found)]

    def statuses(self, order: int) -> list[EffectStatus]:
        return [each.status for each in self.effects(order)]


@pytest.fixture
def firm(tmp_path: Path, clock: Clock) -> Firm:
    return Firm(tmp_path, clock)


def test_each_quotation_is_decided_once_and_anew_when_it_changes(firm: Firm) -> None:
    firm.look()
    (kept,) = firm.decisions(QUOTED)
    assert kept.state == "held"
    assert "statement of work is missing" in kept.reason
    firm.look()
    assert firm.decisions(QUOTED) == [kept]
    firm.attach(8001, QUOTED)
    firm.look()
    *_, released = firm.decisions(QUOTED)
    assert (released.state, released.amount, released.currency) == (
        "released",
        Decimal(9440),
        "EUR",
    )
    assert released.files == (frozenset({8001}),)
    assert released.reason == "nothing is missing: SOW.pdf"
    firm.change("sale.order", QUOTED, amount_total=9999.0)
    firm.look()
    assert firm.decisions(QUOTED)[-1].amount == 9999
    firm.change("ir.attachment", 8001, res_id=INTERFACE)
    firm.look()
    assert [each.state for each in firm.decisions(QUOTED)] == [
        *("held", "released", "released", "held"),
    ]
    assert set(firm.statuses(QUOTED)) == {EffectStatus.DONE}
    firm.change("sale.order", QUOTED, state="cancel")
    firm.look()
    assert len(firm.decisions(QUOTED)) == 4


def test_what_a_person_let_through_stays_until_its_total_is_another(firm: Firm) -> None:
    key = gates.key_of("sale.order", QUOTED)
    new = NewRuling(key, State.OVERRIDDEN, "by Ute", Decimal(9440), "EUR")
    gates.decide(firm.fleet.session(firm.tenant), new)
    firm.look()
    assert [each.state for each in firm.decisions(QUOTED)] == ["overridden"]
    firm.change("sale.order", QUOTED, amount_total=1.0)
    firm.look()
    assert [each.state for each in firm.decisions(QUOTED)] == ["overridden", "held"]


def test_what_changed_before_it_was_carried_out_is_asked_for_anew(firm: Firm) -> None:
    firm.attach(8001, QUOTED)
    run_once(firm.fleet, JOB, 1)
    firm.change("sale.order", QUOTED, amount_total=9441.0)
    firm.carry_out()
    assert firm.statuses(QUOTED) == [EffectStatus.WITHDRAWN]
    assert firm.decisions(QUOTED) == []
    with firm.fleet.ledger.reading() as connection:
        (told,) = audit.entries(connection, 9, event="effect.withdrawn")
        assert "it comes to 9441.00 EUR" in told.detail["by"]
        # Nobody is told of it.
        steps = {each.step for each in outbox.find(connection, 500)}
        assert not any(step.startswith("parked") for step in steps)
    firm.look()
    assert [each.amount for each in firm.decisions(QUOTED)] == [9441]
    firm.change("sale.order", QUOTED, amount_total=9440.0)
    firm.look()
    assert [each.amount for each in firm.decisions(QUOTED)] == [9441, 9440]


def test_a_confirmation_meanwhile_leaves_nothing_to_release(firm: Firm) -> None:
    firm.attach(8001, QUOTED)
    run_once(firm.fleet, JOB, 1)
    firm.change("sale.order", QUOTED, state="sale")
    firm.carry_out()
    assert firm.statuses(QUOTED) == [EffectStatus.WITHDRAWN]
    assert firm.decisions(QUOTED) == []


def test_what_is_taken_back_by_hand_stays_so(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.attach(8001, QUOTED)
    firm.look()
    (done,) = firm.effects(QUOTED)
    executor.undo(firm.fleet, done.id, "ute")
    firm.look()
    assert [each.state for each in firm.decisions(QUOTED)] == ["released", "taken_back"]
    assert firm.statuses(QUOTED) == [EffectStatus.UNDONE]


def test_people_decide_of_a_release_and_a_hold_waits_for_nobody(
    tmp_path: Path, clock: Clock
) -> None:
    firm = Firm(tmp_path, clock, DECIDED)
    firm.look()
    assert [each.state for each in firm.decisions(QUOTED)] == ["held"]
    firm.attach(8001, QUOTED)
    firm.look()
    assert firm.statuses(QUOTED) == [EffectStatus.DONE, EffectStatus.WAITING]
    firm.change("sale.order", QUOTED, amount_total=9441.0)
    firm.look()
    waits = [EffectStatus.DONE, EffectStatus.WITHDRAWN, EffectStatus.WAITING]
    assert firm.statuses(QUOTED) == waits
    firm.change("ir.attachment", 8001, res_id=INTERFACE)
    firm.look()
    assert firm.statuses(QUOTED) == [*waits[:2], EffectStatus.WITHDRAWN]
    assert [each.state for each in firm.decisions(QUOTED)] == ["held"]
