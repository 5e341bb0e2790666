"""Reads change requests that a firm keeps as tasks, with amounts in properties or own fields."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Properties
from tasks.domain.findings import NotVerifiable
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.execution.change_requests.kept import ChangeRequest, InOdoo
from tasks.execution.change_requests.policy import OWN_FIELD, ChangePolicy, KeptAs
from tasks.execution.change_requests.records import ChangeTask
from tasks.reads.own_fields import with_fields

NO_AMOUNT: Final = Text("amounts of change requests")


def read_tasks(
    odoo: Reader,
    as_of: AsOf,
    policy: ChangePolicy,
    first: date,
    currency: Currency | None,
    projects: Collection[int],
) -> tuple[Sequence[ChangeRequest], tuple[NotVerifiable, ...]]:
    """Tasks that are change requests, and what cannot be told of them.

    Where not all is looked at: those that are, and those of `projects`.
    """
    if policy.kept_as is not KeptAs.TASKS:
        return (), ()
    own = frozenset(n for n in (policy.amount_in, policy.hours_in) if n.startswith(OWN_FIELD))
    record = with_fields(ChangeTask, own, Decimal | None)
    among: Domain = [
        *("|", ("tag_ids", "in", list(policy.task_tags))),
        ("stage_id", "in", [*policy.task_stages, *_stages(policy)]),
    ]
    asked: Domain = [("create_date", ">=", f"{first} 00:00:00"), *among]
    if as_of.only is not None:
        (looked_at,) = as_of.only_ids(ChangeTask.MODEL)
        asked = [*asked, "|", looked_at, ("project_id", "in", sorted(projects))]
    tasks = odoo.search(record, asked)
    gaps = _gaps(odoo, record, tasks, policy)
    return [_request(task, policy, currency) for task in tasks], gaps


def _stages(policy: ChangePolicy) -> Sequence[int]:
    """Those in which a task of `task_stages` ends up."""
    return (
        [*policy.decided_stages, *policy.applied_stages, *policy.refused_stages]
        if policy.task_stages
        else []
    )


def _request(task: ChangeTask, policy: ChangePolicy, currency: Currency | None) -> ChangeRequest:
    amount, hours = (_number(task, name) for name in (policy.amount_in, policy.hours_in))
    known = amount is not None and currency is not None
    return ChangeRequest(
        model=task.MODEL,
        record_id=task.id,
        name=task.name,
        in_odoo=_state(task, policy),
        raised_at=task.create_date,
        since=_since(task),
        raised_by=task.create_uid,
        order_id=None,
        project_id=task.project_id,
        amount=currency.round(amount) if known and currency and amount is not None else None,
        currency=currency if known else None,
        hours=float(hours) if hours is not None else task.allocated_hours or None,
    )


def _since(task: ChangeTask) -> datetime:
    return task.date_last_stage_update or task.create_date


def _state(task: ChangeTask, policy: ChangePolicy) -> InOdoo:
    for state, stages in (
        (InOdoo.DECIDED, policy.decided_stages),
        (InOdoo.APPLIED, policy.applied_stages),
        (InOdoo.REFUSED, policy.refused_stages),
    ):
        if task.stage_id in stages:
            return state
    return InOdoo.RAISED


def _number(task: ChangeTask, name: str) -> Decimal | None:
    if name.startswith(OWN_FIELD):
        found: Decimal | None = getattr(task, name)
        return found
    return (task.task_properties or Properties()).number(name)


def _gaps(
    odoo: Reader, record: type[ChangeTask], tasks: Sequence[ChangeTask], policy: ChangePolicy
) -> tuple[NotVerifiable, ...]:
    name = policy.amount_in
    if not tasks or any(_number(task, name) is not None for task in tasks):
        return ()
    field = name.startswith(OWN_FIELD)
    if field and not odoo.lacks(record, name):
        reason = Text("no task has an amount in the field {field}", field=name)
    elif field:
        reason = Text("tasks show the fleet's user no field {field}", field=name)
    else:
        reason = Text("no task has a number in the property {name}", name=name)
    remedy = Text(
        "set amount_in of the policy of change_requests to what holds the amount of tasks, and "
        "fill it in"
    )
    return (NotVerifiable(NO_AMOUNT, reason, remedy, ("amount", "change_requests_amount")),)
