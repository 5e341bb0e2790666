"""What was sent goes out once more, as it was, and counts as no telling of its own."""

import json
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import runner
from workers.commands import cli, opening, resend
from workers.delivery.channels import webhook
from workers.demo.catcher import Catcher
from workers.ledger import audit, outbox, readers
from workers.ledger.database import Connection
from workers.ledger.outbox import Message
from workers.ledger.schema import messages as table
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet


@pytest.fixture(params=[REMINDERS, READINESS])
def sent(request: pytest.FixtureRequest, fleet: Fleet) -> Message:
    """A reminder to a person, then a digest, that went out."""
    runner.execute(fleet, opened(fleet, request.param))
    deliver_all(fleet)
    (first, *_) = messages(fleet)
    return first


def text_of(catcher: Catcher, number: int) -> str:
    part = catcher.mails[number].get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_it_arrives_as_it_was_under_another_message_id(
    fleet: Fleet, sent: Message, catcher: Catcher, clock: Clock
) -> None:
    before = len(catcher.mails)
    clock.forward(days=1)
    (copy,) = resend.queue_again(fleet, [f"message-{sent.id}"], "ann", "deleted by mistake")
    assert deliver_all(fleet) == {"sent": 1}
    again = catcher.mails[-1]
    (first,) = [n for n in range(before) if catcher.mails[n]["Message-ID"] == sent.message_id]
    assert text_of(catcher, before) == text_of(catcher, first)
    assert again["To"] == catcher.mails[first]["To"]
    assert again["Message-ID"] == copy.message_id != sent.message_id
    assert again["X-Fleet-Trace"] == sent.trace_id
    with fleet.ledger.reading() as connection:
        (entry,) = audit.entries(connection, 1, event="message.resent")
    assert (entry.message_id, entry.detail["of"]) == (copy.id, f"message-{sent.id}")
    assert (entry.detail["by"], entry.detail["reason"]) == ("ann", "deleted by mistake")


def last_digest(connection: Connection, message: Message) -> object:
    return readers.last_seen(
        connection, message.place, "digest", message.recipient, message.channel
    )


def test_it_changes_nothing_of_what_is_told_later(
    fleet: Fleet, sent: Message, clock: Clock
) -> None:
    with fleet.ledger.reading() as connection:
        before = last_digest(connection, sent)
    clock.forward(days=1)
    resend.queue_again(fleet, [f"message-{sent.id}"], "ann", "why")
    assert deliver_all(fleet)["sent"] >= 1
    (again,) = resend.queue_again(fleet, [f"message-{sent.id}"], "ann", "why not twice")
    with fleet.ledger.reading() as connection:
        assert last_digest(connection, sent) == before
        (row,) = outbox.find(connection, 1, id=sent.id)
    assert (row.status, row.sent_at) == (MessageStatus.SENT, sent.sent_at)
    clock.forward(days=1)
    assert deliver_all(fleet)["sent"] >= 1
    (third,) = resend.queue_again(fleet, [f"message-{again.id}"], "ann", "and again")
    assert third.told_step == sent.step


def test_a_receiver_is_told_the_step_of_the_first_time(
    fleet: Fleet, sent: Message, clock: Clock
) -> None:
    (copy,) = resend.queue_again(fleet, [f"message-{sent.id}"], "ann", "why")
    first, again = webhook.event(sent, clock()), webhook.event(copy, clock())
    assert again == first


def test_what_cannot_be_sent_again_is_refused(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    (sent,) = messages(fleet)
    changes: dict[str, dict[str, Any]] = {
        "`fleet dead retry` sends it": {"status": MessageStatus.PARKED},
        "is dropped, so it was not sent": {"status": MessageStatus.DROPPED},
        "stands once": {"channel": "odoo_note"},
        "tenant or its job is gone": {"tenant": "gone"},
        "its job is gone": {"job": "gone"},
    }
    for words, change in changes.items():
        was = {name: getattr(sent, name) for name in change}
        with fleet.ledger.transaction() as connection:
            connection.execute(update(table).values(**change))
        with pytest.raises(ConfigurationError, match=words):
            resend.queue_again(fleet, [f"message-{sent.id}"], "ann", "why")
        with fleet.ledger.transaction() as connection:
            connection.execute(update(table).values(**was))
    assert len(messages(fleet)) == 1


@pytest.mark.parametrize(
    "name", ["message-99", "run-1", "7", "message-x", "message-\uff11", "message-01"]
)
def test_a_name_that_is_none_is_refused(fleet: Fleet, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        resend.queue_again(fleet, [name], "ann", "why")


def test_what_waits_to_go_out_once_more_is_not_queued_again(
    fleet: Fleet, sent: Message, clock: Clock
) -> None:
    clock.forward(days=1)
    names = [f"message-{sent.id}"]
    (copy,) = resend.queue_again(fleet, names, "ann", "why")
    refused = f"already, as message-{copy.id}"
    with pytest.raises(ConfigurationError, match=refused):
        resend.queue_again(fleet, names, "bob", "why")
    with pytest.raises(ConfigurationError, match=refused):
        resend.chosen(fleet, names)
    deliver_all(fleet)
    resend.queue_again(fleet, names, "bob", "lost again")


def test_the_command_says_who_sees_it_again(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    (sent,) = messages(fleet)
    order = ["resend", f"message-{sent.id}"]
    shown = CliRunner().invoke(cli.cli, [*order, "--dry-run", "--json"])
    assert json.loads(shown.stdout)["resent"][0]["recipient"] == sent.recipient
    assert len(messages(fleet)) == 1
    error = CliRunner().invoke(cli.cli, order).exception
    assert isinstance(error, ConfigurationError)
    assert "--reason" in str(error)
    told = CliRunner().invoke(cli.cli, [*order, "--reason", "asked by phone"])
    assert f"will see it again: {sent.recipient}" in told.stdout
    assert len(messages(fleet)) == 2
