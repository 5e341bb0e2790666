"""Quotations with their lines, and what became of opportunities, as this job looks at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final

from odoo_gateway.records import Record

DRAFT: Final = "draft"
SENT: Final = "sent"
CANCELLED: Final = "cancel"


@dataclass(frozen=True)
class PassedOpportunity(Record):
    """An opportunity of before: how long it stood in each stage, and what became of it.

    duration_tracking is in seconds by the id of the stage; Odoo 16 does not tell.
    """

    MODEL: ClassVar[str] = "crm.lead"
    MODULE: ClassVar[str] = "crm"
    id: int
    active: bool
    stage_id: int | None
    team_id: int | None
    date_closed: datetime | None
    create_date: datetime
    duration_tracking: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Quotation(Record):
    """A quotation, or what became of it; margin_percent is a share of 1 (`sale_margin`)."""

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    state: str
    partner_id: int
    user_id: int | None
    company_id: int
    currency_id: int
    create_date: datetime
    #: Odoo sets it anew at the confirmation.
    date_order: datetime
    amount_untaxed: Decimal
    validity_date: date | None
    #: Terms and conditions.
    note: str | None
    team_id: int | None = None
    opportunity_id: int | None = None
    margin_percent: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be answered."""
        return self.state in (DRAFT, SENT)

    @property
    def is_confirmed(self) -> bool:
        """Whether it has become an order."""
        return not self.is_open and self.state != CANCELLED


@dataclass(frozen=True)
class QuotedLine(Record):
    """A line of a quotation, headings and notes too.

    technical_price_unit is what the price list gave when Odoo set the price last (since 18).
    """

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    name: str
    display_type: str | None
    product_id: int | None
    product_uom_qty: Decimal
    product_uom_id: int | None
    price_unit: Decimal
    discount: Decimal
    is_downpayment: bool
    is_expense: bool
    product_type: str | None = None
    pricelist_item_id: int | None = None
    technical_price_unit: Decimal | None = None
    combo_item_id: int | None = None
    #: What a promotion gives (`sale_loyalty`).
    is_reward_line: bool = False

    @property
    def sells(self) -> bool:
        """Whether it has a price of its own.

        Combos and what they consist of have one together, promotions take theirs from the rest.
        """
        in_combo = self.combo_item_id or self.product_type == "combo"
        of_others = self.is_downpayment or self.is_expense or self.is_reward_line
        return not (self.display_type or in_combo or of_others)


@dataclass(frozen=True)
class ListedProduct(Record):
    """A product with its list price, in the company's currency, for one of its unit."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "product"
    id: int
    display_name: str
    uom_id: int | None
    lst_price: Decimal


@dataclass(frozen=True)
class PlannedActivity(Record):
    """What somebody is to do next about an opportunity."""

    MODEL: ClassVar[str] = "mail.activity"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None


@dataclass(frozen=True)
class QuotationNote(Record):
    """What was written on a quotation, beside its lines."""

    MODEL: ClassVar[str] = "mail.message"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None
    body: str | None
