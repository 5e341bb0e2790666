"""What a firm asks of its approvers: when they are told, who steps in, what nobody asks about."""

from datetime import time
from typing import Final

from pydantic import Field, field_validator

from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Amount, Currency, Policy
from tasks.domain.written import Id

# Ours: Odoo tells the approver itself on the day.
LADDER: Final = (
    Rung(name="first", working_days=2),
    Rung(name="again", working_days=4),
    Rung(name="fallback", working_days=6, who=Who.MANAGER),
    Rung(name="owner", working_days=10, who=Who.OWNER),
)
INSTEAD: Final = "instead"


class ApprovalPolicy(Policy):
    """When who is told of what waits for a decision."""

    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the approver since it waits, at, who: person is "
        "the approver, manager who stands in, owner the job's owner",
    )
    instead_at: time = Field(
        time(8), description="when who stands in for an approver that cannot decide is told"
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    delegates: dict[Id, Id] = Field(
        {},
        description="who stands in for an approver, else the approver's manager: ids of "
        "hr.employee by id of hr.employee",
    )
    look_back_weeks: int = Field(
        8, ge=1, le=104, description="complete weeks whose hours are looked at"
    )
    minimum_amounts: dict[Currency, Amount] = Field(
        {}, description="expenses below this amount are listed, and nobody is told; by currency"
    )
    minimum_hours: float = Field(
        0.0, ge=0, description="fewer hours of a week on a project are listed, and nobody is told"
    )
    exempt_employees: tuple[Id, ...] = Field(
        (), description="ids of hr.employee whose submissions nobody is told of"
    )
    exempt_projects: tuple[Id, ...] = Field(
        (), description="ids of project.project whose hours nobody is told of"
    )
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; who stands in and the owner still do"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder, INSTEAD)
