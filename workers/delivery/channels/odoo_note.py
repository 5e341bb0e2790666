"""An internal note in Odoo on each finding's record, for whoever opens it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from markupsafe import Markup

from odoo_gateway.writer import external_id
from workers.config.channel_kinds import ChannelKind
from workers.config.effect_kinds import kinds
from workers.delivery.channels import odoo
from workers.delivery.channels.channel import InOdoo
from workers.ledger.outbox import Message


@dataclass(frozen=True)
class OdooNote:
    """One note per finding and step, whoever and however many the message is for."""

    name: ClassVar[str] = "odoo_note"
    odoo: InOdoo

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send, but an unanswered write is DeliveryFailed: it is looked for first."""
        domain = message.message_id.strip("<>").partition("@")[2]
        told = [
            (
                said,
                {
                    "key": external_id("note", *odoo.identity(message, said)),
                    "domain": domain,
                    "title": said.title,
                    "body_html": str(Markup("<p><b>{}</b></p>").format(said.title))
                    + odoo.html(said),
                },
            )
            for said in odoo.said_by(message)
        ]
        odoo.carry_out(self.odoo, message, kinds()["note"], told, about_to_send)


KIND: Final = ChannelKind(
    OdooNote.name,
    OdooNote,
    in_odoo=True,
    to_persons=True,
    repeatable=True,
)
