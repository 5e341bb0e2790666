"""`fleet outbox`: to whom each message goes, about what, sent or waiting until when."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import typer

from workers.commands import opening, options, rows
from workers.commands.console import show
from workers.commands.options import (
    InZone,
    Json,
    Newest,
    OfCompany,
    OfJob,
    OfPerson,
    OfTenant,
    Since,
)
from workers.commands.rows import Row
from workers.commands.verbs import Verb
from workers.delivery import waiting
from workers.delivery.waiting import Hindrances, Wait
from workers.ledger import lookup
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.ledger.statuses import UNDER_WAY, MessageStatus
from workers.wiring import Fleet

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet outbox --status queued")
def outbox(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    status: Annotated[MessageStatus | None, typer.Option(help="All if left out.")] = None,
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List the messages: to whom, about what, sent or waiting until when."""
    fleet = opening.fleet(logging.WARNING)
    wanted = options.wanted(fleet, tenant, company, job, person, since=since, limit=limit)
    show(listed(fleet, wanted, status), as_json, "Messages")


def listed(fleet: Fleet, wanted: Wanted, status: MessageStatus | None) -> Sequence[Row]:
    """Messages, newest first."""
    with fleet.ledger.reading() as connection:
        found = lookup.find_messages(connection, wanted, status)
        hindered = waiting.hindrances(connection, fleet.clock())
    waits = waits_of(fleet, found, hindered)
    return [row(message, waits.get(message.id)) for message in found]


def waits_of(fleet: Fleet, found: Sequence[Message], hindered: Hindrances) -> Mapping[int, Wait]:
    """Of those that are neither sent nor given up, by id."""
    now = fleet.clock()
    return {
        message.id: waiting.wait_of(fleet, message, hindered, now)
        for message in found
        if message.status in (MessageStatus.QUEUED, *UNDER_WAY)
    }


def row(message: Message, wait: Wait | None = None) -> Row:
    """A message as lists show it; without its wait, due as the outbox remembers."""
    due = message.next_attempt_at if message.status == MessageStatus.QUEUED else None
    return {
        "name": f"message-{message.id}",
        **rows.of(message.place),
        "recipient": message.recipient,
        "step": message.step,
        "about": _about(message),
        "channel": message.channel,
        "status": message.status.value,
        "due": rows.instant(wait.until if wait else due),
        "waits_for": (wait.why or None) if wait else None,
        "sent": rows.instant(message.sent_at),
        "attempts": message.attempts,
        "run": None if message.run_id is None else f"run-{message.run_id}",
        "trace": message.trace_id,
        "error": f"{message.error_class}: {message.error}" if message.error_class else None,
    }


def _about(message: Message) -> str:
    """Its period, or what it is about; a period that begins with a slot is that instant."""
    try:
        slot = datetime.fromisoformat(message.period) if "T" in message.period else None
    except ValueError:
        slot = None
    return rows.instant(slot) or message.period or message.subject
