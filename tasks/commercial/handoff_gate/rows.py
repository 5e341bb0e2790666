"""How handoffs, and quotations that a gate keeps, are told in the full picture."""

from collections.abc import Mapping
from typing import Any

from tasks.commercial.handoff_gate.judgement import Handoff
from tasks.commercial.handoff_gate.releasing import Offered
from tasks.domain.checklists import Check
from tasks.domain.periods import AsOf
from tasks.domain.texts import NameOrText


def row(handoff: Handoff, as_of: AsOf) -> Mapping[str, Any]:
    """One line of the full picture: an order with its checklist and documents."""
    sale, verdict = handoff.sale, handoff.verdict
    dues = [item.due for item in handoff.checklist.gaps if item.due]
    return {
        "sale_order_id": sale.order.id,
        "sale_order": sale.order.name,
        "partner_id": sale.order.partner_id,
        "partner": sale.customer.display_name,
        "salesperson": handoff.salesperson.name,
        "sales_team": sale.team,
        "service_lines": list(handoff.service_lines),
        "amount": sale.currency.text(sale.order.amount_untaxed),
        "currency": sale.currency.code,
        "confirmed_on": str(sale.order.date_order.astimezone(as_of.zone).date()),
        "status": handoff.status.value,
        "version": handoff.version,
        "decided_by": verdict.person if verdict else None,
        "decided_on": str(verdict.at.astimezone(as_of.zone).date()) if verdict else None,
        "missing_items": len(handoff.checklist.gaps),
        "next_due": min(dues).isoformat() if dues else None,
        "checks": [item.row() for item in handoff.checklist.items],
        "documents": [{"name": file.name, "checksum": file.checksum} for file in handoff.documents],
        "policy": handoff.policy.version,
    }


def offered_row(offered: Offered, salesperson: NameOrText) -> Mapping[str, Any]:
    """One line of the full picture: a quotation, and whether it may be confirmed."""
    sale, kept = offered.sale, offered.kept
    return {
        "sale_order_id": sale.order.id,
        "sale_order": sale.order.name,
        "partner_id": sale.order.partner_id,
        "partner": sale.customer.display_name,
        "salesperson": salesperson,
        "sales_team": sale.team,
        "service_lines": list(offered.service_lines),
        "amount": sale.currency.text(sale.order.amount_untaxed),
        "currency": sale.currency.code,
        "confirmed_on": None,
        "status": "may_be_confirmed" if kept.may_pass else "kept",
        "version": None,
        "decided_by": None,
        "decided_on": None,
        "missing_items": len(kept.missing),
        "next_due": None,
        "checks": [
            {
                **Check(name, each.result, each.reason, "", each.next_step, sale.url).row(),
                "evidence": list(each.evidence),
                "due": None,
            }
            for name, each in kept.answers.items()
        ],
        "documents": [],
        "policy": offered.policy.version,
    }
