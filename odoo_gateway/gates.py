"""What the gates in Odoo go by: who released a record, for which amount, and why not."""

from typing import Final

from odoo_gateway.session import Session

#: The table of it; its newest row about a record counts.
DECISIONS: Final = "x_ops_gate"
RELEASED, HELD = "released", "held"


def release(session: Session, model: str, record_id: int, amount: float, reason: str) -> int:
    """Let the record through as long as its total is this amount; returns the decision's id."""
    return _decide(session, model, record_id, RELEASED, amount, reason)


def hold(session: Session, model: str, record_id: int, reason: str) -> int:
    """Keep the record, and have whoever tries be told why; returns the decision's id."""
    return _decide(session, model, record_id, HELD, 0.0, reason)


def _decide(
    session: Session, model: str, record_id: int, state: str, amount: float, reason: str
) -> int:
    values = {
        "x_key": f"{model},{record_id}",
        "x_state": state,
        "x_amount": amount,
        "x_reason": reason,
        "x_uid": session.user_id,
    }
    return int(session.call(DECISIONS, "create", values))
