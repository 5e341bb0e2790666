"""What readers were told, saw last and still wait for."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from tests.fakes.sections import DIGEST, PERSON
from tests.workers.ledger.examples import (
    LEASE,
    MESSAGE,
    NOW,
    PLACE,
    SLOT,
    claim_messages,
    enqueue,
    open_run,
)
from workers.ledger import audit, outbox, payloads, readers
from workers.ledger.database import Ledger
from workers.ledger.places import Place
from workers.ledger.schema import messages
from workers.ledger.statuses import MessageStatus


def send_all(connection: Connection, at: datetime, mail: str) -> None:
    for message in claim_messages(connection, at):
        outbox.mark_sending(connection, message, at, LEASE, mail)
        outbox.sent(connection, message, at)


def test_what_was_said_is_known_by_period_recipient_and_step(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, finding_keys=("order-17", "order-18"))
        enqueue(connection, period="2026-11-02/2026-11-08")
        enqueue(connection, tenant="other")
        found = readers.told(connection, PLACE, {MESSAGE.period})
        assert readers.told(connection, PLACE, set()) == frozenset()
    assert found == {
        readers.Told(MESSAGE.period, MESSAGE.recipient, MESSAGE.step, key)
        for key in ("order-17", "order-18")
    }


def test_a_reader_saw_last_what_surely_went_out_last(ledger: Ledger) -> None:
    reader = (MESSAGE.step, MESSAGE.recipient, MESSAGE.channel)
    days = (NOW + timedelta(days=day) for day in range(3))
    digests = [payloads.read({**DIGEST, "at": day.isoformat()}) for day in days]
    with ledger.transaction() as connection:
        assert readers.last_seen(connection, PLACE, *reader) is None
        for day in range(3):
            enqueue(connection, subject=f"day {day}", payload=digests[day])
            if day < 2:
                send_all(connection, NOW + timedelta(days=day), f"<{day}@fleet>")
        enqueue(connection, recipient="other@example.com", payload=digests[2])
        assert readers.last_seen(connection, PLACE, *reader) == digests[1]


def test_a_digest_that_cannot_be_read_any_more_counts_as_not_seen(ledger: Ledger) -> None:
    """Its reader gets one that is all new, where every run after it would fail otherwise."""
    reader = (MESSAGE.step, MESSAGE.recipient, MESSAGE.channel)
    with ledger.transaction() as connection:
        enqueue(connection, payload=payloads.read(DIGEST))
        send_all(connection, NOW, "<1@fleet>")
        assert readers.last_seen(connection, PLACE, *reader) is not None
        connection.execute(update(messages).values(payload={**DIGEST, "totals": None}))
        assert readers.last_seen(connection, PLACE, *reader) is None


def test_a_person_was_asked_what_the_newest_message_that_went_out_says(ledger: Ledger) -> None:
    key = PERSON["findings"][0]["key"]
    who = MESSAGE.recipient.upper()
    with ledger.transaction() as connection:
        for day in range(3):
            asked = {**PERSON["findings"][0], "page": f"https://odoo.example/{day}"}
            payload = payloads.read({**PERSON, "findings": [asked]})
            enqueue(connection, subject=f"day {day}", payload=payload, finding_keys=(key,))
            if day < 2:
                send_all(connection, NOW + timedelta(days=day), f"<{day}@fleet>")
        found = readers.asked_of(connection, PLACE, who, key)
        assert found is not None
        assert found.page == "https://odoo.example/1"
        assert readers.asked_of(connection, PLACE, who, "another") is None
        assert readers.asked_of(connection, PLACE, "bob@example.com", key) is None


def test_what_waits_of_an_older_run_gives_way_to_a_newer_one(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        older, newer = (open_run(connection, SLOT + timedelta(days=n)) for n in range(2))
        for recipient in ("ann@example.com", "bob@example.com"):
            enqueue(connection, run_id=older, recipient=recipient)
        enqueue(connection, run_id=older, step="urgent")
        enqueue(connection, run_id=older, tenant="other")
        enqueue(connection, run_id=newer, subject="newer")
        assert readers.supersede(connection, PLACE, MESSAGE.step, NOW, newer) == 2
        dropped = outbox.find(connection, 9, MessageStatus.DROPPED)
        assert audit.entries(connection, 1)[0].event == "message.dropped"
    assert {message.recipient for message in dropped} == {"ann@example.com", "bob@example.com"}
    assert {message.error for message in dropped} == {readers.SUPERSEDED}


def test_what_is_being_sent_does_not_give_way(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        older, newer = (open_run(connection, SLOT + timedelta(days=n)) for n in range(2))
        enqueue(connection, run_id=older)
        claim_messages(connection)
        assert readers.supersede(connection, PLACE, MESSAGE.step, NOW, newer) == 0


def test_a_mail_of_several_messages_counts_once(ledger: Ledger) -> None:
    hours = [timedelta(hours=n) for n in range(3)]
    with ledger.transaction() as connection:
        for n, hour in enumerate(hours):
            enqueue(connection, subject=f"first of {n}")
            enqueue(connection, subject=f"second of {n}")
            enqueue(connection, subject=f"digest {n}", payload=payloads.read(DIGEST))
            send_all(connection, NOW + hour, f"<{n}@fleet>")
        since = NOW + hours[1]
        asked = (connection, MESSAGE.tenant, MESSAGE.recipient)
        assert readers.mails_since(*asked, since) == [NOW + h for h in hours[1:]]
        assert readers.mails_since(connection, MESSAGE.tenant, "bob@example.com", since) == []


def test_who_was_told_of_a_finding_is_remembered_however_the_address_is_written(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, recipient="Ann@Example.com")
        assert readers.was_told(connection, PLACE, "ann@example.com", "order-17")
        assert readers.was_told(connection, PLACE, "ann@example.com")
        assert not readers.was_told(connection, PLACE, "ann@example.com", "order-18")
        assert not readers.was_told(connection, PLACE, "bob@example.com", "order-17")
        assert not readers.was_told(connection, Place("wip_aging", "acme", 2), "ann@example.com")
