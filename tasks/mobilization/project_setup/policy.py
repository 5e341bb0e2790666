"""Which orders need a project, who sets it up, and when who is told."""

from datetime import time
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain.checklists import WORD, OfficeHours
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Policy, Share
from tasks.domain.written import Id

LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="late", working_days=1),
    Rung(name="manager", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=5, who=Who.OWNER),
)
FIRST: Final = "first"


class KickoffAs(StrEnum):
    """What the checklist of a kickoff becomes in Odoo."""

    ACTIVITIES = "activities"
    TASKS = "tasks"


class Part(StrEnum):
    """Who sees to an item of the checklist, by their part in the project."""

    SALESPERSON = "salesperson"
    PROJECT_MANAGER = "project_manager"
    DELIVERY_LEAD = "delivery_lead"


class KickoffItem(Policy):
    """Something that is seen to around the kickoff."""

    name: str = Field(min_length=1, max_length=200, description="what, as it stands in Odoo")
    owner: Part = Field(Part.PROJECT_MANAGER, description="who sees to it")
    days: int = Field(0, ge=-90, le=365, description="days after the kickoff; before it, negative")


class MilestoneShare(Policy):
    """A milestone that bills a share of its line."""

    name: str = Field(min_length=1, max_length=200)
    percent: Share = Field(description="of the line")
    days: int = Field(ge=0, le=3650, description="days from the kickoff to its deadline")


CHECKLIST: Final = (
    KickoffItem(name="Hand over scope and promises", owner=Part.SALESPERSON, days=-5),
    KickoffItem(name="Confirm the team", days=-3),
    KickoffItem(name="Confirm billing contact and milestones", owner=Part.SALESPERSON, days=-3),
    KickoffItem(name="Hold the kickoff"),
    KickoffItem(name="Send minutes and plan to the customer", days=2),
)


class Support(Policy):
    """What follows a project in support."""

    named: str = Field(
        "Support",
        min_length=1,
        max_length=100,
        description="what the name of the order's support project holds; case does not count",
    )
    warranty_days: int | None = Field(
        None, ge=1, le=3650, description="days of warranty after the end of the project"
    )
    is_sold: bool = Field(
        False, description="true where its lines sell the support itself, apart from other work"
    )
    template: Id | None = Field(
        None, description="id of project.project: what its project is copied from"
    )
    manager: Id | None = Field(None, description="id of res.users: who leads it")
    team: tuple[Id, ...] = Field(
        (), description="ids of res.users: who is given a to-do on it when it is made"
    )
    days: int | None = Field(
        None, ge=1, le=3650, description="how long it lasts; its end is watched"
    )
    levels: tuple[str, ...] = Field(
        (), description="service levels, a sentence each, written on its project"
    )


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
    template: Id | None = Field(
        None,
        description="id of project.project: what its projects are copied from; the product's own "
        "template if left out",
    )
    manager: Id | None = Field(None, description="id of res.users: who leads its projects")
    role: str = Field(
        "",
        max_length=100,
        description="who is needed for it, as planners call them; the product's name if empty",
    )
    support: Support | None = Field(
        None,
        description="its orders have a support project, and a warranty that is watched: named, "
        "warranty_days, is_sold, template, manager, team, days, levels",
    )
    milestones: tuple[MilestoneShare, ...] = Field(
        (),
        description="what its lines that milestones bill are billed by: name, percent, days; the "
        "template's milestones if empty",
    )

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.categories or self.product_tags):
            raise ValueError(
                f"the service line {self.name} names no products: give it categories or "
                "product_tags"
            )
        if self.milestones and abs(sum(each.percent for each in self.milestones) - 100) > 0.01:
            raise ValueError(f"the milestones of {self.name} do not add up to 100 percent")
        return self


class SetupPolicy(Policy):
    """Which orders need a project, who sets it up, and when who is told."""

    service_lines: tuple[ServiceLine, ...] = Field(
        (),
        description="what is set up in ways of its own: name, categories, product_tags, "
        "needs_project, delivery_lead, template, manager, role, support, milestones; a line is of "
        "the first that fits",
    )
    manager: Id | None = Field(
        None, description="id of res.users: who leads new projects whose template names nobody"
    )
    waits_for_handoff: bool = Field(
        False,
        description="true proposes a project only once delivery has accepted the handoff of its "
        "order; false at once",
    )
    kickoff_after: int = Field(
        10, ge=0, le=200, description="weekdays from the confirmation of an order to its kickoff"
    )
    length_days: int = Field(
        90, ge=1, le=3650, description="length of a project whose template has none"
    )
    kickoff_checklist: tuple[KickoffItem, ...] = Field(
        CHECKLIST, description="what is seen to around the kickoff: name, owner, days"
    )
    kickoff_as: KickoffAs = Field(
        KickoffAs.ACTIVITIES,
        description="activities: a to-do on the project for each item, a task where its owner is "
        "nobody by name; tasks: a task for each",
    )
    delivery_lead: Id | None = Field(
        None, description="id of res.users: who sets projects up; the job's owner if left out"
    )
    planner: Id | None = Field(
        None, description="id of res.users: who staffs what is sold; the job's owner if left out"
    )
    finance: tuple[Id, ...] = Field(
        (),
        description="ids of res.users who are told beside the role finance when the project of an "
        "order becomes active",
    )
    staff_within_hours: float = Field(
        24, ge=0, le=2000, description="working hours from a confirmed order to the first person"
    )
    active_told_days: int = Field(
        14, ge=1, le=365, description="days for which a project counts as just become active"
    )
    warranty_told_days: int = Field(
        30, ge=1, le=365, description="days before the end of a warranty from which on it is told"
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
        return named_apart(ladder, FIRST)

    @field_validator("service_lines")
    @classmethod
    def _lines_are_unique(cls, lines: tuple[ServiceLine, ...]) -> tuple[ServiceLine, ...]:
        names = [line.name for line in lines]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the service line {', '.join(twice)} stands there twice")
        return lines
