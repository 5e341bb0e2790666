"""Reads open tickets of customers (OCA's helpdesk_mgmt)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.tickets import PRIORITIES, Priority, Ticket
from tasks.records.orders import SoldOrder
from tasks.records.sales import Partner

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
            ("company_id", "in", [odoo.company_id, False]),
        ],
    )
    # A user who may see all of none may as well see none of many.
    if not tickets and not odoo.count(HelpdeskTicket.MODEL, []):
        return None
    found: dict[int | None, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        url = odoo.session.link(HelpdeskTicket.MODEL, ticket.id)
        found[ticket.commercial_partner_id].append(Ticket(ticket.display_name, url))
    return {number: found[customer] for number, customer in customers.items()}


def _tells(odoo: Reader) -> bool:
    return odoo.session.may_read(HelpdeskTicket.MODEL) and not any(
        odoo.lacks(HelpdeskTicket, field) for field in TELLING
    )
