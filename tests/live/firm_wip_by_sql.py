"""What `wip_aging` must say of a firm, line by line, from Odoo's tables and Odoo's own amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row

from .column_by_column import Near

Sql = psycopg.Connection[TupleRow]
Worth = Mapping[str, Sequence[float]]
ZERO = Decimal(0)
# Odoo keeps quantities to a hundredth; what is delivered and what is posted are rounded apart.
ROUNDED = Decimal("0.01")
# Half of it, in other units than hours, are minutes.
HALF = Decimal("0.0051")
UNDATED = "undated"
BUCKETS = ("0-30", "31-60", "61-90", "91+", "future", UNDATED)

# Confirmed services and re-invoiced expenses; the line says how it is delivered, the product what
# is invoiced; quantities on invoices are brought into the unit of the line.
LINES = """
    SELECT l.id, o.id AS order_id, o.name AS order_name, o.company_id, l.project_id,
           o.partner_id, p.complete_name AS partner, c.name AS currency, c.decimal_places,
           CASE WHEN coalesce(l.is_expense, false) THEN 'expense'
                WHEN t.invoice_policy = 'order' THEN 'fixed'
                WHEN l.qty_delivered_method = 'timesheet' THEN 'time_and_materials'
                WHEN l.qty_delivered_method = 'milestones' THEN 'milestone'
                ELSE 'manual' END AS billing,
           coalesce(l.qty_delivered, 0) AS delivered, l.product_uom_qty AS ordered,
           coalesce(l.untaxed_amount_to_invoice, 0) AS odoo_to_invoice,
           coalesce(l.untaxed_amount_invoiced, 0) AS posted_amount,
           u.factor AS unit_in_hours, u.name->>'en_US' IN ('Hours', 'Days') AS of_time,
           coalesce(i.posted, 0) AS posted, coalesce(i.drafted, 0) AS drafted,
           coalesce(i.draft_lines, 0) AS draft_lines,
           coalesce(i.draft_quantity, 0) AS draft_quantity
    FROM sale_order_line l
    JOIN sale_order o ON o.id = l.order_id AND o.state = 'sale'
    JOIN res_partner p ON p.id = o.partner_id
    JOIN res_currency c ON c.id = o.currency_id
    JOIN product_product v ON v.id = l.product_id
    JOIN product_template t ON t.id = v.product_tmpl_id
    JOIN uom_uom u ON u.id = l.product_uom_id
    LEFT JOIN LATERAL (
        SELECT sum(b.sign * b.quantity * w.factor / u.factor) FILTER (WHERE b.state = 'posted')
                   AS posted,
               sum(b.sign * b.price_subtotal) FILTER (WHERE b.state = 'draft') AS drafted,
               count(*) FILTER (WHERE b.state = 'draft' AND b.quantity <> 0) AS draft_lines,
               sum(b.sign * b.quantity * w.factor / u.factor) FILTER (WHERE b.state = 'draft')
                   AS draft_quantity
        FROM (SELECT m.state, a.quantity, a.price_subtotal, a.product_uom_id,
                     CASE m.move_type WHEN 'out_invoice' THEN 1 WHEN 'out_refund' THEN -1 END
                         AS sign
              FROM sale_order_line_invoice_rel r
              JOIN account_move_line a ON a.id = r.invoice_line_id
              JOIN account_move m ON m.id = a.move_id
              WHERE r.order_line_id = l.id) b
        JOIN uom_uom w ON w.id = b.product_uom_id
    ) i ON true
    WHERE l.display_type IS NULL AND NOT coalesce(l.is_downpayment, false)
      AND (t.type = 'service' OR coalesce(l.is_expense, false))
"""
# Where an hour stands: on a posted invoice, on a draft, or on no live one. Links alone do not tell
# what is billed: Odoo clears those of a whole line when a little of it is credited.
HOURS = """
    SELECT a.so_line, a.date, sum(a.unit_amount), -sum(a.amount),
           CASE WHEN m.state = 'draft' THEN 'drafted'
                WHEN m.state = 'posted' AND m.payment_state <> 'reversed' THEN 'posted'
                ELSE 'open' END AS place
    FROM account_analytic_line a
    LEFT JOIN account_move m ON m.id = a.timesheet_invoice_id
    WHERE a.project_id IS NOT NULL AND a.timesheet_invoice_type = 'billable_time'
    GROUP BY a.so_line, a.date, place ORDER BY 1, 2
"""
COSTS = """
    SELECT a.so_line, a.date, sum(a.unit_amount) FROM account_analytic_line a
    WHERE a.project_id IS NULL AND a.so_line IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
