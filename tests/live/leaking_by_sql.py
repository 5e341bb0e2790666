"""What leaks, told by docs/jobs.md and Odoo's tables: one statement per kind.

All answer kind, model, id, company, currency, amount (None where nobody can value it) and hours.
Prices are those of lines whose taxes are not included. What is billed covers the oldest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import psycopg
from psycopg.rows import TupleRow, class_row

Sql = psycopg.Connection[TupleRow]

LINE: Final = """
    SELECT l.id, l.order_id, o.state, o.company_id, o.date_order::date AS confirmed,
           c.name AS currency, c.decimal_places AS places, l.product_uom_qty AS ordered,
           coalesce(l.qty_delivered, 0) AS delivered, coalesce(l.qty_invoiced, 0) AS invoiced,
           l.price_unit * (1 - coalesce(l.discount, 0) / 100) AS price, l.price_unit,
           coalesce(l.discount, 0) AS discount, l.qty_delivered_method AS method,
           coalesce(l.is_expense, false) AS is_expense,
           coalesce(l.is_downpayment, false) AS is_downpayment,
           t.type = 'service' AS is_service, t.invoice_policy, u.parent_path
    FROM sale_order_line l
    JOIN sale_order o ON o.id = l.order_id
    JOIN res_currency c ON c.id = l.currency_id
    LEFT JOIN product_product p ON p.id = l.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    LEFT JOIN uom_uom u ON u.id = l.product_uom_id
    WHERE l.display_type IS NULL
"""
# Hours that no live invoice bills.
UNBILLED: Final = """
    SELECT a.so_line, a.date, a.unit_amount AS hours, -a.amount AS cost
    FROM account_analytic_line a LEFT JOIN account_move m ON m.id = a.timesheet_invoice_id
    WHERE a.project_id IS NOT NULL
        AND (m.id IS NULL OR m.state = 'cancel' OR m.payment_state = 'reversed')
"""
UNSOLD: Final = f"""
    WITH line AS ({LINE}), hours AS (
        SELECT l.order_id, sum(u.hours) AS hours FROM line l JOIN ({UNBILLED}) u ON u.so_line = l.id
        WHERE l.method <> 'timesheet' OR l.delivered > l.invoiced GROUP BY 1
    ), worth AS (
        SELECT order_id, sum(round(((delivered - invoiced) * price)::numeric, places)) AS amount
        FROM line WHERE (is_service OR is_expense) AND NOT is_downpayment AND delivered > invoiced
        GROUP BY 1
    )
    SELECT CASE o.state WHEN 'cancel' THEN 'cancelled-order' ELSE 'quotation' END AS kind,
           'sale.order' AS model, o.id, o.company_id, c.name AS currency,
           coalesce(w.amount, 0) AS amount, h.hours
    FROM sale_order o JOIN res_currency c ON c.id = o.currency_id
    LEFT JOIN hours h ON h.order_id = o.id LEFT JOIN worth w ON w.order_id = o.id
    WHERE o.state IN ('draft', 'sent', 'cancel') AND (h.hours > 0 OR w.amount > 0)
"""
UNLINKED: Final = """
    SELECT 'no-order-line' AS kind, 'project.project' AS model, p.id, a.company_id,
           c.name AS currency, nullif(round(sum(-a.amount)::numeric, 2), 0) AS amount,
           sum(a.unit_amount) AS hours
    FROM account_analytic_line a JOIN project_project p ON p.id = a.project_id
    JOIN res_company k ON k.id = a.company_id JOIN res_currency c ON c.id = k.currency_id
    WHERE p.allow_billable AND NOT coalesce(p.is_template, false) AND a.so_line IS NULL
        AND a.holiday_id IS NULL AND a.global_leave_id IS NULL
        AND coalesce(a.task_id, 0) <> ALL(%(exempt_tasks)s)
        AND (p.company_id IS NULL OR p.company_id = a.company_id)
    GROUP BY p.id, a.company_id, c.name HAVING sum(a.unit_amount) > 0
"""
# Links alone do not tell what is billed: an invoice may bill less than the hours linked to it.
BILLED: Final = """
    SELECT a.so_line, a.date, a.unit_amount AS hours, -a.amount AS cost
    FROM account_analytic_line a JOIN account_move m ON m.id = a.timesheet_invoice_id
    WHERE a.project_id IS NOT NULL AND m.state = 'posted' AND m.payment_state <> 'reversed'
