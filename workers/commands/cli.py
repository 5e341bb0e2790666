"""The `fleet` command: tables and colours for people, `--json` for programs."""

import errno
import getpass
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from socket import gethostname
from typing import Annotated, Any, NoReturn

import typer
from rich.text import Text as Styled

from monitoring import exporter, logs, serving
from odoo_gateway.errors import ConfigurationError, FleetError, harmless, quoted
from odoo_gateway.records import zone_named
from tasks import catalogue
from tasks.domain.periods import Period
from tasks.domain.plurals import counted
from workers import instants, trimming, wiring
from workers import notes as watching
from workers.commands import (
    config,
    dead_letters,
    doctor,
    explain,
    late,
    lists,
    new_job,
    pausing,
    person,
    resending,
    restored,
    run_command,
    timetable,
    trial,
)
from workers.commands import mail as mail_command
from workers.commands import status as standing
from workers.commands.console import (
    STYLES,
    degrade,
    drop,
    err,
    out,
    print_json,
    say,
    show,
    show_failure,
    show_row,
    show_scope,
    show_status,
    table,
    tell,
    tell_left_out,
)
from workers.commands.run_command import ExitCode, Order
from workers.commands.trial import Trial
from workers.commands.verbs import Verb, Verbs
from workers.ledger import marks
from workers.ledger.database import Ledger
from workers.ledger.errors import LedgerUnavailable
from workers.ledger.lookup import MOST, Wanted
from workers.ledger.statuses import CaseState, MessageStatus, RunStatus
from workers.watch import reloading
from workers.wiring import Fleet

cli = typer.Typer(
    name="fleet",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches a professional-services firm's Odoo and carries work across its handoffs.\n\n"
    "Try `fleet demo`: it needs no Odoo, no network and no set-up.",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        say(f"fleet {version('odoo-ops-fleet')}")
        raise typer.Exit


@cli.callback()
def begin(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_tell_version,
            help="Say which version this is, and end.",
        ),
    ] = False,
) -> None:
    """What stands before the verb."""


# How `fleet --help` groups its verbs.
ASK, ACT = "Ask", "Act"
KEEP, PROCESSES = "Set up, keep and try", "Processes"
cli.add_typer(mail_command.cli, name="mail", rich_help_panel=ASK)
cli.add_typer(person.cli, name="person", rich_help_panel=ACT)
cli.add_typer(config.cli, name="config", rich_help_panel=KEEP)
cli.command(rich_help_panel=ACT, cls=Verb, epilog="fleet restored --dry-run")(restored.restored)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]


# Odoo is younger, and nobody plans further.
FIRST_YEAR, LAST_YEAR = 2000, 2100
UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
LONGEST = timedelta(days=1100)


def _as_day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d")


def _day(
    name: str,
    help_text: str,
    read: Callable[[str], datetime] = _as_day,
    example: str = "2026-12-01",
    metavar: str = "YYYY-MM-DD",
) -> Any:
    def within(text: str) -> datetime:
        try:
            day = read(text)
        except ValueError as error:
            raise ConfigurationError(
                f"{name} {quoted(text)}: there is no such day; write one like {example}"
            ) from error
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ConfigurationError(
                f"{name} {day.date()}: name a day of the years {FIRST_YEAR} to {LAST_YEAR}"
            )
        return day

    return typer.Option(name, help=help_text, metavar=metavar, parser=within)


def _in_zone(context: typer.Context, name: str | None) -> str | None:
    """Have all that the command prints in this zone, until it ends."""
    if name is not None:
        try:
            context.with_resource(instants.in_zone(zone_named(name)))
        except ValueError as error:
            raise ConfigurationError(
                f"--zone {quoted(name)}: there is none such; write one like Europe/Brussels"
            ) from error
    return name


