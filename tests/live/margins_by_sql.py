"""What Odoo's tables say of the margins of projects, by docs/jobs.md, past Odoo and the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import psycopg
from psycopg.rows import TupleRow, class_row

Sql = psycopg.Connection[TupleRow]
ZERO = Decimal(0)

# What each order line is sold at, has earned and was billed, in the company's currency.
LINES = """
WITH rate AS (
    SELECT k.id AS company_id, c.id AS currency_id, coalesce(
        (SELECT r.rate FROM res_currency_rate r WHERE r.currency_id = c.id AND r.name <= %(day)s
            AND (r.company_id IS NULL OR r.company_id = k.id)
         ORDER BY r.company_id, r.name DESC LIMIT 1),
        (SELECT r.rate FROM res_currency_rate r WHERE r.currency_id = c.id
            AND (r.company_id IS NULL OR r.company_id = k.id)
         ORDER BY r.company_id, r.name LIMIT 1), 1)::numeric AS rate
    FROM res_company k, res_currency c
),
line AS (
    SELECT l.id, l.order_id, o.company_id, l.project_id, l.qty_delivered_method AS method,
        cat.name AS service_line, coalesce(t.type = 'service', false) AS is_service,
        u.id IS NOT NULL AS of_time,
        coalesce((t.project_id ->> o.company_id::text)::int, NULL) AS of_product,
        coalesce(l.price_unit, 0) * coalesce(nullif(l.product_uom_qty, 0), l.qty_delivered) < 0
            AS deducts,
        CASE WHEN l.is_downpayment THEN 'down_payment' WHEN l.is_expense THEN 'expense'
             WHEN t.invoice_policy IS DISTINCT FROM 'delivery' THEN 'fixed'
             WHEN l.qty_delivered_method = 'timesheet' THEN 'time_and_materials'
             WHEN l.qty_delivered_method = 'milestones' THEN 'milestone'
             ELSE 'manual' END AS billing,
        l.product_uom_qty AS ordered, l.qty_delivered AS delivered, l.price_subtotal,
        l.price_unit * (1 - coalesce(l.discount, 0) / 100) AS price, l.untaxed_amount_invoiced,
        own.decimal_places AS own_places, companys.decimal_places AS places,
        CASE WHEN own.id = companys.id THEN 1 ELSE cr.rate / r.rate END AS worth
    FROM sale_order_line l
    JOIN sale_order o ON o.id = l.order_id AND o.state = 'sale'
    JOIN res_company k ON k.id = o.company_id
    JOIN res_currency own ON own.id = o.currency_id
    JOIN res_currency companys ON companys.id = k.currency_id
    JOIN rate r ON r.company_id = k.id AND r.currency_id = own.id
    JOIN rate cr ON cr.company_id = k.id AND cr.currency_id = companys.id
    LEFT JOIN product_product p ON p.id = l.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    LEFT JOIN product_category cat ON cat.id = t.categ_id
    LEFT JOIN uom_uom u ON u.id = l.product_uom_id AND u.parent_path LIKE (
        SELECT split_part(h.parent_path, '/', 1) || '/%%' FROM uom_uom h JOIN ir_model_data d
        ON d.res_id = h.id AND d.module = 'uom' AND d.name = 'product_uom_hour')
    WHERE l.display_type IS NULL
),
of_order AS (
    SELECT order_id, project_id AS project FROM line WHERE project_id IS NOT NULL
    UNION SELECT order_id, of_product FROM line WHERE of_product IS NOT NULL
    UNION SELECT line.order_id, p.id FROM project_project p JOIN line ON line.id = p.sale_line_id
        WHERE p.active
    UNION SELECT p.reinvoiced_sale_order_id, p.id FROM project_project p
        WHERE p.reinvoiced_sale_order_id IS NOT NULL
),
sellers AS (
    SELECT line.id, coalesce(
        line.project_id, line.of_product,
        (SELECT max(p.id) FROM project_project p WHERE p.sale_line_id = line.id),
        (SELECT min(h.project_id) FROM account_analytic_line h
            JOIN of_order f ON f.order_id = line.order_id AND f.project = h.project_id
            WHERE h.so_line = line.id HAVING count(DISTINCT h.project_id) = 1),
        (SELECT min(f.project) FROM of_order f WHERE f.order_id = line.order_id
            HAVING count(DISTINCT f.project) = 1)) AS project
    FROM line
)
SELECT line.*, sellers.project,
    ARRAY(SELECT f.project FROM of_order f WHERE f.order_id = line.order_id) AS candidates