STAGES = """
    SELECT m.sale_line_id, m.reached_date, sum(m.quantity_percentage * l.product_uom_qty)
    FROM project_milestone m JOIN sale_order_line l ON l.id = m.sale_line_id
    WHERE m.is_reached GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Line:
    """A confirmed service or expense line; amounts untaxed, in the order's currency."""

    id: int
    order_id: int
    order_name: str
    company_id: int
    project_id: int | None
    partner_id: int
    partner: str
    currency: str
    decimal_places: int
    billing: str
    delivered: Decimal
    ordered: Decimal
    odoo_to_invoice: Decimal
    posted_amount: Decimal
    unit_in_hours: Decimal
    of_time: bool
    posted: Decimal
    drafted: Decimal
    draft_lines: int
    draft_quantity: Decimal

    @property
    def digit(self) -> Decimal:
        """The smallest amount of the currency."""
        return Decimal(1).scaleb(-self.decimal_places)

    def billed(self, worth: Worth) -> Decimal:
        """What the invoice wizard would bill, and what drafts bill already."""
        return self._rounded(worth[str(self.id)][0])

    def balance(self, worth: Worth) -> Decimal:
        """What is delivered and not posted: what is billed, but of a fixed price what is earned.

        Of too much billed of it, the part of what was billed.
        """
        if self.billing != "fixed" or self.delivered >= self.ordered:
            return self.billed(worth)
        if self.delivered < self.posted:
            share = (self.delivered - self.posted) / self.posted
            return (self.posted_amount * share).quantize(self.digit, ROUND_HALF_UP)
        return self._rounded(worth[str(self.id)][1])

    def _rounded(self, amount: float) -> Decimal:
        return Decimal(repr(amount)).quantize(self.digit, ROUND_HALF_UP)


@dataclass(frozen=True)
class Entry:
    """Something delivered: quantity in the line's unit; hours, and their cost, if it is time."""

    day: date | None
    quantity: Decimal
    hours: Decimal | None = None
    cost: Decimal = ZERO


@dataclass(frozen=True)
class Entries:
    """The dated deliveries of all lines, by line, oldest first; hours by where they stand."""

    hours: Mapping[str, Mapping[int, Sequence[tuple[date, Decimal, Decimal]]]]
    costs: Mapping[int, Sequence[tuple[date, Decimal]]]
    stages: Mapping[int, Sequence[tuple[date, Decimal]]]


def lines(sql: Sql) -> Sequence[Line]:
    """All confirmed service and expense lines of all companies."""
    with sql.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(LINES.encode()).fetchall()


def entries(sql: Sql) -> Entries:
    """All entries that may be unbilled."""
    hours: dict[str, dict[int, list[tuple[date, Decimal, Decimal]]]] = {
        place: defaultdict(list) for place in ("open", "drafted", "posted")
    }
    for line, day, amount, cost, place in sql.execute(HOURS).fetchall():
        hours[place][line].append((day, Decimal(repr(amount)), cost))
    costs, stages = defaultdict(list), defaultdict(list)
    for line, day, amount in sql.execute(COSTS).fetchall():
        costs[line].append((day, Decimal(repr(amount))))
    for line, day, amount in sql.execute(STAGES).fetchall():
        stages[line].append((day, Decimal(repr(float(amount)))))
    return Entries(hours, costs, stages)


def wip_rows(
    found: Sequence[Line], dated: Entries, worth: Worth, as_of: date
) -> Mapping[int, Mapping[str, Any]]:
    """By line: those with WIP, advance billing or something on a draft."""
    return {
        line.id: _row(line, line.balance(worth), dated, as_of)
        for line in found
        if line.balance(worth) or line.draft_lines
    }


def _row(line: Line, balance: Decimal, dated: Entries, as_of: date) -> Mapping[str, Any]:
    open_ = _open_entries(line, dated)
    oldest = _oldest(line, dated, open_)
    return {
        "sale_order_line_id": line.id,
        "sale_order_id": line.order_id,
        "sale_order": line.order_name,
        "project_id": line.project_id,
        "partner_id": line.partner_id,
        "partner": line.partner,
        "currency": line.currency,
        "billing": line.billing,
        "delivered": float(line.delivered),
        "invoiced": float(line.posted),
        "in_draft": line.drafted,
        "wip": max(balance, ZERO),
        "advance_billing": min(balance, ZERO),
        "oldest_date": oldest,
        "age_days": None if oldest is None else (as_of - oldest).days,
        "bucket": bucket(oldest, as_of),
        "aged": _aged(line, balance, open_, as_of) if balance > 0 else [],
    }


def bucket(day: date | None, as_of: date) -> str:
    """Upper edges belong to their bucket."""
    if day is None:
        return UNDATED
    age = (as_of - day).days
    if age < 0:
        return "future"
    edges = {"0-30": 30, "31-60": 60, "61-90": 90}
    return next((name for name, last in edges.items() if age <= last), "91+")


def _open_entries(line: Line, dated: Entries) -> Sequence[Entry]:
    """The entries that make up what is not posted: the oldest are billed first."""
    open_quantity = line.delivered - line.posted
    if line.billing == "time_and_materials":
        return _newest(_hours(line, dated, "open", "drafted"), open_quantity)
    source = {"milestone": dated.stages, "expense": dated.costs}.get(line.billing, {})
    return _newest([Entry(*entry) for entry in source.get(line.id, ())], open_quantity)


