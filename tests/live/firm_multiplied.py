"""Copies of the generated firm inside one database: ten times the people, orders and projects.

Written by SQL, since Odoo would take an hour: every row is copied with ids beyond all others, and
what refers to a copied row refers to its copy.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql as query
from psycopg.rows import TupleRow

Sql = psycopg.Connection[TupleRow]
STEP = 1_000_000

RECENT = "o.project_id IS NOT NULL AND o.date > current_date - 45"
# What is copied, and which rows of it; hours only as far as they are recent.
COPIED: Mapping[str, str] = {
    "resource_resource": "true",
    "hr_employee": "true",
    "hr_version": "true",
    "resource_calendar_leaves": "o.resource_id IS NOT NULL",
    "project_project": "true",
    "project_task": "true",
    "project_task_user_rel": "true",
    "project_milestone": "true",
    "sale_order": "true",
    "sale_order_line": "true",
    "sale_order_line_invoice_rel": "true",
    "account_move": "o.state = 'draft'",
    "account_move_line": "o.parent_state = 'draft'",
    "hr_expense": "o.account_move_id IS NULL",
    "account_analytic_line": RECENT,
}
# The same of the firm that sells: leads, orders and projects, with what is written of each.
WRITTEN = "o.model IN ('sale.order', 'crm.lead')"
OF_WRITTEN = f"IN (SELECT o.id FROM mail_message o WHERE {WRITTEN})"
SOLD: Mapping[str, str] = {
    "crm_lead": "true",
    "crm_tag_rel": "true",
    "project_project": "true",
    "project_project_project_tags_rel": "true",
    "project_task": "true",
    "project_task_user_rel": "true",
    "project_milestone": "true",
    "sale_order": "true",
    "sale_order_line": "true",
    "sale_order_tag_rel": "true",
    "account_analytic_line": "o.project_id IS NOT NULL",
    "mail_message": WRITTEN,
    "mail_tracking_value": f"o.mail_message_id {OF_WRITTEN}",
    "mail_activity": "o.res_model = 'crm.lead'",
    "ir_attachment": "o.res_model IN ('sale.order', 'project.project') AND o.res_field IS NULL",
    "message_attachment_rel": f"o.message_id {OF_WRITTEN}",
}
# What refers to a copied row by its number alone.
NUMBERS = {("mail_message", "res_id"), ("mail_activity", "res_id"), ("ir_attachment", "res_id")}
# One user has one employee per company; posted invoices and their lines are not copied.
CLEARED = {("hr_employee", "user_id"), ("hr_employee", "barcode"), ("resource_resource", "user_id")}
KEPT = {
    ("account_analytic_line", "timesheet_invoice_id"),
    ("account_analytic_line", "move_line_id"),
    ("account_move", "reversed_entry_id"),
    ("sale_order_line_invoice_rel", "invoice_line_id"),
}
COLUMNS = """
    SELECT c.column_name FROM information_schema.columns c
    WHERE c.table_name = %s AND c.table_schema = 'public' ORDER BY c.ordinal_position
"""
REFERENCES = """
    SELECT a.attname, f.relname FROM pg_constraint k
    JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f' AND t.relname = %s
"""


def multiply(
    sql: Sql, times: int, hours: str = RECENT, copied: Mapping[str, str] = COPIED
) -> Mapping[str, int]:
    """Add so many copies less one; returns how many rows each table had copied.

    hours: which lines of hours are copied, of the tables that are if not told otherwise.
    """
    chosen = {**COPIED, "account_analytic_line": hours} if copied is COPIED else copied
    with sql.transaction():
        # References are checked by nobody: a copy may refer to a copy that is yet to come.
        sql.execute("SET LOCAL session_replication_role = replica")
        return {table: _copy(sql, table, chosen, times - 1) for table in chosen}


def part_hours(sql: Sql, most: int) -> int:
    """Part each line of hours into equal ones until there are so many; returns how many there are.

    Nothing that is added up changes by it.
    """
    count = "SELECT count(*), max(id) FROM account_analytic_line WHERE project_id IS NOT NULL"
    found = sql.execute(count.encode()).fetchone() or (0, 0)
    parts = -(-most // found[0])
    columns = [row[0] for row in sql.execute(COLUMNS, ("account_analytic_line",)).fetchall()]
    changed = {"id": f"row_number() OVER () + {found[1]}"}
    values = query.SQL(", ").join(
        query.SQL(changed[name]) if name in changed else query.Identifier("o", name)
        for name in columns
    )
    with sql.transaction():
        sql.execute("SET LOCAL session_replication_role = replica")
        sql.execute(
            query.SQL(
                "UPDATE account_analytic_line SET unit_amount = unit_amount / {n}, "
                "amount = amount / {n} WHERE project_id IS NOT NULL"
            ).format(n=query.Literal(parts))
        )
        sql.execute(
            query.SQL(
                "INSERT INTO account_analytic_line ({columns}) SELECT {values} FROM "
                "account_analytic_line o CROSS JOIN generate_series(2, {n}) "
                "WHERE o.project_id IS NOT NULL"
            ).format(
                columns=query.SQL(", ").join(map(query.Identifier, columns)),
                values=values,
                n=query.Literal(parts),
            )
        )
    return int(found[0] * parts)


def _copy(sql: Sql, table: str, copied: Mapping[str, str], copies: int) -> int:
    columns = [row[0] for row in sql.execute(COLUMNS, (table,)).fetchall()]
    referred: dict[str, str] = dict(sql.execute(REFERENCES, (table,)).fetchall())
    values = [_value(table, column, referred.get(column), copied) for column in columns]
    statement = query.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} o "
        "CROSS JOIN generate_series(1, {copies}) AS copy(number) WHERE {where}"
    ).format(
        table=query.Identifier(table),
        columns=query.SQL(", ").join(map(query.Identifier, columns)),
        values=query.SQL(", ").join(values),
        copies=query.Literal(copies),
        where=query.SQL(copied[table]),
    )
    return sql.execute(statement).rowcount


def _value(
    table: str, column: str, referred: str | None, copied: Mapping[str, str]
) -> query.Composable:
    if (table, column) in CLEARED:
        return query.SQL("NULL")
    refers = referred in copied or (table, column) in NUMBERS
    moved = column == "id" or (refers and (table, column) not in KEPT)
    own = query.SQL("o.{}").format(query.Identifier(column))
    return query.SQL("{} + {} * copy.number").format(own, query.Literal(STEP)) if moved else own
