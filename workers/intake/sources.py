"""The sources of a tenant: which there is something to hear of, and what each of them tells."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from odoo_gateway.errors import OdooError, OdooLoginRefused, OdooUnavailable
from workers import outages
from workers.config.sources import OF_ODOO, SourceKind
from workers.config.tenants import Tenant
from workers.intake import feed, odoo_outbox
from workers.intake.hearing import hear
from workers.ledger import counters, inbox, marks
from workers.wiring import Fleet

log = structlog.get_logger()

# The feed as it checks Odoo's own webhooks where they are the only source: Odoo sends each once. No
# configured source can have the name.
CHECK: Final = "hourly-check"
CHECKED_EVERY: Final = timedelta(hours=1)
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


def feeds(tenant: Tenant) -> Sequence[str]:
    """The tenant's feeds; the hourly check where nothing but Odoo's own webhooks tells of Odoo."""
    of_odoo = {*tenant.sources_of(*OF_ODOO)}
    alone = bool(of_odoo) and of_odoo == {*tenant.sources_of(SourceKind.ODOO_WEBHOOK)}
    return [CHECK] if alone else tenant.sources_of(SourceKind.FEED)


def take_up(fleet: Fleet, tenant: Tenant) -> int:
    """Drain the tenant's outbox, and hand on all events that wait; returns how many those were."""
    if not _is_away(fleet, tenant):
        for source in tenant.sources_of(SourceKind.OUTBOX):
            _drain(fleet, tenant, source)
    return hear(fleet, tenant)


def poll(fleet: Fleet, tenant: Tenant) -> int:
    """Look at the tenant's feeds where it is time; returns how many records they told of.

    What only they told of is counted as missed by the tenant's other sources.
    """
    told = 0
    for source in feeds(tenant):
        if _is_away(fleet, tenant):
            break
        if source == CHECK and not _check_is_due(fleet, tenant):
            continue
        try:
            new = feed.poll(fleet, tenant, source)
        except (OdooUnavailable, OdooLoginRefused) as error:
            _suspect(fleet, tenant, error)
            continue
        told += new
        # A flood is told by the next looks, a minute later.
        if source == CHECK and new < feed.MOST:
            _checked(fleet, tenant)
    feed.count_missed(fleet, tenant, feeds(tenant))
    return told


def _check_is_due(fleet: Fleet, tenant: Tenant) -> bool:
    with fleet.ledger.reading() as connection:
        checked = marks.at(connection, marks.SOURCE, f"{tenant.name} {CHECK}")
    return checked is None or fleet.clock() >= checked + CHECKED_EVERY


def _checked(fleet: Fleet, tenant: Tenant) -> None:
    with fleet.ledger.transaction() as connection:
        marks.leave(connection, marks.SOURCE, f"{tenant.name} {CHECK}", fleet.clock(), {})


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