AsOfDay = Annotated[datetime | None, _day("--as-of", "Judge the end of this day, not now.")]
FirstDay = Annotated[datetime | None, _day("--from", "First day of the period.")]
LastDay = Annotated[datetime | None, _day("--to", "Last day of the period, included.")]
TenantName = Annotated[str | None, typer.Option(help="Needed when there are several.")]
CompanyIds = Annotated[list[int] | None, typer.Option(help="Company id; may be repeated.")]
OfTenant = Annotated[str | None, typer.Option("--tenant", help="Of this one only.")]
OfCompany = Annotated[
    int | None, typer.Option("--company", max=MOST, help="Of this company id only.")
]
OfJob = Annotated[str | None, typer.Option("--job", help="Of this one only.")]
InZone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="ZONE",
        callback=_in_zone,
        help="Tell all times in this zone, such as Europe/Brussels, not in UTC.",
    ),
]
OfPerson = Annotated[str | None, typer.Option("--person", help="Of this address only.")]
Since = Annotated[str | None, typer.Option(help="No older than this, such as 90m, 12h or 7d.")]
Reason = Annotated[str, typer.Option(help="Why; the audit keeps it.")]
Who = Annotated[str, typer.Option(help="Who you are; the name you are logged in by if left out.")]
Newest = Annotated[int, typer.Option("--limit", min=1, max=MOST, help="The newest to list.")]
ListensOn = Annotated[str, typer.Option(help="Where it listens; 0.0.0.0 for every network.")]


class DeadAction(StrEnum):
    """What to do with dead letters."""

    LIST = "list"
    RETRY = "retry"
    DROP = "drop"


def main() -> None:
    """Run the command; every expected error is one clear message and an exit code."""
    degrade()
    try:
        # Where the locale is no UTF-8, Python takes what was typed for bytes.
        sys.argv = [os.fsencode(word).decode() for word in sys.argv]
    except UnicodeError:
        _fail(ExitCode.CONFIGURATION, "what you typed is no UTF-8 text; type it anew")
    try:
        try:
            cli()
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except BrokenPipeError:
        drop(sys.stdout)
    except ConfigurationError as error:
        _fail(ExitCode.CONFIGURATION, *error.problems)
    except LedgerUnavailable as error:
        _fail(ExitCode.CONFIGURATION, f"the ledger cannot be used: {error}")
    except FleetError as error:
        _fail(ExitCode.SOME_FAILED, str(error))
    except OSError as error:
        # What names a file is not what is printed.
        if error.filename or error.errno not in UNWRITABLE:
            raise
        drop(sys.stdout)
        _fail(ExitCode.CONFIGURATION, f"what this prints cannot be written: {error.strerror}")


def _fail(code: ExitCode, *messages: str) -> NoReturn:
    """Say why nothing could be told; to a program also as the document that it waits for."""
    for message in messages:
        tell(message)
    if "--json" in sys.argv:
        print_json({"schema": 1, "error": "\n".join(messages), "exit_code": int(code)})
    raise SystemExit(code)


def _fleet(level: int = logging.INFO) -> Fleet:
    """The fleet of this process; tells of the tenants that it goes on without."""
    fleet = wiring.fleet()
    environment = fleet.settings.environment
    wanted = logging.getLevelNamesMapping()[environment.log_level.upper()]
    logs.configure(environment.log_format, max(level, wanted))
    tell_left_out(fleet.settings.unusable)
    return fleet


def _serving() -> Fleet:
    """The fleet of a process, which has nothing to do where no tenant can be used."""
    wiring.fleet().settings.require_a_tenant()
    return _fleet()


def _whole(fleet: Fleet) -> ExitCode:
    """What a command about all tenants ends with that did all it could."""
    left_out = fleet.settings.unusable or catalogue.outside().refused
    return ExitCode.SOME_FAILED if left_out else ExitCode.DONE


