"""A task or lead to another stage, unless somebody has changed it since it was looked at."""

from datetime import UTC, datetime
from typing import Any, Final

from pydantic import AwareDatetime, Field

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures import calling
from tasks.domain.texts import Text
from tasks.domain.written import Id, Written
from workers.config.effect_kinds import EffectKind, Result, Write


class Stage(Written):
    """Which, and from what it was proposed."""

    stage_id: Id
    stage: str = Field(description="its name, for people")
    seen: AwareDatetime = Field(description="write_date of the record when it was looked at")


def _preview(values: Stage) -> Text:
    return Text("the stage {stage}", stage=values.stage)


def _find(write: Write) -> Result | None:
    stage_id, _ = _now(write)
    return {"stage_id": stage_id} if stage_id == write.values.stage_id else None


def _apply(write: Write) -> Result:
    made = calling.set_stage(
        write.session, _model(write), write.record_id, write.values.stage_id, write.values.seen
    )
    return {"stage_id": made.stage_id, "was_id": made.was_id if made.changed else 0}


def _undo(write: Write, result: Result) -> None:
    """Back to where it was, if it is still where it was put."""
    stage_id, changed = _now(write)
    if not result.get("was_id") or stage_id != write.values.stage_id:
        raise OdooRejected("the stage was changed since, or what it was before is not known")
    calling.set_stage(write.session, _model(write), write.record_id, result["was_id"], changed)


def _now(write: Write) -> tuple[int, datetime]:
    """The stage, and when the record was changed last."""
    model, fields = _model(write), ["stage_id", "write_date"]
    domain, context = [("id", "=", write.record_id)], {"active_test": False}
    answer = write.session.call(model, "search_read", domain, fields, load="", context=context)
    found: Any = answers.rows(answer, f"{model}.search_read", ("id", *fields))
    if not found:
        raise OdooRejected(f"there is no {model} {write.record_id}, or none for this user")
    changed = datetime.strptime(found[0]["write_date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return int(found[0]["stage_id"] or 0), changed


def _model(write: Write) -> str:
    if write.model not in calling.STAGES:
        known = ", ".join(calling.STAGES)
        raise OdooRejected(f"stages are set of {known}, and not of {write.model}")
    return write.model


KIND: Final = EffectKind(
    "stage", Stage, _preview, _find, _apply, _undo, changes=tuple(calling.STAGES)
)
