"""Reads confirmed orders as they stood at the end of a day that is over.

What is dated is answered: hours by their day, milestones by the day they were reached, expenses by
their entry, invoices and credit notes by their invoice date, as Odoo's own accruals count them
(`qty_delivered_at_date` and `qty_invoiced_at_date` of `sale.order.line`). What is a present state
is not: of quantities typed by hand, drafts, and invoices and orders cancelled since, Odoo keeps no
history. A line that nobody wrote since that day stands as it stood. An order that was cancelled and
confirmed again has the day of the last time alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar, Final

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, Text, plural
from tasks.reads import unbilled
from tasks.reads.drafts import SIGNS
from tasks.reads.orders import SoldLine, SoldOrder, of_one_order
from tasks.reads.rates import UNITS_PER_HOUR
from tasks.reads.units import group_hours
from tasks.records.sales import Invoice, OrderLine
from tasks.records.timesheets import TimesheetLine

ZERO: Final = Decimal(0)
# Odoo rounds quantities to a hundredth.
HUNDREDTH: Final = Decimal("0.01")
ROUNDING: Final = Decimal("0.0051")

BY_HAND: Final = Text("the quantity is typed by hand, and the line was written since that day")
NO_INVOICES: Final = Text("invoices are not readable for the fleet's user")
NO_SUM: Final = Text("its invoices add up to another amount than Odoo says is invoiced")
NO_HOURS: Final = Text("its hours add up to another quantity than Odoo says is delivered")
NO_STAGES: Final = Text("its milestones add up to another quantity than Odoo says is delivered")
ENTRIES: Final = Text("its entries lie on both sides of that day")
FOLLOWS: Final = Text("it follows other lines of its order, of which one is not known")
TAKEN_BACK: Final = Text(
    "an invoice of that day or before was cancelled, or made a draft again, since"
)
CONFIRMED_SINCE: Final = Text(
    "its order has work or invoices of that day or before and was confirmed since: for the first "
    "time, or again"
)


@dataclass(frozen=True)
class Posting(Record):
    """A line of an invoice or credit note that bills order lines."""

    MODEL: ClassVar[str] = "account.move.line"
    MODULE: ClassVar[str] = "account"
    id: int
    move_id: int
    sale_line_ids: tuple[int, ...]
    move_type: str
    parent_state: str
    quantity: Decimal
    price_subtotal: Decimal


@dataclass(frozen=True)
class Untouched(Record):
    """An order line of which only is asked whether it was written."""

    MODEL: ClassVar[str] = "sale.order.line"
    MODULE: ClassVar[str] = "sale"
    id: int


@dataclass(frozen=True)
class Then:
    """The orders of a day that is over."""

    orders: Sequence[SoldOrder]
    #: Why nothing can be said of a line, by its id.
    unknown: Mapping[int, Text]
    not_verifiable: tuple[NotVerifiable, ...]


@dataclass
class _Billed:
    """What bills an order line: now, and by that day; a reason why nobody can say."""

    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    quantity_then: Decimal = ZERO
    amount_then: Decimal = ZERO
    unknown: Text = NOTHING


def stood_then(odoo: Reader, confirmed: Sequence[SoldOrder], as_of: AsOf) -> Then:
    """These orders of today as they stood at the end of the day.

    Of those confirmed since, the ones that show something of that time, of which nothing is known.
    """
    orders = [order for order in confirmed if _confirmed_by(order, as_of)]
    since = [order for order in confirmed if not _confirmed_by(order, as_of)]
    perhaps = _worked_on(odoo, since, as_of.day)
    lines = {sold.line.id: sold for order in orders for sold in order.lines}
    billed = _billed(odoo, lines, as_of)
    delivered, unknown = _delivered(odoo, orders, as_of.day)
    for line_id, found in billed.items():
        if found.unknown:
            unknown[line_id] = found.unknown
    untouched = _untouched(odoo, unknown, as_of)
    unknown = {line_id: why for line_id, why in unknown.items() if line_id not in untouched}
    unknown |= _followers(orders, unknown)
    unknown |= {sold.line.id: CONFIRMED_SINCE for order in perhaps for sold in order.lines}
    return Then(
        orders=[
            *(
                replace(
                    order,
                    lines=of_one_order(
                        [
                            _then(sold, delivered.get(sold.line.id), billed.get(sold.line.id))
                            for sold in order.lines
                        ]
                    ),
                )
                for order in orders
            ),
            *perhaps,
        ],
        unknown=unknown,
        not_verifiable=(*_cancelled(odoo, as_of), PRICES),
    )


def _confirmed_by(order: SoldOrder, as_of: AsOf) -> bool:
    """Odoo writes the day anew whenever an order is confirmed."""
    return order.order.date_order.astimezone(as_of.zone).date() <= as_of.day


def _worked_on(odoo: Reader, orders: Sequence[SoldOrder], day: date) -> Sequence[SoldOrder]:
    """The orders with hours, entries, milestones or posted invoices of that day or before."""
    lines = {sold.line.id: sold for order in orders for sold in order.lines}
    if not lines:
        return ()
    shown = _with_invoices(odoo, lines, day)
    if unbilled.knows_hours(odoo):
        logged: Domain = [("so_line", "in", sorted(lines)), ("date", "<=", str(day))]
        groups = odoo.group(TimesheetLine.MODEL, logged, by=["so_line"], all_companies=True)
        shown |= {group.id_at(0) for group in groups}
    stages = unbilled.reached(orders, unbilled.milestones(odoo, orders))
    shown |= {i for i, found in stages.items() if any(e.day and e.day <= day for e in found)}
    return [order for order in orders if any(sold.line.id in shown for sold in order.lines)]


def _with_invoices(odoo: Reader, lines: Mapping[int, SoldLine], day: date) -> set[int]:
    """Lines that a posted invoice of that day or before bills; all billed ones if none is seen."""
    if not odoo.sees_all(Posting.MODEL) or not odoo.sees_all(Invoice.MODEL):
        return {line_id for line_id, sold in lines.items() if sold.sold.invoiced}
    domain: Domain = [
        ("sale_line_ids", "in", sorted(lines)),
        ("parent_state", "=", "posted"),
        ("move_id.invoice_date", "<=", str(day)),
    ]
    found = odoo.search(Posting, domain, all_companies=True)
    return {number for posting in found for number in posting.sale_line_ids}


def _followers(orders: Sequence[SoldOrder], unknown: Mapping[int, Text]) -> dict[int, Text]:
    """Discounts of orders of which a line is not known: they are earned as the others are."""
    return {
        sold.line.id: FOLLOWS
        for order in orders
        for sold in order.lines
        if _follows(sold) and any(other.line.id in unknown for other in order.lines)
    }


def _follows(sold: SoldLine) -> bool:
    return sold.sold.billing is Billing.FIXED and sold.sold.deducts


def _then(sold: SoldLine, delivered: Decimal | None, billed: _Billed | None) -> SoldLine:
    """The line as it stood; what nobody can say of that day is as it is today."""
    known = sold.sold
    if delivered is not None:
        known = replace(known, delivered=delivered)
    if billed is not None and not billed.unknown:
        known = replace(
            known,
            invoiced=billed.quantity_then,
            invoiced_amount=billed.amount_then,
        )
    return replace(sold, sold=known)


def _billed(odoo: Reader, lines: Mapping[int, SoldLine], as_of: AsOf) -> Mapping[int, _Billed]:
    if not odoo.sees_all(Posting.MODEL) or not odoo.sees_all(Invoice.MODEL):
        return {
            line_id: _Billed(unknown=NO_INVOICES)
            for line_id, sold in lines.items()
            if sold.sold.invoiced or sold.sold.invoiced_amount
        }
    billing: Domain = [("sale_line_ids", "in", sorted(lines))]
    postings = odoo.search(Posting, billing, all_companies=True)
    moves = sorted({posting.move_id for posting in postings})
    invoices = {move.id: move for move in odoo.read(Invoice, moves)}
    dated = {
        move.id: move for move in invoices.values() if (move.invoice_date or date.max) <= as_of.day
    }
    undone = [move.id for move in dated.values() if move.state != "posted" and _numbered(move)]
    undone_since = set(undone) - _written_by_then(odoo, undone, as_of)
    found: dict[int, _Billed] = {line_id: _Billed() for line_id in lines}
    for posting in postings:
        for line_id in found.keys() & set(posting.sale_line_ids):
            _add(found[line_id], posting, posting.move_id in dated)
            if posting.move_id in undone_since:
                found[line_id].unknown = TAKEN_BACK
    for line_id, sold in lines.items():
        if _differs(sold, found[line_id]):
            found[line_id].unknown = NO_SUM
    return found


def _numbered(move: Invoice) -> bool:
    """Whether an invoice was posted once: a draft gets no number."""
    return bool(move.name) and move.name != "/"


def _written_by_then(odoo: Reader, moves: Sequence[int], as_of: AsOf) -> set[int]:
    if not moves:
        return set()
    domain: Domain = [("id", "in", sorted(moves)), ("write_date", "<=", _moment(as_of))]
    return {move.id for move in odoo.search(Invoice, domain, all_companies=True)}


def _add(found: _Billed, posting: Posting, dated: bool) -> None:
    sign = SIGNS.get(posting.move_type, 0)
    quantity = sign * posting.quantity
    found.quantity += ZERO if posting.parent_state == "cancel" else quantity
    if posting.parent_state == "posted":
        found.amount += sign * posting.price_subtotal
    if posting.parent_state == "posted" and dated:
        found.quantity_then += quantity
        found.amount_then += sign * posting.price_subtotal


def _differs(sold: SoldLine, found: _Billed) -> bool:
    amount = sold.sold.currency.round(found.amount - sold.sold.invoiced_amount)
    return bool(amount) or abs(found.quantity - sold.sold.invoiced) > ROUNDING


def _delivered(
    odoo: Reader, orders: Sequence[SoldOrder], day: date
) -> tuple[dict[int, Decimal], dict[int, Text]]:
    """What was delivered by that day, and of which lines nobody can say, and why."""
    lines = {sold.line.id: sold for order in orders for sold in order.lines}
    by_hours = {i: x for i, x in lines.items() if x.line.qty_delivered_method == "timesheet"}
    by_entries = unbilled.line_ids(orders, Billing.EXPENSE)
    answers: dict[int, Decimal | Text] = dict.fromkeys(lines, BY_HAND)
    answers |= dict.fromkeys(by_hours, NO_HOURS)
    answers |= {line_id: ZERO for line_id, sold in lines.items() if _follows(sold)}
    if unbilled.knows_hours(odoo):
        answers |= _by_hours(odoo, by_hours, day)
        answers |= _by_entries(odoo, {i: lines[i] for i in by_entries}, day)
    answers |= _by_stages(odoo, orders, day)
    known = {i: found for i, found in answers.items() if isinstance(found, Decimal)}
    return known, {i: found for i, found in answers.items() if isinstance(found, Text)}


def _by_hours(
    odoo: Reader, lines: Mapping[int, SoldLine], day: date
) -> Mapping[int, Decimal | Text]:
    def logged(*until: tuple[str, str, str]) -> Mapping[int, Decimal]:
        domain: Domain = [("so_line", "in", sorted(lines)), ("project_id", "!=", False), *until]
        groups = group_hours(odoo, domain, ["so_line"])
        return {group.id_at(0): Decimal(repr(group.sums[0])) for group in groups}

    all_hours, by_then = logged(), logged(("date", "<=", str(day)))
    found: dict[int, Decimal | Text] = {}
    for line_id, sold in lines.items():
        unit = _unit(sold.sold.delivered, all_hours.get(line_id, ZERO))
        hours = by_then.get(line_id, ZERO)
        found[line_id] = (
            NO_HOURS if unit is None else (hours * unit).quantize(HUNDREDTH, ROUND_HALF_UP)
        )
    return found


def _unit(delivered: Decimal, hours: Decimal) -> Decimal | None:
    """How much of the line's unit an hour is; None where hours are not what was delivered.

    So it is where only approved hours are, of which nobody knows when they were.
    """
    return next((u for u in UNITS_PER_HOUR if abs(hours * u - delivered) <= ROUNDING), None)


def _by_stages(
    odoo: Reader, orders: Sequence[SoldOrder], day: date
) -> Mapping[int, Decimal | Text]:
    lines = unbilled.line_ids(orders, Billing.MILESTONE)
    reached = unbilled.reached(orders, unbilled.milestones(odoo, orders))
    found: dict[int, Decimal | Text] = {}
    for sold in (sold for order in orders for sold in order.lines if sold.line.id in lines):
        entries = reached.get(sold.line.id, ())
        whole = sum((entry.quantity for entry in entries), ZERO)
        dated = all(entry.day for entry in entries)
        told = dated and abs(whole - sold.sold.delivered) <= ROUNDING
        by_then = (e.quantity for e in entries if e.day and e.day <= day)
        found[sold.line.id] = sum(by_then, ZERO) if told else NO_STAGES
    return found


def _by_entries(
    odoo: Reader, lines: Mapping[int, SoldLine], day: date
) -> Mapping[int, Decimal | Text]:
    groups = odoo.group(
        TimesheetLine.MODEL,
        [("so_line", "in", sorted(lines)), ("project_id", "=", False)],
        by=["so_line"],
        earliest=["date"],
        latest=["date"],
        all_companies=True,
    )
    found: dict[int, Decimal | Text] = dict.fromkeys(lines, BY_HAND)
    for group in groups:
        line_id, first, last = group.id_at(0), group.earliest[0], group.latest[0]
        if first and first > day:
            found[line_id] = ZERO
        elif last and last <= day:
            found[line_id] = lines[line_id].sold.delivered
        else:
            found[line_id] = ENTRIES
    return found


def _untouched(odoo: Reader, line_ids: Iterable[int], as_of: AsOf) -> frozenset[int]:
    """The lines that were not written since; what Odoo computes anew is written, too."""
    domain: Domain = [("id", "in", sorted(line_ids)), ("write_date", "<=", _moment(as_of))]
    return frozenset(line.id for line in odoo.search(Untouched, domain, all_companies=True))


def _cancelled(odoo: Reader, as_of: AsOf) -> tuple[NotVerifiable, ...]:
    """Orders with work or invoices that are cancelled now and may have been confirmed then."""
    found = odoo.search(
        OrderLine,
        [
            ("state", "=", "cancel"),
            ("display_type", "=", False),
            ("write_date", ">", _moment(as_of)),
            "|",
            ("qty_delivered", "!=", 0),
            ("qty_invoiced", "!=", 0),
        ],
    )
    count = len({line.order_id for line in found})
    if not count:
        return ()
    return (
        NotVerifiable(
            check=Text("orders cancelled since"),
            reason=plural(
                "{count} order with work or invoices, cancelled now and written since that day, "
                "left out: Odoo does not say what was confirmed then",
                "{count} orders with work or invoices, cancelled now and written since that day, "
                "left out: Odoo does not say what was confirmed then",
                count=count,
            ),
            remedy=Text("look at them in Odoo: their messages tell when they were cancelled"),
        ),
    )


def _moment(as_of: AsOf) -> str:
    """As Odoo compares moments: in UTC."""
    return f"{as_of.instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


PRICES: Final = NotVerifiable(
    check=Text("prices of that day"),
    reason=Text(
        "prices, discounts and ordered quantities are those of today: Odoo keeps no history of them"
    ),
    remedy=Text("look at the messages of an order whose terms were changed"),
)
