"""What /metrics says of the ledger and the broker, and that it survives what fails."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from odoo_gateway.errors import OdooError, OdooRejected, OdooUnavailable
from odoo_gateway.sandbox import Sandbox, firm
from tests.fakes.clock import Clock
from tests.fakes.effects import follow_up, proposed
from tests.fakes.fleets import FILE, Switchable, fleet_on
from workers import dispatch, outages, runner
from workers import notes as watching
from workers.commands import doctor
from workers.delivery import dispatcher
from workers.errors import DeliveryError
from workers.ledger import counters, marks, runs
from workers.ledger.errors import LedgerError
from workers.ledger.places import Place
from workers.watch import scrape as backlog
from workers.watch import visibility
from workers.wiring import Fleet

JOB = "invoice_readiness"


def opened(fleet: Fleet, job: str = JOB, ago: timedelta = timedelta()) -> int:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        runs.watch_since(connection, Place(job, "firm", 1), now - ago)
        run_id = runs.open_slot(connection, Place(job, "firm", 1), now - ago, now, "trace-1")
    assert run_id is not None
    return run_id


def scraped(fleet: Fleet) -> dict[tuple[str, tuple[str, ...]], float]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(backlog.collector(fleet))
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def named(fleet: Fleet, name: str) -> dict[tuple[str, ...], float]:
    return {labels: value for (found, labels), value in scraped(fleet).items() if found == name}


def test_a_success_is_told_under_our_names_and_under_celery_exporters(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, ago=timedelta(seconds=20)))
    found = scraped(fleet)
    assert found["fleet_runs_total", ("firm", JOB, "succeeded")] == 1
    assert found["celery_task_succeeded_total", ("batch", f"jobs.{JOB}")] == 1
    assert found["celery_task_started_total", ("batch", f"jobs.{JOB}")] == 1
    assert found["celery_task_runtime_count", ("batch", f"jobs.{JOB}")] == 1
    assert found["fleet_run_lateness_seconds_bucket", ("15", JOB)] == 0
    assert found["fleet_run_lateness_seconds_bucket", ("30", JOB)] == 1
    assert found["fleet_run_lateness_seconds_sum", (JOB,)] == 20


def test_what_versions_before_counted_in_a_histogram_is_counted_on(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, ago=timedelta(seconds=20)))
    name = "fleet_run_lateness_seconds"
    with fleet.ledger.transaction() as connection:
        # They wrote each bucket with all those above it.
        above = ("15", "30", "60", "120", "300", "900", "3600", "14400", "86400", "+Inf")
        cumulated = [(f"{name}_bucket", {"job": JOB, "le": le}, 2) for le in above]
        counters.add(connection, [*cumulated, (f"{name}_sum", {"job": JOB}, 25)])
    found = named(fleet, f"{name}_bucket")
    assert [found[le, JOB] for le in ("5", "15", "30", "900")] == [0, 2, 3, 3]
    assert found["+Inf", JOB] == named(fleet, f"{name}_count")[JOB,] == 3
    assert named(fleet, f"{name}_sum")[JOB,] == 45


def test_a_retry_is_late_once_and_counted_by_class(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    run_id = opened(fleet)
    odoo.error = OdooUnavailable("away")
    runner.execute(fleet, run_id)
    clock.now += timedelta(hours=1)
    odoo.error = OdooRejected("no")
    assert outages.probe(fleet, outages.of_odoo("firm"))
    runner.execute(fleet, run_id)
    found = scraped(fleet)
    task = f"jobs.{JOB}"
    assert found["fleet_run_lateness_seconds_count", (JOB,)] == 1
    assert found["celery_task_retried_total", ("batch", task)] == 1
    assert found["celery_task_failed_total", ("OdooRejected", "batch", task)] == 1
    assert found["fleet_exceptions_total", ("OdooUnavailable", "firm", JOB)] == 1
    assert found["fleet_dead_letters", ("OdooRejected", "firm", JOB)] == 1


@pytest.mark.parametrize(
    ("result", "prepare"),
    [
        ("settled", lambda fleet, run_id: runner.execute(fleet, run_id)),
        ("held", lambda fleet, run_id: held(fleet, run_id)),
        ("limited", lambda fleet, run_id: fill_the_tenant(fleet)),
    ],
)
def test_a_message_that_leads_to_no_run_says_why(fleet: Fleet, result: str, prepare) -> None:  # type: ignore[no-untyped-def]
    run_id = opened(fleet)
    prepare(fleet, run_id)
    assert runner.execute(fleet, run_id) is None
    labels = tuple(sorted(("firm", JOB, result)))
    assert named(fleet, "fleet_run_claims_total")[labels] == 1


def held(fleet: Fleet, run_id: int) -> None:
    with fleet.ledger.transaction() as connection:
        lease = timedelta(minutes=5)
        claim = runs.claim(connection, run_id, fleet.clock(), lease, 1, max_attempts=5)
    assert claim is not None


def fill_the_tenant(fleet: Fleet) -> None:
    limit = fleet.settings.tenant("firm").settings.concurrency
    for number in range(limit):
        now = fleet.clock() - timedelta(days=number + 1)
        with fleet.ledger.transaction() as connection:
            other = runs.open_slot(
                connection, Place("wip_aging", "firm", number + 1), now, now, "t"
            )
            assert other is not None
            lease = timedelta(minutes=5)
            runs.claim(connection, other, fleet.clock(), lease, limit, max_attempts=5)


def test_what_a_full_tenant_has_no_room_for_is_published_when_it_has(
    fleet: Fleet, clock: Clock
) -> None:
    waiting = opened(fleet)
    fill_the_tenant(fleet)
    published: list[runs.Run] = []
    assert dispatch.publish_due(fleet, published.append) == 0
    clock.now += timedelta(minutes=5)
    dispatch.publish_due(fleet, published.append)
    assert waiting in [run.id for run in published]


def test_a_job_is_overdue_from_the_first_slot_that_no_success_covers(
    fleet: Fleet, clock: Clock
) -> None:
    run_id = opened(fleet, ago=timedelta(days=3))
    late = named(fleet, "fleet_job_overdue_seconds")["1", "firm", JOB]
    assert late > 0
    clock.now += timedelta(hours=1)
    assert named(fleet, "fleet_job_overdue_seconds")["1", "firm", JOB] == late + 3600
    runner.execute(fleet, run_id)
    assert named(fleet, "fleet_job_overdue_seconds")["1", "firm", JOB] == late + 3600
    runner.execute(fleet, opened(fleet))
    assert named(fleet, "fleet_job_overdue_seconds")["1", "firm", JOB] == 0
    assert named(fleet, "fleet_last_success_timestamp_seconds")["1", "firm", JOB] == (
        clock().timestamp()
    )


def test_an_odoo_that_is_away_shows_until_it_answers(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    odoo.error = OdooUnavailable("away")
    runner.execute(fleet, opened(fleet))
    clock.now += timedelta(seconds=90)
    assert named(fleet, "fleet_odoo_circuit_open")["firm",] == 1
    assert named(fleet, "fleet_outage_seconds")["", "firm", "odoo"] == 90
    assert named(fleet, "fleet_outage_seconds")["", "", "mail"] == 0
    odoo.error = None
    assert outages.probe(fleet, outages.of_odoo("firm"))
    assert named(fleet, "fleet_odoo_circuit_open")["firm",] == 0
    assert named(fleet, "fleet_outage_seconds")["", "firm", "odoo"] == 0


def test_how_long_a_message_is_put_off_shows_by_its_channel(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=9)
    runner.execute(fleet, opened(fleet))
    assert named(fleet, "fleet_outbox_waiting_seconds")["email",] == 0
    dispatcher.deliver(fleet)
    clock.now += timedelta(minutes=70)
    assert named(fleet, "fleet_outbox_waiting_seconds")["email",] == 70 * 60
    assert named(fleet, "fleet_outage_seconds")["", "", "mail"] == 70 * 60


def test_what_nobody_alive_holds_shows_until_somebody_takes_it(fleet: Fleet, clock: Clock) -> None:
    run_id = opened(fleet)
    held(fleet, run_id)
    assert named(fleet, "fleet_runs_abandoned")["firm", JOB] == 0
    clock.now += timedelta(minutes=5)
    assert named(fleet, "fleet_runs_abandoned")["firm", JOB] == 1
    runner.execute(fleet, run_id)
    assert named(fleet, "fleet_runs_abandoned")["firm", JOB] == 0


def test_a_worker_is_down_when_its_heart_stops_and_gone_when_it_departs(
    fleet: Fleet, clock: Clock, tmp_path: Path
) -> None:
    object.__setattr__(fleet.settings.environment, "heartbeat_folder", tmp_path)
    watching.beat(fleet, marks.WORKER, "a@host", {"queues": ["batch"], "processes": 4})
    found = scraped(fleet)
    assert found["celery_worker_up", ("a@host",)] == 1
    assert found["celery_active_process_count", ("batch",)] == 4
    assert found["celery_active_process_count", ("delivery",)] == 0
    clock.now += timedelta(seconds=watching.SILENT_SECONDS)
    found = scraped(fleet)
    assert found["celery_worker_up", ("a@host",)] == 0
    assert found["celery_active_worker_count", ("batch",)] == 0
    watching.depart(fleet, marks.WORKER, "a@host")
    assert named(fleet, "celery_worker_up") == {}


def test_labels_come_from_the_catalogue_and_the_configuration_alone(fleet: Fleet) -> None:
    with fleet.ledger.transaction() as connection:
        for job, tenant in (("gone", "firm"), (JOB, "gone")):
            labels = {"job": job, "tenant": tenant, "outcome": "succeeded"}
            counters.add(connection, [("fleet_runs", labels, 1.0)])
    assert not any("gone" in labels for _, labels in scraped(fleet))


def test_open_cases_are_counted_by_age(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet))
    young = named(fleet, "fleet_cases_open")
    assert young
    assert all("0-7" in labels for labels in young)
    clock.now += timedelta(days=40)
    old = named(fleet, "fleet_cases_open")
    assert sum(old.values()) == sum(young.values())
    assert all("31-90" in labels for labels in old)


def test_a_broker_that_is_away_costs_its_own_metrics_only(fleet: Fleet) -> None:
    found = scraped(fleet)
    assert found["fleet_source_up", ("broker",)] == 0
    assert found["fleet_source_up", ("ledger",)] == 1
    assert not any(name == "fleet_queue_backlog" for name, _ in found)
    assert any(name == "fleet_runs_total" for name, _ in found)


def test_a_first_failure_is_an_increase_from_zero(fleet: Fleet, odoo: Switchable) -> None:
    task = f"jobs.{JOB}"
    before = scraped(fleet)
    assert before["fleet_exceptions_total", ("OdooRejected", "firm", JOB)] == 0
    assert before["celery_task_failed_total", ("OdooRejected", "batch", task)] == 0
    assert before["fleet_deliveries_total", tuple(sorted(("email", JOB, "parked")))] == 0
    assert before["fleet_run_lateness_seconds_count", (JOB,)] == 0
    run_id = opened(fleet)
    odoo.error = OdooRejected("no")
    runner.execute(fleet, run_id)
    after = scraped(fleet)
    assert after["fleet_exceptions_total", ("OdooRejected", "firm", JOB)] == 1
    assert after["celery_task_failed_total", ("OdooRejected", "batch", task)] == 1


def test_every_error_that_the_fleet_declares_starts_at_zero() -> None:
    declared = {
        error.__name__
        for family in (OdooError, LedgerError, DeliveryError)
        for error in descendants(family)
    }
    # Who lost a lease throws the work away and counts nothing; what nobody asks for any more is a
    # write, and no run's.
    assert declared - {"LeaseLost", "OdooOutdated"} <= {
        *backlog.RUN_ERRORS,
        *backlog.DELIVERY_ERRORS,
    }


def descendants(error: type[Exception]) -> set[type[Exception]]:
    """Its subclasses, and theirs, that are the fleet's own."""
    ours = {e for e in error.__subclasses__() if e.__module__.startswith(("workers", "odoo_"))}
    return ours.union(*map(descendants, ours))


