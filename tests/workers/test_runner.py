"""One run: its effects are committed together, its failures are recorded by class."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy import event, text

from monitoring import metrics
from odoo_gateway import trace
from odoo_gateway.errors import (
    OdooLoginRefused,
    OdooRejected,
    OdooSchemaDrift,
    OdooUnavailable,
)
from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tasks.declaration import Job
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Report
from tasks.domain.periods import Period
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, TENANT, Switchable, fleet_on
from workers import dispatch, runner
from workers.config.settings import Environment
from workers.delivery import dispatcher
from workers.ledger import acts, audit, cases, counters, measures, outbox, readers, runs
from workers.ledger.errors import LeaseLost, LedgerUnavailable, StaleCases
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.runner import Asked
from workers.wiring import Fleet

REMINDERS, READINESS = "timesheet_reminders", "invoice_readiness"
OWNER = "delivery@nordwind.example"
WITH_OWNER = f'{FILE}recipients.delivery = ["{OWNER}"]\n'


def opened(fleet: Fleet, job: str, company_id: int = 1) -> int:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        run_id = runs.open_slot(connection, Place(job, "firm", company_id), now, now, "trace-1")
    assert run_id is not None
    return run_id


def watched_before(fleet: Fleet, job: str, company_id: int = 1) -> None:
    """A run of yesterday that succeeded and saw nothing: what comes is not a first run."""
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    at = fleet.clock() - timedelta(days=1)
    with fleet.ledger.transaction() as connection:
        made = runs.open_slot(connection, Place(job, "firm", company_id), at, at, "trace-0")
        limits = {"lease": timedelta(minutes=15), "tenant_limit": 9, "max_attempts": 5}
        claim = runs.claim(connection, made or 0, at, **limits)  # type: ignore[arg-type]
        assert claim is not None
        runs.succeed(connection, claim, at, {})


def messages(fleet: Fleet) -> list[outbox.Message]:
    with fleet.ledger.reading() as connection:
        return list(outbox.find(connection, 100))


def counted(fleet: Fleet) -> dict[str, float]:
    with fleet.ledger.reading() as connection:
        return {f"{c.name}{sorted(c.labels.values())}": c.value for c in counters.all(connection)}


def run_of(fleet: Fleet, run_id: int) -> runs.Run:
    with fleet.ledger.reading() as connection:
        run = runs.get(connection, run_id)
    assert run is not None
    return run


def test_a_run_that_finds_nothing_costs_the_ledger_few_statements(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Job, "run", lambda *_: Report(rows=()))
    # Of a job that heeds no more than its own cases.
    first, second = (opened(fleet, "wip_aging", company) for company in (1, 2))
    runner.execute(fleet, first)
    said: list[str] = []
    event.listen(fleet.ledger._engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    assert dispatch.execute(fleet, second, lambda run: None)
    kinds = Counter(statement.split()[0] for statement in said)
    # The claim and the outcome.
    assert kinds["BEGIN"] == 2, said
    # Each asks for what is to be known then, and is counted.
    assert kinds["UPDATE"] + kinds["INSERT"] == 4, said
    assert kinds["SELECT"] == 1, said


def test_a_run_commits_cases_messages_measures_and_its_outcome(fleet: Fleet) -> None:
    run_id = opened(fleet, REMINDERS)
    executed = runner.execute(fleet, run_id)
    assert executed is not None
    assert executed.seen is not None
    found = len(executed.seen.report.findings)
    told = messages(fleet)
    assert found > len(told) > 1
    run = run_of(fleet, run_id)
    assert run.status is RunStatus.SUCCEEDED
    assert run.detail is not None
    assert run.detail["messages"] == len(told)
    with fleet.ledger.reading() as connection:
        assert len(cases.open_cases(connection, Place(REMINDERS, "firm", 1))) == found
        (sample,) = measures.history(connection, "timesheet_missing_hours", 10)
    assert (sample.formula, sample.cut_off) == (1, run.slot)
    assert sample.excluded
    assert all(message.trace_id == "trace-1" for message in told)


def test_one_trace_id_leads_from_the_slot_to_what_is_asked_logged_and_audited(
    fleet: Fleet, odoo: Switchable, our_logs: pytest.LogCaptureFixture
) -> None:
    asked: set[str] = set()

    class Watched:
        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            asked.add(trace.current.get())
            return inner.call(model, method, args, kwargs)

    inner, odoo.inner = odoo.inner, Watched()
    run_id = opened(fleet, REMINDERS)
    asked.clear()
    runner.execute(fleet, run_id)
    assert asked == {"trace-1"}
    assert trace.current.get() == ""
    said: list[Any] = [e.msg for e in our_logs.records if e.name == "workers.runner"]
    assert [(line["event"], line["trace_id"]) for line in said] == [("run.succeeded", "trace-1")]
    with fleet.ledger.reading() as connection:
        noted = audit.entries(connection, 1000, run_id=run_id)
    assert noted
    assert {entry.detail["trace_id"] for entry in noted} == {"trace-1"}


def test_the_same_slot_run_twice_tells_each_person_once(fleet: Fleet) -> None:
    run_id = opened(fleet, REMINDERS)
    runner.execute(fleet, run_id)
    told = len(messages(fleet))
    assert runner.execute(fleet, run_id) is None
    assert len(messages(fleet)) == told


def test_a_later_run_that_sees_the_same_says_nothing(fleet: Fleet, clock: Clock) -> None:
    for job in (REMINDERS, READINESS):
        runner.execute(fleet, opened(fleet, job))
    dispatcher.deliver(fleet)
    told = len(messages(fleet))
    clock.forward(hours=1)
    for job in (REMINDERS, READINESS):
        runner.execute(fleet, opened(fleet, job))
    assert len(messages(fleet)) == told


def test_a_digest_that_did_not_go_out_gives_way_to_the_next_one(fleet: Fleet, clock: Clock) -> None:
    for _ in range(2):
        runner.execute(fleet, opened(fleet, READINESS))
        clock.forward(hours=1)
    newest, older = sorted(messages(fleet), key=lambda message: -message.id)
    assert (older.status, older.error) == (MessageStatus.DROPPED, readers.SUPERSEDED)
    assert newest.status is MessageStatus.QUEUED
    assert newest.stored["news"]["since"] is None


def test_a_digest_that_has_nothing_left_to_say_is_taken_back(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    clock.forward(hours=1)
    lines = odoo.call("sale.order.line", "search_read", [[], ["id"]], {})
    cancelled = {("sale.order.line", line["id"]): {"state": "cancel"} for line in lines}
    odoo.inner = Sandbox(clock().date(), corrupt=cancelled)
    runner.execute(fleet, opened(fleet, READINESS))
    (only,) = messages(fleet)
    assert only.status is MessageStatus.DROPPED


def test_a_digest_goes_to_the_role_with_totals_and_rows(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    (message,) = messages(fleet)
    assert message.recipient == "finance@nordwind.example"
    assert message.stored["totals"][0]["residual"] == "0.00"
    assert len(message.stored["rows"]) > 10


def test_an_unavailable_odoo_is_tried_again_later(fleet: Fleet, odoo: Switchable) -> None:
    run_id = opened(fleet, REMINDERS)
    odoo.error = OdooUnavailable("firm cannot be reached")
    runner.execute(fleet, run_id)
    run = run_of(fleet, run_id)
    assert (run.status, run.error_class) == (RunStatus.PENDING, "OdooUnavailable")
    assert run.attempts == 0
    wait = run.next_attempt_at - fleet.clock()
    assert timedelta(seconds=24) <= wait <= timedelta(seconds=30)
    assert counted(fleet)["fleet_exceptions['OdooUnavailable', 'firm', 'timesheet_reminders']"] == 1


def test_after_its_attempts_a_run_is_a_dead_letter_with_its_reason(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    run_id = opened(fleet, REMINDERS)
    odoo.error = SoftTimeLimitExceeded("too long")
    for _ in range(5):
        runner.execute(fleet, run_id)
        clock.forward(hours=1)
    run = run_of(fleet, run_id)
    assert (run.status, run.attempts, run.error_class) == (
        RunStatus.DEAD,
        5,
        "SoftTimeLimitExceeded",
    )


@pytest.mark.parametrize("error", [OdooUnavailable("away"), OdooLoginRefused("no such key")])
def test_a_run_waits_for_its_odoo_until_its_window_is_over_and_then_says_so(
    fleet: Fleet, odoo: Switchable, clock: Clock, error: Exception
) -> None:
    run_id = opened(fleet, REMINDERS)
    odoo.error = error
    window = catalogue.jobs()[REMINDERS].cron.window
    for _ in range(int(window / timedelta(hours=1))):
        runner.execute(fleet, run_id)
        run = run_of(fleet, run_id)
        assert (run.status, run.attempts) == (RunStatus.PENDING, 0)
        clock.forward(hours=1)
    runner.execute(fleet, run_id)
    run = run_of(fleet, run_id)
    assert (run.status, run.error_class) == (RunStatus.DEAD, type(error).__name__)
    assert "window of 48 h is over" in str(run.error)
    assert str(error) in str(run.error)


@pytest.mark.parametrize("error", [OdooRejected("not allowed"), OdooSchemaDrift("no field x")])
def test_what_cannot_help_is_not_tried_again(
    fleet: Fleet, odoo: Switchable, error: Exception
) -> None:
    run_id = opened(fleet, REMINDERS)
    odoo.error = error
    runner.execute(fleet, run_id)
    run = run_of(fleet, run_id)
    assert (run.status, run.error_class) == (RunStatus.DEAD, type(error).__name__)


def test_after_drift_the_schema_is_learnt_anew(fleet: Fleet, odoo: Switchable) -> None:
    tenant = fleet.settings.tenant("firm")
    run_id = opened(fleet, REMINDERS)
    session = fleet.session(tenant)
    odoo.error = OdooSchemaDrift("no field x")
    runner.execute(fleet, run_id)
    assert fleet.session(tenant) is not session


def test_a_bug_in_a_job_is_a_dead_letter_and_stops_nothing(fleet: Fleet, odoo: Switchable) -> None:
    run_id = opened(fleet, REMINDERS)
    odoo.error = ZeroDivisionError("oops")
    runner.execute(fleet, run_id)
    assert run_of(fleet, run_id).error_class == "ZeroDivisionError"


@pytest.mark.parametrize("error", [LedgerUnavailable("away"), StaleCases("moved")])
def test_a_ledger_that_could_not_commit_is_tried_again(
    fleet: Fleet, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = opened(fleet, REMINDERS)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(cases, "apply", broken)
    runner.execute(fleet, run_id)
    run = run_of(fleet, run_id)
    assert (run.status, run.error_class) == (RunStatus.PENDING, type(error).__name__)
    assert messages(fleet) == []


def test_a_run_that_was_taken_over_has_no_effect(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = opened(fleet, REMINDERS)

    def taken_over(*_: object) -> None:
        raise LeaseLost("another worker holds it")

    monkeypatch.setattr(runs, "succeed", taken_over)
    assert runner.execute(fleet, run_id) is None
    assert messages(fleet) == []
    assert run_of(fleet, run_id).status is RunStatus.RUNNING


def test_a_run_of_a_company_that_is_gone_says_so(fleet: Fleet) -> None:
    run_id = opened(fleet, REMINDERS, company_id=77)
    runner.execute(fleet, run_id)
    assert "no company 77" in str(run_of(fleet, run_id).error)


def test_an_unknown_run_is_not_ours(fleet: Fleet) -> None:
    assert runner.execute(fleet, 4711) is None


def test_one_unreadable_row_is_reported_and_leaves_its_case_alone(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    with fleet.ledger.reading() as connection:
        before = {
            c.finding.record_id for c in cases.open_cases(connection, Place(READINESS, "firm", 1))
        }
    line_id = _line_of(odoo, order_id=min(before))
    broken = {("sale.order.line", line_id): {"qty_delivered_method": "telepathy"}}
    odoo.inner = Sandbox(clock().date(), corrupt=broken)
    clock.forward(hours=1)
    executed = runner.execute(fleet, opened(fleet, READINESS))
    assert executed is not None
    assert executed.seen is not None
    assert [drift.record_id for drift in executed.seen.drift] == [line_id]
    with fleet.ledger.reading() as connection:
        after = {
            c.finding.record_id for c in cases.open_cases(connection, Place(READINESS, "firm", 1))
        }
        noted = audit.entries(connection, 10, event="drift")
    assert after == before
    assert "telepathy" in noted[0].detail["problem"]


def test_a_person_without_an_address_is_noted_and_told_to_the_owner(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    nameless = {("hr.employee", 9): {"work_email": False}}
    odoo.inner = Sandbox(clock().date(), corrupt=nameless)
    fleet = fleet_on(tmp_path, clock, odoo, file=WITH_OWNER)
    runner.execute(fleet, opened(fleet, REMINDERS))
    with fleet.ledger.reading() as connection:
        noted = audit.entries(connection, 10, event="message.undeliverable")
    assert [entry.detail["reason"] for entry in noted] == ["Ivo Novak has no e-mail address"]
    (owner,) = (m for m in messages(fleet) if (m.recipient, m.step) == (OWNER, "late"))
    assert [finding["owner"] for finding in owner.stored["findings"]] == ["Ivo Novak"]


def test_a_manager_gets_one_mail_about_all_her_people(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    clock.forward(days=2)
    odoo.inner = Sandbox(clock().date())
    runner.execute(fleet, opened(fleet, REMINDERS))
    found = {
        message.recipient: [finding["owner"] for finding in message.stored["findings"]]
        for message in messages(fleet)
        if message.step == "manager"
    }
    assert found["chiara.conti@nordwind.example"] == [
        "Marco Bianchi",
        "Nadia Petrova",
        "Oskar Lund",
    ]
    assert found["bruno.claes@nordwind.example"] == ["Ivo Novak"]


def test_a_week_that_is_short_again_is_not_asked_for_twice(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    for _ in range(3):
        clock.forward(hours=1)
        runner.execute(fleet, opened(fleet, REMINDERS))
        told = len(messages(fleet))
        clock.forward(hours=1)
        odoo.inner = Sandbox(clock().date(), corrupt=_everybody_gone(odoo))
        runner.execute(fleet, opened(fleet, REMINDERS))
        with fleet.ledger.reading() as connection:
            assert cases.open_cases(connection, Place(REMINDERS, "firm", 1)) == ()
        odoo.inner = Sandbox(clock().date())
    assert len(messages(fleet)) == told
    assert counted(fleet)[f"{metrics.DUPLICATES.name}['firm', '{REMINDERS}']"] == 2 * told


def test_a_run_of_one_week_leaves_the_cases_of_others_alone(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    with fleet.ledger.reading() as connection:
        before = cases.open_cases(connection, Place(REMINDERS, "firm", 1))
    clock.forward(hours=1)
    week = Period(date(2026, 11, 2), date(2026, 11, 8))
    runner.execute(fleet, opened(fleet, REMINDERS), Asked(clock(), week))
    with fleet.ledger.reading() as connection:
        assert cases.open_cases(connection, Place(REMINDERS, "firm", 1)) == before


def test_calls_to_odoo_are_counted_with_the_run(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    calls = {name: value for name, value in counted(fleet).items() if "fleet_odoo_calls" in name}
    assert sum(calls.values()) > 5


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (4, 240), (20, 1800)])
def test_waiting_doubles_up_to_half_an_hour(attempts: int, seconds: int) -> None:
    assert runner.backoff(Environment(), attempts) == timedelta(seconds=seconds)


def test_every_job_of_the_catalogue_runs_on_the_sandbox(fleet: Fleet) -> None:
    for job in catalogue.jobs():
        executed = runner.execute(fleet, opened(fleet, job, company_id=2))
        assert executed is not None
        assert executed.error is None


def _everybody_gone(odoo: Switchable) -> dict[tuple[str, int], dict[str, object]]:
    rows = odoo.call("hr.employee", "search_read", [[], ["id"]], {})
    gone = {"active": False, "departure_date": "2026-01-31"}
    return {("hr.employee", row["id"]): gone for row in rows}


def _line_of(odoo: Switchable, order_id: int) -> int:
    domain = [("order_id", "=", order_id), ("display_type", "=", False)]
    rows = odoo.call("sale.order.line", "search_read", [domain, ["order_id"]], {})
    return int(rows[0]["id"])


def test_a_run_that_took_too_long_is_tried_again(fleet: Fleet, odoo: Switchable) -> None:
    run_id = opened(fleet, REMINDERS)
    odoo.error = SoftTimeLimitExceeded()
    runner.execute(fleet, run_id)
    run = run_of(fleet, run_id)
    assert (run.status, run.error_class) == (RunStatus.PENDING, "SoftTimeLimitExceeded")


@pytest.mark.parametrize("job", ["invoice_readiness", "wip_aging"])
def test_a_hold_of_any_jobs_policy_holds_the_order_in_all(
    job: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    hold = '{order = "S00001", reason = "dispute"}'
    fleet = fleet_on(tmp_path, clock, odoo, file=f"{TENANT}policies.{job}.holds = [{hold}]\n")
    executed = runner.execute(fleet, opened(fleet, READINESS))
    assert executed is not None
    assert executed.seen is not None
    (row, *_) = executed.seen.report.rows
    assert (row["sale_order"], row["status"]) == ("S00001", "held")


def test_a_hold_is_seen_by_the_next_run_and_its_end_brings_the_order_back(
    fleet: Fleet, clock: Clock
) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    with fleet.ledger.transaction() as connection:
        found = cases.open_cases(connection, Place(READINESS, "firm", 1))
        (ready, *_) = [c.finding for c in found if c.finding.key.startswith("ready")]
        held = Act(
            ActKind.HELD,
            "ann@nordwind.example",
            READINESS,
            "firm",
            1,
            ready.key,
            clock(),
            "dispute",
            clock().date(),
            model=ready.model,
            record_id=ready.record_id,
        )
        acts.record(connection, held, "nonce-1")
    clock.forward(hours=1)
    runner.execute(fleet, opened(fleet, READINESS))
    assert ready.key not in _keys(fleet)
    clock.forward(days=1)
    runner.execute(fleet, opened(fleet, READINESS))
    assert ready.key in _keys(fleet)


def _keys(fleet: Fleet) -> set[str]:
    with fleet.ledger.reading() as connection:
        return {c.finding.key for c in cases.open_cases(connection, Place(READINESS, "firm", 1))}


def test_a_period_that_was_asked_for_measures_nothing_and_closes_no_case_of_another(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    job, target = "utilization_variance", "policies.utilization_variance.target_percent = 75\n"
    fleet = fleet_on(tmp_path, clock, odoo, file=FILE + target)
    runner.execute(fleet, opened(fleet, job))
    with fleet.ledger.reading() as connection:
        before = cases.open_cases(connection, Place(job, "firm", 1))
        measured = measures.latest(connection, fleet.clock())
    assert before
    assert measured
    clock.forward(hours=1)
    september = Period(date(2026, 9, 1), date(2026, 9, 30))
    runner.execute(fleet, opened(fleet, job), Asked(clock(), september))
    with fleet.ledger.reading() as connection:
        after = cases.open_cases(connection, Place(job, "firm", 1))
        assert measures.latest(connection, fleet.clock()) == measured
    assert {case.finding.key for case in before} <= {case.finding.key for case in after}


@pytest.mark.parametrize(
    ("job", "later", "judged"),
    [
        ("wip_aging", 26, "2026-11-24"),
        ("invoice_readiness", 26, "2026-11-24"),
        ("pending_approvals", 26, "2026-11-24"),
        ("wip_aging", 3, "2026-11-23"),
        ("timesheet_reminders", 26, "2026-11-23"),
        ("utilization_variance", 26, "2026-11-23"),
    ],
)
def test_a_slot_that_runs_on_a_later_day_tells_no_present_state_as_that_of_its_own_day(
    fleet: Fleet, clock: Clock, job: str, later: int, judged: str
) -> None:
    run_id = opened(fleet, job)
    clock.forward(hours=later)
    executed = runner.execute(fleet, run_id)
    assert executed is not None
    assert executed.seen is not None
    assert executed.seen.report.rows
    with fleet.ledger.reading() as connection:
        days = {str(sample.at.date()) for sample in measures.latest(connection, fleet.clock())}
        cut_offs = {
            str(sample.cut_off.date())
            for name in measures.names(connection)
            for sample in measures.history(connection, name, 10)
            if sample.cut_off
        }
    assert cut_offs == {judged}
    assert days == {str(clock().date())}


def test_a_run_over_some_records_leaves_the_cases_of_others_alone(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    with fleet.ledger.reading() as connection:
        before = {
            c.finding.key: c for c in cases.open_cases(connection, Place(REMINDERS, "firm", 1))
        }
    key, case = next(iter(before.items()))
    about = (case.finding.model, case.finding.record_id)
    others = {k for k, c in before.items() if (c.finding.model, c.finding.record_id) != about}
    assert others
    # Nobody works there any more.
    people = [(each["id"]) for each in firm.build(clock().date())["hr.employee"]]
    gone = {("hr.employee", each): {"company_id": 2} for each in people}
    odoo.inner = Sandbox(clock().date(), corrupt=gone)
    clock.forward(minutes=1)
    asked = Asked(clock(), only=frozenset({about}))
    executed = runner.execute(fleet, opened(fleet, REMINDERS), asked)
    assert executed is not None
    assert executed.status is RunStatus.SUCCEEDED
    with fleet.ledger.reading() as connection:
        after = {c.finding.key for c in cases.open_cases(connection, Place(REMINDERS, "firm", 1))}
    assert key not in after
    assert after == others


def test_a_run_over_some_records_measures_nothing(fleet: Fleet) -> None:
    asked = Asked(fleet.clock(), only=frozenset({("hr.employee", 5)}))
    runner.execute(fleet, opened(fleet, REMINDERS), asked)
    with fleet.ledger.reading() as connection:
        assert not connection.execute(text("SELECT * FROM measures")).all()
