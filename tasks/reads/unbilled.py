"""Reads what of orders is delivered and on no live invoice: hours and milestones."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from odoo_gateway.reader import Domain, Group, Grouping, Reader
from tasks.domain.ageing import EDGES, ROUNDING_OF_HOURS, Entry, still_open
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.domain.texts import Text
from tasks.reads.orders import SoldLine, SoldOrder
from tasks.reads.units import group_hours, hours_by, in_hours
from tasks.records.sales import Invoice, Milestone, OrderLine
from tasks.records.timesheets import TimesheetLine

ZERO: Final = Decimal(0)
EDGES_OF_BUCKETS: Final = tuple(edge for edge, _ in EDGES)


@dataclass(frozen=True)
class Delivered:
    """What a line delivered and no posted invoice is linked to: on no invoice, and on drafts.

    Links alone do not tell what is billed: Odoo clears those of all hours of a line when an invoice
    is credited, however little of it.
    """

    entries: tuple[Entry, ...] = ()
    drafted: tuple[Entry, ...] = ()


def line_ids(orders: Iterable[SoldOrder], billing: Billing) -> dict[int, int]:
    """Order ids by line id, for the lines billed that way."""
    return {
        sold.line.id: order.order.id
        for order in orders
        for sold in order.lines
        if sold.sold.billing is billing
    }


def time(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    today: date,
    *,
    is_over: bool = False,
    edges: Collection[int] = EDGES_OF_BUCKETS,
) -> Mapping[int, Delivered]:
    """Billable hours by line, in the line's unit, told by its own delivered hours.

    By the oldest day of each bucket of age where all that is there is unbilled: so much less is
    read than by day. By day where some is billed or corrected, since that takes the oldest hours.

    Where posted invoices bill less than the hours that are linked to them, the newest of these are
    among the entries. is_over: as it stood at the end of `today`, when nobody knows of drafts.
    """
    if not knows_hours(odoo):
        return {}
    lines = {
        sold.line.id: sold
        for order in orders
        for sold in order.lines
        if sold.sold.billing is Billing.TIME_AND_MATERIALS
    }
    until = today if is_over else None
    dated: Domain = [("date", "<=", str(until))] if until else []
    on_none: Domain = [*_not_posted_by(odoo, until), *dated] if until else on_no_invoice(odoo)
    live = on_none if until else ["|", *on_none, *_drafted(odoo)]
    billable: Domain = [*_billable(lines), *live]
    all_of_them: Domain = [("so_line", "in", sorted(lines)), ("project_id", "!=", False), *dated]
    by = ["so_line", *([] if until else ["timesheet_invoice_id"])]
    totals, corrections, *of_ages = odoo.groups(
        [
            hours_by(odoo, all_of_them, ["so_line"]),
            _corrections(billable),
            *(
                hours_by(odoo, [*billable, *span], by, ["date"], ["amount"])
                for span in _spans(today, edges)
            ),
        ]
    )
    per_hour = _units_per_hour(lines, in_hours(odoo, totals))
    aged = [group for groups in of_ages for group in in_hours(odoo, groups)]
    unlinked, drafted = _by_age(odoo, aged, per_hour, drafts_apart=not until)
    corrected = frozenset(group.id_at(0) for group in corrections)
    exact = [
        line_id
        for line_id in {*unlinked, *drafted}
        if line_id in corrected or not _is_all(lines[line_id], unlinked, drafted)
    ]
    if exact:
        by_day = _by_day(odoo, [*_billable(exact), *on_none], per_hour)
        unlinked |= {line_id: by_day.get(line_id, ()) for line_id in exact}
    if exact and not until:
        by_day = _by_day(odoo, [*_billable(exact), *_drafted(odoo)], per_hour)
        drafted |= {line_id: by_day.get(line_id, ()) for line_id in exact}
    short = {
        line_id: missing
        for line_id, sold in lines.items()
        if (missing := _missing(sold, unlinked, drafted)) > ROUNDING_OF_HOURS
    }
    linked = [*_posted(odoo, short, until), *dated]
    posted = _by_day(odoo, linked, per_hour) if short else {}
    kept = {
        line_id: tuple(e for e in still_open(found, short[line_id]) if e.day)
        for line_id, found in posted.items()
    }
    return {
        line_id: Delivered(
            (*unlinked.get(line_id, ()), *kept.get(line_id, ())), drafted.get(line_id, ())
        )
        for line_id in {*unlinked, *drafted, *kept}
    }


def _is_all(
    sold: SoldLine,
    unlinked: Mapping[int, Sequence[Entry]],
    drafted: Mapping[int, Sequence[Entry]],
) -> bool:
    """Whether what is on no invoice is just what is earned and on none, so no day matters."""
    on_none = sum((entry.quantity for entry in unlinked.get(sold.line.id, ())), ZERO)
    waits = sold.sold.earned - sold.sold.invoiced
    return (
        abs(on_none - waits) <= ROUNDING_OF_HOURS
        and abs(_missing(sold, unlinked, drafted)) <= ROUNDING_OF_HOURS
    )


def waiting(sold: SoldLine, delivered: Delivered) -> Sequence[Entry]:
    """What of a line is on no invoice, neither posted nor draft, the oldest first.

    What is invoiced covers the oldest hours first, whatever is linked.
    """
    return still_open(delivered.entries, sold.sold.earned - sold.sold.invoiced)


def _missing(sold: SoldLine, *found: Mapping[int, Sequence[Entry]]) -> Decimal:
    """How much of what posted invoices do not bill is linked to them all the same."""
    known = (entry.quantity for each in found for entry in each.get(sold.line.id, ()))
    return sold.sold.earned - sold.sold.posted - sum(known, ZERO)


def _units_per_hour(
    lines: Mapping[int, SoldLine], groups: Iterable[Group]
) -> Mapping[int, Decimal]:
    total = {group.id_at(0): _exact(group.sums[0]) for group in groups}
    return {
        line_id: sold.sold.delivered / logged
        if (logged := total.get(line_id, ZERO))
        else Decimal(1)
        for line_id, sold in lines.items()
    }


def _by_day(
    odoo: Reader, domain: Domain, per_hour: Mapping[int, Decimal]
) -> Mapping[int, tuple[Entry, ...]]:
    found = defaultdict[int, list[Entry]](list)
    for group in group_hours(odoo, domain, ["so_line", "date:day"], sums=["amount"]):
        found[group.id_at(0)].append(_entry(group, group.day_at(1), per_hour))
    return {line_id: tuple(entries) for line_id, entries in found.items()}


def _spans(today: date, edges: Iterable[int]) -> Iterator[Domain]:
    """The days of each bucket of age, the oldest first."""
    days = [today - timedelta(days=edge) for edge in sorted({*edges}, reverse=True)]
    for first, after in pairwise([date.min, *days, today + timedelta(days=1), date.max]):
        yield [("date", ">=", str(first)), ("date", "<", str(after))]


def _by_age(
    odoo: Reader,
    groups: Sequence[Group],
    per_hour: Mapping[int, Decimal],
    *,
    drafts_apart: bool,
) -> tuple[dict[int, tuple[Entry, ...]], dict[int, tuple[Entry, ...]]]:
    """An entry per bucket of age, of the oldest day in it; those on drafts apart, if asked for."""
    linked: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for group in groups if drafts_apart else ():
        if group.keys[1] is not None:
            linked[group.id_at(1)].add((OrderLine.MODEL, group.id_at(0)))
    invoices = odoo.referred(Invoice, linked) if linked else {}
    drafts = {
        number
        for number, invoice in invoices.items()
        if invoice.state == "draft" and invoice.payment_state != "reversed"
    }
    found: tuple[dict[int, list[Entry]], ...] = (defaultdict(list), defaultdict(list))
    for group in groups:
        on_draft = drafts_apart and group.keys[-1] in drafts
        entry = _entry(group, group.earliest[0], per_hour)
        found[on_draft][group.id_at(0)].append(entry)
    unlinked, drafted = ({line: tuple(of) for line, of in each.items()} for each in found)
    return unlinked, drafted


def _entry(group: Group, day: date | None, per_hour: Mapping[int, Decimal]) -> Entry:
    logged, amount = map(_exact, group.sums)
    # Odoo writes costs as negative amounts.
    return Entry(day, logged * per_hour[group.id_at(0)], logged, -amount)


def _exact(total: float) -> Decimal:
    """Odoo adds up binary fractions: what that leaves far behind the point would tip a cent."""
    return Decimal(repr(round(total, 8)))


def _corrections(domain: Domain) -> Grouping:
    """The lines among whose hours some are below zero, or none at all."""
    wrong: Domain = [*domain, ("unit_amount", "<=", 0)]
    return Grouping(TimesheetLine.MODEL, wrong, ["so_line"], all_companies=True)


def _billable(line_ids: Iterable[int]) -> Domain:
    return [
        ("so_line", "in", sorted(line_ids)),
        ("project_id", "!=", False),
        ("timesheet_invoice_type", "=", "billable_time"),
    ]


def _drafted(odoo: Reader) -> Domain:
    """Timesheet lines on drafts, as one condition."""
    if not odoo.session.may_read(Invoice.MODEL):
        return [("id", "=", 0)]
    return ["&", *_on_live("draft")]


def _on_live(state: str) -> Domain:
    return [
        ("timesheet_invoice_id.state", "=", state),
        ("timesheet_invoice_id.payment_state", "!=", "reversed"),
    ]


def _posted(odoo: Reader, line_ids: Iterable[int], until: date | None) -> Domain:
    """Billable hours on posted invoices, of that day or before."""
    if not odoo.session.may_read(Invoice.MODEL):
        return [("id", "=", 0)]
    dated: Domain = [("timesheet_invoice_id.invoice_date", "<=", str(until))] if until else []
    return [*dated, *_billable(line_ids), *_on_live("posted")]


def _not_posted_by(odoo: Reader, day: date) -> Domain:
    """Timesheet lines that no invoice of that day or before bills."""
    if not odoo.session.may_read(Invoice.MODEL):
        return on_no_invoice(odoo)
    return [
        "|",
        "|",
        "|",
        ("timesheet_invoice_id", "=", False),
        ("timesheet_invoice_id.state", "!=", "posted"),
        ("timesheet_invoice_id.payment_state", "=", "reversed"),
        ("timesheet_invoice_id.invoice_date", ">", str(day)),
    ]


def hours(odoo: Reader, line_ids: Iterable[int]) -> Domain:
    """Billable hours on no live invoice: a cancelled or reversed one bills nothing."""
    return [*_billable(line_ids), *on_no_invoice(odoo)]


def on_no_invoice(odoo: Reader) -> Domain:
    """Timesheet lines that no live invoice bills."""
    live: Domain = [("timesheet_invoice_id", "=", False)]
    if odoo.session.may_read(Invoice.MODEL):
        live = [
            "|",
            "|",
            ("timesheet_invoice_id", "=", False),
            ("timesheet_invoice_id.state", "=", "cancel"),
            ("timesheet_invoice_id.payment_state", "=", "reversed"),
        ]
    return live


def knows_hours(odoo: Reader) -> bool:
    """Whether the database links hours to orders and invoices (module sale_timesheet)."""
    return not odoo.lacks(TimesheetLine, "timesheet_invoice_id")


def unknown_hours(odoo: Reader) -> tuple[NotVerifiable, ...]:
    """What cannot be told where hours are linked to no order."""
    return () if knows_hours(odoo) else (_NO_LINK,)


def milestones(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Sequence[Milestone]]:
    """The milestones that bill lines of the orders, by order id."""
    lines = line_ids(orders, Billing.MILESTONE)
    by_order: dict[int, list[Milestone]] = defaultdict(list)
    if lines:
        for milestone in odoo.search(Milestone, [("sale_line_id", "in", sorted(lines))]):
            by_order[lines[milestone.sale_line_id or 0]].append(milestone)
    return by_order


def reached(
    orders: Iterable[SoldOrder], found: Mapping[int, Sequence[Milestone]]
) -> Mapping[int, Sequence[Entry]]:
    """What reached milestones delivered, in the unit of their order line, by line id."""
    ordered = {sold.line.id: sold.sold.ordered for order in orders for sold in order.lines}
    entries: dict[int, list[Entry]] = defaultdict(list)
    for milestone in (milestone for of_order in found.values() for milestone in of_order):
        if milestone.is_reached and milestone.sale_line_id is not None:
            share = Decimal(repr(milestone.quantity_percentage))
            quantity = share * ordered[milestone.sale_line_id]
            entries[milestone.sale_line_id].append(Entry(milestone.reached_date, quantity))
    return entries


_NO_LINK = NotVerifiable(
    check=Text("hours on orders"),
    reason=Text("the module sale_timesheet is not installed, so no hours are linked to orders"),
    remedy=Text("install sale_timesheet to bill time and to age it"),
)
