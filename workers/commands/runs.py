"""`fleet runs`: which slot each run was for, how it went, and when it is tried again."""

import logging
from typing import Annotated

import typer

from workers.commands import opening, options, rows
from workers.commands.console import show
from workers.commands.options import InZone, Json, Newest, OfCompany, OfJob, OfTenant, Since
from workers.commands.rows import Row
from workers.commands.verbs import Verb
from workers.ledger import lookup
from workers.ledger.runs import Run
from workers.ledger.statuses import RunStatus

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet runs --job JOB --since 2d")
def runs(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    status: Annotated[RunStatus | None, typer.Option(help="All if left out.")] = None,
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List the runs: which slot, how it went, when it is tried again and why."""
    fleet = opening.fleet(logging.WARNING)
    wanted = options.wanted(fleet, tenant, company, job, since=since, limit=limit)
    with fleet.ledger.reading() as connection:
        found = lookup.find_runs(connection, wanted, status)
    show([_row(run) for run in found], as_json, "Runs")


def _row(run: Run) -> Row:
    return {
        "name": f"run-{run.id}",
        **rows.of(run.place),
        "origin": run.origin.value,
        "slot": rows.instant(run.slot),
        "status": run.status.value,
        "attempts": run.attempts,
        "next_attempt": rows.instant(run.next_attempt_at)
        if run.status == RunStatus.PENDING
        else None,
        "finished": rows.instant(run.finished_at),
        "trace": run.trace_id,
        "error": f"{run.error_class}: {run.error}" if run.error_class else None,
    }
