"""A real fleet under a real Prometheus: counts are exact, and every expression has data."""

import base64
import json
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.monitoring import coverage, expressions
from tests.monitoring.expressions import Expression, filled
from tests.monitoring.running_fleet import wait_until
from tests.monitoring.watched_fleet import (
    FAILING,
    JOB,
    PASSWORD,
    QUEUE,
    QUEUED,
    SENDING,
    Watched,
    load,
    watched_fleet,
)
from workers.demo import processes
from workers.demo.processes import fleet as fleet_command
from workers.demo.stage import TENANT

PUBLIC = Path(__file__).with_name("public_dashboards.json")
TASK = f"jobs.{JOB}"
# It has runs that were given up, and nothing else of what there is only in some fleets.
NEVER_HERE = coverage.ONLY_IF.keys() - {"fleet_dead_letters"}

pytestmark = [
    pytest.mark.watch,
    pytest.mark.skipif(
        not shutil.which("prometheus"), reason="needs Prometheus: tests/install-services"
    ),
    # Every wait has an end of its own.
    pytest.mark.timeout(1200),
]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched_fleet(tmp_path_factory.mktemp("watched")) as found:
        load(found)
        yield found


def expected_counts() -> dict[str, float]:
    """What the scripted load must have left in the counters, by name and labels."""
    return {
        f"fleet_runs_total job={JOB} outcome=succeeded": 8,
        f"fleet_runs_total job={FAILING} outcome=succeeded": 1,
        f"fleet_runs_total job={FAILING} outcome=dead": 3,
        f"fleet_runs_total job={FAILING} outcome=waiting": 1,
        f"fleet_runs_total job={FAILING} outcome=retried": 0,
        f"fleet_runs_dead_total job={FAILING} exception=OdooRejected": 3,
        f"fleet_exceptions_total job={FAILING} exception=OdooRejected": 3,
        f"fleet_exceptions_total job={FAILING} exception=OdooUnavailable": 1,
        f"fleet_run_claims_total job={FAILING} result=away": 1,
        "fleet_odoo_circuit_open": 1,
        f"fleet_exceptions_total job={JOB} exception=WorkerLost": 1,
        "fleet_exceptions_total exception=WorkerLost": 1,
        f"fleet_runs_total job={QUEUED} outcome=succeeded": 1,
        f"fleet_run_claims_total job={QUEUED} result=claimed": 1,
        f"fleet_run_claims_total job={QUEUED} result=settled": QUEUE - 1,
        f"fleet_run_claims_total job={JOB} result=claimed": 9,
        f"fleet_run_claims_total job={JOB} result=settled": 2,
        f"fleet_runs_published_total job={JOB}": 9,
        f"fleet_run_lateness_seconds_count job={JOB}": 8,
        f"fleet_dead_letters job={FAILING} exception=OdooRejected": 3,
        f"celery_task_sent_total name={TASK}": 9,
        f"celery_task_received_total name={TASK}": 11,
        f"celery_task_started_total name={TASK}": 9,
        f"celery_task_succeeded_total name={TASK}": 8,
        f"celery_task_failed_total name=jobs.{FAILING} exception=OdooRejected": 3,
        f"celery_task_retried_total name=jobs.{FAILING}": 1,
        f"celery_task_runtime_count name={TASK}": 8,
        "celery_task_rejected_total": 0,
        "fleet_runs_in_flight": 0,
        "fleet_odoo_hidden_groups": 0,
        f"fleet_deliveries_total job={SENDING} outcome=parked": 1,
        f"fleet_outbox_messages job={SENDING} status=parked": 1,
        f"fleet_exceptions_total job={SENDING} exception=DeliveryRefused": 1,
    }


def actual(watched: Watched, key: str) -> float:
    name, *labels = key.split(" ")
    return watched.fleet.total(name, **dict(label.split("=") for label in labels))


def test_after_kills_retries_and_repetitions_every_count_is_exact(watched: Watched) -> None:
    expected = expected_counts()
    assert {key: actual(watched, key) for key in expected} == expected


def test_the_depth_of_a_queue_is_exact_while_it_grows_and_when_it_is_empty(
    watched: Watched,
) -> None:
    assert watched.depths == [*range(1, QUEUE + 1), 0]


def test_every_killed_child_is_a_worker_lost(watched: Watched) -> None:
    assert watched.killed == 1
    assert watched.fleet.total("fleet_exceptions_total", exception="WorkerLost") == watched.killed


def test_a_killed_exporter_comes_back_with_the_same_counts(watched: Watched) -> None:
    before = {key: value for key, value in watched.fleet.scrape().items() if counts(key[0])}
    process = watched.fleet.started["exporter"].process
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    exporter = watched.fleet.start("exporter", fleet_command("exporter"))
    exporter.wait_until(lambda: processes.answers(watched.fleet.ports["metrics"]), 120)
    after = {key: value for key, value in watched.fleet.scrape().items() if counts(key[0])}
    assert len(before) > 100
    assert {key: after[key] for key in before if "odoo" not in key[0]} == {
        key: value for key, value in before.items() if "odoo" not in key[0]
    }


def counts(name: str) -> bool:
    return name.endswith(("_total", "_count", "_sum", "_bucket"))