FROM line JOIN sellers ON sellers.id = line.id
"""
PROJECTS = """
SELECT p.id, coalesce(p.name ->> 'en_US', '') AS name, p.company_id, p.account_id, p.allow_billable,
    u.progress, u.date AS updated,
    (SELECT count(*) FROM project_project o WHERE o.account_id = p.account_id
        AND NOT coalesce(o.is_template, false)) AS sharing
FROM project_project p LEFT JOIN project_update u ON u.id = p.last_update_id
WHERE p.active AND NOT coalesce(p.is_template, false)
"""
HOURS = """
SELECT project_id, so_line, company_id, sum(unit_amount)::numeric AS hours,
    -sum(amount)::numeric AS cost,
    coalesce(sum(unit_amount) FILTER (WHERE amount = 0), 0)::numeric AS uncosted
FROM account_analytic_line WHERE project_id IS NOT NULL GROUP BY 1, 2, 3
"""
BOOKS = """
SELECT l.account_id, l.company_id,
    coalesce(sum(l.amount) FILTER (WHERE a.account_type LIKE 'income%%'), 0)::numeric AS revenue,
    -coalesce(sum(l.amount) FILTER (WHERE m.expense_id IS NOT NULL), 0)::numeric AS expenses,
    -coalesce(sum(l.amount) FILTER (WHERE m.expense_id IS NULL
        AND coalesce(a.account_type, '') NOT LIKE 'income%%'), 0)::numeric AS purchases
FROM account_analytic_line l
LEFT JOIN account_account a ON a.id = l.general_account_id
LEFT JOIN account_move_line m ON m.id = l.move_line_id
WHERE l.project_id IS NULL AND l.account_id IS NOT NULL GROUP BY 1, 2
"""
TASKS = """
SELECT project_id, sale_line_id, sum(allocated_hours)::numeric AS hours,
    coalesce(sum(allocated_hours) FILTER (WHERE state = '1_done'), 0)::numeric AS done,
    coalesce(sum(remaining_hours) FILTER (WHERE state NOT IN ('1_done', '1_canceled')
        AND remaining_hours > 0), 0)::numeric AS remaining
FROM project_task WHERE active AND parent_id IS NULL AND NOT coalesce(is_template, false)
    AND state <> '1_canceled' AND project_id IS NOT NULL GROUP BY 1, 2
"""
WAITING = """
SELECT (regexp_split_to_table(key, ','))::int AS account, e.company_id,
    sum(e.total_amount * value::numeric / 100)::numeric
FROM hr_expense e, jsonb_each_text(e.analytic_distribution)
WHERE e.state IN ('draft', 'submitted', 'approved') GROUP BY 1, 2
"""


def rounded(amount: Decimal, places: int = 2) -> Decimal:
    """Half away from zero, as Odoo rounds."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """An order line of a project."""

    id: int
    order_id: int
    company_id: int
    project_id: int | None
    method: str
    service_line: str | None
    is_service: bool
    of_time: bool
    of_product: int | None
    deducts: bool
    billing: str
    ordered: Decimal
    delivered: Decimal
    price_subtotal: Decimal
    price: Decimal
    untaxed_amount_invoiced: Decimal
    own_places: int
    places: int
    worth: Decimal
    project: int | None
    candidates: Sequence[int]

    def ours(self, amount: Decimal) -> Decimal:
        """In the company's currency."""
        return rounded(rounded(amount, self.own_places) * self.worth, self.places)

    @property
    def sold(self) -> Decimal:
        return (
            self.earned_by(self.delivered)
            if self.billing == "expense"
            else self.ours(self.price_subtotal)
        )

    def earned_by(self, quantity: Decimal) -> Decimal:
        if quantity == self.ordered:
            return self.ours(self.price_subtotal)
        return self.ours(quantity * self.price)


