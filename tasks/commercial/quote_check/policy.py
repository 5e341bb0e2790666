"""What an opportunity and a quotation must hold, how soon they move on, and who is told when."""

from datetime import time
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain import opportunity_fields
from tasks.domain.checklists import OfficeHours
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Currency, Policy
from tasks.domain.written import Id

LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="late", working_days=2),
    Rung(name="sales_lead", working_days=4, who=Who.MANAGER),
    Rung(name="owner", working_days=7, who=Who.OWNER),
)
FIRST: Final = "first"
Percent = Annotated[float, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=1, le=3650)]


class Qualification(Policy):
    """Fields that an opportunity must have from a stage on."""

    stage: Id | None = Field(
        None,
        description="id of crm.stage from which on, in the order of the pipeline; left out, once "
        "there is a quotation",
    )
    fields: tuple[str, ...] = Field(
        min_length=1,
        description=f"fields of crm.lead: {opportunity_fields.MEANING}",
    )

    @field_validator("fields")
    @classmethod
    def _are_read(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        opportunity_fields.known(fields)
        return fields


class QuotePolicy(Policy):
    """What opportunities and quotations must hold, and how soon they move on."""

    qualification: tuple[Qualification, ...] = Field(
        (Qualification(fields=("partner_id", "user_id", "expected_revenue", "date_deadline")),),
        description="fields that an opportunity must have: stage and fields of each",
    )
    scope_characters: int = Field(
        40,
        ge=1,
        le=100_000,
        description="notes of an opportunity that are shorter need no carrying",
    )
    carried_percent: Percent = Field(
        60, description="how many of the words of its notes a quotation must have at least"
    )
    discount_limit_percent: Percent = Field(
        15, description="the highest discount of a line, and of a quotation with all its lines"
    )
    price_tolerance_percent: Percent = Field(
        0.5, description="how far a price may be from that of the price list"
    )
    may_be_free: tuple[Id, ...] = Field(
        (), description="ids of product.product that may have no price"
    )
    margin_floor_percent: float | None = Field(
        None,
        gt=-100,
        lt=100,
        description="the lowest margin of a quotation (module sale_margin); not asked for if left "
        "out",
    )
    currencies: tuple[Currency, ...] = Field(
        (), description="currencies that quotations may be in; any if left out"
    )
    amount_tolerance_percent: Percent = Field(
        10,
        description="how far an expected revenue may be from the amount of the nearest quotation",
    )
    quote_within_days: Days = Field(
        14, description="days from the opportunity to its first quotation"
    )
    quote_from_stage: Id | None = Field(
        None,
        description="id of crm.stage from which on a quotation is expected; from the first if left "
        "out",
    )
    answer_within_days: Days = Field(30, description="days from a sent quotation to its answer")
    activity_required: bool = Field(
        True, description="whether something must be planned of each opportunity"
    )
    usual_percentile: float = Field(
        90,
        gt=0,
        le=100,
        description="percentile of the days that opportunities stood in a stage beyond which one "
        "stands longer than usual",
    )
    least_history: int = Field(
        20, ge=1, le=100_000, description="opportunities that left a stage before any is unusual"
    )
    history_days: Days = Field(
        730, description="how long ago an opportunity was made that tells what is usual, at most"
    )
    days_in_stage: dict[Id, Days] = Field(
        {},
        description="days after which an opportunity stands too long in a stage, instead of what "
        "is usual: by id of crm.stage",
    )
    within_hours: float = Field(
        16,
        ge=0,
        le=2000,
        description="working hours of the salesperson from when something is seen until it is due",
    )
    office: OfficeHours = Field(
        OfficeHours(),
        description="opens and closes: between which times of a working day of the salesperson "
        "hours count",
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the salesperson from the day it is due, at, who: "
        "person is the salesperson, manager who leads the sales team, else their manager, owner "
        "the job's owner",
    )
    first_at: time = Field(
        time(8),
        description="from when on the salesperson is told on the day something is seen of a "
        "quotation that was sent; of all else when it is due",
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    exempt_opportunities: tuple[Id, ...] = Field(
        (), description="ids of crm.lead that are not looked at"
    )
    exempt_orders: tuple[Id, ...] = Field(
        (), description="ids of sale.order that are not looked at"
    )
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; managers and the owner still do"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder, FIRST)

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        stages = [each.stage for each in self.qualification]
        if len({*stages}) < len(stages):
            raise ValueError("qualification names a stage twice; put its fields together")
        return self

    @property
    def own_fields(self) -> frozenset[str]:
        """Those of its fields that are a firm's own."""
        return frozenset(
            opportunity_fields.own(name for each in self.qualification for name in each.fields)
        )
