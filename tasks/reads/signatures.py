"""Reads which orders their customers signed on the portal, by what they cannot have typed.

`signed_by` and `signed_on` are fields that every salesperson may write. Odoo's portal posts a
message beside, with the order as a file, in the customer's name, and as a user who is none of the
firm's or as Odoo itself: only that shows that the customer signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.records.sales import Order, Partner

# The portal signs and posts in one transaction; the file is printed in between.
AT_ONCE: Final = timedelta(minutes=10)
SIGNED: Final = "comment"
# As whom the portal writes in Odoo 19, whoever is logged in there; nobody logs in as this one.
ITSELF: Final = 1


@dataclass(frozen=True)
class SigningMessage(Record):
    """A message on an order; create_uid is who was logged in, author_id whom it is told of."""

    MODEL: ClassVar[str] = "mail.message"
    MODULE: ClassVar[str] = "mail"
    id: int
    res_id: int | None
    message_type: str
    author_id: int | None
    create_uid: int | None
    date: datetime


@dataclass(frozen=True)
class Login(Record):
    """A user; portal users and the public one are shared ones."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    share: bool


@dataclass(frozen=True)
class Signable:
    """An order whose fields say that somebody signed it."""

    order_id: int
    partner_id: int
    signed_on: datetime


@dataclass(frozen=True)
class Signature:
    """That a customer signed an order on the portal: who, as Odoo calls them, and when (UTC)."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Signatures:
    """By order, those that are shown; and the orders of which a hidden person may have signed."""

    shown: Mapping[int, Signature]
    doubtful: frozenset[int] = frozenset()


def read_signatures(odoo: Reader, orders: Iterable[Signable]) -> Signatures:
    """Those of these orders. Where messages cannot be read, all are doubtful."""
    asked = {order.order_id: order for order in orders}
    if not odoo.session.may_read(SigningMessage.MODEL):
        return Signatures({}, frozenset(asked))
    domain: Domain = [
        ("model", "=", Order.MODEL),
        ("res_id", "in", sorted(asked)),
        ("attachment_ids", "!=", False),
    ]
    found = odoo.search(SigningMessage, domain)
    at_once = [message for message in found if _is_of_then(message, asked)]
    logins = {user.id: user for user in odoo.read(Login, _ids(m.create_uid for m in at_once))}
    authors = _ids(m.author_id for m in at_once)
    concerned = {asked[message.res_id or 0].partner_id for message in at_once}
    partners = {each.id: each for each in odoo.read(Partner, authors | concerned)}
    shown: dict[int, Signature] = {}
    doubtful: set[int] = set()
    for message in at_once:
        order = asked[message.res_id or 0]
        login, author = logins.get(message.create_uid or 0), partners.get(message.author_id or 0)
        customer = partners.get(order.partner_id)
        if login is None or author is None or customer is None:
            doubtful.add(order.order_id)
        elif (login.share or login.id == ITSELF) and _firm(author) == _firm(customer):
            shown.setdefault(order.order_id, Signature(author.display_name, message.date))
    return Signatures(shown, frozenset(doubtful - shown.keys()))


def _is_of_then(message: SigningMessage, orders: Mapping[int, Signable]) -> bool:
    """Whether somebody wrote it as the order was signed."""
    order = orders[message.res_id or 0]
    return message.message_type == SIGNED and abs(message.date - order.signed_on) <= AT_ONCE


def _ids(values: Iterable[int | None]) -> set[int]:
    return {value for value in values if value}


def _firm(partner: Partner) -> int:
    return partner.commercial_partner_id or partner.id
