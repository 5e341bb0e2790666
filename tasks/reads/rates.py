"""Reads what an hour is worth on order lines that are billed by time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain import money
from tasks.domain.billing import Billing
from tasks.reads.orders import SoldLine, read_orders
from tasks.reads.unbilled import line_ids
from tasks.reads.units import group_hours

# What Odoo has of a line's unit in an hour: the hour, and the day of eight.
UNITS_PER_HOUR: Final = (Decimal(1), Decimal("0.125"))
TOLERANCE: Final = Decimal("0.005")


@dataclass(frozen=True)
class Rate:
    """What one hour is worth, untaxed."""

    currency: money.Currency
    per_hour: Decimal


def read_rates(
    odoo: Reader, currencies: Mapping[int, money.Currency], approved: Domain
) -> Mapping[int, Rate]:
    """Rates by id of the order line; lines whose unit nobody can tell are left out.

    approved: the hours that have been approved, which may be all that Odoo counts as delivered.
    """
    orders = read_orders(odoo, currencies)
    lines = line_ids(orders, Billing.TIME_AND_MATERIALS)
    counted = [_hours(odoo, lines, ()), _hours(odoo, lines, approved)]
    return {
        sold.line.id: Rate(sold.sold.currency, sold.sold.untaxed(per_hour))
        for order in orders
        for sold in order.lines
        if sold.line.id in lines and (per_hour := _units(sold, counted))
    }


def units_per_hour(delivered: Decimal, counted: Iterable[Decimal | None]) -> Decimal | None:
    """How much of a line's unit an hour is, where what was delivered shows it.

    counted: the hours that Odoo may have counted as delivered, by its setting all or approved ones.
    """
    for hours in counted:
        for unit in UNITS_PER_HOUR:
            if hours and abs(delivered / hours - unit) <= TOLERANCE * unit:
                return unit
    return None


def _units(sold: SoldLine, counted: Iterable[Mapping[int, Decimal]]) -> Decimal | None:
    hours = [each.get(sold.line.id) for each in counted]
    return units_per_hour(sold.sold.delivered, hours)


def _hours(odoo: Reader, lines: Iterable[int], which: Domain) -> Mapping[int, Decimal]:
    domain: Domain = [("so_line", "in", sorted(lines)), ("project_id", "!=", False), *which]
    groups = group_hours(odoo, domain, ["so_line"])
    return {group.id_at(0): Decimal(repr(group.sums[0])) for group in groups}
