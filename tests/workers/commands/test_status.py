"""`fleet status` says what needs a person, by the alerts' limits, and what is to come."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError, OdooLoginRefused, OdooRejected, OdooUnavailable
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.workers.test_runner import READINESS, REMINDERS, opened
from workers import notes as watching
from workers import outages, runner
from workers.broker import queues
from workers.broker import transport as broker
from workers.broker.queues import Depth
from workers.commands import cli, opening, pausing, status
from workers.config import runbook
from workers.delivery import dispatcher
from workers.errors import DeliveryClosed, DeliveryUnavailable
from workers.ledger import marks, runs
from workers.ledger.places import Places
from workers.wiring import Fleet

RULES = Path(__file__).parents[3] / "monitoring" / "prometheus" / "rules" / "alerts.yml"


@pytest.fixture
def depths(monkeypatch: pytest.MonkeyPatch) -> dict[str, Depth]:
    """What the broker says."""
    found = {queue: Depth(0, 0) for queue in broker.QUEUES}
    monkeypatch.setattr(queues, "depths", lambda url: found)
    return found


@pytest.fixture
def fleet(
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    depths: dict[str, Depth],
    monkeypatch: pytest.MonkeyPatch,
) -> Fleet:
    """A fleet where all is well: every process beats, and every job has just succeeded."""
    file = f"{FILE}mail.quiet_hours = '19:00-07:00'\n"
    found = fleet_on(tmp_path, clock, odoo, file=file)
    monkeypatch.setattr(opening, "fleet", lambda level=0: found)
    runner.execute(found, opened(found, REMINDERS))
    for job in catalogue.jobs():
        for company_id in (1, 2):
            if (job, company_id) != (REMINDERS, 1):
                succeeded(found, opened(found, job, company_id))
    beat(found)
    return found


def succeeded(fleet: Fleet, run_id: int) -> None:
    with fleet.ledger.transaction() as connection:
        claim = runs.claim(connection, run_id, fleet.clock(), timedelta(minutes=15), 9, 5)
        assert claim is not None
        runs.succeed(connection, claim, fleet.clock(), {})


def beat(fleet: Fleet) -> None:
    watching.beat(fleet, marks.BEAT, "host", {})
    watching.beat(fleet, marks.WORKER, "all@host", {"queues": broker.QUEUES, "processes": 2})
    for job in catalogue.jobs().values():
        watching.note_look(fleet, job)


def told(code: int) -> dict[str, Any]:
    result = CliRunner().invoke(cli.cli, ["status", "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["well"] == (code == 0) == (not found["problems"])
    return found


def problems(fleet: Fleet) -> list[str]:
    return [problem.what for problem in status.look(fleet).problems]


def test_all_is_well(fleet: Fleet) -> None:
    found = told(0)
    assert {row["queue"]: row["workers"] for row in found["queues"]} == dict.fromkeys(
        broker.QUEUES, 1
    )
    assert [row["state"] for row in found["processes"]] == ["up", "up"]
    assert {row["job"] for row in found["runs"]} == set(catalogue.jobs())
    assert all(row["last_success"] == "2026-11-23T09:00Z" for row in found["runs"])
    assert "Everything is well." in CliRunner().invoke(cli.cli, ["status"]).stdout


def test_what_comes_next_is_told_in_one_zone(fleet: Fleet, clock: Clock) -> None:
    first = told(0)["next"]
    assert first[0]["at"] == "2026-11-23T10:00Z"
    there = narrowed("--zone", "America/New_York")
    assert there["next"][0]["at"] == "2026-11-23T05:00-05:00"
    assert {row["seen"][-6:] for row in there["processes"]} == {"-05:00"}
    pausing.begin(fleet, Places(tenant="firm"), clock() + timedelta(9), "holiday", "ann")
    found = told(0)
    assert found["next"][0]["at"] > "2026-12-02"
    assert found["pauses"][0]["reason"] == "holiday"


def test_what_goes_out_tonight_is_told_with_its_hour(fleet: Fleet, clock: Clock) -> None:
    before = told(0)["goes_out"]
    assert {row["at"] for row in before} == {"2026-11-23T09:00Z"}, before
    clock.forward(hours=10)
    beat(fleet)
    # In Brussels quiet hours have begun by now: until seven the next morning, but for digests.
    assert {row["waits_for"] for row in before} == {None}
    later = {row["at"] for row in status.look(fleet).parts["goes_out"]}
    assert "2026-11-24T06:00Z" in later, later
    pausing.begin(fleet, Places(job=REMINDERS), clock() + timedelta(5), "holiday", "ann")
    waiting = status.look(fleet).parts["goes_out"]
    assert all("pause until 2026-11-28T19:00Z" in row["waits_for"] for row in waiting)
    assert sum(row["messages"] for row in waiting) == sum(row["messages"] for row in before)


def test_silence_and_what_is_not_served_need_a_person(fleet: Fleet, clock: Clock) -> None:
    clock.forward(seconds=90)
    assert problems(fleet) == [f"queue {queue}" for queue in broker.needed(fleet.settings)]
    clock.forward(seconds=300)
    assert problems(fleet)[0] == "beat"
    watching.beat(fleet, marks.BEAT, "host", {})
    clock.forward(seconds=600)
    watching.beat(fleet, marks.BEAT, "host", {})
    assert problems(fleet)[0] == "schedule"


WORKER = "all@host"


def come(fleet: Fleet, why: str) -> None:
    """As `fleet beat` and `fleet worker` say before they work, or when they take up an edit."""
    watching.comes(fleet, marks.BEAT, "host", why)
    watching.comes(fleet, marks.WORKER, WORKER, why, broker.QUEUES)


def depart(fleet: Fleet) -> None:
    watching.depart(fleet, marks.BEAT, "host")
    watching.depart(fleet, marks.WORKER, WORKER)


def test_what_starts_needs_a_person_only_if_it_takes_long(fleet: Fleet, clock: Clock) -> None:
    depart(fleet)
    clock.forward(minutes=20)
    come(fleet, watching.STARTS)
    found = told(0)
    places = ["beat", *(f"queue {queue}" for queue in broker.needed(fleet.settings))]
    assert [(row["what"], row["state"]) for row in found["coming"]] == [
        (place, "starting") for place in places
    ]
    states = {row["process"]: row["state"] for row in found["processes"]}
    assert states == {"beat": "starting", "worker": "starting"}
    shown = CliRunner().invoke(cli.cli, ["status"]).stdout
    assert "Something is on its way; it needs nobody yet." in shown
    assert "starting beat: since 2026-11-23T09:20Z; needs a person if it still does at" in shown
    clock.forward(seconds=119)
    assert problems(fleet) == []
    clock.forward(seconds=1)
    assert problems(fleet) == places


def test_until_beat_has_had_its_first_tick_nobody_misses_a_look(fleet: Fleet, clock: Clock) -> None:
    depart(fleet)
    clock.forward(minutes=20)
    come(fleet, watching.STARTS)
    clock.forward(seconds=5)
    watching.beat(fleet, marks.BEAT, "host", {})
    watching.beat(fleet, marks.WORKER, WORKER, {"queues": broker.QUEUES, "processes": 2})
    found = told(0)
    assert [(row["what"], row["state"]) for row in found["coming"]] == [("schedule", "starting")]
    assert {row["state"] for row in found["processes"]} == {"up"}
    clock.forward(seconds=116)
    watching.beat(fleet, marks.WORKER, WORKER, {"queues": broker.QUEUES, "processes": 2})
    assert problems(fleet) == ["schedule"]


def test_what_ends_at_each_start_hides_nothing_by_starting_over(fleet: Fleet, clock: Clock) -> None:
    depart(fleet)
    come(fleet, watching.STARTS)
    for _ in range(5):
        clock.forward(seconds=30)
        come(fleet, watching.STARTS)
    assert problems(fleet) == [
        "beat",
        *(f"queue {queue}" for queue in broker.needed(fleet.settings)),
    ]
    # Somebody ends it, mends it, and starts it again.
    depart(fleet)
    come(fleet, watching.STARTS)
    assert problems(fleet) == []


def test_who_takes_up_an_edit_needs_a_person_only_if_it_takes_long(
    fleet: Fleet, clock: Clock
) -> None:
    come(fleet, watching.TAKES_UP)
    # It still ends what it does.
    assert {row["state"] for row in told(0)["processes"]} == {"taking up an edit"}
    depart(fleet)
    come(fleet, watching.TAKES_UP)
    clock.forward(seconds=599)
    come(fleet, watching.STARTS)
    assert {row["state"] for row in told(0)["coming"]} == {"taking up an edit"}
    clock.forward(seconds=1)
    assert problems(fleet) == [
        "beat",
        *(f"queue {queue}" for queue in broker.needed(fleet.settings)),
    ]


def test_who_ended_says_no_more_that_it_cannot_take_up_an_edit(fleet: Fleet, clock: Clock) -> None:
    with fleet.ledger.transaction() as connection:
        marks.leave(connection, marks.CONFIGURATION, "beat@host", clock(), {"problems": ["bad"]})
    assert problems(fleet) == ["beat@host"]
    clock.forward(seconds=60)
    beat(fleet)
    assert problems(fleet) == []


def test_what_was_given_up_and_what_is_overdue_need_a_person(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    clock.forward(days=1)
    beat(fleet)
    run_id = opened(fleet, READINESS)
    odoo.error = OdooRejected("no")
    runner.execute(fleet, run_id)
    found = told(1)["problems"]
    assert "dead letters" in [problem["what"] for problem in found]
    assert f"{READINESS} of firm, company 1" in [problem["what"] for problem in found]
    assert "1 run and 0 messages given up" in [problem["detail"] for problem in found]
    assert [row["dead"] for row in status.look(fleet).parts["runs"] if row["dead"]] == [1]


def test_a_process_that_cannot_take_up_an_edit_needs_a_person(fleet: Fleet, clock: Clock) -> None:
    problem = "FLEET_GLOBEX_ODOO_API_KEY is not set"
    with fleet.ledger.transaction() as connection:
        detail = {"problems": [problem]}
        marks.leave(connection, marks.CONFIGURATION, "worker batch@vm", clock(), detail)
    (found,) = status.look(fleet).problems
    assert found.what == "worker batch@vm"
    assert found.detail.endswith(problem)
    assert found.runbook.endswith("#fleetconfigurationunusable")


def test_an_outage_needs_a_person_when_it_lasts_or_we_are_refused(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    odoo.error = OdooUnavailable("away")
    outages.begin(fleet, outages.of_odoo("firm"), OdooUnavailable("away"))
    assert problems(fleet) == []
    assert status.look(fleet).parts["outages"][0]["what"] == "odoo firm"
    printed = CliRunner().invoke(cli.cli, ["status"])
    assert (printed.exit_code, "it needs nobody yet" in printed.stdout) == (0, True)
    clock.forward(minutes=11)
    beat(fleet)
    assert problems(fleet) == ["odoo firm"]


def test_the_error_of_what_is_away_is_told_once_however_many_mails_wait_for_it(
    fleet: Fleet, clock: Clock
) -> None:
    outages.begin(fleet, outages.MAIL, DeliveryUnavailable("refused by 10.0.0.9"))
    dispatcher.deliver(fleet)
    found = told(0)
    assert {row["waits_for"] for row in found["goes_out"]} == {"mail, away"}
    assert [row["error"] for row in found["outages"]] == [
        "DeliveryUnavailable: refused by 10.0.0.9"
    ]


@pytest.mark.parametrize(
    ("name", "error", "remedy"),
    [
        (outages.MAIL, DeliveryClosed("it answered 550 to our sender"), "FLEET_MAIL_FROM"),
        (outages.of_odoo("firm"), OdooLoginRefused("no such key"), "renew its API key"),
    ],
)
def test_who_refuses_us_is_not_away_and_its_class_says_what_to_do(
    fleet: Fleet, name: str, error: Exception, remedy: str
) -> None:
    outages.begin(fleet, name, error)
    (problem,) = status.look(fleet).problems
    assert problem.detail == f"refuses us since 2026-11-23T09:00Z: {error}"
    assert remedy in problem.remedy
    assert set(status.REFUSED) == set(outages.CLOSED)


def test_an_old_message_of_a_queue_needs_a_person(
    fleet: Fleet, clock: Clock, depths: dict[str, Depth]
) -> None:
    depths["batch"] = Depth(3, 1, clock() - timedelta(minutes=16))
    assert problems(fleet) == ["queue batch"]
    assert "16 min" in told(1)["problems"][0]["detail"]


def test_without_a_broker_or_a_ledger_the_rest_is_told(
    fleet: Fleet, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(url: str) -> None:
        raise ConnectionError("nobody listens")

    monkeypatch.setattr(queues, "depths", refused)
    found = told(1)
    assert [problem["what"] for problem in found["problems"]] == ["broker"]
    assert found["runs"]
    without = fleet_on(
        tmp_path / "..",
        clock,
        environ={"FLEET_DATABASE_URL": "postgresql://127.0.0.1:9/x"},
        upgraded=False,
    )
    monkeypatch.setattr(opening, "fleet", lambda level=0: without)
    assert [problem["what"] for problem in told(1)["problems"]] == ["ledger", "broker"]
    shown = CliRunner().invoke(cli.cli, ["status"])
    assert (shown.exit_code, "needs a person ledger: " in shown.stdout) == (1, True)


def narrowed(*filters: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli.cli, ["status", "--json", *filters])
    assert result.exit_code in (0, 1), result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_its_filters_narrow_what_is_told_of_jobs_and_mails(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    clock.forward(minutes=1)
    beat(fleet)
    odoo.error = OdooRejected("no")
    runner.execute(fleet, opened(fleet, READINESS))
    until = clock() + timedelta(days=1)
    pausing.begin(fleet, Places(job=READINESS), until, "month end", "ann")
    outages.begin(fleet, outages.MAIL, DeliveryClosed("it answered 550"))
    whole = narrowed()
    assert {row["job"] for row in whole["next"]} > {REMINDERS}
    assert [message["job"] for message in whole["goes_out"]] == [REMINDERS]
    mine = narrowed("--job", READINESS)
    assert [(row["job"], row["dead"]) for row in mine["runs"]] == [(READINESS, 1)]
    assert {row["job"] for row in mine["next"]} == {READINESS}
    assert (len(mine["pauses"]), mine["goes_out"]) == (1, [])
    assert [problem["what"] for problem in mine["problems"]] == ["dead letters", "mail"]
    other = narrowed("--job", REMINDERS)
    assert [row["dead"] for row in other["runs"]] == [0]
    assert (other["pauses"], len(other["goes_out"])) == ([], 1)
    assert [problem["what"] for problem in other["problems"]] == ["mail"]
    assert other["processes"] == whole["processes"]
    second = narrowed("--tenant", "firm", "--company", "2")
    assert (sum(row["dead"] for row in second["runs"]), second["goes_out"]) == (0, [])
    assert {row["company"] for row in second["next"]} == {"Nordwind Americas Inc."}


def test_a_filter_that_names_nothing_is_refused(fleet: Fleet) -> None:
    for filters in (["--tenant", "firn"], ["--company", "9"], ["--job", "no_such"]):
        result = CliRunner().invoke(cli.cli, ["status", *filters])
        assert isinstance(result.exception, ConfigurationError)


def test_every_problem_leads_to_where_the_runbook_tells_of_its_alert(
    tmp_path: Path, clock: Clock, depths: dict[str, Depth], monkeypatch: pytest.MonkeyPatch
) -> None:
    published = "https://wiki.example/runbook"
    fleet = fleet_on(tmp_path, clock, environ={"FLEET_RUNBOOK_URL": published})
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    found = {problem["what"]: problem["runbook"] for problem in told(1)["problems"]}
    assert found["beat"] == f"{published}#fleetbeatsilent"
    assert found["queue batch"] == f"{published}#fleetqueueunserved"
    assert f"{published}#fleetbeatsilent" in CliRunner().invoke(cli.cli, ["status"]).stdout


def test_the_alerts_that_it_names_are_alerts() -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    alerts = {rule["alert"] for group in rules for rule in group["rules"]}
    named = set(re.findall(r'"(Fleet[A-Z]\w+)"', Path(status.__file__).read_text("utf-8")))
    assert named
    assert named | set(runbook.ALERTS.values()) <= alerts


def test_its_limits_are_those_of_the_alerts() -> None:
    rules = {
        rule["alert"]: float(re.findall(r"> (\d+)", str(rule["expr"]))[0])
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if re.search(r"> \d+", str(rule["expr"]))
    }
    assert (rules["FleetBeatSilent"], rules["FleetScheduleSilent"]) == (
        status.BEAT_SILENT,
        status.SCHEDULE_SILENT,
    )
    assert rules["FleetOldestMessage"] == status.OLDEST_MESSAGE
    assert rules["FleetJobOverdue"] == status.JOB_OVERDUE
    assert rules["FleetOutboxStuck"] == rules["FleetRunsLate"] == status.OUTBOX_STUCK


def test_a_ledger_that_is_not_there_has_one_remedy(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "new").mkdir()
    found = status.look(fleet_on(tmp_path / "new", clock, upgraded=False))
    (problem,) = (each for each in found.problems if each.what == "ledger")
    assert problem.detail.endswith("there is no such file yet")
    assert problem.remedy == "run `fleet upgrade`"
