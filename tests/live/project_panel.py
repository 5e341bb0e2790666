"""What Odoo's own project panel says is to be invoiced, section by section."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from odoo_gateway.session import Session

# Those that come from order lines; others repeat invoices, expenses or analytic lines.
SECTIONS = (
    *("billable_fixed", "billable_time", "billable_milestones", "billable_manual"),
    *("service_revenues", "materials", "downpayments"),
)


def to_invoice(session: Session, project_id: int) -> Decimal:
    """The sum of the sections of order lines, in the currency of the project."""
    panel: Any = session.call("project.project", "get_panel_data", [project_id])
    sections = panel["profitability_items"]["revenues"]["data"]
    amounts = [Decimal(repr(s["to_invoice"])) for s in sections if s["id"] in SECTIONS]
    return sum((amount.quantize(Decimal("0.01")) for amount in amounts), Decimal(0))