@cli.command(rich_help_panel=ACT, cls=Verb, epilog="fleet run JOB --dry-run")
def run(
    job: Annotated[str, typer.Argument(help="Name of the job, as `fleet jobs` lists it.")],
    tenant: TenantName = None,
    company: CompanyIds = None,
    as_of: AsOfDay = None,
    start: FirstDay = None,
    end: LastDay = None,
    dry_run: Annotated[bool, typer.Option(help="Look only: write nothing anywhere.")] = False,
    now_to: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A trial: mail it all at once to this address alone."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run one job now, in this process, and show what it saw.

    Without --dry-run the run is recorded and its messages are queued; the fleet's workers send
    them. Of a day that is over (--as-of) is shown what Odoo's records still tell, and nothing is
    written; a day to come is refused. With --now-to what a run would mail goes to that address,
    marked, and nothing is recorded. Exit codes: 0 done, 2 configuration, 3 Odoo unavailable, 4 some
    companies failed, or mails of a trial, 5 figures are withheld.
    """
    fleet = _fleet()
    to = trial.address_of(now_to) if now_to is not None else None
    if to and (dry_run or as_of):
        raise ConfigurationError("--now-to mails what is so now: leave out --dry-run and --as-of")
    looking = dry_run or to is not None
    order = _order(fleet, job, tenant, company, as_of, start, end, dry_run=looking)
    if not looking:
        fleet.ledger.check()
    results = run_command.run(fleet, order)
    tried = trial.send(fleet, order, results, to) if to else None
    if as_json:
        print_json(run_command.document(fleet, order, results))
    else:
        for result in results:
            show_scope(result)
    for left in filter(None, (result.left for result in results)):
        err.print(Styled(left), soft_wrap=True)
    code = run_command.exit_code(results)
    if tried:
        _tell_trial(tried)
        code = ExitCode.SOME_FAILED if tried.failed and code is ExitCode.DONE else code
    raise typer.Exit(code)


def _tell_trial(tried: Trial) -> None:
    """On stderr, for stdout may be a document."""
    for subject in tried.sent:
        err.print(Styled(f"sent: {harmless(subject)}"), soft_wrap=True)
    for problem in (*tried.failed, *tried.silent):
        err.print(Styled(f"not sent: {harmless(problem)}", "yellow"), soft_wrap=True)
    which = "a first run" if tried.first else "a run now"
    sent = f"{counted(len(tried.sent), 'mail')} of {which} sent as a trial"
    if tried.elsewhere:
        sent += f", without {counted(tried.elsewhere, 'message')} by other channels"
    err.print(f"{sent}; nothing is recorded")


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet jobs")
def jobs(as_json: Json = False) -> None:
    """List the jobs: what each watches, when, and who hears of it.

    A job of another installed package that cannot be used is named: exit code 4.
    """
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
    tell_left_out({})
    raise typer.Exit(ExitCode.SOME_FAILED if catalogue.outside().refused else ExitCode.DONE)


@cli.command(name="explain", rich_help_panel=ASK, cls=Verb, epilog="fleet explain JOB S00042")
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
    """Explain a line: what was read, which policy judged it, what it waits for. Writes nothing.

    Of what is not listed it says why: which rule does not hold of it, or what else it lacks.
    """
    fleet = _fleet()
    order = _order(fleet, job, tenant, company, as_of, start, end, dry_run=True)
    results = run_command.run(fleet, order)
    explained = explain.explain(fleet, order, results, record)
    code = run_command.exit_code(results)
    if not explained and code is ExitCode.DONE:
        raise ConfigurationError(
            f"{quoted(record)}: no row of {job} names it, and Odoo shows the fleet's user no such "
            f"record; `fleet run {job} --dry-run` lists all"
        )
    if as_json:
        failed = [told for told in map(run_command.failed, results) if told]
        print_json({"schema": 1, "job": job, "explained": explained, "failed": failed})
    for result in results:
        show_failure(result)
    for found in [] if as_json else explained:
        say(found["answer"], "bold", found["company"] or "")
        if found["row"]:
            show_row(found["row"])
            show([found["policy"]], False, f"Policy {found['row'].get('policy', '')}")
        if found["rules"]:
            show(found["rules"], False, "Rules")
        show(found["findings"], False, "Findings")
        if found["acts"]:
            show(found["acts"], False, "Acts")
    raise typer.Exit(code)


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet policies JOB")
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


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet schedule --count 3")
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
    fleet = _fleet()
    fleet.ledger.check()
    lists.refuse_unknown(fleet, Wanted(tenant, job=job))
    wanted = Wanted(tenant, company, job)
    rows, errors = timetable.of_all(fleet, wanted, count)
    if not errors:
        # Its companies are known by now.
        lists.refuse_unknown(fleet, wanted)
    show(rows, as_json, "Schedule")
    for name, error in errors.items():
        tell(f"tenant {name}: {error}")
    code = _whole(fleet) if tenant is None else ExitCode.DONE
    if errors:
        every = len(errors) == (len(fleet.settings.tenants) if tenant is None else 1)
        code = run_command.worst(list(errors.values())) if every else ExitCode.SOME_FAILED
    raise typer.Exit(code)


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet status --json | jq .problems")
def status(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Say on one screen whether all is well: what runs, what waits, what goes out next.

    Filters narrow what is told of jobs and mails; processes, queues and what is away for all are
    told all the same. What starts, or takes up an edited configuration, is named as long as that
    may take, and needs nobody yet. Needs neither Odoo nor mail server, and tells of a ledger or
    broker that is away. Exit code 0: all is well. 1: something needs a person; it is named first,
    with what to do. 2: configuration.
    """
    fleet = _fleet(logging.CRITICAL)
    wanted = Wanted(tenant, company, job, limit=None)
    if wanted.place and _answers(fleet.ledger):
        lists.refuse_unknown(fleet, wanted)
    found = standing.look(fleet, wanted)
    if as_json:
        problems = [vars(problem) for problem in found.problems]
        told = {"well": found.well, "problems": problems, "coming": found.coming}
        print_json({"schema": 1, **told, **found.parts})
    else:
        show_status(found)
    raise typer.Exit(ExitCode.DONE if found.well else ExitCode.NEEDS_A_PERSON)


@cli.command(name="doctor", rich_help_panel=KEEP, cls=Verb, epilog="fleet doctor")
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
    unfit = doctor.worst(findings) in ("failed", "missing")
    raise typer.Exit(ExitCode.SOME_FAILED if unfit else ExitCode.DONE)


@cli.command(rich_help_panel=KEEP, cls=Verb, epilog="fleet health worker --level ready")
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
    from workers.watch import examination

    checks = examination.examine(_fleet(), process, level, name)
    show([vars(check) for check in checks], as_json, "Checks")
    raise typer.Exit(ExitCode.DONE if all(c.passed for c in checks) else ExitCode.SOME_FAILED)


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet kpi MEASURE --tenant acme")
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
    from workers.commands import kpi as kpis

    fleet = _fleet()
    _wanted(fleet, tenant, company, None)
    if name is None:
        show(kpis.formulas(fleet), as_json, "Measures")
    else:
        rows = kpis.samples(fleet, name, limit, tenant=tenant, company_id=company)
        show(rows, as_json, "Samples")


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet runs --job JOB --since 2d")
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
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, since=since, limit=limit)
    show(lists.runs(fleet, wanted, status), as_json, "Runs")


