"""Runs our procedures in Odoo: each looks, locks and writes in one transaction of Odoo's own.

A procedure runs for members of our group alone, on records that they see, and writes with the
rights of Odoo itself. Called twice, or by many at once, it does its work once. Raises OdooRejected
with Odoo's reason where it refuses, OdooUnavailable where nobody knows whether it was done: call it
again, it does no harm; and OdooSchemaDrift where it is not installed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.session import Session

#: The table that tells a user who may not read server actions which of them is what.
DIRECTORY: Final = "x_ops_procedure"
#: The procedure that sets the stage, by the model of the record.
STAGES: Final = {"crm.lead": "stage_lead", "project.task": "stage_task"}


@dataclass(frozen=True)
class PlannedMilestone:
    """A milestone that a new project has: its template's of that name, else one more."""

    name: str
    #: The line that it bills, and its share of it in percent; 0 where it bills nothing.
    line_id: int = 0
    percent: float = 0.0
    deadline: date | None = None


@dataclass(frozen=True)
class PlannedTask:
    """A task that a new project has: its template's of that name, else one more."""

    name: str
    #: The line that its hours are billed to; the project's if 0.
    line_id: int = 0
    #: The template's if 0.
    hours: float = 0.0
    deadline: date | None = None
    #: Whom it is given to; nobody if 0.
    user_id: int = 0


@dataclass(frozen=True)
class PlannedActivity:
    """A to-do on a new project."""

    summary: str
    user_id: int
    deadline: date


@dataclass(frozen=True)
class ProjectPlan:
    """What no template carries over into a new project."""

    #: The line that hours are billed to where a task says nothing else; the order's first if 0.
    line_id: int = 0
    #: Its budget; the template's if 0.
    hours: float = 0.0
    milestones: tuple[PlannedMilestone, ...] = ()
    tasks: tuple[PlannedTask, ...] = ()
    activities: tuple[PlannedActivity, ...] = ()
    #: The lines that it is for, where others of the order have a project of their own; else all.
    lines: tuple[int, ...] = ()
    #: What the name of the project that is looked for holds, of one beside those of the lines.
    named: str = ""
    #: What the name of a project holds that stands beside it, and is not taken for it.
    beside: str = ""
    #: HTML; the template's where empty.
    description: str = ""

    @property
    def told(self) -> Mapping[str, Any]:
        """As the procedure takes it: JSON."""
        return {
            "line": self.line_id,
            "hours": self.hours,
            "milestones": [
                [m.name, m.line_id, m.percent, _written(m.deadline)] for m in self.milestones
            ],
            "tasks": [
                [t.name, t.line_id, t.hours, _written(t.deadline), t.user_id] for t in self.tasks
            ],
            "activities": [[a.summary, a.user_id, _written(a.deadline)] for a in self.activities],
            "lines": list(self.lines),
            "named": self.named,
            "beside": self.beside,
            "description": self.description,
        }


@dataclass(frozen=True)
class ProjectMade:
    """The project of an order."""

    #: By this call; else it was there before.
    created: bool
    project_id: int
    #: The name of who made it, where that was not this call.
    by: str = ""


@dataclass(frozen=True)
class InvoicesDrafted:
    """The drafts of an order."""

    #: By this call; else they were there before, whoever made them.
    created: bool
    move_ids: tuple[int, ...]


@dataclass(frozen=True)
class StageSet:
    """The stage of a record."""

    #: By this call; else it was there before.
    changed: bool
    stage_id: int
    #: The stage before this call, 0 for none: what an undo goes back to.
    was_id: int


NO_PLAN: Final = ProjectPlan()


def create_project(
    session: Session,
    company_id: int,
    order_id: int,
    *,
    template_id: int = 0,
    name: str = "",
    manager_id: int = 0,
    first_day: date | None = None,
    last_day: date | None = None,
    plan: ProjectPlan = NO_PLAN,
) -> ProjectMade:
    """Have a project for a confirmed order of the company.

    One that any line or project links to the order is taken, an archived one too; of a plan for
    some lines, one that is linked to these, or to the order and to none of its lines. Of a plan
    with a name, one whose name holds that. A new one has the order's customer and company, and
    links for re-invoiced expenses; the services that it is for name it. One with a name and without
    lines is not billable. Its
    hours are billed to the line of the plan, those on tasks of a milestone to the milestone's line.
    Without a template it has neither stages nor tasks but those of the plan. A template's own
    length is kept unless both days are given. name: the order's if empty. manager_id: the
    template's if 0. Attachments of a template are not carried over.
    """
    answer = _run(
        session,
        "create_project",
        "sale.order",
        order_id,
        company=company_id,
        template=template_id,
        name=name,
        manager=manager_id,
        start=_written(first_day),
        end=_written(last_day),
        plan=plan.told,
    )
    try:
        by = str(answer.get("by") or "")
        return ProjectMade(_flag(answer["created"]), _id(answer["project_id"]), by)
    except (KeyError, ValueError):
        _nonsense("create_project", answer)


