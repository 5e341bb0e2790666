"""The outbox: one message per identity, one sender at a time, and an honest end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tasks.declaration import Delivery
from tests.fakes.sections import PERSON, TEAM, URGENT
from workers.ledger import audit, counters, outbox, pauses, payloads, runs
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LeaseLost
from workers.ledger.outbox import Message
from workers.ledger.places import Places
from workers.ledger.statuses import MessageStatus

from .examples import (
    LEASE,
    MESSAGE,
    NOW,
    SECOND,
    claim_messages,
    claim_run,
    claimed_message,
    enqueue,
    open_run,
)

IDENTITY: dict[str, Any] = {
    "job": "bench_alert",
    "tenant": "other",
    "company_id": 2,
    "subject": "order-18",
    "period": "2026-11-16/2026-11-22",
    "recipient": "bob@example.com",
    "step": "reminded-1",
    "channel": "webhook",
}


MAIL = "<mail@fleet.example>"


def the_message(connection: Connection) -> Message:
    (message,) = outbox.find(connection, 10)
    return message


def events(connection: Connection) -> list[str]:
    return [entry.event for entry in reversed(audit.entries(connection, 100))]


def sending(connection: Connection, guarantee: Delivery) -> Message:
    message = claimed_message(connection, guarantee=guarantee)
    outbox.mark_sending(connection, message, NOW, LEASE, MAIL)
    return message


def test_a_message_comes_out_as_it_went_in(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run_id = open_run(connection)
        enqueue(connection, run_id=run_id)
        message = the_message(connection)
    assert message.payload == MESSAGE.payload
    assert message.finding_keys == MESSAGE.finding_keys
    assert message.guarantee is Delivery.AT_MOST_ONCE
    assert (message.status, message.attempts) == (MessageStatus.QUEUED, 0)
    assert (message.run_id, message.trace_id) == (run_id, "trace-1")
    assert (message.message_id, message.created_at) == (MESSAGE.message_id, NOW)


def test_the_same_message_is_queued_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert outbox.enqueue(connection, MESSAGE, NOW) is not None
        again = replace(
            MESSAGE, payload=payloads.read(TEAM), message_id="<other@fleet>", trace_id="trace-2"
        )
        assert outbox.enqueue(connection, again, NOW + LEASE) is None
        assert the_message(connection).trace_id == "trace-1"


@pytest.mark.parametrize("part", IDENTITY)
def test_each_part_of_the_identity_tells_messages_apart(ledger: Ledger, part: str) -> None:
    with ledger.transaction() as connection:
        enqueue(connection)
        enqueue(connection, **{part: IDENTITY[part]})


def test_a_message_that_was_sent_is_not_queued_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        outbox.sent(connection, claimed_message(connection), NOW)
        assert outbox.enqueue(connection, MESSAGE, NOW + LEASE) is None


def test_a_message_waits_for_its_time(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, not_before=NOW + LEASE)
        assert claim_messages(connection, NOW + LEASE - SECOND) == ()
        assert len(claim_messages(connection, NOW + LEASE)) == 1


def test_a_claimed_message_is_nobody_elses(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        assert claim_messages(connection, NOW + LEASE - SECOND) == ()
    assert (message.status, message.attempts) == (MessageStatus.CLAIMED, 1)
    assert message.lease_until == NOW + LEASE


def test_the_longest_waiting_messages_are_claimed_first(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, subject="late")
        enqueue(connection, subject="early", recipient="eve@example.com", not_before=NOW - LEASE)
        claimed = [claim_messages(connection, limit=1)[0].subject for _ in range(2)]
    assert claimed == ["early", "late"]


@pytest.mark.parametrize("guarantee", Delivery)
def test_a_sender_that_vanished_before_sending_is_replaced(
    ledger: Ledger, guarantee: Delivery
) -> None:
    with ledger.transaction() as connection:
        first = claimed_message(connection, guarantee=guarantee)
        (second,) = claim_messages(connection, NOW + LEASE)
    assert (second.id, second.attempts) == (first.id, 2)
    assert second.token != first.token


def test_at_least_once_is_sent_again_when_its_sender_vanished_while_sending(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as connection:
        sending(connection, Delivery.AT_LEAST_ONCE)
        assert claim_messages(connection, NOW + LEASE - SECOND) == ()
        assert len(claim_messages(connection, NOW + LEASE)) == 1


def test_at_most_once_is_parked_when_its_sender_vanished_while_sending(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        sending(connection, Delivery.AT_MOST_ONCE)
        assert claim_messages(connection, NOW + LEASE) == ()
        message = the_message(connection)
        newest = audit.entries(connection, 1)[0]
    assert (message.status, message.error) == (MessageStatus.PARKED, outbox.UNKNOWN)
    assert (newest.event, newest.message_id) == ("message.parked", message.id)
    assert newest.detail["error"] == "unknown whether it was sent"


def test_a_sender_whose_lease_ended_must_not_begin_to_send(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        with pytest.raises(LeaseLost):
            outbox.mark_sending(connection, message, NOW + LEASE, LEASE, MAIL)
        assert the_message(connection).status is MessageStatus.CLAIMED


def test_a_late_sender_that_nobody_replaced_may_say_that_it_sent(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = sending(connection, Delivery.AT_MOST_ONCE)
        outbox.sent(connection, message, NOW + 2 * LEASE)
        assert the_message(connection).status is MessageStatus.SENT


@pytest.mark.parametrize(
    "change",
    [
        lambda c, message, now: outbox.mark_sending(c, message, now, LEASE, MAIL),
        lambda c, message, now: outbox.sent(c, message, now),
        lambda c, message, now: outbox.failed(c, message, now, now, "DeliveryFailed", ""),
        lambda c, message, now: outbox.park(c, message, now, "DeliveryRefused", ""),
        lambda c, message, now: outbox.drop(c, message, now, "resolved"),
    ],
    ids=["mark_sending", "sent", "failed", "park", "drop"],
)
def test_a_sender_that_was_replaced_can_change_nothing(
    ledger: Ledger, change: Callable[..., None]
) -> None:
    with ledger.transaction() as connection:
        first = claimed_message(connection)
        claim_messages(connection, NOW + LEASE)
        before = the_message(connection)
    with pytest.raises(LeaseLost), ledger.transaction() as connection:
        change(connection, first, NOW + LEASE)
    with ledger.reading() as connection:
        assert the_message(connection) == before
        assert events(connection) == ["message.lost"]


def test_a_sent_message_is_settled_for_ever(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = sending(connection, Delivery.AT_LEAST_ONCE)
        outbox.sent(connection, message, NOW + SECOND)
        assert claim_messages(connection, NOW + 10 * LEASE) == ()
        settled = the_message(connection)
        assert events(connection) == ["message.sending", "message.sent"]
    assert (settled.status, settled.sent_at) == (MessageStatus.SENT, NOW + SECOND)
    assert (settled.token, settled.lease_until, settled.error) == (None, None, None)


def test_a_failed_message_is_tried_again_when_asked(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = sending(connection, Delivery.AT_MOST_ONCE)
        retry_at = NOW + 2 * LEASE
        outbox.failed(connection, message, NOW, retry_at, "DeliveryFailed", "greylisted")
        assert claim_messages(connection, retry_at - SECOND) == ()
        (again,) = claim_messages(connection, retry_at)
        newest = audit.entries(connection, 1)[0]
    assert (again.attempts, again.error) == (2, "greylisted")
    assert (newest.event, newest.detail["error"]) == ("message.failed", "greylisted")


def test_a_parked_message_waits_for_a_person(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        outbox.park(connection, claimed_message(connection), NOW, "DeliveryRefused", "no such box")
        assert claim_messages(connection, NOW + 10 * LEASE) == ()
        message = the_message(connection)
        assert events(connection) == ["message.parked"]
    assert (message.status, message.error_class, message.error) == (
        MessageStatus.PARKED,
        "DeliveryRefused",
        "no such box",
    )


def test_a_dropped_message_says_why(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        outbox.drop(connection, claimed_message(connection), NOW, "resolved meanwhile")
        assert claim_messages(connection, NOW + 10 * LEASE) == ()
        message = the_message(connection)
        assert events(connection) == ["message.dropped"]
    assert (message.status, message.error) == (MessageStatus.DROPPED, "resolved meanwhile")


def test_messages_are_counted_by_job_tenant_channel_and_status(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_message(connection)
        enqueue(connection, subject="order-18")
        enqueue(connection, subject="order-19")
        assert outbox.by_status(connection) == {
            ("wip_aging", "acme", "email", MessageStatus.CLAIMED): 1,
            ("wip_aging", "acme", "email", MessageStatus.QUEUED): 2,
        }


def test_the_wait_of_the_oldest_due_message_is_in_seconds(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection)
        enqueue(connection, channel="webhook", not_before=NOW + LEASE)
        assert outbox.oldest_due(connection, NOW + 90 * SECOND) == {"email": 90.0}


def test_messages_are_listed_newest_first_by_what_they_are(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_message(connection, subject="first")
        enqueue(connection, subject="second")
        enqueue(connection, subject="third", tenant="other")
        queued = MessageStatus.QUEUED
        assert [m.subject for m in outbox.find(connection, 2)] == ["third", "second"]
        assert [m.subject for m in outbox.find(connection, 9, queued)] == ["third", "second"]
        assert [m.subject for m in outbox.find(connection, 9, queued, tenant="acme")] == ["second"]


def test_the_outbox_keeps_what_really_goes_out(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        going_out = message.saying(replace(message.payload, at=NOW.isoformat()))
        outbox.mark_sending(connection, going_out, NOW, LEASE, MAIL)
        assert the_message(connection).payload == going_out.payload


def test_a_message_whose_time_has_not_come_after_all_waits_again(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        outbox.postpone(connection, message, NOW, NOW + LEASE, "its day has moved")
        assert claim_messages(connection, NOW + LEASE - SECOND) == ()
        assert events(connection)[-1] == "message.postponed"
        (again,) = claim_messages(connection, NOW + LEASE)
    assert (again.id, again.error_class, again.error) == (message.id, None, "its day has moved")
    assert again.attempts == message.attempts


def test_what_a_reader_waits_for_beyond_the_limit_comes_along(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        first = enqueue(connection)
        enqueue(connection, recipient="other@example.com")
        mine = enqueue(connection, subject="order-19")
        enqueue(connection, subject="order-20", not_before=NOW + SECOND)
        enqueue(connection, subject="order-21", tenant="other")
        enqueue(connection, subject="order-22", channel="webhook")
        found = outbox.claim(connection, NOW, LEASE, limit=1, max_attempts=8)
    assert [message.id for message in found] == [first, mine]


def test_a_mail_of_several_messages_that_lost_its_sender_stays_one_mail(ledger: Ledger) -> None:
    again = Delivery.AT_LEAST_ONCE
    with ledger.transaction() as connection:
        ids = [enqueue(connection, subject=f"order-{n}", guarantee=again) for n in range(3)]
        for message in claim_messages(connection)[:2]:
            outbox.mark_sending(connection, message, NOW, LEASE, MAIL)
        late = NOW + LEASE
        assert [message.id for message in claim_messages(connection, late)] == ids[:2]
        assert [message.id for message in claim_messages(connection, late)] == ids[2:]


def test_of_messages_that_lost_their_sender_one_is_claimed_at_a_time(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        ids = [enqueue(connection, subject=f"order-{n}") for n in range(3)]
        assert [message.id for message in claim_messages(connection)] == ids
        late = NOW + LEASE
        assert [message.id for message in claim_messages(connection, late)] == ids[:1]
        assert [message.id for message in claim_messages(connection, late)] == ids[1:2]


def test_due_messages_go_before_those_that_lost_their_sender(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_message(connection)
        fresh = enqueue(connection, subject="order-18", now=NOW + LEASE)
        assert [message.id for message in claim_messages(connection, NOW + LEASE)] == [fresh]


def test_a_message_that_keeps_losing_its_sender_is_parked_and_counted(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claimed_message(connection)
        for turn in range(1, 8):
            claim_messages(connection, NOW + turn * LEASE)
        assert claim_messages(connection, NOW + 8 * LEASE) == ()
        message = the_message(connection)
    with ledger.reading() as connection:
        found = {tuple(c.labels.values()): c.value for c in counters.all(connection)}
    assert (message.status, message.error_class) == (MessageStatus.PARKED, "WorkerLost")
    assert message.attempts == 8
    assert sorted(found.values()) == [1, 8]


def test_a_message_that_is_given_back_has_lost_no_attempt(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        outbox.release(connection, [message])
        (again,) = claim_messages(connection)
    assert (again.id, again.attempts) == (message.id, 1)


def test_a_message_that_was_taken_over_is_not_given_back(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        claim_messages(connection, NOW + LEASE)
        outbox.release(connection, [message])
        assert the_message(connection).status is MessageStatus.CLAIMED


def test_a_message_is_held_anew_while_it_is_sent(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        message = claimed_message(connection)
        outbox.mark_sending(connection, message, NOW + SECOND, LEASE, MAIL)
        assert claim_messages(connection, NOW + LEASE) == ()
        assert the_message(connection).status is MessageStatus.SENDING


def gathered(connection: Connection, now: datetime = NOW) -> list[str]:
    """The subjects that are claimed where mails are gathered for LEASE."""
    found = outbox.claim(connection, now, LEASE, 10, max_attempts=8, gather=LEASE)
    return sorted(message.subject for message in found)


def test_a_mail_waits_for_the_runs_of_its_tenant_that_are_due(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, subject="first")
        enqueue(connection, subject="of another tenant", tenant="other", recipient="a@b.example")
        run_id = open_run(connection)
        assert gathered(connection) == ["of another tenant"]
        claim = claim_run(connection, run_id)
        assert claim is not None
        assert gathered(connection) == []
        enqueue(connection, subject="second")
        runs.succeed(connection, claim, NOW, {})
        assert gathered(connection) == ["first", "second"]


def test_a_mail_waits_for_other_runs_no_longer_than_it_is_gathered(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection)
        open_run(connection)
        assert gathered(connection, NOW + LEASE - SECOND) == []
        assert gathered(connection, NOW + LEASE) == [MESSAGE.subject]


def test_what_is_urgent_or_no_mail_or_was_tried_waits_for_no_run(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        tried = claimed_message(connection, subject="tried")
        outbox.failed(connection, tried, NOW, NOW, "DeliveryFailed", "450 later")
        enqueue(connection, subject="urgent", payload=payloads.read(URGENT))
        enqueue(connection, subject="chat", channel="webhook")
        enqueue(connection, subject="usual")
        open_run(connection)
        assert gathered(connection) == ["chat", "tried", "urgent"]


@pytest.mark.parametrize("said", [PERSON, URGENT], ids=["person", "urgent"])
@pytest.mark.parametrize("channel", ["email", "webhook"])
@pytest.mark.parametrize("tried", [False, True])
@pytest.mark.parametrize("busy", [False, True])
def test_a_claim_leaves_what_is_gathered_and_nothing_else(
    ledger: Ledger, said: Mapping[str, Any], channel: str, tried: bool, busy: bool
) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, channel=channel, payload=payloads.read(said))
        if tried:
            (claimed,) = claim_messages(connection)
            outbox.failed(connection, claimed, NOW, NOW, "DeliveryFailed", "450 later")
        if busy:
            open_run(connection)
        for now in (NOW + LEASE - SECOND, NOW + LEASE):
            (message,) = outbox.find(connection, 1)
            tenants = runs.busy_tenants(connection, now)
            until = outbox.gathered_until(message, tenants, LEASE)
            waits = until is not None and until > now
            assert waits == (gathered(connection, now) == [])
            outbox.release(connection, outbox.find(connection, 1, MessageStatus.CLAIMED))


def test_a_paused_run_is_waited_for_by_no_mail(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection)
        open_run(connection, job="invoice_readiness")
        pauses.begin(connection, Places("invoice_readiness"), "audit", "ops", NOW, NOW + LEASE)
        assert gathered(connection) == [MESSAGE.subject]
