"""What is not verifiable is said in mails, pages, doctor and the command, next to the figure."""

from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.tasks.test_rights import ABSENT, POOR
from tests.workers.language.test_language import knows, sentences
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import messages, opened
from workers import runner
from workers.commands import by_hand, doctor
from workers.commands.by_hand import Order
from workers.commands.exits import ExitCode
from workers.demo.catcher import Catcher
from workers.ledger import cases, payloads
from workers.ledger.places import Place
from workers.ledger.statuses import MessageStatus
from workers.mail.render import render
from workers.wiring import Fleet

WIP, READINESS, REMINDERS = "wip_aging", "invoice_readiness", "timesheet_reminders"
FILE = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
recipients.delivery = ["delivery@nordwind.example"]
recipients.ops = ["ops@nordwind.example"]
policies.timesheet_reminders.wait_for_morning = false
policies.utilization_variance.target_percent = 75
policies.wip_aging.decide_after_days = 10
policies.pending_approvals.wait_for_morning = false
"""


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, file=FILE)


def narrow(odoo: Switchable, clock: Clock, user: str) -> None:
    """From now on the fleet's user sees less."""
    odoo.inner = Sandbox(clock().date(), rules=POOR[user])


def looked(fleet: Fleet, job: str) -> by_hand.ScopeResult:
    order = Order(catalogue.jobs()[job], fleet.settings.tenant("firm"), [1], dry_run=True)
    (result,) = by_hand.carry_out(fleet, order)
    return result


@pytest.mark.parametrize("user", [user for user in POOR if (user, 19) not in ABSENT])
def test_every_sentence_of_it_is_german_for_germans(
    user: str, fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    narrow(odoo, clock, user)
    for job in catalogue.jobs():
        runner.execute(fleet, opened(fleet, job, 1))
    said = {sentence for m in messages(fleet) for sentence in sentences(dict(m.stored))}
    assert [sentence for sentence in said if not knows("de", sentence)] == []


def test_a_digest_says_so_at_its_head_in_its_totals_and_at_its_end(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    narrow(odoo, clock, "own hours")
    runner.execute(fleet, opened(fleet, WIP, 1))
    (message,) = [m for m in messages(fleet) if m.job == WIP]
    subject, text, html = rendered(message.stored)
    assert "not verifiable" in subject
    for shown in (text, html):
        assert "Not verifiable: logged hours" in " ".join(shown.split())
        assert "the record rule some account.analytic.line hides rows" in " ".join(shown.split())
    (line,) = [line for line in text.splitlines() if line.strip().startswith("WIP by age")]
    assert "not verifiable" in line


def rendered(payload: Any) -> tuple[str, str, str]:
    mail = render([payloads.read(payload)])
    return mail.subject, mail.text, mail.html


def test_what_is_no_longer_seen_is_not_told_as_settled_and_its_case_stays(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    runner.execute(fleet, opened(fleet, WIP, 1))
    open_before = open_keys(fleet, WIP)
    narrow(odoo, clock, "own orders")
    clock.forward(days=7)
    runner.execute(fleet, opened(fleet, WIP, 1))
    assert open_keys(fleet, WIP) == open_before != set()
    newest = max((m for m in messages(fleet) if m.job == WIP), key=lambda m: m.id)
    assert newest.stored["news"]["settled"] == []


def open_keys(fleet: Fleet, job: str) -> set[str]:
    with fleet.ledger.reading() as connection:
        return {case.finding.key for case in cases.open_cases(connection, Place(job, "firm", 1))}


@pytest.mark.parametrize("job", [REMINDERS, "pending_approvals"])
def test_the_owner_and_no_person_is_told_where_a_job_writes_to_persons(
    job: str, fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    narrow(odoo, clock, "own leave")
    runner.execute(fleet, opened(fleet, job, 1))
    assert {message.recipient for message in messages(fleet)} == {"delivery@nordwind.example"}
    (finding,) = {f["key"]: f for m in messages(fleet) for f in m.stored["findings"]}.values()
    assert finding["title"] == "not verifiable: leave"


def test_the_command_ends_with_a_code_of_its_own(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    assert by_hand.exit_code([looked(fleet, REMINDERS)]) is ExitCode.DONE
    narrow(odoo, clock, "own hours")
    result = looked(fleet, REMINDERS)
    assert by_hand.exit_code([result]) is ExitCode.NOT_VERIFIABLE
    assert result.seen
    assert {row["status"] for row in result.seen.report.rows} == {"not_verifiable"}


def test_doctor_calls_nothing_ok_that_may_be_hidden(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    def states() -> dict[str, str]:
        return {found.what: found.state for found in doctor.examine(fleet)}

    assert states()["firm: visibility of order lines by state"] == "ok"
    narrow(odoo, clock, "own orders")
    found = states()
    assert found["firm: visibility of order lines by state"] != "ok"
    assert found["firm: rows of sale.order"] == "warning"
    assert {state for what, state in found.items() if WIP in what} == {"failed"}


def test_a_reminder_whose_hours_are_no_longer_shown_waits_and_goes_out_when_they_are(
    tmp_path: Path, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    runner.execute(fleet, opened(fleet, REMINDERS, 1))
    queued = len(messages(fleet))
    seen, odoo.inner = odoo.inner, Sandbox(clock().date(), rules=POOR["own leave"])
    assert deliver_all(fleet) == {"waiting": queued}
    for message in messages(fleet):
        assert (message.status, message.attempts) == (MessageStatus.QUEUED, 0)
        assert "no longer verifiable" in str(message.error)
        assert "leave" in str(message.error)
    odoo.inner = seen
    clock.forward(minutes=1)
    assert deliver_all(fleet) == {"sent": queued}


def test_a_reminder_that_stays_unverifiable_is_given_up_and_says_so(
    tmp_path: Path, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    runner.execute(fleet, opened(fleet, REMINDERS, 1))
    odoo.inner = Sandbox(clock().date(), rules=POOR["own leave"])
    deliver_all(fleet)
    clock.forward(days=7)
    assert set(deliver_all(fleet)) == {"parked"}
    assert {"no longer verifiable" in str(message.error) for message in messages(fleet)} == {True}
    assert catcher.mails == []
