"""Reads what of orders is delivered and on no live invoice: hours and milestones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from odoo_gateway.reader import Domain, Reader
from tasks.domain.billing import Billing
from tasks.records.orders import SoldOrder
from tasks.records.sales import Invoice, Milestone


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


def milestones(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Sequence[Milestone]]:
    """The milestones that bill lines of the orders, by order id."""
    lines = line_ids(orders, Billing.MILESTONE)
    by_order: dict[int, list[Milestone]] = defaultdict(list)
    if lines:
        for milestone in odoo.search(Milestone, [("sale_line_id", "in", sorted(lines))]):
            by_order[lines[milestone.sale_line_id or 0]].append(milestone)
    return by_order
