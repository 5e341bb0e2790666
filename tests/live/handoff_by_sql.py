"""What `handoff_gate` must say of each order, by Odoo's tables; it knows nothing of the job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fnmatch import fnmatch
from html.parser import HTMLParser
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from .column_by_column import SOMETHING, TEXT
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
Known = Mapping[str, Any]
# Each order that sells services and was confirmed of late, with all that hangs on it.
ORDERS = """
WITH RECURSIVE line AS (
    SELECT l.*, p.product_tmpl_id, t.categ_id,
           (t.project_id ->> o.company_id::text)::int AS of_product,
           (t.project_template_id ->> o.company_id::text)::int AS template
    FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id
    LEFT JOIN product_product p ON p.id = l.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    WHERE l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
),
above AS (
    SELECT id, id AS up FROM product_category
    UNION ALL
    SELECT a.id, c.parent_id FROM above a JOIN product_category c ON c.id = a.up
    WHERE c.parent_id IS NOT NULL
),
belongs AS (
    SELECT l.order_id, p.id FROM line l JOIN project_project p
        ON p.id IN (l.project_id, l.of_product) OR p.sale_line_id = l.id
    WHERE p.active AND p.is_template IS NOT TRUE
    UNION
    SELECT reinvoiced_sale_order_id, id FROM project_project
    WHERE active AND is_template IS NOT TRUE AND reinvoiced_sale_order_id IS NOT NULL
)
SELECT o.id, o.name, o.partner_id, c.complete_name AS partner, o.user_id, o.team_id,
       g.name ->> 'en_US' AS team, o.amount_untaxed, k.name AS currency, k.decimal_places,
       date_trunc('second', o.date_order) AT TIME ZONE 'UTC' AS confirmed,
       o.client_order_ref, o.payment_term_id,
       o.signed_on AT TIME ZONE 'UTC' AS signed_on,
       i.complete_name AS invoiced, i.street, i.zip, i.city, ic.code AS country, i.email, i.vat,
       f.vat AS firm_vat, fc.code AS firm_country, f.is_company, c.commercial_partner_id AS firm,
       ARRAY(SELECT DISTINCT a.up FROM line l JOIN above a ON a.id = l.categ_id
             WHERE l.order_id = o.id) AS categories,
       ARRAY(SELECT DISTINCT template FROM line l WHERE l.order_id = o.id
             AND template IS NOT NULL) AS templates,
       ARRAY(SELECT tag_id FROM sale_order_tag_rel r WHERE r.order_id = o.id) AS tags,
       ARRAY(SELECT n.name FROM sale_order_line n WHERE n.order_id = o.id
             AND n.display_type = 'line_note') AS notes,
       EXISTS (SELECT FROM line l WHERE l.order_id = o.id
               AND l.qty_delivered_method = 'timesheet') AS sells_hours,
       (SELECT jsonb_object_agg(l.id, (SELECT coalesce(sum(m.quantity_percentage), 0)
                FROM project_milestone m WHERE m.sale_line_id = l.id))
        FROM line l WHERE l.order_id = o.id AND l.qty_delivered_method = 'milestones') AS shares,
       (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'user', p.user_id, 'start', p.date_start,
                'text', p.description, 'hours', p.allocated_hours, 'tasks', (
                    SELECT coalesce(sum(t.allocated_hours), 0) FROM project_task t
                    WHERE t.project_id = p.id AND t.active)) ORDER BY p.id)
        FROM belongs b JOIN project_project p ON p.id = b.id WHERE b.order_id = o.id) AS projects,
       (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'kind', a.mimetype,
                'checksum', a.checksum) ORDER BY a.id)
        FROM ir_attachment a WHERE a.res_field IS NULL AND (
            (a.res_model = 'sale.order' AND a.res_id = o.id)
            OR (a.res_model = 'project.project'
                AND a.res_id IN (SELECT id FROM belongs b WHERE b.order_id = o.id)))) AS files,
       (SELECT jsonb_build_object('by', w.complete_name, 'at', m.date)
        FROM mail_message m JOIN res_users u ON u.id = m.create_uid
        JOIN res_partner w ON w.id = m.author_id
        WHERE m.model = 'sale.order' AND m.res_id = o.id AND m.message_type = 'comment'
            AND EXISTS (SELECT FROM message_attachment_rel r WHERE r.message_id = m.id)
            AND abs(extract(epoch FROM m.date - o.signed_on)) <= 600
            AND (u.share OR u.id = 1) AND w.commercial_partner_id = c.commercial_partner_id
        ORDER BY m.id LIMIT 1) AS signature
