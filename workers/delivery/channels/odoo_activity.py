"""An activity in Odoo on each finding's record, for the user whom the message is addressed to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from odoo_gateway.writer import Writer, external_id
from workers.config.channel_kinds import ChannelKind
from workers.delivery.channels import odoo
from workers.ledger.outbox import Message


@dataclass(frozen=True)
class OdooActivity:
    """One activity per finding, step and reader, however often it is delivered."""

    name: ClassVar[str] = "odoo_activity"
    writer: Writer

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send, but an unanswered write is DeliveryFailed: writing again is safe."""
        told = odoo.said_by(message)
        with odoo.answering():
            user_id = self.writer.user(message.recipient)
            about_to_send()
            for said in told:
                self.writer.activity(
                    external_id("activity", *odoo.identity(message, said), message.recipient),
                    said.model,
                    said.record_id,
                    user_id,
                    said.title,
                    odoo.html(said),
                    date.fromisoformat(message.payload.issued_on),
                )


KIND: Final = ChannelKind(
    OdooActivity.name,
    lambda opened: OdooActivity(opened.writer),
    in_odoo=True,
    to_persons=True,
    repeatable=True,
)
