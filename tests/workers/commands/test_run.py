"""`fleet run` and its contract with programs."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

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
from tests.fakes.command import typed, typed_json
from tests.fakes.fleets import Switchable
from workers import dispatch, outages, runner
from workers.commands import by_hand
from workers.commands.by_hand import Order, ScopeResult
from workers.commands.cli import cli
from workers.commands.exits import ExitCode
from workers.ledger import acts, outbox, runs
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

BILLABLE = [["display_type", "=", False], ["company_id", "=", 1], ["state", "=", "sale"]]
pytestmark = pytest.mark.usefixtures("at_hand")


def test_the_document_follows_the_contract() -> None:
    code, document = typed_json("run", "invoice_readiness", "--dry-run")
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
            "proposals",
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
    typed_json("run", "timesheet_reminders", "--dry-run")
    with fleet.ledger.reading() as connection:
        assert runs.latest(connection, 10) == ()
        assert outbox.find(connection, 10) == ()


def test_a_run_is_recorded_and_its_messages_are_queued(fleet: Fleet) -> None:
    code, document = typed_json("run", "timesheet_reminders")
    assert code == 0
    with fleet.ledger.reading() as connection:
        assert {run.status for run in runs.latest(connection, 10)} == {RunStatus.SUCCEEDED}
        queued = outbox.find(connection, 100)
    found = {finding["key"] for scope in document["scopes"] for finding in scope["findings"]}
    assert queued
    assert {key for message in queued for key in message.finding_keys} <= found


def test_only_the_companies_asked_for_are_run() -> None:
    _, document = typed_json("run", "invoice_readiness", "--dry-run", "--company", "2")
    assert [scope["company_id"] for scope in document["scopes"]] == [2]


def test_an_unknown_company_names_those_there_are() -> None:
    code, document = typed_json("run", "invoice_readiness", "--dry-run", "--company", "7")
    assert code == 2
    assert "1 (Nordwind Consulting)" in document["scopes"][0]["error"]


def test_a_period_can_be_asked_for() -> None:
    days = ("--from", "2026-11-09", "--to", "2026-11-15")
    _, document = typed_json("run", "timesheet_reminders", "--dry-run", *days)
    row = document["scopes"][0]["rows"][0]
    assert (row["period_start"], row["period_end"]) == ("2026-11-09", "2026-11-15")


def test_an_earlier_day_judges_the_week_before_it() -> None:
    _, document = typed_json("run", "timesheet_reminders", "--dry-run", "--as-of", "2026-11-18")
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
        typed("run", *arguments)


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
    found, document = typed_json("run", "invoice_readiness", *(["--dry-run"] if dry else []))
    assert found == code
    assert document["scopes"][0]["status"] == "failed"
    assert str(error) in document["scopes"][0]["error"]


def test_a_failed_run_is_recorded_to_be_tried_again(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    typed_json("run", "invoice_readiness")
    clock.forward(hours=1)
    odoo.error = OdooUnavailable("away")
    code, _ = typed_json("run", "invoice_readiness")
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
    typed_json("run", "invoice_readiness", "--company", "1")
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
    assert by_hand.exit_code([ScopeResult(None), failing]) == 4


def test_a_company_whose_tenant_is_busy_is_left_to_the_fleet(fleet: Fleet) -> None:
    order = by_hand.Order(catalogue.jobs()["invoice_readiness"], fleet.settings.tenant("firm"))
    by_hand.carry_out(fleet, order)
    (first, *_) = by_hand.carry_out(fleet, order)
    assert "other runs hold this tenant" in str(first.error)


def test_a_run_by_hand_leaves_slots_that_are_due_to_the_fleet(fleet: Fleet, clock: Clock) -> None:
    job = catalogue.jobs()["timesheet_reminders"]
    dispatch.open_due_slots(fleet, job)
    clock.forward(days=1)
    tenant = fleet.settings.tenant("firm")
    by_hand.carry_out(fleet, Order(job, tenant, companies=[1]))
    with fleet.ledger.reading() as connection:
        slots = sorted(run.slot for run in runs.latest(connection, 10))
    assert slots == [datetime(2026, 11, 24, 4, tzinfo=UTC), clock()]


def test_a_run_tells_what_it_queued_and_when_the_first_of_it_goes_out(
    fleet: Fleet, clock: Clock
) -> None:
    asked = ("timesheet_reminders", "--company", "1")
    assert typed_json("run", *asked, "--dry-run")[1]["scopes"][0]["queued"] is None
    (scope,) = typed_json("run", *asked)[1]["scopes"]
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
    assert "no mail queued: `fleet mail preview`" in typed("run", *asked)[1]
    told = typed("run", "invoice_readiness", "--company", "1")[1]
    assert "1 mail queued, first on Mon 2026-11-23 10:01 Europe/Brussels (no worker serves" in told


def test_people_get_tables(odoo: Switchable, clock: Clock) -> None:
    line_id = odoo.call("sale.order.line", "search_read", [BILLABLE, ["id"]], {})[0]["id"]
    broken = {("sale.order.line", line_id): {"qty_delivered_method": "telepathy"}}
    odoo.inner = Sandbox(clock().date(), corrupt=broken)
    code, printed = typed("run", "invoice_readiness", "--dry-run")
    assert code == ExitCode.NOT_VERIFIABLE, "the totals lack the order of that line"
    # What withholds figures makes for that code, what was not checked does not.
    for expected in ("Nordwind Consulting: ", "Totals", "not verifiable", "not checked", "drift"):
        assert expected in printed


def test_people_see_what_all_rows_share_and_the_parts_of_totals_apart() -> None:
    _, shown = typed("run", "wip_aging", "--dry-run", "--company", "2")
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
    _, document = typed_json("run", "invoice_readiness", "--dry-run", "--company", "1")
    (scope,) = document["scopes"]
    return str(next(r["status"] for r in scope["rows"] if r["sale_order_id"] == order_id))


def test_a_dry_run_and_an_explanation_know_what_was_put_on_hold_on_its_page(fleet: Fleet) -> None:
    assert status_of(1) == "ready"
    held(fleet, 1)
    assert status_of(1) == "held"
    _, printed = typed("explain", "invoice_readiness", "1", "--company", "1", "--json")
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
        (result,) = by_hand.carry_out(fleet, order)
    assert result.seen is not None
    assert result.seen.report.rows[0]["status"] != "held"
    (said,) = (each for each in logged if each["event"] == "look.nothing_remembered")
    assert "run `fleet upgrade`" in said["message"]


def test_a_day_that_is_over_is_looked_at_and_leaves_nothing_behind(fleet: Fleet) -> None:
    code, document = typed_json("run", "wip_aging", "--as-of", "2026-10-31")
    assert (code, document["as_of"]) == (0, "2026-10-31")
    assert all(scope["rows"] for scope in document["scopes"])
    with fleet.ledger.reading() as connection:
        assert runs.latest(connection, 10) == ()
        assert outbox.find(connection, 10) == ()


@pytest.mark.parametrize("job", ["invoice_readiness", "pending_approvals"])
def test_what_has_no_history_is_not_verifiable_on_a_day_that_is_over(job: str) -> None:
    _, document = typed_json("run", job, "--as-of", "2026-10-31")
    for scope in document["scopes"]:
        assert (scope["rows"], scope["totals"], scope["measures"], scope["findings"]) == ([],) * 4
        (gap,) = scope["not_verifiable"]
        assert "Odoo keeps no history" in gap["reason"]


@pytest.mark.parametrize("job", list(catalogue.jobs()))
def test_no_measure_of_a_day_that_is_over_is_negative(job: str) -> None:
    _, document = typed_json("run", job, "--as-of", "2026-10-31")
    measured = [measure for scope in document["scopes"] for measure in scope["measures"]]
    variance = "utilization_variance_hours"
    assert all(m["value"] >= 0 for m in measured if m["name"] != variance), measured


def test_what_was_planned_ahead_on_a_day_that_is_over_is_not_verifiable() -> None:
    _, document = typed_json("run", "utilization_variance", "--as-of", "2026-10-31")
    for scope in document["scopes"]:
        assert {row["ahead"] for row in scope["rows"]} == {None}
        assert "scheduled_utilization_ratio" not in {m["name"] for m in scope["measures"]}
        assert "planned ahead" in " ".join(gap["check"] for gap in scope["not_verifiable"])


def test_a_day_to_come_is_refused() -> None:
    code, document = typed_json("run", "wip_aging", "--as-of", "2026-11-24")
    assert code == 2
    assert "lies ahead: the last day to ask of is 2026-11-23" in document["scopes"][0]["error"]


def test_a_day_that_has_begun_in_one_company_alone_is_today_for_all(clock: Clock) -> None:
    clock.forward(hours=15)
    code, document = typed_json("run", "timesheet_reminders", "--as-of", "2026-11-24", "--dry-run")
    assert code == 0
    assert [scope["status"] for scope in document["scopes"]] == ["ok", "ok"]
