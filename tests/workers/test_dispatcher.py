"""From outbox to inbox through real SMTP: once, re-checked, retried or parked by class."""

import asyncio
import json
import smtplib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy import event, text
from structlog.testing import capture_logs

from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import outages, runner, smtp
from workers.delivery import dispatcher
from workers.demo.catcher import Catcher
from workers.demo.processes import free_port
from workers.language.language import language
from workers.ledger import outbox
from workers.ledger.database import Connection
from workers.ledger.errors import LeaseLost, LedgerUnavailable
from workers.ledger.statuses import MessageStatus
from workers.smtp import Sealed
from workers.wiring import Fleet


def deliver_all(fleet: Fleet) -> dict[str, int]:
    outcomes: dict[str, int] = {}
    while found := dispatcher.deliver(fleet):
        for outcome, count in found.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    return outcomes


def states(fleet: Fleet) -> set[MessageStatus]:
    return {message.status for message in messages(fleet)}


def test_every_message_arrives_once_with_its_headers(fleet: Fleet, catcher: Catcher) -> None:
    for job in (REMINDERS, READINESS):
        runner.execute(fleet, opened(fleet, job))
    queued = len(messages(fleet))
    assert deliver_all(fleet) == {"sent": queued}
    assert deliver_all(fleet) == {}
    ids = [mail["Message-ID"] for mail in catcher.mails]
    assert len(set(ids)) == len(ids) == queued
    assert all(mail["X-Fleet-Trace"] == "trace-1" for mail in catcher.mails)
    assert all(str(mail["From"]) == "Fleet <fleet@firm.example>" for mail in catcher.mails)
    (digest,) = (mail for mail in catcher.mails if mail["X-Fleet-Job"] == READINESS)
    assert [part.get_filename() for part in digest.iter_attachments()] == ["invoice_readiness.csv"]


