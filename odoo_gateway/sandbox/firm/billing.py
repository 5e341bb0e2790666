"""Invoices of the firm: which hours are on which, and how many of each line are billed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.kinds import Deal, DownPayment, Hours, Line, Reinvoiced, Units
from odoo_gateway.sandbox.firm.projects import line_id
from odoo_gateway.sandbox.firm.timesheets import Entry
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]


@dataclass
class Books:
    """Invoice by number of the entry, hours by line and what became of them, and the invoices."""

    of_entry: dict[int, int] = field(default_factory=dict)
    delivered: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    posted: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    drafted: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    #: Hours that name an invoice, whatever became of it.
    linked: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    #: Number of the deal by invoice.
    deals: dict[int, int] = field(default_factory=dict)
    moves: list[Row] = field(default_factory=list)


def book(when: When, logged: Sequence[Entry]) -> Books:
    """Bills what the deals say was billed."""
    books = Books()
    by_line: dict[int, list[tuple[int, Entry]]] = defaultdict(list)
    for number, entry in enumerate(logged):
        if entry.work:
            by_line[entry.work.line_id].append((number, entry))
    ids = count(1)
    for number, deal in enumerate(DEALS):
        if deal.state == "sale":
            _bill(books, when, deal, number, by_line, ids)
    return books


def _bill(
    books: Books,
    when: When,
    deal: Deal,
    number: int,
    by_line: dict[int, list[tuple[int, Entry]]],
    ids: Iterator[int],
) -> None:
    posted_id = draft_id = 0
    if any(_is_posted(line) for line in deal.lines):
        posted_id = next(ids)
        books.moves += _posted(posted_id, deal, when, ids)
    if any(_is_drafted(line) for line in deal.lines):
        draft_id = next(ids)
        books.moves.append(_move(draft_id, deal, when, "draft"))
    books.deals |= {move["id"]: number for move in books.moves if move["id"] not in books.deals}
    for position, line in enumerate(deal.lines):
        if isinstance(line, Hours):
            key = line_id(number, position)
            _bill_hours(books, when, line, key, by_line[key], (posted_id, draft_id))


def _bill_hours(
    books: Books,
    when: When,
    line: Hours,
    key: int,
    logged: Sequence[tuple[int, Entry]],
    invoices: tuple[int, int],
) -> None:
    for number, entry in logged:
        books.delivered[key] += entry.hours
        if line.prepaid:
            continue
        if line.posted is not None and entry.day < when.week(line.posted):
            books.of_entry[number] = invoices[0]
            books.linked[key] += entry.hours
            books.posted[key] += entry.hours if line.fate == "paid" else 0.0
        elif line.drafted is not None and entry.day < when.week(line.drafted):
            books.of_entry[number] = invoices[1]
            books.drafted[key] += entry.hours


def _is_posted(line: Line) -> bool:
    if isinstance(line, Hours):
        return line.posted is not None
    if isinstance(line, Units | Reinvoiced):
        return bool(line.invoiced)
    if isinstance(line, DownPayment):
        return True
    return any(stage.billed for stage in getattr(line, "stages", ()))


def _is_drafted(line: Line) -> bool:
    if isinstance(line, Hours):
        return line.drafted is not None
    return isinstance(line, Units) and bool(line.drafted)


def _posted(number: int, deal: Deal, when: When, ids: Iterator[int]) -> Iterator[Row]:
    fate = next((line.fate for line in deal.lines if isinstance(line, Hours)), "paid")
    if fate == "cancelled":
        yield _move(number, deal, when, "cancel")
    elif fate == "reversed":
        yield {**_move(number, deal, when, "posted"), "payment_state": "reversed"}
        refund = _move(next(ids), deal, when, "posted")
        yield {**refund, "move_type": "out_refund", "name": f"R{refund['name']}"}
    else:
        yield {**_move(number, deal, when, "posted"), "payment_state": "paid"}


def _move(number: int, deal: Deal, when: When, state: str) -> Row:
    cutoffs = [line.posted for line in deal.lines if isinstance(line, Hours) and line.posted]
    day = when.week(min(cutoffs)) + timedelta(days=1) if cutoffs else when.ago(20)
    return {
        "id": number,
        "name": False if state == "draft" else f"INV/{day.year}/{number:05}",
        "state": state,
        "payment_state": "not_paid",
        "move_type": "out_invoice",
        "company_id": deal.company_id,
        "date": day.isoformat(),
        "invoice_date": day.isoformat(),
        "write_date": utc(when.ago(1), 18, "UTC"),
    }
