"""Does the customer have grave tickets open? A check of invoice readiness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tasks.domain.checklist import Check, Result

NAME: Final = "open_tickets"
Priority = Literal["0", "1", "2", "3"]
PRIORITIES: Final[Sequence[Priority]] = ("0", "1", "2", "3")


@dataclass(frozen=True)
class Ticket:
    """An open ticket of the order's customer, and where a person opens it."""

    title: str
    url: str


def open_tickets(
    tickets: Sequence[Ticket] | None, blocking: Priority | None, owner: str, url: str
) -> Check:
    """Fails while tickets of at least the blocking priority are open; None cannot be told."""
    if blocking is None:
        return Check(NAME, Result.NOT_APPLICABLE, "not required by policy", url=url)
    if tickets is None:
        reason = (
            "the user sees no tickets that tell customer, priority and whether they are closed "
            "(module helpdesk_mgmt, and its group of users who see all tickets)"
        )
        return Check(NAME, Result.NOT_VERIFIABLE, reason, url=url)
    if not tickets:
        return Check(NAME, Result.PASS, url=url)
    first = tickets[0]
    reason = f"{len(tickets)} ticket(s) of the customer are open, first {first.title}"
    step = "solve the tickets, or agree with the customer to invoice all the same"
    return Check(NAME, Result.FAIL, reason, owner, step, first.url)
