"""What an order must have before it is invoiced, by policy."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tasks.domain.billing import Billing
from tasks.domain.holds import HoldingPolicy
from tasks.domain.written import Id
from tasks.reads.invoicing.tickets import Priority

Pattern = Annotated[str, Field(min_length=1, max_length=100)]


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


class InvoicingPolicy(HoldingPolicy):
    """Which checks are made of an order."""

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
    late_milestones_block: bool = Field(
        True, description="no milestone of the order may be later than its deadline"
    )
    excluded_customers: tuple[Id, ...] = Field(
        (),
        description="ids of res.partner whose orders are excluded, with all contacts of a firm",
    )
    customers_without_email: tuple[Id, ...] = Field(
        (),
        description="ids of res.partner whose invoices need no e-mail address; contacts likewise",
    )
    order_approval_required: bool = Field(
        False, description="true has an Odoo without reviews of orders reported as not verifiable"
    )
    blocking_ticket_priority: Priority | None = Field(
        None,
        description="open tickets of the customer block from this priority on, 0 to 3",
    )
