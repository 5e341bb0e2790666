"""`fleet late`: what of the fleet's own work is past its time, by how much, and why."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from tasks import catalogue
from workers import instants
from workers import notes as watching
from workers.commands import opening, options, rows
from workers.commands.console import show
from workers.commands.options import InZone, Json, OfCompany, OfJob, OfTenant
from workers.commands.verbs import Verb
from workers.delivery import waiting
from workers.ledger import lookup, marks, pauses, standing
from workers.ledger.database import Connection
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.ledger.places import Place
from workers.ledger.runs import Run
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.watch import overdue
from workers.wiring import Fleet

Row = Mapping[str, Any]
#: Since when, what, and why.
Late = tuple[datetime, Row, str]
ONE_MINUTE = timedelta(minutes=1)
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet late --by 15m")
def late(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    least: Annotated[
        str, typer.Option("--by", help="Only what is late by so much, such as 15m or 2h.")
    ] = "1m",
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List what of the fleet's own work is late, the longest first: since when, and why.

    Runs whose slot has passed, messages that should have gone out, and slots that no success has
    covered. What a pause or a reader's quiet hours hold is not late.
    """
    fleet = opening.fleet(logging.WARNING)
    wanted = options.wanted(fleet, tenant, company, job, limit=None)
    show(of_all(fleet, wanted, options.span("--by", least)), as_json, "Late")


def of_all(fleet: Fleet, wanted: Wanted, least: timedelta = ONE_MINUTE) -> Sequence[Row]:
    """Runs, messages and slots without a success that are late by `least` or more, longest first.

    A message waits on purpose for its reader's hours, and is late only after them.
    """
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        runs = lookup.find_runs(connection, wanted, RunStatus.PENDING)
        messages = lookup.find_messages(connection, wanted, MessageStatus.QUEUED)
        found = [
            *_slots(fleet, connection, wanted, {run.place for run in runs}, now),
            *_runs(connection, runs, now),
        ]
        hindered = waiting.hindrances(connection, now)
    found += _messages(fleet, messages, hindered, now)
    late = sorted((each for each in found if now - each[0] >= least), key=lambda each: each[0])
    return [
        {**row, "due": instants.written(due), "late_by": _span(now - due), "why": why}
        for due, row, why in late
    ]


def _slots(
    fleet: Fleet,
    connection: Connection,
    wanted: Wanted,
    waiting_places: set[Place],
    now: datetime,
) -> Iterator[Late]:
    """The oldest slot of each place that no success has covered; not where its run waits."""
    newest, since = standing.successes(connection, now), standing.watched_since(connection)
    for place, seconds in overdue.overdue(fleet, connection, newest, since, now):
        if seconds and place in wanted.places and place not in waiting_places:
            why = f"no run has succeeded since: `fleet runs --job {place.job}`"
            yield now - timedelta(seconds=seconds), {"name": "slot", **rows.of(place)}, why


def _runs(connection: Connection, found: Sequence[Run], now: datetime) -> Iterator[Late]:
    known = pauses.known(connection)
    workers = [mark for mark in marks.all(connection) if mark.kind == marks.WORKER]
    served = watching.serving(workers, now)
    for run in found:
        due = max(run.slot, pauses.paused_until(known, run.place) or run.slot)
        why = f"{run.error_class}: {run.error}" if run.error_class else ""
        if run.next_attempt_at > now:
            why += f"; tried again at {instants.written(run.next_attempt_at)}"
        elif not why:
            job = catalogue.jobs().get(run.job)
            is_served = job is None or served[job.queue]
            why = "a worker takes it when there is room" if is_served else "no worker"
        yield due, {"name": f"run-{run.id}", **rows.of(run.place)}, why


def _messages(
    fleet: Fleet, found: Sequence[Message], hindered: waiting.Hindrances, now: datetime
) -> Iterator[Late]:
    for message in found:
        wait = waiting.wait_of(fleet, message, hindered, now)
        if message.waiting_since or message.error_class:
            due = message.waiting_since or message.created_at
        elif wait.in_vain or waiting.too_early(fleet, message, now)[0] is None:
            due = message.next_attempt_at
        else:
            continue
        if not pauses.paused_until(hindered.paused, message.place):
            row = {"name": f"message-{message.id}", **rows.of(message.place)}
            yield due, row, wait.why or "it goes out now"


def _span(late: timedelta) -> str:
    minutes = int(late / ONE_MINUTE)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"
