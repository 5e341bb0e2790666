"""Drains the outbox in Odoo: kept in the inbox first, then acknowledged, so that none is lost."""

from collections.abc import Sequence
from typing import Final

from odoo_gateway import outbox
from workers.config.tenants import Tenant
from workers.intake.hearing import store
from workers.intake.naming import wrong_name
from workers.ledger.inbox import Event
from workers.wiring import Fleet

BATCH: Final = 500
# Batches at a time: what is left waits for the next one.
ROUNDS: Final = 20


def drain(fleet: Fleet, tenant: Tenant, source: str) -> int:
    """Take what stands in the outbox; returns how many events. Raises OdooError.

    A crash before they are acknowledged brings them again, and each is kept once.
    """
    session = fleet.session(tenant)
    drained = 0
    for _ in range(ROUNDS):
        taken = outbox.take(session, BATCH)
        _keep(fleet, tenant, source, taken)
        outbox.acknowledge(session, [each.number for each in taken])
        drained += len(taken)
        if len(taken) < BATCH:
            break
    return drained


def _keep(fleet: Fleet, tenant: Tenant, source: str, taken: Sequence[outbox.Event]) -> None:
    wrong = {each.event_id: wrong_name(each.kind, each.model, each.record_id) for each in taken}
    events = [
        Event(
            tenant=tenant.name,
            source=source,
            event_id=each.event_id,
            kind=each.kind,
            model=each.model,
            record_id=each.record_id,
            occurred_at=each.occurred,
            detail={"old": dict(each.old), "new": dict(each.new), "user": each.user_id},
        )
        for each in taken
    ]
    if events:
        store(fleet, events, {event_id: why for event_id, why in wrong.items() if why})