@dataclass(frozen=True)
class Known:
    """What the tables say of a project; None where that is not verifiable."""

    name: str
    sold: Decimal
    earned: Decimal | None
    billed: Decimal
    recognised: Decimal | None
    cost_of_hours: Decimal
    purchases: Decimal | None
    expenses: Decimal | None
    waiting: Decimal
    hours: Decimal
    uncosted: Decimal
    is_whole: bool
    planned: Decimal | None
    at_completion: Decimal | None


def margins(
    sql: Sql, company: int, day: date, margin_percent: Decimal, holds_days: int
) -> Mapping[int, Known]:
    """By project of a company."""
    with sql.cursor(row_factory=class_row(Line)) as cursor:
        lines = [
            line
            for line in cursor.execute(LINES.encode(), {"day": day}).fetchall()
            if line.company_id == company
        ]
    hours = sql.execute(HOURS).fetchall()
    books = {row[0]: row[2:] for row in sql.execute(BOOKS) if row[1] == company}
    foreign = {row[0] for row in sql.execute(BOOKS) if row[1] != company}
    tasks = sql.execute(TASKS).fetchall()
    waiting = {row[0]: row[2] for row in sql.execute(WAITING) if row[1] == company}
    found = {}
    for number, name, owner, account, billable, said, updated, sharing in sql.execute(PROJECTS):
        mine = [line for line in lines if line.project == number]
        logged = [row[1:2] + row[3:] for row in hours if row[0] == number and row[2] == company]
        if owner not in (None, company) or not (billable or mine):
            continue
        if owner is None and not (mine or logged):
            continue
        holds = said and updated and (day - updated).days <= holds_days
        project = _Project(
            mine,
            logged,
            [row[1:] for row in tasks if row[0] == number],
            Decimal(said) / 100 if holds else None,
            margin_percent,
        )
        booked = books.get(account, (ZERO, ZERO, ZERO)) if account and sharing == 1 else None
        split = any(line.project is None and number in line.candidates for line in lines)
        others = account in foreign or any(r[0] == number and r[2] != company for r in hours)
        found[number] = project.known(
            name, booked, waiting.get(account, ZERO), whole=bool(booked) and not (split or others)
        )
    return found


