"""Which orders need a project, who sets it up, and when who is told."""

from datetime import time
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain.checklists import WORD, OfficeHours
from tasks.domain.ladder import Rung, Who
from tasks.domain.policy import Policy
from tasks.domain.written import Id

LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="late", working_days=1),
    Rung(name="manager", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=5, who=Who.OWNER),
)
FIRST: Final = "first"


class ServiceLine(Policy):
    """Lines of orders whose work is set up in the same way: those that sell one of these."""

    name: str = Field(pattern=WORD, description="what it is called, in small letters")
    categories: tuple[Id, ...] = Field(
        (), description="ids of product.category: a product of one, or of one below it"
    )
    product_tags: tuple[Id, ...] = Field(
        (), description="ids of product.tag: a product that has one of them"
    )
    needs_project: bool = Field(
        True, description="false where its work is done without a project of its order"
    )
    delivery_lead: Id | None = Field(
        None,
        description="id of res.users: who sets its projects up",
    )

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.categories or self.product_tags):
            raise ValueError(
                f"the service line {self.name} names no products: give it categories or "
                "product_tags"
            )
        return self


class SetupPolicy(Policy):
    """Which orders need a project, who sets it up, and when who is told."""

    service_lines: tuple[ServiceLine, ...] = Field(
        (),
        description="what is set up in ways of its own: name, categories, product_tags, "
        "needs_project, delivery_lead; a line is of the first that fits",
    )
    delivery_lead: Id | None = Field(
        None, description="id of res.users: who sets projects up; the job's owner if left out"
    )
    setup_within_hours: float = Field(
        16, ge=0, le=2000, description="working hours from a confirmed order to its project"
    )
    link_within_hours: float = Field(
        40,
        ge=0,
        le=2000,
        description="working hours until a project has its order, or a won lead a confirmed one",
    )
    look_back_days: int = Field(
        90, ge=1, le=730, description="how long ago an order was confirmed or a lead won, at most"
    )
    office: OfficeHours = Field(
        OfficeHours(),
        description="opens, closes: between which times hours count, in the owner's own zone",
    )
    first_at: time = Field(
        time(8), description="from when on the owner is told on the day that it comes up"
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the owner since it is due, at, who: person is "
        "the owner, manager hers, owner the job's owner",
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    exempt_orders: tuple[Id, ...] = Field((), description="ids of sale.order that need no project")
    exempt_projects: tuple[Id, ...] = Field(
        (), description="ids of project.project that need no order"
    )
    exempt_leads: tuple[Id, ...] = Field((), description="ids of crm.lead that need no order")
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who are not written to, but their managers are"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        names = [FIRST, *(rung.name for rung in ladder)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"give each rung a name of its own, not {', '.join(twice)}")
        return ladder

    @field_validator("service_lines")
    @classmethod
    def _lines_are_unique(cls, lines: tuple[ServiceLine, ...]) -> tuple[ServiceLine, ...]:
        names = [line.name for line in lines]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the service line {', '.join(twice)} stands there twice")
        return lines
