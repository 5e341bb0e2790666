"""Which system holds the truth about each kind of record: Odoo, or one that tells of its events."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

ODOO: Final = "odoo"


class RecordKind(StrEnum):
    """The records that a firm keeps in one system, in the words of those who keep them."""

    CUSTOMERS = "customers"
    OPPORTUNITIES = "opportunities"
    CONTRACTS = "contracts"
    PROJECTS = "projects"
    RESOURCES = "resources"
    TIMESHEETS = "timesheets"
    EXPENSES = "expenses"
    PURCHASES = "purchases"
    INVOICES = "invoices"
    DOCUMENTS = "documents"
    TICKETS = "tickets"


# Where Odoo keeps them, or a copy of them.
MODELS: Final[Mapping[RecordKind, tuple[str, ...]]] = {
    RecordKind.CUSTOMERS: ("res.partner",),
    RecordKind.OPPORTUNITIES: ("crm.lead",),
    RecordKind.CONTRACTS: ("sale.order", "sale.order.line"),
    RecordKind.PROJECTS: ("project.project", "project.task", "project.milestone"),
    RecordKind.RESOURCES: ("hr.employee", "hr.version", "resource.calendar", "planning.slot"),
    RecordKind.TIMESHEETS: ("account.analytic.line",),
    RecordKind.EXPENSES: ("hr.expense", "hr.expense.sheet"),
    RecordKind.PURCHASES: ("purchase.order",),
    RecordKind.INVOICES: ("account.move",),
    RecordKind.DOCUMENTS: ("ir.attachment", "documents.document"),
    RecordKind.TICKETS: ("helpdesk.ticket",),
}
