"""What `invoice_readiness` must say of a firm, order by order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from .column_by_column import SOMETHING, TEXT, Fits
from .orders_by_sql import StoredOrder

Sql = psycopg.Connection[TupleRow]
ZERO = Decimal(0)
YEARLY_PERCENT, DAYS = 8, 365
STATUSES = ("ready", "blocked", "held", "excluded")

NAMES = """
    SELECT o.id, p.complete_name, c.decimal_places FROM sale_order o
    JOIN res_partner p ON p.id = o.partner_id JOIN res_currency c ON c.id = o.currency_id
"""
FILES = """
    SELECT res_id, count(*) FROM ir_attachment
    WHERE res_model = 'project.project' AND res_field IS NULL GROUP BY 1
"""
# Reached milestones, by order, that posted invoices do not cover; the oldest are billed first.
STAGES = """
    WITH posted AS (
        SELECT r.order_line_id AS id,
               sum(a.quantity * CASE m.move_type WHEN 'out_invoice' THEN 1 ELSE -1 END) AS quantity
        FROM sale_order_line_invoice_rel r JOIN account_move_line a ON a.id = r.invoice_line_id
        JOIN account_move m ON m.id = a.move_id AND m.state = 'posted' GROUP BY 1
    )
    SELECT order_id, min(reached_date) FROM (
        SELECT l.order_id, m.reached_date, coalesce(i.quantity, 0) AS posted,
               sum(m.quantity_percentage * l.product_uom_qty)
                   OVER (PARTITION BY l.id ORDER BY m.reached_date, m.id) AS reached
        FROM project_milestone m JOIN sale_order_line l ON l.id = m.sale_line_id
        JOIN product_product p ON p.id = l.product_id
        JOIN product_template t ON t.id = p.product_tmpl_id AND t.invoice_policy = 'delivery'
        LEFT JOIN posted i ON i.id = l.id
        WHERE m.is_reached AND l.qty_delivered_method = 'milestones'
    ) s WHERE reached > posted + 0.005 GROUP BY 1
"""
# Due since the order was confirmed: what is invoiced on order and not yet, drafts or posted.
IN_ADVANCE = """
    SELECT o.id,
           (o.date_order AT TIME ZONE 'UTC' AT TIME ZONE coalesce(k.tz, 'UTC'))::date
    FROM sale_order o JOIN sale_order_line l ON l.order_id = o.id
    JOIN res_company c ON c.id = o.company_id
    LEFT JOIN resource_calendar k ON k.id = c.resource_calendar_id
    JOIN product_product p ON p.id = l.product_id
    JOIN product_template t ON t.id = p.product_tmpl_id
    WHERE o.state = 'sale' AND l.display_type IS NULL AND t.invoice_policy = 'order'
      AND NOT coalesce(l.is_expense, false) AND NOT coalesce(l.is_downpayment, false)
      AND l.untaxed_amount_to_invoice > 0 GROUP BY 1, 2
"""
# Orders with time beyond a tenth over what was ordered, and projects on hold.
OVERRUN = """
    SELECT DISTINCT l.order_id FROM sale_order_line l
    JOIN product_product p ON p.id = l.product_id
    JOIN product_template t ON t.id = p.product_tmpl_id
    WHERE l.qty_delivered_method = 'timesheet' AND t.invoice_policy = 'delivery'
      AND l.qty_delivered > l.product_uom_qty * 1.1
