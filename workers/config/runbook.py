"""Where people read what an alert means and what they do about it."""

from collections.abc import Mapping
from typing import Final

FILE: Final = "docs/runbook.md"
# The alert of what mails tell: of what was given up, and of what is away.
ALERTS: Final[Mapping[str, str]] = {
    "run": "FleetDeadLetters",
    "message": "FleetMessagesParked",
    "odoo": "FleetCircuitOpen",
    "mail": "FleetMailServerDown",
    "webhook": "FleetWebhookDown",
    "ledger": "FleetSourceDown",
    "broker": "FleetSourceDown",
}


def place(address: str, alert: str) -> str:
    """Where it tells of an alert; address: FLEET_RUNBOOK_URL, "" for the file of this version."""
    return f"{address or FILE}#{alert.lower()}"


def about(address: str, what: str) -> str:
    """The same of a kind of failure, or of what is away."""
    return place(address, ALERTS[what])
