"""The channel that a message names, ready to send."""

from odoo_gateway.writer import Writer
from workers.delivery.channels.channel import Channel
from workers.delivery.channels.chat import Chat
from workers.delivery.channels.odoo_activity import OdooActivity
from workers.delivery.channels.odoo_note import OdooNote
from workers.delivery.channels.posting import Endpoint
from workers.delivery.channels.webhook import Webhook
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
    if message.channel in (OdooActivity.name, OdooNote.name):
        writer = Writer(fleet.session(tenant), message.company_id)
        return (OdooActivity if message.channel == OdooActivity.name else OdooNote)(writer)
    target = tenant.targets.get(message.channel)
    if target is None:
        raise DeliveryRefused(
            f"the tenant {message.tenant!r} has no channel {message.channel!r} any more: configure "
            f"it again under webhooks, or drop the message: fleet dead drop message-{message.id}"
        )
    endpoint = Endpoint(
        target.settings.kind,
        message.channel,
        target.url,
        fleet.clock,
        fleet.settings.environment.reach,
        target.settings.timeout_seconds,
    )
    return Chat(endpoint) if endpoint.kind == "chat" else Webhook(endpoint, target.secrets)
