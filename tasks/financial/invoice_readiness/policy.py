"""What makes an order ready, and what stays out."""

from datetime import time
from decimal import Decimal
from typing import Final

from pydantic import Field, field_validator

from tasks.domain.checklists import OfficeHours
from tasks.domain.gravity import GravityPolicy
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Amount, Currency
from tasks.domain.written import Id
from tasks.reads.invoicing.policy import InvoicingPolicy

# The rung on the day that a gap comes up.
FIRST: Final = "first"
LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="manager", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=5, who=Who.OWNER),
)


class ReadinessPolicy(InvoicingPolicy, GravityPolicy):
    """What makes an order ready, and what stays out."""

    cost_of_capital_percent: Decimal = Field(
        Decimal(8), ge=0, le=1000, description="per year, for what waiting costs"
    )
    tell_at_once_from: dict[Currency, Amount] = Field(
        {}, description="an order of this amount that turns ready waits for no digest; by currency"
    )
    tell_owners: bool = Field(
        True, description="whether owners of failed checks are told; finance is in any case"
    )
    within_hours: float = Field(
        16, ge=0, le=2000, description="working hours of its owner until a gap is to be closed"
    )
    office: OfficeHours = Field(
        OfficeHours(),
        description="opens and closes: between which times of a working day of the owner hours "
        "count",
    )
    first_at: time = Field(
        time(8), description="from when on the owner is told of a gap on the day it comes up"
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the owner from the day it is due, at, who: "
        "person is the owner of the gap, manager theirs, owner the job's owner",
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; managers and the owner still do"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder, FIRST)
