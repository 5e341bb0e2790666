"""Expenses and what belongs to them, as this job reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

from odoo_gateway.records import Record


@dataclass(frozen=True)
class SpentExpense(Record):
    """An expense with its taxes.

    total_amount is in the company's currency, and total_amount_currency in the expense's own; Odoo
    16 has instead the company's in total_amount_company, and the expense's own in total_amount.
    """

    MODEL: ClassVar[str] = "hr.expense"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    name: str
    employee_id: int
    state: Literal[
        "draft",
        "reported",
        "submitted",
        "approved",
        "posted",
        "in_payment",
        "paid",
        "done",
        "refused",
    ]
    create_date: datetime
    #: When it was spent.
    date: date | None
    total_amount: Decimal
    currency_id: int | None
    product_id: int | None
    payment_mode: str | None
    total_amount_currency: Decimal | None = None
    total_amount_company: Decimal | None = None
    #: Percent by account; with several plans the key is one account of each, as in "12,31".
    analytic_distribution: Mapping[str, float] | None = None
    sale_order_id: int | None = None
    #: manager_id, approval_date, account_move_id, split_expense_origin_id: from Odoo 19 on.
    manager_id: int | None = None
    approval_date: datetime | None = None
    account_move_id: int | None = None
    split_expense_origin_id: int | None = None
    #: Before Odoo 19.
    sheet_id: int | None = None

    @property
    def own_amount(self) -> Decimal:
        """In its own currency."""
        known = self.total_amount_currency
        return self.total_amount if known is None else known

    @property
    def company_amount(self) -> Decimal:
        """In the company's currency."""
        known = self.total_amount_company
        return self.total_amount if known is None else known


@dataclass(frozen=True)
class SpentReport(Record):
    """A report of expenses (Odoo 16 to 18), which says where they stand."""

    MODEL: ClassVar[str] = "hr.expense.sheet"
    MODULE: ClassVar[str] = "hr_expense"
    id: int
    state: Literal["draft", "submit", "approve", "post", "done", "cancel"]
    user_id: int | None
    approval_date: datetime | None = None
    payment_state: str | None = None
    #: Its entries: one in Odoo 16, several in 17 and 18.
    account_move_id: int | None = None
    account_move_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Claimant(Record):
    """Who spent it, and the user who approves what they spend."""

    MODEL: ClassVar[str] = "hr.employee"
    MODULE: ClassVar[str] = "hr"
    id: int
    name: str
    active: bool
    user_id: int | None
    parent_id: int | None
    department_id: int | None
    work_email: str | None
    expense_manager_id: int | None = None


@dataclass(frozen=True)
class Receipt(Record):
    """A file on an expense."""

    MODEL: ClassVar[str] = "ir.attachment"
    MODULE: ClassVar[str] = "base"
    id: int
    res_id: int | None
    checksum: str | None


@dataclass(frozen=True)
class SpentProduct(Record):
    """What was bought, what it is filed under, and whether it is re-invoiced: no, cost or price."""

    MODEL: ClassVar[str] = "product.product"
    MODULE: ClassVar[str] = "product"
    id: int
    display_name: str
    categ_id: int | None
    expense_policy: str | None = None


@dataclass(frozen=True)
class SpentProject(Record):
    """A project by its analytic account, which expenses are booked on."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str
    active: bool
    last_update_status: str | None = None
    allow_billable: bool = False
    account_id: int | None = None


@dataclass(frozen=True)
class Entry(Record):
    """The entry of an expense in the accounts."""

    MODEL: ClassVar[str] = "account.move"
    MODULE: ClassVar[str] = "account"
    id: int
    state: Literal["draft", "posted", "cancel"]
    payment_state: str | None
    date: date


@dataclass(frozen=True)
class EntryLine(Record):
    """A line of an entry; of one that is reconciled, or need not be, nothing is open."""

    MODEL: ClassVar[str] = "account.move.line"
    MODULE: ClassVar[str] = "account"
    id: int
    move_id: int
    amount_residual: Decimal
    account_type: str | None
