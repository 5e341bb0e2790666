"""How long money is tied up: WIP days, debtor days, lock-up, and what one day of it is worth.

Formulas: LINK Academy and Armstrong Watson (closing balances); with averages of opening and closing
balances: Lawganised.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

DAYS_OF_YEAR: Final = 365


@dataclass(frozen=True)
class LockUp:
    """Balances and the revenue of the trailing twelve months, in one currency.

    wip and revenue are untaxed. receivables carry taxes, so they are held against taxed_revenue.
    """

    wip: Decimal
    receivables: Decimal
    revenue: Decimal
    taxed_revenue: Decimal

    @property
    def wip_days(self) -> Decimal | None:
        """WIP / trailing twelve-month revenue x 365; None without revenue."""
        return _days(self.wip, self.revenue)

    @property
    def debtor_days(self) -> Decimal | None:
        """Receivables / trailing twelve-month revenue x 365; None without revenue."""
        return _days(self.receivables, self.taxed_revenue)

    @property
    def days(self) -> Decimal | None:
        """WIP days + debtor days."""
        if self.wip_days is None or self.debtor_days is None:
            return None
        return self.wip_days + self.debtor_days

    @property
    def value_of_a_day(self) -> Decimal:
        """Annual revenue / 365: what one day less of lock-up sets free."""
        return self.revenue / DAYS_OF_YEAR


def average(opening: Decimal, closing: Decimal) -> Decimal:
    """The balance that the average-balance method takes."""
    return (opening + closing) / 2


def realization_percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Billed / standard value, collected / billed, or collected / standard value.

    Eagle Rock CFO, Harvest. None when there is nothing to realize.
    """
    return 100 * part / whole if whole else None


def _days(balance: Decimal, revenue: Decimal) -> Decimal | None:
    return balance * DAYS_OF_YEAR / revenue if revenue > 0 else None
