"""Findings go the way that the first fitting route says: webhook, activity, digest or at once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.fakes.receiver import Receiver, checked, receiving
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened, watched_before
from workers import runner
from workers.delivery import dispatcher
from workers.delivery.channels.odoo import said_by
from workers.demo.catcher import Catcher
from workers.ledger import cases, outbox
from workers.ledger.errors import LedgerUnavailable
from workers.ledger.payloads import Digest
from workers.ledger.places import Place
from workers.ledger.schema import messages as table
from workers.ledger.statuses import MessageStatus
from workers.messages.digest import Seen, with_news
from workers.wiring import Fleet

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FILE = (
    TENANT
    + """\
recipients.finance = ["anna.kern@nordwind.example"]
webhooks.flow.url = "{url}"
"""
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def routed(
    folder: Path, clock: Clock, odoo: Switchable, catcher: Catcher, receiver: Receiver, route: str
) -> Fleet:
    file = f"{FILE.format(url=receiver.url)}mail = {{ quiet_days = [] }}\n{route}"
    secret = {"FLEET_FIRM_WEBHOOK_FLOW_SECRET": SECRET}
    return fleet_on(folder, clock, odoo, smtp_port=catcher.port, file=file, environ=secret)


def test_a_digest_goes_by_webhook_beside_the_mail_and_each_knows_what_it_was_sent(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher, receiver: Receiver
) -> None:
    route = '[[tenants.firm.routes]]\njobs = ["invoice_readiness"]\nchannels = ["email", "flow"]\n'
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route)
    for _ in range(2):
        runner.execute(fleet, opened(fleet, READINESS))
        deliver_all(fleet)
        clock.forward(seconds=1)
    ((headers, body),) = receiver.got
    event = checked(SECRET, headers, body, clock())
    assert event["type"] == "fleet.invoice_readiness.digest"
    assert json.loads(body)["data"]["news"]["opened"]
    assert headers["x-fleet-trace"] == "trace-1"


def test_a_route_without_digest_tells_each_finding_by_itself(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher, receiver: Receiver
) -> None:
    route = '[[tenants.firm.routes]]\nchannels = ["flow"]\ndigest = false\n'
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route)
    watched_before(fleet, READINESS)
    executed = runner.execute(fleet, opened(fleet, READINESS))
    assert executed is not None
    assert executed.seen is not None
    deliver_all(fleet)
    assert len(receiver.got) == len(executed.seen.report.findings)
    assert {json.loads(body)["type"] for _, body in receiver.got} == {
        "fleet.invoice_readiness.urgent"
    }
    assert catcher.mails == []


ALONE = "digest = false\n"
BY_MAIL = '[[tenants.firm.routes]]\nchannels = ["email"]\n'
BY_WEBHOOK = '[[tenants.firm.routes]]\nchannels = ["flow"]\n'
BY_ACTIVITY = '[[tenants.firm.routes]]\nchannels = ["odoo_activity"]\n'
AT_ONCE = "[tenants.firm.company.1.policies.invoice_readiness]\ntell_at_once_from = { EUR = 1 }\n"


@pytest.mark.parametrize("route", [BY_MAIL + ALONE, BY_WEBHOOK + ALONE, BY_ACTIVITY + ALONE])
def test_a_first_run_tells_no_finding_by_itself_on_any_channel(
    route: str,
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    catcher: Catcher,
    receiver: Receiver,
) -> None:
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route)
    executed = runner.execute(fleet, opened(fleet, READINESS))
    assert executed is not None
    assert executed.seen is not None
    assert len(executed.seen.report.findings) > 10
    assert messages(fleet) == []
    with fleet.ledger.reading() as connection:
        known = cases.open_cases(connection, Place(READINESS, "firm", 1))
    assert len(known) == len(executed.seen.report.findings)


@pytest.mark.parametrize("route", [BY_MAIL, BY_WEBHOOK])
def test_a_first_run_tells_large_orders_in_the_digest_alone(
    route: str,
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    catcher: Catcher,
    receiver: Receiver,
) -> None:
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route + AT_ONCE)
    runner.execute(fleet, opened(fleet, READINESS))
    assert {message.step for message in messages(fleet)} == {"digest"}


IN_ODOO = [
    ("odoo_activity", "mail.activity", "summary"),
    ("odoo_note", "mail.message", "body"),
]


@pytest.mark.parametrize(("channel", "kind", "words"), IN_ODOO)
def test_a_first_digest_is_one_record_in_odoo_and_then_each_new_finding_has_its_own(
    channel: str,
    kind: str,
    words: str,
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    catcher: Catcher,
    receiver: Receiver,
) -> None:
    def records() -> dict[int, Any]:
        return {row["id"]: row for row in odoo.call(kind, "search_read", [[]], {})}

    route = f'[[tenants.firm.routes]]\nchannels = ["{channel}"]\n'
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route)
    before = records()
    runner.execute(fleet, opened(fleet, READINESS))
    assert deliver_all(fleet) == {"sent": 1}
    (message,) = messages(fleet)
    standing = len(message.stored["news"]["opened"])
    assert standing > 10
    (first,) = (row for number, row in records().items() if number not in before)
    on = first.get("res_model") or first["model"]
    assert on in ("res.partner", "res.company")
    assert f"what stands already: {standing}" in first[words]

    # One finding was not known then.
    known = dict(message.stored)
    new, *rest = known["findings"]
    with fleet.ledger.transaction() as connection:
        old = update(table).where(table.c.id == message.id)
        connection.execute(old.values(payload={**known, "findings": rest}))
    clock.forward(seconds=1)
    before = records()
    runner.execute(fleet, opened(fleet, READINESS))
    assert deliver_all(fleet) == {"sent": 1}
    (second,) = (row for number, row in records().items() if number not in before)
    assert second["res_id"] == new["record_id"]
    assert new["title"] in second[words]


def test_what_was_queued_as_a_first_digest_is_written_as_that_whatever_went_out_meanwhile(
    tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher, receiver: Receiver
) -> None:
    """Its first attempt may have written it: another form would tell all of it twice."""
    route = '[[tenants.firm.routes]]\nchannels = ["odoo_activity"]\n'
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route)
    for _ in range(2):
        runner.execute(fleet, opened(fleet, READINESS))
        clock.forward(seconds=1)
    earlier, later = messages(fleet)
    assert isinstance(earlier.payload, Digest)
    assert isinstance(later.payload, Digest)
    told = with_news(later.payload, Seen(replace(earlier.payload, findings=())))
    assert told is not None
    assert told.news.since
    (one,) = said_by(later.saying(told))
    assert one.model == "res.company"
    (before,) = said_by(later)
    assert one.key == before.key != said_by(earlier)[0].key


def test_an_activity_whose_writer_died_is_written_again_and_stays_one(
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    catcher: Catcher,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    route = '[[tenants.firm.routes]]\nchannels = ["odoo_activity"]\n'
    fleet = routed(tmp_path, clock, odoo, catcher, receiver, route)
    runner.execute(fleet, opened(fleet, REMINDERS))

    def died(*_: object) -> None:
        raise LedgerUnavailable("the database is away")

    def activities() -> int:
        return int(odoo.call("mail.activity", "search_count", [[]], {}))

    before = activities()
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "sent", died)
        told = dispatcher.deliver(fleet)
    clock.forward(minutes=6)
    assert deliver_all(fleet)["sent"] >= told["unsettled"] > 0
    written = [m for m in messages(fleet) if m.status is MessageStatus.SENT]
    assert activities() - before == sum(len(m.stored["findings"]) for m in written)
