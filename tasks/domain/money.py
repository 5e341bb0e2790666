"""Amounts that never mix currencies and never pass through binary floats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, order=True)
class Currency:
    """A currency by its ISO code, with the decimals that it is written with."""

    code: str
    decimals: int = 2
    #: What Odoo rounds to where that is not one unit of the last decimal, like 0.05 in cash.
    step: Decimal | None = None

    @property
    def smallest(self) -> Decimal:
        """The smallest amount there is."""
        return self.step or Decimal(1).scaleb(-self.decimals)

    def round(self, amount: Decimal) -> Decimal:
        """Half away from zero, as Odoo rounds; zero has no sign."""
        steps = (amount / self.smallest).quantize(Decimal(1), ROUND_HALF_UP)
        return (steps * self.smallest).quantize(Decimal(1).scaleb(-self.decimals)) + 0

    def text(self, amount: Decimal) -> str:
        """The plain number with the currency's decimals, for programs."""
        return f"{self.round(amount):f}"


def totals(amounts: Iterable[tuple[Currency, Decimal]]) -> Mapping[Currency, Decimal]:
    """Sum per currency; there is no other sum."""
    sums: dict[Currency, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))


def cost_of_delay_per_day(amount: Decimal, annual_cost_of_capital_percent: Decimal) -> Decimal:
    """What one day of waiting costs: amount x annual cost of capital / 365. Ours, no source."""
    return amount * annual_cost_of_capital_percent / 100 / 365
