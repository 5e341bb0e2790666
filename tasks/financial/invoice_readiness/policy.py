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

    purchase_order_required: bool = Field(False, description="a customer reference must be set")
    evidence_required_for: tuple[Billing, ...] = Field(
        (Billing.MILESTONE,), description="billing kinds whose acceptance needs a file on the order"
    )
    signature_is_acceptance: bool = Field(
        False,
        description="the customer's signature on the quotation is as good as such a file",
    )
    tax_required: bool = Field(False, description="every line to bill must carry a tax")
    vat_number_required: bool = Field(False, description="the invoice address must have one")
    over_ordered_percent: Decimal | None = Field(
        None,
        ge=0,
        le=1_000_000,
        description="time delivered beyond what was ordered that is still fine",
    )
    time_approval_required: bool = Field(
        True, description="hours must be approved; false where this firm approves none"
    )
    excluded_customers: tuple[Id, ...] = Field(
        (), description="ids of res.partner; a firm stands for all its contacts"
    )
    customers_without_email: tuple[Id, ...] = Field(
        (), description="ids of res.partner, as above: their invoices need no e-mail"
    )
    cost_of_capital_percent: Decimal = Field(Decimal(8), ge=0, le=1000, description="per year")
    order_approval_required: bool = Field(
        False, description="say so where this Odoo has no reviews of orders"
    )
    tell_at_once_from: dict[Currency, Amount] = Field(
        {}, description="by currency: an order of this amount that turns ready waits for no digest"
    )
    blocking_ticket_priority: Priority | None = Field(
        None, description="open tickets of the customer from this priority on block"
    )
