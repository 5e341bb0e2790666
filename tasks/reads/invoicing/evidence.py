"""Which files show that a customer accepted: what they gave, or a colleague filed as that."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import ClassVar, Final

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.domain.news import Subject
from tasks.domain.printed import file_name, is_report, stem
from tasks.reads.orders import SoldOrder
from tasks.records.sales import Attachment, Milestone, Order, Partner, Project

# What people write; the rest is made by Odoo, or sent by it.
WRITTEN: Final = frozenset({"comment", "email"})


@dataclass(frozen=True)
class Evidence:
    """How many files show that the customer accepted, and how many only look like it."""

    given: int = 0
    own: int = 0
    #: Names of those that show it, of files on tasks too.
    names: tuple[str, ...] = ()
    #: The same of files on milestones, by id of the milestone.
    on_milestones: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def is_called(self, patterns: Iterable[str]) -> bool:
        """Whether one that shows it has such a name; case does not count."""
        return any(
            fnmatchcase(name.lower(), pattern.lower())
            for name in self.names
            for pattern in patterns
        )


@dataclass(frozen=True)
class Posted:
    """A message that a file hangs on."""

    kind: str
    #: An internal user wrote it.
    by_colleague: bool
    #: It went to somebody who is none.
    sent_outside: bool
    #: The file is part of its text, like the logo under a mail.
    embedded: bool


def shows_acceptance(name: str, order: str, messages: Iterable[Posted]) -> bool:
    """Whether a file on an order, its project or milestone is something that the customer gave.

    So is what came from outside, and what a colleague filed and sent to nobody outside, unless it
    is Odoo's own report of the order by its name. A file that hangs on no message was filed.
    """
    posted = list(messages)
    if not posted:
        return not is_report(name, order)
    return any(_gave(message, name, order) for message in posted)


def _gave(message: Posted, name: str, order: str) -> bool:
    if message.kind not in WRITTEN or message.embedded:
        return False
    if message.by_colleague:
        return not message.sent_outside and not is_report(name, order)
    # Whoever signs on the portal posts Odoo's own print of the order, in their own name.
    return message.kind == "email" or stem(name) != file_name(order)


@dataclass(frozen=True)
class MailMessage(Record):
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


# Who put a file to its place, and whom we sent it to: without it ours may seem the customer's.
# Odoo leaves addresses that a rule hides out of a message, without a word.
ORIGIN: Final = (MailMessage.MODEL, Colleague.MODEL, Partner.MODEL)
EVIDENCE: Final = (Attachment.MODEL, *ORIGIN)


@dataclass(frozen=True)
class SoldTask(Record):
    """A task that is done for a line of an order."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "project"
    id: int
    sale_line_id: int | None = None


def read_tasks(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Sequence[int]]:
    """Tasks by the order whose lines they are done for; none where Odoo does not tell."""
    if not odoo.session.may_read(SoldTask.MODEL) or odoo.lacks(SoldTask, "sale_line_id"):
        return {}
    of_line = {sold.line.id: order.order.id for order in orders for sold in order.lines}
    wanted: Domain = [("sale_line_id", "in", sorted(of_line))]
    found: dict[int, list[int]] = defaultdict(list)
    for task in odoo.search(SoldTask, wanted, archived=True, all_companies=True):
        found[of_line[task.sale_line_id or 0]].append(task.id)
    return found


def read_evidence(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    milestones: Mapping[int, Sequence[Milestone]],
    tasks: Mapping[int, Sequence[int]],
) -> Mapping[int, Evidence] | None:
    """By order id; None where files are not readable, or how they came there is not seen whole.

    tasks: those whose files may show it by their names, by order id.
    """
    if not odoo.session.may_read(Attachment.MODEL) or any(map(odoo.doubt, ORIGIN)):
        return None
    places = {order.order.id: _places(order, milestones) for order in orders}
    on_tasks = {order: [(SoldTask.MODEL, n) for n in found] for order, found in tasks.items()}
    everywhere = {p for each in (places, on_tasks) for found in each.values() for p in found}
    files = odoo.search(Attachment, _on(everywhere))
    posted = _messages(odoo, [file.id for file in files])
    by_place: dict[Subject, list[Attachment]] = defaultdict(list)
    for file in files:
        by_place[file.res_model or "", file.res_id or 0].append(file)
    found = {}
    for order in orders:
        number, name = order.order.id, order.order.name
        own, others = (
            [file for place in each.get(number, ()) for file in by_place[place]]
            for each in (places, on_tasks)
        )
        shown = [f for f in own if shows_acceptance(f.name, name, posted[f.id])]
        more = [f for f in others if shows_acceptance(f.name, name, posted[f.id])]
        names = tuple(file.name for file in (*shown, *more))
        on_milestones: dict[int, tuple[str, ...]] = {}
        for file in shown:
            if file.res_model == Milestone.MODEL and file.res_id:
                on_milestones[file.res_id] = (*on_milestones.get(file.res_id, ()), file.name)
        found[number] = Evidence(len(shown), len(own) - len(shown), names, on_milestones)
    return found


def _places(order: SoldOrder, milestones: Mapping[int, Sequence[Milestone]]) -> Sequence[Subject]:
    return [
        (Order.MODEL, order.order.id),
        *((Project.MODEL, project) for project in order.project_ids),
        *((Milestone.MODEL, found.id) for found in milestones.get(order.order.id, ())),
    ]


def _on(places: Iterable[Subject]) -> Domain:
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
    messages = odoo.search(MailMessage, [("attachment_ids", "in", list(files))]) if files else ()
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