def _hours(line: Line, dated: Entries, *places: str) -> Sequence[Entry]:
    """The hours there, and the newest posted ones that invoices do not bill after all."""
    unit = line.unit_in_hours if line.of_time else Decimal(1)

    def found(*places: str) -> list[Entry]:
        return [
            Entry(day, hours / unit, hours, cost)
            for place in places
            for day, hours, cost in dated.hours[place].get(line.id, ())
        ]

    not_posted = sum((entry.quantity for entry in found("open", "drafted")), ZERO)
    short = line.delivered - line.posted - not_posted
    kept = _newest(found("posted"), short) if short > 2 * ROUNDED else []
    return [*found(*places), *(entry for entry in kept if entry.day)]


def _newest(entries: Sequence[Entry], quantity: Decimal) -> Sequence[Entry]:
    """The newest of the entries, as many as make up the quantity; the rest of it is undated."""
    whole = sum((entry.quantity for entry in entries), ZERO)
    left = whole if entries and abs(whole - quantity) <= ROUNDED else quantity
    found = []
    for entry in sorted(entries, key=lambda entry: entry.day or date.max, reverse=True):
        part = min(left, entry.quantity)
        if part > 0:
            share = part / entry.quantity
            hours = None if entry.hours is None else entry.hours * share
            found.append(Entry(entry.day, part, hours, entry.cost * share))
            left -= part
    return found if left <= ROUNDED else [*found, Entry(None, left)]


def _oldest(line: Line, dated: Entries, open_: Sequence[Entry]) -> date | None:
    """Of time, the oldest hour that is on no draft either."""
    if line.billing == "time_and_materials":
        quantity = line.delivered - line.posted - line.draft_quantity
        open_ = _newest(_hours(line, dated, "open"), quantity)
    return min((entry.day for entry in open_ if entry.day), default=None)


def costs(found: Sequence[Line], dated: Entries) -> Mapping[int, Decimal]:
    """What the hours on no posted invoice cost, by line, in the company's currency."""
    return {
        line.id: sum((entry.cost for entry in _open_entries(line, dated)), ZERO)
        for line in found
        if line.billing == "time_and_materials" and _hours(line, dated, "open", "drafted")
    }


def waiting_since(found: Sequence[Line], dated: Entries) -> Mapping[int, date]:
    """By order: the oldest hour that no invoice, posted or draft, bills."""
    oldest: dict[int, date] = {}
    for line in found:
        if line.billing == "time_and_materials" and (day := _oldest(line, dated, ())):
            oldest[line.order_id] = min(day, oldest.get(line.order_id, day))
    return oldest


def _aged(line: Line, balance: Decimal, open_: Sequence[Entry], as_of: date) -> Any:
    """The value shared out by quantity, each part to a last digit."""
    whole = sum((entry.quantity for entry in open_), ZERO)
    parts = []
    for name in BUCKETS:
        mine = [entry for entry in open_ if bucket(entry.day, as_of) == name]
        if mine:
            hours = [entry.hours for entry in mine if entry.hours is not None]
            share = balance * sum((entry.quantity for entry in mine), ZERO) / whole
            by_hour = not line.of_time or line.unit_in_hours == 1
            apart = ZERO if by_hour else HALF
            worked = float(sum(hours)) if by_hour else Near(sum(hours, ZERO), 8 * apart)
            parts.append(
                {
                    "bucket": name,
                    "hours": worked if hours else None,
                    "value": Near(share, line.digit + balance / whole * apart),
                }
            )
    return parts or [{"bucket": UNDATED, "hours": None, "value": balance}]


def wip_totals(
    found: Sequence[Line], rows: Sequence[Any], worth: Worth
) -> Mapping[str, Mapping[str, Any]]:
    """By currency of one company; the residual is explained line by line, by billing."""
    totals: dict[str, dict[str, Any]] = {}
    for line in found:
        total = totals.setdefault(line.currency, _nothing(line.currency))
        gap = line.billed(worth) - line.balance(worth)
        total["excluded"] += line.odoo_to_invoice - line.billed(worth)
        total["odoo_to_invoice"] += line.odoo_to_invoice
        total["residual"] += gap
        total["wip"] += max(line.balance(worth), ZERO)
        total["advance_billing"] += min(line.balance(worth), ZERO)
        total["in_draft"] += line.drafted
        if gap:
            by_billing = total["residual_by_billing"]
            by_billing[line.billing] = by_billing.get(line.billing, ZERO) + gap
    for row in rows:
        for part in row.aged:
            totals[row.currency]["buckets"][part.bucket] += Decimal(part.value)
    return totals


def _nothing(currency: str) -> dict[str, Any]:
    names = ("wip", "advance_billing", "in_draft", "odoo_to_invoice", "excluded", "residual")
    empty: dict[str, Any] = dict.fromkeys(names, ZERO)
    return {
        "currency": currency,
        **empty,
        "buckets": dict.fromkeys(BUCKETS, ZERO),
        "residual_by_billing": {},
    }
