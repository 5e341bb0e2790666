"""What `wip_aging` must say of a day that is over, from documents of that day and before alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import psycopg
from psycopg.rows import TupleRow

Sql = psycopg.Connection[TupleRow]

# Orders, hours, invoices and credit notes of that day and before.
THEN = """
    SELECT l.id, l.price_unit * (1 - coalesce(l.discount, 0) / 100) AS price,
           round(coalesce(h.hours, 0)::numeric
                     / CASE u.name->>'en_US' WHEN 'Days' THEN 8 ELSE 1 END, 2) AS delivered,
           coalesce(b.quantity, 0) AS quantity, coalesce(b.amount, 0) AS amount
    FROM sale_order_line l
    JOIN sale_order o ON o.id = l.order_id AND o.state = 'sale' AND o.date_order::date <= %(day)s
    JOIN product_product p ON p.id = l.product_id
    JOIN product_template t ON t.id = p.product_tmpl_id AND t.invoice_policy = 'delivery'
    JOIN uom_uom u ON u.id = l.product_uom_id
    LEFT JOIN LATERAL (
        SELECT sum(a.unit_amount) AS hours FROM account_analytic_line a
        WHERE a.so_line = l.id AND a.project_id IS NOT NULL AND a.date <= %(day)s
    ) h ON true
    LEFT JOIN LATERAL (
        SELECT sum(s.sign * i.quantity) AS quantity, sum(s.sign * i.price_subtotal) AS amount
        FROM sale_order_line_invoice_rel r
        JOIN account_move_line i ON i.id = r.invoice_line_id
        JOIN account_move m ON m.id = i.move_id AND m.state = 'posted'
        CROSS JOIN LATERAL (
            SELECT CASE m.move_type WHEN 'out_invoice' THEN 1 WHEN 'out_refund' THEN -1 END AS sign
        ) s
        WHERE r.order_line_id = l.id AND m.invoice_date <= %(day)s
    ) b ON true
    WHERE l.qty_delivered_method = 'timesheet' AND NOT coalesce(l.is_expense, false)
"""


def balances(sql: Sql, day: date) -> Mapping[int, tuple[float, float, Decimal]]:
    """By line billed by time: delivered, invoiced, and the value of what was not yet invoiced."""
    cent = Decimal("0.01")
    return {
        line: (
            float(delivered),
            float(quantity),
            (price * delivered).quantize(cent, ROUND_HALF_UP) - amount,
        )
        for line, price, delivered, quantity, amount in sql.execute(THEN, {"day": day}).fetchall()
    }
