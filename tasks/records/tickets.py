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
    """A ticket; every field but these three may be another module's."""

    MODEL: ClassVar[str] = "helpdesk.ticket"
    MODULE: ClassVar[str] = "helpdesk_mgmt"
    id: int
    display_name: str
    name: str
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

    A customer is the commercial partner of an order, with all its contacts.
    """
    if blocking is None or not _tells(odoo):
        return None
    customers = {
        order.order.id: partners[order.order.partner_id].commercial_partner_id for order in orders
    }
    found: dict[int | None, list[Ticket]] = defaultdict(list)
    for ticket in odoo.search(
        HelpdeskTicket,
        [
            ("commercial_partner_id", "in", sorted(filter(None, customers.values()))),
            ("closed", "=", False),
            ("priority", "in", list(PRIORITIES[PRIORITIES.index(blocking) :])),
            ("company_id", "in", [odoo.company_id, False]),
        ],
    ):
        url = odoo.session.link(HelpdeskTicket.MODEL, ticket.id)
        title = f"{ticket.display_name} {ticket.name}"
        found[ticket.commercial_partner_id].append(Ticket(title, url))
    return {number: found[customer] for number, customer in customers.items()}


def _tells(odoo: Reader) -> bool:
    return odoo.session.may_read(HelpdeskTicket.MODEL) and not any(
        odoo.lacks(HelpdeskTicket, field) for field in TELLING
    )
