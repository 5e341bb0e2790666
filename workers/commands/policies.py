"""`fleet policies`: the policies in force, and what a job's policy can set."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import typer

from tasks import catalogue
from tasks.declaration import AnyJob
from workers.commands import by_hand, exits, opening
from workers.commands.console import print_json, show
from workers.commands.options import AsOfDay, Json
from workers.commands.verbs import Verb
from workers.config.tenants import Tenant

Row = Mapping[str, Any]
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet policies JOB")
def policies(
    job: Annotated[str | None, typer.Argument(help="All jobs if left out.")] = None,
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """Show the policies in force, with the versions that rows name; per company and unit.

    With the name of a job, what its policy can set.
    """
    fleet = opening.fleet()
    wanted = [by_hand.job_named(job)] if job else list(catalogue.jobs().values())
    day = (as_of or fleet.clock()).date()
    standing = in_force(fleet.settings.tenants.values(), wanted, day)
    settings = settings_of(wanted[0]) if job else []
    if as_json:
        print_json({"schema": 1, "policies": standing, "settings": settings})
    else:
        show(standing, False, "Policies")
    if job and not as_json:
        show(settings, False, "Settings")
    raise typer.Exit(exits.whole(fleet))


def in_force(tenants: Iterable[Tenant], jobs: Sequence[AnyJob], day: date) -> Sequence[Row]:
    """The policies in force on a day: a line per tenant, company, unit and job."""
    return [
        {
            "tenant": tenant.name,
            "company": company_id or "others",
            "job": job.name,
            "version": version,
            "approved_by": policy.approvals()[version],
            "values": json.dumps(values),
        }
        for tenant in tenants
        for company_id in tenant.company_ids
        for job in jobs
        for policy in [tenant.policy(job, company_id, day)]
        for version, values in policy.versions().items()
    ]


def settings_of(job: AnyJob) -> Sequence[Row]:
    """What a job's policy can set: name, default and meaning."""
    defaults = job.policy().model_dump(mode="json")
    return [
        {"setting": name, "default": json.dumps(defaults[name]), "meaning": field.description}
        for name, field in job.policy.model_fields.items()
    ]
