"""The sources of a tenant: which there is something to hear of, and what each of them tells."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from odoo_gateway.errors import OdooError, OdooLoginRefused, OdooUnavailable
from workers import outages
from workers.config.sources import SourceKind
from workers.config.tenants import Tenant
from workers.intake import feed, odoo_outbox
from workers.intake.hearing import hear
from workers.ledger import counters, inbox, marks
from workers.wiring import Fleet

log = structlog.get_logger()

# An outbox that is not there, or not ours: Odoo's own log tells of each question about it.
LEFT_ALONE: Final = timedelta(minutes=10)


def tenants_to_hear(fleet: Fleet) -> Sequence[str]:
    """The tenants with an outbox, or with events that wait; but none whose Odoo is away."""
    with fleet.ledger.reading() as connection:
        waiting = {*inbox.tenants_waiting(connection, fleet.clock())}
    return [
        tenant.name
        for tenant in fleet.settings.tenants.values()
        if tenant.name in waiting or tenant.sources_of(SourceKind.OUTBOX)
    ]


def take_up(fleet: Fleet, tenant: Tenant) -> int:
    """Drain the tenant's outbox, and hand on all events that wait; returns how many those were."""
    if not _is_away(fleet, tenant):
        for source in tenant.sources_of(SourceKind.OUTBOX):
            _drain(fleet, tenant, source)
    return hear(fleet, tenant)


def poll(fleet: Fleet, tenant: Tenant) -> int:
    """Look at the tenant's change feed; returns how many records it told of."""
    told = 0
    for source in tenant.sources_of(SourceKind.FEED):
        if _is_away(fleet, tenant):
            break
        try:
            told += feed.poll(fleet, tenant, source)
        except (OdooUnavailable, OdooLoginRefused) as error:
            _suspect(fleet, tenant, error)
    feed.count_missed(fleet, tenant)
    return told


def _drain(fleet: Fleet, tenant: Tenant, source: str) -> None:
    name = f"{tenant.name} {source}"
    with fleet.ledger.reading() as connection:
        until = marks.at(connection, marks.SOURCE, name)
    if until is not None and fleet.clock() < until:
        return
    try:
        odoo_outbox.drain(fleet, tenant, source)
    except (OdooUnavailable, OdooLoginRefused) as error:
        _suspect(fleet, tenant, error)
    except OdooError as error:
        log.error("outbox.unusable", tenant=tenant.name, source=source, message=str(error))
        with fleet.ledger.transaction() as connection:
            until = fleet.clock() + LEFT_ALONE
            marks.leave(connection, marks.SOURCE, name, until, {"error": str(error)})
    with fleet.ledger.transaction() as connection:
        counters.add(connection, fleet.take_calls())


def _is_away(fleet: Fleet, tenant: Tenant) -> bool:
    return outages.standing(fleet, outages.of_odoo(tenant.name)) is not None


def _suspect(fleet: Fleet, tenant: Tenant, error: OdooError) -> None:
    log.warning("source.unavailable", tenant=tenant.name, message=str(error))
    outages.suspect(fleet, tenant, error)
