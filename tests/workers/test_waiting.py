"""Why a queued message waits: the same words in every command, and the instant when it goes out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from odoo_gateway.errors import OdooUnavailable
from tasks.declaration import Delivery
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, TENANT, Switchable, fleet_on
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import notes as watching
from workers import outages, runner
from workers.broker import transport as broker
from workers.commands import outbox as outbox_command
from workers.commands import pausing, status, why
from workers.delivery import waiting
from workers.delivery.dispatcher import deliver
from workers.delivery.waiting import Wait
from workers.errors import DeliveryClosed
from workers.ledger import marks, outbox
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.ledger.places import Places
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

SATURDAY = datetime(2026, 11, 28, 9, tzinfo=UTC)


def serve(fleet: Fleet) -> None:
    watching.beat(fleet, marks.WORKER, "all@host", {"queues": broker.QUEUES, "processes": 2})


def wait(fleet: Fleet, message: Message | None = None) -> Wait:
    with fleet.ledger.reading() as connection:
        found = waiting.hindrances(connection, fleet.clock())
    return waiting.wait_of(fleet, message or messages(fleet)[0], found, fleet.clock())


def told(fleet: Fleet) -> set[tuple[str, str | None]]:
    """What `fleet status` and `fleet outbox` say, which must be the same."""
    rows = outbox_command.listed(fleet, Wanted(limit=None), MessageStatus.QUEUED)
    listed = {(row["due"][:16], row["waits_for"]) for row in rows}
    groups = status.look(fleet).parts["goes_out"]
    assert listed == {(row["at"][:16], row["waits_for"]) for row in groups}
    return listed


def test_who_waits_for_its_hour_alone_is_not_said_to_have_had_enough(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo, file=TENANT)
    clock.forward(hours=-4)
    runner.execute(fleet, opened(fleet, REMINDERS))
    serve(fleet)
    assert {why for _, why in told(fleet)} == {None, "its hour"}
    later = next(m for m in messages(fleet) if m.next_attempt_at > clock())
    assert wait(fleet, later) == Wait(later.next_attempt_at, ("its hour",))


def test_a_quiet_day_a_pause_and_that_nobody_sends_are_named_with_the_hour(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    clock.now = SATURDAY
    file = f"{FILE}mail.quiet_hours = '19:00-07:00'\nmail.quiet_days = ['saturday', 'sunday']\n"
    fleet = fleet_on(tmp_path, clock, odoo, file=file)
    runner.execute(fleet, opened(fleet, READINESS))
    # Monday at seven in Brussels.
    monday = "2026-11-30T06:00"
    assert told(fleet) == {(monday, f"quiet on Saturday and Sunday; {waiting.NO_WORKER}")}
    serve(fleet)
    assert told(fleet) == {(monday, "quiet on Saturday and Sunday")}
    assert waiting.QUEUE == broker.DELIVERY
    (line, *_) = [
        x
        for x in why.answered(fleet, "finance@nordwind.example", Wanted())["answer"]
        if "message-" in x
    ]
    assert f"waits until {monday}:00Z: quiet on Saturday and Sunday." in line
    pausing.begin(fleet, Places(job=READINESS), clock() + timedelta(4), "leave", "ann")
    assert told(fleet) == {("2026-12-02T09:00", "pause until 2026-12-02T09:00Z")}


def test_what_is_away_or_refuses_us_is_named_until_it_is_asked_again(
    fleet: Fleet, clock: Clock
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    serve(fleet)
    assert {why for _, why in told(fleet)} == {None}
    refused = outages.begin(fleet, outages.MAIL, DeliveryClosed("550 no"))
    found = wait(fleet)
    assert found == Wait(refused.next_probe, ("mail, refuses us: DeliveryClosed: 550 no",))
    outages.begin(fleet, outages.of_odoo("firm"), OdooUnavailable("gone"))
    assert wait(fleet).why == "odoo firm, away: OdooUnavailable: gone"


def test_a_message_that_failed_or_is_under_way_says_so(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    serve(fleet)
    with fleet.ledger.transaction() as connection:
        (first, *_) = outbox.claim(connection, clock(), timedelta(minutes=1), 500, 9)
        assert wait(fleet, first) == Wait(clock(), ("a worker is sending it",))
        later = clock() + timedelta(minutes=5)
        outbox.failed(connection, first, clock(), later, "OdooLoginRefused", "no")
    failed = next(m for m in messages(fleet) if m.id == first.id)
    assert wait(fleet, failed) == Wait(later, ("OdooLoginRefused: no",))
    clock.forward(minutes=2)
    serve(fleet)
    vanished = wait(fleet, first).why
    assert "vanished before it was sent" in vanished


@pytest.mark.parametrize(
    ("guarantee", "then"),
    [(Delivery.AT_MOST_ONCE, "parked for a person"), (Delivery.AT_LEAST_ONCE, "sent again")],
)
def test_what_may_have_arrived_is_said_to(
    fleet: Fleet, clock: Clock, guarantee: Delivery, then: str
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    lost = replace(
        messages(fleet)[0],
        status=MessageStatus.SENDING,
        guarantee=guarantee,
        lease_until=clock() - timedelta(seconds=1),
    )
    assert "may have arrived" in wait(fleet, lost).why
    assert then in wait(fleet, lost).why


def test_after_the_night_a_reader_may_have_had_enough(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    file = f"{FILE}mail.quiet_hours = '09:00-11:00'\nmail.cap_per_day = 1\n"
    fleet = fleet_on(tmp_path, clock, odoo, file=file)
    runner.execute(fleet, opened(fleet, REMINDERS))
    serve(fleet)
    message = next(m for m in messages(fleet) if m.stored["zone"] == "Europe/Brussels")
    with fleet.ledger.transaction() as connection:
        taken = {m.id: m for m in outbox.claim(connection, clock(), timedelta(1), 500, 9)}
        sent = taken[message.id]
        outbox.mark_sending(connection, sent, clock(), timedelta(1), "<x@y>")
        outbox.sent(connection, sent, clock())
    # At ten in Brussels it is quiet until eleven, and then the day has had its mail.
    assert wait(fleet, message) == Wait(
        datetime(2026, 11, 24, 7, tzinfo=UTC),
        ("quiet hours", "enough mails to this person for now"),
    )


def test_what_nobody_will_send_says_so(tmp_path: Path, odoo: Switchable, clock: Clock) -> None:
    fleet = fleet_on(tmp_path, clock, odoo)
    runner.execute(fleet, opened(fleet, REMINDERS))
    disabled = fleet_on(tmp_path, clock, odoo, file=f'{FILE}disabled_jobs = ["{REMINDERS}"]\n')
    serve(fleet)
    assert "it will be dropped" in wait(disabled).why
    assert (
        wait(fleet, replace(messages(fleet)[0], tenant="x")).why == "nobody: tenant or job is gone"
    )


def test_what_cannot_be_read_is_listed_with_what_is_wrong_with_it(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo)
    runner.execute(fleet, opened(fleet, REMINDERS))
    serve(fleet)
    message, *_ = messages(fleet)
    unreadable = replace(message, stored={**message.stored, "at": "today"})
    assert "person: at: Invalid isoformat string: 'today'" in wait(fleet, unreadable).why
    assert wait(fleet, unreadable).why.endswith("it will be parked for a person")


def test_a_mail_is_gathered_with_what_the_other_runs_find(
    tmp_path: Path, odoo: Switchable, clock: Clock
) -> None:
    fleet = fleet_on(tmp_path, clock, odoo)
    serve(fleet)
    runner.execute(fleet, opened(fleet, READINESS))
    other = opened(fleet, REMINDERS)
    (message,) = messages(fleet)
    until = message.next_attempt_at + timedelta(minutes=5)
    assert wait(fleet) == Wait(until, ("gathered with what other runs find, at the latest then",))
    assert deliver(fleet) == {}
    told(fleet)
    runner.execute(fleet, other)
    assert wait(fleet).reasons == ()
