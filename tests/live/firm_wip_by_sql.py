"""What `wip_aging` must say of a firm, line by line, from Odoo's tables and Odoo's own amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row

from .column_by_column import Fits

Sql = psycopg.Connection[TupleRow]
ZERO = Decimal(0)
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
           coalesce(i.draft_lines, 0) AS draft_lines
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
               count(*) FILTER (WHERE b.state = 'draft' AND b.quantity <> 0) AS draft_lines
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
# `linked`: on a live invoice; `posted`: on one that is posted.
HOURS = """
    SELECT a.so_line, a.date, sum(a.unit_amount),
           bool_and(m.id IS NOT NULL AND m.state <> 'cancel' AND m.payment_state <> 'reversed')
    FROM account_analytic_line a
    LEFT JOIN account_move m ON m.id = a.timesheet_invoice_id
    WHERE a.project_id IS NOT NULL AND a.timesheet_invoice_type = 'billable_time'
      AND NOT coalesce(m.state = 'posted' AND m.payment_state <> 'reversed', false)
    GROUP BY a.so_line, a.date ORDER BY 1, 2
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

    @property
    def digit(self) -> Decimal:
        """The smallest amount of the currency."""
        return Decimal(1).scaleb(-self.decimal_places)

    def balance(self, earned: Mapping[str, float]) -> Decimal:
        """What is delivered less what is posted; Odoo's figure, but for fixed prices."""
        if self.billing != "fixed":
            return self.odoo_to_invoice
        worth = Decimal(repr(earned[str(self.id)])).quantize(self.digit, ROUND_HALF_UP)
        return worth - self.posted_amount


@dataclass(frozen=True)
class Entry:
    """Something delivered: quantity in the line's unit, hours if it is time."""

    day: date | None
    quantity: Decimal
    hours: Decimal | None


@dataclass(frozen=True)
class Entries:
    """The dated deliveries of all lines, by line, oldest first."""

    hours: Mapping[int, Sequence[tuple[date, Decimal]]]
    oldest_unlinked: Mapping[int, date]
    costs: Mapping[int, Sequence[tuple[date, Decimal]]]
    stages: Mapping[int, Sequence[tuple[date, Decimal]]]


def lines(sql: Sql) -> Sequence[Line]:
    """All confirmed service and expense lines of all companies."""
    with sql.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(LINES.encode()).fetchall()


def entries(sql: Sql) -> Entries:
    """All entries that may be unbilled."""
    hours, oldest = defaultdict(list), {}
    for line, day, amount, linked in sql.execute(HOURS).fetchall():
        hours[line].append((day, Decimal(repr(amount))))
        if not linked:
            oldest.setdefault(line, day)
    costs, stages = defaultdict(list), defaultdict(list)
    for line, day, amount in sql.execute(COSTS).fetchall():
        costs[line].append((day, Decimal(repr(amount))))
    for line, day, amount in sql.execute(STAGES).fetchall():
        stages[line].append((day, Decimal(repr(float(amount)))))
    return Entries(hours, oldest, costs, stages)


