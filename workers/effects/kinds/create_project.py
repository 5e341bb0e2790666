"""A project for a confirmed order, from a template or without one."""

from datetime import date
from typing import Final

from pydantic import Field

from odoo_gateway import answers
from odoo_gateway.procedures import calling
from tasks.domain.texts import Text
from tasks.domain.written import Id, Written
from workers.config.effect_kinds import EffectKind, Result, Write
from workers.effects.kinds.draft_invoice import of_order


class NewProject(Written):
    """What is known of it beforehand."""

    template_id: Id | None = None
    name: str = Field("", description="the order's if empty")
    manager_id: Id | None = Field(None, description="of res.users; the template's if left out")
    first_day: date | None = None
    last_day: date | None = None


def _preview(values: NewProject) -> Text:
    if values.template_id is None:
        return Text("a project of the order, without a template")
    return Text("a project of the order, from the template {number}", number=values.template_id)


def _find(write: Write) -> Result | None:
    order = of_order(write)
    of_line = [("sale_line_id.order_id", "=", order)]
    for model, domain, field in (
        ("project.project", of_line, "id"),
        ("sale.order.line", [("order_id", "=", order), ("project_id", "!=", False)], "project_id"),
    ):
        context = {"active_test": False}
        answer = write.session.call(
            model, "search_read", domain, [field], load="", limit=1, order="id", context=context
        )
        for row in answers.rows(answer, f"{model}.search_read", (field,)):
            return {"project_id": int(row[field])}
    return None


def _apply(write: Write) -> Result:
    values: NewProject = write.values
    made = calling.create_project(
        write.session,
        write.company_id,
        of_order(write),
        template_id=values.template_id or 0,
        name=values.name,
        manager_id=values.manager_id or 0,
        first_day=values.first_day,
        last_day=values.last_day,
    )
    return {"project_id": made.project_id, "created": made.created}


KIND: Final = EffectKind(
    "create_project",
    NewProject,
    _preview,
    _find,
    _apply,
    changes=("project.project", "project.task", "project.milestone"),
)
