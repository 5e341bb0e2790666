"""What is due at which stage of the pipeline, and when who is told."""

from datetime import time
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain import opportunity_fields
from tasks.domain.checklists import WORD, Demand, OfficeHours
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Policy
from tasks.domain.written import Id

LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="late", working_days=1),
    Rung(name="sales_lead", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=5, who=Who.OWNER),
)
FIRST: Final = "first"


class Part(StrEnum):
    """Whose an item may be, by their part in the opportunity."""

    SALESPERSON = "salesperson"
    SALES_LEAD = "sales_lead"


class ReviewItem(Policy):
    """What must be there: a field that is filled, an activity that is done, or a task."""

    item: str = Field(pattern=WORD, description="what it is called, in small letters")
    field: str | None = Field(
        None, description=f"field of crm.lead that must be filled: {opportunity_fields.MEANING}"
    )
    activity_type: Id | None = Field(
        None, description="id of mail.activity.type: an activity of it must be done"
    )
    task: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="name of a task that must be done, of those that task_link ties to it",
    )
    owner: Part = Part.SALESPERSON
    within_hours: float = Field(
        16, ge=0, le=2000, description="working hours from the stage until it is due"
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if sum(each is not None for each in (self.field, self.activity_type, self.task)) != 1:
            raise ValueError(f"{self.item} needs one of field, activity_type and task")
        if self.field is not None:
            opportunity_fields.known([self.field])
        return self

    @property
    def demand(self) -> Demand:
        """The item that it is."""
        return Demand(item=self.item, owner=self.owner.value, within_hours=self.within_hours)


class Review(Policy):
    """What is due from a stage on."""

    stage: Id = Field(description="id of crm.stage from which on, in the order of the pipeline")
    items: tuple[ReviewItem, ...] = Field(min_length=1, description="what must be there")
    gate: bool = Field(
        False,
        description="whether nobody moves an opportunity into the stage, or past it, without all "
        "of them",
    )


class ReviewPolicy(Policy):
    """What is due at which stage, and when somebody is told."""

    reviews: tuple[Review, ...] = Field(
        (),
        description="stage and items of each, and gate: where opportunity_stage is installed in "
        "Odoo nobody moves an opportunity there without them; an item: its name as item, then "
        "field, activity_type or task, owner (salesperson or sales_lead) and within_hours, working "
        "hours until it is due. Nothing is due if left out",
    )
    task_link: str | None = Field(
        None,
        pattern=r"^x_\w+$",
        description="field of your own of project.task that names the opportunity of a task",
    )
    office: OfficeHours = Field(
        OfficeHours(),
        description="opens and closes: between which times of a working day of the owner hours "
        "count",
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the owner from the day it is due, at, who: "
        "person is the owner of the gap, manager who leads the sales team, else theirs, owner the "
        "job's owner",
    )
    first_at: time = Field(
        time(8), description="from when on the owner is told on the day a stage is reached"
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    exempt_opportunities: tuple[Id, ...] = Field(
        (), description="ids of crm.lead of which nothing is due"
    )
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; managers and the owner still do"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder, FIRST)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [item.item for item in self.items]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"item {', '.join(twice)} stands there twice; name it once")
        tasks = sorted(item.item for item in self.items if item.task is not None)
        if tasks and self.task_link is None:
            raise ValueError(f"{', '.join(tasks)} asks for a task; say by task_link of which")
        return self

    @property
    def gated(self) -> tuple[Review, ...]:
        """The reviews without which no opportunity is moved there."""
        return tuple(review for review in self.reviews if review.gate)

    @property
    def items(self) -> tuple[ReviewItem, ...]:
        """Those of all its reviews."""
        return tuple(item for review in self.reviews for item in review.items)