def test_a_person_who_logged_meanwhile_is_not_written_to(
    fleet: Fleet, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    odoo.inner = _everybody_exempt(clock)
    assert set(deliver_all(fleet)) == {"dropped"}
    assert catcher.mails == []


def test_of_a_merged_mail_only_what_still_stands_is_sent_as_it_stands_then(
    fleet: Fleet, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    clock.forward(days=2)
    odoo.inner = Sandbox(clock().date())
    runner.execute(fleet, opened(fleet, REMINDERS))
    (queued,) = (m for m in messages(fleet) if len(m.finding_keys) == 3)
    exempt = {("hr.employee", 14): {"active": False, "departure_date": "2026-01-31"}}
    less = _logged_on(odoo, employee_id=13)
    odoo.inner = Sandbox(clock().date(), corrupt={**exempt, less: {"unit_amount": 3.0}})
    deliver_all(fleet)
    (mail,) = (mail for mail in catcher.mails if mail["Message-ID"] == queued.message_id)
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert ("Marco Bianchi" in text, "Nadia Petrova" in text, "Oskar Lund" in text) == (
        True,
        False,
        True,
    )
    (sent,) = (m for m in messages(fleet) if m.id == queued.id)
    before = {found["key"]: found["reason"] for found in queued.stored["findings"]}
    after = {found["key"]: found["reason"] for found in sent.stored["findings"]}
    assert len(after) == 2
    assert after["employee-13-2026-11-16"] != before["employee-13-2026-11-16"]
    said = language(sent.stored["language"]).say(after["employee-13-2026-11-16"])
    assert said in " ".join(text.split())


MARCO = "marco.bianchi@nordwind.example"


def test_nothing_is_sent_before_its_time(tmp_path: Path, odoo: Switchable, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, file=TENANT)
    clock.forward(hours=-4)
    runner.execute(fleet, opened(fleet, REMINDERS))
    # Monday, 6:00 in Brussels: only where the morning has come is anybody written to.
    due = {message.recipient for message in messages(fleet) if message.next_attempt_at <= clock()}
    assert due == {"kabir.singh@nordwind.example"}
    assert dispatcher.deliver(fleet) == {"waiting": 1}
    assert states(fleet) == {MessageStatus.QUEUED}


def test_who_is_off_by_the_time_of_sending_is_written_to_on_the_next_working_morning(
    tmp_path: Path, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=TENANT)
    clock.forward(hours=-4)
    runner.execute(fleet, opened(fleet, REMINDERS))
    ill_today = {
        "resource_id": 213,
        "calendar_id": False,
        "date_from": "2026-11-23 00:00:00",
        "date_to": "2026-11-23 22:00:00",
    }
    corrupt = {("resource.calendar.leaves", 6): ill_today}
    odoo.inner = Sandbox(clock().date(), corrupt=corrupt)
    clock.forward(hours=2, minutes=1)
    outcomes = deliver_all(fleet)
    assert outcomes["postponed"] == 1
    assert MARCO not in {str(mail["To"]) for mail in catcher.mails}
    clock.forward(hours=24)
    deliver_all(fleet)
    assert MARCO in {str(mail["To"]) for mail in catcher.mails}


def test_an_unavailable_odoo_delays_the_re_check(
    fleet: Fleet, odoo: Switchable, clock: Clock, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    odoo.error = OdooUnavailable("away")
    assert set(deliver_all(fleet)) == {"waiting"}
    odoo.error = None
    clock.forward(minutes=1)
    assert set(deliver_all(fleet)) == {"waiting"}
    assert outages.probe(fleet, outages.of_odoo("firm"))
    assert set(deliver_all(fleet)) == {"sent"}


def test_without_a_mail_server_messages_wait_and_are_parked_in_the_end(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=free_port())
    runner.execute(fleet, opened(fleet, READINESS))
    with capture_logs() as logged:
        assert deliver_all(fleet) == {"waiting": 1}
        for day in range(7):
            (message,) = messages(fleet)
            assert (message.status, message.attempts) == (MessageStatus.QUEUED, 0), day
            clock.forward(days=1)
            assert not outages.probe(fleet, outages.MAIL)
            deliver_all(fleet)
    told = [line for line in logged if line["event"] in ("message.waiting", "message.parked")]
    assert {line["log_level"] for line in told} == {"warning"}
    assert {line["event"] for line in told} == {"message.waiting", "message.parked"}
    assert all("check FLEET_SMTP_URL" in line["reason"] for line in told)
    (message,) = messages(fleet)
    assert message.status is MessageStatus.PARKED
    assert "check FLEET_SMTP_URL" in str(message.error)
    assert "waited for 7 days" in str(message.error)


class Answering:
    """A mail server that gives one answer to every mail, or hangs up instead."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.accepted = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.accepted += 1
        if self.answer == "hang up":
            cast(asyncio.Transport, server.transport).abort()
            await asyncio.sleep(0)
        return self.answer


@contextmanager
def answering(answer: str) -> Iterator[tuple[Answering, int]]:
    handler, port = Answering(answer), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("answer", "job", "outcome"),
    [
        ("451 greylisted", READINESS, "waiting"),
        ("550 no such user", READINESS, "parked"),
        # The ambiguous instant: reminders are sent at most once, finance mail at least once.
        ("hang up", READINESS, "retried"),
        ("hang up", REMINDERS, "parked"),
    ],
)
def test_the_answer_alone_decides_what_happens(
    answer: str, job: str, outcome: str, tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    with answering(answer) as (_, port):
        fleet = fleet_on(tmp_path, clock, odoo, smtp_port=port)
        runner.execute(fleet, opened(fleet, job))
        assert set(deliver_all(fleet)) == {outcome}


def test_a_dispatcher_that_dies_before_sending_loses_nothing(
    fleet: Fleet, clock: Clock, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    with fleet.ledger.transaction() as connection:
        held = outbox.claim(connection, clock(), timedelta(minutes=2), 100, 8)
    assert deliver_all(fleet) == {}
    clock.forward(minutes=6)
    assert deliver_all(fleet) == {"sent": len(held)}
    assert len(catcher.mails) == len(held)


@pytest.mark.parametrize("step", ["mark_sending", "sent", "drop", "wait", "postpone"])
def test_what_the_ledger_does_not_take_is_logged_under_its_trace(
    fleet: Fleet,
    clock: Clock,
    odoo: Switchable,
    monkeypatch: pytest.MonkeyPatch,
    our_logs: pytest.LogCaptureFixture,
    step: str,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("the database is away")

    def asleep(*_: object) -> tuple[datetime, str]:
        return clock() + timedelta(hours=1), "they sleep"

    runner.execute(fleet, opened(fleet, REMINDERS))
    if step == "drop":
        odoo.inner = _everybody_exempt(clock)
    elif step == "wait":
        odoo.error = OdooUnavailable("away")
    elif step == "postpone":
        monkeypatch.setattr(dispatcher, "too_early", asleep)
    monkeypatch.setattr(outbox, step, away)
    our_logs.clear()
    assert dispatcher.deliver(fleet)["unsettled"] > 0
    said: list[Any] = [e.msg for e in our_logs.records if e.name == "workers.delivery.dispatcher"]
    assert {line["event"] for line in said} == {"message.not_settled"}
    assert {(line.get("trace_id"), line.get("tenant")) for line in said} == {("trace-1", "firm")}


def test_a_ledger_that_fails_after_the_mail_went_out_parks_nothing(
    fleet: Fleet, clock: Clock, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, READINESS))

    def broken(*_: object) -> None:
        raise LedgerUnavailable("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "sent", broken)
        assert dispatcher.deliver(fleet) == {"unsettled": 1}
    assert states(fleet) == {MessageStatus.SENDING}
    clock.forward(minutes=6)
    # Finance mail is sent at least once, under the same id.
    assert deliver_all(fleet) == {"sent": 1}
    assert len(catcher.mails) == 2
    assert len({mail["Message-ID"] for mail in catcher.mails}) == 1


def test_a_message_that_was_taken_over_does_not_stop_the_others(
    fleet: Fleet, clock: Clock, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    (first, *others) = sorted(message.id for message in messages(fleet))
    mark = outbox.mark_sending

    def taken_over(
        connection: Connection, message: outbox.Message, now: datetime, lease: timedelta, mail: str
    ) -> None:
        if message.id == first:
            raise LeaseLost("another worker holds it")
        mark(connection, message, now, lease, mail)

    monkeypatch.setattr(outbox, "mark_sending", taken_over)
    assert dispatcher.deliver(fleet) == {"unsettled": 1, "sent": len(others)}


def _logged_on(odoo: Switchable, employee_id: int) -> tuple[str, int]:
    """A timesheet line of somebody on a day of the last complete week."""
    domain = [
        ["employee_id", "=", employee_id],
        ["date", ">=", "2026-11-16"],
        ["date", "<=", "2026-11-19"],
    ]
    rows = odoo.call("account.analytic.line", "search_read", [domain, ["id"]], {})
    return "account.analytic.line", int(rows[0]["id"])


def _everybody_exempt(clock: Clock) -> Sandbox:
    """The firm with nobody employed in the company any more."""
    everybody = Sandbox(clock().date()).call("hr.employee", "search_read", [[], ["id"]], {})
    archived = {
        ("hr.employee", row["id"]): {"active": False, "departure_date": "2026-01-31"}
        for row in everybody
    }
    return Sandbox(clock().date(), corrupt=archived)


def test_a_slow_mail_server_leaves_the_rest_of_the_batch_to_another_time(
    tmp_path: Path,
    odoo: Switchable,
    clock: Clock,
    catcher: Catcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Signs of life come by the true clock, of which nothing passes here.
    silence = {"FLEET_SILENCE_SECONDS": "300"}
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, environ=silence)
    runner.execute(fleet, opened(fleet, REMINDERS))
    waiting = len(messages(fleet))
    send = smtp.send

    def slowly(session: smtplib.SMTP, mail: Sealed, ours: str, used: bool) -> None:
        send(session, mail, ours, used)
        clock.forward(seconds=80)

    monkeypatch.setattr(smtp, "send", slowly)
    # Half of its five minutes are over after the second mail.
    assert dispatcher.deliver(fleet) == {"sent": 2}
    left = [message for message in messages(fleet) if message.status is MessageStatus.QUEUED]
    assert len(left) == waiting - 2
    assert {message.attempts for message in left} == {0}


def test_a_message_of_a_job_that_is_gone_is_parked_and_the_others_go_out(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    (digest,) = messages(fleet)
    with fleet.ledger.transaction() as connection:
        gone = {field.name: getattr(digest, field.name) for field in fields(outbox.NewMessage)[:-1]}
        outbox.enqueue(connection, outbox.NewMessage(**{**gone, "job": "gone"}), fleet.clock())
    assert deliver_all(fleet) == {"sent": 1, "parked": 1}


@pytest.mark.parametrize("is_away", [False, True])
@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("$.template", "letter", "template: Input tag 'letter'"),
        ("$.title", {"$text": "{a}", "values": {"a": {"$of_a_later_version": 1}}}, "digest: title"),
        ("$.why", {"$text": "{", "values": {}}, "digest: why: Input should be a text"),
        ("$", [], "template: Unable to extract tag"),
    ],
)
def test_a_message_that_cannot_be_read_is_parked_by_kind_and_field_and_the_others_go_out(
    tmp_path: Path,
    odoo: Switchable,
    clock: Clock,
    catcher: Catcher,
    path: str,
    value: object,
    problem: str,
    is_away: bool,
) -> None:
    port = free_port() if is_away else catcher.port
    fleet = fleet_on(tmp_path, clock, odoo, smtp_port=port)
    for job in (REMINDERS, READINESS):
        runner.execute(fleet, opened(fleet, job))
    damaged = next(found.id for found in messages(fleet) if found.job == READINESS)
    put = text(
        "UPDATE messages SET payload = json_set(payload, :path, json(:value)) WHERE id = :id"
    )
    with fleet.ledger.transaction() as connection:
        connection.execute(put, {"path": path, "value": json.dumps(value), "id": damaged})
    deliver_all(fleet)
    after = {found.id: found for found in messages(fleet)}
    parked = after.pop(damaged)
    assert parked.status is MessageStatus.PARKED
    assert parked.error_class == "PayloadRefused"
    assert problem in str(parked.error)
    others = MessageStatus.QUEUED if is_away else MessageStatus.SENT
    assert {found.status for found in after.values()} == {others}


def test_a_time_limit_leaves_a_message_to_its_lease(
    fleet: Fleet, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, READINESS))

    def too_long(*_: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(smtp, "send", too_long)
    with pytest.raises(SoftTimeLimitExceeded):
        dispatcher.deliver(fleet)
    assert states(fleet) == {MessageStatus.SENDING}


def test_only_the_mail_that_goes_out_now_may_have_gone_out_when_a_worker_vanishes(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    waiting, gone = len(messages(fleet)), 0
    send = smtp.send

    def sent(*told: Any) -> None:
        nonlocal gone
        found = Counter(message.status for message in messages(fleet))
        # What was accepted is settled, and what is to come is not on its way.
        assert (found[MessageStatus.SENT], found[MessageStatus.SENDING]) == (gone, 1)
        send(*told)
        gone += 1

    monkeypatch.setattr(smtp, "send", sent)
    assert deliver_all(fleet) == {"sent": waiting}


def test_a_mail_costs_the_ledger_one_transaction_beside_those_of_its_batch(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    waiting = len(messages(fleet))
    begun: list[str] = []

    def note(*told: Any) -> None:
        if told[2].startswith("BEGIN IMMEDIATE"):
            begun.append(told[2])

    event.listen(fleet.ledger._engine, "before_cursor_execute", note)
    assert dispatcher.deliver(fleet) == {"sent": waiting}
    # The claim, and what is said after the last one.
    assert len(begun) == waiting + 2
