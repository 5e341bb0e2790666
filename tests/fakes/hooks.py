"""Posts as senders sign them, and the configuration of who may."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.fakes.fleets import FILE
from workers.config.signing import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=="
PATH_SECRET = "f" * 40
SOURCES = f"""{FILE}
[tenants.firm.sources]
n8n.kind = "signed_webhook"
odoo.kind = "odoo_webhook"
"""
ENVIRON = {"FLEET_FIRM_IN_N8N_SECRET": SECRET, "FLEET_FIRM_IN_ODOO_SECRET": PATH_SECRET}


def told(
    model: str = "hr.expense", record_id: object = 7, kind: str = "hr.expense.changed"
) -> bytes:
    """The body of a signed post."""
    return json.dumps({"type": kind, "data": {"model": model, "id": record_id}}).encode()


def signed(
    body: bytes, at: datetime, identity: str = "msg_1", secret: str = SECRET
) -> dict[str, str]:
    """The headers that the specification asks for."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(secret, identity, stamp, body),
    }


def hint(**values: Any) -> Mapping[str, Any]:
    """What Odoo's own webhook sends."""
    return {"_action": "hook(#595)", "_id": 7, "_model": "hr.expense", "id": 7, **values}
