"""The change feed: asks Odoo which records were written, where nothing may be installed in it.

What a transaction wrote is dated to its begin and seen from its commit on, so each look goes back
by the longest that one may take, and what was seen before is not told again. Deletions do not show:
the schedule finds them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from monitoring import metrics
from monitoring.metrics import Increment
from odoo_gateway import changes
from odoo_gateway.changes import Written
from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.session import Session
from tasks import catalogue
from tasks.declaration import CHANGED
from workers.config.sources import SourceKind
from workers.config.tenants import Tenant
from workers.intake.hearing import store
from workers.ledger import counters, inbox, marks
from workers.ledger.inbox import Event
from workers.wiring import Fleet

log = structlog.get_logger()

# Odoo cuts a call off after 120 s as it is shipped, and operators raise that.
OVERLAP: Final = timedelta(minutes=5)
# Told at a time of one model; the rest is told by the next looks.
MOST: Final = 5000
# What another source tells of comes within it.
GRACE: Final = timedelta(minutes=2)
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def poll(fleet: Fleet, tenant: Tenant, source: str) -> int:
    """Tell of all that was written since the last look; returns how many records. Raises OdooError.

    The first look goes back no further than any other from what was written last: the schedule has
    seen what stands. A model that is not there, or not shown to the fleet's user, is left out.
    """
    session = fleet.session(tenant)
    told = 0
    for model in models(tenant):
        if session.exists(model) is False or not session.may_read(model):
            continue
        try:
            told += _poll(fleet, session, tenant, source, model)
        except (OdooRejected, OdooSchemaDrift) as error:
            log.error("feed.refused", tenant=tenant.name, model=model, message=str(error))
    with fleet.ledger.transaction() as connection:
        counters.add(connection, fleet.take_calls())
    return told


def models(tenant: Tenant) -> Sequence[str]:
    """Those whose records wake a job of the tenant."""
    jobs = catalogue.jobs().values()
    awake = [job for job in jobs if job.name not in tenant.settings.disabled_jobs]
    return sorted({wake.subject for job in awake for wake in job.wakes})


def count_missed(fleet: Fleet, tenant: Tenant, feeds: Sequence[str]) -> None:
    """Count what only the feeds told of though Odoo's own webhooks are to tell of it.

    Beside an outbox nothing is counted: it loses nothing, its rules are compared with what they
    should be by `fleet odoo check`, and they leave out the fields that no job looks at.
    """
    if not feeds or not tenant.sources_of(SourceKind.ODOO_WEBHOOK):
        return
    with fleet.ledger.transaction() as connection:
        missed = inbox.count_missed(connection, tenant.name, feeds, fleet.clock() - GRACE)
        counters.add(
            connection,
            [
                Increment(metrics.EVENTS_MISSED.name, {"tenant": tenant.name, "model": m}, count)
                for m, count in missed.items()
            ],
        )
    for model, count in missed.items():
        if count:
            log.warning("events.missed", tenant=tenant.name, model=model, events=count)


def _poll(fleet: Fleet, session: Session, tenant: Tenant, source: str, model: str) -> int:
    name = f"{tenant.name} {source} {model}"
    with fleet.ledger.reading() as connection:
        cursor = marks.at(connection, marks.FEED, name)
    if first := cursor is None:
        newest = changes.newest(session, model)
        cursor = newest.written_at if newest else NEVER
        _move(fleet, name, cursor)
    found = changes.since(session, model, max(cursor - OVERLAP, NEVER))
    if not found and (newest := changes.newest(session, model)):
        # What stood at the cursor was deleted, or Odoo's clock was put back.
        _move(fleet, name, min(cursor, newest.written_at))
    events = [_event(tenant.name, source, model, each) for each in found]
    with fleet.ledger.reading() as connection:
        unknown = inbox.unknown(connection, tenant.name, source, [e.event_id for e in events])
    new = [event for event in events if event.event_id in unknown][:MOST]
    if new:
        store(fleet, new)
        # Of Odoo's clock, never of ours, and never back.
        _move(fleet, name, max(cursor, new[-1].occurred_at))
    if first:
        # Written before the source was set up, perhaps before any was.
        with fleet.ledger.transaction() as connection:
            inbox.none_missed(connection, tenant.name, source, model)
    return len(new)


def _event(tenant: str, source: str, model: str, change: Written) -> Event:
    return Event(
        tenant=tenant,
        source=source,
        event_id=f"{model},{change.record_id},{change.written_at:%Y-%m-%dT%H:%M:%S.%f}",
        kind=f"{model}.{CHANGED}",
        model=model,
        record_id=change.record_id,
        occurred_at=change.written_at,
    )


def _move(fleet: Fleet, name: str, at: datetime) -> None:
    with fleet.ledger.transaction() as connection:
        marks.leave(connection, marks.FEED, name, at, {})
