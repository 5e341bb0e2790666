"""What a new project of an order is to hold: days, milestones, tasks, hours and its kickoff.

Odoo copies neither deadlines nor shares from a template, so they are worked out here: a deadline
keeps its distance from the template's start, a share is the policy's, else equal to the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

from tasks.mobilization.project_setup.policy import (
    KickoffAs,
    KickoffItem,
    Part,
    ServiceLine,
    SetupPolicy,
)
from tasks.mobilization.project_setup.portions import Portion
from tasks.mobilization.project_setup.snapshot import Sale, Template

SATURDAY: Final = 5
DECIMALS: Final = 2


@dataclass(frozen=True)
class Plan:
    """A project for an order, as it is to be made."""

    #: Narrowed to the lines that it is for.
    sale: Sale
    portion: Portion
    policy: SetupPolicy
    #: By line of the order, what it is set up as.
    service_lines: Mapping[int, ServiceLine | None]
    template: Template | None
    customer: str
    #: When the order was confirmed, and today.
    confirmed_on: date
    today: date
    #: Users by their part in it; nobody's are left out.
    users: Mapping[Part, int]

    @cached_property
    def kickoff(self) -> date:
        """So many weekdays after the confirmation; of one that is past, the Monday after next."""
        planned = _weekdays_later(self.confirmed_on, self.policy.kickoff_after)
        if planned >= self.today:
            return planned
        return self.today + timedelta(days=14 - self.today.weekday())

    @property
    def values(self) -> Mapping[str, Any]:
        """As the effect names them; JSON."""
        hours = sum(self.sale.hours.values())
        services = self.sale.services
        default = next((line for line in services if line.is_billed_by_hours), None)
        sold = default or next(iter(services), None)
        name = f"{self.sale.order.name} {self.customer}".strip()
        return {
            "template_id": self.template.project.id if self.template else None,
            "name": f"{name} {self._suffix}".strip(),
            "manager_id": self.users.get(Part.PROJECT_MANAGER),
            "first_day": str(self.kickoff),
            "last_day": str(self._last_day),
            "line_id": sold.id if sold else None,
            "hours": round(hours, DECIMALS),
            "milestones": self._milestones,
            "tasks": [*self._copied_tasks(), *self._tasks_of_lines(), *self._kickoff_tasks()],
            "activities": [*self._activities()],
            **self._apart,
        }

    @property
    def _apart(self) -> Mapping[str, Any]:
        """What tells it from other projects of its order, where there are to be any."""
        sought, support = self.portion.sought, self.portion.support
        told = {
            "lines": list(sought.lines),
            "named": sought.named,
            "beside": sought.beside,
            "levels": list(support.levels) if support else [],
        }
        return {name: value for name, value in told.items() if value}

    @property
    def _suffix(self) -> str:
        """What tells it from the other projects of its order."""
        if self.portion.support:
            return self.portion.support.named
        several = self.portion.is_one_of_several
        return self.template.project.name if self.template and several else ""

    @property
    def _last_day(self) -> date:
        support, project = self.portion.support, self.template.project if self.template else None
        if support and support.days:
            return self.kickoff + timedelta(days=support.days)
        if project and project.date_start and project.date:
            return self.kickoff + (project.date - project.date_start)
        return self.kickoff + timedelta(days=self.policy.length_days)

    def _shifted(self, day: date | None) -> str | None:
        """As far from the kickoff as a day of the template is from its start."""
        start = self.template.project.date_start if self.template else None
        return None if day is None or start is None else self._after((day - start).days)

    def _after(self, days: int) -> str:
        return str(_workday(self.kickoff + timedelta(days=days)))

    @property
    def _milestones(self) -> Sequence[Mapping[str, Any]]:
        """Those that bill lines, then what else the template has."""
        billing = [*self._billing()]
        planned = {each["name"] for each in billing}
        return [
            *billing,
            *(
                _milestone(each.name, None, 0.0, self._shifted(each.deadline))
                for each in (self.template.milestones if self.template else ())
                if each.name not in planned
            ),
        ]

    def _billing(self) -> Iterator[Mapping[str, Any]]:
        copied = [*self.template.milestones] if self.template else []
        billed = [line for line in self.sale.services if line.is_billed_by_milestones]
        for line in billed:
            service = self.service_lines.get(line.id)
            own = service.milestones if service else ()
            # Of several lines each needs names of its own.
            before = f"{line.title}: " if len(billed) > 1 else ""
            if own:
                for each in own:
                    yield _milestone(
                        f"{before}{each.name}", line.id, each.percent, self._after(each.days)
                    )
            elif copied:
                shares = _shares([each.quantity_percentage for each in copied])
                for each_copied, share in zip(copied, shares, strict=True):
                    deadline = self._shifted(each_copied.deadline)
                    yield _milestone(each_copied.name, line.id, share, deadline)
                copied = []
            else:
                yield _milestone(line.title, line.id, 100.0, str(self._last_day))

    def _copied_tasks(self) -> Iterator[Mapping[str, Any]]:
        for task in self.template.tasks if self.template else ():
            day = task.date_deadline.date() if task.date_deadline else None
            if deadline := self._shifted(day):
                yield _task(task.name, deadline=deadline)

    def _tasks_of_lines(self) -> Iterator[Mapping[str, Any]]:
        """One for each line that is billed by hours, where a template's tasks are not enough."""
        lines = [line for line in self.sale.services if line.is_billed_by_hours]
        if self.template and len(lines) == 1:
            return
        for line in lines:
            hours = round(self.sale.hours.get(line.id, 0.0), DECIMALS)
            yield _task(line.title, line_id=line.id, hours=hours)

    def _is_task(self, item: KickoffItem) -> bool:
        return self.policy.kickoff_as is KickoffAs.TASKS or item.owner not in self.users

    @property
    def _checklist(self) -> Sequence[KickoffItem]:
        return () if self.portion.support else self.policy.kickoff_checklist

    def _kickoff_tasks(self) -> Iterator[Mapping[str, Any]]:
        for item in self._checklist:
            if self._is_task(item):
                user = self.users.get(item.owner)
                yield _task(item.name, deadline=self._day_of(item), user_id=user)

    def _activities(self) -> Iterator[Mapping[str, Any]]:
        if support := self.portion.support:
            told = f"{support.named}: {self.sale.order.name} {self.customer}".strip()
            for user in support.team:
                yield {"summary": told, "user_id": user, "deadline": str(self.kickoff)}
        for item in self._checklist:
            if not self._is_task(item):
                user = self.users[item.owner]
                yield {"summary": item.name, "user_id": user, "deadline": self._day_of(item)}

    def _day_of(self, item: KickoffItem) -> str:
        """Never before today."""
        return str(_workday(max(self.kickoff + timedelta(days=item.days), self.today)))


def _milestone(
    name: str, line_id: int | None, percent: float, deadline: str | None
) -> Mapping[str, Any]:
    return {"name": name, "line_id": line_id, "percent": percent, "deadline": deadline}


def _task(
    name: str,
    *,
    line_id: int | None = None,
    hours: float = 0.0,
    deadline: str | None = None,
    user_id: int | None = None,
) -> Mapping[str, Any]:
    return {
        "name": name,
        "line_id": line_id,
        "hours": hours,
        "deadline": deadline,
        "user_id": user_id,
    }


def _shares(kept: Sequence[float]) -> Sequence[float]:
    """In percent: those of the template where they add up to all of it, else equal ones."""
    percents = [share * 100 for share in kept]
    if abs(sum(percents) - 100) > 0.01 or min(percents) <= 0:
        equal = round(100 / len(kept), DECIMALS)
        # Rounding leaves nothing unbilled.
        percents = [*[equal] * (len(kept) - 1), 100 - equal * (len(kept) - 1)]
    return [round(percent, DECIMALS) for percent in percents]


def _weekdays_later(day: date, count: int) -> date:
    while count or day.weekday() >= SATURDAY:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY and count > 0
    return day


def _workday(day: date) -> date:
    """That day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= SATURDAY else day
