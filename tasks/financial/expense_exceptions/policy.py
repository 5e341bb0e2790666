"""Up to which amounts expenses are in order, by when they are to be dealt with, and who is told."""

from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain.gravity import Days
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Amount, Currency, Policy
from tasks.domain.written import Id, Written

# Ours, after that of approvals.
LADDER: Final = (
    Rung(name="first", working_days=1),
    Rung(name="again", working_days=5),
    Rung(name="owner", working_days=10, who=Who.OWNER),
)


class Limit(Written):
    """Up to which amount a single expense is in order, taxes included.

    That of a product goes before that of its category, that before the one of a category above, and
    one that names neither is for all else.
    """

    amount: Amount
    currency: Currency
    product: Id | None = Field(None, description="id of product.product")
    category: Id | None = Field(
        None, description="id of product.category: of a product of it, or of one below it"
    )

    @model_validator(mode="after")
    def _is_of_one(self) -> Self:
        if self.product is not None and self.category is not None:
            raise ValueError("name a product or a category, not both")
        return self


class ExpensePolicy(Policy):
    """When an expense is out of order."""

    limits: tuple[Limit, ...] = Field(
        (),
        description="most that one expense may be: amount, currency, and product or category; none "
        "where empty. A limit in the expense's own currency goes before one in the company's, by "
        "which its amount in that currency is judged",
    )
    receipt_from: dict[Currency, Amount] = Field(
        {}, description="expenses below this amount need no receipt, by currency"
    )
    no_receipt_products: tuple[Id, ...] = Field(
        (), description="ids of product.product that need no receipt, such as mileage"
    )
    stale_after_days: Days = Field(
        30, description="days since it was spent in which it is to be submitted, approved, posted"
    )
    post_within_days: Days = Field(7, description="days from the approval to the posting")
    reconcile_within_days: Days = Field(
        30, description="days from the day of its entry until its payment is reconciled"
    )
    look_back_days: int = Field(
        90,
        ge=1,
        le=3660,
        description="what was spent within so many days is looked at, and whatever is not posted",
    )
    exempt_employees: tuple[Id, ...] = Field(
        (), description="ids of hr.employee whose expenses nobody is told of"
    )
    exempt_projects: tuple[Id, ...] = Field(
        (),
        description="ids of project.project that expenses may be booked on, closed or not billable "
        "as they are",
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of who is to mend it since it is out of order, at, "
        "who: person is the employee, the approver or finance, manager hers, owner the job's owner",
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

    @field_validator("limits")
    @classmethod
    def _each_once(cls, limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
        of = [(limit.product, limit.category, limit.currency) for limit in limits]
        if len(of) > len({*of}):
            raise ValueError("give one limit for each product or category and currency")
        return limits
