"""Events that wait become runs of the jobs that wake for them, where their record is."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway import changes
from odoo_gateway.errors import OdooRejected, OdooUnavailable
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.events import event
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.fakes.overlay import Overlay
from workers import dispatch, outages
from workers.intake import hearing, sources
from workers.ledger import counters, inbox, pauses, runs, scopes
from workers.ledger.inbox import Event, Received
from workers.ledger.places import Places
from workers.ledger.runs import Run
from workers.ledger.statuses import EventStatus, Origin
from workers.wiring import Fleet

APPROVALS, REMINDERS = "pending_approvals", "timesheet_reminders"


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable) -> Fleet:
    """One that knows its companies, in whose Odoo expense 7 is of the second one."""
    answers = {("hr.expense", "search_read"): lambda args, kwargs: companies(args[0])}

    def companies(domain: list[Any]) -> list[Mapping[str, Any]]:
        ids = domain[0][2]
        return [{"id": 7, "company_id": 2}] if 7 in ids else []

    odoo.inner = Overlay(odoo.inner, answers)
    found = fleet_on(tmp_path, clock, odoo)
    dispatch.known_scopes(found, found.settings.tenant("firm"))
    return found


def of_firm(number: int, **changes: Any) -> Event:
    return event(number, tenant="firm", **changes)


def hear(fleet: Fleet) -> int:
    return hearing.hear(fleet, fleet.settings.tenant("firm"))


def made(fleet: Fleet) -> list[Run]:
    with fleet.ledger.reading() as connection:
        return [run for run in runs.latest(connection, 100) if run.origin is Origin.EVENT]


def known(fleet: Fleet, number: int = 1) -> Received:
    with fleet.ledger.reading() as connection:
        found = inbox.known(connection, "firm", "outbox", f"event-{number}")
    assert found is not None
    return found


def counted(fleet: Fleet) -> dict[str, float]:
    with fleet.ledger.reading() as connection:
        return {
            c.labels["outcome"]: c.value
            for c in counters.all(connection)
            if c.name == "fleet_events"
        }


def test_a_record_wakes_its_job_in_its_own_company(fleet: Fleet) -> None:
    hearing.store(fleet, [of_firm(1)])
    assert hear(fleet) == 1
    (run,) = made(fleet)
    assert (run.job, run.company_id, run.trace_id) == (APPROVALS, 2, "trace-1")
    assert known(fleet).status is EventStatus.WOKE
    with fleet.ledger.reading() as connection:
        looked_at = inbox.subjects(inbox.events_of(connection, run.id))
    assert looked_at == {("hr.expense", 7)}


def test_events_wait_until_the_companies_are_known(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo)
    hearing.store(fleet, [of_firm(1)])
    hear(fleet)
    assert (known(fleet).status, known(fleet).attempts) == (EventStatus.WAITING, 0)


def test_one_that_is_gone_wakes_it_in_every_company(fleet: Fleet) -> None:
    hearing.store(fleet, [of_firm(1, record_id=999)])
    hear(fleet)
    with fleet.ledger.reading() as connection:
        every = scopes.of_tenant(connection, "firm")
    assert sorted(run.company_id for run in made(fleet)) == [s.company_id for s in every]


def test_many_at_a_time_become_one_run_and_one_question(fleet: Fleet, odoo: Switchable) -> None:
    hearing.store(fleet, [of_firm(number) for number in range(100)])
    hear(fleet)
    assert len(made(fleet)) == 1
    hearing.store(fleet, [of_firm(number) for number in range(100, 200)])
    before = odoo.calls
    hear(fleet)
    assert odoo.calls == before + 1
    (run,) = made(fleet)
    with fleet.ledger.reading() as connection:
        assert len(inbox.events_of(connection, run.id)) == 200


def test_what_wakes_no_job_is_ignored_without_asking_odoo(fleet: Fleet, odoo: Switchable) -> None:
    before = odoo.calls
    hearing.store(fleet, [of_firm(1, kind="res.country.changed", model="res.country")])
    hearing.store(fleet, [of_firm(2, kind="hr.expense.sung")])
    assert hear(fleet) == 2
    assert odoo.calls == before
    assert made(fleet) == []
    assert known(fleet).status is EventStatus.IGNORED
    assert counted(fleet) == {"received": 2, "ignored": 2}


def test_a_job_that_is_disabled_hears_nothing(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, file=f'{FILE}disabled_jobs = ["{APPROVALS}"]\n')
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    hearing.store(fleet, [of_firm(1)])
    hear(fleet)
    assert known(fleet).status is EventStatus.IGNORED


def test_that_a_record_changed_may_be_any_event_of_it() -> None:
    (job,) = (
        job
        for job in catalogue.jobs().values()
        if any(wake.subject == "hr.expense" for wake in job.wakes)
    )
    wake = next(wake for wake in job.wakes if wake.subject == "hr.expense")
    assert wake.hears("hr.expense.changed", "hr.expense")
    assert not wake.hears("hr.expense.changed", "hr.employee")
    assert not wake.hears("hr.expense.removed", "hr.expense")


def test_while_odoo_is_away_events_wait_at_no_attempts_cost(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    hearing.store(fleet, [of_firm(1)])
    odoo.error = OdooUnavailable("no answer")
    for _ in range(20):
        hear(fleet)
        clock.forward(minutes=1)
    assert (known(fleet).status, known(fleet).attempts) == (EventStatus.WAITING, 0)
    odoo.error = None
    outages.end(fleet, outages.of_odoo("firm"))
    hear(fleet)
    assert known(fleet).status is EventStatus.WOKE


def test_one_about_a_model_that_is_not_there_is_parked_and_harms_no_other(fleet: Fleet) -> None:
    no_model = of_firm(1, kind="hr.expense.sheet.changed", model="hr.expense.sheet")
    hearing.store(fleet, [no_model, of_firm(2)])
    hear(fleet)
    parked = known(fleet)
    assert (parked.status, parked.error_class) == (EventStatus.PARKED, "OdooSchemaDrift")
    assert known(fleet, 2).status is EventStatus.WOKE


def test_what_odoo_refuses_is_parked_with_its_words(fleet: Fleet, odoo: Switchable) -> None:
    hearing.store(fleet, [of_firm(1)])
    odoo.error = OdooRejected("you are not allowed to")
    hear(fleet)
    assert "not allowed" in (known(fleet).error or "")


def test_what_keeps_failing_is_parked_in_the_end(
    fleet: Fleet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(changes, "companies", fail)
    hearing.store(fleet, [of_firm(1)])
    for _ in range(fleet.settings.environment.run_attempts):
        assert known(fleet).status is EventStatus.WAITING
        hear(fleet)
        clock.forward(minutes=1)
    assert known(fleet).status is EventStatus.PARKED


def test_what_is_paused_is_woken_and_waits_for_the_end(fleet: Fleet, clock: Clock) -> None:
    with fleet.ledger.transaction() as connection:
        until = clock() + timedelta(hours=1)
        pauses.begin(connection, Places(job=APPROVALS), "no", "ann", clock(), until)
    for number in (1, 2):
        hearing.store(fleet, [of_firm(number)])
        hear(fleet)
    (run,) = made(fleet)
    published: list[int] = []
    dispatch.publish_due(fleet, lambda run: published.append(run.id))
    assert published == []
    clock.forward(hours=1)
    dispatch.publish_due(fleet, lambda run: published.append(run.id))
    assert published == [run.id]


def test_nobody_is_asked_of_tenants_where_nothing_waits(fleet: Fleet) -> None:
    assert sources.tenants_to_hear(fleet) == []
    hearing.store(fleet, [of_firm(1)])
    assert sources.tenants_to_hear(fleet) == ["firm"]
