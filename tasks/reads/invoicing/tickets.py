"""Does the customer have grave tickets open (OCA's helpdesk_mgmt)?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.checklists import Check, Owner, Result
from tasks.domain.texts import Text, plural
from tasks.reads.invoicing.owned import NO_ASSIGNEE, Share, failure
from tasks.reads.invoicing.words import NOT_REQUIRED
from tasks.reads.names import user_names
from tasks.reads.orders import SoldOrder
from tasks.records.sales import Partner

NAME: Final = "open_tickets"
Priority = Literal["0", "1", "2", "3"]
PRIORITIES: Final[Sequence[Priority]] = ("0", "1", "2", "3")


@dataclass(frozen=True)
class Ticket:
    """An open ticket of the order's customer, and where a person opens it."""

    title: str
    url: str
    owner: Owner = NO_ASSIGNEE


def open_tickets(tickets: Sequence[Ticket] | None, blocking: Priority | None, url: str) -> Check:
    """Fails while tickets of at least the blocking priority are open; None cannot be told."""
    if blocking is None:
        return Check(NAME, Result.NOT_APPLICABLE, NOT_REQUIRED, url=url)
    if tickets is None:
        reason = Text(
            "the user sees no tickets that tell customer, priority and whether they are closed "
            "(module helpdesk_mgmt, and its group of users who see all tickets)"
        )
        return Check(NAME, Result.NOT_VERIFIABLE, reason, url=url)
    if not tickets:
        return Check(NAME, Result.PASS, url=url)
    first = tickets[0]
    reason = plural(
        "{count} open ticket of the customer, first {ticket}",
        "{count} open tickets of the customer, first {ticket}",
        count=len(tickets),
        ticket=first.title,
    )
    step = Text("solve the tickets, or agree with the customer to invoice all the same")
    shares = [
        Share(ticket.owner, Text("open: {ticket}", ticket=ticket.title)) for ticket in tickets
    ]
    return failure(NAME, reason, step, first.url, shares)


# Enterprise has a model of the same name that does not tell what is closed.
TELLING: Final = ("closed", "commercial_partner_id", "priority")


@dataclass(frozen=True)
class HelpdeskTicket(Record):
    """A ticket under the name that its module shows; all else may be another module's."""

    MODEL: ClassVar[str] = "helpdesk.ticket"
    MODULE: ClassVar[str] = "helpdesk_mgmt"
    id: int
    display_name: str
    commercial_partner_id: int | None = None
    priority: str | None = None
    closed: bool = False
    user_id: int | None = None


def read_open_tickets(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    partners: Mapping[int, Partner],
    blocking: Priority | None,
) -> Mapping[int, Sequence[Ticket]] | None:
    """Open tickets of each order's customer by order id; None where nobody asks or can tell.

    A customer is the commercial partner of an order, with all its contacts. A user who sees no
    ticket at all cannot tell.
    """
    if blocking is None or not _tells(odoo):
        return None
    customers = {
        order.order.id: partners[order.order.partner_id].commercial_partner_id for order in orders
    }
    tickets = odoo.search(
        HelpdeskTicket,
        [
            ("commercial_partner_id", "in", sorted(filter(None, customers.values()))),
            ("closed", "=", False),
            ("priority", "in", list(PRIORITIES[PRIORITIES.index(blocking) :])),
        ],
    )
    # A user who may see all of none may as well see none of many.
    if not tickets and not odoo.count(HelpdeskTicket.MODEL, [], all_companies=True):
        return None
    found: dict[int | None, list[Ticket]] = defaultdict(list)
    names = user_names(odoo, {ticket.user_id for ticket in tickets})
    for ticket in tickets:
        url = odoo.session.link(HelpdeskTicket.MODEL, ticket.id)
        user = ticket.user_id
        owner = Owner(names[user], user) if user else NO_ASSIGNEE
        found[ticket.commercial_partner_id].append(Ticket(ticket.display_name, url, owner))
    return {number: found[customer] for number, customer in customers.items()}


def _tells(odoo: Reader) -> bool:
    return odoo.session.may_read(HelpdeskTicket.MODEL) and not any(
        odoo.lacks(HelpdeskTicket, field) for field in TELLING
    )
