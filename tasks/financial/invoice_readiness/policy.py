"""What makes an order ready, and what stays out."""

from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, field_validator

from tasks.domain.billing import Billing
from tasks.domain.checklists import OfficeHours
from tasks.domain.gravity import GravityPolicy
from tasks.domain.holds import HoldingPolicy
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Amount, Currency
from tasks.domain.written import Id
from tasks.financial.invoice_readiness.tickets import Priority

Pattern = Annotated[str, Field(min_length=1, max_length=100)]
# The rung on the day that a gap comes up.
FIRST: Final = "first"
LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="manager", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=5, who=Who.OWNER),
)


class AcceptanceKind(StrEnum):
    """What may show that a customer accepted what was delivered."""

    #: One that the customer gave, or a colleague filed, on the order, a project or a milestone.
    FILE = "file"
    #: The same by its name, on a task too.
    NAMED_FILE = "named_file"
    #: The customer's signature of the order, by Odoo's own message of the portal.
    PORTAL_SIGNATURE = "portal_signature"
    #: A source that signs what it tells says that the order, a task or a milestone was signed.
    SIGNED_ELSEWHERE = "signed_elsewhere"


class ReadinessPolicy(HoldingPolicy, GravityPolicy):
    """What makes an order ready, and what stays out."""

    purchase_order_required: bool = Field(
        False, description="an order must have a customer reference"
    )
    evidence_required_for: tuple[Billing, ...] = Field(
        (Billing.MILESTONE,),
        description="kinds of billing that need a file which shows that the customer accepted",
    )
    acceptance_kinds: tuple[AcceptanceKind, ...] = Field(
        (AcceptanceKind.FILE,),
        min_length=1,
        description="what shows that: file, named_file, portal_signature or signed_elsewhere; any "
        "of these is enough",
    )
    acceptance_files: tuple[Pattern, ...] = Field(
        ("*acceptance*", "*sign*off*", "*abnahme*"),
        min_length=1,
        description="names of files that are a named_file, with * for any letters",
    )
    purchases_required: bool = Field(
        True, description="what was to be bought for the order must be ordered from the vendor"
    )
    tax_required: bool = Field(False, description="every line to bill must carry a tax")
    vat_number_required: bool = Field(
        False, description="the invoice address must have a VAT number"
    )
    over_ordered_percent: Decimal | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="time delivered beyond what was ordered that is still fine; else not checked",
    )
    time_approval_required: bool = Field(
        True, description="hours must be approved; false where your firm approves none"
    )
    excluded_customers: tuple[Id, ...] = Field(
        (),
        description="ids of res.partner whose orders are excluded, with all contacts of a firm",
    )
    customers_without_email: tuple[Id, ...] = Field(
        (),
        description="ids of res.partner whose invoices need no e-mail address; contacts likewise",
    )
    cost_of_capital_percent: Decimal = Field(
        Decimal(8), ge=0, le=1000, description="per year, for what waiting costs"
    )
    order_approval_required: bool = Field(
        False, description="true has an Odoo without reviews of orders reported as not verifiable"
    )
    tell_at_once_from: dict[Currency, Amount] = Field(
        {}, description="an order of this amount that turns ready waits for no digest; by currency"
    )
    blocking_ticket_priority: Priority | None = Field(
        None,
        description="open tickets of the customer block from this priority on, 0 to 3",
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
