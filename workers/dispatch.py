"""Which runs are due: slots of every job and scope, opened once each, published until done."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from monitoring import metrics
from monitoring.metrics import Increment
from odoo_gateway import answers
from odoo_gateway.errors import (
    FleetError,
    OdooError,
    OdooLoginRefused,
    OdooRejected,
    OdooUnavailable,
)
from odoo_gateway.records import zone_named
from odoo_gateway.session import Company, Session
from tasks import catalogue
from tasks.declaration import AnyJob
from workers import notes as watching
from workers import outages, runner, slots
from workers.config.tenants import Tenant
from workers.delivery.channels.posting import LONGEST_WAIT_SECONDS
from workers.errors import INTERRUPTIONS
from workers.ledger import ahead, counters, marks, pauses, runs, scopes, standing
from workers.ledger import outages as standing_outages
from workers.ledger.ahead import Bounds
from workers.ledger.database import Connection
from workers.ledger.pauses import Pause
from workers.ledger.places import Place
from workers.ledger.runs import Run, Slot
from workers.ledger.scopes import Scope
from workers.runner import Executed
from workers.tracing import traced
from workers.wiring import Fleet

log = structlog.get_logger()

COMPANIES_KEPT = timedelta(hours=1)
NEVER = datetime.min.replace(tzinfo=UTC)
PUBLISH_LIMIT = 500
# One for the room, and one in case that the first overlaps with another run of its job.
ROOM_LIMIT = 2
Publish = Callable[[Run], None]
# Has somebody else ask for the companies of a tenant, on behalf of a job.
Ask = Callable[[AnyJob, Tenant], None]


def open_due_slots(fleet: Fleet, job: AnyJob, ask: Ask | None = None) -> Sequence[int]:
    """Open a run for every due slot of the job that has none; returns the new runs' ids.

    Any number of callers may do so at once: a slot is opened once. A tenant whose companies are
    not known yet is logged and counted, and its slots wait. Without `ask` each Odoo is asked here
    and now, and one that hangs keeps the slots of all tenants waiting.
    """
    every = fleet.settings.tenants.values()
    tenants = [tenant for tenant in every if job.name not in tenant.settings.disabled_jobs]
    with fleet.ledger.reading() as connection:
        away = standing_outages.standing(connection)
        known = [tenant for tenant in tenants if outages.of_odoo(tenant.name) not in away]
        by_tenant = scopes.by_tenant(connection)
        old = _with_old_scopes(connection, known, by_tenant, fleet.clock())
    for tenant in old:
        if ask is None:
            learn_scopes(fleet, job, tenant)
        elif _time_to_ask(fleet, tenant):
            ask(job, tenant)
    opened = open_slots_of(fleet, job, _with_due(fleet, job, tenants))
    watching.note_look(fleet, job)
    return opened


def put_clocks_right(fleet: Fleet) -> int:
    """Have nothing wait for what a clock left that ran ahead; returns how many rows did."""
    environment = fleet.settings.environment
    longest = max(
        environment.retry_max_seconds, environment.probe_max_seconds, LONGEST_WAIT_SECONDS
    )
    bounds = Bounds(
        fleet.clock(),
        skew=timedelta(seconds=environment.silence_seconds),
        # What is waited for may be a bit more than that.
        wait=timedelta(seconds=longest + environment.silence_seconds),
    )
    with fleet.ledger.transaction() as connection:
        found = ahead.put_right(connection, bounds)
    if found:
        why = "a clock was put right, or those of the machines differ"
        log.warning("clock.ran_ahead", rows=found, message=why)
    return found


def publish_due(fleet: Fleet, publish: Publish) -> int:
    """Publish every run that is due and was not published lately; returns how many.

    This is also the recovery: what a broker lost or a dead worker left is published again.
    """
    now = fleet.clock()
    quiet = timedelta(seconds=fleet.settings.environment.republish_seconds)
    with fleet.ledger.transaction() as connection:
        held: Counter[str] = Counter()
        for (_, tenant), count in standing.in_flight(connection, now).items():
            held[tenant] += count
        full = [name for name in held if held[name] >= fleet.settings.concurrency(name)]
        full += fleet.settings.unusable
        found = runs.to_publish(connection, now, quiet, PUBLISH_LIMIT, full=full)
        counters.add(connection, watching.published(found))
    for run in found:
        _publish(fleet, run, publish)
    return len(found)


def execute(fleet: Fleet, run_id: int, publish: Publish) -> Executed | None:
    """Execute a run, and publish what waits longest for the room that it held in its tenant."""
    executed = runner.execute(fleet, run_id, room=ROOM_LIMIT)
    for run in executed.next if executed else ():
        _publish(fleet, run, publish)
    return executed


def known_scopes(fleet: Fleet, tenant: Tenant) -> Sequence[Scope]:
    """The tenant's companies; asked of Odoo at most once an hour, remembered while it is down.

    Raises OdooError when Odoo never answered so far.
    """
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        known = scopes.by_tenant(connection)
        old = _with_old_scopes(connection, [tenant], known, now)
    remembered = known.get(tenant.name, ())
    if not old:
        return remembered
    try:
        found = discover(fleet.session(tenant), tenant)
    except OdooUnavailable:
        if remembered:
            return remembered
        raise
    with fleet.ledger.transaction() as connection:
        scopes.remember(connection, tenant.name, found, now)
        counters.add(connection, [*fleet.take_calls(), *_unknown_zones(found)])
    return found


def _unknown_zones(found: Iterable[Scope]) -> Iterator[Increment]:
    """Log and count the companies whose working calendar has a zone that we do not know."""
    for scope in found:
        if scope.unknown_zone:
            log.warning(
                "scopes.zone_unknown",
                tenant=scope.tenant,
                company=scope.company_id,
                zone=scope.unknown_zone,
                message="it runs by UTC: correct its working calendar, or set `timezone` for it",
            )
            yield Increment(metrics.UNKNOWN_ZONES.name, {"tenant": scope.tenant})


def learn_scopes(fleet: Fleet, job: AnyJob, tenant: Tenant) -> None:
    """Ask for the tenant's companies if what is known is old; a failure is logged and counted."""
    try:
        known_scopes(fleet, tenant)
    except OdooError as error:
        log.error("scopes.unknown", job=job.name, tenant=tenant.name, message=str(error))
        _count_failure(fleet, job, tenant, error)
        if isinstance(error, OdooUnavailable | OdooLoginRefused):
            outages.suspect(fleet, tenant, error)
    except (FleetError, *INTERRUPTIONS):
        raise
    except Exception as error:
        # What nobody foresaw of one Odoo keeps nobody else's slots waiting.
        log.exception("scopes.unknown", job=job.name, tenant=tenant.name)
        _count_failure(fleet, job, tenant, error)


