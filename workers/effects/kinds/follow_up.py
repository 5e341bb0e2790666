"""An activity for a person on a record: somebody looks at it until a day."""

from datetime import date
from typing import Final

from pydantic import Field

from odoo_gateway.writer import Writer, external_id
from tasks.domain.texts import Text
from tasks.domain.written import Written
from workers.config.effect_kinds import EffectKind, Result, Write


class FollowUp(Written):
    """What it says, whom, and until when."""

    user: str = Field(description="the login or address of who is to look at it")
    summary: str
    note_html: str = ""
    deadline: date
    key: str = Field("", description="its external id in Odoo; made of the effect's own if empty")


def _key(write: Write) -> str:
    made = external_id("follow_up", write.tenant, write.model, write.record_id, write.identity)
    return write.values.key or made


def _preview(values: FollowUp) -> Text:
    return Text(
        "an activity for {person} until {day}: {summary}",
        person=values.user,
        day=values.deadline,
        summary=values.summary,
    )


def _find(write: Write) -> Result | None:
    writer = Writer(write.session, write.company_id)
    found = writer.find_activity(_key(write), write.model, write.record_id)
    return None if found is None else {"activity_id": found}


def _apply(write: Write) -> Result:
    writer, values = Writer(write.session, write.company_id), write.values
    number = writer.activity(
        _key(write),
        write.model,
        write.record_id,
        writer.user(values.user),
        values.summary,
        values.note_html,
        values.deadline,
    )
    return {"activity_id": number}


def _undo(write: Write, result: Result) -> None:
    Writer(write.session, write.company_id).remove("mail.activity", result["activity_id"])


KIND: Final = EffectKind("follow_up", FollowUp, _preview, _find, _apply, _undo, low_risk=True)