class _Project:
    """One project, by its lines, hours (line, hours, cost, uncosted) and tasks."""

    def __init__(
        self,
        lines: Sequence[Line],
        logged: Sequence[Sequence[Decimal]],
        tasks: Sequence[Sequence[Decimal]],
        said: Decimal | None,
        percent: Decimal,
    ) -> None:
        self.lines, self.logged, self.tasks = lines, logged, tasks
        self.said, self.percent = said, percent
        self.selling = [line for line in lines if line.billing != "down_payment"]

    def known(
        self, name: str, booked: Sequence[Decimal] | None, waiting: Decimal, *, whole: bool
    ) -> Known:
        cost = sum((row[2] for row in self.logged), ZERO)
        hours = sum((row[1] for row in self.logged), ZERO)
        uncosted = sum((row[3] for row in self.logged), ZERO)
        earned = self.total([self.earned(line) for line in self.selling])
        revenue, expenses, purchases = booked or (ZERO, ZERO, ZERO)
        everything = cost + expenses + purchases
        idle = everything == 0 and any(
            self.earned(line) and line.is_service for line in self.selling
        )
        whole = whole and not uncosted and earned is not None and not idle
        parts = [
            list(of)
            for _, of in groupby(
                sorted(self.selling, key=lambda x: (x.service_line or "", x.billing)),
                key=lambda x: (x.service_line or "", x.billing),
            )
        ]
        worked = [part for part in parts if part[0].billing != "expense"]
        only = worked[0] if len(worked) == 1 else None
        ids = {line.id for line in self.selling}
        with_hours: list[Decimal | None] = []
        without: list[Decimal | None] = []
        counted = ZERO
        for part in parts:
            own = {line.id for line in part}
            mine = [r for r in self.logged if r[0] in own or (part is only and r[0] not in ids)]
            planned = [r for r in self.tasks if r[0] in own or (part is only and r[0] not in ids)]
            spent = sum((row[2] for row in mine), ZERO)
            counted += spent
            (with_hours if spent > 0 else without).append(self.completed(part, mine, planned))
        eac = None
        if whole and None not in with_hours + without:
            rest = cost - counted + expenses + purchases
            eac = self.total(with_hours) + rest + max(self.total(without), waiting)  # type: ignore[operator, type-var]
        return Known(
            name,
            sum((line.sold for line in self.selling), ZERO),
            earned,
            sum((line.ours(line.untaxed_amount_invoiced) for line in self.lines), ZERO),
            revenue if booked else None,
            cost,
            purchases if booked else None,
            expenses if booked else None,
            waiting,
            hours,
            uncosted,
            whole,
            sum((self.budget(line) for line in self.selling), ZERO) if self.selling else None,
            eac,
        )

    def earned(self, line: Line) -> Decimal | None:
        if line.billing == "expense":
            return line.sold
        if line.billing != "fixed":
            return line.earned_by(line.delivered)
        if line.deducts:
            others = [x for x in self.selling if not (x.deducts and x.billing == "fixed")]
            sold = sum((each.sold for each in others), ZERO)
            earned = self.total([self.earned(each) for each in others])
            return None if earned is None else line.sold * min(earned / sold, Decimal(1))
        only = len(self.lines) == 1
        logged = sum((r[1] for r in self.logged if only or r[0] == line.id), ZERO)
        if line.of_time or not (line.method == "timesheet" or (not line.delivered and logged)):
            return line.earned_by(min(line.delivered, line.ordered))
        if not logged:
            return ZERO
        if self.said is not None:
            return line.sold * self.said
        own = [row for row in self.tasks if row[0] == line.id and row[1] > 0] or self.tasks
        planned = sum((row[1] for row in own), ZERO)
        done = sum((row[2] for row in own), ZERO)
        return line.sold * min(done / planned, Decimal(1)) if planned else None

    def budget(self, line: Line) -> Decimal:
        if line.billing == "expense":
            return line.sold
        return ZERO if line.deducts else line.sold * (100 - self.percent) / 100

    def completed(
        self,
        part: Sequence[Line],
        logged: Sequence[Sequence[Decimal]],
        tasks: Sequence[Sequence[Decimal]],
    ) -> Decimal | None:
        if part[0].billing == "expense":
            return ZERO
        actual = sum((row[2] for row in logged), ZERO)
        costed = sum((row[1] - row[3] for row in logged), ZERO)
        sold = sum((line.sold for line in part), ZERO)
        earned = self.total([self.earned(line) for line in part])
        budget = sum((self.budget(line) for line in part), ZERO)
        if earned is not None and sold:
            if budget <= 0:
                return actual
            value = budget * min(max(earned / sold, ZERO), Decimal(1))
            if actual <= 0:
                return budget - value
            if value > 0:
                return actual + (budget - value) / (value / actual)
        if sum((row[1] for row in tasks), ZERO) > 0 and costed > 0 and actual > 0:
            return actual + sum((row[3] for row in tasks), ZERO) * actual / costed
        open_ended = part[0].billing == "time_and_materials" and not sold
        return actual if open_ended else None

    @staticmethod
    def total(amounts: Sequence[Decimal | None]) -> Decimal | None:
        known = [amount for amount in amounts if amount is not None]
        return sum(known, ZERO) if len(known) == len(amounts) else None
