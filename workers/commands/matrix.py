"""`fleet matrix`: what is wrong with the approval matrices."""

import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from tasks.domain.matrix_faults import faults
from workers.commands import opening
from workers.commands.console import show
from workers.commands.exits import ExitCode
from workers.commands.options import Json, OfTenant
from workers.commands.verbs import Verb
from workers.config.tenants import Tenant
from workers.wiring import Fleet

Row = Mapping[str, Any]
cli = typer.Typer(help="The approval matrices: what is wrong with them.")
OfMatrix = Annotated[str | None, typer.Argument(help="All matrices if left out.")]


@cli.command(cls=Verb, epilog="fleet matrix check")
def check(name: OfMatrix = None, tenant: OfTenant = None, as_json: Json = False) -> None:
    """Tell gaps, overlaps, rules that nothing reaches, roles that nobody holds, and clashes.

    Exit code 4 where requests would come to nobody who may decide them as the rules say.
    """
    fleet = opening.fleet(logging.WARNING)
    found = [
        {
            "tenant": each.name,
            "matrix": called,
            "fault": fault.kind.value,
            "of": fault.of,
            "what": fault.what,
            "safe": fault.kind.is_safe,
        }
        for each, called in named(fleet, tenant, name)
        for fault in faults(each.settings.matrices[called], each.people(0))
    ]
    show(found, as_json, "Faults")
    if not all(row["safe"] for row in found):
        raise typer.Exit(ExitCode.SOME_FAILED)


def named(fleet: Fleet, tenant: str | None, matrix: str | None) -> Sequence[tuple[Tenant, str]]:
    """The matrices of a name, or all, of a tenant or all. Raises ConfigurationError for none."""
    tenants = [fleet.settings.tenant(tenant)] if tenant else list(fleet.settings.tenants.values())
    found = [
        (each, name)
        for each in tenants
        for name in each.settings.matrices
        if matrix in (None, name)
    ]
    if matrix and not found:
        known = sorted({name for each in tenants for name in each.settings.matrices})
        there_are = ", ".join(known) or "none at all"
        raise ConfigurationError(f"no matrix {quoted(matrix)}; there are: {there_are}")
    return found
