"""A run by event looks at what it names, tells what is new of it, and leaves all else alone."""

from pathlib import Path

import pytest

from tests.fakes.clock import Clock
from tests.fakes.events import event
from tests.fakes.fleets import FILE, Switchable, fleet_on, run_once
from tests.fakes.hooks import SECRET
from tests.workers.test_runner import messages, opened, watched_before
from workers import dispatch, runner
from workers.intake import hearing
from workers.ledger import cases, counters, runs
from workers.ledger.places import Place
from workers.ledger.statuses import Origin, RunStatus
from workers.wiring import Fleet

REMINDERS = "timesheet_reminders"
HANDOFFS = Place("handoff_gate", "firm", 1)
HERE = Place(REMINDERS, "firm", 1)


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable) -> Fleet:
    return fleet_on(tmp_path, clock, odoo)


SIGNED_BY_N8N = f"""{FILE}
[tenants.firm.sources]
n8n.kind = "signed_webhook"
"""


def open_cases(fleet: Fleet) -> dict[int, str]:
    """The key of each case that stands, by its person."""
    with fleet.ledger.reading() as connection:
        return {
            case.finding.record_id: case.finding.key for case in cases.open_cases(connection, HERE)
        }


def woken(fleet: Fleet, *people: int) -> runs.Run:
    """The run of this company that events about these people made, executed."""
    told = [
        event(
            number,
            tenant="firm",
            kind="hr.employee.changed",
            model="hr.employee",
            record_id=person,
            occurred_at=fleet.clock(),
        )
        for number, person in enumerate(people)
    ]
    hearing.store(fleet, told)
    hearing.hear(fleet, fleet.settings.tenant("firm"))
    with fleet.ledger.reading() as connection:
        made = [r for r in runs.latest(connection, 10) if r.origin is Origin.EVENT]
    (run,) = [run for run in made if run.company_id == 1]
    runner.execute(fleet, run.id)
    with fleet.ledger.reading() as connection:
        found = runs.get(connection, run.id)
    assert found is not None
    return found


def test_it_looks_at_the_people_that_events_name_alone(fleet: Fleet) -> None:
    watched_before(fleet, REMINDERS)
    runner.execute(fleet, opened(fleet, REMINDERS))
    everybody = open_cases(fleet)
    assert len(everybody) > 2
    person = min(everybody)
    run = woken(fleet, person)
    assert run.status is RunStatus.SUCCEEDED
    assert open_cases(fleet) == everybody
    assert run.detail is not None
    assert run.detail["rows"] == 1


def test_it_tells_what_is_new_and_the_slot_does_not_tell_it_again(
    fleet: Fleet, clock: Clock
) -> None:
    watched_before(fleet, REMINDERS)
    first = opened(fleet, REMINDERS)
    runner.execute(fleet, first)
    person = min(open_cases(fleet))
    everything = len(messages(fleet))
    other = fleet_like_before(fleet)
    run = woken(other, person)
    assert run.status is RunStatus.SUCCEEDED
    assert set(open_cases(other)) == {person}
    told = len(messages(other))
    # Whoever gets them, a program above all, can tell what they come of.
    assert all(each.stored["events"] == ["outbox/event-0"] for each in messages(other))
    clock.forward(minutes=1)
    runner.execute(other, opened(other, REMINDERS))
    assert 0 < told < len(messages(other)) == everything
    assert sum("events" in each.stored for each in messages(other)) == told


def fleet_like_before(fleet: Fleet) -> Fleet:
    """The same with another ledger, in which a run of yesterday saw nothing."""
    folder = fleet.settings.environment.config.parent / "other"
    folder.mkdir()
    clock, odoo = fleet.clock, fleet.connect_odoo(fleet.settings.tenant("firm"))
    assert isinstance(clock, Clock)
    found = fleet_on(folder, clock, odoo)
    watched_before(found, REMINDERS)
    return found


def test_before_the_first_slot_it_is_a_baseline_and_the_slot_still_is_one(fleet: Fleet) -> None:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    probe = fleet_like_before(fleet)
    runner.execute(probe, opened(probe, REMINDERS))
    woken(fleet, min(open_cases(probe)))
    with fleet.ledger.reading() as connection:
        assert not runs.succeeded(connection, HERE)


def test_how_long_it_took_is_measured_from_the_event_and_is_no_lateness_of_a_slot(
    fleet: Fleet,
) -> None:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    woken(fleet, 1)
    with fleet.ledger.reading() as connection:
        names = {counter.name for counter in counters.all(connection)}
    assert any(name.startswith("fleet_event_delay_seconds") for name in names)
    assert not any(name.startswith("fleet_run_lateness") for name in names)


@pytest.mark.parametrize("source", ["n8n", "outbox"])
def test_what_was_signed_outside_is_handed_over_where_a_source_that_signs_tells_so(
    tmp_path: Path, clock: Clock, odoo: Switchable, source: str
) -> None:
    environ = {"FLEET_FIRM_IN_N8N_SECRET": SECRET}
    fleet = fleet_on(tmp_path, clock, odoo, file=SIGNED_BY_N8N, environ=environ)
    run_once(fleet, HANDOFFS.job, 1)
    assert "acceptance-order-902" in keys(fleet)
    told = event(
        1,
        tenant="firm",
        source=source,
        kind="sale.order.signed",
        model="sale.order",
        record_id=902,
        occurred_at=fleet.clock(),
    )
    hearing.store(fleet, [told])
    hearing.hear(fleet, fleet.settings.tenant("firm"))
    with fleet.ledger.reading() as connection:
        made = [r for r in runs.latest(connection, 10) if r.origin is Origin.EVENT]
    (run,) = [run for run in made if run.job == HANDOFFS.job]
    runner.execute(fleet, run.id)
    assert ("acceptance-order-902" in keys(fleet)) == (source == "outbox")
    assert "payment_terms-order-902" in keys(fleet)


def keys(fleet: Fleet) -> set[str]:
    """Of the handoffs that something is missing of."""
    with fleet.ledger.reading() as connection:
        return {case.finding.key for case in cases.open_cases(connection, HANDOFFS)}
