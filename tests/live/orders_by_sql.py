"""What Odoo's database says of confirmed orders, read past Odoo and past the fleet.

Amounts are those of Odoo's own invoice wizard: see inside/invoice_wizard.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import psycopg
from psycopg.rows import TupleRow, class_row

from . import firm_wip_by_sql

Sql = psycopg.Connection[TupleRow]
# By id of the line: what the invoice wizard bills now, and what drafts bill already.
Billed = Mapping[int, Decimal]

# How a line is billed, and what is due: the line says how it is delivered, its product what counts.
LINES = """
    WITH line AS (
        SELECT l.*, t.invoice_policy = 'delivery' AS on_delivery,
               CASE WHEN t.invoice_policy = 'delivery' THEN l.qty_delivered
                    ELSE l.product_uom_qty END AS due,
               NOT coalesce(l.is_expense, false) AND NOT coalesce(l.is_downpayment, false)
                   AND t.invoice_policy = 'delivery' AS by_work,
               coalesce(l.discount, 0) >= 100 OR t.type = 'combo' OR l.combo_item_id IS NOT NULL
                   OR (coalesce(t.invoice_policy, 'order') = 'order'
                       AND NOT coalesce(l.is_expense, false)
                       AND NOT coalesce(l.is_downpayment, false)
                       AND EXISTS (SELECT 1 FROM sale_order_line x WHERE x.order_id = l.order_id
                                   AND x.display_type IS NULL AND x.price_unit > 0)) AS free,
               coalesce((%(billed)s::jsonb ->> l.id::text)::numeric, 0) AS billed
        FROM sale_order_line l
        JOIN sale_order o ON o.id = l.order_id AND o.state = 'sale'
        LEFT JOIN product_product p ON p.id = l.product_id
        LEFT JOIN product_template t ON t.id = p.product_tmpl_id
        WHERE l.display_type IS NULL
    )
"""
ORDERS = """
    SELECT o.id AS order_id, o.name, o.company_id, o.partner_id, c.name AS currency,
           sum(l.billed) AS amount, sum(l.untaxed_amount_to_invoice) AS odoo_to_invoice,
           bool_or(l.billed <> 0) AS open,
           bool_or(l.price_unit = 0 AND NOT l.free AND l.due > l.qty_invoiced) AS unpriced,
           bool_or(l.by_work AND l.qty_delivered_method = 'timesheet') AS by_time,
           bool_or(l.by_work AND l.qty_delivered_method = 'milestones') AS by_milestone,
           bool_or(NOT l.by_work AND NOT coalesce(l.is_expense, false)
                   AND l.billed > 0) AS in_advance,
           coalesce(max(o.client_order_ref), '') <> '' AS purchase_order,
           coalesce(max(b.email), '') <> '' AS invoice_email,
           (SELECT count(*) FROM project_milestone m JOIN line s ON s.id = m.sale_line_id
             WHERE s.order_id = o.id AND s.by_work AND s.qty_delivered_method = 'milestones'
               AND NOT m.is_reached AND m.deadline < %(day)s) AS late_milestones,
           (SELECT count(*) FROM project_milestone m JOIN line s ON s.id = m.sale_line_id
             WHERE s.order_id = o.id AND m.is_reached) AS reached_milestones,
           (SELECT count(*) FROM hr_expense e WHERE e.sale_order_id = o.id
               AND e.state IN ('draft', 'submitted', 'approved')) AS open_expenses,
           (SELECT count(*) FROM ir_attachment a WHERE a.res_model = 'sale.order'
               AND a.res_id = o.id AND a.res_field IS NULL) AS files,
           (SELECT count(*) FROM sale_order_line_invoice_rel r JOIN line s ON s.id = r.order_line_id
              JOIN account_move_line i ON i.id = r.invoice_line_id
              JOIN account_move v ON v.id = i.move_id
             WHERE s.order_id = o.id AND v.state = 'draft') AS draft_lines
    FROM line l JOIN sale_order o ON o.id = l.order_id
    JOIN res_currency c ON c.id = o.currency_id
    JOIN res_partner b ON b.id = o.partner_invoice_id
    GROUP BY o.id, c.name
"""
FILES_OF_PROJECTS = """
    SELECT count(*) FROM ir_attachment
    WHERE res_model = 'project.project' AND res_id = ANY(%s) AND res_field IS NULL
