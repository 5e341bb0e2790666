"""Which events a rule in Odoo can tell, and which fields of a record it watches for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Those that something is decided by here; of other models, every write is an event.
WATCHED: Final[Mapping[str, tuple[str, ...]]] = {
    "account.move": ("state", "payment_state", "invoice_user_id", "amount_total"),
    "crm.lead": ("stage_id", "user_id", "active", "partner_id", "expected_revenue"),
    "hr.employee": (
        "active",
        "company_id",
        "department_id",
        "parent_id",
        "resource_calendar_id",
        "timesheet_manager_id",
        "user_id",
        "work_email",
    ),
    "hr.expense": (
        "company_id",
        "employee_id",
        "manager_id",
        "sheet_id",
        "state",
        "total_amount",
    ),
    "hr.expense.sheet": ("company_id", "employee_id", "state", "total_amount", "user_id"),
    "project.milestone": ("deadline", "is_reached", "quantity_percentage", "sale_line_id"),
    "project.task": (
        "active",
        "allocated_hours",
        "milestone_id",
        "sale_line_id",
        "stage_id",
        "state",
        "user_ids",
    ),
    "sale.order": (
        "amount_total",
        "amount_untaxed",
        "invoice_status",
        "partner_id",
        "state",
        "user_id",
    ),
}
#: Those on which no rule of ours stands: Odoo writes files while it shows a page, in a transaction
#: that may read only.
UNRULED: Final = frozenset({"ir.attachment"})
#: What became of the record, and when a rule fires for that.
TRIGGERS: Final[Mapping[str, str]] = {
    "changed": "on_create_or_write",
    "created": "on_create",
    "deleted": "on_unlink",
}


@dataclass(frozen=True)
class Kind:
    """A kind of event that a rule can tell."""

    #: As jobs declare it: `hr.expense.changed`.
    name: str
    model: str
    trigger: str


def kind_of(name: str) -> Kind | None:
    """The kind of that name; None where no rule tells it."""
    model, _, became = name.rpartition(".")
    trigger = TRIGGERS.get(became)
    return Kind(name, model, trigger) if model and trigger and model not in UNRULED else None
