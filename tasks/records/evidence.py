"""Reads the files on orders, their projects and milestones, and how each came there."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.domain.evidence import Evidence, Posted, shows_acceptance
from tasks.records.orders import SoldOrder
from tasks.records.sales import Attachment, Milestone, Order, Project

Place = tuple[str, int]


@dataclass(frozen=True)
class Message(Record):
    """A message or note on a record; `body` is HTML."""

    MODEL: ClassVar[str] = "mail.message"
    MODULE: ClassVar[str] = "mail"
    id: int
    message_type: str
    author_id: int | None
    attachment_ids: tuple[int, ...]
    partner_ids: tuple[int, ...]
    body: str | None
    notified_partner_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Colleague(Record):
    """A user; portal users are shared ones."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    partner_id: int
    share: bool


def read_evidence(
    odoo: Reader, orders: Sequence[SoldOrder], milestones: Mapping[int, Sequence[Milestone]]
) -> Mapping[int, Evidence] | None:
    """By order id; None where files, or how they came there, are not readable."""
    read = (Attachment, Message, Colleague)
    if not all(odoo.session.may_read(record.MODEL) for record in read):
        return None
    places = {order.order.id: _places(order, milestones) for order in orders}
    files = odoo.search(Attachment, _on({p for of_order in places.values() for p in of_order}))
    posted = _messages(odoo, [file.id for file in files])
    by_place: dict[Place, list[Attachment]] = defaultdict(list)
    for file in files:
        by_place[file.res_model or "", file.res_id or 0].append(file)
    found = {}
    for order in orders:
        own = [file for place in places[order.order.id] for file in by_place[place]]
        shown = [shows_acceptance(f.name, order.order.name, posted[f.id]) for f in own]
        found[order.order.id] = Evidence(sum(shown), len(shown) - sum(shown))
    return found


def _places(order: SoldOrder, milestones: Mapping[int, Sequence[Milestone]]) -> Sequence[Place]:
    return [
        (Order.MODEL, order.order.id),
        *((Project.MODEL, project) for project in order.project_ids),
        *((Milestone.MODEL, found.id) for found in milestones.get(order.order.id, ())),
    ]


def _on(places: Iterable[Place]) -> Domain:
    """Files that store a field, like the customer's signature, are told by that field."""
    by_model: dict[str, list[int]] = defaultdict(list)
    for model, record_id in sorted(places):
        by_model[model].append(record_id)
    found: list[Domain] = [
        ["&", ("res_model", "=", model), ("res_id", "in", ids)] for model, ids in by_model.items()
    ]
    either = ["|"] * (len(found) - 1)
    return [("res_field", "=", False), *either, *(part for one in found for part in one)]


def _messages(odoo: Reader, files: Sequence[int]) -> Mapping[int, Sequence[Posted]]:
    by_file: dict[int, list[Posted]] = defaultdict(list)
    messages = odoo.search(Message, [("attachment_ids", "in", list(files))]) if files else ()
    authors = {message.author_id for message in messages}
    reached = {p for m in messages for p in (*m.partner_ids, *m.notified_partner_ids)}
    inside = _colleagues(odoo, sorted({*filter(None, authors), *reached}))
    for message in messages:
        to = {*message.partner_ids, *message.notified_partner_ids}
        for file_id in message.attachment_ids:
            by_file[file_id].append(
                Posted(
                    kind=message.message_type,
                    by_colleague=message.author_id in inside,
                    sent_outside=bool(to - inside),
                    embedded=_embeds(message.body or "", file_id),
                )
            )
    return by_file


def _colleagues(odoo: Reader, partners: Sequence[int]) -> frozenset[int]:
    """Which of these addresses are of people of the firm, those who left among them."""
    wanted: Domain = [("partner_id", "in", list(partners)), ("share", "=", False)]
    found = odoo.search(Colleague, wanted, archived=True) if partners else ()
    return frozenset(user.partner_id for user in found)


def _embeds(body: str, file_id: int) -> bool:
    return re.search(rf"/web/image/{file_id}\b", body) is not None
