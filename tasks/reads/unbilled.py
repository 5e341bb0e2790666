"""Reads what of orders is delivered and on no live invoice: hours and milestones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.ageing import ROUNDING_OF_HOURS, Entry, still_open
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.domain.texts import Text
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.reads.units import group_hours
from tasks.records.sales import Invoice, Milestone
from tasks.records.timesheets import TimesheetLine

ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Delivered:
    """What a line delivered and no posted invoice is linked to: on no invoice, and on drafts.

    Links alone do not tell what is billed: Odoo clears those of all hours of a line when an invoice
    is credited, however little of it.
    """

    entries: tuple[Entry, ...] = ()
    drafted: tuple[Entry, ...] = ()


def line_ids(orders: Iterable[SoldOrder], billing: Billing) -> dict[int, int]:
    """Order ids by line id, for the lines billed that way."""
    return {
        sold.line.id: order.order.id
        for order in orders
        for sold in order.lines
        if sold.sold.billing is billing
    }


def time(
    odoo: Reader, orders: Sequence[SoldOrder], until: date | None = None
) -> Mapping[int, Delivered]:
    """Billable hours by day and line, in the line's unit, told by its own delivered hours.

    Where posted invoices bill less than the hours that are linked to them, the newest of these are
    among the entries. until: as it stood at the end of that day, when nobody knows of drafts.
    """
    if not knows_hours(odoo):
        return {}
    lines = {
        sold.line.id: sold
        for order in orders
        for sold in order.lines
        if sold.sold.billing is Billing.TIME_AND_MATERIALS
    }
    dated: Domain = [("date", "<=", str(until))] if until else []
    per_hour = _units_per_hour(odoo, lines, dated)
    if until:
        unlinked = _by_day(odoo, [*_not_posted_by(odoo, lines, until), *dated], per_hour)
        drafted: Mapping[int, tuple[Entry, ...]] = {}
    else:
        unlinked = _by_day(odoo, hours(odoo, lines), per_hour)
        drafted = _by_day(odoo, _on_invoices(odoo, lines, "draft"), per_hour)
    short = {
        line_id: missing
        for line_id, sold in lines.items()
        if (missing := _missing(sold, unlinked, drafted)) > ROUNDING_OF_HOURS
    }
    linked = [*_on_invoices(odoo, short, "posted", until), *dated]
    posted = _by_day(odoo, linked, per_hour) if short else {}
    kept = {
        line_id: tuple(e for e in still_open(found, short[line_id]) if e.day)
        for line_id, found in posted.items()
    }
    return {
        line_id: Delivered(
            (*unlinked.get(line_id, ()), *kept.get(line_id, ())), drafted.get(line_id, ())
        )
        for line_id in {*unlinked, *drafted, *kept}
    }


def waiting(sold: SoldLine, delivered: Delivered) -> Sequence[Entry]:
    """What of a line is on no invoice, neither posted nor draft, the oldest first.

    What is invoiced covers the oldest hours first, whatever is linked.
    """
    return still_open(delivered.entries, sold.sold.earned - sold.sold.invoiced)


def _missing(sold: SoldLine, *found: Mapping[int, Sequence[Entry]]) -> Decimal:
    """How much of what posted invoices do not bill is linked to them all the same."""
    known = (entry.quantity for each in found for entry in each.get(sold.line.id, ()))
    return sold.sold.earned - sold.sold.posted - sum(known, ZERO)


def _units_per_hour(
    odoo: Reader, lines: Mapping[int, SoldLine], dated: Domain
) -> Mapping[int, Decimal]:
    domain: Domain = [("so_line", "in", sorted(lines)), ("project_id", "!=", False), *dated]
    groups = group_hours(odoo, domain, ["so_line"])
    total = {group.id_at(0): Decimal(repr(group.sums[0])) for group in groups}
    return {
        line_id: sold.sold.delivered / logged
        if (logged := total.get(line_id, ZERO))
        else Decimal(1)
        for line_id, sold in lines.items()
    }


def _by_day(
    odoo: Reader, domain: Domain, per_hour: Mapping[int, Decimal]
) -> Mapping[int, tuple[Entry, ...]]:
    by, found = ["so_line", "date:day"], defaultdict[int, list[Entry]](list)
    costs = odoo.group(TimesheetLine.MODEL, domain, by=by, sums=["amount"], all_companies=True)
    # Odoo writes costs as negative amounts.
    cost = {group.keys: -Decimal(repr(group.sums[0])) for group in costs}
    for group in group_hours(odoo, domain, by):
        line_id, logged = group.id_at(0), Decimal(repr(group.sums[0]))
        entry = Entry(group.day_at(1), logged * per_hour[line_id], logged, cost[group.keys])
        found[line_id].append(entry)
    return {line_id: tuple(entries) for line_id, entries in found.items()}


def _billable(line_ids: Iterable[int]) -> Domain:
    return [
        ("so_line", "in", sorted(line_ids)),
        ("project_id", "!=", False),
        ("timesheet_invoice_type", "=", "billable_time"),
    ]


def _on_invoices(
    odoo: Reader, line_ids: Iterable[int], state: str, until: date | None = None
) -> Domain:
    if not odoo.session.may_read(Invoice.MODEL):
        return [("id", "=", 0)]
    dated: Domain = [("timesheet_invoice_id.invoice_date", "<=", str(until))] if until else []
    return [
        *dated,
        *_billable(line_ids),
        ("timesheet_invoice_id.state", "=", state),
        ("timesheet_invoice_id.payment_state", "!=", "reversed"),
    ]


def _not_posted_by(odoo: Reader, line_ids: Iterable[int], day: date) -> Domain:
    """Hours that no invoice of that day or before bills."""
    if not odoo.session.may_read(Invoice.MODEL):
        return hours(odoo, line_ids)
    return [
        *_billable(line_ids),
        "|",
        "|",
        "|",
        ("timesheet_invoice_id", "=", False),
        ("timesheet_invoice_id.state", "!=", "posted"),
        ("timesheet_invoice_id.payment_state", "=", "reversed"),
        ("timesheet_invoice_id.invoice_date", ">", str(day)),
    ]


def hours(odoo: Reader, line_ids: Iterable[int]) -> Domain:
    """Billable hours on no live invoice: a cancelled or reversed one bills nothing."""
    return [*_billable(line_ids), *on_no_invoice(odoo)]


def on_no_invoice(odoo: Reader) -> Domain:
    """Timesheet lines that no live invoice bills."""
    live: Domain = [("timesheet_invoice_id", "=", False)]
    if odoo.session.may_read(Invoice.MODEL):
        live = [
            "|",
            "|",
            ("timesheet_invoice_id", "=", False),
            ("timesheet_invoice_id.state", "=", "cancel"),
            ("timesheet_invoice_id.payment_state", "=", "reversed"),
        ]
    return live


def knows_hours(odoo: Reader) -> bool:
    """Whether the database links hours to orders and invoices (module sale_timesheet)."""
    return not odoo.lacks(TimesheetLine, "timesheet_invoice_id")


def unknown_hours(odoo: Reader) -> tuple[NotVerifiable, ...]:
    """What cannot be told where hours are linked to no order."""
    return () if knows_hours(odoo) else (_NO_LINK,)


def milestones(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Sequence[Milestone]]:
    """The milestones that bill lines of the orders, by order id."""
    lines = line_ids(orders, Billing.MILESTONE)
    by_order: dict[int, list[Milestone]] = defaultdict(list)
    if lines:
        for milestone in odoo.search(Milestone, [("sale_line_id", "in", sorted(lines))]):
            by_order[lines[milestone.sale_line_id or 0]].append(milestone)
    return by_order


def reached(
    orders: Iterable[SoldOrder], found: Mapping[int, Sequence[Milestone]]
) -> Mapping[int, Sequence[Entry]]:
    """What reached milestones delivered, in the unit of their order line, by line id."""
    ordered = {sold.line.id: sold.sold.ordered for order in orders for sold in order.lines}
    entries: dict[int, list[Entry]] = defaultdict(list)
    for milestone in (milestone for of_order in found.values() for milestone in of_order):
        if milestone.is_reached and milestone.sale_line_id is not None:
            share = Decimal(repr(milestone.quantity_percentage))
            quantity = share * ordered[milestone.sale_line_id]
            entries[milestone.sale_line_id].append(Entry(milestone.reached_date, quantity))
    return entries


_NO_LINK = NotVerifiable(
    check=Text("hours on orders"),
    reason=Text("the module sale_timesheet is not installed, so no hours are linked to orders"),
    remedy=Text("install sale_timesheet to bill time and to age it"),
)
