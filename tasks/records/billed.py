"""Reads what was invoiced in the trailing twelve months and what customers still owe."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.domain.lock_up import DAYS_OF_YEAR
from tasks.records.sales import Invoice

ZERO = Decimal(0)


@dataclass(frozen=True)
class Billed:
    """Of one currency: invoices less credit notes, without and with taxes, and what is unpaid."""

    revenue: Decimal = ZERO
    taxed_revenue: Decimal = ZERO
    receivables: Decimal = ZERO


def read_billed(odoo: Reader, today: date) -> Mapping[int, Billed] | None:
    """Posted customer invoices of the company by id of currency; None where none may be read."""
    if not odoo.sees_all(Invoice.MODEL):
        return None
    posted: Domain = [
        ("company_id", "=", odoo.company_id),
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
