"""A project for a confirmed order, from a template or without one."""

from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Any, Final

from pydantic import Field

from odoo_gateway import answers
from odoo_gateway.procedures import calling
from tasks.domain.order_projects import OfOrder, Sought
from tasks.domain.texts import Text, joined, named, plural
from tasks.domain.written import Id, Written
from tasks.records.sales import LinkedProject
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
    lines: tuple[Id, ...] = Field(
        (), description="of sale.order.line: those that it is for; all if empty"
    )
    named: str = Field("", description="what its name holds, of one beside those of the lines")
    beside: str = Field("", description="what the name of one beside it holds")
    levels: tuple[str, ...] = Field((), description="what is promised, one sentence each")

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
            self.lines,
            self.named,
            self.beside,
            "".join(f"<p>{escape(each)}</p>" for each in self.levels),
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
    if values.named:
        yield Text("for {name}", name=values.named)
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
    order, values, session = of_order(write), write.values, write.session
    context = {"active_test": False}
    lines = answers.rows(
        session.call(
            *("sale.order.line", "search_read", [("order_id", "=", order)], ["project_id"]),
            load="",
            order="id",
            context=context,
        ),
        "sale.order.line.search_read",
        ("id", "project_id"),
    )
    of_lines = {int(row["id"]): int(row["project_id"]) or None for row in lines}
    domain: list[Any] = ["|", ("sale_line_id.order_id", "=", order)]
    domain.append(("id", "in", sorted({*filter(None, of_lines.values())})))
    if "reinvoiced_sale_order_id" not in session.layout(LinkedProject).absent:
        domain = ["|", ("reinvoiced_sale_order_id", "=", order), *domain]
    found = answers.rows(
        session.call(
            *("project.project", "search_read", domain, ["name", "sale_line_id"]),
            load="",
            order="id",
            context=context,
        ),
        "project.project.search_read",
        ("id", "name", "sale_line_id"),
    )
    projects = [
        OfOrder(int(row["id"]), str(row["name"]), int(row["sale_line_id"]) or None) for row in found
    ]
    sought = Sought(values.lines, values.named, values.beside)
    project = sought.among(projects, of_lines)
    return None if project is None else {"project_id": project.id}


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
