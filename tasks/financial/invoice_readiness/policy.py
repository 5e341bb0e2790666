"""What makes an order ready, and what stays out."""

from decimal import Decimal

from pydantic import Field

from tasks.domain.billing import Billing
from tasks.domain.gravity import GravityPolicy
from tasks.domain.holds import HoldingPolicy
from tasks.domain.policy import Amount, Currency
from tasks.domain.written import Id
from tasks.financial.invoice_readiness.tickets import Priority


class ReadinessPolicy(HoldingPolicy, GravityPolicy):
    """What makes an order ready, and what stays out."""

    purchase_order_required: bool = Field(
        False, description="an order must have a customer reference"
    )
    evidence_required_for: tuple[Billing, ...] = Field(
        (Billing.MILESTONE,),
        description="kinds of billing that need a file which shows that the customer accepted",
    )
    signature_is_acceptance: bool = Field(
        False,
        description="whether the customer's signature on the quotation is as good as such a file",
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
