"""An expense with what follows from it, whichever Odoo tells of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasks.domain.money import Currency
from tasks.domain.texts import Money


class Stage(StrEnum):
    """How far an expense has come; one that was refused is not looked at."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    POSTED = "posted"
    PAID = "paid"


@dataclass(frozen=True)
class Spending:
    """One expense."""

    id: int
    name: str
    url: str
    employee_id: int
    stage: Stage
    #: When it was entered.
    entered: date
    #: When it was spent.
    day: date | None
    #: When it was approved, where Odoo tells.
    approved: date | None
    #: Taxes included, in its own currency; in_company_currency the same in the company's.
    amount: Decimal
    currency: Currency
    in_company_currency: Decimal
    product_id: int | None
    #: Whether the company paid it, not the employee.
    paid_by_company: bool
    #: The user who approves it.
    approver_id: int | None
    order_id: int | None
    #: Analytic accounts, of all plans.
    accounts: frozenset[int]
    #: The same for all parts of what was split.
    family: int
    entries: tuple[int, ...]
    #: Whether Odoo says that its payment is not matched with the bank's statement yet.
    in_payment: bool

    @property
    def spent_on(self) -> date:
        """When it was spent, or else entered."""
        return self.day or self.entered

    @property
    def money(self) -> Money:
        """Its amount in its own currency."""
        return Money(self.amount, self.currency.code)
