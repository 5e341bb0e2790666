"""Reads what other currencies are worth in the company's, as Odoo converts them today."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.money import Currency
from tasks.domain.news import Subject


@dataclass(frozen=True)
class Rate(Record):
    """What one of a currency is worth in that of the company which asks, by today's rate."""

    MODEL: ClassVar[str] = "res.currency"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    inverse_rate: Decimal


@dataclass(frozen=True)
class Exchange:
    """The company's currency, and what others are worth in it."""

    currency: Currency
    #: By code; the company's own is not among them.
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def converted(self, amount: Decimal, currency: Currency | None) -> Decimal | None:
        """An amount in the company's currency, rounded (`res.currency._convert`).

        None where nobody knows what the other currency is worth.
        """
        if currency == self.currency:
            return self.currency.round(amount)
        rate = self.rates.get(currency.code) if currency else None
        return None if rate is None else self.currency.round(amount * rate)


def read_exchange(
    odoo: Reader, currency: Currency, by: Mapping[int, Collection[Subject]]
) -> Exchange:
    """The rates of these currencies, by id; `by` says which records are in each.

    One that a rule hides is drift of those. Nothing is asked where there is only the company's.
    """
    found = odoo.referred(Rate, by) if by else {}
    return Exchange(currency, {rate.name: rate.inverse_rate for rate in found.values()})
