"""`fleet doctor`: reaches everything the fleet needs, and proves rights and visibility."""

import logging
from collections.abc import Iterator, Sequence

import httpx
import typer

from odoo_gateway.errors import FleetError, OdooError
from tasks import catalogue
from tasks.declaration import AnyJob, Audience
from tasks.domain.plurals import counted
from tasks.domain.proposals import Mode
from workers import dispatch, looking
from workers.broker import transport as broker
from workers.commands import opening, pausing
from workers.commands.console import STYLES, print_json, say
from workers.commands.exits import ExitCode
from workers.commands.options import Json
from workers.commands.verbs import Verb
from workers.config import runbook
from workers.config.reach import OutOfReach
from workers.config.tenants import Tenant
from workers.ledger.errors import LedgerNotSetUp
from workers.ledger.scopes import Scope
from workers.looking import Lookout
from workers.watch import installed, systems, visibility
from workers.watch.visibility import Examined
from workers.wiring import Fleet

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet doctor")
def doctor(as_json: Json = False) -> None:
    """Reach everything the fleet needs; prove the Odoo user's rights and that it sees all rows."""
    # Whatever goes wrong is a finding.
    fleet = opening.fleet(logging.CRITICAL)
    findings = []
    for finding in examine(fleet):
        findings.append(finding)
        if not as_json:
            say(finding.what, STYLES[finding.state], f"{finding.state:8}")
            say(f"        {finding.detail}")
    if as_json:
        print_json({"schema": 1, "checks": [vars(finding) for finding in findings]})
    unfit = worst(findings) in ("failed", "missing")
    raise typer.Exit(ExitCode.SOME_FAILED if unfit else ExitCode.DONE)


def examine(fleet: Fleet) -> Iterator[Examined]:
    """Everything, in the order in which things depend on each other."""
    yield from _ledger(fleet)
    yield from _broker(fleet)
    yield from _mail(fleet)
    yield _runbook(fleet)
    for tenant in fleet.settings.tenants.values():
        yield from _tenant(fleet, tenant)
        yield from systems.examine(fleet, tenant)
        yield from _targets(fleet, tenant)
    for name, problems in fleet.settings.unusable.items():
        for problem in problems:
            yield Examined(f"{name}: configuration", "failed", problem)
    for name, refused in catalogue.outside().refused.items():
        yield Examined(f"job {name}", "failed", str(refused))


def _ledger(fleet: Fleet) -> Iterator[Examined]:
    try:
        fleet.ledger.check()
    except LedgerNotSetUp as error:
        yield Examined("ledger", "missing", f"not set up yet: {error}")
    except FleetError as error:
        yield Examined("ledger", "failed", str(error))
    else:
        yield Examined("ledger", "ok", str(fleet.ledger.address))
        yield from _pauses(fleet)


def _pauses(fleet: Fleet) -> Iterator[Examined]:
    """What people have the fleet leave alone."""
    for each in pausing.listed(pausing.standing(fleet)):
        what = [f"{kind} {each[kind]}" for kind in ("job", "tenant", "company") if each[kind]]
        told = f"{', '.join(what)} until {each['until']}, by {each['by']}: {each['reason']}"
        yield Examined(f"paused: {each['name']}", "warning", f"{told}; `fleet resume` ends it")


def _broker(fleet: Fleet) -> Iterator[Examined]:
    url = fleet.settings.environment.broker_url
    shown = broker.shown(url)
    try:
        broker.waiting(url)
    except Exception as error:
        told = f"{shown} cannot be reached ({error})"
        if "broker_url" in fleet.settings.environment.model_fields_set:
            told += ": start it, or correct FLEET_BROKER_URL"
            yield Examined("broker", "failed", told)
        else:
            told += ": start Redis there, or set FLEET_BROKER_URL to one that runs"
            yield Examined("broker", "missing", f"not set up yet: {told}")
    else:
        yield Examined("broker", "ok", shown)


def _mail(fleet: Fleet) -> Iterator[Examined]:
    try:
        fleet.mail.probe()
    except FleetError as error:
        if "smtp_url" in fleet.settings.environment.model_fields_set:
            yield Examined("mail server", "failed", f"{error}: see FLEET_SMTP_URL, FLEET_MAIL_FROM")
        else:
            told = f"{error}: set FLEET_SMTP_URL and FLEET_MAIL_FROM"
            yield Examined("mail server", "missing", f"not set up yet: {told}")
    else:
        yield Examined("mail server", "ok", f"accepts us as {fleet.mail.sender}")


def _runbook(fleet: Fleet) -> Examined:
    url = fleet.settings.environment.runbook_url
    published = (
        f"alerts, mails and `fleet status` lead to {url}"
        if url
        else f"{runbook.FILE}; FLEET_RUNBOOK_URL: not set"
    )
    return Examined("runbook", "ok", published)


