"""The `fleet` command: tables and colours for people, `--json` for programs."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from monitoring import exporter, logs
from odoo_gateway.errors import ConfigurationError, FleetError
from tasks import catalogue
from tasks.declaration import AnyJob
from tasks.domain.periods import Period
from workers import dead_letters, dispatch, doctor, run_command, wiring
from workers.run_command import ExitCode, Order, ScopeResult
from workers.wiring import Fleet

cli = typer.Typer(
    name="fleet",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches a professional-services firm's Odoo and carries work across its handoffs.\n\n"
    "Try `fleet demo`: it needs no Odoo, no network and no set-up.",
)
out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]


def _day(name: str, help_text: str) -> Any:
    return typer.Option(name, help=help_text, formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")


AsOfDay = Annotated[datetime | None, _day("--as-of", "Judge the end of this day instead of now.")]
FirstDay = Annotated[datetime | None, _day("--from", "First day of the period.")]
LastDay = Annotated[datetime | None, _day("--to", "Last day of the period, included.")]
STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def main() -> None:
    """Run the command; every expected error is one clear message and an exit code."""
    try:
        cli()
    except ConfigurationError as error:
        _fail(ExitCode.CONFIGURATION, *error.problems)
    except FleetError as error:
        _fail(ExitCode.SOME_FAILED, str(error))


def _fail(code: ExitCode, *messages: str) -> NoReturn:
    for message in messages:
        err.print(f"[bold red]error[/] {message}", highlight=False, soft_wrap=True)
    raise SystemExit(code)


def _fleet() -> Fleet:
    fleet = wiring.fleet()
    logs.configure(fleet.settings.environment.log_format)
    return fleet


def _job(name: str) -> AnyJob:
    jobs = catalogue.jobs()
    if name not in jobs:
        raise ConfigurationError(f"there is no job {name!r}; the jobs are {', '.join(jobs)}")
    return jobs[name]


@cli.command()
def run(
    job: Annotated[str, typer.Argument(help="Name of the job, as `fleet jobs` lists it.")],
    tenant: Annotated[str | None, typer.Option(help="Needed when there are several.")] = None,
    company: Annotated[list[int] | None, typer.Option(help="Company id; may be repeated.")] = None,
    as_of: AsOfDay = None,
    start: FirstDay = None,
    end: LastDay = None,
    dry_run: Annotated[bool, typer.Option(help="Look only: write nothing anywhere.")] = False,
    as_json: Json = False,
) -> None:
    """Run one job now, in this process, and show what it saw.

    Without --dry-run the run is recorded and its messages are queued; the fleet's workers send
    them. Exit codes: 0 done, 2 configuration, 3 Odoo unavailable, 4 some companies failed.
    """
    declared = _job(job)
    fleet = _fleet()
    order = Order(
        job=declared,
        tenant=fleet.settings.tenant(tenant or _only_tenant(fleet)),
        companies=company or (),
        day=as_of.date() if as_of else None,
        period=_period(start, end),
        dry_run=dry_run,
    )
    if not dry_run:
        fleet.ledger.upgrade()
    results = run_command.run(fleet, order)
    if as_json:
        _print_json(run_command.document(fleet, order, results))
    else:
        for result in results:
            _show_scope(result)
    raise typer.Exit(run_command.exit_code(results))


@cli.command()
def jobs(as_json: Json = False) -> None:
    """List the jobs: what each watches, when, and who hears of it."""
    found = [
        {
            "job": job.name,
            "title": job.title,
            "crontab": job.cron.line,
            "audience": job.audience.value,
            "owner": job.owner,
            "why": job.why,
        }
        for job in catalogue.jobs().values()
    ]
    _show(found, as_json, "Jobs")


@cli.command()
def schedule(
    count: Annotated[int, typer.Option(min=1, help="Slots to show per job and company.")] = 1,
    as_json: Json = False,
) -> None:
    """Show when each job runs next in each company, in the company's own time zone."""
    fleet = _fleet()
    fleet.ledger.upgrade()
    _show(
        [
            {
                "job": job.name,
                "tenant": tenant.name,
                "company": scope.name,
                "crontab": tenant.crontab(job),
                "next": slot.astimezone(scope.zone).isoformat(timespec="minutes"),
                "zone": scope.zone.key,
            }
            for tenant in fleet.settings.tenants.values()
            for scope in dispatch.known_scopes(fleet, tenant)
            for job in catalogue.jobs().values()
            if job.name not in tenant.settings.disabled_jobs
            for slot in dispatch.next_slots(tenant.crontab(job), scope.zone, fleet.clock(), count)
        ],
        as_json,
        "Schedule",
    )


@cli.command(name="doctor")
def examine(as_json: Json = False) -> None:
    """Reach everything the fleet needs; prove the Odoo user's rights and that it sees all rows."""
    fleet = _fleet()
    findings = []
    for finding in doctor.examine(fleet):
        findings.append(finding)
        if not as_json:
            style = STYLES[finding.state]
            out.print(f"[{style}]{finding.state:8}[/] [bold]{finding.what}[/]", highlight=False)
            out.print(f"         {finding.detail}", highlight=False, soft_wrap=True)
    if as_json:
        _print_json({"schema": 1, "checks": [vars(finding) for finding in findings]})
    raise typer.Exit(ExitCode.SOME_FAILED if doctor.worst(findings) == "failed" else ExitCode.DONE)