@cli.command(name="late", rich_help_panel=ASK, cls=Verb, epilog="fleet late --by 15m")
def what_is_late(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    least: Annotated[
        str, typer.Option("--by", help="Only what is late by so much, such as 15m or 2h.")
    ] = "1m",
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List what of the fleet's own work is late, the longest first: since when, and why.

    Runs whose slot has passed, messages that should have gone out, and slots that no success has
    covered. What a pause or a reader's quiet hours hold is not late.
    """
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, limit=None)
    show(late.of_all(fleet, wanted, _span("--by", least)), as_json, "Late")


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet cases --person ann@acme.example")
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
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, person, record, since, limit)
    show(lists.cases(fleet, wanted, None if closed else CaseState.OPEN), as_json, "Cases")


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet outbox --status queued")
def outbox(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    status: Annotated[MessageStatus | None, typer.Option(help="All if left out.")] = None,
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """List the messages: to whom, about what, sent or waiting until when."""
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, person, since=since, limit=limit)
    show(lists.outbox(fleet, wanted, status), as_json, "Messages")


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet audit --event message.parked --since 7d")
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
    fleet = _fleet(logging.WARNING)
    wanted = _wanted(fleet, tenant, company, job, person, since=since, limit=limit)
    show(lists.audit(fleet, wanted, event), as_json, "Audit")


@cli.command(rich_help_panel=ASK, cls=Verb, epilog="fleet why ann@acme.example --since 7d")
def why(
    asked: Annotated[
        str, typer.Argument(help="An address, a name, a role, an id, model,id or a case's key.")
    ],
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
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


@cli.command(
    rich_help_panel=ACT,
    cls=Verb,
    epilog='fleet resend message-7 --reason "deleted by mistake, asked by phone"',
)
def resend(
    names: Annotated[list[str], typer.Argument(help="Such as message-7, as `fleet outbox` lists.")],
    reason: Reason = "",
    who: Who = "",
    dry_run: Annotated[bool, typer.Option(help="Show who would see it again; no more.")] = False,
    as_json: Json = False,
) -> None:
    """Send messages once more that were sent. Their readers see them again.

    Each goes out as it was, by itself, under a new Message-ID, outside of quiet hours; what its job
    tells later does not change by it. What stands in Odoo, activities and notes, is not written
    twice.
    """
    fleet = _fleet(logging.WARNING)
    fleet.ledger.check()
    if dry_run:
        messages = resending.chosen(fleet, names)
    else:
        messages = resending.resend(fleet, names, _who(who), reason)
    title = "To be resent" if dry_run else "Resent"
    if as_json:
        found = resending.listed(messages)
        print_json({"schema": 1, "dry_run": dry_run, "resent": found})
        return
    table(resending.listed(messages), title)
    readers = ", ".join(sorted({message.recipient for message in messages}))
    say(f"{'would see' if dry_run else 'will see'} it again: {readers}")


@cli.command(rich_help_panel=KEEP, cls=Verb, epilog="fleet upgrade")
def upgrade() -> None:
    """Bring the ledger's schema to this version; safe to repeat and to do at the same time.

    It needs no tenant: API keys may be missing.
    """
    ledger = wiring.ledger_alone()
    before = ledger.upgrade()
    done = "was created" if before is None else "is up to date"
    say(f"The ledger at {ledger.address} {done}.")


@cli.command(rich_help_panel=KEEP, cls=Verb, epilog="fleet trim")
def trim(as_json: Json = False) -> None:
    """Forget what the ledger has kept for FLEET_RETENTION_DAYS; the fleet does so every night.

    Audit and acts go after FLEET_AUDIT_RETENTION_DAYS. Open cases and what was told of them, parked
    messages, and holds that stand are kept.
    """
    fleet = _fleet()
    fleet.ledger.check()
    show([dict(trimming.trim_all(fleet))], as_json, "Trimmed")


@cli.command(
    rich_help_panel=ACT,
    cls=Verb,
    epilog="fleet dead retry --all --class OdooRejected --job JOB --dry-run",
)
def dead(
    action: Annotated[DeadAction, typer.Argument()] = DeadAction.LIST,
    names: Annotated[list[str] | None, typer.Argument(help="Such as run-12 message-7.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that the filters leave.")] = False,
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    error_class: Annotated[
        str | None, typer.Option("--class", help="Given up for this error, like OdooRejected.")
    ] = None,
    since: Since = None,
    older: Annotated[str | None, typer.Option(help="Older than this, such as 12h or 7d.")] = None,
    reason: Reason = "",
    who: Who = "",
    dry_run: Annotated[bool, typer.Option(help="Show what it would be done to; no more.")] = False,
    limit: Newest = 200,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Show what waits for a person, dead runs and parked messages; retry it, or drop it.

    retry: makes it due again, with all its attempts. A reminder parked as Unknown may have arrived:
    retrying it can send it twice. drop: has been seen; a message is never sent, a run waits for
    nobody. A dead run waits for nobody either once a later slot of its job and company has
    succeeded. Metrics, boards and alerts count what this lists.
    """
    fleet = _fleet(logging.WARNING)
    most = limit if action is DeadAction.LIST else None
    wanted = _wanted(fleet, tenant, company, job, person, since=since, older=older, limit=most)
    filtered = wanted != replace(Wanted(), limit=most) or error_class is not None
    if action is not DeadAction.LIST and (bool(names) == every or (names and filtered)):
        raise ConfigurationError(
            f"fleet dead {action}: name what `fleet dead` lists, or say --all, which filters such "
            f"as --job narrow"
        )
    if action is DeadAction.LIST and (names or every):
        raise ConfigurationError("fleet dead list takes filters only: see --help")
    if names:
        letters = dead_letters.named(fleet, names)
    else:
        letters = dead_letters.listed(fleet, wanted, error_class)
    chosen = [letter["name"] for letter in letters]
    title = {DeadAction.RETRY: "Retried", DeadAction.DROP: "Dropped"}.get(action, "Dead")
    if action is DeadAction.RETRY and not dry_run:
        dead_letters.retry(fleet, chosen, _who(who))
    elif action is DeadAction.DROP and not dry_run:
        dead_letters.drop(fleet, chosen, _who(who), reason)
    if as_json:
        print_json({"schema": 1, "dry_run": dry_run, title.lower(): letters})
        return
    table(letters, f"To be {title.lower()}" if dry_run else title)


@cli.command(
    rich_help_panel=ACT,
    cls=Verb,
    epilog='fleet pause --job JOB --tenant acme --for 3d --reason "month end, finance asked"',
)
def pause(
    job: OfJob = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    reason: Reason = "",
    until: Annotated[
        datetime | None,
        _day(
            "--until",
            "When it ends, in UTC unless it ends with an offset such as +01:00.",
            datetime.fromisoformat,
            "2026-12-01 or 2026-11-30T13:00:00Z",
            "YYYY-MM-DD[THH:MM]",
        ),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--for", help="How long it lasts, such as 90m, 12h or 3d.")
    ] = None,
    who: Who = "",
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Leave a job, tenant, company or their combination alone for a while.

    No run of it begins and no mail of it goes out, but for what ops are told; what is going on
    ends. It ends by itself: then its mails go out if they still stand, and slots that passed are
    caught up with, as those that the fleet missed. Pausing the same again changes reason and end.
    """
    fleet = _fleet(logging.WARNING)
    fleet.ledger.check()
    if until is not None and length is not None:
        raise ConfigurationError("fleet pause: give --until or --for, not both")
    end = until and until.replace(tzinfo=until.tzinfo or UTC)
    if length is not None:
        end = fleet.clock() + _span("--for", length, pausing.LONGEST)
    what = pausing.What(job, tenant, company)
    begun, replaced = pausing.pause(fleet, what, end, reason, _who(who))
    before = [f"pause-{each.id} (until {instants.written(each.until)})" for each in replaced]
    if as_json:
        rows = [{**row, "replaces": before} for row in pausing.listed([begun])]
        show(rows, as_json, "Paused")
        return
    show(pausing.listed([begun]), as_json, "Paused")
    for each in before:
        say(f"replaces {each}")


@cli.command(rich_help_panel=ACT, cls=Verb, epilog="fleet resume --job JOB --tenant acme")
def resume(
    names: Annotated[list[str] | None, typer.Argument(help="Such as pause-3.")] = None,
    job: OfJob = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    reason: Reason = "",
    who: Who = "",
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """End a pause before its time, by its name or by exactly what it pauses."""
    fleet = _fleet(logging.WARNING)
    fleet.ledger.check()
    what = pausing.What(job, tenant, company)
    if bool(names) == (what != pausing.What()):
        raise ConfigurationError("fleet resume: name pauses, or what is paused: see --help")
    ended = pausing.resume(fleet, names or (), what, _who(who), reason or "resumed")
    show(pausing.listed(ended), as_json, "Resumed")


@cli.command(
    rich_help_panel=PROCESSES, cls=Verb, epilog="fleet worker --queues batch --concurrency 4"
)
def worker(
    queues: Annotated[str, typer.Option(help="Comma-separated.")] = "batch,events,delivery",
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="Runs at the same time.")] = 2,
    name: Annotated[str, typer.Option(help="Distinguishes workers of one host.")] = "fleet",
) -> None:
    """Start a worker that executes runs and sends messages."""
    fleet = _upgraded()
    host, served = gethostname(), [queue.strip() for queue in queues.split(",")]
    watching.comes(fleet, marks.WORKER, f"{name}@{host}", watching.STARTS, served)
    _celery(
        fleet,
        "worker",
        f"--queues={queues}",
        f"--concurrency={concurrency}",
        f"--hostname={name}@%h",
        "--loglevel=INFO",
        # Workers would believe each other's events, which nobody signs.
        "--without-gossip",
        "--without-mingle",
    )


@cli.command(rich_help_panel=PROCESSES, cls=Verb, epilog="fleet beat")
def beat() -> None:
    """Start beat, which looks for due slots; any number of them may run."""
    # Slots live in the ledger, so beat keeps no file of its own.
    fleet = _upgraded()
    watching.comes(fleet, marks.BEAT, gethostname(), watching.STARTS)
    _celery(fleet, "beat", "--scheduler=workers.watch.signals:BeatingScheduler", "--loglevel=INFO")


@cli.command(rich_help_panel=PROCESSES, cls=Verb, epilog="fleet flower --state flower.db")
def flower(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5555,
    address: ListensOn = "127.0.0.1",
    state: Annotated[
        Path | None, typer.Option(help="A file that keeps what it saw over restarts.")
    ] = None,
) -> None:
    """Start Flower, behind a login: user `ops`, password from FLEET_FLOWER_PASSWORD."""
    from workers.commands import flower_login

    flower_login.require(_serving().settings.environment.flower_password, state)
    serving.listening(address, port).close()
    _celery(_upgraded(), "flower", f"--port={port}", f"--address={address}")


@cli.command(
    name="exporter", rich_help_panel=PROCESSES, cls=Verb, epilog="fleet exporter --address 0.0.0.0"
)
def export(
    address: ListensOn = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="FLEET_METRICS_PORT if left out.")
    ] = None,
) -> None:
    """Serve /metrics for Prometheus."""
    from workers.watch import scrape as backlog

    fleet = _serving()
    fleet.ledger.upgrade()
    wanted = fleet.settings.environment.metrics_port if port is None else port
    server = exporter.server(backlog.collector(fleet), address, wanted)
    host = f"[{address}]" if ":" in address else address
    err.print(f"metrics on http://{host}:{server.port}/metrics", markup=False)
    _serve(fleet, server, "exporter")


@cli.command(rich_help_panel=PROCESSES, cls=Verb, epilog="fleet web --port 8080")
def web(
    address: ListensOn = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="FLEET_WEB_PORT if left out.")
    ] = None,
) -> None:
    """Serve the pages that mails link to: see a case, acknowledge, snooze, hold or hand over."""
    from workers.web import app

    fleet = _serving()
    fleet.ledger.upgrade()
    server = app.server(fleet, address, port or fleet.settings.environment.web_port)
    _serve(fleet, server, "web")


@cli.command(
    name="new-job",
    rich_help_panel=KEEP,
    cls=Verb,
    epilog="fleet new-job unmanaged_projects --layer mobilization",
)
def begin_job(
    name: Annotated[str, typer.Argument(help="What it finds or watches, in small letters and _.")],
    layer: Annotated[
        str, typer.Option(help="The folder of tasks/ that it belongs to; made if it is new.")
    ] = "execution",
) -> None:
    """Write the skeleton of a job and its test, which passes, into the checkout in this folder.

    Adding the file is the registration: `fleet jobs` lists it from now on. Change it until it finds
    what you look for; docs/writing-a-job.md tells how. Exit code 2: the name or the layer is no
    good, or a file is there already; nothing is written then.
    """
    for file in new_job.write(name, layer, Path.cwd()):
        say(str(file.relative_to(Path.cwd())))
    say(f"`fleet run {name} --dry-run` runs it, and pytest its test.")


@cli.command(rich_help_panel=KEEP, cls=Verb, epilog="fleet demo --keep")
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
    limit: int | None = 50,
    *,
    older: str | None = None,
) -> Wanted:
    if person is not None and not lists.may_be_a_person(person):
        raise ConfigurationError(f"--person {quoted(person)}: is no address")
    oldest, newest = _ago(fleet, "--since", since), _ago(fleet, "--older", older)
    fleet.ledger.check()
    wanted = Wanted(tenant, company, job, person, record, oldest, newest, limit)
    lists.refuse_unknown(fleet, wanted)
    return wanted


def _answers(ledger: Ledger) -> bool:
    try:
        ledger.check()
    except FleetError:
        return False
    return True


def _ago(fleet: Fleet, option: str, span: str | None) -> datetime | None:
    return None if span is None else fleet.clock() - _span(option, span)


def _span(option: str, text: str, most: timedelta = lists.OLDEST) -> timedelta:
    try:
        return lists.age(text, most)
    except ValueError as error:
        raise ConfigurationError(f"{option} {error}") from error


def _who(given: str) -> str:
    """Who gives the command, for the audit."""
    try:
        return given or getpass.getuser()
    except (KeyError, OSError) as error:
        raise ConfigurationError(
            "--who: this machine does not know you; say who you are"
        ) from error


def _serve(fleet: Fleet, server: serving.Server, process: str) -> None:
    def end() -> None:
        server.should_exit = True

    reloading.watch_beside(reloading.Watch(fleet, f"{process}@{gethostname()}"), end)
    server.run()
    reloading.start_anew_if_ended()


def _upgraded() -> Fleet:
    fleet = _serving()
    fleet.ledger.upgrade()
    return fleet


def _celery(fleet: Fleet, *arguments: str) -> None:
    # Before any child is forked, which then needs no ledger to know them.
    assert fleet.broker_secrets
    fleet.ledger.close()
    from workers.app import app

    sys.argv[0] = "celery"
    try:
        app.start(["--quiet", *arguments])
    finally:
        reloading.start_anew_if_ended()


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
    named, period = run_command.job_named(job), _period(start, end)
    if period and named.of_the_present:
        raise ConfigurationError(
            f"--from and --to: {job} tells how things stand on a day, not of a period; name the "
            "day with --as-of"
        )
    if period and as_of and period.start > as_of.date():
        raise ConfigurationError(
            f"--from {period.start} lies after --as-of {as_of:%Y-%m-%d}: nothing of the period is "
            "known on that day"
        )
    return Order(
        job=named,
        tenant=fleet.settings.tenant(tenant or run_command.only_tenant(fleet)),
        companies=company or (),
        day=as_of.date() if as_of else None,
        period=period,
        dry_run=dry_run,
    )


def _period(start: datetime | None, end: datetime | None) -> Period | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ConfigurationError("--from and --to belong together: give both days")
    if end < start:
        raise ConfigurationError(f"--to {end:%Y-%m-%d} lies before --from {start:%Y-%m-%d}")
    if end - start > LONGEST:
        raise ConfigurationError(
            f"--from {start:%Y-%m-%d} --to {end:%Y-%m-%d}: name {LONGEST.days} days at most"
        )
    return Period(start.date(), end.date())
