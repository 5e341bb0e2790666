"""Reads how long after the last hour that they bill invoices were sent."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.records import unbilled
from tasks.records.sales import Invoice
from tasks.records.timesheets import TimesheetLine

TRAILING_DAYS: Final = 90


def read_latencies(odoo: Reader, today: date) -> Sequence[int] | None:
    """Calendar days from the last hour billed to the invoice, of posted invoices of 90 days.

    APQC measure 100558: from the delivery of the service to the transmission of the invoice. Hours
    of days to come have not waited; a reversed invoice bills nothing. None where hours are linked
    to no invoice, or invoices are not readable.
    """
    if not unbilled.knows_hours(odoo) or not odoo.sees_all(Invoice.MODEL):
        return None
    recent: Domain = [
        ("company_id", "=", odoo.company_id),
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
    )
    return [
        max((sent - last).days, 0)
        for group in groups
        if (sent := invoices[group.id_at(0)]) and (last := group.latest[0])
    ]
