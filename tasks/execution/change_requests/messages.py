"""What the messages of an order show: that its customer signed it, and what was raised on it.

`signed_by` and `signed_on` are fields that every salesperson may write. Odoo's portal posts a
message beside, with the order as a file, in the customer's name, and as Odoo itself, as whom no
user can write: only that shows that the customer signed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.execution.change_requests.records import ChangeOrder, OrderMessage, Person
from tasks.records.sales import Partner

# The portal signs and posts in one transaction; the file is printed in between.
AT_ONCE: Final = timedelta(minutes=10)
# How Odoo notes a quantity that somebody changed on a confirmed order, in all languages.
ARROW: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-&gt;|->)\s*(-?\d+(?:\.\d+)?)")
SIGNED: Final = "comment"
# As whom the portal writes, whoever is logged in there (`portal.CustomerPortal`); nobody logs in as
# this one.
ITSELF: Final = 1


@dataclass(frozen=True)
class Signature:
    """That a customer signed an order on the portal."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Raised:
    """A quantity of a confirmed order that somebody raised."""

    at: datetime
    before: float
    after: float


def read_messages(
    odoo: Reader, orders: Sequence[ChangeOrder]
) -> tuple[Mapping[int, Signature], Mapping[int, Sequence[Raised]]]:
    """By order: the signature of those that are shown to be signed, and quantities raised."""
    if not orders or not odoo.session.may_read(OrderMessage.MODEL):
        return {}, {}
    asked: Domain = [
        *(("model", "=", ChangeOrder.MODEL), ("res_id", "in", [order.id for order in orders])),
        *("|", ("attachment_ids", "!=", False), ("body", "like", "-&gt;")),
    ]
    by_order: dict[int, list[OrderMessage]] = {}
    for message in odoo.search(OrderMessage, asked):
        by_order.setdefault(message.res_id or 0, []).append(message)
    signing = {m.id: m for of in by_order.values() for m in of if m.attachment_ids}
    inside = _inside(odoo, signing.values())
    firms = _firms(odoo, signing.values(), orders)
    signatures, raised = {}, {}
    for order in orders:
        of = by_order.get(order.id, [])
        own = [m for m in of if m.id in signing and _shows(m, order, inside, firms)]
        if own and order.signed_on:
            signatures[order.id] = Signature(order.signed_by or "", own[0].date)
        raised[order.id] = [found for message in of for found in _raised(message)]
    return signatures, raised


def _shows(
    message: OrderMessage, order: ChangeOrder, inside: frozenset[int], firms: Mapping[int, int]
) -> bool:
    """Whether the customer signed by it: at that moment, in their name, and not by one of ours."""
    if order.signed_on is None or abs(message.date - order.signed_on) > AT_ONCE:
        return False
    theirs = firms.get(message.author_id or 0) == firms.get(order.partner_id, 0)
    ours = message.create_uid is None or message.create_uid in inside
    return message.message_type == SIGNED and theirs and not ours


def _inside(odoo: Reader, messages: Iterable[OrderMessage]) -> frozenset[int]:
    """The users of the firm among those who wrote; one that is hidden counts as one of them."""
    users = {message.create_uid for message in messages if message.create_uid} - {ITSELF}
    outside = {person.id for person in odoo.read(Person, users) if person.share} if users else ()
    return frozenset(users - {*outside})


def _firms(
    odoo: Reader, messages: Iterable[OrderMessage], orders: Iterable[ChangeOrder]
) -> Mapping[int, int]:
    """The commercial partner of authors and customers."""
    authors = {message.author_id for message in messages if message.author_id}
    asked = {*authors, *(order.partner_id for order in orders)} if authors else ()
    return {each.id: each.commercial_partner_id or each.id for each in odoo.read(Partner, asked)}


def _raised(message: OrderMessage) -> Iterable[Raised]:
    for before, after in ARROW.findall(message.body or ""):
        if float(after) > float(before):
            yield Raised(message.date, float(before), float(after))
