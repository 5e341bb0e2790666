"""What the firm spends for customers, and prepaid lines, as this job reads them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.records import Record


@dataclass(frozen=True)
class SpentForCustomer(Record):
    """An expense without its taxes.

    untaxed_amount_currency is in the expense's own currency; Odoo 16 has that in untaxed_amount.
    """

    MODEL: ClassVar[str] = "hr.expense"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    name: str
    employee_id: int
    state: str
    create_date: datetime
    date: date | None
    currency_id: int | None
    product_id: int | None
    untaxed_amount_currency: Decimal | None = None
    untaxed_amount: Decimal | None = None
    sale_order_id: int | None = None
    #: Who approves it, from Odoo 19 on.
    manager_id: int | None = None
    #: Before Odoo 19.
    sheet_id: int | None = None

    @property
    def own_amount(self) -> Decimal | None:
        """In its own currency."""
        known = self.untaxed_amount_currency
        return self.untaxed_amount if known is None else known


@dataclass(frozen=True)
class SpentReportState(Record):
    """How far a report of expenses has come (Odoo 16 to 18), and who approves it."""

    MODEL: ClassVar[str] = "hr.expense.sheet"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    state: str
    user_id: int | None


@dataclass(frozen=True)
class CostEntry(Record):
    """What was spent, in the analytic accounts: below zero, in the currency of the company.

    so_line is the line of an order that re-invoices it.
    """

    MODEL: ClassVar[str] = "account.analytic.line"
    MODULE: ClassVar[str] = "analytic"
    id: int
    date: date
    amount: Decimal
    unit_amount: float
    account_id: int | None
    move_line_id: int | None
    so_line: int | None


@dataclass(frozen=True)
class BillLine(Record):
    """A line of an entry in the accounts: of a vendor's bill, or of an expense."""

    MODEL: ClassVar[str] = "account.move.line"
    MODULE: ClassVar[str] = "account"
    id: int
    move_id: int
    product_id: int | None
    date: date | None
    move_type: str
    parent_state: str
    price_subtotal: Decimal
    currency_id: int
    expense_id: int | None = None
    #: What was ordered from the vendor (module purchase).
    purchase_line_id: int | None = None


@dataclass(frozen=True)
class Bill(Record):
    """A vendor's bill or refund; of a refund, the bill that it takes back."""

    MODEL: ClassVar[str] = "account.move"
    MODULE: ClassVar[str] = "account"
    id: int
    name: str | None
    reversed_entry_id: int | None = None


@dataclass(frozen=True)
class CostProduct(Record):
    """What was bought, and whether it is re-invoiced: no, cost or sales_price."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "product"
    id: int
    display_name: str
    expense_policy: str | None = None


@dataclass(frozen=True)
class CostProject(Record):
    """A billable project by its analytic account."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    user_id: int | None
    is_template: bool = False
    allow_billable: bool = False
    account_id: int | None = None


@dataclass(frozen=True)
class PurchaseLine(Record):
    """What was ordered from a vendor, and the line of an order that it is for (sale_purchase)."""

    MODEL: ClassVar[str] = "purchase.order.line"
    MODULE: ClassVar[str] = "purchase"
    id: int
    sale_line_id: int | None = None


@dataclass(frozen=True)
class MeasuredLine(Record):
    """The unit that an order line is sold in."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int
    product_uom_id: int | None
