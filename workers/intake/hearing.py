"""Events become runs: of each job that wakes for them, in the companies whose record it is."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import structlog

from monitoring import metrics
from monitoring.metrics import Increment
from odoo_gateway import changes
from odoo_gateway.errors import OdooError, OdooLoginRefused, OdooUnavailable
from tasks import catalogue
from tasks.declaration import AnyJob
from workers import outages
from workers.config.tenants import Tenant
from workers.errors import INTERRUPTIONS
from workers.ledger import counters, inbox, scopes
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerError
from workers.ledger.inbox import Event, Received
from workers.ledger.places import Place
from workers.ledger.statuses import EventStatus
from workers.wiring import Fleet

log = structlog.get_logger()

LEASE: Final = timedelta(minutes=5)
BATCH: Final = 500
# Batches at a time: what is left waits for the next one.
ROUNDS: Final = 20


def store(
    fleet: Fleet, events: Sequence[Event], unfit: Mapping[str, str] | None = None
) -> Sequence[Event]:
    """Keep and count what a source told of; returns what was not there yet.

    unfit: why one is parked at once, by its id.
    """
    unfit = unfit or {}
    with fleet.ledger.transaction() as connection:
        new = keep(connection, events, fleet.clock(), unfit)
    for each in new:
        if each.event_id in unfit:
            _tell_parked(each, unfit[each.event_id])
    return new


def keep(
    connection: Connection,
    events: Sequence[Event],
    now: datetime,
    unfit: Mapping[str, str] | None = None,
) -> Sequence[Event]:
    """As `store`, within the transaction in which it happened."""
    new = inbox.receive(connection, events, now, unfit)
    counters.add(connection, _received(events, new))
    return new


def woken_by(tenant: Tenant, kind: str, model: str) -> Sequence[AnyJob]:
    """The jobs that an event of this kind, about a record of this model, wakes in a tenant."""
    return [
        job
        for name, job in catalogue.jobs().items()
        if name not in tenant.settings.disabled_jobs
        and any(wake.hears(kind, model) for wake in job.wakes)
    ]


def hear(fleet: Fleet, tenant: Tenant) -> int:
    """Hand the tenant's events that wait on to runs; returns how many were dealt with.

    While its Odoo is away they wait, at no attempt's cost. One that cannot be dealt with is parked,
    and keeps no other waiting.
    """
    heard = 0
    for _ in range(ROUNDS):
        if outages.standing(fleet, outages.of_odoo(tenant.name)) is not None:
            break
        with fleet.ledger.transaction() as connection:
            taken = inbox.take(connection, tenant.name, fleet.clock(), LEASE, BATCH)
        in_order = sorted(taken, key=lambda each: (each.event.model, each.id))
        for model, found in groupby(in_order, key=lambda each: each.event.model):
            _deal_with(fleet, tenant, model, list(found))
        heard += len(taken)
        if len(taken) < BATCH:
            break
    return heard


def _deal_with(fleet: Fleet, tenant: Tenant, model: str, found: Sequence[Received]) -> None:
    """Hand on events about records of one model."""
    try:
        _hand_on(fleet, tenant, model, found)
    except (LedgerError, *INTERRUPTIONS):
        # Their lease runs out, and somebody takes them up again.
        raise
    except (OdooUnavailable, OdooLoginRefused) as error:
        outages.suspect(fleet, tenant, error)
        _put_off(fleet, found, error, costs=False)
    except OdooError as error:
        _park(fleet, found, error)
    except Exception as error:
        log.exception("event.failed", tenant=tenant.name, model=model)
        most = fleet.settings.environment.run_attempts
        _park(fleet, [each for each in found if each.attempts >= most], error)
        _put_off(fleet, [each for each in found if each.attempts < most], error, costs=True)


def _hand_on(fleet: Fleet, tenant: Tenant, model: str, found: Sequence[Received]) -> None:
    woken = {each.id: woken_by(tenant, each.event.kind, model) for each in found}
    ids = sorted({each.event.record_id for each in found if woken[each.id]})
    companies = changes.companies(fleet.session(tenant), model, ids) if ids else {}
    with fleet.ledger.transaction() as connection:
        here = [scope.company_id for scope in scopes.of_tenant(connection, tenant.name)]
        if not here:
            raise OdooUnavailable(f"the companies of {tenant.name} are not known yet")
        places: dict[Place, list[Received]] = defaultdict(list)
        ignored: list[Received] = []
        for each in found:
            # Of no company, or gone: whoever knew it looks.
            company = companies.get(each.event.record_id)
            where = [number for number in here if company in (None, number)]
            of_it = [Place(job.name, tenant.name, n) for job in woken[each.id] for n in where]
            for place in of_it:
                places[place].append(each)
            status = EventStatus.WOKE if of_it else EventStatus.IGNORED
            inbox.settle(connection, each, status)
            ignored += [] if of_it else [each]
        for place, events in sorted(places.items()):
            trace_id = events[0].event.trace_id
            inbox.wake(connection, place, [each.id for each in events], fleet.clock(), trace_id)
        counters.add(connection, [*_ignored(ignored), *fleet.take_calls()])
    log.info(
        "events.heard",
        tenant=tenant.name,
        model=model,
        events=len(found),
        ignored=len(ignored),
        runs=len(places),
    )


def _put_off(fleet: Fleet, found: Sequence[Received], error: Exception, *, costs: bool) -> None:
    until = fleet.clock() + timedelta(seconds=fleet.settings.environment.retry_seconds)
    with fleet.ledger.transaction() as connection:
        for each in found:
            inbox.put_off(connection, each, until, error, costs=costs)
        counters.add(connection, fleet.take_calls())


def _park(fleet: Fleet, found: Sequence[Received], error: Exception) -> None:
    with fleet.ledger.transaction() as connection:
        for each in found:
            inbox.settle(connection, each, EventStatus.PARKED, error)
        counters.add(connection, fleet.take_calls())
    for each in found:
        _tell_parked(each.event, str(error))


def _tell_parked(event: Event, why: str) -> None:
    log.error(
        "event.parked",
        tenant=event.tenant,
        source=event.source,
        event_id=event.event_id,
        message=why,
    )


def _received(events: Sequence[Event], new: Sequence[Event]) -> list[Increment]:
    told = Counter((each.tenant, each.source) for each in events)
    kept = Counter((each.tenant, each.source) for each in new)
    return [
        increment
        for (tenant, source), count in told.items()
        for increment in (
            *metrics.event_received(tenant, source, "received", kept[tenant, source]),
            *metrics.event_received(tenant, source, "duplicate", count - kept[tenant, source]),
        )
    ]


def _ignored(found: Sequence[Received]) -> list[Increment]:
    told = Counter((each.event.tenant, each.event.source) for each in found)
    return [
        increment
        for (tenant, source), count in told.items()
        for increment in metrics.event_received(tenant, source, "ignored", count)
    ]
