"""What of a confirmed order line can be billed now, by how the line is billed."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tasks.domain.money import Currency


class Billing(StrEnum):
    """How a line is billed."""

    TIME_AND_MATERIALS = "time_and_materials"
    MILESTONE = "milestone"
    MANUAL = "manual"
    FIXED = "fixed"
    EXPENSE = "expense"
    DOWN_PAYMENT = "down_payment"


@dataclass(frozen=True)
class Sold:
    """An order line as billing sees it: quantities in its unit, money untaxed in its currency.

    invoiced_amount counts posted invoices less credit notes; invoiced counts drafts too.
    included_tax_percent: what the price includes of taxes. undiscounted: what invoices bill before
    their discount, where an invoice gives another discount than the order.
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
    included_tax_percent: Decimal = Decimal(0)
    undiscounted: Decimal | None = None

    @property
    def due(self) -> Decimal:
        """The quantity to bill in all: delivered, or ordered where billing goes by the order."""
        return self.delivered if self.on_delivery else self.ordered

    @property
    def amount(self) -> Decimal:
        """What can be billed now, drafts still in it; negative when too much was billed.

        Odoo's `sale.order.line._compute_untaxed_amount_to_invoice`, in binary floats as there: of
        half a cent that is left after everything is billed they decide whether it shows.
        """
        value = float(self.price_unit) * (1 - float(self.discount_percent) / 100) * float(self.due)
        if self.included_tax_percent:
            value = float(self.currency.round(self.untaxed(self.due)))
        if self.undiscounted is None:
            left = value - float(self.invoiced_amount)
        else:
            # Else a discount given on the invoice alone would stay to be billed for ever.
            left = max(value - float(self.undiscounted), 0.0)
        # Odoo's float_round adds as much before it rounds.
        return self.currency.round(Decimal(repr(left * (1 + 2**-52))))

    @property
    def earned(self) -> Decimal:
        """The quantity worked for: delivered, but of a fixed price no more than was ordered."""
        return (
            min(self.delivered, self.ordered) if self.billing is Billing.FIXED else self.delivered
        )

    @property
    def balance(self) -> Decimal:
        """Earned less posted invoices: WIP above zero, advance billing below.

        A line's two sides are never netted against another line's.
        """
        value = self.untaxed(self.earned)
        billed = self.currency.round(value) - self.invoiced_amount
        if self.undiscounted is None:
            return billed
        left = self.currency.round(value - self.undiscounted)
        # Of what is left, a discount of the invoice is no part; of what is too much, it is.
        return left if left >= 0 else min(billed, Decimal(0))

    @property
    def drafted(self) -> Decimal:
        """The value on draft invoices: what is invoiced, drafts included, less what is posted."""
        value = self.currency.round(self.untaxed(self.invoiced)) - self.invoiced_amount
        return max(value, Decimal(0))

    @property
    def unpriced(self) -> bool:
        """Whether something is due that nobody has put a price on."""
        return self.price_unit == 0 and self.due > self.invoiced

    def untaxed(self, quantity: Decimal) -> Decimal:
        """What a quantity in the line's unit is worth, not rounded."""
        net = self.price_unit * (1 - self.discount_percent / 100)
        return net * quantity / (1 + self.included_tax_percent / 100)


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
