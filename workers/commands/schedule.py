"""`fleet schedule`: when each job runs next, in every company of every tenant."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from odoo_gateway.errors import FleetError
from tasks import catalogue
from workers import dispatch, instants
from workers.commands import exits, opening, options
from workers.commands.console import show, tell
from workers.commands.exits import ExitCode
from workers.commands.options import InZone, Json, OfCompany, OfJob, OfTenant
from workers.commands.verbs import Verb
from workers.config.tenants import Tenant
from workers.ledger.lookup import Wanted
from workers.wiring import Fleet

Row = Mapping[str, Any]
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet schedule --count 3")
def schedule(
    count: Annotated[
        int, typer.Option(min=1, max=1000, help="Slots to show per job and company.")
    ] = 1,
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Show when each job runs next in each company; its crontab counts in the company's zone.

    A tenant whose Odoo refuses, or was never reached, is named and left out: exit code 4. Where
    that is so of all of them, 2 (credentials or configuration) or 3 (unavailable).
    """
    fleet = opening.fleet()
    fleet.ledger.check()
    options.refuse_unknown(fleet, Wanted(tenant, job=job))
    wanted = Wanted(tenant, company, job)
    rows, errors = of_all(fleet, wanted, count)
    if not errors:
        # Its companies are known by now.
        options.refuse_unknown(fleet, wanted)
    show(rows, as_json, "Schedule")
    for name, error in errors.items():
        tell(f"tenant {name}: {error}")
    code = exits.whole(fleet) if tenant is None else ExitCode.DONE
    if errors:
        every = len(errors) == (len(fleet.settings.tenants) if tenant is None else 1)
        code = exits.worst(list(errors.values())) if every else ExitCode.SOME_FAILED
    raise typer.Exit(code)


def of_all(
    fleet: Fleet, wanted: Wanted, count: int
) -> tuple[Sequence[Row], Mapping[str, FleetError]]:
    """The next `count` slots per job and company; and by tenant, why there are none of it.

    wanted: of this tenant, company and job. Raises ConfigurationError for a tenant that cannot be
    used.
    """
    every = fleet.settings.tenants.values()
    tenants = list(every) if wanted.tenant is None else [fleet.settings.tenant(wanted.tenant)]
    rows: list[Row] = []
    errors: dict[str, FleetError] = {}
    for tenant in tenants:
        try:
            rows += _of_tenant(fleet, tenant, wanted, count)
        except FleetError as error:
            errors[tenant.name] = error
    return rows, errors


def _of_tenant(fleet: Fleet, tenant: Tenant, wanted: Wanted, count: int) -> Iterator[Row]:
    for scope in dispatch.known_scopes(fleet, tenant):
        if wanted.company_id not in (None, scope.company_id):
            continue
        for job in catalogue.jobs().values():
            if job.name in tenant.settings.disabled_jobs or wanted.job not in (None, job.name):
                continue
            line = tenant.crontab(job)
            for slot in dispatch.next_slots(line, scope.zone, fleet.clock(), count):
                yield {
                    "job": job.name,
                    "tenant": tenant.name,
                    "company": scope.name,
                    "crontab": line,
                    "next": instants.written(slot),
                    "zone": scope.zone.key,
                }
