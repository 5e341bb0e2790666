"""How people read the words of this job."""

from collections.abc import Mapping
from typing import Final

from tasks.commercial.handoff_gate.policy import HandoffItem
from tasks.domain.texts import Text, named

ITEMS: Final[Mapping[str, Text]] = {
    HandoffItem.STATEMENT_OF_WORK.value: Text("statement of work"),
    HandoffItem.ACCEPTANCE.value: Text("customer's acceptance"),
    HandoffItem.INVOICE_ADDRESS.value: Text("invoice address"),
    HandoffItem.INVOICE_EMAIL.value: Text("e-mail address for invoices"),
    HandoffItem.VAT_NUMBER.value: Text("VAT number"),
    HandoffItem.PAYMENT_TERMS.value: Text("payment terms"),
    HandoffItem.PURCHASE_ORDER.value: Text("purchase order"),
    HandoffItem.SCOPE_NOTES.value: Text("scope notes"),
    HandoffItem.PROJECT_MANAGER.value: Text("project manager"),
    HandoffItem.KICKOFF_DATE.value: Text("kickoff date"),
    HandoffItem.BILLING_MILESTONES.value: Text("billing milestones"),
    HandoffItem.HOURS_BUDGET.value: Text("hours budget"),
}
STATUSES: Final[Mapping[str, Text]] = {
    "incomplete": Text("incomplete"),
    "waiting": Text("waiting"),
    "returned": Text("returned"),
    "accepted": Text("accepted"),
    "changed": Text("changed after it was accepted"),
    "exempt": Text("exempt"),
    "below_minimum": Text("below the minimum"),
    "may_be_confirmed": Text("may be confirmed"),
    "kept": Text("may not be confirmed yet"),
}
LABELS: Final[Mapping[str, Text]] = {
    **ITEMS,
    **STATUSES,
    "first": Text("first"),
    "handoff_gap": Text("missing for the handoff"),
    "handoff": Text("handoffs to accept"),
    "changed_handoff": Text("handoffs that changed"),
    "returned_handoff": Text("returned handoffs"),
    "sales_team": Text("sales team"),
    "service_lines": Text("service lines"),
    "confirmed_on": Text("confirmed on"),
    "decided_on": Text("decided on"),
    "version": Text("version"),
    "missing_items": Text("missing items"),
    "next_due": Text("next due"),
}


def called(item: str) -> Text:
    """An item as people read it; documents go by the name that the policy gives them."""
    return ITEMS.get(item) or named(item.replace("_", " "))
