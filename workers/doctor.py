"""`fleet doctor`: reaches everything the fleet needs, and proves rights and visibility."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog

from odoo_gateway.errors import FleetError, OdooError
from odoo_gateway.reader import Domain, Key, Reader
from odoo_gateway.records import Record
from tasks import catalogue
from tasks.declaration import AnyJob, Audience
from tasks.records.people import Employee
from tasks.records.sales import Invoice, Order, OrderLine
from tasks.records.timesheets import Task, TimesheetLine
from workers import api_keys, broker, dispatch, runner, watching
from workers.ledger.scopes import Scope
from workers.tenants import Tenant
from workers.wiring import Fleet

log = structlog.get_logger()


@dataclass(frozen=True)
class Finding:
    """One thing examined: ok, warning or failed, and what to do."""

    what: str
    state: str
    detail: str


def examine(fleet: Fleet) -> Iterator[Finding]:
    """Everything, in the order in which things depend on each other."""
    yield from _ledger(fleet)
    yield from _broker(fleet)
    yield from _mail(fleet)
    for tenant in fleet.settings.tenants.values():
        yield from _tenant(fleet, tenant)
    for name, problems in fleet.settings.unusable.items():
        for problem in problems:
            yield Finding(f"{name}: configuration", "failed", problem)


def _ledger(fleet: Fleet) -> Iterator[Finding]:
    try:
        fleet.ledger.check()
    except FleetError as error:
        yield Finding("ledger", "failed", str(error))
    else:
        yield Finding("ledger", "ok", str(fleet.ledger.address))


def _broker(fleet: Fleet) -> Iterator[Finding]:
    url = fleet.settings.environment.broker_url
    shown = broker.connection(url).as_uri()
    try:
        broker.waiting(url)
    except Exception as error:
        yield Finding(
            "broker",
            "failed",
            f"{shown} cannot be reached ({error}): start Redis or correct FLEET_BROKER_URL",
        )
    else:
        yield Finding("broker", "ok", shown)


def _mail(fleet: Fleet) -> Iterator[Finding]:
    try:
        with fleet.mail.conversation() as session:
            session.noop()
    except FleetError as error:
        yield Finding("mail server", "failed", str(error))
    else:
        yield Finding("mail server", "ok", f"accepts us as {fleet.mail.sender}")


def _tenant(fleet: Fleet, tenant: Tenant) -> Iterator[Finding]:
    name = f"{tenant.name}: Odoo"
    try:
        session = fleet.session(tenant)
        scopes = dispatch.discover(session, tenant)
        version = session.major_version
    except FleetError as error:
        yield Finding(name, "failed", str(error))
        return
    companies = ", ".join(f"{scope.company_id} {scope.name} ({scope.zone.key})" for scope in scopes)
    yield Finding(name, "ok", f"version {version} at {tenant.address}; companies: {companies}")
    yield from _standing(fleet, tenant, scopes[0])
    for scope in scopes:
        yield from _recipients(tenant, scope)
        yield from _jobs(fleet, tenant, scope)


def compare_totals(fleet: Fleet) -> None:
    """Leave for the exporter what we may see in each Odoo, and for how long.

    A tenant that fails is logged.
    """
    for tenant in fleet.settings.tenants.values():
        try:
            scopes = dispatch.known_scopes(fleet, tenant)
        except FleetError as error:
            log.error("totals.unknown", tenant=tenant.name, message=str(error))
            continue
        for found in _standing(fleet, tenant, scopes[0]):
            log.info("totals.compared", tenant=tenant.name, state=found.state, what=found.what)


def _standing(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Finding]:
    """What the fleet's user is in this Odoo; the companies of a database share it."""
    yield from _api_key(fleet, tenant, scope)
    yield from _visible_rows(fleet, tenant, scope)
    yield from _visibility(fleet, tenant, scope)


def _api_key(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Finding]:
    what, login = f"{tenant.name}: API key", tenant.settings.login
    reader = Reader(fleet.session(tenant), scope.company_id)
    try:
        expiry = api_keys.first_to_expire(reader, login, fleet.clock())
    except OdooError as error:
        yield Finding(what, "warning", f"not verifiable when it expires: {error}")
        return
    watching.note_api_key(fleet, tenant.name, expiry.at if expiry else None)
    if expiry is None:
        yield Finding(what, "ok", f"no API key of {login} expires")
        return
    told = f"{expiry.name!r} of {login} expires on {expiry.at:%Y-%m-%d %H:%M} UTC"
    if expiry.at - fleet.clock() > api_keys.NOTICE:
        yield Finding(what, "ok", told)
    else:
        remedy = "make a new key, give it to the fleet, delete the old one"
        yield Finding(what, "warning", f"{told}: {remedy}")


def _visible_rows(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Finding]:
    reader = Reader(fleet.session(tenant), scope.company_id)
    for model in VISIBLE_MODELS:
        what = f"{tenant.name}: rows of {model}"
        try:
            rows = reader.count(model, [])
        except OdooError as error:
            yield Finding(what, "warning", f"not verifiable: {error}")
            continue
        watching.note_visible_rows(fleet, tenant.name, model, rows)
        yield _shown(reader, model, what, f"{rows} are visible")


def _shown(reader: Reader, model: str, what: str, told: str) -> Finding:
    """Ok where it is shown that no row of the model is hidden; some that are seen prove nothing."""
    doubt = reader.doubt(model)
    return Finding(what, "warning" if doubt else "ok", f"{told}; {doubt or NONE_HIDDEN}")


def _enabled(tenant: Tenant) -> Sequence[AnyJob]:
    """The jobs that run for a tenant."""
    disabled = tenant.settings.disabled_jobs
    return [job for job in catalogue.jobs().values() if job.name not in disabled]


