"""Deliveries per second beside a plain loop: `python -m benchmarks.deliveries`.

The fleet claims, renders, composes, sends and settles in its ledger; the loop sends the same bytes
with smtplib. Both go to one local SMTP server in a process of its own, in turn, round by round.
"""

import argparse
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from tests.workers.test_runner import READINESS, messages, opened
from workers import runner
from workers.delivery import dispatcher
from workers.demo.processes import answers, free_port
from workers.ledger import outbox, payloads
from workers.ledger.outbox import NewMessage
from workers.ledger.statuses import MessageStatus
from workers.mail import writing
from workers.wiring import Fleet

SERVER = """
import asyncio, sys, time
from aiosmtpd.controller import Controller

class Box:
    async def handle_DATA(self, server, session, envelope):
        return "250 kept"

Controller(Box(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
while True:
    time.sleep(60)
"""


@contextmanager
def serving() -> Iterator[int]:
    """A mail server that keeps nothing, in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    try:
        while not answers(port):
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def queue(fleet: Fleet, count: int) -> None:
    """So many messages about one large order, each to another reader."""
    runner.execute(fleet, opened(fleet, READINESS))
    (pattern,) = (m for m in messages(fleet) if m.stored["template"] == "digest")
    finding = pattern.stored["findings"][0]
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        for number in range(count):
            reader = f"reader{number}@nordwind.example"
            payload = {**pattern.stored, "template": "urgent", "findings": [finding]}
            values = {
                name: getattr(pattern, name)
                for name in NewMessage.__dataclass_fields__
                if hasattr(pattern, name)
            }
            new = NewMessage(
                **{
                    **values,
                    "recipient": reader,
                    "step": "urgent",
                    "message_id": f"<{now.timestamp()}-{number}@nordwind.example>",
                    "payload": payloads.read({**payload, "reader": reader}),
                }
            )
            outbox.enqueue(connection, replace(new, not_before=now), now)


def by_fleet(fleet: Fleet) -> float:
    """Seconds until the outbox is empty."""
    started = time.perf_counter()
    while dispatcher.deliver(fleet):
        pass
    return time.perf_counter() - started


def by_loop(port: int, mails: Sequence[bytes], *, one_session: bool) -> float:
    """Seconds that smtplib takes for the same bytes, over one session or one for each mail."""
    parsed = [message_from_bytes(mail, policy=SMTP) for mail in mails]
    started = time.perf_counter()
    if one_session:
        with smtplib.SMTP("127.0.0.1", port) as session:
            for mail in parsed:
                session.send_message(mail)
    else:
        for mail in parsed:
            with smtplib.SMTP("127.0.0.1", port) as session:
                session.send_message(mail)
    return time.perf_counter() - started


def measure(port: int, count: int) -> tuple[float, float, float]:
    """One round: the fleet, a session for each mail, and one session for all."""
    clock = Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        fleet = fleet_on(Path(folder), clock, smtp_port=port)
        queue(fleet, count)
        ours = by_fleet(fleet)
        with fleet.ledger.reading() as connection:
            sent = outbox.find(connection, count + 1, MessageStatus.SENT)
        assert len(sent) == count + 1, "not all mails went out"
        mails = [writing.written(fleet, [message]).as_bytes() for message in sent]
        each = by_loop(port, mails, one_session=False)
        together = by_loop(port, mails, one_session=True)
        fleet.ledger.close()
    return ours, each, together


def main() -> None:
    """Print each way's deliveries per second, and how the fleet compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="mails per round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with serving() as port:
        rounds = [measure(port, asked.count) for _ in range(asked.rounds)]
    names = ("the fleet", "smtplib, a session for each mail", "smtplib, one session for all")
    for name, seconds in zip(names, zip(*rounds, strict=True), strict=True):
        rate = statistics.median((asked.count + 1) / each for each in seconds)
        print(f"{name:34} {rate:8.1f} mails/s (median of {asked.rounds})")
    for position, name in enumerate(names[1:], 1):
        ratio = statistics.median(each[0] / each[position] for each in rounds)
        print(f"the fleet takes {ratio:.1f} times as long as {name}")


if __name__ == "__main__":
    main()