"""
TIME: Final = f"""
    WITH line AS (SELECT * FROM ({LINE}) l WHERE state = 'sale' AND method = 'timesheet'
        AND invoice_policy = 'delivery' AND NOT is_expense AND NOT is_downpayment
    ), unit AS (
        SELECT l.id, l.delivered / nullif(sum(a.unit_amount), 0) AS per_hour
        FROM line l JOIN account_analytic_line a ON a.so_line = l.id AND a.project_id IS NOT NULL
        GROUP BY l.id, l.delivered
    ), newest AS (
        SELECT l.*, u.date, u.hours, u.cost, u.hours * n.per_hour AS quantity,
               n.per_hour, l.delivered - l.invoiced AS left_over,
               sum(u.hours * n.per_hour) OVER of_line AS before
        FROM line l JOIN (
            SELECT *, 0 AS billed FROM ({UNBILLED}) x UNION ALL SELECT *, 1 FROM ({BILLED}) y
        ) u ON u.so_line = l.id JOIN unit n ON n.id = l.id
        WINDOW of_line AS (PARTITION BY l.id ORDER BY u.billed, u.date DESC, u.hours DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ), open AS (
        SELECT *, least(greatest(left_over - (before - quantity), 0), quantity) AS unbilled
        FROM newest
    )
    SELECT 'never-invoiced' AS kind, 'sale.order.line' AS model, id, company_id, currency,
           round((sum(unbilled) * price)::numeric, places) AS amount,
           sum(unbilled) / max(per_hour) AS hours
    FROM open WHERE date < %(today)s::date - 60 AND unbilled > 0.02 AND price <> 0
    GROUP BY id, company_id, currency, price, places
    UNION ALL
    SELECT 'no-rate', 'sale.order.line', o.id, o.company_id, c.name,
           nullif(round(sum(cost * unbilled / quantity)::numeric, 2), 0),
           sum(unbilled) / max(per_hour)
    FROM open o JOIN res_company k ON k.id = o.company_id
    JOIN res_currency c ON c.id = k.currency_id
    WHERE unbilled > 0 AND price_unit = 0 AND discount < 100
    GROUP BY o.id, o.company_id, c.name
"""
PREPAID: Final = f"""
    WITH line AS (SELECT * FROM ({LINE}) l WHERE state = 'sale' AND method = 'timesheet'
        AND invoice_policy = 'order' AND NOT is_expense AND NOT is_downpayment AND ordered > 0
        AND split_part(parent_path, '/', 1) = (
            SELECT split_part(u.parent_path, '/', 1) FROM uom_uom u JOIN ir_model_data d
                ON d.res_id = u.id AND d.model = 'uom.uom'
            WHERE d.module = 'uom' AND d.name = 'product_uom_hour')
    ), moved AS (
        SELECT l.id, greatest(l.confirmed, (
            SELECT max(date) FROM account_analytic_line a
            WHERE a.so_line = l.id AND a.project_id IS NOT NULL)) AS day
        FROM line l
    )
    SELECT 'prepaid-overrun' AS kind, 'sale.order.line' AS model, id, company_id, currency,
           round(((delivered - ordered) * price)::numeric, places) AS amount,
           NULL::numeric AS hours
    FROM line WHERE delivered - ordered > 0.02
    UNION ALL
    SELECT 'prepaid-unused', 'sale.order.line', l.id, company_id, currency,
           round(((least(ordered, invoiced) - delivered) * price)::numeric, places), NULL
    FROM line l JOIN moved m ON m.id = l.id
    WHERE least(ordered, invoiced) - delivered > 0.02 AND m.day < %(today)s::date - 90
"""
REINVOICED: Final = f"""
    WITH entry AS (
        SELECT a.so_line, a.date, a.unit_amount, e.expense_id IS NOT NULL AS is_expense
        FROM account_analytic_line a LEFT JOIN account_move_line e ON e.id = a.move_line_id
        WHERE a.project_id IS NULL AND a.so_line IS NOT NULL
    ), newest AS (
        SELECT l.id, l.company_id, l.currency, l.price, l.places,
               l.delivered - l.invoiced AS left_over, e.date,
               bool_or(e.is_expense) OVER all_of_it AS of_expense,
               e.unit_amount * l.delivered / sum(e.unit_amount) OVER all_of_it AS quantity,
               sum(e.unit_amount) OVER (PARTITION BY l.id ORDER BY e.date DESC
                   ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
                   * l.delivered / sum(e.unit_amount) OVER all_of_it AS before
        FROM ({LINE}) l JOIN entry e ON e.so_line = l.id
        WHERE l.state = 'sale' AND l.is_expense AND l.delivered > l.invoiced
        WINDOW all_of_it AS (PARTITION BY l.id)
    )
    SELECT CASE WHEN of_expense THEN 'expired-expense' ELSE 'purchase' END AS kind,
           'sale.order.line' AS model, id, company_id, currency,
           round((sum(least(greatest(left_over - (before - quantity), 0), quantity))
               * price)::numeric, places) AS amount, NULL::numeric AS hours
    FROM newest WHERE date < %(today)s::date - 60
    GROUP BY id, company_id, currency, price, places, of_expense
    HAVING sum(least(greatest(left_over - (before - quantity), 0), quantity)) * price > 0
"""
CLAIMS: Final = """
    SELECT 'expired-expense' AS kind, 'hr.expense' AS model, e.id, e.company_id,
           c.name AS currency,
           round(e.untaxed_amount_currency::numeric, c.decimal_places) AS amount,
           NULL::numeric AS hours
    FROM hr_expense e JOIN res_currency c ON c.id = e.currency_id
    LEFT JOIN product_product p ON p.id = e.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    WHERE e.date < %(today)s::date - 60 AND e.date >= %(today)s::date - 730
        AND CASE WHEN e.state IN ('posted', 'in_payment', 'paid') THEN
            e.sale_order_id IS NULL AND t.expense_policy IN ('cost', 'sales_price')
        ELSE e.state <> 'refused'
            AND (e.sale_order_id IS NOT NULL OR t.expense_policy IN ('cost', 'sales_price')) END
"""
BILLS: Final = """
    WITH cost AS (
        SELECT CASE WHEN m.move_type = 'in_refund' THEN coalesce(m.reversed_entry_id, m.id)
                    ELSE m.id END AS bill, a.company_id, a.account_id, a.date, a.amount
        FROM account_analytic_line a JOIN account_move_line l ON l.id = a.move_line_id
        JOIN account_move m ON m.id = l.move_id
        JOIN product_product p ON p.id = l.product_id
        JOIN product_template t ON t.id = p.product_tmpl_id
        WHERE a.category = 'vendor_bill' AND a.so_line IS NULL AND a.project_id IS NULL
            AND l.expense_id IS NULL AND t.expense_policy IN ('cost', 'sales_price')
            AND a.date >= %(today)s::date - 730
            AND a.account_id IN (SELECT account_id FROM project_project
                WHERE allow_billable AND NOT coalesce(is_template, false))
            AND NOT EXISTS (SELECT FROM purchase_order_line o
                WHERE o.id = l.purchase_line_id AND o.sale_line_id IS NOT NULL)
    )
    SELECT 'purchase' AS kind, 'account.move' AS model, bill AS id, b.company_id,
           c.name AS currency, round(-sum(amount)::numeric, 2) AS amount, NULL::numeric AS hours
    FROM cost b JOIN res_company k ON k.id = b.company_id
    JOIN res_currency c ON c.id = k.currency_id
    GROUP BY bill, b.company_id, c.name, account_id
    HAVING sum(amount) < 0 AND min(date) FILTER (WHERE amount < 0) < %(today)s::date - 60
"""
BOUGHT: Final = """
    SELECT 'bought-for-order' AS kind, 'sale.order.line' AS model, s.id, s.company_id,
           c.name AS currency,
           round(sum(CASE b.move_type WHEN 'in_refund' THEN -1 ELSE 1 END
               * l.price_subtotal)::numeric, 2) AS amount, NULL::numeric AS hours
    FROM purchase_order_line o JOIN sale_order_line s ON s.id = o.sale_line_id
    JOIN account_move_line l ON l.purchase_line_id = o.id AND l.parent_state = 'posted'
    JOIN account_move b ON b.id = l.move_id JOIN res_currency c ON c.id = l.currency_id
    WHERE coalesce(s.qty_invoiced, 0) = 0
    GROUP BY s.id, s.company_id, c.name HAVING min(l.date) < %(today)s::date - 60
"""
ALL: Final = (UNSOLD, UNLINKED, TIME, PREPAID, REINVOICED, CLAIMS, BILLS, BOUGHT)


@dataclass(frozen=True)
class Lost:
    """One leak."""

    kind: str
    model: str
    id: int
    company_id: int
    currency: str
    amount: Decimal | None
    hours: Decimal | None


def leaks(
    sql: Sql, today: date, exempt_tasks: Sequence[int] = ()
) -> Mapping[tuple[str, str, int, str], Lost]:
    """By kind, model, id and currency."""
    values = {"today": str(today), "exempt_tasks": list(exempt_tasks)}
    with sql.cursor(row_factory=class_row(Lost)) as cursor:
        found = [lost for query in ALL for lost in cursor.execute(query.encode(), values)]
    by_key = {(each.kind, each.model, each.id, each.currency): each for each in found}
    assert len(by_key) == len(found), found
    return by_key
