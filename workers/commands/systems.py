"""`fleet systems`: which system keeps what, and who tells of changes there."""

import logging

import typer

from workers.commands import opening, options, rows
from workers.commands.console import show
from workers.commands.options import InZone, Json, OfTenant
from workers.commands.verbs import Verb
from workers.watch.systems import kept

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet systems --tenant acme")
def systems(tenant: OfTenant = None, zone: InZone = None, as_json: Json = False) -> None:
    """List which system holds the truth about each kind of record, and who tells of changes there.

    Odoo, unless `[tenants.acme.systems]` names the source of another one. Jobs that it wakes look
    when something is told; all others see what changed by their schedules.
    """
    fleet = opening.fleet(logging.WARNING)
    options.wanted(fleet, tenant, None, None)
    found = [
        {
            "tenant": each.name,
            "records": of_it.records.value,
            "kept_in": of_it.system,
            "told_by": ", ".join(of_it.told_by) or None,
            "told_last": rows.instant(of_it.told_at),
            "wakes": ", ".join(of_it.wakes) or None,
        }
        for each in fleet.settings.tenants.values()
        if tenant in (None, each.name)
        for of_it in kept(fleet, each)
    ]
    show(found, as_json, "Systems")
