"""What of a confirmed order line can be billed now, by how the line is billed."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tasks.domain.money import Currency
from tasks.domain.taxes import NOTHING as NO_TAXES
from tasks.domain.taxes import Included
from tasks.domain.texts import NOTHING, Text

ZERO = Decimal(0)


class Billing(StrEnum):
    """How a line is billed."""

    TIME_AND_MATERIALS = "time_and_materials"
    MILESTONE = "milestone"
    MANUAL = "manual"
    FIXED = "fixed"
    EXPENSE = "expense"
    DOWN_PAYMENT = "down_payment"


@dataclass(frozen=True)
class Draft:
    """What of a line is on draft invoices: quantity in its unit, value untaxed."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO

    @property
    def stands(self) -> bool:
        """Whether there is a draft at all, if only of work without a price."""
        return bool(self.quantity or self.value)

    @property
    def adds(self) -> bool:
        """Whether it bills more than it gives back."""
        return self.quantity > 0 or self.value > 0


NO_DRAFT: Final = Draft()


@dataclass(frozen=True)
class Gap:
    """What Odoo's own amount to invoice has more than ours, and why that is not to be billed."""

    amount: Decimal = ZERO
    reason: Text = NOTHING


NO_GAP: Final = Gap()


@dataclass(frozen=True)
class Sold:
    """An order line as billing sees it: quantities in its unit, money untaxed in its currency.

    invoiced_amount counts posted invoices less credit notes; invoiced counts drafts too.
    """

    currency: Currency
    billing: Billing
    on_delivery: bool
    ordered: Decimal
    delivered: Decimal
    invoiced: Decimal
    price_unit: Decimal
    discount_percent: Decimal
    invoiced_amount: Decimal
    included: Included = NO_TAXES
    draft: Draft = NO_DRAFT
    #: At no price on purpose.
    free: bool = False
    #: How much of the order's other lines is delivered, 0 to 1.
    earned_share: Decimal = Decimal(1)
    #: What Odoo says that all that is ordered is worth.
    subtotal: Decimal | None = None
    #: Of a down payment the wizard deducts one, as since Odoo 19, and not the quantity invoiced.
    deducted_whole: bool = True

    @property
    def due(self) -> Decimal:
        """The quantity to bill in all: delivered, or ordered where billing goes by the order."""
        return self.delivered if self.on_delivery else self.ordered

    @property
    def amount(self) -> Decimal:
        """What Odoo's invoice wizard would bill now, and what drafts bill already.

        By quantity, so an invoice at another price leaves nothing to bill; negative when too much
        was billed. Down payments are deducted, as the wizard proposes.
        """
        if self.billing is Billing.DOWN_PAYMENT:
            return self.draft.value - self.deduction
        return self.worth(self.due - self.invoiced) + self.draft.value

    @property
    def deduction(self) -> Decimal:
        """What the wizard would take off for a down payment: a quantity, at the line's price.

        Odoo sets that price when an invoice of the line is posted, whatever the quantity on it: to
        zero by a credit note of a part of the quantity. The taxes that a line keeps move a cent.
        """
        if not self.invoiced:
            return ZERO
        worth = self.worth(Decimal(1) if self.deducted_whole else self.invoiced)
        billed = self.invoiced_amount + self.draft.value
        return billed if abs(worth - billed) <= self.currency.smallest else worth

    @property
    def deducts(self) -> bool:
        """Whether the line takes off what the order's others bill: a discount, or a return."""
        return self.price_unit * (self.ordered or self.delivered or self.invoiced) < 0

    @property
    def earned(self) -> Decimal:
        """The quantity worked for: delivered, but of a fixed price no more than was ordered.

        Nobody delivers a discount of a fixed amount: it is earned as what it is taken off.
        """
        if self.billing is not Billing.FIXED:
            return self.delivered
        if self.deducts:
            return self.ordered * self.earned_share
        return min(self.delivered, self.ordered)

    @property
    def posted(self) -> Decimal:
        """The quantity on posted invoices."""
        return self.invoiced - self.draft.quantity

    @property
    def balance(self) -> Decimal:
        """What is earned and on no posted invoice, or with the other sign billed and not earned.

        The amount to bill, but of a fixed price that goes by the order: there the quantity earned,
        and too much billed at what it was billed for.
        """
        if self.billing is not Billing.FIXED or self.earned == self.due:
            return self.amount
        left = self.earned - self.posted
        if self.posted and left / self.posted < 0:
            return self.currency.round(self.invoiced_amount * left / self.posted)
        return self.worth(left)

    @property
    def wip(self) -> Decimal:
        """Of the balance, what is earned: zero or more, and of a deduction zero or less.

        A line's two sides are never netted against another line's.
        """
        return self.balance if (self.balance < 0) == self.deducts else ZERO

    @property
    def advance(self) -> Decimal:
        """Of the balance, what was billed too early: zero or less, of a deduction zero or more."""
        return self.balance - self.wip

    @property
    def unpriced(self) -> bool:
        """Whether something is due that nobody has put a price on."""
        given = self.free or self.discount_percent >= 100
        return self.price_unit == 0 and not given and self.due > self.invoiced

    @property
    def net_price(self) -> Decimal:
        """The price of a unit after the discount, with the taxes that it includes."""
        return self.price_unit * (1 - self.discount_percent / 100)

    def untaxed(self, quantity: Decimal) -> Decimal:
        """What a quantity in the line's unit is worth, not rounded."""
        return self.included.untaxed(self.net_price, quantity, self.currency)

    def worth(self, quantity: Decimal) -> Decimal:
        """The same, rounded as on an invoice line of its own; all that is ordered as Odoo says."""
        if self.subtotal is not None and quantity == self.ordered:
            return self.subtotal
        return self.currency.round(self.untaxed(quantity))


def earned_share(lines: Iterable[Sold]) -> Decimal:
    """How much of what an order sells is worked for, by value: what its discounts follow.

    Ours, no source: Odoo deducts a discount with the first invoice.
    """
    selling = [
        line for line in lines if line.billing is not Billing.DOWN_PAYMENT and not line.deducts
    ]
    earned = sum((line.untaxed(line.earned) for line in selling), ZERO)
    sold = sum((line.untaxed(line.ordered) for line in selling), ZERO)
    if sold <= 0:
        return Decimal(earned > 0)
    return min(earned / sold, Decimal(1))


def billing_of(method: str, on_delivery: bool, is_expense: bool, is_downpayment: bool) -> Billing:
    """How a line is billed: the line says how it is delivered, the product how it is invoiced."""
    if is_downpayment:
        return Billing.DOWN_PAYMENT
    if is_expense:
        return Billing.EXPENSE
    if not on_delivery:
        return Billing.FIXED
    return {
        "timesheet": Billing.TIME_AND_MATERIALS,
        "milestones": Billing.MILESTONE,
    }.get(method, Billing.MANUAL)