FROM sale_order o
JOIN res_partner c ON c.id = o.partner_id
JOIN res_partner i ON i.id = o.partner_invoice_id
JOIN res_partner f ON f.id = i.commercial_partner_id
JOIN res_currency k ON k.id = o.currency_id
LEFT JOIN res_country ic ON ic.id = i.country_id
LEFT JOIN res_country fc ON fc.id = f.country_id
LEFT JOIN crm_team g ON g.id = o.team_id
WHERE o.state = 'sale' AND o.company_id = %(company)s
    AND (o.date_order AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date >= %(first)s
    AND EXISTS (SELECT FROM line l WHERE l.order_id = o.id AND l.is_service)
"""
DEFAULT = {
    "statement_of_work": ("salesperson", 8),
    "acceptance": ("salesperson", 16),
    "invoice_address": ("salesperson", 16),
    "invoice_email": ("salesperson", 16),
    "vat_number": ("salesperson", 16),
    "payment_terms": ("salesperson", 16),
    "purchase_order": ("salesperson", 16),
    "scope_notes": ("salesperson", 16),
    "project_manager": ("delivery_lead", 16),
    "kickoff_date": ("project_manager", 24),
    "billing_milestones": ("project_manager", 24),
    "hours_budget": ("project_manager", 24),
}
STATEMENT = "statement.*of.*work|^sow|[ _-]sow|scope.*of.*work|leistungsbeschreibung|pflichtenheft"
WORK_KINDS = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
# Of the countries of the firm's customers, those where a firm's invoice names its VAT number.
WITH_VAT = ("BE", "DE", "FR")
NOT_ASKED, PASS, FAIL = "not_applicable", "pass", "fail"


class _Words(HTMLParser):
    """What is read of HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        self.found += data.split()


def words(markup: str | None) -> str:
    """The words of some HTML."""
    return " ".join(_Words(markup or "").found)


@dataclass(frozen=True)
class Line:
    """A service line of the policy: whose orders it has, and what it demands."""

    name: str
    categories: Sequence[int] = ()
    tags: Sequence[int] = ()
    sales_teams: Sequence[int] = ()
    templates: Sequence[int] = ()
    demands: Mapping[str, tuple[str, float]] | None = None
    #: By name: patterns of files, owner and hours.
    documents: Mapping[str, tuple[Sequence[str], str, float]] = field(default_factory=dict)
    delivery_lead: int | None = None

    def policy(self) -> dict[str, Any]:
        """As a policy says it."""
        said: dict[str, Any] = {"name": self.name}
        for name in ("categories", "tags", "sales_teams", "templates", "delivery_lead"):
            if value := getattr(self, name):
                said[name] = value
        if self.demands is not None:
            said["demands"] = [
                {"item": item, "owner": owner, "within_hours": hours}
                for item, (owner, hours) in self.demands.items()
            ]
        said["documents"] = [
            {"name": name, "patterns": patterns, "owner": owner, "within_hours": hours}
            for name, (patterns, owner, hours) in self.documents.items()
        ]
        return said

    def has(self, order: Known) -> bool:
        """Whether an order is of it."""
        return bool(
            {*self.categories} & {*order["categories"]}
            or {*self.tags} & {*order["tags"]}
            or {*self.templates} & {*order["templates"]}
            or order["team_id"] in self.sales_teams
        )


@dataclass(frozen=True)
class Handoffs:
    """The policy of the test, and the company that looks."""

    office: Office
    today: date
    look_back: int = 90
    lines: Sequence[Line] = ()
    leads: Mapping[int, int] = field(default_factory=dict)
    minimum: Mapping[str, Decimal] = field(default_factory=dict)
    exempt: Sequence[int] = ()
    acceptance: Sequence[str] = ()
    #: When another system told that an order was signed.
    outside: Mapping[int, datetime] = field(default_factory=dict)

    def policy(self) -> dict[str, Any]:
        """As `policies.handoff_gate` says it."""
        return {
            "look_back_days": self.look_back,
            "service_lines": [line.policy() for line in self.lines],
            "delivery_leads": dict(self.leads),
            "minimum_amounts": dict(self.minimum),
            "exempt_orders": list(self.exempt),
            "acceptance_files": list(self.acceptance),
        }

    def orders(self, sql: Sql, company_id: int) -> Sequence[Known]:
        """All that is looked at."""
        first = date.fromordinal(self.today.toordinal() - self.look_back)
        asked = {"company": company_id, "zone": self.office.zone.key, "first": first}
        with sql.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(ORDERS.encode(), asked).fetchall()

    def row(self, order: Known) -> Mapping[str, Any]:
        """What the report must say of an order on which nobody decided."""
        lines = [line for line in self.lines if line.has(order)]
        checks = self.checks(order, lines)
        gaps = [check for check in checks.values() if check["result"] == FAIL]
        dues = [check["due"] for check in gaps if check["due"]]
        return {
            "sale_order_id": order["id"],
            "sale_order": order["name"],
            "partner_id": order["partner_id"],
            "partner": order["partner"],
            "salesperson": self.office.name(order["user_id"], "delivery"),
            "sales_team": order["team"] or "",
            "service_lines": [line.name for line in lines],
            "amount": self.amount(order),
            "currency": order["currency"],
            "confirmed_on": str(self.day(order)),
            "status": self.status(order, bool(gaps)),
            "version": 1,
            "decided_by": None,
            "decided_on": None,
            "missing_items": len(gaps),
            "next_due": min(dues) if dues else None,
            "checks": checks,
            "documents": self.documents(order, lines),
            "policy": TEXT,
        }

    def findings(self, order: Known) -> Iterator[Mapping[str, Any]]:
        """One for each gap, and one for who accepts it."""
        row = self.row(order)
        if row["status"] in ("exempt", "below_minimum"):
            return
        known = {
            "severity": "warning",
            "record_id": order["id"],
            "since": self.day(order),
            "amount": self.amount(order),
            "currency": order["currency"],
        }
        for item, check in row["checks"].items():
            if check["result"] == FAIL:
                key = f"{item}-order-{order['id']}"
                yield {**known, "key": key, "kind": "handoff-gap", "owner": check["owner"]}
        lead = self.lead(order, [line for line in self.lines if line.has(order)])
        if lead == order["user_id"]:
            lead = None
        key = f"handoff-order-{order['id']}-v1"
        yield {**known, "key": key, "kind": "handoff", "owner": self.office.name(lead, "delivery")}

    def day(self, order: Known) -> date:
        """On which it was confirmed, by the company's clock."""
        confirmed: datetime = order["confirmed"]
        return confirmed.astimezone(self.office.zone).date()

    def amount(self, order: Known) -> Decimal:
        """As its currency writes it."""
        amount: Decimal = order["amount_untaxed"]
        return amount.quantize(Decimal(1).scaleb(-order["decimal_places"]))

    def status(self, order: Known, is_incomplete: bool) -> str:
        """Of an order on which nobody decided."""
        if order["id"] in self.exempt:
            return "exempt"
        if order["amount_untaxed"] < self.minimum.get(order["currency"], 0):
            return "below_minimum"
        return "incomplete" if is_incomplete else "waiting"

    def lead(self, order: Known, lines: Sequence[Line]) -> int | None:
        """Who accepts it."""
        of_lines = [line.delivery_lead for line in lines if line.delivery_lead]
        return of_lines[0] if of_lines else self.leads.get(order["team_id"])

    def demanded(self, lines: Sequence[Line]) -> Mapping[str, tuple[str, float]]:
        """By item, of whom and within how many hours; of several the shortest."""
        lists = [DEFAULT if line.demands is None else line.demands for line in lines] or [DEFAULT]
        lists += [
            {name: (owner, hours) for name, (_, owner, hours) in line.documents.items()}
            for line in lines
        ]
        found: dict[str, tuple[str, float]] = {}
        for item, wanted in (pair for of in lists for pair in of.items()):
            if item not in found or wanted[1] < found[item][1]:
                found[item] = wanted
        return found

    def checks(self, order: Known, lines: Sequence[Line]) -> Mapping[str, Mapping[str, Any]]:
        """By item."""
        lead = self.lead(order, lines)
        managers = [each["user"] for each in order["projects"] or () if each["user"]]
        users = {
            "salesperson": order["user_id"],
            "delivery_lead": lead,
            "project_manager": managers[0] if managers else lead,
        }
        found = {}
        for item, (owner, hours) in self.demanded(lines).items():
            result, evidence = self.result(item, order, lines)
            user = users[owner]
            due = self.office.due(user, order["confirmed"], hours) if result == FAIL else None
            found[item] = {
                "check": item,
                "result": result,
                "reason": SOMETHING if result == FAIL else TEXT,
                "owner": self.office.name(user, "delivery") if result == FAIL else "",
                "next_step": SOMETHING if result == FAIL else "",
                "url": SOMETHING,
                "evidence": sorted(evidence),
                "due": due.isoformat() if due else None,
            }
        return found

    def result(self, item: str, order: Known, lines: Sequence[Line]) -> tuple[str, Sequence[Any]]:
        """How an item stands, and what it is shown by."""
        projects = order["projects"] or ()
        there: Sequence[Any]
        if item == "statement_of_work":
            there = [file["name"] for file in self.statements(order)]
        elif item == "acceptance":
            there = self.accepted(order)
        elif item == "invoice_address":
            there = [order[part] for part in ("street", "zip", "city", "country")]
            there = there if all(there) else []
        elif item == "invoice_email":
            there = [order["email"]] if order["email"] else []
        elif item == "vat_number":
            there = [number for number in (order["vat"], order["firm_vat"]) if number][:1]
            country = order["country"] or order["firm_country"]
            asked = country in WITH_VAT or country is None
            if not there and not (asked and order["is_company"]):
                return NOT_ASKED, []
        elif item == "payment_terms":
            return (PASS if order["payment_term_id"] else FAIL), []
        elif item == "purchase_order":
            there = [order["client_order_ref"]] if order["client_order_ref"] else []
        elif item == "scope_notes":
            texts = [*order["notes"], *(words(each["text"]) for each in projects)]
            return (PASS if sum(map(len, texts)) >= 40 else FAIL), []
        elif item == "project_manager":
            names = [self.office.names[each["user"]] for each in projects if each["user"]]
            there = list(dict.fromkeys(names))
        elif item == "kickoff_date":
            there = sorted({each["start"] for each in projects if each["start"]})
        elif item == "billing_milestones":
            if not order["shares"]:
                return NOT_ASKED, []
            whole = all(abs(share - 1) < 0.0001 for share in order["shares"].values())
            return (PASS if whole else FAIL), []
        elif item == "hours_budget":
            if not order["sells_hours"]:
                return NOT_ASKED, []
            hours = max(sum(each[of] or 0 for each in projects) for of in ("hours", "tasks"))
            there = [f"{hours:g} h"] if hours > 0 else []
        else:
            there = [file["name"] for file in self.of_patterns(order, self.patterns(item, lines))]
        return (PASS, there) if there else (FAIL, [])

    def patterns(self, item: str, lines: Sequence[Line]) -> Sequence[str]:
        """Of a document that a service line demands."""
        return next(line.documents[item][0] for line in lines if item in line.documents)

    def accepted(self, order: Known) -> Sequence[str]:
        """What shows that the customer accepted it."""
        if order["id"] in self.outside:
            at = self.outside[order["id"]].astimezone(self.office.zone)
            return [f"signed on {at.date()}"]
        if order["signature"]:
            at = datetime.fromisoformat(order["signature"]["at"]).replace(tzinfo=UTC)
            day = at.astimezone(self.office.zone).date()
            return [f"signed on the portal by {order['signature']['by']} on {day}"]
        return [file["name"] for file in self.of_patterns(order, self.acceptance)]

    def files(self, order: Known) -> Sequence[Known]:
        """Without Odoo's own prints of the order."""
        own = re.compile(rf"(Quotation - |Order - )?{re.escape(order['name'])}\.pdf")
        return [file for file in order["files"] or () if not own.fullmatch(file["name"])]

    def statements(self, order: Known) -> Sequence[Known]:
        """Its statements of work."""
        return [
            file
            for file in self.files(order)
            if re.search(STATEMENT, file["name"].lower()) and file["kind"] in WORK_KINDS
        ]

    def of_patterns(self, order: Known, patterns: Sequence[str]) -> Sequence[Known]:
        """Files of such names."""
        return [
            file
            for file in self.files(order)
            if any(fnmatch(file["name"].lower(), pattern) for pattern in patterns)
        ]

    def documents(self, order: Known, lines: Sequence[Line]) -> Sequence[Mapping[str, Any]]:
        """The files by which items are shown, each once."""
        items = self.demanded(lines)
        shown: dict[int, Known] = {}
        for item in items:
            files: Sequence[Known] = ()
            if item == "statement_of_work":
                files = self.statements(order)
            elif item == "acceptance":
                files = self.of_patterns(order, self.acceptance)
            elif item not in DEFAULT:
                files = self.of_patterns(order, self.patterns(item, lines))
            shown |= {file["id"]: file for file in files}
        return [
            {part: shown[number][part] for part in ("name", "checksum")} for number in sorted(shown)
        ]
