"""What `project_setup` must say of orders, projects and won leads, by Odoo's tables alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from .column_by_column import TEXT
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
Known = Mapping[str, Any]
ACTIVE_DAYS, WARRANTY_TOLD_DAYS = 14, 30
# Each confirmed order that sells work, with its services, its projects and who is on them.
ORDERS = """
WITH RECURSIVE service AS (
    SELECT l.*, t.categ_id, t.name ->> 'en_US' AS product,
           (t.project_id ->> o.company_id::text)::int AS of_product,
           (t.project_template_id ->> o.company_id::text)::int AS template,
           CASE WHEN l.qty_delivered_method = 'milestones' THEN 0
                WHEN u.name ->> 'en_US' IN ('Hours', 'Days') THEN l.product_uom_qty * u.factor
                WHEN l.qty_delivered_method = 'timesheet' THEN l.product_uom_qty
                ELSE 0 END AS hours
    FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id
    LEFT JOIN product_product p ON p.id = l.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    LEFT JOIN uom_uom u ON u.id = l.product_uom_id
    WHERE l.display_type IS NULL AND l.is_downpayment IS NOT TRUE AND l.is_expense IS NOT TRUE
        AND l.is_service AND l.product_uom_qty > 0
),
above AS (
    SELECT id, id AS up FROM product_category
    UNION ALL
    SELECT a.id, c.parent_id FROM above a JOIN product_category c ON c.id = a.up
    WHERE c.parent_id IS NOT NULL
),
belongs AS (
    SELECT s.order_id, p.id FROM service s JOIN project_project p
        ON p.id IN (s.project_id, s.of_product) OR p.sale_line_id = s.id
    WHERE p.is_template IS NOT TRUE
    UNION
    SELECT o.id, p.id FROM sale_order o JOIN project_project p
        ON p.id = o.project_id OR p.reinvoiced_sale_order_id = o.id
    WHERE p.is_template IS NOT TRUE
)
SELECT 'sale.order' AS model, o.id, o.name, o.partner_id, c.complete_name AS partner, o.user_id,
       o.amount_untaxed, k.name AS currency, k.decimal_places,
       date_trunc('second', o.date_order) AT TIME ZONE 'UTC' AS since,
       (SELECT jsonb_agg(jsonb_build_object('product', s.product, 'hours', s.hours,
            'id', s.id, 'template', s.template, 'names', ARRAY[s.project_id, s.of_product],
            'task', s.task_id, 'categories', ARRAY(SELECT up FROM above a WHERE a.id = s.categ_id))
            ORDER BY s.sequence, s.id) FROM service s WHERE s.order_id = o.id) AS services,
       (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name ->> 'en_US',
            'active', p.active, 'line', p.sale_line_id, 'start', p.date_start, 'end', p.date,
            'first', (SELECT min(h.date) FROM account_analytic_line h WHERE h.project_id = p.id),
            'given', EXISTS (SELECT FROM project_task t JOIN project_task_user_rel r
                ON r.task_id = t.id WHERE t.project_id = p.id AND t.active),
            'reached', (SELECT CASE WHEN bool_and(m.is_reached AND m.reached_date IS NOT NULL)
                THEN max(m.reached_date) END FROM project_milestone m WHERE m.project_id = p.id)
            ) ORDER BY p.id)
        FROM belongs b JOIN project_project p ON p.id = b.id WHERE b.order_id = o.id) AS projects
FROM sale_order o
JOIN res_partner c ON c.id = o.partner_id
JOIN res_currency k ON k.id = o.currency_id
WHERE o.state = 'sale' AND o.company_id = %(company)s
    AND EXISTS (SELECT FROM service s WHERE s.order_id = o.id)
"""
PROJECTS = """
SELECT 'project.project' AS model, p.id, p.name ->> 'en_US' AS name, p.partner_id,
       c.complete_name AS partner, p.user_id,
       date_trunc('second', p.create_date) AT TIME ZONE 'UTC' AS since
