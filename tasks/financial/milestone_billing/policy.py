"""What is drafted, from when on, and what stays with people."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.domain.billing import Billing
from tasks.domain.policy import Amount, Currency
from tasks.reads.invoicing.policy import InvoicingPolicy

PartOfName = Annotated[str, Field(min_length=1, max_length=100)]


class DraftingPolicy(InvoicingPolicy):
    """What is drafted, from when on, and what stays with people."""

    bills: tuple[Billing, ...] = Field(
        (
            *(Billing.MILESTONE, Billing.TIME_AND_MATERIALS, Billing.FIXED),
            *(Billing.MANUAL, Billing.EXPENSE),
        ),
        description="kinds of billing; an order with anything else to bill is left to people",
    )
    fixed_from: Literal["confirmation", "kickoff"] = Field(
        "kickoff",
        description="since when a fixed price is billed: kickoff is a reached milestone of that "
        "name",
    )
    kickoff_names: tuple[PartOfName, ...] = Field(
        ("kickoff", "kick-off"),
        description="a milestone whose name holds one of these, in any case, is a kickoff",
    )
    evidence_on: Literal["milestone", "order"] = Field(
        "milestone",
        description="where a file shows acceptance: on each milestone, or anywhere on the order",
    )
    late_milestones_block: bool = Field(
        False, description="no milestone of the order may be later than its deadline"
    )
    time_from_hours: float = Field(
        0, ge=0, le=1_000_000, description="hours to bill from which time is drafted"
    )
    minimum_amounts: dict[Currency, Amount] = Field(
        {},
        description="what time, deliveries and expenses come to at least, by currency; milestones "
        "and fixed prices are drafted whatever they come to",
    )
    from_day_of_month: int = Field(
        1,
        ge=1,
        le=31,
        description="from which day of a month on time, deliveries and expenses are drafted; the "
        "last day where a month is shorter",
    )
    retention_percent: Decimal = Field(
        Decimal(0),
        ge=0,
        le=100,
        description="of the order that is billed only once all its milestones are reached",
    )
    down_payments: Literal["person", "deduct"] = Field(
        "person",
        description="deduct takes off all that was paid beforehand; else such an order is left to "
        "people",
    )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if Billing.DOWN_PAYMENT in self.bills:
            raise ValueError("bills: down payments are never drafted; a person makes them")
        if self.fixed_from == "kickoff" and not self.kickoff_names:
            raise ValueError("fixed_from is kickoff, so give kickoff_names, or confirmation")
        return self

    def is_kickoff(self, name: str) -> bool:
        """Whether a milestone of that name is one."""
        return any(part.casefold() in name.casefold() for part in self.kickoff_names)
