"""What a firm asks of timesheets: when hours are missing, what counts, who is asked when."""

from datetime import date, time
from typing import Literal

from pydantic import Field, field_validator

from tasks.domain.ladder import LADDER, Deadline, Rung
from tasks.domain.policy import Policy
from tasks.domain.written import Id


class ProjectRules(Policy):
    """What is different for the hours of one project."""

    hours_count: bool = Field(True, description="whether its hours count at all")
    approval_required: bool = Field(False, description="whether only approved hours count")
    daily: bool = Field(
        False, description="ask its people on the next working day for the hours of the last one"
    )


class TimesheetPolicy(Policy):
    """When hours count as missing, and who is asked when."""

    complete_from_percent: float = Field(
        95.0, ge=0, le=100, description="share of the expected hours that makes a week complete"
    )
    tolerance_hours: float = Field(0.0, ge=0, description="missing hours that nobody is asked for")
    counts: Literal["logged", "submitted", "approved"] = Field(
        "logged", description="how far hours must have come to count: logged, submitted or approved"
    )
    deadline: Deadline = Field(
        Deadline(), description="in the person's own zone: weekday, at, week (same or following)"
    )
    ladder: tuple[Rung, ...] = Field(LADDER, description="rungs: name, working_days, at, who")
    month_end_reminder: bool = Field(
        False, description="also ask on the last working day of the month, for its week so far"
    )
    extra_at: time = Field(
        time(8),
        description="when daily and month-end reminders are sent; not on a day with a rung",
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    look_back_weeks: int = Field(8, ge=1, le=104, description="complete weeks that are looked at")
    effective_from: date | None = Field(None, description="weeks that start before are not judged")
    effective_from_by_employee: dict[Id, date] = Field(
        {}, description="the same for one person, by id of hr.employee"
    )
    grace_until_by_employee: dict[Id, date] = Field(
        {}, description="nobody asks this person up to that day, by id of hr.employee"
    )
    exempt_employees: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who are not judged"
    )
    exempt_departments: tuple[Id, ...] = Field(
        (), description="ids of hr.department whose people are not"
    )
    exempt_jobs: tuple[Id, ...] = Field((), description="ids of hr.job whose people are not")
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; managers and owner still do"
    )
    projects: dict[Id, ProjectRules] = Field(
        {}, description="by id of project.project: hours_count, approval_required, daily"
    )

    @property
    def daily_projects(self) -> list[int]:
        """Ids of the projects whose people are asked every day."""
        return [number for number, rules in self.projects.items() if rules.daily]

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        names = [rung.name for rung in ladder]
        taken = [n for n in names if names.count(n) > 1 or n.startswith(("daily-", "month-end"))]
        if taken:
            raise ValueError(f"give each rung a name of its own, not {', '.join(sorted(taken))}")
        return ladder