"""
ON_HOLD = "SELECT id FROM project_project WHERE last_update_status = 'on_hold'"


@dataclass(frozen=True)
class Stops:
    """What stands in the way of orders, beside what an order itself says."""

    overrun: Collection[int]
    on_hold: Collection[int]


def stops(sql: Sql) -> Stops:
    """Orders and projects that a check of contract or project fails."""
    found = [{row[0] for row in sql.execute(q).fetchall()} for q in (OVERRUN, ON_HOLD)]
    return Stops(*found)


@dataclass(frozen=True)
class Policy:
    """The policy of the test: beside this, a tenth over is allowed."""

    holds: Mapping[str, date | None]
    excluded_customers: Collection[int]

    def holds_on(self, order: str, day: date) -> bool:
        """`until` is the last day of a hold."""
        return order in self.holds and (self.holds[order] or day) >= day


def rows(
    sql: Sql,
    stored: Mapping[int, StoredOrder],
    projects: Mapping[str, Sequence[int]],
    as_of: date,
    policy: Policy,
    url: str,
) -> Mapping[int, Mapping[str, Any]]:
    """By order: those with an amount, and those that would have one if they had a price."""
    names = {row[0]: row[1:] for row in sql.execute(NAMES).fetchall()}
    files: dict[int, int] = dict(sql.execute(FILES).fetchall())
    since, stopped = _waiting_since(sql, stored.values()), stops(sql)
    found = {}
    for order in stored.values():
        if not order.concerns_finance:
            continue
        mine = projects[str(order.order_id)]
        evidence = order.files + sum(files.get(project, 0) for project in mine)
        held = _hold(order.name, policy, as_of)
        results = _results(order, evidence, held, stopped, mine)
        partner, decimals = names[order.order_id]
        delay = max(order.amount, ZERO) * YEARLY_PERCENT / 100 / DAYS
        waiting = since.get(order.order_id)
        found[order.order_id] = {
            "sale_order_id": order.order_id,
            "sale_order": order.name,
            "partner_id": order.partner_id,
            "partner": partner,
            "project_ids": list(mine),
            "currency": order.currency,
            "amount": order.amount,
            "status": _status(order, results, policy, as_of),
            "checks": [
                _check(name, result, f"{url}/odoo/sale.order/{order.order_id}")
                for name, result in results.items()
            ],
            "waiting_days": None if waiting is None else max((as_of - waiting).days, 0),
            "cost_of_delay_per_day": delay.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP),
        }
    return found


def _waiting_since(sql: Sql, stored: Collection[StoredOrder]) -> Mapping[int, date]:
    """The oldest of: an hour on no live invoice, a reached milestone, the order's own day."""
    hours = {order.order_id: order.oldest_unbilled for order in stored}
    parts = [hours, *(dict(sql.execute(query).fetchall()) for query in (STAGES, IN_ADVANCE))]
    days = {order: [part.get(order) for part in parts] for order in hours}
    known = {order: [day for day in found if day] for order, found in days.items()}
    return {order: min(found) for order, found in known.items() if found}


def _hold(order: str, policy: Policy, as_of: date) -> str:
    if order not in policy.holds:
        return "not_applicable"
    return "fail" if policy.holds_on(order, as_of) else "pass"


def _results(
    order: StoredOrder, evidence: int, held: str, stopped: Stops, projects: Sequence[int]
) -> Mapping[str, str]:
    def applies(applicable: bool, passed: bool) -> str:
        return ("pass" if passed else "fail") if applicable else "not_applicable"

    return {
        "hold": held,
        "price": applies(True, not order.unpriced),
        "tax": "not_applicable",
        "milestones": applies(order.by_milestone, not order.late_milestones),
        "approved_time": "not_verifiable" if order.by_time else "not_applicable",
        "contract": applies(order.by_time, order.order_id not in stopped.overrun),
        "project_status": applies(True, not set(projects) & set(stopped.on_hold)),
        "acceptance_evidence": applies(order.by_milestone, evidence > 0),
        "purchase_order": applies(True, order.purchase_order),
        "invoice_address": applies(True, order.invoice_email),
        "expenses": applies(True, not order.open_expenses),
        "purchases": "not_applicable",
        "draft_invoice": "pass",
        "order_approval": "not_applicable",
        "open_tickets": "not_applicable",
    }


def _check(name: str, result: str, url: str) -> Mapping[str, Any]:
    needed = SOMETHING if result == "fail" else TEXT
    return {
        "check": name,
        "result": result,
        "reason": TEXT if result == "pass" else SOMETHING,
        "owner": needed,
        "next_step": needed,
        "url": Fits(f"below {url}", lambda found: found == url),
    }


def _status(order: StoredOrder, results: Mapping[str, str], policy: Policy, day: date) -> str:
    nothing = order.amount <= 0 and results["price"] == "pass"
    if nothing or order.partner_id in policy.excluded_customers:
        return "excluded"
    if policy.holds_on(order.name, day):
        return "held"
    return "blocked" if "fail" in results.values() else "ready"


def totals(expected: Sequence[Mapping[str, Any]], stored: Sequence[StoredOrder]) -> Any:
    """By currency of one company; with what Odoo has beyond its wizard, all is Odoo's own total."""
    found: dict[str, dict[str, Any]] = {
        order.currency: {
            "currency": order.currency,
            **dict.fromkeys((*STATUSES, "odoo_to_invoice", "residual"), ZERO),
        }
        for order in stored
        if order.concerns_finance or order.odoo_to_invoice != order.amount
    }
    for row in expected:
        found[row["currency"]][row["status"]] += row["amount"]
    for order in stored:
        if order.currency in found:
            found[order.currency]["excluded"] += order.odoo_to_invoice - order.amount
            found[order.currency]["odoo_to_invoice"] += order.odoo_to_invoice
    return found
