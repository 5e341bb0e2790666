"""A message of the outbox as a run queues it, and what of it a test changes."""

from datetime import UTC, datetime
from typing import Any

from tasks.declaration import Delivery
from tests.fakes.sections import PERSON, order
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def finding(**changed: Any) -> dict[str, Any]:
    """An order that cannot be invoiced, as payloads list it for a person."""
    said = order(1, "Harbor Mutual", "blocked", "1200.00", key="order-1")
    return {**said, "page": said["url"], "advice": said["remedy"], "note": "", **changed}


def message(*findings: dict[str, Any], **changed: Any) -> Message:
    """One for Dirk Maes about these findings, or about one order."""
    payload = {
        **PERSON,
        "rule": "invoice_readiness",
        "findings": list(findings) or [finding()],
    }
    values: dict[str, Any] = {
        "id": 7,
        "job": "invoice_readiness",
        "tenant": "firm",
        "company_id": 1,
        "subject": "order-1",
        "period": "2026-11-23",
        "recipient": "dirk.maes@nordwind.example",
        "step": "opened",
        "channel": "email",
        "guarantee": Delivery.AT_MOST_ONCE,
        "stored": payload,
        "finding_keys": ("order-1",),
        "message_id": "<0123456789abcdef@firm.example>",
        "status": MessageStatus.CLAIMED,
        "attempts": 1,
        "token": "token",
        "lease_until": None,
        "next_attempt_at": NOW,
        "error_class": None,
        "error": None,
        "created_at": NOW,
        "sent_at": None,
        "run_id": 3,
        "trace_id": "trace-1",
    }
    known = {name: None for name in Message.__dataclass_fields__ if name not in values}
    return Message(**{**known, **values, **changed})
