"""From which age on work and costs count as leaking, and who is told."""

from typing import Final

from pydantic import Field, field_validator

from tasks.domain.gravity import Days
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Policy
from tasks.domain.written import Id

# Ours, that of expenses.
LADDER: Final = (
    Rung(name="first", working_days=1),
    Rung(name="again", working_days=5),
    Rung(name="owner", working_days=10, who=Who.OWNER),
)


class LeakagePolicy(Policy):
    """When work and costs leak."""

    hours_within_days: Days = Field(
        60, description="days from the day of work in which hours are to be on an invoice"
    )
    expenses_within_days: Days = Field(
        60,
        description="days since an expense was spent in which it is to be on an invoice of the "
        "customer",
    )
    purchases_within_days: Days = Field(
        60,
        description="days from the vendor's bill in which a purchase is to be on an invoice of the "
        "customer",
    )
    prepaid_idle_days: Days = Field(
        90, description="days without an hour after which prepaid hours count as not used"
    )
    look_back_days: Days = Field(
        730,
        description="expenses and vendors' bills that are older and on no order are past help, and "
        "not listed",
    )
    exempt_orders: tuple[Id, ...] = Field(
        (), description="ids of sale.order of which nobody is told"
    )
    exempt_projects: tuple[Id, ...] = Field(
        (), description="ids of project.project whose hours and purchases nobody is told of"
    )
    exempt_tasks: tuple[Id, ...] = Field(
        (),
        description="ids of project.task whose hours need no order line, such as internal meetings "
        "of a billable project; they are not counted",
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of who is to mend it since it leaks, at, who: "
        "person is that one, manager theirs, owner the job's owner",
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; the owner still does"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder)
