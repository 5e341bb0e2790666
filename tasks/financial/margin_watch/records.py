"""Projects, and what they are sold for, cost and planned at, as this job reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class MarginProject(Record):
    """A project with what ties it to orders and to the books."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    user_id: int | None
    active: bool
    company_id: int | None
    allow_billable: bool = False
    is_template: bool = False
    account_id: int | None = None
    sale_line_id: int | None = None
    reinvoiced_sale_order_id: int | None = None
    last_update_id: int | None = None


@dataclass(frozen=True)
class MarginLine(Record):
    """An order line: its unit, and the cost of one as Odoo's module sale_margin plans it."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    product_uom_id: int | None
    purchase_price: Decimal | None = None


@dataclass(frozen=True)
class MarginProduct(Record):
    """What is sold, and what it is filed under."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "sale"
    id: int
    categ_id: int | None
    project_id: int | None = None


@dataclass(frozen=True)
class MarginCategory(Record):
    """A category of products; the path holds the ids of those above it, and its own."""

    MODEL: ClassVar[str] = "product.category"
    MODULE: ClassVar[str] = "product"
    id: int
    name: str
    parent_path: str | None


@dataclass(frozen=True)
class ProjectUpdate(Record):
    """What a project's manager last said of it; progress is percent, zero where nobody gave one."""

    MODEL: ClassVar[str] = "project.update"
    MODULE: ClassVar[str] = "project"
    id: int
    date: date | None
    progress: int


@dataclass(frozen=True)
class PlannedTask(Record):
    """A task by what it was planned at, for the names of its fields."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "hr_timesheet"
    id: int
    allocated_hours: float
    remaining_hours: float
    parent_id: int | None
    is_template: bool = False
    state: str | None = None
    sale_line_id: int | None = None


@dataclass(frozen=True)
class BookedLine(Record):
    """An analytic line that is no hour, for the names of its fields."""

    MODEL: ClassVar[str] = "account.analytic.line"
    MODULE: ClassVar[str] = "analytic"
    id: int
    account_id: int | None
    amount: Decimal
    general_account_id: int | None = None
    move_line_id: int | None = None


@dataclass(frozen=True)
class BookedAmount(Record):
    """An account of the books; its type tells income from cost."""

    MODEL: ClassVar[str] = "account.account"
    MODULE: ClassVar[str] = "account"
    id: int
    account_type: str | None


@dataclass(frozen=True)
class WaitingExpense(Record):
    """An expense that is not in the books yet, taxes included.

    total_amount is in the company's currency, but for Odoo 16, which has total_amount_company.
    """

    MODEL: ClassVar[str] = "hr.expense"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    total_amount: Decimal
    total_amount_company: Decimal | None = None
    #: Percent by account; with several plans the key is one account of each, as in "12,31".
    analytic_distribution: Mapping[str, float] | None = None
    sheet_id: int | None = None


@dataclass(frozen=True)
class Bought(Record):
    """A line of a confirmed purchase order, untaxed in the currency of the order."""

    MODEL: ClassVar[str] = "purchase.order.line"
    MODULE: ClassVar[str] = "purchase"
    id: int
    order_id: int
    currency_id: int
    price_subtotal: Decimal
    product_qty: Decimal
    qty_invoiced: Decimal
    analytic_distribution: Mapping[str, float] | None = None
    sale_line_id: int | None = None
