"""Reads what of orders is delivered and on no live invoice: hours and milestones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.domain.ageing import Entry
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.records.orders import SoldOrder
from tasks.records.sales import Invoice, Milestone
from tasks.records.timesheets import TimesheetLine


def line_ids(orders: Iterable[SoldOrder], billing: Billing) -> dict[int, int]:
    """Order ids by line id, for the lines billed that way."""
    return {
        sold.line.id: order.order.id
        for order in orders
        for sold in order.lines
        if sold.sold.billing is billing
    }


def hours(odoo: Reader, line_ids: Iterable[int]) -> Domain:
    """Billable hours on no live invoice: a cancelled or reversed one bills nothing."""
    live: Domain = [("timesheet_invoice_id", "=", False)]
    if odoo.session.may_read(Invoice.MODEL):
        live = [
            "|",
            "|",
            ("timesheet_invoice_id", "=", False),
            ("timesheet_invoice_id.state", "=", "cancel"),
            ("timesheet_invoice_id.payment_state", "=", "reversed"),
        ]
    return [
        ("so_line", "in", sorted(line_ids)),
        ("project_id", "!=", False),
        ("timesheet_invoice_type", "=", "billable_time"),
        *live,
    ]


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
    check="hours on orders",
    reason="the module sale_timesheet is not installed, so no hours are linked to orders",
    remedy="install sale_timesheet to bill time and to age it",
)
