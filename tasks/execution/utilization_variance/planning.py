"""Reads planned hours per employee: planning slots if there are any, else allocated task hours.

Days are those of the company's zone. Who has records in several companies is planned once: a task's
hours are those of the record of the task's company, and of who has none there, or where the task is
of no company, those of the first record that is active.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import Period
from tasks.domain.texts import Text
from tasks.records.people import Employee

# On each side of what is asked of Odoo, in UTC: it covers every time zone.
SLACK: Final = timedelta(days=1)


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
    company_id: int | None = None
    state: str | None = None
    is_template: bool = False


@dataclass(frozen=True)
class Plan:
    """Planned hours by employee in a period and in the weeks ahead, and what they rest on."""

    basis: Text
    hours: Mapping[int, float]
    ahead: Mapping[int, float]
    not_verifiable: tuple[NotVerifiable, ...] = ()


def read_plan(
    odoo: Reader, employees: Sequence[Employee], period: Period, ahead: Period, zone: ZoneInfo
) -> Plan:
    """The hours planned for these employees, by the best source there is."""
    span = period.and_to(ahead)
    if odoo.session.may_read(PlanningSlot.MODEL):
        slots = odoo.search(
            PlanningSlot,
            [
                ("employee_id", "in", [employee.id for employee in employees]),
                ("start_datetime", "<=", f"{span.end + SLACK} 23:59:59"),
                ("end_datetime", ">=", f"{span.start - SLACK} 00:00:00"),
            ],
            all_companies=True,
        )
        return Plan(
            Text("planning slots"), of_slots(slots, period, zone), of_slots(slots, ahead, zone)
        )
    by_user = _records(odoo, employees)
    tasks = odoo.search(
        PlannedTask,
        [
            ("project_id", "!=", False),
            ("date_deadline", ">=", str(span.start - SLACK)),
            # Those of other companies' people are theirs to plan.
            ("user_ids", "in", sorted(by_user)),
        ],
        all_companies=True,
    )
    if odoo.lacks(PlannedTask, "state"):
        # Deadlines of Odoo 16 are days, in whatever zone.
        tasks = tuple(_until_day(task, zone) for task in tasks)
    to_do = [task for task in tasks if task.state != "1_done"]
    return Plan(
        Text("allocated task hours, spread evenly"),
        of_tasks(tasks, by_user, period, zone),
        of_tasks(to_do, by_user, ahead, zone),
        (_NO_TASK_STATE,) if odoo.lacks(PlannedTask, "state") else (),
    )


def _records(odoo: Reader, employees: Sequence[Employee]) -> Mapping[int, Sequence[Employee]]:
    """The employees of each user, those of other companies too, the active and first ones first."""
    users = sorted({employee.user_id for employee in employees if employee.user_id})
    elsewhere = odoo.search(
        Employee,
        [("user_id", "in", users), ("company_id", "!=", odoo.company_id)],
        archived=True,
        all_companies=True,
    )
    by_user: dict[int, list[Employee]] = defaultdict(list)
    for each in sorted((*employees, *elsewhere), key=lambda each: (not each.active, each.id)):
        if each.user_id:
            by_user[each.user_id].append(each)
    return by_user


def _until_day(task: PlannedTask, zone: ZoneInfo) -> PlannedTask:
    last = task.date_deadline
    return replace(task, date_deadline=last and last.replace(tzinfo=zone))


def of_slots(slots: Iterable[PlanningSlot], period: Period, zone: ZoneInfo) -> Mapping[int, float]:
    """Each slot's hours, shared out evenly over its days."""
    hours: dict[int, float] = defaultdict(float)
    for slot in slots:
        days = Period(_day(slot.start_datetime, zone), _day(slot.end_datetime, zone))
        if slot.employee_id is not None:
            hours[slot.employee_id] += slot.allocated_hours * _share(days, period)
    return hours


def of_tasks(
    tasks: Iterable[PlannedTask],
    by_user: Mapping[int, Sequence[Employee]],
    period: Period,
    zone: ZoneInfo,
) -> Mapping[int, float]:
    """Each task's hours from its assignment to its deadline, its people sharing them evenly.

    A parent's hours hold those of its subtasks, so only tasks without subtasks count. by_user: the
    best of equally fitting records first.
    """
    hours: dict[int, float] = defaultdict(float)
    for task in tasks:
        days = _days(task, zone)
        if days is None or task.child_ids or task.is_template or task.state == "1_canceled":
            continue
        for user_id in task.user_ids:
            if user_id in by_user:
                share = _share(days, period) / len(task.user_ids)
                hours[_planned(by_user[user_id], task)] += task.allocated_hours * share
    return hours


def _planned(records: Sequence[Employee], task: PlannedTask) -> int:
    own = (each.id for each in records if each.company_id == task.company_id)
    return next(own, records[0].id)


def _days(task: PlannedTask, zone: ZoneInfo) -> Period | None:
    if task.date_deadline is None:
        return None
    last = _day(task.date_deadline, zone)
    return Period(min(_day(task.date_assign or task.create_date, zone), last), last)


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _share(days: Period, period: Period) -> float:
    return days.shared_days(period) / days.shared_days(days)


_NO_TASK_STATE = NotVerifiable(
    check=Text("cancelled tasks"),
    reason=Text(
        "tasks of Odoo 16 do not say whether they were cancelled or done, so hours planned on "
        "cancelled ones count, and in the weeks ahead those on done ones too"
    ),
    remedy=Text("archive such tasks, or set their planned hours to zero"),
)
