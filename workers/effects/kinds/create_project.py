"""A project for a confirmed order, from a template or without one."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from pydantic import Field

from odoo_gateway import answers
from odoo_gateway.procedures import calling
from tasks.domain.texts import Text, joined, named, plural
from tasks.domain.written import Id, Written
from workers.config.effect_kinds import EffectKind, Result, Write
from workers.effects.kinds.draft_invoice import of_order


class Milestone(Written):
    """One that it is to have: its template's of that name, else one more."""

    name: str
    line_id: Id | None = Field(None, description="of sale.order.line: what it bills, if anything")
    percent: float = Field(0.0, ge=0, le=100, description="its share of the line")
    deadline: date | None = None


class Task(Written):
    """One that it is to have: its template's of that name, else one more."""

    name: str
    line_id: Id | None = Field(
        None, description="of sale.order.line: what its hours are billed to; the project's if empty"
    )
    hours: float = Field(0.0, ge=0, description="the template's if 0")
    deadline: date | None = None
    user_id: Id | None = Field(None, description="of res.users: whom it is given to")


class Activity(Written):
    """A to-do on it."""

    summary: str
    user_id: Id
    deadline: date


class NewProject(Written):
    """What is known of it beforehand."""

    template_id: Id | None = None
    name: str = Field("", description="the order's if empty")
    manager_id: Id | None = Field(None, description="of res.users; the template's if left out")
    first_day: date | None = None
    last_day: date | None = None
    line_id: Id | None = Field(
        None, description="of sale.order.line: what hours are billed to; the first if left out"
    )
    hours: float = Field(0.0, ge=0, description="its budget; the template's if 0")
    milestones: tuple[Milestone, ...] = ()
    tasks: tuple[Task, ...] = ()
    activities: tuple[Activity, ...] = ()

    @property
    def plan(self) -> calling.ProjectPlan:
        """What no template carries over."""
        return calling.ProjectPlan(
            self.line_id or 0,
            self.hours,
            tuple(
                calling.PlannedMilestone(m.name, m.line_id or 0, m.percent, m.deadline)
                for m in self.milestones
            ),
            tuple(
                calling.PlannedTask(t.name, t.line_id or 0, t.hours, t.deadline, t.user_id or 0)
                for t in self.tasks
            ),
            tuple(
                calling.PlannedActivity(a.summary, a.user_id, a.deadline) for a in self.activities
            ),
        )


def _preview(values: NewProject) -> Text:
    made = (
        Text("a project of the order, without a template")
        if values.template_id is None
        else Text("a project of the order, from the template {number}", number=values.template_id)
    )
    return joined([made, *_parts(values)], "; ")


def _parts(values: NewProject) -> Iterator[Text]:
    """What it is planned with, as far as it is."""
    if values.first_day and values.last_day:
        yield Text(
            "from {first_day} to {last_day}", first_day=values.first_day, last_day=values.last_day
        )
    if values.hours:
        yield Text("{hours} hours", hours=values.hours)
    if found := values.milestones:
        names = tuple(
            Text("{name} ({percent} %)", name=each.name, percent=each.percent)
            if each.line_id
            else named(each.name)
            for each in found
        )
        yield plural(
            "{count} milestone: {names}",
            "{count} milestones: {names}",
            count=len(found),
            names=names,
        )
    if found_tasks := values.tasks:
        yield plural("{count} task", "{count} tasks", count=len(found_tasks))
    if todos := values.activities:
        yield plural("{count} to-do", "{count} to-dos", count=len(todos))


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
        plan=values.plan,
    )
    result: Result = {"project_id": made.project_id, "created": made.created}
    return {**result, "by": made.by} if made.by else result


KIND: Final = EffectKind(
    "create_project",
    NewProject,
    _preview,
    _find,
    _apply,
    changes=("project.project", "project.task", "project.milestone"),
)
