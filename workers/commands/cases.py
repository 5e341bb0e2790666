"""`fleet cases`: what stands, whose it is, who was told and who will be."""

import logging
from collections.abc import Sequence
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
from workers.ledger import lookup
from workers.ledger.cases import Known
from workers.ledger.database import Connection
from workers.ledger.lookup import Found, Readers
from workers.ledger.places import Place
from workers.ledger.statuses import CaseState

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet cases --person ann@acme.example")
def cases(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    record: Annotated[
        str | None, typer.Option(help="About this record: its id, model,id or name.")
    ] = None,
    closed: Annotated[bool, typer.Option(help="Those that were resolved, too.")] = False,
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List the cases: what stands, since when, whose it is, who was told and who will be.

    told: to whom a message of it went out; queued: for whom one waits.
    """
    fleet = opening.fleet(logging.WARNING)
    wanted = options.wanted(fleet, tenant, company, job, person, record, since, limit)
    with fleet.ledger.reading() as connection:
        found = lookup.find_cases(connection, wanted, None if closed else CaseState.OPEN)
        listed = of(connection, found)
    show(listed, as_json, "Cases")


def of(connection: Connection, found: Sequence[Found]) -> Sequence[Row]:
    """Cases as lists show them."""
    heard = lookup.readers_of(connection, found)
    return [_row(*each, heard[each[0].id]) for each in found]


def _row(case: Known, place: Place, heard: Readers) -> Row:
    finding = case.finding
    return {
        "name": f"case-{case.id}",
        **rows.of(place),
        "state": case.state.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "record": record_of(case),
        "amount": None if finding.amount is None else f"{finding.amount} {finding.currency}",
        "reason": finding.reason,
        "owner": finding.owner,
        "told": ", ".join(heard.told) or None,
        "queued": ", ".join(heard.queued) or None,
        "opened": case.opened_on.isoformat(),
        "last_seen": rows.instant(case.last_seen_at),
        "resolved": rows.instant(case.resolved_at),
        "key": finding.key,
        "url": finding.url,
    }


def record_of(case: Known) -> str:
    """As Odoo writes references; `fleet why` takes it."""
    return f"{case.finding.model},{case.finding.record_id}"
