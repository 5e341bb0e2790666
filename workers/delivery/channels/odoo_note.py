"""An internal note in Odoo on each finding's record, for whoever opens it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from markupsafe import Markup

from odoo_gateway.writer import Writer, external_id
from workers.config.channel_kinds import ChannelKind
from workers.delivery.channels import odoo
from workers.ledger.outbox import Message


@dataclass(frozen=True)
class OdooNote:
    """One note per finding and step, whoever and however many the message is for."""

    name: ClassVar[str] = "odoo_note"
    writer: Writer

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """As Channel.send, but an unanswered write is DeliveryFailed: writing again is safe."""
        told = odoo.said_by(message)
        about_to_send()
        domain = message.message_id.strip("<>").partition("@")[2]
        with odoo.answering():
            for said in told:
                name = external_id("note", *odoo.identity(message, said))
                title = Markup("<p><b>{}</b></p>").format(said.title)
                self.writer.note(
                    name,
                    f"<{name}@{domain}>",
                    said.model,
                    said.record_id,
                    str(title) + odoo.html(said),
                )


KIND: Final = ChannelKind(
    OdooNote.name,
    lambda opened: OdooNote(opened.writer),
    in_odoo=True,
    to_persons=True,
    repeatable=True,
)
