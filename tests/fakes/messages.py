"""A message of the outbox as a run queues it, and what of it a test changes."""

from datetime import UTC, datetime
from typing import Any

from tasks.declaration import Delivery
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def finding(**changed: Any) -> dict[str, Any]:
    """An order that cannot be invoiced, as payloads list it."""
    return {
        "key": "order-1",
        "severity": "warning",
        "title": "S00001 Harbor Mutual",
        "reason": "the milestone is not reached",
        "remedy": "mark it reached",
        "owner": "Anna Kern",
        "model": "sale.order",
        "record_id": 1,
        "url": "https://odoo.example/odoo/sale.order/1",
        "page": "https://odoo.example/odoo/sale.order/1",
        "advice": "mark it reached",
        "note": "",
        "amount": "1200.00",
        "currency": "EUR",
        "since": "2026-11-02",
        **changed,
    }


def message(*findings: dict[str, Any], **changed: Any) -> Message:
    """One for Dirk Maes about these findings, or about one order."""
    payload = {
        "template": "person",
        "title": "Invoice readiness",
        "why": "Work that is done and not billed is money lent.",
        "rule": "invoice_readiness",
        "company": "Nordwind <Consulting>",
        "at": NOW.isoformat(),
        "issued_on": "2026-11-23",
        "zone": "Europe/Brussels",
        "language": "en",
        "shape": "person",
        "brand": {"name": "Nordwind", "colour": "#1f5fa8", "logo": ""},
        "policy": [],
        "name": "Dirk Maes",
        "step": "opened",
        "others": False,
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
        "payload": payload,
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
