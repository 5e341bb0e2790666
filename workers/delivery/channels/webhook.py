"""The signed webhook, by the Standard Webhooks specification.

The id is the message's own and stays the same over retries, so a receiver can tell a repetition.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from workers.config.channel_kinds import ChannelKind
from workers.config.signing import sign
from workers.delivery.channels.posting import Endpoint
from workers.ledger import payloads
from workers.ledger.outbox import Message

# Who is told and how, which a program has no use for.
FOR_MAILS: Final = frozenset({"template", "brand", "why", "language", "shape", "first_step"})


@dataclass(frozen=True)
class Webhook:
    """One target."""

    endpoint: Endpoint
    #: Several while a receiver changes from one to the next.
    secrets: Sequence[str] = field(repr=False)

    @property
    def name(self) -> str:
        """As Channel.name."""
        return self.endpoint.name

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send."""
        now = self.endpoint.clock()
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
        self.endpoint.post(body, headers, about_to_send)


KIND: Final = ChannelKind(
    "webhook", lambda server: Webhook(server.endpoint, server.secrets), signed=True
)


def id_of(message: Message) -> str:
    """The digest in the message's id: the specification allows no dots, so no domain."""
    return "msg_" + message.message_id.strip("<>").partition("@")[0]


def event(message: Message, now: datetime) -> Mapping[str, Any]:
    """The body: what happened, when it is told, and what the message says."""
    told = payloads.written(message.payload)
    said = {key: value for key, value in told.items() if key not in FOR_MAILS}
    return {
        "type": f"fleet.{message.job}.{message.told_step}",
        "timestamp": now.isoformat(),
        "data": {
            "job": message.job,
            "tenant": message.tenant,
            "company_id": message.company_id,
            "recipient": message.recipient,
            "period": message.period,
            "step": message.told_step,
            "trace_id": message.trace_id,
            **said,
        },
    }
