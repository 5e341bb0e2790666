"""`fleet kpi`: what is measured by which formula, and the samples that the ledger keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from tasks import catalogue
from workers import instants
from workers.commands import opening, options
from workers.commands.console import show
from workers.commands.options import InZone, Json, Newest, OfCompany, OfTenant
from workers.commands.verbs import Verb
from workers.ledger import measures
from workers.wiring import Fleet

Row = Mapping[str, Any]
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet kpi MEASURE --tenant acme")
def kpi(
    name: Annotated[str | None, typer.Argument(help="A measure; all of them if left out.")] = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Show what is measured and how, or the samples of a measure, newest first.

    Each sample names the version of its formula, the moment judged, and the rows left out.
    """
    fleet = opening.fleet()
    options.wanted(fleet, tenant, company, None)
    if name is None:
        show(formulas(fleet), as_json, "Measures")
    else:
        rows = samples(fleet, name, limit, tenant=tenant, company_id=company)
        show(rows, as_json, "Samples")


def formulas(fleet: Fleet) -> Sequence[Row]:
    """Every measure that jobs declare or the ledger has samples of, by name."""
    with fleet.ledger.reading() as connection:
        sampled = measures.names(connection)
    blank = {"job": None, "version": None, "formula": "no job of this version measures it"}
    found: dict[str, dict[str, Any]] = {name: {"name": name, **blank} for name in sampled}
    for job in catalogue.jobs().values():
        for one in job.formulas:
            told = {"job": job.name, "version": one.version, "formula": one.text}
            found[one.measure] = {"name": one.measure, **told}
    return [found[name] for name in sorted(found)]


def samples(
    fleet: Fleet, name: str, limit: int, *, tenant: str | None, company_id: int | None
) -> Sequence[Row]:
    """The newest samples of a measure. Raises ConfigurationError when there never was one."""
    with fleet.ledger.reading() as connection:
        known = measures.names(connection)
        if name not in known:
            there = ", ".join(known) or "none yet"
            raise ConfigurationError(f"there is no sample of {quoted(name)}; there are: {there}")
        found = measures.history(connection, name, limit, tenant=tenant, company_id=company_id)
    return [
        {
            **asdict(sample),
            "at": instants.written(sample.at, "seconds"),
            "cut_off": instants.written(sample.cut_off, "seconds") if sample.cut_off else None,
        }
        for sample in found
    ]
