"""The channel that a message names, ready to send."""

from functools import partial
from typing import cast

from workers.delivery.channels.channel import Channel, InOdoo, Server
from workers.delivery.channels.posting import Endpoint
from workers.effects import executor
from workers.errors import DeliveryRefused
from workers.ledger.outbox import Message
from workers.wiring import Fleet


def channel_of(fleet: Fleet, message: Message) -> Channel:
    """Any channel but mail, which has conversations of its own.

    Raises DeliveryRefused when the tenant or the channel is not configured any more.
    """
    tenant = fleet.settings.tenants.get(message.tenant)
    if tenant is None:
        raise DeliveryRefused(f"the tenant {message.tenant!r} is not configured any more")
    kind = tenant.channel_kind(message.channel)
    if kind is None:
        raise DeliveryRefused(
            f"the tenant {message.tenant!r} has no channel {message.channel!r} any more: configure "
            f"it again under webhooks, or drop the message: fleet dead drop message-{message.id}"
        )
    if kind.in_odoo:
        return cast("Channel", kind.open(InOdoo(partial(executor.carry_out, fleet))))
    target = tenant.targets[message.channel]
    endpoint = Endpoint(
        kind.name,
        message.channel,
        target.url,
        fleet.clock,
        fleet.settings.environment.reach,
        target.settings.timeout_seconds,
    )
    return cast("Channel", kind.open(Server(endpoint, target.secrets)))
