"""A change request that was agreed to: whoever is to apply it gets an activity on its record.

Nothing is confirmed and no line is added: that is a person's to do, whom the activity tells.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import Field

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected
from odoo_gateway.records import Properties
from odoo_gateway.writer import Writer, external_id
from tasks.domain.texts import Money, Text
from tasks.domain.written import Written
from workers.config.effect_kinds import EffectKind, Result, Write

# Where the amount is a property, what stands before its name.
PROPERTIES: Final = "task_properties"


class ChangeRequest(Written):
    """What was asked for, and who is to apply it."""

    user: str = Field(description="the login or address of who is to apply it")
    summary: str = Field(description="what the activity says")
    change: str = Field(description="the change request's name, for people")
    amount: Decimal | None = Field(None, description="untaxed, as it was decided")
    currency: str | None = None
    hours: float | None = None
    deadline: date
    amount_in: str = Field(
        "", description="the field that holds the amount, or task_properties:NAME; empty for none"
    )


def _key(write: Write) -> str:
    identity = write.tenant, write.model, write.record_id, write.identity
    return external_id("change_request", *identity)


def _preview(values: ChangeRequest) -> Text:
    told: dict[str, Any] = {
        "change": values.change,
        "person": values.user,
        "day": values.deadline,
    }
    if values.amount is None:
        return Text("the change request {change}, to be applied by {person} until {day}", **told)
    return Text(
        "the change request {change} over {amount}, to be applied by {person} until {day}",
        **told,
        amount=Money(values.amount, values.currency or ""),
    )


def _find(write: Write) -> Result | None:
    writer = Writer(write.session, write.company_id)
    found = writer.find_activity(_key(write), write.model, write.record_id)
    return None if found is None else {"activity_id": found}


def _apply(write: Write) -> Result:
    writer, values = Writer(write.session, write.company_id), write.values
    _check(write)
    number = writer.activity(
        _key(write),
        write.model,
        write.record_id,
        writer.user(values.user),
        values.summary,
        "",
        values.deadline,
    )
    return {"activity_id": number}


def _check(write: Write) -> None:
    """Raises OdooRejected where the record does not say any more what was decided."""
    values = write.values
    field, _, name = values.amount_in.partition(":")
    model, asked = write.model, [field or "id"]
    domain, context = [("id", "=", write.record_id)], {"active_test": False}
    answer = write.session.call(model, "search_read", domain, asked, load="", context=context)
    rows = answers.rows(answer, f"{model}.search_read", ("id", *asked))
    if not rows:
        raise OdooRejected(f"there is no {model} {write.record_id}, or none for this user")
    if not field:
        return
    found = _amount(rows[0], field, name)
    if found is None or round(found, 2) != round(values.amount, 2):
        raise OdooRejected(
            f"{values.change} was changed since it was asked for: it is over {found}, and "
            f"{values.amount} was agreed to. The fleet asks anew for what it says now"
        )


def _amount(row: Mapping[str, Any], field: str, name: str) -> Decimal | None:
    if field != PROPERTIES:
        value = row[field]
        return None if isinstance(value, bool) else Decimal(str(value))
    return Properties.of(row[field]).number(name)


def _undo(write: Write, result: Result) -> None:
    Writer(write.session, write.company_id).remove("mail.activity", result["activity_id"])


KIND: Final = EffectKind("change_request", ChangeRequest, _preview, _find, _apply, _undo)
