"""The outbox in Odoo is drained: kept first, acknowledged then, nothing lost and nothing twice."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway import outbox
from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from workers.intake import odoo_outbox, sources
from workers.ledger import counters, inbox
from workers.ledger.inbox import Received
from workers.wiring import Fleet

FILE_WITH_OUTBOX = f'{FILE}\n[tenants.firm.sources]\noutbox.kind = "outbox"\n'


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock().date(), installed=True)


@pytest.fixture
def odoo(sandbox: Sandbox) -> Switchable:
    return Switchable(sandbox)


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, file=FILE_WITH_OUTBOX)


def drain(fleet: Fleet) -> int:
    return odoo_outbox.drain(fleet, fleet.settings.tenant("firm"), "outbox")


def kept(fleet: Fleet) -> list[Received]:
    with fleet.ledger.transaction() as connection:
        lease = timedelta(seconds=1)
        return list(inbox.take(connection, "firm", fleet.clock(), lease, 10_000))


def test_what_stands_there_is_kept_and_acknowledged(
    fleet: Fleet, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.tell("hr.expense.changed", 7, clock(), {"state": "draft"}, {"state": "submitted"}, 5)
    assert drain(fleet) == 1
    assert drain(fleet) == 0
    (received,) = kept(fleet)
    event = received.event
    assert (event.kind, event.model, event.record_id) == ("hr.expense.changed", "hr.expense", 7)
    assert event.occurred_at == clock()
    assert event.detail == {"old": {"state": "draft"}, "new": {"state": "submitted"}, "user": 5}


def test_a_crash_before_the_acknowledgement_keeps_each_once(
    fleet: Fleet, sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.tell("hr.expense.changed", 7, clock())

    def cut(*_: Any) -> None:
        raise OdooUnavailable("the connection was cut")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "acknowledge", cut)
        with pytest.raises(OdooUnavailable):
            drain(fleet)
    assert drain(fleet) == 1
    assert len(kept(fleet)) == 1
    with fleet.ledger.reading() as connection:
        told = {c.labels.get("outcome"): c.value for c in counters.all(connection)}
    assert (told["received"], told["duplicate"]) == (1, 1)


def test_a_long_one_is_drained_batch_by_batch(
    fleet: Fleet, sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(odoo_outbox, "BATCH", 10)
    for number in range(1, 26):
        sandbox.tell("hr.expense.changed", number, clock())
    assert drain(fleet) == 25
    assert len(kept(fleet)) == 25


def test_a_row_that_a_person_wrote_is_parked_and_stops_nothing(
    fleet: Fleet, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.tell("no kind at all", 0, clock())
    sandbox.tell("hr.expense.changed", 7, clock())
    assert drain(fleet) == 2
    assert [received.event.record_id for received in kept(fleet)] == [7]
    with fleet.ledger.reading() as connection:
        assert inbox.parked(connection) == {("firm", "outbox"): 1}


def test_an_outbox_that_is_not_installed_is_left_alone_for_a_while(
    tmp_path: Path, clock: Clock
) -> None:
    odoo = Switchable(Sandbox(clock().date()))
    fleet = fleet_on(tmp_path, clock, odoo, file=FILE_WITH_OUTBOX)
    tenant = fleet.settings.tenant("firm")
    sources.take_up(fleet, tenant)
    asked = odoo.calls
    clock.forward(minutes=9)
    sources.take_up(fleet, tenant)
    assert odoo.calls == asked
    clock.forward(minutes=1)
    sources.take_up(fleet, tenant)
    assert odoo.calls > asked


def test_an_odoo_that_is_away_is_no_error_of_the_source(
    fleet: Fleet, odoo: Switchable, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.tell("hr.expense.changed", 7, clock())
    odoo.error = OdooUnavailable("no answer")
    assert sources.take_up(fleet, fleet.settings.tenant("firm")) == 0
