"""What was given up is told to ops, and a digest that was not made to its readers, each once."""

from pathlib import Path

import pytest

from odoo_gateway.errors import OdooRejected
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import runner
from workers.delivery import dispatcher
from workers.demo.catcher import Catcher
from workers.ledger import audit, outbox, runs
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus
from workers.messages import failures
from workers.wiring import Fleet

OPS = "ops@firm.example"
FILE = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
recipients.ops = ["ops@firm.example"]
"""


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, file=FILE)


def die(fleet: Fleet, odoo: Switchable, job: str) -> int:
    run_id = opened(fleet, job)
    odoo.error = OdooRejected("the user may not read sale.order")
    runner.execute(fleet, run_id)
    odoo.error = None
    return run_id


def by_template(fleet: Fleet) -> dict[str, Message]:
    return {message.stored["template"]: message for message in messages(fleet)}


def test_a_digest_that_could_not_be_made_is_told_to_its_readers_and_to_ops(
    fleet: Fleet, odoo: Switchable
) -> None:
    run_id = die(fleet, odoo, READINESS)
    assert failures.tell(fleet) == 2
    found = by_template(fleet)
    assert found["notice"].recipient == "finance@nordwind.example"
    assert found["notice"].stored["reason"] == (
        "Odoo does not show the fleet what the figures rest on"
    )
    assert found["ops"].recipient == OPS
    (failure,) = found["ops"].stored["failures"]
    assert (failure["name"], failure["error_class"]) == (f"run-{run_id}", "OdooRejected")
    assert failure["trace_id"] == "trace-1"


def test_each_failure_is_told_once_however_often_it_is_looked_for(
    fleet: Fleet, odoo: Switchable, clock: Clock
) -> None:
    die(fleet, odoo, READINESS)
    failures.tell(fleet)
    clock.forward(minutes=1)
    assert failures.tell(fleet) == 0
    die(fleet, odoo, READINESS)
    assert failures.tell(fleet) == 2


def test_consultants_hear_nothing_of_a_run_that_failed(fleet: Fleet, odoo: Switchable) -> None:
    die(fleet, odoo, REMINDERS)
    assert failures.tell(fleet) == 1
    assert {message.recipient for message in messages(fleet)} == {OPS}


def test_what_failed_long_ago_is_not_dug_out(fleet: Fleet, odoo: Switchable, clock: Clock) -> None:
    die(fleet, odoo, READINESS)
    clock.forward(days=2)
    assert failures.tell(fleet) == 0


def test_a_parked_message_is_told_to_ops_and_their_own_mail_to_nobody(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    for expected in (1, 0):
        _park_all(fleet)
        assert failures.tell(fleet) == expected
    told = by_template(fleet)["ops"]
    assert told.stored["failures"][0]["to"] == "finance@nordwind.example"
    assert told.status is MessageStatus.PARKED


def test_nothing_is_told_where_nothing_failed(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    assert failures.tell(fleet) == 0


def _park_all(fleet: Fleet) -> None:
    now = fleet.clock()
    lease = runner.backoff(fleet.settings.environment, 1)
    with fleet.ledger.transaction() as connection:
        for message in outbox.claim(connection, now, lease, 20, max_attempts=8):
            outbox.park(connection, message, now, "DeliveryRefused", "550 no such user")


def test_ops_and_readers_get_mails_that_say_what_failed_and_what_to_do(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    published = {"FLEET_RUNBOOK_URL": "https://wiki.example/runbook"}
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE, environ=published)
    run_id = die(fleet, odoo, READINESS)
    failures.tell(fleet)
    assert dispatcher.deliver(fleet) == {"sent": 2}
    bodies = {}
    for mail in catcher.mails:
        body = mail.get_body(("plain",))
        assert body is not None
        bodies[str(mail["To"])] = body.get_content()
    assert f"fleet dead retry run-{run_id}" in bodies[OPS]
    assert "trace-1" in bodies[OPS]
    assert "https://wiki.example/runbook#fleetdeadletters" in bodies[OPS]
    assert "could not be made" in bodies["finance@nordwind.example"]
    assert "may not read sale.order" in bodies[OPS]
    told = " ".join(bodies["finance@nordwind.example"].split())
    assert "Odoo does not show the fleet what the figures rest on" in told
    assert f"Operations have been told and see to it: {OPS}" in told


def test_finance_is_never_told_to_renew_a_key_and_ops_are_told_which(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    run_id = opened(fleet, READINESS)
    with fleet.ledger.transaction() as connection:
        limits = {"lease": failures.LATELY, "tenant_limit": 9, "max_attempts": 5}
        claim = runs.claim(connection, run_id, clock(), **limits)  # type: ignore[arg-type]
        assert claim is not None
        refused = "refused the login; renew FLEET_FIRM_ODOO_API_KEY"
        runs.die(connection, claim, clock(), "OdooLoginRefused", refused)
    failures.tell(fleet)
    deliver_all(fleet)
    whole = {str(mail["To"]): mail.as_string() for mail in catcher.mails}
    assert "API_KEY" not in whole["finance@nordwind.example"]
    assert "renew FLEET_FIRM_ODOO_API_KEY" in whole[OPS]


def test_the_footer_of_ops_speaks_of_no_money(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    die(fleet, odoo, READINESS)
    failures.tell(fleet)
    deliver_all(fleet)
    (told,) = (mail for mail in catcher.mails if str(mail["To"]) == OPS)
    body = told.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert text.endswith(
        "You are in the role ops, which is told of each run and message that the fleet gives up."
    )
    assert "money" not in text


def test_where_nobody_is_ops_readers_are_told_so(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    nobody = "\n".join(line for line in FILE.splitlines() if "recipients.ops" not in line)
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=nobody + "\n")
    die(fleet, odoo, READINESS)
    failures.tell(fleet)
    deliver_all(fleet)
    (mail,) = catcher.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Nobody is configured for operations" in " ".join(body.get_content().split())


def test_what_is_queued_of_a_job_that_was_disabled_is_dropped_with_its_reason(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)
    runner.execute(fleet, opened(fleet, READINESS))
    run_id = opened_later(fleet, clock)
    odoo.error = OdooRejected("the user may not read sale.order")
    runner.execute(fleet, run_id)
    odoo.error = None
    failures.tell(fleet)
    disabled = f'disabled_jobs = ["{READINESS}"]\n'
    fleet = fleet_on(
        tmp_path,
        clock,
        odoo,
        smtp_port=catcher.port,
        file=FILE.replace("recipients.finance", f"{disabled}recipients.finance"),
    )
    deliver_all(fleet)
    assert [str(mail["To"]) for mail in catcher.mails] == [OPS]
    dropped = [m for m in messages(fleet) if m.status is MessageStatus.DROPPED]
    assert {m.stored["template"] for m in dropped} == {"digest", "notice"}
    assert {m.error for m in dropped} == {"its job is disabled for this tenant"}
    with fleet.ledger.reading() as connection:
        noted = audit.entries(connection, 10, event="message.dropped")
    assert {entry.detail["error"] for entry in noted} == {"its job is disabled for this tenant"}


def opened_later(fleet: Fleet, clock: Clock) -> int:
    clock.forward(seconds=1)
    return opened(fleet, READINESS)
