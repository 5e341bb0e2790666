"""Orders, what is sold by them, and the papers and projects around them, as this job looks."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.records import Record
from tasks.records.sales import LinkedProject


@dataclass(frozen=True)
class SoldOrder(Record):
    """A confirmed order, or a quotation.

    signed_by and signed_on can be written by every salesperson, so they alone show nothing.
    """

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    state: str
    partner_id: int
    partner_invoice_id: int
    user_id: int | None
    currency_id: int
    date_order: datetime
    amount_untaxed: Decimal
    amount_total: Decimal
    client_order_ref: str | None
    payment_term_id: int | None
    signed_on: datetime | None
    #: Odoo shows them to salespeople alone.
    tag_ids: tuple[int, ...] = ()
    team_id: int | None = None


@dataclass(frozen=True)
class SoldLine(Record):
    """A line of an order, headings and notes too: of a note, the name is all of it."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    name: str
    display_type: str | None
    product_id: int | None
    is_downpayment: bool
    qty_delivered_method: str | None
    is_service: bool = True
    project_id: int | None = None


@dataclass(frozen=True)
class SoldProduct(Record):
    """What a product is filed under, and the project or template that its order goes to."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "product"
    id: int
    categ_id: int | None
    project_id: int | None = None
    project_template_id: int | None = None


@dataclass(frozen=True)
class StartedProject(LinkedProject):
    """A project, who leads it, when it starts and how many hours are planned for it."""

    name: str
    user_id: int | None
    date_start: date | None
    description: str | None
    allocated_hours: float = 0.0


@dataclass(frozen=True)
class PlannedTask(Record):
    """A task, with the hours that are planned for it."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    project_id: int | None
    allocated_hours: float = 0.0


@dataclass(frozen=True)
class Customer(Record):
    """A customer, contact or invoice address."""

    MODEL: ClassVar[str] = "res.partner"
    MODULE: ClassVar[str] = "base"
    id: int
    display_name: str
    is_company: bool
    email: str | None
    street: str | None
    zip: str | None
    city: str | None
    country_code: str | None
    vat: str | None = None
    commercial_partner_id: int | None = None


@dataclass(frozen=True)
class Document(Record):
    """A file on an order or project; the checksum is that of its contents."""

    MODEL: ClassVar[str] = "ir.attachment"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    res_model: str | None
    res_id: int | None
    mimetype: str | None
    checksum: str | None


@dataclass(frozen=True)
class SalesTeam(Record):
    """A sales team."""

    MODEL: ClassVar[str] = "crm.team"
    MODULE: ClassVar[str] = "sales_team"
    id: int
    name: str
