"""An event as a source tells it, and what of it a test changes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workers.ledger.inbox import Event

EVENT = Event(
    tenant="acme",
    source="outbox",
    event_id="event-1",
    kind="hr.expense.changed",
    model="hr.expense",
    record_id=7,
    occurred_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    trace_id="trace-1",
)


def event(number: int, **changes: Any) -> Event:
    """EVENT under a number of its own, changed."""
    return replace(EVENT, event_id=f"event-{number}", **changes)
