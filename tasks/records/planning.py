"""Reads planned hours per employee: planning slots if there are any, else allocated task hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import Period
from tasks.records.people import Employee


@dataclass(frozen=True)
class PlanningSlot(Record):
    """A dated allocation of Odoo Enterprise's planning."""

    MODEL: ClassVar[str] = "planning.slot"
    MODULE: ClassVar[str] = "planning"
    id: int
    employee_id: int | None
    start_datetime: datetime
    end_datetime: datetime
    allocated_hours: float


@dataclass(frozen=True)
class PlannedTask(Record):
    """A task with hours, people and a deadline."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    allocated_hours: float
    user_ids: tuple[int, ...]
    child_ids: tuple[int, ...]
    create_date: datetime
    date_assign: datetime | None
    date_deadline: datetime | None
    state: str | None = None
    is_template: bool = False


@dataclass(frozen=True)
class Plan:
    """Planned hours by employee in a period and in the weeks ahead, and what they rest on."""

    basis: str
    hours: Mapping[int, float]
    ahead: Mapping[int, float]
    not_verifiable: tuple[NotVerifiable, ...] = ()


def read_plan(odoo: Reader, employees: Sequence[Employee], period: Period, ahead: Period) -> Plan:
    """The hours planned for these employees, by the best source there is."""
    span = period.and_to(ahead)
    if odoo.session.may_read(PlanningSlot.MODEL):
        slots = odoo.search(
            PlanningSlot,
            [
                ("employee_id", "in", [employee.id for employee in employees]),
                ("start_datetime", "<=", f"{span.end} 23:59:59"),
                ("end_datetime", ">=", f"{span.start} 00:00:00"),
            ],
        )
        return Plan("planning slots", of_slots(slots, period), of_slots(slots, ahead))
    tasks = odoo.search(
        PlannedTask, [("project_id", "!=", False), ("date_deadline", ">=", str(span.start))]
    )
    # Who came back has a second record with the same user: the active one is planned.
    ranked = sorted(employees, key=lambda employee: employee.active)
    by_user = {employee.user_id: employee.id for employee in ranked if employee.user_id}
    to_do = [task for task in tasks if task.state != "1_done"]
    return Plan(
        "allocated task hours, spread evenly",
        of_tasks(tasks, by_user, period),
        of_tasks(to_do, by_user, ahead),
        (_NO_TASK_STATE,) if odoo.lacks(PlannedTask, "state") else (),
    )


def of_slots(slots: Iterable[PlanningSlot], period: Period) -> Mapping[int, float]:
    """Each slot's hours, shared out evenly over its days."""
    hours: dict[int, float] = defaultdict(float)
    for slot in slots:
        days = Period(slot.start_datetime.date(), slot.end_datetime.date())
        if slot.employee_id is not None:
            hours[slot.employee_id] += slot.allocated_hours * _share(days, period)
    return hours


def of_tasks(
    tasks: Iterable[PlannedTask], by_user: Mapping[int, int], period: Period
) -> Mapping[int, float]:
    """Each task's hours from its assignment to its deadline, its people sharing them evenly.

    A parent's hours hold those of its subtasks, so only tasks without subtasks count.
    """
    hours: dict[int, float] = defaultdict(float)
    for task in tasks:
        days = _days(task)
        if days is None or task.child_ids or task.is_template or task.state == "1_canceled":
            continue
        for user_id in task.user_ids:
            if user_id in by_user:
                share = _share(days, period) / len(task.user_ids)
                hours[by_user[user_id]] += task.allocated_hours * share
    return hours


def _days(task: PlannedTask) -> Period | None:
    if task.date_deadline is None:
        return None
    last = task.date_deadline.date()
    return Period(min((task.date_assign or task.create_date).date(), last), last)


def _share(days: Period, period: Period) -> float:
    return days.shared_days(period) / days.shared_days(days)


_NO_TASK_STATE = NotVerifiable(
    check="cancelled tasks",
    reason="tasks of Odoo 16 do not say whether they were cancelled or done, so hours planned on "
    "cancelled ones count, and in the weeks ahead those on done ones too",
    remedy="archive such tasks, or set their planned hours to zero",
)
