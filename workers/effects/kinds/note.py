"""An internal note on a record, for whoever opens it."""

from typing import Final

from pydantic import Field

from odoo_gateway.writer import Writer, external_id
from tasks.domain.texts import Text
from tasks.domain.written import Written
from workers.config.effect_kinds import EffectKind, Result, Write

# The part of a Message-ID behind its @: notes are no mails, and need no domain of ours.
DOMAIN: Final = "fleet.invalid"


class Note(Written):
    """What it says."""

    title: str
    body_html: str = Field(description="HTML, with all that is not ours escaped")
    key: str = Field("", description="its external id in Odoo; made of the effect's own if empty")
    domain: str = Field(DOMAIN, description="of its Message-ID")


def _key(write: Write) -> str:
    made = external_id("effect_note", write.tenant, write.model, write.record_id, write.identity)
    return write.values.key or made


def _message_id(write: Write) -> str:
    return f"<{_key(write)}@{write.values.domain}>"


def _preview(values: Note) -> Text:
    return Text("an internal note: {title}", title=values.title)


def _find(write: Write) -> Result | None:
    found = Writer(write.session, write.company_id).find_note(_message_id(write))
    return None if found is None else {"message_id": found}


def _apply(write: Write) -> Result:
    writer = Writer(write.session, write.company_id)
    body, identity = write.values.body_html, _message_id(write)
    return {"message_id": writer.note(_key(write), identity, write.model, write.record_id, body)}


def _undo(write: Write, result: Result) -> None:
    Writer(write.session, write.company_id).remove("mail.message", result["message_id"])


KIND: Final = EffectKind("note", Note, _preview, _find, _apply, _undo, low_risk=True)
