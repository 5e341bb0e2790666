"""Confirmed orders, their lines and what was promised to the customer."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

from odoo_gateway.records import Record


@dataclass(frozen=True)
class Order(Record):
    """A sales order."""

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    name: str
    partner_id: int
    partner_invoice_id: int
    user_id: int | None
    currency_id: int
    company_id: int
    date_order: datetime
    amount_untaxed: Decimal
    client_order_ref: str | None
    signed_on: datetime | None
    team_id: int | None = None
    validation_status: str | None = None
    state: str = "sale"


@dataclass(frozen=True)
class OrderLine(Record):
    """A line of a confirmed order; quantities in the line's own unit, money in its currency.

    untaxed_amount_invoiced and untaxed_amount_to_invoice count posted invoices less credit notes,
    qty_invoiced counts drafts too.
    """

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    order_id: int
    name: str
    product_id: int | None
    currency_id: int
    price_unit: Decimal
    discount: Decimal
    price_subtotal: Decimal
    product_uom_qty: Decimal
    qty_delivered: Decimal
    qty_invoiced: Decimal
    qty_to_invoice: Decimal
    qty_delivered_method: Literal["manual", "analytic", "milestones", "timesheet", "stock_move"]
    untaxed_amount_invoiced: Decimal
    untaxed_amount_to_invoice: Decimal
    is_downpayment: bool
    is_expense: bool
    tax_ids: tuple[int, ...]
    project_id: int | None = None
    is_service: bool = True
    combo_item_id: int | None = None
    is_reward_line: bool = False
    tax_calculation_rounding_method: str | None = None


@dataclass(frozen=True)
class Category(Record):
    """A category of products; the path holds the ids of those above it, and its own."""

    MODEL: ClassVar[str] = "product.category"
    MODULE: ClassVar[str] = "product"
    id: int
    parent_path: str | None


@dataclass(frozen=True)
class Tax(Record):
    """A tax; `amount` is percent where `amount_type` says so, and of no meaning for a group."""

    MODEL: ClassVar[str] = "account.tax"
    MODULE: ClassVar[str] = "account"
    id: int
    amount: Decimal
    amount_type: str
    price_include: bool
    sequence: int
    #: It belongs to the base of later taxes, but for those that are not affected.
    include_base_amount: bool
    is_base_affected: bool
    children_tax_ids: tuple[int, ...]


@dataclass(frozen=True)
class Product(Record):
    """How a product is invoiced, by order or delivery, and the project that its tasks go to."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "sale"
    id: int
    invoice_policy: Literal["order", "delivery"]
    type: str
    project_id: int | None = None


@dataclass(frozen=True)
class Milestone(Record):
    """A milestone of a project, perhaps one that bills an order line."""

    MODEL: ClassVar[str] = "project.milestone"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    project_id: int
    deadline: date | None
    is_reached: bool
    reached_date: date | None
    sale_line_id: int | None = None
    quantity_percentage: float = 0.0


@dataclass(frozen=True)
class Partner(Record):
    """A customer or contact; how invoices are sent is that of the commercial partner."""

    MODEL: ClassVar[str] = "res.partner"
    MODULE: ClassVar[str] = "base"
    id: int
    display_name: str
    email: str | None
    vat: str | None = None
    commercial_partner_id: int | None = None
    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country_code: str | None = None
    invoice_sending_method: str | None = None
    peppol_eas: str | None = None
    peppol_endpoint: str | None = None
    peppol_verification_state: str | None = None


@dataclass(frozen=True)
class Currency(Record):
    """A currency; rounding is what Odoo rounds to, decimal_places what it writes."""

    MODEL: ClassVar[str] = "res.currency"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    decimal_places: int
    rounding: Decimal


@dataclass(frozen=True)
class User(Record):
    """A user of Odoo, named as the owner of what must be done."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str


@dataclass(frozen=True)
class Project(Record):
    """A project and who leads it."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    user_id: int | None
    active: bool = True
    is_template: bool = False
    sale_line_id: int | None = None
    last_update_status: str | None = None


@dataclass(frozen=True)
class LinkedProject(Record):
    """A project, and what links it to an order; records of jobs add what they look at."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    is_template: bool = field(default=False, kw_only=True)
    sale_line_id: int | None = field(default=None, kw_only=True)
    reinvoiced_sale_order_id: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Expense(Record):
    """An employee's expense; before it is posted it is not on the order yet.

    Before Odoo 19 it is on a sheet, and stays `approved` while that sheet is posted and not paid.
    """

    MODEL: ClassVar[str] = "hr.expense"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    name: str
    employee_id: int
    state: str
    sale_order_id: int | None = None
    sheet_id: int | None = None
    manager_id: int | None = None


@dataclass(frozen=True)
class ExpenseReport(Record):
    """A report of expenses (Odoo 16 to 18), in the company's currency, and its approving user."""

    MODEL: ClassVar[str] = "hr.expense.sheet"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    name: str
    employee_id: int
    create_date: datetime
    total_amount: Decimal
    user_id: int | None


@dataclass(frozen=True)
class Attachment(Record):
    """A file on a record."""

    MODEL: ClassVar[str] = "ir.attachment"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    res_model: str | None
    res_id: int | None


@dataclass(frozen=True)
class Invoice(Record):
    """An invoice or credit note; reversed ones keep what they billed linked to them."""

    MODEL: ClassVar[str] = "account.move"
    MODULE: ClassVar[str] = "account"
    id: int
    name: str | None
    state: Literal["draft", "posted", "cancel"]
    payment_state: str | None
    invoice_date: date | None


@dataclass(frozen=True)
class InvoiceLine(Record):
    """A line of an invoice or credit note, and the order lines that it bills."""

    MODEL: ClassVar[str] = "account.move.line"
    MODULE: ClassVar[str] = "account"
    id: int
    sale_line_ids: tuple[int, ...]
    move_type: str
    parent_state: str
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal
    price_subtotal: Decimal
    currency_id: int