def _time_to_ask(fleet: Fleet, tenant: Tenant) -> bool:
    """Whether nobody was told to ask lately."""
    now = fleet.clock()
    quiet = timedelta(seconds=fleet.settings.environment.republish_seconds)
    with fleet.ledger.transaction() as connection:
        return marks.renew(connection, marks.DISCOVERY, tenant.name, now, now - quiet)


def _with_old_scopes(
    connection: Connection,
    tenants: Iterable[Tenant],
    known: Mapping[str, Sequence[Scope]],
    now: datetime,
) -> Sequence[Tenant]:
    """The tenants whose companies are not known, or no longer, or not all that are configured."""
    before = now - COMPANIES_KEPT
    seen = scopes.last_seen(connection)
    return [
        tenant
        for tenant in tenants
        if seen.get(tenant.name, NEVER) <= before
        or {*tenant.settings.companies} - {scope.company_id for scope in known.get(tenant.name, ())}
    ]


def discover(session: Session, tenant: Tenant) -> Sequence[Scope]:
    """The companies to watch, with their zones: configured, else that of the working calendar.

    UTC where the calendar has none, or one that we do not know: then the scope says so.
    """
    wanted = tenant.settings.companies or [company.id for company in session.companies]
    companies = [company for company in session.companies if company.id in wanted]
    if not wanted:
        raise OdooRejected(
            f"tenant {tenant.name}: Odoo shows the user {tenant.settings.login} no company at all: "
            "allow it in one"
        )
    hidden = sorted(set(wanted) - {company.id for company in companies})
    if hidden:
        raise OdooRejected(
            f"tenant {tenant.name}: the user {tenant.settings.login} is not allowed in company "
            f"{', '.join(map(str, hidden))}: allow it in Odoo, or correct `companies`"
        )
    zones = _calendar_zones(session, companies)
    return [
        _scope(tenant, company, zones.get(company.resource_calendar_id or 0, "UTC"))
        for company in companies
    ]


