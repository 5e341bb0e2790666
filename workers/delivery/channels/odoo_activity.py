"""An activity in Odoo on each finding's record, for the user whom the message is addressed to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from odoo_gateway.writer import external_id
from workers.config.channel_kinds import ChannelKind
from workers.config.effect_kinds import kinds
from workers.delivery.channels import odoo
from workers.delivery.channels.channel import InOdoo
from workers.ledger.outbox import Message


@dataclass(frozen=True)
class OdooActivity:
    """One activity per finding, step and reader, however often it is delivered."""

    name: ClassVar[str] = "odoo_activity"
    odoo: InOdoo

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send, but an unanswered write is DeliveryFailed: it is looked for first."""
        told = [
            (
                said,
                {
                    "key": external_id(
                        "activity", *odoo.identity(message, said), message.recipient
                    ),
                    "user": message.recipient,
                    "summary": said.title,
                    "note_html": odoo.html(said),
                    "deadline": message.payload.issued_on,
                },
            )
            for said in odoo.said_by(message)
        ]
        odoo.carry_out(self.odoo, message, kinds()["follow_up"], told, about_to_send)


KIND: Final = ChannelKind(
    OdooActivity.name,
    OdooActivity,
    in_odoo=True,
    to_persons=True,
    repeatable=True,
)
