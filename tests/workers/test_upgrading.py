"""A ledger of the last version goes on in this one: its cases, messages and acts are as they were.

`revision-0023.sql.gz` is the dump of a ledger that the last version kept in runs on the sandbox's
firm: on 23 and 24 November 2026 all jobs ran, people acted, and mails
waited; on the 25th a run died.
"""

import gzip
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tasks import catalogue
from tasks.domain.acts import ActKind
from tests.fakes.clock import Clock
from tests.fakes.command import listed
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import opened
from workers import runner
from workers.commands import opening, preview
from workers.demo.catcher import Catcher
from workers.ledger import acts, cases, outbox
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.wiring import Fleet

DUMP = Path(__file__).parents[1] / "fakes" / "ledgers" / "revision-0023.sql.gz"
ROUTED = f"""{FILE}\
recipients.ops = ["ops@nordwind.example"]
recipients.delivery = ["delivery@nordwind.example"]
company.2.language = "de_DE"
company.2.recipients.finance = ["finanzen@nordwind.example"]
policies.pending_approvals.wait_for_morning = false

[[tenants.firm.routes]]
jobs = ["pending_approvals"]
channels = ["email", "odoo_activity", "odoo_note"]
digest = false
"""


@pytest.fixture
def clock() -> Clock:
    """Wednesday, when the run of that morning had died."""
    return Clock(datetime(2026, 11, 25, 9, 10, tzinfo=UTC))


@pytest.fixture
def old(tmp_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(tmp_path / "fleet.db")
    connection.executescript(gzip.decompress(DUMP.read_bytes()).decode())
    return connection


@pytest.fixture
def before(old: sqlite3.Connection) -> dict[str, Any]:
    """What stood in the tables before the upgrade."""
    queries = {
        "cases": "SELECT job, company_id, key, opened_on FROM cases WHERE state = 'open'",
        "messages": "SELECT id, message_id, status, recipient, step FROM messages",
        "acts": "SELECT id, job, kind, key, until FROM acts",
        "audit": "SELECT id, event, at FROM audit",
    }
    found = {name: set(old.execute(query).fetchall()) for name, query in queries.items()}
    old.close()
    return found


@pytest.fixture
def upgraded(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher, before: dict[str, Any]
) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=ROUTED)


def open_cases(fleet: Fleet) -> set[tuple[str, int, str, str]]:
    with fleet.ledger.reading() as connection:
        return {
            (job, company, case.finding.key, str(case.opened_on))
            for job in catalogue.jobs()
            for company in (1, 2)
            for case in cases.open_cases(connection, Place(job, "firm", company))
        }


def test_an_upgrade_keeps_every_case_message_act_and_line_of_the_audit(
    upgraded: Fleet, before: dict[str, Any], tmp_path: Path
) -> None:
    upgraded.ledger.check()
    assert open_cases(upgraded) == before["cases"]
    with upgraded.ledger.reading() as connection:
        kept = outbox.find(connection, 1000)
        held = acts.standing(connection, Place("invoice_readiness", "firm", 1))
    told = {(m.id, m.message_id, m.status.value, m.recipient, m.step) for m in kept}
    assert told == before["messages"]
    assert {act.kind for act in held} == {ActKind.ACKNOWLEDGED, ActKind.SNOOZED, ActKind.HELD}
    (hold,) = (act for act in held if act.kind is ActKind.HELD)
    assert hold.until == date(2026, 12, 24)
    after = sqlite3.connect(tmp_path / "fleet.db")
    assert before["audit"] <= set(after.execute("SELECT id, event, at FROM audit"))
    assert before["acts"] == set(after.execute("SELECT id, job, kind, key, until FROM acts"))
    after.close()


def test_what_the_last_version_queued_goes_out_of_this_one(
    upgraded: Fleet, catcher: Catcher, before: dict[str, Any]
) -> None:
    queued = {row[0] for row in before["messages"] if row[2] == MessageStatus.QUEUED}
    assert Counter(row[2] for row in before["messages"])[MessageStatus.PARKED] == 1
    deliver_all(upgraded)
    with upgraded.ledger.reading() as connection:
        became = {m.id: m for m in outbox.find(connection, 1000) if m.id in queued}
    parked = [m.error or "" for m in became.values() if m.status is MessageStatus.PARKED]
    # As the one that was parked before: a mailbox of a role is not a user of Odoo.
    assert all("no active internal user" in error for error in parked), parked
    statuses = Counter(message.status for message in became.values())
    assert statuses[MessageStatus.SENT] >= 5
    assert catcher.mails
    # What was sent can be written once more.
    for message in became.values():
        if message.status is MessageStatus.SENT and message.channel == "email":
            assert preview.replay(upgraded, message.id).mail["Subject"]


def test_the_next_run_knows_what_the_last_version_found(
    upgraded: Fleet, before: dict[str, Any]
) -> None:
    for job in catalogue.jobs():
        executed = runner.execute(upgraded, opened(upgraded, job))
        assert executed is not None
        assert executed.status is RunStatus.SUCCEEDED
    opened_before = {row[:3]: row[3] for row in before["cases"] if row[1] == 1}
    still = {row[:3]: row[3] for row in open_cases(upgraded) if row[1] == 1}
    assert {key: day for key, day in still.items() if key in opened_before} == {
        key: day for key, day in opened_before.items() if key in still
    }
    assert len(still.keys() & opened_before.keys()) > len(opened_before) // 2


def test_commands_answer_of_what_the_last_version_kept(
    upgraded: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "fleet", lambda level=0: upgraded)
    every = ("--limit", "1000")
    assert len(listed("outbox", *every)["messages"]) == 46
    assert listed("cases", *every)["cases"]
    assert listed("audit", *every)["audit"]
    assert {row["status"] for row in listed("runs", *every)["runs"]} >= {"dead"}