def _recipients(tenant: Tenant, scope: Scope) -> Iterator[Finding]:
    """Who stands behind each role here, and whether somebody does to whom something is told."""
    what = f"{tenant.name}/{scope.name}: recipients"
    recipients = tenant.recipients(scope.company_id)
    named = {role: ", ".join(people) for role, people in recipients if people}
    if named:
        yield Finding(what, "ok", "; ".join(f"{role}: {who}" for role, who in named.items()))
    roles = {Audience.OPS.value: "what the fleet gave up"}
    for job in _enabled(tenant):
        role = job.owner if job.audience is Audience.PERSON else job.audience.value
        roles[role] = f"{roles[role]}, {job.name}" if role in roles else job.name
    for role, told in sorted(roles.items()):
        if role not in named:
            yield Finding(
                what,
                "warning",
                f"nobody is configured for the role {role}, so nobody hears of {told}: "
                f"set recipients.{role} in the file, for the tenant or for company "
                f"{scope.company_id}",
            )


def _jobs(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Finding]:
    now = fleet.clock()
    for job in _enabled(tenant):
        what = f"{tenant.name}/{scope.name}: {job.name}"
        moment = runner.as_of(scope, now, now)
        try:
            seen = runner.look(fleet, tenant, job, scope.company_id, moment)
        except OdooError as error:
            yield Finding(what, "failed", str(error))
            continue
        report = seen.report
        state = "failed" if any(gap.figures for gap in report.not_verifiable) else "ok"
        yield Finding(what, state, f"{len(report.rows)} rows, {len(report.findings)} findings")
        for gap in report.not_verifiable:
            state = "failed" if gap.figures else "warning"
            withheld = f"; withheld: {', '.join(gap.figures)}" if gap.figures else ""
            told = f"not verifiable: {gap.check}: {gap.reason}{withheld}: {gap.remedy}"
            yield Finding(what, state, told)
        for drift in seen.drift[:5]:
            yield Finding(
                what,
                "warning",
                f"{drift.model} {drift.record_id} fits no record: {drift.field}: {drift.problem}",
            )


NONE_HIDDEN = "no record rule hides any"

# What most numbers rest on; how many rows of each we see is measured every night.
VISIBLE_MODELS: Sequence[str] = (
    Employee.MODEL,
    TimesheetLine.MODEL,
    Task.MODEL,
    Order.MODEL,
    OrderLine.MODEL,
    Invoice.MODEL,
)


@dataclass(frozen=True)
class ControlTotal:
    """A total that Odoo stores on a parent, whoever may see the rows that it sums.

    link: the field of a row that names its parent. key: a field that parents and rows share, to
    sum both by; without one each parent is compared by itself.
    """

    what: str
    parent: type[Record]
    total: str
    rows: str
    amount: str
    link: str
    key: str | None = None


CONTROL_TOTALS: Sequence[ControlTotal] = (
    ControlTotal(
        # Invoiced hours stay with the project that their task has left.
        what="timesheets by task",
        parent=Task,
        total="effective_hours",
        rows=TimesheetLine.MODEL,
        amount="unit_amount",
        link="task_id",
    ),
    ControlTotal(
        what="order lines by state",
        parent=Order,
        total="amount_untaxed",
        rows=OrderLine.MODEL,
        amount="price_subtotal",
        link="order_id",
        key="state",
    ),
)


def _visibility(fleet: Fleet, tenant: Tenant, scope: Scope) -> Iterator[Finding]:
    """Record rules drop rows without a word; stored totals betray them."""
    reader = Reader(fleet.session(tenant), scope.company_id)
    for control in CONTROL_TOTALS:
        what = f"{tenant.name}: visibility of {control.what}"
        try:
            compared, hidden = _hidden(reader, control)
        except OdooError as error:
            yield Finding(what, "warning", f"not verifiable: {error}")
            continue
        watching.note_visibility(fleet, tenant.name, control.what, len(hidden))
        if hidden:
            yield Finding(
                what,
                "failed",
                f"{tenant.settings.login} does not see all rows of "
                f"{control.key or control.link} {hidden[0]} and {len(hidden) - 1} more, so every "
                f"number would be too small: give the user a read rule for all rows of "
                f"{control.rows}",
            )
        else:
            told = f"{compared} totals of Odoo are reached by the rows that we see"
            yield _shown(reader, control.rows, what, told)


def _hidden(reader: Reader, control: ControlTotal) -> tuple[int, Sequence[Key]]:
    """How many totals were compared, and the keys whose rows sum up to less."""
    by = control.key or control.link
    groups = reader.group(control.rows, [(control.link, "!=", False)], [by], [control.amount])
    visible = {group.keys[0]: group.sums[0] for group in groups}
    stored = list(_stored(reader, control))
    return len(stored), [
        key for key, total in stored if total - visible.get(key, 0.0) > 0.05 + 1e-6 * abs(total)
    ]


def _stored(reader: Reader, control: ControlTotal) -> Iterator[tuple[Key, float]]:
    """The totals that are not zero, by their key."""
    domain: Domain = [(control.total, "!=", 0)]
    if control.key:
        for group in reader.group(control.parent.MODEL, domain, [control.key], [control.total]):
            yield group.keys[0], group.sums[0]
    else:
        for parent in reader.search(control.parent, domain, archived=True):
            yield parent.id, getattr(parent, control.total)


def worst(findings: Sequence[Finding]) -> str:
    """failed, warning or ok."""
    states = {finding.state for finding in findings}
    return next(state for state in ("failed", "warning", "ok") if state in states)