def _scope(tenant: Tenant, company: Company, of_calendar: str) -> Scope:
    unknown = ""
    try:
        zone_named(of_calendar)
    except ValueError:
        unknown = "" if tenant.has_zone(company.id) else of_calendar
        of_calendar = "UTC"
    zone = tenant.zone(company.id, of_calendar)
    return Scope(tenant.name, company.id, company.name, zone, unknown)


def _publish(fleet: Fleet, run: Run, publish: Publish) -> None:
    if run.job in catalogue.jobs():
        publish(run)
    else:
        # No worker of this version has the task. The run fails at once, waits, and is a dead letter
        # in the end, unless a version that has the job takes it.
        runner.execute(fleet, run.id)


def _count_failure(fleet: Fleet, job: AnyJob, tenant: Tenant, error: Exception) -> None:
    labels = {"job": job.name, "tenant": tenant.name, "exception": type(error).__name__}
    failure = Increment(metrics.EXCEPTIONS.name, labels)
    with fleet.ledger.transaction() as connection:
        watching.note_circuit(connection, fleet, tenant.name, fleet.clock())
        counters.add(connection, [failure, *fleet.take_calls()])


def _calendar_zones(session: Session, companies: Iterable[Company]) -> dict[int, str]:
    ids = sorted({c.resource_calendar_id for c in companies if c.resource_calendar_id})
    answer = session.call("resource.calendar", "search_read", [("id", "in", ids)], ["tz"])
    rows = answers.rows(answer, "resource.calendar.search_read", ("id", "tz"))
    return {row["id"]: str(row["tz"] or "UTC") for row in rows}


def _with_due(
    fleet: Fleet, job: AnyJob, tenants: Iterable[Tenant]
) -> Sequence[tuple[Tenant, Sequence[Scope]]]:
    """Each tenant's scopes that have a due slot, or were never looked at; most looks find none.

    Only reads, in one transaction, so that they cost the ledger little.
    """
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        known = scopes.by_tenant(connection)
        closed = runs.closed_slots(connection, job.name, now)
        paused = pauses.standing(connection, now)

    def is_due(tenant: Tenant, scope: Scope) -> bool:
        since = closed.get((scope.tenant, scope.company_id))
        line = tenant.crontab(job)
        if since is not None and _is_paused(paused, job, scope):
            return False
        return since is None or bool(slots.due(job.cron, line, scope.zone, since, now))

    due = (
        (tenant, [scope for scope in known[tenant.name] if is_due(tenant, scope)])
        for tenant in tenants
    )
    return [(tenant, here) for tenant, here in due if here]


def open_slots_of(
    fleet: Fleet, job: AnyJob, places: Sequence[tuple[Tenant, Sequence[Scope]]]
) -> Sequence[int]:
    """Open a run for every due slot of the job in these scopes; returns the new runs' ids.

    None for what is paused: its slots are opened afterwards, as those that were missed.
    """
    if not places:
        return []
    now = fleet.clock()
    due: list[Slot] = []
    with fleet.ledger.transaction() as connection:
        closed = runs.closed_slots(connection, job.name, now)
        paused = pauses.standing(connection, now)
        for tenant, here in places:
            for scope in here:
                place = Place(job.name, scope.tenant, scope.company_id)
                since = closed.get((scope.tenant, scope.company_id)) or runs.watch_since(
                    connection, place, now
                )
                if _is_paused(paused, job, scope):
                    continue
                found = slots.due(job.cron, tenant.crontab(job), scope.zone, since, now)
                due += (Slot(place, slot, uuid4().hex) for slot in found)
        opened = runs.open_slots(connection, due, now)
    for run in opened:
        with traced(run.trace_id, **runner.about(run)):
            log.info("slot.opened", slot=run.slot.isoformat())
    return [run.id for run in opened]


def _is_paused(paused: Iterable[Pause], job: AnyJob, scope: Scope) -> bool:
    place = Place(job.name, scope.tenant, scope.company_id)
    return any(place in pause.places for pause in paused)


def next_slots(line: str, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The next slots of a crontab line."""
    found: list[datetime] = []
    for _ in range(count):
        found.append(slots.next_slot(line, zone, found[-1] if found else after))
    return found
