"""Slots become runs exactly once, whoever looks and however often."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitoring import metrics
from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from workers import dispatch, runner
from workers.commands import status
from workers.ledger import counters, runs
from workers.ledger.places import Place
from workers.ledger.runs import Run
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

JOB = catalogue.jobs()["timesheet_reminders"]


def watched_since_yesterday(fleet: Fleet, clock: Clock) -> None:
    """First sight, and then a day passes; it is Tuesday, nine o'clock."""
    dispatch.open_due_slots(fleet, JOB)
    clock.forward(days=1)


def test_nothing_is_due_before_the_first_slot_after_first_sight(fleet: Fleet) -> None:
    assert dispatch.open_due_slots(fleet, JOB) == []


def test_each_company_gets_a_run_for_its_own_slot(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    dispatch.open_due_slots(fleet, JOB)
    with fleet.ledger.reading() as connection:
        found = {run.company_id: run.slot for run in runs.latest(connection, 10)}
    # Tuesday's five o'clock in Brussels; in New York it is still to come, so Monday's.
    assert found == {
        1: datetime(2026, 11, 24, 4, tzinfo=UTC),
        2: datetime(2026, 11, 23, 10, tzinfo=UTC),
    }


@pytest.mark.parametrize("ahead_from_the_start", [False, True])
def test_a_clock_that_ran_ahead_keeps_no_slot_closed_once_it_is_right(
    fleet: Fleet, clock: Clock, *, ahead_from_the_start: bool
) -> None:
    if not ahead_from_the_start:
        watched_since_yesterday(fleet, clock)
        _run_due(fleet)
    clock.forward(days=40)
    _run_due(fleet)
    clock.forward(days=1)
    assert len(_run_due(fleet)) == 2
    clock.forward(days=-41)
    _run_due(fleet)
    opened = []
    for _ in range(2):
        clock.forward(days=1)
        opened.append(len(_run_due(fleet)))
    assert opened == [2, 2]
    clock.forward(days=3)
    late = [problem.what for problem in status.look(fleet).problems if "overdue" in problem.detail]
    assert f"{JOB.name} of firm, company 1" in late


def _run_due(fleet: Fleet) -> Sequence[int]:
    opened = dispatch.open_due_slots(fleet, JOB)
    for run_id in opened:
        runner.execute(fleet, run_id)
    return opened


def test_two_beats_open_a_slot_once(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    assert len(dispatch.open_due_slots(fleet, JOB)) == 2
    assert dispatch.open_due_slots(fleet, JOB) == []


def test_due_runs_are_published_and_left_in_peace_for_a_while(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    dispatch.open_due_slots(fleet, JOB)
    published: list[Run] = []
    assert dispatch.publish_due(fleet, published.append) == 2
    assert dispatch.publish_due(fleet, published.append) == 0


def test_a_run_that_the_broker_lost_is_published_again(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    dispatch.open_due_slots(fleet, JOB)
    published: list[Run] = []
    dispatch.publish_due(fleet, published.append)
    clock.forward(minutes=3)
    dispatch.publish_due(fleet, published.append)
    assert [run.id for run in published[2:]] == [run.id for run in published[:2]]


def test_a_run_whose_worker_died_is_published_again(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    for run_id in dispatch.open_due_slots(fleet, JOB):
        with fleet.ledger.transaction() as connection:
            runs.claim(connection, run_id, clock(), timedelta(minutes=15), 2, 5)
    published: list[Run] = []
    assert dispatch.publish_due(fleet, published.append) == 0
    clock.forward(minutes=16)
    assert dispatch.publish_due(fleet, published.append) == 2
    assert published[0].status is RunStatus.RUNNING


def test_companies_are_remembered_while_odoo_is_down(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    watched_since_yesterday(fleet, clock)
    odoo.error = OdooUnavailable("away")
    assert len(dispatch.open_due_slots(fleet, JOB)) == 2


def test_an_odoo_that_never_answered_is_counted_and_its_slots_wait(
    fleet: Fleet, odoo: Switchable
) -> None:
    odoo.error = OdooRejected("no")
    assert dispatch.open_due_slots(fleet, JOB) == []
    with fleet.ledger.reading() as connection:
        found = [c.labels for c in counters.all(connection) if c.name == "fleet_exceptions"]
    assert found == [{"exception": "OdooRejected", "job": JOB.name, "tenant": "firm"}]


def test_companies_are_asked_for_at_most_once_an_hour(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    dispatch.open_due_slots(fleet, JOB)
    calls = odoo.calls
    clock.forward(minutes=59)
    dispatch.open_due_slots(fleet, JOB)
    assert odoo.calls == calls
    clock.forward(minutes=2)
    dispatch.open_due_slots(fleet, JOB)
    assert odoo.calls > calls


def test_a_company_that_is_added_to_the_configuration_is_asked_for_at_once(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    one = fleet_on(tmp_path, clock, odoo, file=FILE + "companies = [1]\n")
    tenant = one.settings.tenant("firm")
    assert [scope.company_id for scope in dispatch.known_scopes(one, tenant)] == [1]
    both = fleet_on(tmp_path, clock, odoo, file=FILE + "companies = [1, 2]\n")
    tenant = both.settings.tenant("firm")
    assert [scope.company_id for scope in dispatch.known_scopes(both, tenant)] == [1, 2]
    calls = odoo.calls
    assert len(dispatch.known_scopes(both, tenant)) == 2
    assert odoo.calls == calls


def test_a_disabled_job_opens_nothing(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, odoo: Switchable
) -> None:
    file = FILE + 'disabled_jobs = ["timesheet_reminders"]\n'
    fleet = fleet_on(tmp_path_factory.mktemp("disabled"), clock, odoo, file=file)
    watched_since_yesterday(fleet, clock)
    assert dispatch.open_due_slots(fleet, JOB) == []


def test_a_company_that_the_user_may_not_see_is_named(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, odoo: Switchable
) -> None:
    fleet = fleet_on(
        tmp_path_factory.mktemp("hidden"), clock, odoo, file=FILE + "companies = [1, 9]\n"
    )
    with pytest.raises(OdooRejected, match="not allowed in company 9"):
        dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))


def test_a_zone_of_the_configuration_goes_before_the_calendars(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, odoo: Switchable
) -> None:
    fleet = fleet_on(
        tmp_path_factory.mktemp("zone"), clock, odoo, file=FILE + 'timezone = "Asia/Kolkata"\n'
    )
    scopes = dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    assert {scope.zone.key for scope in scopes} == {"Asia/Kolkata"}


NOWHERE = {("resource.calendar", 1): {"tz": "Mars/Phobos"}}


def test_a_company_in_a_zone_that_nobody_knows_runs_by_utc_and_is_told(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    odoo.inner = Sandbox(clock().date(), corrupt=NOWHERE)
    watched_since_yesterday(fleet, clock)
    with capture_logs() as logs:
        clock.forward(hours=1)
        assert len(dispatch.open_due_slots(fleet, JOB)) == 2, "both companies have their runs"
    zones = [
        scope.zone.key for scope in dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    ]
    assert zones == ["UTC", "America/New_York"]
    (told,) = (each for each in logs if each["event"] == "scopes.zone_unknown")
    assert (told["company"], told["zone"]) == (1, "Mars/Phobos")
    with fleet.ledger.reading() as connection:
        counted = counters.all(connection)
    assert {c.labels["tenant"] for c in counted if c.name == metrics.UNKNOWN_ZONES.name} == {"firm"}


def test_what_nobody_foresaw_of_one_odoo_keeps_no_other_tenant_waiting(
    tmp_path_factory: pytest.TempPathFactory,
    clock: Clock,
    odoo: Switchable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = FILE.replace("[tenants.firm]", "[tenants.zgood]")
    fleet = fleet_on(
        tmp_path_factory.mktemp("two"),
        clock,
        odoo,
        file=FILE + other,
        environ={"FLEET_ZGOOD_ODOO_API_KEY": "k"},
    )
    discover = dispatch.discover

    def odd(session: Any, tenant: Any) -> Any:
        if tenant.name == "firm":
            raise KeyError("what nobody foresaw")
        return discover(session, tenant)

    monkeypatch.setattr(dispatch, "discover", odd)
    dispatch.open_due_slots(fleet, JOB)
    clock.forward(days=1)
    assert len(dispatch.open_due_slots(fleet, JOB)) == 2
    with fleet.ledger.reading() as connection:
        counted = counters.all(connection)
    failed = [c.labels for c in counted if c.name == metrics.EXCEPTIONS.name]
    assert failed == [{"job": JOB.name, "tenant": "firm", "exception": "KeyError"}]


def test_the_next_slots_can_be_listed(fleet: Fleet) -> None:
    (scope, _) = dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    found = dispatch.next_slots("0 5 * * 1-5", scope.zone, fleet.clock(), 3)
    assert [slot.day for slot in found] == [24, 25, 26]


def test_a_run_that_ends_makes_the_next_of_its_tenant_known(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    first, second = dispatch.open_due_slots(fleet, JOB)
    published: list[Run] = []
    assert dispatch.execute(fleet, first, published.append)
    assert [run.id for run in published] == [second]
    assert dispatch.execute(fleet, 10**6, published.append) is None
    assert len(published) == 1
    with fleet.ledger.reading() as connection:
        told = sum(c.value for c in counters.all(connection) if c.name == metrics.PUBLISHED.name)
    assert told == 1


def test_a_run_whose_job_is_gone_fails_and_holds_up_no_other(fleet: Fleet, clock: Clock) -> None:
    watched_since_yesterday(fleet, clock)
    with fleet.ledger.transaction() as connection:
        gone = runs.open_slot(connection, Place("gone", "firm", 1), clock(), clock(), "trace-1")
    opened = dispatch.open_due_slots(fleet, JOB)
    published: list[Run] = []
    dispatch.publish_due(fleet, published.append)
    assert sorted(run.id for run in published) == sorted(opened)
    for _ in range(5):
        clock.forward(hours=1)
        dispatch.publish_due(fleet, published.append)
    assert gone is not None
    with fleet.ledger.reading() as connection:
        run = runs.get(connection, gone)
    assert run is not None
    assert (run.status, run.error_class) == (RunStatus.DEAD, "UnknownJob")


def test_a_call_that_failed_and_was_tried_again_is_counted(fleet: Fleet, odoo: Switchable) -> None:
    class FailsOnce:
        def call(self, *arguments: Any) -> Any:
            odoo.inner = inner
            raise OdooUnavailable("cut off")

    inner, odoo.inner = odoo.inner, FailsOnce()
    dispatch.open_due_slots(fleet, JOB)
    with fleet.ledger.reading() as connection:
        outcomes = {
            counter.labels["outcome"]
            for counter in counters.all(connection)
            if counter.name == metrics.ODOO_CALLS.name
        }
    assert outcomes == {"ok", "OdooUnavailable"}


def test_an_odoo_that_hangs_is_left_to_somebody_else_and_asked_for_once_in_a_while(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    watched_since_yesterday(fleet, clock)
    asked: list[str] = []
    calls = odoo.calls

    def look() -> int:
        return len(dispatch.open_due_slots(fleet, JOB, lambda job, tenant: asked.append(job.name)))

    assert look() == 2, "with the companies that are remembered"
    assert look() == 0
    assert asked == [JOB.name]
    clock.forward(seconds=fleet.settings.environment.republish_seconds + 1)
    look()
    assert asked == [JOB.name] * 2
    assert odoo.calls == calls
    dispatch.learn_scopes(fleet, JOB, fleet.settings.tenant("firm"))
    assert odoo.calls > calls
    clock.forward(minutes=10)
    look()
    assert len(asked) == 2