def _tenant(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    name = f"{tenant.name}: Odoo"
    try:
        session = fleet.session(tenant)
        # What is to be proven may have been set up a moment ago.
        session.forget()
        scopes = dispatch.discover(session, tenant)
        version = session.major_version
    except FleetError as error:
        yield Examined(name, "failed", str(error))
        return
    companies = ", ".join(f"{scope.company_id} {scope.name} ({scope.zone.key})" for scope in scopes)
    yield Examined(name, "ok", f"version {version} at {tenant.address}; companies: {companies}")
    yield from visibility.standing(fleet, tenant, scopes[0])
    yield from installed.examine(fleet, tenant)
    yield from installed.examine_outbox(fleet, tenant)
    yield from installed.examine_releases(fleet, tenant)
    yield from _page_to_decide_on(fleet, tenant)
    for scope in scopes:
        yield from _zone(tenant, scope)
        yield from _recipients(tenant, scope)
        yield from _jobs(fleet, tenant, scope)
    fleet.keep_learnt(tenant)


def _page_to_decide_on(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    """Whether people who are asked to agree to an effect are led to where they can."""
    if Mode.APPROVE in tenant.modes and fleet.links is None:
        yield Examined(
            f"{tenant.name}: effects",
            "failed",
            "whoever is asked to agree decides on a page, and no mail leads there: set "
            "FLEET_WEB_URL and FLEET_LINK_SECRET for all processes, and start `fleet web`",
        )


def _zone(tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    """A zone that nobody knows, in the working calendar of the company."""
    if scope.unknown_zone:
        yield Examined(
            f"{tenant.name}/{scope.name}: time zone",
            "warning",
            f"{scope.unknown_zone!r} of its working calendar is none that we know, so it runs by "
            f"{scope.zone.key}: correct it in Odoo, or set timezone for company {scope.company_id}",
        )


def _targets(fleet: Fleet, tenant: Tenant) -> Iterator[Examined]:
    """Where webhooks and chats lead to; nothing is sent."""
    for name, target in tenant.targets.items():
        what, url = f"{tenant.name}: {target.settings.kind} {name}", httpx.URL(target.url)
        try:
            fleet.settings.environment.reach.addresses(url.host, url.port or 0)
        except OutOfReach as error:
            yield Examined(what, "failed", str(error))
        else:
            yield Examined(what, "ok", f"leads to {url.host}")


def _enabled(tenant: Tenant) -> Sequence[AnyJob]:
    """The jobs that run for a tenant."""
    disabled = tenant.settings.disabled_jobs
    return [job for job in catalogue.jobs().values() if job.name not in disabled]


def _recipients(tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    """Who stands behind each role here, and whether somebody does to whom something is told."""
    what = f"{tenant.name}/{scope.name}: recipients"
    recipients = tenant.recipients(scope.company_id)
    named = {role: ", ".join(people) for role, people in recipients if people}
    if named:
        yield Examined(what, "ok", "; ".join(f"{role}: {who}" for role, who in named.items()))
    roles = {Audience.OPS.value: "what the fleet gave up"}
    for job in _enabled(tenant):
        for role in (job.role, *job.tells):
            roles[role] = ", ".join(filter(None, [roles.get(role), job.name]))
    for role, told in sorted(roles.items()):
        if role not in named:
            yield Examined(
                what,
                "warning",
                f"nobody is configured for the role {role}, so nobody hears of {told}: "
                f"set recipients.{role} in the file, for the tenant or for company "
                f"{scope.company_id}",
            )


def _jobs(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Examined]:
    now, remember = fleet.clock(), looking.remembers(fleet)
    for job in _enabled(tenant):
        what = f"{tenant.name}/{scope.name}: {job.name}"
        try:
            seen = looking.look(fleet, Lookout(job, tenant, scope), now, now, remember=remember)
        except OdooError as error:
            yield Examined(what, "failed", str(error))
            continue
        report = seen.report
        state = "failed" if any(gap.figures for gap in report.not_verifiable) else "ok"
        rows, findings = len(report.rows), len(report.findings)
        told = f"{counted(rows, 'row')}, {counted(findings, 'finding')}"
        yield Examined(what, state, told)
        for gap in report.not_verifiable:
            state = "failed" if gap.figures else "warning"
            withheld = f"; withheld: {', '.join(gap.figures)}" if gap.figures else ""
            told = f"not verifiable: {gap.check}: {gap.reason}{withheld}: {gap.remedy}"
            yield Examined(what, state, told)
        for drift in seen.drift[:5]:
            yield Examined(
                what,
                "warning",
                f"{drift.model} {drift.record_id} fits no record: {drift.field}: {drift.problem}",
            )


def worst(findings: Sequence[Examined]) -> str:
    """failed, missing, warning or ok."""
    states = {finding.state for finding in findings}
    return next(state for state in ("failed", "missing", "warning", "ok") if state in states)