@cli.command()
def upgrade() -> None:
    """Bring the ledger's schema to this version; safe to repeat and to do at the same time."""
    fleet = _fleet()
    fleet.ledger.upgrade()
    out.print(f"The ledger at {fleet.ledger.address} is up to date.", highlight=False)


@cli.command()
def dead(
    action: Annotated[str, typer.Argument(help="list, retry or drop.")] = "list",
    names: Annotated[list[str] | None, typer.Argument(help="Such as run-12 message-7.")] = None,
    as_json: Json = False,
) -> None:
    """Show what the fleet has given up, and why; retry it, or drop messages for good.

    A reminder parked as Unknown may have arrived: retrying it can send it twice.
    """
    fleet = _fleet()
    acts = {"retry": dead_letters.retry, "drop": dead_letters.drop}
    if action in acts and names:
        acts[action](fleet, names)
    elif action != "list" or names:
        raise ConfigurationError("fleet dead takes list, or retry or drop with names: see --help")
    _show(dead_letters.listed(fleet), as_json, "Dead")


@cli.command()
def worker(
    queues: Annotated[str, typer.Option(help="Comma-separated.")] = "batch,events,delivery",
    concurrency: Annotated[int, typer.Option(min=1, help="Runs at the same time.")] = 2,
    name: Annotated[str, typer.Option(help="Distinguishes workers of one host.")] = "fleet",
) -> None:
    """Start a worker that executes runs and sends messages."""
    _celery(
        "worker",
        f"--queues={queues}",
        f"--concurrency={concurrency}",
        f"--hostname={name}@%h",
        "--loglevel=INFO",
    )


@cli.command()
def beat() -> None:
    """Start beat, which looks for due slots; any number of them may run."""
    # Slots live in the ledger, so beat keeps no file of its own.
    _celery("beat", "--scheduler=celery.beat:Scheduler", "--loglevel=INFO")


@cli.command(name="exporter")
def export() -> None:
    """Serve /metrics for Prometheus."""
    from workers import backlog

    fleet = _fleet()
    fleet.ledger.upgrade()
    server, thread = exporter.serve(
        backlog.collector(fleet), fleet.settings.environment.metrics_port
    )
    err.print(f"metrics on http://127.0.0.1:{server.server_port}/metrics", highlight=False)
    thread.join()


@cli.command()
def demo(
    keep: Annotated[bool, typer.Option(help="Leave everything running until Ctrl-C.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Where mails and logs go; a new temporary folder if unset.")
    ] = None,
) -> None:
    """Show the whole fleet at work on a small made-up firm; ends by itself with a summary."""
    from workers.demo import stage

    raise typer.Exit(stage.play(out, keep=keep, output=output))


def _celery(*arguments: str) -> None:
    fleet = _fleet()
    fleet.ledger.upgrade()
    fleet.ledger.close()
    from workers.app import app

    sys.argv[0] = "celery"
    app.start(list(arguments))


def _only_tenant(fleet: Fleet) -> str:
    names = list(fleet.settings.tenants)
    if len(names) != 1:
        raise ConfigurationError(f"--tenant: name one of {', '.join(names)}")
    return names[0]


def _period(start: datetime | None, end: datetime | None) -> Period | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ConfigurationError("--from and --to belong together: give both days")
    if end < start:
        raise ConfigurationError(f"--to {end:%Y-%m-%d} lies before --from {start:%Y-%m-%d}")
    return Period(start.date(), end.date())


def _show_scope(result: ScopeResult) -> None:
    name = result.scope.name if result.scope else "all companies"
    if result.error:
        err.print(f"[bold red]failed[/] {name}: {result.error}", highlight=False, soft_wrap=True)
    if not result.seen:
        return
    report = result.seen.report
    _table([_scalars(row) for row in report.rows], f"{name}: {len(report.rows)} rows")
    if report.totals:
        _table(report.totals, "Totals")
    for gap in report.not_verifiable:
        out.print(f"[yellow]not verifiable[/] {gap.check}: {gap.reason}", highlight=False)
    for drift in result.seen.drift:
        out.print(f"[red]drift[/] {drift.model} {drift.record_id}: {drift.problem}")
    out.print(f"{len(report.findings)} findings\n", highlight=False)


def _scalars(row: Any) -> dict[str, Any]:
    """What fits a table: no nested values, and names instead of ids."""
    return {
        key: value
        for key, value in row.items()
        if not isinstance(value, list | dict) and not key.endswith("_id")
    }


def _show(rows: Sequence[Any], as_json: bool, title: str) -> None:
    if as_json:
        _print_json({"schema": 1, title.lower(): rows})
    else:
        _table(rows, title)


def _table(rows: Sequence[Any], title: str) -> None:
    if not rows:
        out.print(f"{title}: none", highlight=False)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for column, value in rows[0].items():
        table.add_column(
            column.replace("_", " "), justify="right" if isinstance(value, int | float) else "left"
        )
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(table)


def _print_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