FROM project_project p JOIN res_partner c ON c.id = p.partner_id
WHERE p.active AND p.allow_billable AND p.is_template IS NOT TRUE AND p.sale_line_id IS NULL
    AND p.reinvoiced_sale_order_id IS NULL
    AND (p.company_id IS NULL OR p.company_id = %(company)s)
    AND NOT EXISTS (SELECT FROM res_company k WHERE k.internal_project_id = p.id)
    AND NOT EXISTS (SELECT FROM sale_order o LEFT JOIN sale_order_line l ON l.order_id = o.id
        WHERE o.state <> 'cancel' AND p.id IN (o.project_id, l.project_id))
    -- A product has its project company by company; a company that looks sees its own.
    AND NOT EXISTS (SELECT FROM product_template t WHERE p.id::text IN (
        t.project_id ->> %(company)s::text, t.project_template_id ->> %(company)s::text))
"""
LEADS = """
SELECT 'crm.lead' AS model, l.id, l.name, l.partner_id, c.complete_name AS partner, l.user_id,
       date_trunc('second', l.date_closed) AT TIME ZONE 'UTC' AS since,
       EXISTS (SELECT FROM sale_order o WHERE o.opportunity_id = l.id AND o.state = 'sale') AS sold
FROM crm_lead l JOIN crm_stage s ON s.id = l.stage_id LEFT JOIN res_partner c ON c.id = l.partner_id
WHERE l.active AND l.type = 'opportunity' AND s.is_won AND l.date_closed IS NOT NULL
    AND (l.company_id IS NULL OR l.company_id = %(company)s)
