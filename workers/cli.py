"""The `fleet` command: tables and colours for people, `--json` for programs."""

import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.text import Text

from monitoring import exporter, logs
from odoo_gateway.errors import ConfigurationError, FleetError
from tasks import catalogue
from tasks.domain.periods import Period
from workers import (
    dead_letters,
    doctor,
    explain,
    mail_command,
    run_command,
    timetable,
    trimming,
    wiring,
)
from workers.commands import lists
from workers.console import (
    STYLES,
    degrade,
    err,
    harmless,
    out,
    print_json,
    say,
    show,
    show_row,
    show_scope,
)
from workers.ledger.lookup import Wanted
from workers.ledger.statuses import CaseState, MessageStatus, RunStatus
from workers.run_command import ExitCode, Order
from workers.wiring import Fleet

cli = typer.Typer(
    name="fleet",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches a professional-services firm's Odoo and carries work across its handoffs.\n\n"
    "Try `fleet demo`: it needs no Odoo, no network and no set-up.",
)
cli.add_typer(mail_command.cli, name="mail")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]


def _day(name: str, help_text: str) -> Any:
    return typer.Option(name, help=help_text, formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")


AsOfDay = Annotated[datetime | None, _day("--as-of", "Judge the end of this day, not now.")]
FirstDay = Annotated[datetime | None, _day("--from", "First day of the period.")]
LastDay = Annotated[datetime | None, _day("--to", "Last day of the period, included.")]
TenantName = Annotated[str | None, typer.Option(help="Needed when there are several.")]
CompanyIds = Annotated[list[int] | None, typer.Option(help="Company id; may be repeated.")]
# What the ledger's columns hold.
MOST = 2**31 - 1
OfTenant = Annotated[str | None, typer.Option("--tenant", help="Of this one only.")]
OfCompany = Annotated[
    int | None, typer.Option("--company", max=MOST, help="Of this company id only.")
]
OfJob = Annotated[str | None, typer.Option("--job", help="Of this one only.")]
OfPerson = Annotated[str | None, typer.Option("--person", help="Of this address only.")]
Since = Annotated[str | None, typer.Option(help="No older than this, such as 90m, 12h or 7d.")]
Newest = Annotated[int, typer.Option("--limit", min=1, max=MOST, help="The newest to list.")]
ListensOn = Annotated[str, typer.Option(help="Where it listens; 0.0.0.0 for every network.")]


def main() -> None:
    """Run the command; every expected error is one clear message and an exit code."""
    degrade()
    try:
        cli()
    except ConfigurationError as error:
        _fail(ExitCode.CONFIGURATION, *error.problems)
    except FleetError as error:
        _fail(ExitCode.SOME_FAILED, str(error))


def _fail(code: ExitCode, *messages: str) -> NoReturn:
    for message in messages:
        _tell(message)
    raise SystemExit(code)


def _tell(message: str) -> None:
    err.print(Text.assemble(("error", "bold red"), " ", harmless(message)), soft_wrap=True)


def _fleet(level: int = logging.INFO) -> Fleet:
    """The fleet of this process; tells of the tenants that it goes on without."""
    fleet = wiring.fleet()
    logs.configure(fleet.settings.environment.log_format, level)
    for name, problems in fleet.settings.unusable.items():
        for problem in problems:
            _tell(f"tenant {name} is left out: {problem}")
    return fleet


def _whole(fleet: Fleet) -> ExitCode:
    """What a command about all tenants ends with that did all it could."""
    return ExitCode.SOME_FAILED if fleet.settings.unusable else ExitCode.DONE


@cli.command()
def run(
    job: Annotated[str, typer.Argument(help="Name of the job, as `fleet jobs` lists it.")],
    tenant: TenantName = None,
    company: CompanyIds = None,
    as_of: AsOfDay = None,
    start: FirstDay = None,
    end: LastDay = None,
    dry_run: Annotated[bool, typer.Option(help="Look only: write nothing anywhere.")] = False,
    as_json: Json = False,
) -> None:
    """Run one job now, in this process, and show what it saw.

    Without --dry-run the run is recorded and its messages are queued; the fleet's workers send
    them. Of a day that is over (--as-of) is shown what Odoo's records still tell, and nothing is
    written; a day to come is refused. Exit codes: 0 done, 2 configuration, 3 Odoo unavailable, 4
    some companies failed.
    """
    fleet = _fleet()
    order = _order(fleet, job, tenant, company, as_of, start, end, dry_run=dry_run)
    if not dry_run:
        fleet.ledger.upgrade()
    results = run_command.run(fleet, order)
    if as_json:
        print_json(run_command.document(fleet, order, results))
    else:
        for result in results:
            show_scope(result)
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
    show(found, as_json, "Jobs")


@cli.command(name="explain")
def explain_row(
    job: Annotated[str, typer.Argument(help="Name of the job, as `fleet jobs` lists it.")],
    record: Annotated[str, typer.Argument(help="Its id or name in Odoo, like 42 or S00042.")],
    tenant: TenantName = None,
    company: CompanyIds = None,
    as_of: AsOfDay = None,
    start: FirstDay = None,
    end: LastDay = None,
    as_json: Json = False,
) -> None:
    """Explain a line: what was read, which policy judged it, what it waits for. Writes nothing."""
    fleet = _fleet()
    order = _order(fleet, job, tenant, company, as_of, start, end, dry_run=True)
    results = run_command.run(fleet, order)
    explained = explain.explain(results, record)
    if as_json:
        print_json({"schema": 1, "job": job, "explained": explained})
    for found in [] if as_json else explained:
        show_row(found["row"])
        show([found["policy"]], False, f"Policy {found['row'].get('policy', '')}")
        show(found["findings"], False, "Findings")
    code = run_command.exit_code(results)
    if not explained and code is ExitCode.DONE:
        raise ConfigurationError(f"{record}: no row of {job} names it; `fleet run {job}` lists all")
    raise typer.Exit(code)


@cli.command()
def policies(
    job: Annotated[str | None, typer.Argument(help="All jobs if left out.")] = None,
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """Show the policies in force, with the versions that rows name; per company and unit.

    With the name of a job, what its policy can set.
    """
    fleet = _fleet()
    wanted = [run_command.job_named(job)] if job else list(catalogue.jobs().values())
    day = (as_of or fleet.clock()).date()
    in_force = explain.policies(fleet.settings.tenants.values(), wanted, day)
    settings = explain.settings_of(wanted[0]) if job else []
    if as_json:
        print_json({"schema": 1, "policies": in_force, "settings": settings})
    else:
        show(in_force, False, "Policies")
    if job and not as_json:
        show(settings, False, "Settings")
    raise typer.Exit(_whole(fleet))


@cli.command()
def schedule(
    count: Annotated[int, typer.Option(min=1, help="Slots to show per job and company.")] = 1,
    as_json: Json = False,
) -> None:
    """Show when each job runs next in each company, in the company's own time zone.

    A tenant whose Odoo refuses, or was never reached, is named and left out: exit code 4. Where
    that is so of all of them, 2 (credentials or configuration) or 3 (unavailable).
    """
    fleet = _fleet()
    fleet.ledger.upgrade()
    rows, errors = timetable.of_all(fleet, count)
    show(rows, as_json, "Schedule")
    for name, error in errors.items():
        _tell(f"tenant {name}: {error}")
    code = _whole(fleet)
    if errors:
        every = len(errors) == len(fleet.settings.tenants)
        code = run_command.worst(list(errors.values())) if every else ExitCode.SOME_FAILED
    raise typer.Exit(code)


@cli.command(name="doctor")
def examine(as_json: Json = False) -> None:
    """Reach everything the fleet needs; prove the Odoo user's rights and that it sees all rows."""
    # Whatever goes wrong is a finding.
    fleet = _fleet(logging.CRITICAL)
    findings = []
    for finding in doctor.examine(fleet):
        findings.append(finding)
        if not as_json:
            say(finding.what, STYLES[finding.state], f"{finding.state:8}")
            say(f"        {finding.detail}")
    if as_json:
        print_json({"schema": 1, "checks": [vars(finding) for finding in findings]})
    raise typer.Exit(ExitCode.SOME_FAILED if doctor.worst(findings) == "failed" else ExitCode.DONE)


@cli.command()
def health(
    process: Annotated[str, typer.Argument(help="worker, beat, exporter or web, on this machine.")],
    level: Annotated[
        str, typer.Option(help="live: it runs. ready: it can work. deep: its surroundings too.")
    ] = "live",
    name: Annotated[str, typer.Option(help="The worker's --name.")] = "fleet",
    as_json: Json = False,
) -> None:
    """Say whether a process of this machine is well, for whoever restarts it; exit code 0 or 4.

    `live` needs nothing but this machine, so that nobody restarts the fleet because its ledger is
    away. `ready` asks ledger and broker, `deep` also every Odoo and the mail server.
    """
    from workers import examination

    checks = examination.examine(_fleet(), process, level, name)
    show([vars(check) for check in checks], as_json, "Checks")
    raise typer.Exit(ExitCode.DONE if all(c.passed for c in checks) else ExitCode.SOME_FAILED)


@cli.command()
def kpi(
    name: Annotated[str | None, typer.Argument(help="A measure; all of them if left out.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Samples of this one only.")] = None,
    company: Annotated[int | None, typer.Option(help="Samples of this company id only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Newest samples to show.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what is measured and how, or the samples of a measure, newest first.

    Each sample names the version of its formula, the moment judged, and the rows left out.
    """
    from workers import kpis

    fleet = _fleet()
    if name is None:
        show(kpis.formulas(fleet), as_json, "Measures")
    else:
        rows = kpis.samples(fleet, name, limit, tenant=tenant, company_id=company)
        show(rows, as_json, "Samples")


@cli.command()
def runs(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    status: Annotated[RunStatus | None, typer.Option(help="All if left out.")] = None,
    since: Since = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """List the runs: which slot, how it went, when it is tried again and why."""
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, since=since, limit=limit)
    show(lists.runs(fleet, wanted, status), as_json, "Runs")


@cli.command()
def cases(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    record: Annotated[str | None, typer.Option(help="About this record: its id or name.")] = None,
    closed: Annotated[bool, typer.Option(help="Those that were resolved, too.")] = False,
    since: Since = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """List the cases: what stands, since when, whose it is and what it holds up."""
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, person, record, since, limit)
    show(lists.cases(fleet, wanted, None if closed else CaseState.OPEN), as_json, "Cases")


@cli.command()
def outbox(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    status: Annotated[MessageStatus | None, typer.Option(help="All if left out.")] = None,
    since: Since = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """List the messages: to whom, about what, sent or waiting until when.

    What goes out next: fleet outbox --status queued
    """
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, person, since=since, limit=limit)
    show(lists.outbox(fleet, wanted, status), as_json, "Messages")


@cli.command()
def audit(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    event: Annotated[str, typer.Option(help="How its name starts, such as message or run.d.")] = "",
    since: Since = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """List what happened, newest first; nothing of it is ever changed."""
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, person, since=since, limit=limit)
    show(lists.audit(fleet, wanted, event), as_json, "Audit")


@cli.command()
def why(
    asked: Annotated[str, typer.Argument(help="An address, or the id or name of a record.")],
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    since: Since = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """Say why somebody got, or got no, mail, or what became of a record, and show all of it."""
    fleet = _fleet(logging.WARNING)
    found = lists.why(fleet, asked, _wanted(fleet, tenant, company, job, since=since, limit=limit))
    if as_json:
        print_json({"schema": 1, "asked": asked, **found})
        return
    for sentence in found["answer"]:
        say(sentence)
    for part in ("cases", "messages", "audit"):
        show(found[part], False, part.capitalize())


@cli.command()
def upgrade() -> None:
    """Bring the ledger's schema to this version; safe to repeat and to do at the same time."""
    fleet = _fleet()
    fleet.ledger.upgrade()
    say(f"The ledger at {fleet.ledger.address} is up to date.")


@cli.command()
def trim(as_json: Json = False) -> None:
    """Forget what the ledger has kept for FLEET_RETENTION_DAYS; the fleet does so every night.

    Open cases and what was told of them, parked messages and the audit are kept.
    """
    fleet = _fleet()
    fleet.ledger.upgrade()
    show([dict(trimming.trim_all(fleet))], as_json, "Trimmed")


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
    show(dead_letters.listed(fleet), as_json, "Dead")


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
    _celery("beat", "--scheduler=workers.signals:BeatingScheduler", "--loglevel=INFO")


@cli.command()
def flower(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5555,
    address: ListensOn = "127.0.0.1",
    state: Annotated[
        Path | None, typer.Option(help="A file that keeps what it saw over restarts.")
    ] = None,
) -> None:
    """Start Flower, behind a login: user `ops`, password from FLEET_FLOWER_PASSWORD."""
    from workers import flower_login

    flower_login.require(_fleet().settings.environment.flower_password, state)
    _celery("flower", f"--port={port}", f"--address={address}")


@cli.command(name="exporter")
def export(
    address: ListensOn = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="FLEET_METRICS_PORT if left out.")
    ] = None,
) -> None:
    """Serve /metrics for Prometheus."""
    from workers import backlog

    fleet = _fleet()
    fleet.ledger.upgrade()
    wanted = fleet.settings.environment.metrics_port if port is None else port
    server = exporter.server(backlog.collector(fleet), address, wanted)
    host = f"[{address}]" if ":" in address else address
    err.print(f"metrics on http://{host}:{server.port}/metrics", markup=False)
    server.run()


@cli.command()
def web(
    address: ListensOn = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="FLEET_WEB_PORT if left out.")
    ] = None,
) -> None:
    """Serve the pages that mails link to: see a case, acknowledge, snooze, hold or hand over."""
    from workers.web import app

    fleet = _fleet()
    fleet.ledger.upgrade()
    app.server(fleet, address, port or fleet.settings.environment.web_port).run()


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


def _wanted(
    fleet: Fleet,
    tenant: str | None,
    company: int | None,
    job: str | None,
    person: str | None = None,
    record: str | None = None,
    since: str | None = None,
    limit: int = 50,
) -> Wanted:
    try:
        newest = fleet.clock() - lists.age(since) if since else None
    except ValueError as error:
        raise ConfigurationError(f"--since {error}") from error
    fleet.ledger.check()
    return Wanted(tenant, company, job, person, record, newest, limit)


def _celery(*arguments: str) -> None:
    fleet = _fleet()
    fleet.ledger.upgrade()
    fleet.ledger.close()
    from workers.app import app

    sys.argv[0] = "celery"
    app.start(list(arguments))


def _order(
    fleet: Fleet,
    job: str,
    tenant: str | None,
    company: list[int] | None,
    as_of: datetime | None,
    start: datetime | None,
    end: datetime | None,
    *,
    dry_run: bool,
) -> Order:
    return Order(
        job=run_command.job_named(job),
        tenant=fleet.settings.tenant(tenant or run_command.only_tenant(fleet)),
        companies=company or (),
        day=as_of.date() if as_of else None,
        period=_period(start, end),
        dry_run=dry_run,
    )


def _period(start: datetime | None, end: datetime | None) -> Period | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ConfigurationError("--from and --to belong together: give both days")
    if end < start:
        raise ConfigurationError(f"--to {end:%Y-%m-%d} lies before --from {start:%Y-%m-%d}")
    return Period(start.date(), end.date())
