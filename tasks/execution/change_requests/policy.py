"""Where a firm keeps its change requests, what decides them, and how long each step may take."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from tasks.domain.policy import Policy
from tasks.domain.written import Id

Days = Annotated[int, Field(ge=0, le=3650)]
#: A field of our own in Odoo begins so (a manual field, or one of Studio).
OWN_FIELD = "x_"


class KeptAs(StrEnum):
    """What a change request is in Odoo."""

    QUOTATIONS = "quotations"
    TASKS = "tasks"


class ChangePolicy(Policy):
    """Where change requests are kept, what decides them, and when somebody is told."""

    kept_as: KeptAs = Field(
        KeptAs.QUOTATIONS,
        description="quotations: those that name a confirmed order as their source, or its project;"
        " tasks: those of the tags and stages below",
    )
    task_tags: tuple[Id, ...] = Field(
        (), description="ids of project.tags: a task with one of them is a change request"
    )
    task_stages: tuple[Id, ...] = Field(
        (), description="ids of project.task.type: a task that is in one of them is one, too"
    )
    decided_stages: tuple[Id, ...] = Field(
        (), description="ids of project.task.type in which a task is decided"
    )
    applied_stages: tuple[Id, ...] = Field(
        (), description="ids of project.task.type in which a task is applied"
    )
    refused_stages: tuple[Id, ...] = Field(
        (), description="ids of project.task.type in which a task is refused or withdrawn"
    )
    amount_in: str = Field(
        "Amount",
        min_length=1,
        max_length=100,
        description="what holds the untaxed amount of a task, in the company's currency: a "
        "property by its label or name, or a field that begins with x_",
    )
    hours_in: str = Field(
        "Hours",
        min_length=1,
        max_length=100,
        description="likewise its hours; the allocated hours of the task where there is none",
    )
    decided_by_matrix: bool = Field(
        False,
        description="only what a matrix decided counts as decided, not what somebody set in Odoo",
    )
    signature_required: bool = Field(
        True, description="what is decided or applied needs the customer's signature"
    )
    decide_within_days: Days = Field(7, description="from raised to decided")
    apply_within_days: Days = Field(7, description="from decided to an order line or budget")
    sign_within_days: Days = Field(7, description="from decided to signed by the customer")
    beyond_percent: Decimal | None = Field(
        Decimal(100),
        gt=0,
        le=1_000_000,
        description="of the hours that a line sells: delivering or allocating more is a finding",
    )
    look_back_days: int = Field(
        365,
        ge=1,
        le=3650,
        description="how long ago what is looked at was raised, or its order confirmed, at most",
    )
    exempt_orders: tuple[Id, ...] = Field(
        (), description="ids of sale.order of which nobody is told"
    )

    @model_validator(mode="after")
    def _says_which_tasks(self) -> Self:
        if self.kept_as is KeptAs.TASKS and not (self.task_tags or self.task_stages):
            raise ValueError(
                "kept_as is tasks, and nothing says which: name task_tags or task_stages"
            )
        named = [*self.decided_stages, *self.applied_stages, *self.refused_stages]
        if twice := sorted({each for each in named if named.count(each) > 1}):
            raise ValueError(
                f"stage {', '.join(map(str, twice))} stands for two states of a task; name it once"
            )
        return self
