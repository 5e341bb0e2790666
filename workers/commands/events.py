"""`fleet events`: which events came from where, and what became of each."""

import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from odoo_gateway.errors import ConfigurationError
from workers.commands import opening, options, rows
from workers.commands.console import show
from workers.commands.options import InZone, Json, Newest, OfTenant, Since
from workers.commands.rows import Row
from workers.commands.verbs import Verb
from workers.ledger import inbox, lookup
from workers.ledger.inbox import Received
from workers.ledger.lookup import WantedEvents
from workers.ledger.statuses import EventStatus
from workers.wiring import Fleet

cli = typer.Typer()


class Action(StrEnum):
    """What is done to events."""

    LIST = "list"
    RETRY = "retry"
    DROP = "drop"


@cli.command(cls=Verb, epilog="fleet events --status parked --since 2d")
def events(
    action: Annotated[Action, typer.Argument(help="Lists if left out.")] = Action.LIST,
    names: Annotated[
        list[str] | None, typer.Argument(help="Parked events as they are listed, like event-12.")
    ] = None,
    tenant: OfTenant = None,
    source: Annotated[str | None, typer.Option(help="By its name in the configuration.")] = None,
    kind: Annotated[str | None, typer.Option(help="Like hr.expense.changed.")] = None,
    status: Annotated[EventStatus | None, typer.Option(help="All if left out.")] = None,
    missed: Annotated[
        bool, typer.Option("--missed", help="Those of which only a feed told.")
    ] = False,
    since: Since = None,
    older: Annotated[str | None, typer.Option(help="Older than this, such as 12h or 7d.")] = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List the events: what told of which record, when, and which runs look at it.

    retry: takes parked events up again, with all their attempts. drop: has been seen; nothing looks
    at them before the schedule does.
    """
    fleet = opening.fleet(logging.WARNING)
    wanted = options.wanted(fleet, tenant, None, None, since=since, older=older, limit=limit)
    if (action is Action.LIST) is bool(names):
        raise ConfigurationError(
            f"fleet events {action}: "
            + ("takes filters only" if names else "name parked events, like event-12")
        )
    if names:
        change(fleet, names, EventStatus.DROPPED if action is Action.DROP else EventStatus.WAITING)
    with fleet.ledger.reading() as connection:
        if names:
            found = inbox.of_ids(connection, [_number(name) for name in names])
        else:
            found = lookup.find_events(
                connection, WantedEvents(wanted, status, source, kind, missed or None)
            )
        looking = inbox.runs_of(connection, [each.id for each in found])
    show([_row(each, looking.get(each.id, {})) for each in found], as_json, "Events")


def change(fleet: Fleet, names: Sequence[str], status: EventStatus) -> None:
    """Take parked events up again, or drop them; all or none. Raises ConfigurationError."""
    with fleet.ledger.transaction() as connection:
        for name in names:
            if not inbox.change_parked(connection, _number(name), status, fleet.clock()):
                raise ConfigurationError(
                    f"{name} is not a parked event: `fleet events --status parked` lists them"
                )


def _number(name: str) -> int:
    _, number = options.number_in(name, "event", listed_by="fleet events")
    return number


def _row(received: Received, looking: Mapping[int, str]) -> Row:
    event = received.event
    return {
        "name": f"event-{received.id}",
        "tenant": event.tenant,
        "source": event.source,
        "kind": event.kind,
        "record": f"{event.model},{event.record_id}",
        "occurred": rows.instant(event.occurred_at),
        "received": rows.instant(received.received_at),
        "status": received.status.value,
        "looked_at_by": ", ".join(f"run-{run} ({how})" for run, how in looking.items()) or None,
        "missed": received.missed,
        "attempts": received.attempts,
        "event_id": event.event_id,
        "trace": event.trace_id,
        "error": f"{received.error_class}: {received.error}" if received.error_class else None,
    }