def _written(day: date | None) -> str | bool:
    return day.isoformat() if day else False


def draft_invoice(
    session: Session,
    company_id: int,
    order_id: int,
    *,
    deduct_down_payments: bool = True,
    expected: Mapping[str, Any] | None = None,
) -> InvoicesDrafted:
    """Have a draft invoice for all that Odoo would invoice of a confirmed order of the company.

    A draft of the order that is there already, a credit note too, is taken for it, whatever it
    holds. Refuses where more is invoiced than delivered on any line, or Odoo would make a credit
    note; and where there is nothing to invoice. Never makes a down payment.

    expected: what the order must have to invoice, as when somebody agreed to it (`asked` of an
    ExpectedDraft); refuses where quantities, prices, discounts, taxes, currency, address, VAT
    number or customer reference are others by now, or the draft would come to another amount.
    """
    answer = _run(
        session,
        "draft_invoice",
        "sale.order",
        order_id,
        company=company_id,
        deduct=deduct_down_payments,
        expected=expected or False,
    )
    try:
        made = tuple(_id(number) for number in answer["move_ids"])
        if not made:
            raise ValueError
        return InvoicesDrafted(_flag(answer["created"]), made)
    except (KeyError, TypeError, ValueError):
        _nonsense("draft_invoice", answer)


def discard_drafts(
    session: Session, company_id: int, order_id: int, move_ids: Sequence[int]
) -> tuple[int, ...]:
    """Delete drafts of an order that this user made; those that were there.

    Refuses where one was posted, somebody else wrote on one or its lines, a file hangs on it or a
    person said something about it, or it bills another order, too.
    """
    name = "discard_draft"
    answer = _run(session, name, "sale.order", order_id, company=company_id, moves=list(move_ids))
    try:
        return tuple(_id(number) for number in answer["deleted"])
    except (KeyError, TypeError, ValueError):
        _nonsense(name, answer)


def set_stage(
    session: Session, model: str, record_id: int, stage_id: int, seen: datetime
) -> StageSet:
    """Move a task or lead to a stage, if nobody has changed it since it was looked at.

    model: one of STAGES. seen: its `write_date` then, of which Odoo tells whole seconds. The move
    is tracked and told to followers as anybody's.
    """
    moment = seen.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    name = STAGES[model]
    answer = _run(session, name, model, record_id, stage=stage_id, seen=moment)
    try:
        # Where there was none, Odoo says False.
        was = 0 if answer["was_id"] is False else _id(answer["was_id"])
        return StageSet(_flag(answer["changed"]), _id(answer["stage_id"]), was)
    except (KeyError, ValueError):
        _nonsense(name, answer)


def inventory(session: Session) -> tuple[Mapping[str, Any], Mapping[str, list[str]]]:
    """What stands of ours in this Odoo: pieces by name, and watched fields by model."""
    answer = _run(session, "inventory")
    try:
        pieces = {str(name): dict(piece) for name, piece in answer["pieces"].items()}
        return pieces, {str(name): list(kept) for name, kept in answer["kept"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        _nonsense("inventory", answer)


def _run(
    session: Session, procedure: str, model: str = "", record_id: int = 0, **wanted: object
) -> Mapping[str, Any]:
    """wanted: what the code finds in its context, as `fleet_...`."""
    context: dict[str, object] = {f"fleet_{key}": value for key, value in wanted.items()}
    if model:
        context |= {"active_model": model, "active_id": record_id, "active_ids": [record_id]}
    number = _number(session, procedure)
    answer = session.call("ir.actions.server", "run", [number], context=context)
    if not isinstance(answer, dict):
        _nonsense(procedure, answer)
    return answer


def _number(session: Session, name: str) -> int:
    """Asked anew at each call, for an install may have made the procedure anew."""
    asked = f"{DIRECTORY}.search_read"
    fields = ["x_name", "x_action_id"]
    try:
        answer = session.call(
            DIRECTORY, "search_read", [("x_name", "=", name)], fields, limit=1, load=""
        )
    except OdooSchemaDrift:
        answer = []
    except OdooRejected as error:
        if not error.for_rights:
            raise
        raise OdooRejected(
            "the fleet's user is not in the fleet's group in this Odoo, or not all is there: an "
            "administrator runs `fleet odoo install`"
        ) from error
    for row in answers.rows(answer, asked, ("id", *fields)):
        if row["x_action_id"]:
            return answers.whole(row["x_action_id"], asked)
    raise OdooSchemaDrift(
        f"the procedure {name} is not installed in this Odoo: an administrator runs "
        "`fleet odoo install`"
    )


def _nonsense(name: str, answer: object) -> NoReturn:
    said = repr(answer)
    raise OdooRejected(
        f"the procedure {name} answered {said if len(said) <= 60 else said[:57] + '...'}, which "
        "ours never does: `fleet odoo check` tells what was edited"
    )


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _id(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(value)
    return value