"""
BILLABLE_PROJECTS = """
    SELECT id FROM project_project
    WHERE allow_billable AND allow_timesheets AND coalesce(company_id, %(company)s) = %(company)s
    ORDER BY id
"""
# The lines that `project.project._get_profitability_items` counts: those of every order that the
# project, its tasks, milestones or hours name, but for lines of other projects.
LINES_OF_PROJECT = """
    , named AS (
        SELECT sale_line_id AS id FROM project_project WHERE id = %(project)s
        UNION SELECT sale_line_id FROM project_task WHERE project_id = %(project)s
        UNION SELECT sale_line_id FROM project_milestone WHERE project_id = %(project)s
        UNION SELECT so_line FROM account_analytic_line WHERE project_id = %(project)s
        UNION SELECT sale_line_id FROM project_sale_line_employee_map
              WHERE project_id = %(project)s
        UNION SELECT l.id FROM line l JOIN sale_order o ON o.id = l.order_id
              WHERE o.project_id = %(project)s OR o.id = (
                  SELECT reinvoiced_sale_order_id FROM project_project WHERE id = %(project)s)
    )
    SELECT l.id, c.name FROM line l
    JOIN sale_order o ON o.id = l.order_id JOIN res_currency c ON c.id = o.currency_id
    WHERE l.order_id IN (SELECT order_id FROM sale_order_line WHERE id IN (SELECT id FROM named))
      AND (l.project_id IS NULL OR l.project_id = %(project)s OR l.id IN (SELECT id FROM named))
      AND NOT coalesce(l.is_expense, false) AND (l.qty_to_invoice > 0 OR l.qty_invoiced > 0)
"""


@dataclass(frozen=True)
class StoredOrder:
    """One confirmed order; odoo_to_invoice is Odoo's own figure, which may be another one."""

    order_id: int
    name: str
    company_id: int
    partner_id: int
    currency: str
    amount: Decimal
    odoo_to_invoice: Decimal
    open: bool
    unpriced: bool
    by_time: bool
    by_milestone: bool
    in_advance: bool
    purchase_order: bool
    invoice_email: bool
    late_milestones: int
    reached_milestones: int
    open_expenses: int
    files: int
    draft_lines: int
    oldest_unbilled: date | None = None

    @property
    def concerns_finance(self) -> bool:
        """Whether something is to be invoiced, or would be if it had a price."""
        return self.open or self.unpriced

    def waiting_days(self, day: date) -> int | None:
        """Since the oldest hour that no invoice bills, by quantities."""
        return None if self.oldest_unbilled is None else (day - self.oldest_unbilled).days


def confirmed_orders(sql: Sql, day: date, billed: Billed) -> Mapping[int, StoredOrder]:
    """All confirmed orders of all companies, by id; milestones are late on that day."""
    with sql.cursor(row_factory=class_row(StoredOrder)) as cursor:
        found = cursor.execute(
            LINES.encode() + ORDERS.encode(), {"day": day, "billed": _json(billed)}
        ).fetchall()
    since = firm_wip_by_sql.waiting_since(firm_wip_by_sql.lines(sql), firm_wip_by_sql.entries(sql))
    return {
        order.order_id: replace(order, oldest_unbilled=since.get(order.order_id)) for order in found
    }


def as_amounts(told: Mapping[str, Sequence[float]]) -> Billed:
    """What `invoice_wizard.billed_now` told, as amounts."""
    return {
        int(line): sum((Decimal(repr(x)) for x in parts), Decimal(0))
        for line, parts in told.items()
    }


def _json(billed: Billed) -> str:
    return json.dumps({line: str(amount) for line, amount in billed.items()})


def files_of_projects(sql: Sql, project_ids: list[int]) -> int:
    """How many files hang on these projects."""
    found = sql.execute(FILES_OF_PROJECTS, (project_ids,)).fetchone()
    return int(found[0]) if found else 0


def lines_of_project(sql: Sql, project_id: int) -> Mapping[int, str]:
    """The order lines that Odoo's project panel counts as revenue, with their currencies."""
    query = LINES.encode() + LINES_OF_PROJECT.encode()
    return dict(sql.execute(query, {"project": project_id, "billed": _json({})}).fetchall())


def billable_projects(sql: Sql, company_id: int) -> list[int]:
    """Projects of a company, or of all, whose panel shows what is to be invoiced."""
    found = sql.execute(BILLABLE_PROJECTS, {"company": company_id}).fetchall()
    return [row[0] for row in found]
