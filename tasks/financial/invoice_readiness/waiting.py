"""Since when orders wait to be invoiced, and how long invoiced work had waited."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.ageing import still_open
from tasks.domain.billing import Billing
from tasks.domain.periods import AsOf
from tasks.reads import unbilled
from tasks.reads.orders import SoldOrder
from tasks.records.sales import Invoice, Milestone
from tasks.records.timesheets import TimesheetLine

TRAILING_DAYS: Final = 90


def waiting_since(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    milestones: Mapping[int, Sequence[Milestone]],
    as_of: AsOf,
) -> Mapping[int, date]:
    """The oldest day known since which something of the order waits to be billed."""
    since: dict[int, list[date]] = defaultdict(list)
    time = unbilled.time(odoo, orders, as_of.day)
    reached = unbilled.reached(orders, milestones)
    for order in orders:
        for sold in order.lines:
            left = sold.sold.delivered - sold.sold.posted
            waiting = (
                *unbilled.waiting(sold, time.get(sold.line.id, unbilled.Delivered())),
                *still_open(reached.get(sold.line.id, ()), left),
            )
            since[order.order.id] += [entry.day for entry in waiting if entry.day]
            if sold.sold.billing is Billing.FIXED and sold.sold.amount > 0:
                since[order.order.id].append(order.order.date_order.astimezone(as_of.zone).date())
    return {order_id: min(days) for order_id, days in since.items() if days}


def read_latencies(odoo: Reader, today: date) -> Sequence[int] | None:
    """Calendar days from the last hour billed to the invoice, of posted invoices of 90 days.

    APQC measure 100558: from the delivery of the service to the transmission of the invoice. Hours
    of days to come have not waited; a reversed invoice bills nothing. None where hours are linked
    to no invoice, or invoices are not readable.
    """
    if not unbilled.knows_hours(odoo) or not odoo.sees_all(Invoice.MODEL):
        return None
    recent: Domain = [
        ("state", "=", "posted"),
        ("move_type", "=", "out_invoice"),
        ("payment_state", "!=", "reversed"),
        ("invoice_date", ">", str(today - timedelta(days=TRAILING_DAYS))),
        ("invoice_date", "<=", str(today)),
    ]
    invoices = {invoice.id: invoice.invoice_date for invoice in odoo.search(Invoice, recent)}
    groups = odoo.group(
        TimesheetLine.MODEL,
        [("timesheet_invoice_id", "in", sorted(invoices)), ("project_id", "!=", False)],
        by=["timesheet_invoice_id"],
        latest=["date"],
        all_companies=True,
    )
    return [
        max((sent - last).days, 0)
        for group in groups
        if (sent := invoices[group.id_at(0)]) and (last := group.latest[0])
    ]