def test_hidden_rows_become_a_metric(fleet: Fleet) -> None:
    visibility.compare_totals(fleet)
    hidden = named(fleet, "fleet_odoo_hidden_groups")
    assert set(hidden.values()) == {0}
    assert len(hidden) == len(visibility.CONTROL_TOTALS)


def test_the_rows_that_we_see_become_a_metric(fleet: Fleet) -> None:
    visibility.compare_totals(fleet)
    seen = named(fleet, "fleet_odoo_visible_rows")
    assert set(seen) == {tuple(sorted(("firm", model))) for model in visibility.VISIBLE_MODELS}
    assert all(count > 0 for count in seen.values())


@pytest.mark.parametrize(
    ("ends", "shown", "state"),
    [
        # A password, or keys that are hidden: nothing shows which.
        ([], {}, "warning"),
        ([False], {}, "ok"),
        ([False, "2027-01-20 00:00:00", "2027-02-20 00:00:00"], {("firm",): 1800403200}, "ok"),
        (["2026-12-07 05:00:00"], {("firm",): 1796619600}, "warning"),
        # It has expired, so it is not the one that we came with.
        (["2026-11-20 00:00:00"], {}, "warning"),
        (["2026-11-20 00:00:00", "2027-01-20 00:00:00"], {("firm",): 1800403200}, "ok"),
    ],
)
def test_the_key_that_expires_first_becomes_a_metric(
    fleet: Fleet,
    odoo: Switchable,
    clock: Clock,
    ends: list[Any],
    shown: dict[tuple[str, ...], float],
    state: str,
) -> None:
    odoo.inner = with_api_keys(clock, ends)
    visibility.compare_totals(fleet)
    assert named(fleet, "fleet_odoo_api_key_expiry_timestamp_seconds") == shown
    (told,) = (found for found in doctor.examine(fleet) if found.what == "firm: API key")
    assert told.state == state, told