def test_every_expression_of_rules_and_dashboards_has_data(watched: Watched) -> None:
    watched.fleet.start("beat", fleet_command("beat"))
    wait_until(
        lambda: watched.fleet.total("fleet_schedule_last_look_timestamp_seconds") > 0,
        what="a look for slots",
    )
    asked = expressions.of_everything()
    # What has no data until the end is named below.
    with suppress(AssertionError):
        wait_until(lambda: not unexpected(coverage.answers(watched.prometheus.series, asked)))
    assert unexpected(coverage.listed(watched.prometheus, asked)) == []
    assert coverage.main(watched.prometheus.address) == 0


def unexpected(found: Iterable[coverage.Answer]) -> list[coverage.Answer]:
    """Empty, and not for what the sandbox has not."""
    empty = [answer for answer in found if not answer.count]
    return [answer for answer in empty if not any(name in answer.asked.text for name in NEVER_HERE)]


def test_a_real_alert_reaches_alertmanagers_receivers(watched: Watched) -> None:
    wait_until(
        lambda: (
            {"FleetDeadLetters", "FleetMessagesParked"} <= watched.sink.names("tickets")
            and "FleetWatchdog" in watched.sink.names("heartbeat")
        ),
        what="an alert at the receivers",
    )
    assert "FleetWatchdog" not in watched.sink.names("tickets") | watched.sink.names("pages")


def test_flower_shows_the_workers_to_who_logs_in_and_to_nobody_else(watched: Watched) -> None:
    port = watched.fleet.ports["flower"]
    for path in ("/", "/workers", "/tasks", "/api/workers", "/api/tasks"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(f"http://127.0.0.1:{port}{path}")
        assert refused.value.code == 401, path
    with pytest.raises(urllib.error.HTTPError):
        fetch(f"http://127.0.0.1:{port}/", "ops:wrong")
    workers = json.loads(fetch(f"http://127.0.0.1:{port}/api/workers?refresh=1", login()))
    assert any(name.startswith("fleet@") for name in workers)
    assert watched.prometheus.series('up{job="flower"} == 1')


def test_flower_tells_job_tenant_and_slot_of_a_task(watched: Watched) -> None:
    port = watched.fleet.ports["flower"]
    url = f"http://127.0.0.1:{port}/api/tasks?taskname=jobs.{SENDING}"
    run_id = watched.open(SENDING)

    def shown() -> bool:
        tasks = json.loads(fetch(url, login())).values()
        told = f"({run_id}, {TENANT}/1, 20"
        return any(told in str(task["args"]) for task in tasks)

    wait_until(shown, what="the run in Flower")


def login() -> str:
    return f"ops:{PASSWORD}"


def fetch(url: str, login: str = "") -> str:
    request = urllib.request.Request(url)
    if login:
        token = base64.b64encode(login.encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def test_public_dashboards_find_their_metrics(watched: Watched) -> None:
    boards = json.loads(PUBLIC.read_text())
    answered: dict[str, int] = {}
    for name, panels in boards.items():
        asked = [Expression(f"{name}: {title}", filled(expr)) for title, expr in panels]
        answered[name] = sum(a.count > 0 for a in coverage.listed(watched.prometheus, asked))
        print(f"{name}: {answered[name]} of {len(asked)} expressions answered")
    missing = {name: len(boards[name]) - count for name, count in answered.items()}
    # Filtered to more than zero, where nothing was rejected or revoked.
    assert missing == {
        "celery-mixin overview (17509)": 0,
        "celery-mixin by task (17508)": 0,
        "celery-exporter, older": 2,
        "Flower's example": 0,
    }


def test_the_history_of_a_measure_can_be_asked_for(watched: Watched) -> None:
    told = watched.fleet.command("kpi", "wip_amount", "--json")
    samples = json.loads(told.stdout)["samples"]
    assert {sample["company_id"] for sample in samples} == {1, 2}
    assert watched.fleet.command("kpi", "no_such_measure").returncode == 2


@pytest.mark.parametrize("process", ["worker", "beat", "exporter"])
def test_health_is_told_by_exit_code(watched: Watched, process: str) -> None:
    wait_until(
        lambda: watched.fleet.command("health", process, "--level", "ready").returncode == 0,
        what=f"the health of {process}",
    )


def test_a_stopped_worker_leaves_a_queue_that_is_measured(watched: Watched) -> None:
    beat, worker = watched.fleet.started["beat"].process, watched.fleet.started["worker"].process
    for process in (beat, worker):
        process.terminate()
        process.wait(120)
    waiting = watched.fleet.total("fleet_queue_backlog", queue="batch")
    for _ in range(7):
        watched.send(JOB, watched.open(JOB))
    assert watched.fleet.total("fleet_queue_backlog", queue="batch") == waiting + 7
    assert watched.fleet.total("celery_queue_length", queue_name="batch") == waiting + 7
    assert 0 < watched.fleet.total("fleet_queue_oldest_seconds", queue="batch") < 60
    assert watched.fleet.total("fleet_queue_unacked") == 0
    assert watched.fleet.total("celery_worker_up") == 0
    assert watched.fleet.total("celery_active_worker_count", queue_name="batch") == 0
    assert watched.fleet.command("health", "worker").returncode == 4


def test_flower_keeps_what_it_saw(watched: Watched) -> None:
    flower = watched.fleet.started["flower"].process
    flower.terminate()
    flower.wait(30)
    kept = [path for path in watched.fleet.folder.glob("flower-state*") if path.stat().st_size]
    assert kept
