"""What a reader is sent at once is one mail; at night nothing, and no more than enough."""

import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.acts import Act, ActKind
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all, states
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened, watched_before
from workers import runner
from workers.demo.catcher import Catcher
from workers.ledger import acts
from workers.ledger.statuses import MessageStatus
from workers.links import CASE
from workers.wiring import Fleet

WIP = "wip_aging"
FINANCE = "finance@nordwind.example"
FILE = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
recipients.delivery = ["finance@nordwind.example"]
policies.timesheet_reminders.wait_for_morning = false
"""


def carried(mail: EmailMessage) -> list[str]:
    return str(mail["X-Fleet-Messages"]).split()


def to_finance(catcher: Catcher) -> list[EmailMessage]:
    return [mail for mail in catcher.mails if str(mail["To"]) == FINANCE]


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)


def test_digests_of_several_jobs_and_companies_are_one_mail_to_their_reader(
    fleet: Fleet, clock: Clock, catcher: Catcher
) -> None:
    # The second company's morning, too, has come.
    clock.forward(hours=5)
    for job in (READINESS, WIP):
        for company_id in (1, 2):
            runner.execute(fleet, opened(fleet, job, company_id))
    queued = sorted(messages(fleet), key=lambda message: message.id)
    assert {message.recipient for message in queued} == {FINANCE}
    deliver_all(fleet)
    (mail,) = catcher.mails
    assert mail["Message-ID"] == queued[0].message_id
    assert carried(mail) == [message.message_id for message in queued]
    assert {message.sent_in for message in messages(fleet)} == {queued[0].message_id}
    files = [str(part.get_filename()) for part in mail.iter_attachments()]
    assert len(files) == len(set(files)) == 4


def test_who_wants_single_mails_gets_them(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    single = f"{FILE}mail.merge = false\n"
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=single)
    for job in (READINESS, WIP):
        runner.execute(fleet, opened(fleet, job))
    deliver_all(fleet)
    assert len(catcher.mails) == 2


def test_a_message_that_cannot_be_shown_takes_no_other_along(
    fleet: Fleet, catcher: Catcher
) -> None:
    for job in (READINESS, WIP):
        runner.execute(fleet, opened(fleet, job))
    broken = min(message.id for message in messages(fleet))
    with fleet.ledger.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE messages SET payload = json_remove(payload, '$.why') WHERE id = ?", (broken,)
        )
    assert deliver_all(fleet) == {"sent": 1, "parked": 1}
    assert len(catcher.mails) == 1
    (parked,) = (m for m in messages(fleet) if m.id == broken)
    assert "digest: why: Field required" in str(parked.error)


def test_at_night_nothing_is_sent_and_in_the_morning_all(
    fleet: Fleet, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    clock.forward(hours=12)
    runner.execute(fleet, opened(fleet, READINESS))
    assert deliver_all(fleet) == {"postponed": 1}
    assert states(fleet) == {MessageStatus.QUEUED}
    clock.forward(hours=8)
    assert deliver_all(fleet) == {"sent": 1}
    assert len(catcher.mails) == 1


def test_the_second_reminder_of_a_day_waits_and_comes_with_the_next(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    later = """\
ladder = [
    { name = "late", working_days = 1 },
    { name = "again", working_days = 1, at = 11:00:00 },
]
"""
    file = f"{FILE}\n[tenants.firm.policies.timesheet_reminders]\n{later}".replace(
        "policies.timesheet_reminders.wait_for_morning = false\n", ""
    )
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=file)
    runner.execute(fleet, opened(fleet, REMINDERS))
    first = deliver_all(fleet)["sent"]
    assert first
    clock.forward(hours=2)
    runner.execute(fleet, opened(fleet, REMINDERS))
    assert deliver_all(fleet)["postponed"]
    assert len(catcher.mails) == len({str(mail["To"]) for mail in catcher.mails})
    before = len(catcher.mails)
    clock.forward(hours=22)
    odoo.inner = Sandbox(clock().date())
    assert deliver_all(fleet)["sent"]
    assert len(catcher.mails) > before


def test_an_urgent_order_is_told_at_once_and_the_digest_waits_for_its_hour(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    file = f"""{FILE}policies.invoice_readiness.tell_at_once_from = {{ EUR = 1 }}
mail.digest_at = 16:00:00
"""
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=file)
    watched_before(fleet, READINESS)
    runner.execute(fleet, opened(fleet, READINESS))
    told = {message.stored["template"] for message in messages(fleet)}
    assert told == {"urgent", "digest"}
    deliver_all(fleet)
    (urgent,) = catcher.mails
    clock.forward(hours=6, minutes=1)
    deliver_all(fleet)
    digest = catcher.mails[-1]
    assert urgent["Message-ID"] != digest["Message-ID"]
    again = opened(fleet, READINESS)
    runner.execute(fleet, again)
    deliver_all(fleet)
    assert len(catcher.mails) == 2


def test_a_mail_links_to_the_pages_of_its_cases(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    pages = {"FLEET_WEB_URL": "https://fleet.example", "FLEET_LINK_SECRET": "s" * 32}
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE, environ=pages)
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    (mail,) = catcher.mails
    body = mail.get_body(("html",))
    assert body is not None
    tokens = re.findall(r"https://fleet\.example/c/([^\"]+)", body.get_content())
    assert fleet.links is not None
    cases = {fleet.links.read(CASE, token).key for token in tokens}
    assert cases >= {"ready-order-1", "blocked-order-4"}
    assert {fleet.links.read(CASE, token).person for token in tokens} == {FINANCE}


def test_what_was_acknowledged_is_told_so_in_the_next_digest(
    fleet: Fleet, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    here = {"job": READINESS, "tenant": "firm", "company_id": 1}
    with fleet.ledger.transaction() as connection:
        act = Act(ActKind.ACKNOWLEDGED, FINANCE, key="ready-order-1", at=clock(), **here)  # type: ignore[arg-type]
        acts.record(connection, act, nonce="once")
    clock.forward(hours=1)
    # The customer of order 3 loses its address, so there is something to tell.
    odoo.inner = Sandbox(clock().date(), corrupt={("res.partner", 22): {"email": False}})
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    body = catcher.mails[-1].get_body(("plain",))
    assert body is not None
    assert f"acknowledged by {FINANCE}" in " ".join(body.get_content().split())


PAGES = {"FLEET_WEB_URL": "https://fleet.example", "FLEET_LINK_SECRET": "s" * 32}


@pytest.mark.parametrize(
    ("allowed", "listed"), [([READINESS, WIP], True), ([READINESS], False), ([], False)]
)
def test_a_mail_of_several_jobs_can_be_unsubscribed_where_each_of_them_can(
    allowed: list[str],
    listed: bool,
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    catcher: Catcher,
) -> None:
    file = f"{FILE}opt_out_jobs = {allowed}\n"
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=file, environ=PAGES)
    for job in (READINESS, WIP):
        runner.execute(fleet, opened(fleet, job))
    deliver_all(fleet)
    (mail,) = catcher.mails
    assert mail["List-Unsubscribe-Post"] is None
    if not listed:
        assert mail["List-Unsubscribe"] is None
        return
    token = str(mail["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")
    assert fleet.links is not None
    found = fleet.links.read_mails(token)
    assert {link.job for link in found} == {READINESS, WIP}
    assert {(link.person, link.tenant, link.company_id) for link in found} == {(FINANCE, "firm", 1)}
