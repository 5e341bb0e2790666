"""The signed webhook, by the Standard Webhooks specification (version v1, symmetric keys).

The id is the message's own and stays the same over retries, so a receiver can tell a repetition.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from workers.delivery.posting import TIMEOUT_SECONDS, post
from workers.ledger.outbox import Message

PREFIX: Final = "whsec_"
# The specification's bounds of a key.
KEY_BYTES: Final = range(24, 65)
# Who is told and how, which a program has no use for.
FOR_MAILS: Final = frozenset({"template", "brand", "why", "language", "shape"})


@dataclass(frozen=True)
class Webhook:
    """One target. `secrets`: several while a receiver changes from one to the next."""

    name: str
    url: str = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    clock: Callable[[], datetime]
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send."""
        now = self.clock()
        body = json.dumps(event(message, now), ensure_ascii=False).encode()
        stamp, identity = str(int(now.timestamp())), id_of(message)
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(
                sign(secret, identity, stamp, body) for secret in self.secrets
            ),
            "x-fleet-trace": message.trace_id,
        }
        target = f"the webhook {self.name}"
        post(target, self.url, body, headers, about_to_send, self.clock, self.timeout_seconds)


def id_of(message: Message) -> str:
    """The digest in the message's id: the specification allows no dots, so no domain."""
    return "msg_" + message.message_id.strip("<>").partition("@")[0]


def event(message: Message, now: datetime) -> Mapping[str, Any]:
    """The body: what happened, when it is told, and what the message says."""
    said = {key: value for key, value in message.payload.items() if key not in FOR_MAILS}
    return {
        "type": f"fleet.{message.job}.{message.step}",
        "timestamp": now.isoformat(),
        "data": {
            "job": message.job,
            "tenant": message.tenant,
            "company_id": message.company_id,
            "recipient": message.recipient,
            "period": message.period,
            "step": message.step,
            "trace_id": message.trace_id,
            **said,
        },
    }


def sign(secret: str, identity: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC-SHA256 of id, seconds and body. ValueError: see key_of."""
    signed = b".".join([identity.encode(), stamp.encode(), body])
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def key_of(secret: str) -> bytes:
    """The key in `whsec_...`. Raises ValueError, saying how to make one."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(f"is no webhook secret; make one: echo {PREFIX}$(openssl rand -base64 32)")
    return key
