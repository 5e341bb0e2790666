"""`fleet run` and its contract with programs."""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from monitoring import logs
from odoo_gateway.errors import (
    ConfigurationError,
    FleetError,
    OdooLoginRefused,
    OdooRejected,
    OdooUnavailable,
)
from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tasks.domain.acts import Act, ActKind
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from workers import dispatch, outages, runner, wiring
from workers.commands import cli as commands
from workers.commands import doctor, run_command
from workers.commands.cli import cli, main
from workers.commands.run_command import ExitCode, Order, ScopeResult
from workers.ledger import acts, outbox, runs
from workers.ledger.errors import LedgerNotSetUp, LedgerUnavailable
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

BILLABLE = [["display_type", "=", False], ["company_id", "=", 1], ["state", "=", "sale"]]


@pytest.fixture(autouse=True)
def _this_fleet(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    monkeypatch.setattr(logs, "configure", lambda *_: None)


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def run_json(*arguments: str) -> tuple[int, Any]:
    code, printed = invoke("run", *arguments, "--json")
    return code, json.loads(printed)


def test_the_document_follows_the_contract() -> None:
    code, document = run_json("invoice_readiness", "--dry-run")
    assert code == 0
    assert list(document) == ["schema", "job", "tenant", "as_of", "scopes"]
    assert (document["schema"], document["tenant"]) == (1, "firm")
    assert document["as_of"] == "2026-11-23"
    for scope in document["scopes"]:
        assert list(scope) == [
            "company_id",
            "company",
            "status",
            "error",
            "rows",
            "totals",
            "findings",
            "measures",
            "not_verifiable",
            "drift",
            "queued",
        ]
        assert scope["status"] == "ok"
        assert list(scope["findings"][0]) == [
            "key",
            "severity",
            "title",
            "reason",
            "remedy",
            "owner",
            "model",
            "record_id",
            "url",
            "amount",
            "currency",
            "since",
        ]


def test_a_dry_run_writes_nothing(fleet: Fleet) -> None:
    run_json("timesheet_reminders", "--dry-run")
    with fleet.ledger.reading() as connection:
        assert runs.latest(connection, 10) == ()
        assert outbox.find(connection, 10) == ()


def test_a_run_is_recorded_and_its_messages_are_queued(fleet: Fleet) -> None:
    code, document = run_json("timesheet_reminders")
    assert code == 0
    with fleet.ledger.reading() as connection:
        assert {run.status for run in runs.latest(connection, 10)} == {RunStatus.SUCCEEDED}
        queued = outbox.find(connection, 100)
    found = {finding["key"] for scope in document["scopes"] for finding in scope["findings"]}
    assert queued
    assert {key for message in queued for key in message.finding_keys} <= found


def test_only_the_companies_asked_for_are_run() -> None:
    _, document = run_json("invoice_readiness", "--dry-run", "--company", "2")
    assert [scope["company_id"] for scope in document["scopes"]] == [2]


def test_an_unknown_company_names_those_there_are() -> None:
    code, document = run_json("invoice_readiness", "--dry-run", "--company", "7")
    assert code == 2
    assert "1 (Nordwind Consulting)" in document["scopes"][0]["error"]


def test_a_period_can_be_asked_for() -> None:
    days = ("--from", "2026-11-09", "--to", "2026-11-15")
    _, document = run_json("timesheet_reminders", "--dry-run", *days)
    row = document["scopes"][0]["rows"][0]
    assert (row["period_start"], row["period_end"]) == ("2026-11-09", "2026-11-15")


def test_an_earlier_day_judges_the_week_before_it() -> None:
    _, document = run_json("timesheet_reminders", "--dry-run", "--as-of", "2026-11-18")
    assert document["as_of"] == "2026-11-18"
    assert document["scopes"][0]["rows"][0]["period_end"] == "2026-11-15"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "there is no job 'nothing'"),
        (("timesheet_reminders", "--from", "2026-11-09"), "belong together"),
        (
            ("timesheet_reminders", "--from", "2026-11-09", "--to", "2026-11-01"),
            "lies before --from",
        ),
        (
            ("wip_aging", "--from", "2026-11-01", "--to", "2026-11-07"),
            "wip_aging tells how things stand on a day",
        ),
        (
            ("timesheet_reminders", "--as-of=2026-11-08", "--from=2026-11-09", "--to=2026-11-15"),
            "--from 2026-11-09 lies after --as-of 2026-11-08",
        ),
        (("timesheet_reminders", "--tenant", "acme"), "no tenant 'acme'"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        invoke("run", *arguments)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OdooUnavailable("away"), 3),
        (OdooLoginRefused("wrong password"), 2),
        (OdooRejected("not allowed"), 4),
    ],
)
@pytest.mark.parametrize("dry", [True, False])
def test_the_exit_code_tells_what_failed(
    dry: bool, error: FleetError, code: int, odoo: Switchable
) -> None:
    odoo.error = error
    found, document = run_json("invoice_readiness", *(["--dry-run"] if dry else []))
    assert found == code
    assert document["scopes"][0]["status"] == "failed"
    assert str(error) in document["scopes"][0]["error"]


