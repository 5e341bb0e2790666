"""What a draft invoice would hold, as it is told before it is made, and checked when it is."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import Field

from tasks.domain.policy import Currency
from tasks.domain.texts import Money, Text, joined, plural
from tasks.domain.written import Id, Written

MOST_LINES: Final = 12


class ExpectedLine(Written):
    """A line of it, as the order has it: before taxes, in the order's currency."""

    line_id: Id = Field(description="of sale.order.line")
    name: str
    quantity: Decimal = Field(description="in the unit of the order's line")
    price_unit: Decimal
    discount_percent: Decimal = Decimal(0)
    amount: Decimal
    tax_ids: tuple[Id, ...] = ()
    taxes: tuple[str, ...] = Field((), description="their names")

    def told(self, currency: str) -> Text:
        """In words."""
        taxes = self.taxes or (Text("no tax"),)
        less = (
            Text(" less {percent} %", percent=self.discount_percent)
            if self.discount_percent
            else ""
        )
        return Text(
            "{name}: {quantity} x {price}{less} = {amount} ({taxes})",
            name=self.name,
            quantity=self.quantity,
            price=self.price_unit,
            less=less,
            amount=Money(self.amount, currency),
            taxes=taxes,
        )


class ExpectedDraft(Written):
    """All of it, with what of the order it rests on."""

    currency: Currency
    amount: Decimal = Field(description="before taxes, what is taken off included")
    #: What is billed; down payments that are taken off are none of it.
    lines: tuple[ExpectedLine, ...] = Field(min_length=1)
    deducted: Decimal = Field(Decimal(0), description="of down payments, before taxes")
    customer: str
    address_id: Id = Field(description="of res.partner: where the invoice goes")
    vat: str = Field("", description="the VAT number of that address")
    reference: str = Field("", description="the customer's order number")
    until: date = Field(description="the last day of what is delivered")

    @property
    def told(self) -> Text:
        """In words, the first lines of many."""
        return joined(self._parts(), "; ")

    def _parts(self) -> Iterator[Text]:
        yield Text(
            "a draft invoice of {amount} before taxes for {customer}",
            amount=Money(self.amount, self.currency),
            customer=self.customer,
        )
        for line in self.lines[:MOST_LINES]:
            yield line.told(self.currency)
        if (more := len(self.lines) - MOST_LINES) > 0:
            yield plural("{count} more line", "{count} more lines", count=more)
        if self.deducted:
            yield Text(
                "down payments of {amount} are taken off",
                amount=Money(self.deducted, self.currency),
            )
        if self.reference:
            yield Text("customer's order {reference}", reference=self.reference)
        yield Text("delivered until {day}; dated when it is posted", day=self.until)

    @property
    def asked(self) -> Mapping[str, Any]:
        """As the procedure in Odoo compares it; JSON."""
        return {
            "currency": self.currency,
            "amount": float(self.amount),
            "address": self.address_id,
            "vat": self.vat,
            "reference": self.reference,
            "lines": [
                [
                    line.line_id,
                    float(line.quantity),
                    float(line.price_unit),
                    float(line.discount_percent),
                    sorted(line.tax_ids),
                ]
                for line in self.lines
            ],
        }
