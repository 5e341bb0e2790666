"""How long money is tied up: what was billed and is owed, WIP days, debtor days and their sum.

Formulas: LINK Academy and Armstrong Watson (closing balances).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.records.sales import Invoice

ZERO = Decimal(0)
DAYS_OF_YEAR: Final = 365


@dataclass(frozen=True)
class Billed:
    """Of one currency: invoices less credit notes, without and with taxes, and what is unpaid."""

    revenue: Decimal = ZERO
    taxed_revenue: Decimal = ZERO
    receivables: Decimal = ZERO


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


def realization_percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Billed / standard value, collected / billed, or collected / standard value.

    Eagle Rock CFO, Harvest. None when there is nothing to realize.
    """
    return 100 * part / whole if whole else None


def _days(balance: Decimal, revenue: Decimal) -> Decimal | None:
    return balance * DAYS_OF_YEAR / revenue if revenue > 0 else None


def read_billed(odoo: Reader, today: date) -> Mapping[int, Billed] | None:
    """Posted customer invoices of the company by id of currency; None where none may be read."""
    if not odoo.sees_all(Invoice.MODEL):
        return None
    posted: Domain = [
        ("state", "=", "posted"),
        ("move_type", "in", ["out_invoice", "out_refund"]),
        ("invoice_date", "<=", str(today)),
    ]
    a_year_ago = str(today - timedelta(days=DAYS_OF_YEAR))
    in_year = _sums(
        odoo, [*posted, ("invoice_date", ">", a_year_ago)], "amount_untaxed", "amount_total"
    )
    unpaid = _sums(odoo, [*posted, ("amount_residual", "!=", 0)], "amount_residual")
    return {
        currency: Billed(*in_year.get(currency, (ZERO, ZERO)), *unpaid.get(currency, (ZERO,)))
        for currency in in_year.keys() | unpaid.keys()
    }


def _sums(odoo: Reader, domain: Domain, *fields: str) -> Mapping[int, tuple[Decimal, ...]]:
    found: dict[int, tuple[Decimal, ...]] = defaultdict(lambda: (ZERO,) * len(fields))
    by = ["currency_id", "move_type"]
    for group in odoo.group(Invoice.MODEL, domain, by=by, sums=fields):
        sign = -1 if group.keys[1] == "out_refund" else 1
        currency = group.id_at(0)
        found[currency] = tuple(
            before + sign * Decimal(repr(value))
            for before, value in zip(found[currency], group.sums, strict=True)
        )
    return found