def test_a_failed_run_is_recorded_to_be_tried_again(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    run_json("invoice_readiness")
    clock.forward(hours=1)
    odoo.error = OdooUnavailable("away")
    code, _ = run_json("invoice_readiness")
    assert code == 3
    with fleet.ledger.reading() as connection:
        assert runs.latest(connection, 1)[0].status is RunStatus.PENDING


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (OdooLoginRefused("wrong key"), "is recorded: the fleet's workers try it again"),
        (OdooUnavailable("wrong address"), "is recorded: the fleet's workers try it again"),
        (OdooRejected("not allowed"), "is recorded as dead: see `fleet dead`"),
    ],
)
def test_what_fails_by_hand_says_what_is_left_of_it_and_begins_no_outage(
    error: FleetError, left: str, fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    run_json("invoice_readiness", "--company", "1")
    clock.forward(minutes=10)
    odoo.error = error
    result = CliRunner().invoke(cli, ["run", "invoice_readiness", "--company", "1", "--json"])
    with fleet.ledger.reading() as connection:
        (run,) = runs.latest(connection, 1)
    assert f"run-{run.id} {left}" in result.stderr
    assert outages.standing(fleet, outages.of_odoo("firm")) is None
    # Where a worker meets the same, it is the fleet's.
    clock.forward(hours=1)
    executed = runner.execute(fleet, run.id)
    assert (executed is None) is ("dead" in left)
    assert (outages.standing(fleet, outages.of_odoo("firm")) is None) is ("dead" in left)


def test_one_company_that_fails_does_not_stop_the_other(
    odoo: Switchable, clock: Clock, fleet: Fleet
) -> None:
    failing = ScopeResult(None, error=OdooRejected("no"))
    assert run_command.exit_code([ScopeResult(None), failing]) == 4


def test_a_company_whose_tenant_is_busy_is_left_to_the_fleet(fleet: Fleet) -> None:
    order = run_command.Order(catalogue.jobs()["invoice_readiness"], fleet.settings.tenant("firm"))
    run_command.run(fleet, order)
    (first, *_) = run_command.run(fleet, order)
    assert "other runs hold this tenant" in str(first.error)


def test_a_run_by_hand_leaves_slots_that_are_due_to_the_fleet(fleet: Fleet, clock: Clock) -> None:
    job = catalogue.jobs()["timesheet_reminders"]
    dispatch.open_due_slots(fleet, job)
    clock.forward(days=1)
    tenant = fleet.settings.tenant("firm")
    run_command.run(fleet, Order(job, tenant, companies=[1]))
    with fleet.ledger.reading() as connection:
        slots = sorted(run.slot for run in runs.latest(connection, 10))
    assert slots == [datetime(2026, 11, 24, 4, tzinfo=UTC), clock()]


def test_a_run_tells_what_it_queued_and_when_the_first_of_it_goes_out(
    fleet: Fleet, clock: Clock
) -> None:
    asked = ("timesheet_reminders", "--company", "1")
    assert run_json(*asked, "--dry-run")[1]["scopes"][0]["queued"] is None
    (scope,) = run_json(*asked)[1]["scopes"]
    with fleet.ledger.reading() as connection:
        waiting = outbox.find(connection, 100)
    first = min(message.next_attempt_at for message in waiting)
    assert scope["queued"] == {
        "messages": len(waiting),
        "mails": len(waiting),
        "first": max(first, clock()).isoformat(timespec="seconds"),
        "waits_for": "no worker serves the queue delivery",
    }
    clock.forward(minutes=1)
    assert "no mail queued: `fleet mail preview`" in invoke("run", *asked)[1]
    told = invoke("run", "invoice_readiness", "--company", "1")[1]
    assert "1 mail queued, first on Mon 2026-11-23 10:01 Europe/Brussels (no worker serves" in told


def test_people_get_tables(odoo: Switchable, clock: Clock) -> None:
    line_id = odoo.call("sale.order.line", "search_read", [BILLABLE, ["id"]], {})[0]["id"]
    broken = {("sale.order.line", line_id): {"qty_delivered_method": "telepathy"}}
    odoo.inner = Sandbox(clock().date(), corrupt=broken)
    code, printed = invoke("run", "invoice_readiness", "--dry-run")
    assert code == ExitCode.NOT_VERIFIABLE, "the totals lack the order of that line"
    # What withholds figures makes for that code, what was not checked does not.
    for expected in ("Nordwind Consulting: ", "Totals", "not verifiable", "not checked", "drift"):
        assert expected in printed


def test_the_jobs_are_listed_for_people_and_programs() -> None:
    assert "timesheet_reminders" in invoke("jobs")[1]
    listed = json.loads(invoke("jobs", "--json")[1])["jobs"]
    assert {job["job"] for job in listed} == set(catalogue.jobs())


def scheduled(*arguments: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(invoke("schedule", "--json", *arguments)[1])[
        "schedule"
    ]
    return found


def test_the_schedule_shows_all_companies_in_one_zone_and_names_that_of_each_crontab() -> None:
    listed = scheduled("--count", "2")
    assert len(listed) == len(catalogue.jobs()) * 2 * 2
    assert {slot["zone"] for slot in listed} == {"Europe/Brussels", "America/New_York"}
    assert all(slot["next"].endswith("Z") for slot in listed)
    there = scheduled("--count", "2", "--zone", "Asia/Kolkata")
    assert all(slot["next"].endswith("+05:30") for slot in there)
    assert [datetime.fromisoformat(slot["next"]) for slot in there] == [
        datetime.fromisoformat(slot["next"]) for slot in listed
    ]


def test_the_schedule_is_narrowed_by_tenant_company_and_job() -> None:
    (slot,) = scheduled("--tenant", "firm", "--company", "2", "--job", "wip_aging")
    assert (slot["job"], slot["zone"]) == ("wip_aging", "America/New_York")
    assert len(scheduled("--job", "wip_aging")) == 2


@pytest.mark.parametrize(
    "words",
    [("--tenant", "none"), ("--company", "9"), ("--job", "none"), ("--zone", "Mars/Olympus")],
)
def test_what_the_schedule_is_narrowed_by_must_be_there(words: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="there is none such"):
        invoke("schedule", *words)


def test_it_says_its_version_without_any_configuration() -> None:
    assert invoke("--version") == (0, f"fleet {version('odoo-ops-fleet')}\n")


def test_the_doctor_tells_what_is_well_and_what_is_not(fleet: Fleet) -> None:
    code, printed = invoke("doctor", "--json")
    checks = {check["what"]: check for check in json.loads(printed)["checks"]}
    assert checks["ledger"]["state"] == "ok"
    assert checks["mail server"]["state"] == "ok"
    assert checks["firm: Odoo"]["state"] == "ok"
    assert checks["firm: visibility of timesheets by task"]["state"] == "ok"
    assert checks["broker"]["state"] == "missing"
    assert "FLEET_BROKER_URL" in checks["broker"]["detail"]
    assert code == 4
    assert "broker" in invoke("doctor")[1]


def test_the_doctor_sees_rows_that_a_rule_hides(odoo: Switchable, clock: Clock) -> None:
    task = odoo.call("project.task", "search_read", [[["effective_hours", ">", 0]], ["id"]], {})[0]
    inflated = {("project.task", task["id"]): {"effective_hours": 5000.0}}
    odoo.inner = Sandbox(clock().date(), corrupt=inflated)
    checks = json.loads(invoke("doctor", "--json")[1])["checks"]
    (found,) = (check for check in checks if "timesheets by task" in check["what"])
    assert found["state"] == "failed"
    assert "does not see all rows" in found["detail"]


def test_the_doctor_compares_hours_by_task_wherever_they_were_booked(
    odoo: Switchable, clock: Clock
) -> None:
    line = odoo.call(
        "account.analytic.line",
        "search_read",
        [[["task_id", "!=", False], ["unit_amount", ">", 1]], ["id", "project_id"]],
        {"load": ""},
    )[0]
    elsewhere = 102 if line["project_id"] != 102 else 101
    moved = {("account.analytic.line", line["id"]): {"project_id": elsewhere}}
    odoo.inner = Sandbox(clock().date(), corrupt=moved)
    checks = json.loads(invoke("doctor", "--json")[1])["checks"]
    (found,) = (check for check in checks if "timesheets by task" in check["what"])
    assert found["state"] == "ok", found


def test_the_doctor_makes_no_ledger(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "new").mkdir()
    fleet = fleet_on(tmp_path / "new", clock, upgraded=False)
    findings = list(doctor.examine(fleet))
    assert "there is no such file yet" in findings[0].detail
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fleet.toml"]


@pytest.mark.parametrize("verb", ["trim", "run invoice_readiness", "schedule", "runs"])
def test_what_works_on_a_ledger_by_hand_makes_none(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    (tmp_path / "new").mkdir()
    fleet = fleet_on(tmp_path / "new", clock, upgraded=False)
    monkeypatch.setattr(commands, "_fleet", lambda level=0: fleet)
    with pytest.raises(LedgerNotSetUp, match="there is no such file yet: run `fleet upgrade`"):
        CliRunner().invoke(cli, verb.split(), catch_exceptions=False)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fleet.toml"]


def test_the_doctor_does_not_examine_what_is_switched_off(tmp_path: Path, clock: Clock) -> None:
    file = f'{TENANT}disabled_jobs = ["wip_aging", "invoice_readiness"]\n'
    whats = [found.what for found in doctor.examine(fleet_on(tmp_path, clock, file=file))]
    assert any(what.endswith(": utilization_variance") for what in whats)
    assert not any(what.endswith((": wip_aging", ": invoice_readiness")) for what in whats)


def roles_without_people(folder: Path, clock: Clock, lines: str) -> list[tuple[str, str]]:
    """What the doctor says of recipients in the first company: the role, and who hears of what."""
    fleet = fleet_on(folder, clock, file=TENANT + lines)
    what = "firm/Nordwind Consulting: recipients"
    found = [f for f in doctor.examine(fleet) if (f.what, f.state) == (what, "warning")]
    return [re.findall("role (.*), so nobody hears of (.*):", f.detail)[0] for f in found]


def test_the_doctor_says_which_roles_have_nobody_and_what_is_not_told(
    tmp_path: Path, clock: Clock
) -> None:
    every = dict(roles_without_people(tmp_path, clock, ""))
    assert set(every) == {"delivery", "finance", "ops"}
    assert every["ops"] == "what the fleet gave up"
    assert "timesheet_reminders" in every["delivery"]
    some = 'recipients.finance = ["f@firm.example"]\nrecipients.ops = ["o@firm.example"]\n'
    assert set(dict(roles_without_people(tmp_path, clock, some))) == {"delivery"}
    disabled = f"{some}disabled_jobs = {sorted(catalogue.jobs())}\n"
    assert roles_without_people(tmp_path, clock, disabled) == []


def test_the_doctor_names_a_refused_login(odoo: Switchable) -> None:
    odoo.error = OdooLoginRefused("wrong password")
    checks = json.loads(invoke("doctor", "--json")[1])["checks"]
    assert [c["detail"] for c in checks if c["what"] == "firm: Odoo"] == ["wrong password"]


@pytest.mark.parametrize("file", ["", TENANT, "[tenants.Bad-1]\n"])
def test_the_ledger_is_created_then_kept_up_to_date_and_needs_no_tenant(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fleet.toml").write_text(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"FLEET_DATABASE_URL": "sqlite:///new.db"})
    assert "new.db was created" in invoke("upgrade")[1]
    assert "new.db is up to date" in invoke("upgrade")[1]
    (tmp_path / "fleet.toml").unlink()
    assert "new.db is up to date" in invoke("upgrade")[1]
    monkeypatch.setattr("os.environ", {"FLEET_DATABASE_URLL": "sqlite:///new.db"})
    with pytest.raises(ConfigurationError, match="FLEET_DATABASE_URLL: no such setting"):
        invoke("upgrade")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("a: wrong", "b: wrong"), 2),
        (LedgerUnavailable("sqlite:///fleet.db: another process holds it"), 2),
        (FleetError("c"), 4),
    ],
)
def test_expected_errors_are_messages_and_no_tracebacks(
    error: FleetError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse() -> Fleet:
        raise error

    monkeypatch.setattr(wiring, "fleet", refuse)
    monkeypatch.setattr("sys.argv", ["fleet", "trim"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert all(line in printed for line in str(error).splitlines())


def test_the_demo_starts_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is not empty"):
        invoke("demo", "--output", str(tmp_path))


def test_help_teaches() -> None:
    code, printed = invoke("--help")
    assert code == 0
    assert "fleet demo" in printed


def test_samples_tell_their_formula_their_cut_off_and_what_they_leave_out() -> None:
    invoke("run", "timesheet_reminders")
    code, printed = invoke("kpi", "timesheet_compliance_ratio", "--company", "1", "--json")
    (sample,) = json.loads(printed)["samples"]
    assert code == 0
    assert (sample["formula"], sample["company_id"]) == (2, 1)
    assert sample["cut_off"].startswith("2026-11-23T")
    assert sample["excluded"]
    with pytest.raises(ConfigurationError, match="no sample of 'wip_amount'"):
        invoke("kpi", "wip_amount")


def test_every_measure_that_is_taken_has_a_formula() -> None:
    for job in catalogue.jobs():
        invoke("run", job)
    _, printed = invoke("kpi", "--json")
    told = json.loads(printed)["measures"]
    assert all(measure["version"] for measure in told), told
    assert {"wip_amount", "invoice_release_days"} <= {measure["name"] for measure in told}


def test_a_line_is_explained_with_its_checks_its_policy_and_its_findings() -> None:
    _, document = run_json("invoice_readiness", "--dry-run", "--company", "1")
    blocked = next(row for row in document["scopes"][0]["rows"] if row["status"] == "blocked")
    name = blocked["sale_order"]
    code, printed = invoke("explain", "invoice_readiness", name, "--json")
    (found,) = json.loads(printed)["explained"]
    assert code == 0
    assert found["row"] == blocked
    assert found["policy"]["cost_of_capital_percent"] == "8"
    assert [finding["record_id"] for finding in found["findings"]] == [blocked["sale_order_id"]]
    _, shown = invoke("explain", "invoice_readiness", str(blocked["sale_order_id"]))
    for words in (name, "becomes ready when", "checks", f"Policy {blocked['policy']}", "lines"):
        assert words in shown


def test_a_line_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="'S99999': no row of invoice_readiness names it"):
        invoke("explain", "invoice_readiness", "S99999")


def test_the_policies_in_force_show_the_versions_that_rows_name() -> None:
    _, document = run_json("wip_aging", "--dry-run", "--company", "1")
    code, printed = invoke("policies", "wip_aging", "--json")
    (found,) = json.loads(printed)["policies"]
    assert code == 0
    assert {row["policy"] for row in document["scopes"][0]["rows"]} == {found["version"]}
    assert json.loads(found["values"])["decide_after_days"] == 90
    assert len(json.loads(invoke("policies", "--json")[1])["policies"]) == len(catalogue.jobs())


def test_every_setting_of_every_policy_is_described() -> None:
    for name in catalogue.jobs():
        settings = json.loads(invoke("policies", name, "--json")[1])["settings"]
        assert [found["setting"] for found in settings if not found["meaning"]] == []
        assert settings
    _, shown = invoke("policies", "wip_aging")
    assert "age of the oldest unbilled entry" in shown


def test_people_see_what_all_rows_share_and_the_parts_of_totals_apart() -> None:
    _, shown = invoke("run", "wip_aging", "--dry-run", "--company", "2")
    assert "in every row:" in shown
    assert "cost currency USD" in shown
    for title in ("buckets", "lock up"):
        assert title in shown


def held(fleet: Fleet, order_id: int) -> None:
    """Somebody put an order on hold on its page."""
    act = Act(
        kind=ActKind.HELD,
        person="mia@nordwind.example",
        job="invoice_readiness",
        tenant="firm",
        company_id=1,
        key=f"ready-order-{order_id}",
        at=fleet.clock(),
        reason="dispute about scope",
        until=fleet.clock().date() + timedelta(days=5),
        model="sale.order",
        record_id=order_id,
    )
    with fleet.ledger.transaction() as connection:
        assert acts.record(connection, act, nonce="once")


def status_of(order_id: int) -> str:
    _, document = run_json("invoice_readiness", "--dry-run", "--company", "1")
    (scope,) = document["scopes"]
    return str(next(r["status"] for r in scope["rows"] if r["sale_order_id"] == order_id))


def test_a_dry_run_and_an_explanation_know_what_was_put_on_hold_on_its_page(fleet: Fleet) -> None:
    assert status_of(1) == "ready"
    held(fleet, 1)
    assert status_of(1) == "held"
    _, printed = invoke("explain", "invoice_readiness", "1", "--company", "1", "--json")
    (found,) = json.loads(printed)["explained"]
    assert found["row"]["status"] == "held"
    with fleet.ledger.reading() as connection:
        assert runs.latest(connection, 10) == ()


def test_a_look_needs_no_ledger_and_makes_none(fleet: Fleet) -> None:
    file = fleet.ledger.address.file
    assert file is not None
    fleet.ledger.close()
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    assert status_of(1) == "ready"
    assert not list(file.parent.glob(f"{file.name}*"))


def test_a_ledger_that_cannot_be_read_is_told_and_the_look_goes_on(fleet: Fleet) -> None:
    held(fleet, 1)
    with fleet.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    order = Order(
        catalogue.jobs()["invoice_readiness"], fleet.settings.tenant("firm"), (1,), dry_run=True
    )
    with capture_logs() as logged:
        (result,) = run_command.run(fleet, order)
    assert result.seen is not None
    assert result.seen.report.rows[0]["status"] != "held"
    (said,) = (each for each in logged if each["event"] == "look.nothing_remembered")
    assert "run `fleet upgrade`" in said["message"]


def test_a_day_that_is_over_is_looked_at_and_leaves_nothing_behind(fleet: Fleet) -> None:
    code, document = run_json("wip_aging", "--as-of", "2026-10-31")
    assert (code, document["as_of"]) == (0, "2026-10-31")
    assert all(scope["rows"] for scope in document["scopes"])
    with fleet.ledger.reading() as connection:
        assert runs.latest(connection, 10) == ()
        assert outbox.find(connection, 10) == ()


@pytest.mark.parametrize("job", ["invoice_readiness", "pending_approvals"])
def test_what_has_no_history_is_not_verifiable_on_a_day_that_is_over(job: str) -> None:
    _, document = run_json(job, "--as-of", "2026-10-31")
    for scope in document["scopes"]:
        assert (scope["rows"], scope["totals"], scope["measures"], scope["findings"]) == ([],) * 4
        (gap,) = scope["not_verifiable"]
        assert "Odoo keeps no history" in gap["reason"]


@pytest.mark.parametrize("job", list(catalogue.jobs()))
def test_no_measure_of_a_day_that_is_over_is_negative(job: str) -> None:
    _, document = run_json(job, "--as-of", "2026-10-31")
    measured = [measure for scope in document["scopes"] for measure in scope["measures"]]
    variance = "utilization_variance_hours"
    assert all(m["value"] >= 0 for m in measured if m["name"] != variance), measured


def test_what_was_planned_ahead_on_a_day_that_is_over_is_not_verifiable() -> None:
    _, document = run_json("utilization_variance", "--as-of", "2026-10-31")
    for scope in document["scopes"]:
        assert {row["ahead"] for row in scope["rows"]} == {None}
        assert "scheduled_utilization_ratio" not in {m["name"] for m in scope["measures"]}
        assert "planned ahead" in " ".join(gap["check"] for gap in scope["not_verifiable"])


def test_a_day_to_come_is_refused() -> None:
    code, document = run_json("wip_aging", "--as-of", "2026-11-24")
    assert code == 2
    assert "lies ahead: the last day to ask of is 2026-11-23" in document["scopes"][0]["error"]


def test_a_day_that_has_begun_in_one_company_alone_is_today_for_all(clock: Clock) -> None:
    clock.forward(hours=15)
    code, document = run_json("timesheet_reminders", "--as-of", "2026-11-24", "--dry-run")
    assert code == 0
    assert [scope["status"] for scope in document["scopes"]] == ["ok", "ok"]