def wip_rows(
    found: Sequence[Line], dated: Entries, earned: Mapping[str, float], as_of: date
) -> Mapping[int, Mapping[str, Any]]:
    """By line: those with WIP, advance billing or something on a draft."""
    return {
        line.id: _row(line, line.balance(earned), dated, as_of)
        for line in found
        if line.balance(earned) or line.draft_lines
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
    return next((name for name, last in zip(BUCKETS, (30, 60, 90)) if age <= last), "91+")


def _open_entries(line: Line, dated: Entries) -> Sequence[Entry]:
    """The entries that make up what is not posted: the oldest are billed first."""
    mine = [
        Entry(day, quantity, hours)
        for day, quantity, hours in _entries(line, dated)
    ]
    unbilled = line.delivered - line.posted
    surplus = sum((entry.quantity for entry in mine), ZERO) - unbilled
    left = []
    for entry, reached in zip(mine, accumulate(entry.quantity for entry in mine), strict=True):
        rest = min(entry.quantity, reached - max(surplus, ZERO))
        if rest > Decimal("0.0000001"):
            hours = None if entry.hours is None else entry.hours * rest / entry.quantity
            left.append(Entry(entry.day, rest, hours))
    if surplus < Decimal("-0.005"):
        left.append(Entry(None, -surplus, None))
    return left


def _entries(line: Line, dated: Entries) -> Sequence[tuple[date, Decimal, Decimal | None]]:
    if line.billing == "time_and_materials":
        unit = line.unit_in_hours if line.of_time else Decimal(1)
        return [(day, hours / unit, hours) for day, hours in dated.hours.get(line.id, ())]
    source = {"milestone": dated.stages, "expense": dated.costs}.get(line.billing, {})
    return [(day, quantity, None) for day, quantity in source.get(line.id, ())]


def _oldest(line: Line, dated: Entries, open_: Sequence[Entry]) -> date | None:
    if line.billing == "time_and_materials":
        return dated.oldest_unlinked.get(line.id)
    return min((entry.day for entry in open_ if entry.day), default=None)


def _aged(line: Line, balance: Decimal, open_: Sequence[Entry], as_of: date) -> Any:
    """The value by quantity; a part may be off by a last digit, their sum may not."""
    whole = sum((entry.quantity for entry in open_), ZERO)
    shares: dict[str, list[Decimal | None]] = {}
    for entry in open_:
        share = shares.setdefault(bucket(entry.day, as_of), [ZERO, None])
        share[0] = (share[0] or ZERO) + balance * entry.quantity / whole
        if entry.hours is not None:
            share[1] = (share[1] or ZERO) + entry.hours
    wanted = {name: shares[name] for name in BUCKETS if name in shares} or {UNDATED: [balance, None]}
    return Fits(repr(wanted), lambda parts: _fits(parts, wanted, balance, line.digit))


def _fits(
    parts: Any, wanted: Mapping[str, Sequence[Decimal | None]], balance: Decimal, digit: Decimal
) -> bool:
    if sum(Decimal(part["value"]) for part in parts) != balance:
        return False
    if sorted(part["bucket"] for part in parts) != sorted(wanted):
        return False
    for part in parts:
        value, hours = wanted[part["bucket"]]
        if value is None or abs(Decimal(part["value"]) - value) > digit:
            return False
        if (hours is None) != (part["hours"] is None):
            return False
        if hours is not None and abs(Decimal(repr(part["hours"])) - hours) > Decimal("0.0101"):
            return False
    return True


def wip_totals(
    found: Sequence[Line], rows: Sequence[Any], earned: Mapping[str, float]
) -> Mapping[str, Mapping[str, Any]]:
    """By currency of one company; the residual is explained line by line, by billing."""
    totals: dict[str, dict[str, Any]] = {}
    for line in found:
        total = totals.setdefault(line.currency, _nothing(line.currency))
        gap = line.odoo_to_invoice - line.balance(earned)
        total["odoo_to_invoice"] += line.odoo_to_invoice
        total["residual"] += gap
        total["wip"] += max(line.balance(earned), ZERO)
        total["advance_billing"] += min(line.balance(earned), ZERO)
        total["in_draft"] += line.drafted
        if gap:
            by_billing = total["residual_by_billing"]
            by_billing[line.billing] = by_billing.get(line.billing, ZERO) + gap
    for row in rows:
        for part in row.aged:
            totals[row.currency]["buckets"][part.bucket] += Decimal(part.value)
    return totals


def _nothing(currency: str) -> dict[str, Any]:
    names = ("wip", "advance_billing", "in_draft", "odoo_to_invoice", "residual")
    empty: dict[str, Any] = dict.fromkeys(names, ZERO)
    return {
        "currency": currency,
        **empty,
        "buckets": dict.fromkeys(BUCKETS, ZERO),
        "residual_by_billing": {},
    }
