"""`fleet late` names what of the fleet's work is past its time, not what waits on purpose."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from odoo_gateway.errors import OdooUnavailable
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import notes as watching
from workers import outages, runner
from workers.broker import transport as broker
from workers.commands import cli, late, opening, pausing
from workers.delivery import dispatcher
from workers.errors import DeliveryUnavailable
from workers.ledger import marks
from workers.ledger.lookup import Wanted
from workers.ledger.places import Places
from workers.wiring import Fleet


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    file = f"{FILE}mail.quiet_hours = '19:00-07:00'\n"
    found = fleet_on(tmp_path, clock, odoo, file=file)
    monkeypatch.setattr(opening, "fleet", lambda level=0: found)
    return found


def told(*words: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli.cli, ["late", "--json", *words])
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["late"]
    return found


def test_nothing_is_late_at_first(fleet: Fleet) -> None:
    opened(fleet, READINESS)
    assert told() == []
    assert "Late: none" in CliRunner().invoke(cli.cli, ["late"]).stdout


def test_a_run_that_nobody_takes_is_late_since_its_slot(fleet: Fleet, clock: Clock) -> None:
    run_id = opened(fleet, READINESS)
    clock.forward(hours=26, minutes=5)
    (run,) = told()
    assert (run["name"], run["due"], run["late_by"]) == (
        f"run-{run_id}",
        "2026-11-23T09:00Z",
        "1 d 2 h 5 min",
    )
    assert run["why"] == "no worker"
    watching.beat(fleet, marks.WORKER, "all@host", {"queues": broker.QUEUES, "processes": 2})
    assert told()[0]["why"] == "a worker takes it when there is room"
    assert told("--by", "2d") == told("--job", REMINDERS) == told("--company", "2") == []


def test_a_run_that_waits_says_for_what_and_until_when(
    fleet: Fleet, clock: Clock, odoo: Switchable
) -> None:
    run_id = opened(fleet, READINESS)
    odoo.error = OdooUnavailable("no answer")
    runner.execute(fleet, run_id)
    clock.forward(minutes=2)
    (run,) = [row for row in told() if row["name"] == f"run-{run_id}"]
    assert run["why"].startswith("OdooUnavailable: no answer")
    assert (run["late_by"], run["tenant"]) == ("2 min", "firm")


def test_a_message_is_late_that_should_have_gone_out(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    clock.forward(minutes=3)
    (message,) = told("--job", READINESS)
    assert message["why"] == "no worker serves the queue delivery"
    outages.begin(fleet, outages.MAIL, DeliveryUnavailable("refused"))
    dispatcher.deliver(fleet)
    clock.forward(minutes=5)
    (message,) = told("--job", READINESS)
    assert "DeliveryUnavailable: refused" in message["why"]
    assert message["late_by"] == "5 min"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("payload = '{}'", "it will be parked for a person"),
        ("job = 'gone'", "tenant or job is gone"),
        ("tenant = 'gone'", "tenant or job is gone"),
    ],
)
def test_a_message_that_goes_out_to_nobody_is_late_and_keeps_no_other_from_being_told(
    fleet: Fleet, clock: Clock, changed: str, why: str
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    queued = messages(fleet)
    with fleet.ledger.transaction() as connection:
        put = text(f"UPDATE messages SET {changed} WHERE id = :id")
        connection.execute(put, {"id": queued[0].id})
    clock.forward(hours=1)
    found = {each["name"]: each["why"] for each in told()}
    assert {f"message-{message.id}" for message in queued} <= found.keys()
    assert why in found[f"message-{queued[0].id}"]


def test_what_waits_on_purpose_is_not_late(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    assert messages(fleet)
    clock.forward(hours=11)
    # In Brussels quiet hours have begun.
    assert [row for row in told("--job", REMINDERS) if row["name"].startswith("message")] == []
    clock.forward(hours=-8)
    assert [row for row in told("--job", REMINDERS) if row["name"].startswith("message")]
    until = clock() + timedelta(days=3)
    pausing.begin(fleet, Places(job=REMINDERS), until, "holiday", "ann")
    opened(fleet, REMINDERS, 2)
    assert told("--job", REMINDERS) == []


def test_a_slot_that_no_success_has_covered_is_late(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    clock.forward(days=2)
    slots = [row for row in late.of_all(fleet, Wanted(job=READINESS)) if row["name"] == "slot"]
    assert [(row["due"], row["company"]) for row in slots] == [("2026-11-24T05:00Z", 1)]
    assert f"fleet runs --job {READINESS}" in slots[0]["why"]
