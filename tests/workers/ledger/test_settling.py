"""One message whose outcome cannot be written down harms no other, on each database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.fakes.receiver import receiving
from tests.workers.messages.test_routing import SECRET
from tests.workers.test_dispatcher import _everybody_exempt, deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, counted, messages, opened
from workers import runner
from workers.delivery import dispatcher
from workers.delivery.channels.webhook import Webhook
from workers.demo.catcher import Catcher
from workers.demo.processes import free_port
from workers.ledger import outbox
from workers.ledger.errors import LedgerError
from workers.ledger.schema import messages as table
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

ERRORS = [LedgerError("refused"), OverflowError("date value out of range"), KeyError("template")]
AGES_AWAY = datetime(9999, 12, 31, tzinfo=UTC)


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher, url: str) -> Fleet:
    return on(tmp_path, clock, odoo, url, catcher.port)


def on(
    tmp_path: Path, clock: Clock, odoo: Switchable, url: str, port: int, file: str = FILE
) -> Fleet:
    environ = {"FLEET_DATABASE_URL": url, "FLEET_FIRM_WEBHOOK_FLOW_SECRET": SECRET}
    return fleet_on(
        tmp_path, clock, odoo, smtp_port=port, file=file, environ=environ, upgraded=False
    )


def ids(fleet: Fleet) -> list[int]:
    return sorted(message.id for message in messages(fleet))


def by_id(fleet: Fleet, message_id: int) -> outbox.Message:
    (found,) = (message for message in messages(fleet) if message.id == message_id)
    return found


def failing(monkeypatch: pytest.MonkeyPatch, step: str, message_id: int, error: Exception) -> None:
    """From now on this step of the outbox raises for that message."""
    real: Callable[..., Any] = getattr(outbox, step)

    def raises(connection: Any, message: outbox.Message, *args: Any, **named: Any) -> None:
        real(connection, message, *args, **named)
        if message.id == message_id:
            raise error

    monkeypatch.setattr(outbox, step, raises)


def change(fleet: Fleet, message_id: int, **values: Any) -> None:
    with fleet.ledger.transaction() as connection:
        connection.execute(update(table).where(table.c.id == message_id).values(values))


def test_one_that_the_ledger_does_not_take_is_put_back_and_the_others_are_dropped(
    fleet: Fleet, odoo: Switchable, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    odoo.inner = _everybody_exempt(clock)
    first, *others = ids(fleet)
    failing(monkeypatch, "drop", first, ERRORS[0])
    assert deliver_all(fleet) == {"unsettled": 1, "dropped": len(others)}
    kept = by_id(fleet, first)
    assert (kept.status, kept.attempts, kept.token) == (MessageStatus.QUEUED, 1, None)
    assert kept.next_attempt_at > clock()
    assert "LedgerError" in str(kept.error)
    assert counted(fleet)[f"fleet_messages{sorted([REMINDERS, 'firm', 'unsettled'])}"] == 1


def test_one_that_can_never_be_settled_is_parked_in_the_end(
    fleet: Fleet, odoo: Switchable, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    odoo.inner = _everybody_exempt(clock)
    first = ids(fleet)[0]
    failing(monkeypatch, "drop", first, ERRORS[0])
    for _ in range(fleet.settings.environment.message_attempts):
        deliver_all(fleet)
        clock.forward(hours=1)
    assert by_id(fleet, first).status is MessageStatus.PARKED


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_mail_that_went_out_and_cannot_be_noted_is_left_to_its_guarantee(
    fleet: Fleet, catcher: Catcher, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    first, *others = ids(fleet)
    failing(monkeypatch, "sent", first, error)
    assert deliver_all(fleet) == {"unsettled": 1, "sent": len(others)}
    # Persons are told at most once: nobody puts it back.
    assert by_id(fleet, first).status is MessageStatus.SENDING
    assert len(catcher.mails) == len(others) + 1


@pytest.mark.parametrize(("step", "mails"), [("mark_sending", 1), ("sent", 1)])
@pytest.mark.parametrize("error", ERRORS[:2], ids=repr)
def test_of_a_mail_of_two_the_one_that_is_sound_is_settled(
    fleet: Fleet,
    catcher: Catcher,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    mails: int,
    error: Exception,
) -> None:
    for job in (READINESS, "wip_aging"):
        runner.execute(fleet, opened(fleet, job))
    first, second = ids(fleet)
    failing(monkeypatch, step, first, error)
    outcomes = dispatcher.deliver(fleet)
    assert outcomes["sent"] == 1
    assert by_id(fleet, second).status is MessageStatus.SENT
    assert by_id(fleet, first).status is not MessageStatus.SENT
    assert len(catcher.mails) == mails


@pytest.mark.parametrize("said", ["\ud800", "a \x00 in it"], ids=["surrogate", "nul"])
def test_a_channel_that_raises_what_no_database_takes_harms_its_message_alone(
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
) -> None:
    send = Webhook.send

    def odd(self: Webhook, message: outbox.Message, about_to_send: Callable[[], None]) -> None:
        if message.id == first:
            raise RuntimeError(said)
        send(self, message, about_to_send)

    with receiving() as receiver:
        fleet = on(tmp_path, clock, odoo, url, free_port(), _by_webhook(receiver.url))
        runner.execute(fleet, opened(fleet, READINESS))
        runner.execute(fleet, opened(fleet, "wip_aging"))
        first, second = ids(fleet)
        monkeypatch.setattr(Webhook, "send", odd)
        outcomes = deliver_all(fleet)
    assert outcomes["sent"] == 1
    assert by_id(fleet, second).status is MessageStatus.SENT
    # Parked as broken where the database took the words, else put back in ours.
    assert by_id(fleet, first).status in (MessageStatus.QUEUED, MessageStatus.PARKED)
    assert by_id(fleet, first).token is None


def test_an_absurd_date_puts_its_message_back_and_the_others_wait(
    tmp_path: Path, clock: Clock, odoo: Switchable, url: str
) -> None:
    fleet = on(tmp_path, clock, odoo, url, free_port())
    runner.execute(fleet, opened(fleet, REMINDERS))
    first, *others = ids(fleet)
    change(fleet, first, waiting_since=AGES_AWAY)
    assert deliver_all(fleet) == {"unsettled": 1, "waiting": len(others)}
    assert by_id(fleet, first).token is None


def test_a_template_that_nobody_knows_puts_its_message_back_and_the_others_go_out(
    fleet: Fleet, odoo: Switchable
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    first, *others = ids(fleet)
    change(fleet, first, payload={"template": "of a newer version"})
    outcomes = deliver_all(fleet)
    assert outcomes.pop("sent") == len(others)
    assert sum(outcomes.values()) == 1
    assert by_id(fleet, first).token is None


@pytest.fixture
def asking() -> Iterator[Any]:
    with receiving() as receiver:
        receiver.status, receiver.headers = 429, {"Retry-After": "3600"}
        yield receiver


@pytest.mark.parametrize("left", [timedelta(minutes=10), timedelta(hours=2)])
def test_nothing_is_put_off_beyond_the_end_of_its_use(
    tmp_path: Path, clock: Clock, odoo: Switchable, url: str, asking: Any, left: timedelta
) -> None:
    fleet = on(tmp_path, clock, odoo, url, free_port(), _by_webhook(asking.url))
    runner.execute(fleet, opened(fleet, READINESS))
    (first,) = ids(fleet)
    since = clock() - dispatcher.USEFUL["digest"] + left
    change(fleet, first, waiting_since=since)
    assert deliver_all(fleet) == {"waiting": 1}
    asked = timedelta(hours=1)
    assert by_id(fleet, first).next_attempt_at == clock() + min(left, asked)
    clock.forward(seconds=left.total_seconds())
    assert deliver_all(fleet) == {"parked": 1}


def _by_webhook(url: str) -> str:
    route = '[[tenants.firm.routes]]\nchannels = ["flow"]\n'
    return f'{FILE}webhooks.flow.url = "{url}"\n{route}'