def with_api_keys(clock: Clock, ends: list[Any]) -> Sandbox:
    """A firm whose user has a key for each end, and another user one that ends at once."""
    today = clock().date()
    keys = [{"name": "old", "user_id": 101, "expiration_date": "2026-11-24 00:00:00"}]
    theirs = [{"name": "fleet", "expiration_date": end} for end in ends]
    # What opens no RPC is not ours either.
    theirs += [{"name": "plug-in", "scope": "plugin", "expiration_date": "2026-11-24 00:00:00"}]
    keys += [{"user_id": firm.USER_ID, **key} for key in theirs]
    text = {"type": "char", "store": True}
    declares = {
        "res.users": {"login": text},
        "res.users.apikeys": {
            "id": {"type": "integer", "store": True},
            "name": text,
            "user_id": {"type": "many2one", "relation": "res.users", "store": True},
            "expiration_date": {"type": "datetime", "store": True},
            "scope": text,
        },
    }
    numbered = [{"id": number, **key} for number, key in enumerate(keys, 1)]
    rows = {**firm.build(today), "res.users.apikeys": numbered}
    return Sandbox(today, declares=declares, rows=rows)


def test_where_keys_are_not_readable_their_end_is_unknown(fleet: Fleet) -> None:
    visibility.compare_totals(fleet)
    assert named(fleet, "fleet_odoo_api_key_expiry_timestamp_seconds") == {}
    (told,) = (found for found in doctor.examine(fleet) if found.what == "firm: API key")
    assert "not verifiable" in told.detail


@pytest.fixture(autouse=True)
def _no_broker(fleet: Fleet) -> None:
    object.__setattr__(fleet.settings.environment, "broker_url", "redis://127.0.0.1:9/0")


def test_totals_of_an_odoo_that_is_away_are_left_unknown(fleet: Fleet, odoo: Switchable) -> None:
    odoo.error = OdooUnavailable("away")
    visibility.compare_totals(fleet)
    assert named(fleet, "fleet_odoo_hidden_groups") == {}


def test_each_family_is_told_once_with_one_set_of_labels(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet))
    names = [family.name for family in backlog.collector(fleet).collect()]
    assert len(names) == len(set(names))


def test_effects_are_counted_by_how_they_stand(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, file=f'{FILE}effects.follow_up = "propose"\n')
    proposed(fleet, follow_up())
    assert named(fleet, "fleet_effects") == {("firm", "follow_up", "proposed"): 1}
