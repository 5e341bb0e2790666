"""An outage ends for all who wait at the same moment, also for who is just noting that they do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from workers.ledger import outages, outbox
from workers.ledger.database import Ledger
from workers.ledger.outages import Outage
from workers.ledger.outbox import Message

from .examples import NOW, claim_messages, enqueue

ROUNDS = 30
MAIL, ERROR = "mail", "DeliveryUnavailable"
LATER = NOW + timedelta(minutes=4)


def note(ledger: Ledger, message: Message, line: Barrier) -> None:
    """That a message waits, as a sender does who finds that the mail server is away."""
    line.wait()
    with ledger.transaction() as connection:
        until = LATER if outages.hold(connection, MAIL) else NOW
        outbox.wait(connection, message, NOW, until, ERROR, "refused", tried=False)


def end(ledger: Ledger, line: Barrier) -> None:
    """As whoever asked and was answered."""
    line.wait()
    with ledger.transaction() as connection:
        assert outages.end(connection, MAIL)
        waiting = outbox.waiting_for(connection, None, (ERROR,), "email")
        outbox.wake(connection, [message.id for message in waiting], NOW)


def test_who_notes_a_wait_as_the_outage_ends_is_woken_or_sees_that_it_is_over(
    ledger: Ledger,
) -> None:
    with ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            with ledger.transaction() as connection:
                outages.begin(connection, Outage(MAIL, NOW, LATER, ERROR, "refused"))
                enqueue(connection, subject=f"order-{number}")
                (message,) = claim_messages(connection)
            line = Barrier(2)
            both = [pool.submit(note, ledger, message, line), pool.submit(end, ledger, line)]
            for each in both:
                each.result(60)
            with ledger.transaction() as connection:
                (now,) = outbox.find(connection, 1, id=message.id)
                assert now.next_attempt_at == NOW
                (again,) = claim_messages(connection)
                outbox.sent(connection, again, NOW)
