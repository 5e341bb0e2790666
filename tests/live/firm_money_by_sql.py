"""What a firm has invoiced and is owed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import psycopg
from psycopg.rows import TupleRow

Sql = psycopg.Connection[TupleRow]
YEAR = timedelta(days=365)

INVOICED = """
    SELECT c.name,
           coalesce(sum(m.sign * m.amount_untaxed) FILTER (WHERE m.invoice_date > %(year_ago)s), 0),
           coalesce(sum(m.sign * m.amount_total) FILTER (WHERE m.invoice_date > %(year_ago)s), 0),
           sum(m.sign * m.amount_residual)
    FROM (SELECT *, CASE move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS sign FROM account_move
          WHERE move_type IN ('out_invoice', 'out_refund') AND state = 'posted') m
    JOIN res_currency c ON c.id = m.currency_id
    WHERE m.company_id = %(company)s AND m.invoice_date <= %(day)s GROUP BY 1
"""


def invoiced(sql: Sql, company: int, day: date) -> Mapping[str, tuple[Decimal, Decimal, Decimal]]:
    """By currency: revenue of a year, the same with taxes, and what customers owe."""
    asked = {"company": company, "day": day, "year_ago": day - YEAR}
    return {row[0]: row[1:] for row in sql.execute(INVOICED, asked).fetchall()}
