"""`fleet audit`: what happened, newest first."""

import json
import logging
from typing import Annotated

import typer

from odoo_gateway.errors import ConfigurationError, quoted
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
from workers.ledger.audit import EVENTS, Entry

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet audit --event message.parked --since 7d")
def audit(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    event: Annotated[str, typer.Option(help="How its name starts, such as message or run.d.")] = "",
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List what happened, newest first; nothing of it is ever changed."""
    fleet = opening.fleet(logging.WARNING)
    wanted = options.wanted(fleet, tenant, company, job, person, since=since, limit=limit)
    with fleet.ledger.reading() as connection:
        known = sorted(EVENTS | lookup.events(connection))
        if not any(name.startswith(event) for name in known):
            raise ConfigurationError(
                f"--event {quoted(event)}: there is none such; there are: {', '.join(known)}"
            )
        found = lookup.find_entries(connection, wanted, event)
    show([row(entry) for entry in found], as_json, "Audit")


def row(entry: Entry) -> Row:
    """An entry as lists show it."""
    names = {"run": entry.run_id, "message": entry.message_id, "case": entry.case_id}
    return {
        "at": rows.instant(entry.at),
        "event": entry.event,
        "about": " ".join(f"{kind}-{number}" for kind, number in names.items() if number),
        "job": entry.job,
        "tenant": entry.tenant,
        "company": entry.company_id,
        "detail": json.dumps(entry.detail, ensure_ascii=False),
    }
