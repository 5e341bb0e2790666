"""What waits on draft invoices of an order, and how finance gets to the invoice."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tasks.domain.texts import Text
from tasks.reads.orders import SoldOrder


@dataclass(frozen=True)
class Drafted:
    """What waits on draft invoices: whether it bills all that is due, some of it, or none."""

    bills: bool = False
    bills_all: bool = False
    #: down_payment, credit_note: drafts that bill none of it.
    down_payment: bool = False
    credit_note: bool = False

    @property
    def next_step(self) -> Text:
        """How finance gets to the invoice."""
        if not self.bills:
            return Text("create and send the invoice")
        if self.bills_all:
            return Text("post the prepared draft")
        return Text("post the prepared draft, then invoice the rest")

    @property
    def reason(self) -> Text:
        """What the drafts are."""
        if self.bills and self.bills_all:
            return Text("a draft invoice is prepared: post it rather than make a second one")
        if self.bills:
            return Text(
                "a draft invoice for a part is prepared: post it rather than make a second one"
            )
        if self.down_payment:
            return Text("a draft of a down payment waits, which bills none of this")
        if self.credit_note:
            return Text("a draft credit note waits, which bills none of this")
        return Text("no draft invoice waits")


NO_DRAFT: Final = Drafted()


def drafted(order: SoldOrder) -> Drafted:
    """A draft bills what is due of a line where it has more than it gives back.

    A final invoice takes back what a down payment billed; it bills the work all the same.
    """
    waiting = [line for line in order.lines if line.sold.draft.stands]
    work = [line.sold for line in waiting if not line.line.is_downpayment]
    due = [line.sold.amount for line in order.lines if not line.line.is_downpayment]
    value = sum((sold.draft.value for sold in work if sold.draft.adds), Decimal(0))
    return Drafted(
        bills=any(sold.draft.adds for sold in work),
        bills_all=value >= sum((amount for amount in due if amount > 0), Decimal(0)),
        down_payment=any(line.line.is_downpayment for line in waiting),
        credit_note=any(not sold.draft.adds for sold in work),
    )