"""


@dataclass(frozen=True)
class Line:
    """A service line of the policy."""

    name: str
    categories: Sequence[int]
    needs_project: bool = True
    delivery_lead: int | None = None
    support: str = ""
    warranty_days: int | None = None
    days: int | None = None

    def policy(self) -> dict[str, Any]:
        """As a policy says it."""
        said: dict[str, Any] = {"name": self.name, "categories": list(self.categories)}
        said |= {"needs_project": self.needs_project, "delivery_lead": self.delivery_lead}
        if self.support:
            said["support"] = {"named": self.support, "warranty_days": self.warranty_days}
            said["support"]["days"] = self.days
        return said


@dataclass(frozen=True)
class Setups:
    """The policy of the test, and the company that looks."""

    office: Office
    today: date
    lines: Sequence[Line]
    look_back: int = 90
    lead: int | None = None
    planner: int | None = None
    finance: Sequence[int] = ()
    exempt: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def policy(self) -> dict[str, Any]:
        """As `policies.project_setup` says it."""
        return {
            "look_back_days": self.look_back,
            "service_lines": [line.policy() for line in self.lines],
            "delivery_lead": self.lead,
            "planner": self.planner,
            "finance": list(self.finance),
            "exempt_orders": list(self.exempt["sale.order"]),
            "exempt_projects": list(self.exempt["project.project"]),
            "exempt_leads": list(self.exempt["crm.lead"]),
        }

    def rows(self, sql: Sql, company_id: int) -> Mapping[tuple[str, int], Mapping[str, Any]]:
        """By model and id."""
        asked = {"company": company_id}
        with sql.cursor(row_factory=dict_row) as cursor:
            records = [
                each
                for statement in (ORDERS, PROJECTS, LEADS)
                for each in cursor.execute(statement.encode(), asked).fetchall()
                if statement == PROJECTS or self.is_recent(each)
            ]
        return {(each["model"], each["id"]): self.row(each) for each in records}

    def is_recent(self, record: Known) -> bool:
        """Whether the policy looks back at it."""
        return (self.today - self.day(record["since"])).days <= self.look_back

    def row(self, record: Known) -> Mapping[str, Any]:
        """What the report must say of it."""
        is_order = record["model"] == "sale.order"
        owner = self.lead_of(record) if is_order else record["user_id"]
        return {
            "model": record["model"],
            "record_id": record["id"],
            "name": record["name"],
            "partner_id": record["partner_id"],
            "partner": record["partner"] or "",
            "owner": self.office.name(owner, "delivery"),
            "since": str(self.day(record["since"])),
            "amount": self.amount(record) if is_order else None,
            "currency": record["currency"] if is_order else None,
            "project_ids": [each["id"] for each in record.get("projects") or ()],
            "status": self.status(record),
            "policy": TEXT,
        }

    def status(self, record: Known) -> str:
        """How it stands."""
        if record["id"] in self.exempt[record["model"]]:
            return "exempt"
        if record["model"] == "project.project":
            return "without_order"
        if record["model"] == "crm.lead":
            return "ok" if record["sold"] else "not_sold"
        parts = self.parts(record)
        if not all(self.is_there(part, record, len(parts) > 1) for part in parts):
            return "without_project"
        tasks = any(each["task"] for each in record["services"])
        return "ok" if parts or record["projects"] or tasks else "not_needed"

    def parts(self, order: Known) -> Sequence[Sequence[Known]]:
        """Its services by template: a project for each; those without one go with the first."""
        by: dict[int | None, list[Known]] = {}
        for each in self.needing(order):
            by.setdefault(each["template"], []).append(each)
        rest = by.pop(None, [])
        parts = list(by.values())
        return [[*parts[0], *rest], *parts[1:]] if parts else [rest] if rest else []

    def is_there(self, part: Sequence[Known], order: Known, is_one_of_several: bool) -> bool:
        """Whether a task or a project of the order delivers these lines; support never does."""
        if any(each["task"] for each in part):
            return True
        lines = [self.line(each) for each in order["services"]]
        support = next((line.support for line in lines if line and line.support), "")
        every, own = ({each["id"] for each in of} for of in (order["services"], part))
        named = {number for each in order["services"] for number in each["names"] if number}
        mine = {number for each in part for number in each["names"] if number}
        for project in order["projects"] or ():
            if support and support.casefold() in project["name"].casefold():
                continue
            of_all = project["line"] not in every and project["id"] not in named
            if not is_one_of_several or of_all or project["line"] in own or project["id"] in mine:
                return True
        return False

    def findings(self, sql: Sql, company_id: int) -> Iterator[Mapping[str, Any]]:
        """All that somebody must act on."""
        kinds = {
            "without_project": "order-without-project",
            "without_order": "project-without-order",
            "not_sold": "won-without-order",
        }
        for (_, number), row in self.rows(sql, company_id).items():
            if kind := kinds.get(row["status"]):
                since = date.fromisoformat(row["since"])
                known = {"kind": kind, "owner": row["owner"], "record_id": number, "since": since}
                money = {"amount": row["amount"], "currency": row["currency"]}
                yield _finding(f"{kind}-{number}", **known, **money)
        with sql.cursor(row_factory=dict_row) as cursor:
            for order in cursor.execute(ORDERS.encode(), {"company": company_id}).fetchall():
                yield from self.following(order)

    def following(self, order: Known) -> Iterator[Mapping[str, Any]]:
        """What follows a sale."""
        projects = order["projects"] or ()
        is_exempt = order["id"] in self.exempt["sale.order"]
        money = {"amount": self.amount(order), "currency": order["currency"]}
        of_order = {"record_id": order["id"], "since": self.day(order["since"]), **money}
        if self.is_recent(order):
            hours = sum(each["hours"] for each in self.needing(order))
            found = any(each["given"] or each["first"] for each in projects)
            if hours and not found and not is_exempt:
                owner = self.office.name(self.planner, "delivery")
                told = {"kind": "staffing-request", "owner": owner, "hours": float(hours)}
                yield _finding(f"staffing-request-{order['id']}", **of_order, **told)
            yield from self.without_support(order, of_order)
            for project in projects:
                yield from self.active(project, money)
        yield from self.warranties(order, money)
        yield from self.ending_support(order, money)

    def ending_support(self, order: Known, money: Known) -> Iterator[Mapping[str, Any]]:
        """Of its first support project, as it is planned."""
        lines = [self.line(each) for each in order["services"]]
        line = next((line for line in lines if line and line.support), None)
        named = line.support.casefold() if line else ""
        of_it = [
            each for each in order["projects"] or () if named and named in each["name"].casefold()
        ]
        if (
            line is None
            or not line.days
            or not of_it
            or not of_it[0]["active"]
            or not of_it[0]["end"]
        ):
            return
        until = date.fromisoformat(of_it[0]["end"])
        told_from = until - timedelta(days=WARRANTY_TOLD_DAYS)
        if told_from <= self.today <= until:
            yield _finding(
                f"support-ends-{of_it[0]['id']}",
                kind="support-ends",
                severity="info",
                owner=self.office.name(order["user_id"], "delivery"),
                record_id=of_it[0]["id"],
                since=told_from,
                **money,
            )

    def without_support(self, order: Known, of_order: Known) -> Iterator[Mapping[str, Any]]:
        """An order that sells support has a project of that name."""
        supported = [line for each in order["services"] if (line := self.line(each))]
        named = next((line for line in supported if line.support), None)
        if named is None or order["id"] in self.exempt["sale.order"]:
            return
        names = [each["name"].casefold() for each in order["projects"] or ()]
        if not any(named.support.casefold() in name for name in names):
            owner = self.office.name(named.delivery_lead or self.lead, "delivery")
            told = {"kind": "no-support-project", "owner": owner}
            yield _finding(f"no-support-project-{order['id']}", **of_order, **told)

    def active(self, project: Known, money: Known) -> Iterator[Mapping[str, Any]]:
        """With its planned start or its first hour, whichever comes first."""
        days = [date.fromisoformat(project[of]) for of in ("start", "first") if project[of]]
        begun = [day for day in days if day <= self.today]
        if not project["active"] or not begun:
            return
        if (self.today - min(begun)).days < ACTIVE_DAYS:
            for user in (None, *self.finance):
                yield _finding(
                    f"project-active-{project['id']}" + (f"-{user}" if user else ""),
                    kind="project-active",
                    severity="info",
                    owner=self.office.name(user, "finance"),
                    record_id=project["id"],
                    since=min(begun),
                    **money,
                )

    def warranties(self, order: Known, money: Known) -> Iterator[Mapping[str, Any]]:
        """Those that end soon, however long ago the order was confirmed."""
        lines = [line for each in order["services"] if (line := self.line(each)) and line.support]
        days = [line.warranty_days for line in lines if line.warranty_days]
        for project in order["projects"] or ():
            ended = project["reached"] or project["end"]
            name = project["name"].casefold()
            is_support = any(line.support.casefold() in name for line in lines)
            if not days or not ended or not project["active"] or is_support:
                continue
            until = date.fromisoformat(ended) + timedelta(days=max(days))
            told_from = until - timedelta(days=WARRANTY_TOLD_DAYS)
            if told_from <= self.today <= until:
                yield _finding(
                    f"warranty-ends-{project['id']}",
                    kind="warranty-ends",
                    severity="info",
                    owner=self.office.name(order["user_id"], "delivery"),
                    record_id=project["id"],
                    since=told_from,
                    **money,
                )

    def line(self, service: Known) -> Line | None:
        """The first of the policy that a line of an order is of."""
        categories = {*service["categories"]}
        return next((line for line in self.lines if categories & {*line.categories}), None)

    def needing(self, order: Known) -> Sequence[Known]:
        """Those of its services that need a project."""
        return [
            each
            for each in order["services"]
            if (line := self.line(each)) is None or line.needs_project
        ]

    def lead_of(self, order: Known) -> int | None:
        """Who sets it up."""
        lines = filter(None, map(self.line, self.needing(order)))
        return next((line.delivery_lead for line in lines if line.delivery_lead), self.lead)

    def day(self, moment: datetime) -> date:
        """By the company's clock."""
        return moment.astimezone(self.office.zone).date()

    def amount(self, order: Known) -> Decimal:
        """As its currency writes it."""
        amount: Decimal = order["amount_untaxed"]
        return amount.quantize(Decimal(1).scaleb(-order["decimal_places"]))


def _finding(key: str, **values: Any) -> Mapping[str, Any]:
    return {"key": key, "severity": "warning", "hours": None, **values}
