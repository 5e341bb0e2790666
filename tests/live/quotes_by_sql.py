"""What `quote_check` must say of opportunities and quotations, by Odoo's tables alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from .column_by_column import SOMETHING, TEXT
from .handoff_by_sql import words
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
Known = Mapping[str, Any]
PASS, FAIL, NOT_ASKED, UNKNOWN = "pass", "fail", "not_applicable", "not_verifiable"
LEADS = """
SELECT 'crm.lead' AS model, l.id, l.name, l.active, l.type, l.company_id, l.partner_id,
       c.complete_name AS partner, l.user_id, l.team_id, g.name ->> 'en_US' AS team,
       g.user_id AS head, s.name ->> 'en_US' AS stage, l.stage_id, s.sequence, s.is_won,
       l.expected_revenue, l.date_deadline, l.description, l.email_from,
       (SELECT array_agg(tag_id) FROM crm_tag_rel r WHERE r.lead_id = l.id) AS tag_ids,
       k.name AS currency, k.decimal_places,
       date_trunc('second', l.create_date) AT TIME ZONE 'UTC' AS since,
       date_trunc('second', l.date_conversion) AT TIME ZONE 'UTC' AS converted,
       date_trunc('second', coalesce(l.date_last_stage_update, l.create_date))
           AT TIME ZONE 'UTC' AS moved,
       EXISTS (SELECT FROM mail_activity a WHERE a.res_model = 'crm.lead' AND a.res_id = l.id
               AND a.active) AS planned
FROM crm_lead l
LEFT JOIN crm_stage s ON s.id = l.stage_id
LEFT JOIN res_partner c ON c.id = l.partner_id
LEFT JOIN crm_team g ON g.id = l.team_id
JOIN res_company o ON o.id = coalesce(l.company_id, %(company)s)
JOIN res_currency k ON k.id = o.currency_id
"""
QUOTATIONS = """
SELECT 'sale.order' AS model, q.id, q.name, q.state, q.company_id, q.partner_id,
       c.complete_name AS partner, q.user_id, q.team_id, g.name ->> 'en_US' AS team,
       g.user_id AS head, NULL AS stage, q.amount_untaxed, q.validity_date, q.note,
       q.opportunity_id, k.name AS currency, k.decimal_places,
       o.currency_id = q.currency_id AS in_own_currency,
       date_trunc('second', q.create_date) AT TIME ZONE 'UTC' AS since,
       date_trunc('second', q.date_order) AT TIME ZONE 'UTC' AS quoted,
       (SELECT jsonb_agg(jsonb_build_object('name', l.name,
            'sells', l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
                AND l.is_expense IS NOT TRUE AND l.combo_item_id IS NULL AND t.type <> 'combo',
            'product', l.product_id, 'quantity', l.product_uom_qty::text,
            'price', l.price_unit::text, 'discount', l.discount::text,
            'listed', l.technical_price_unit::text,
            'list_price', CASE WHEN l.product_uom_id = t.uom_id THEN t.list_price::text END))
        FROM sale_order_line l LEFT JOIN product_product p ON p.id = l.product_id
        LEFT JOIN product_template t ON t.id = p.product_tmpl_id
        WHERE l.order_id = q.id) AS lines,
       ARRAY(SELECT m.body FROM mail_message m WHERE m.model = 'sale.order' AND m.res_id = q.id
             AND m.body IS NOT NULL) AS messages
FROM sale_order q
JOIN res_partner c ON c.id = q.partner_id
JOIN res_currency k ON k.id = q.currency_id
JOIN res_company o ON o.id = q.company_id
LEFT JOIN crm_team g ON g.id = q.team_id
"""
# How long each opportunity stood in the stages that it left, by what Odoo keeps of each change.
STOOD = """
WITH step AS (
    SELECT l.id, l.stage_id, v.old_value_integer AS stage, v.create_date - coalesce(
        lag(v.create_date) OVER (PARTITION BY l.id ORDER BY v.id), l.create_date) AS stood
    FROM crm_lead l JOIN mail_message m ON m.model = 'crm.lead' AND m.res_id = l.id
    JOIN mail_tracking_value v ON v.mail_message_id = m.id
    JOIN ir_model_fields f ON f.id = v.field_id AND f.name = 'stage_id' AND f.model = 'crm.lead'
    WHERE l.type = 'opportunity' AND l.create_date::date >= %(first)s
        AND (l.company_id IS NULL OR l.company_id = %(company)s)
)
SELECT stage, array_agg(seconds / 86400.0) FROM (
    SELECT id, stage, sum(trunc(extract(epoch FROM stood))) AS seconds FROM step
    WHERE stage <> stage_id GROUP BY id, stage
) AS of WHERE seconds > 0 GROUP BY stage
"""


@dataclass
class Quotes:
    """The policy of the test, and the company that looks."""

    office: Office
    today: date
    now: datetime
    company_id: int
    #: Stage, or None for once it is quoted; and fields.
    qualification: Sequence[tuple[int | None, Sequence[str]]]
    quote_from_stage: int | None = None
    currencies: Sequence[str] = ()
    days_in_stage: Mapping[int, int] = field(default_factory=dict)
    may_be_free: Sequence[int] = ()
    margin_floor: float | None = None
    activity_required: bool = True
    history_days: int = 730
    exempt_leads: Sequence[int] = ()
    exempt_orders: Sequence[int] = ()

    def policy(self) -> dict[str, Any]:
        """As `policies.quote_check` says it."""
        return {
            "qualification": [
                {"fields": list(fields)} | ({"stage": stage} if stage else {})
                for stage, fields in self.qualification
            ],
            "quote_from_stage": self.quote_from_stage,
            "currencies": list(self.currencies),
            "days_in_stage": dict(self.days_in_stage),
            "may_be_free": list(self.may_be_free),
            "margin_floor_percent": self.margin_floor,
            "activity_required": self.activity_required,
            "history_days": self.history_days,
            "exempt_opportunities": list(self.exempt_leads),
            "exempt_orders": list(self.exempt_orders),
        }

    def read(self, sql: Sql) -> None:
        """All that is looked at."""
        asked = {"company": self.company_id}
        with sql.cursor(row_factory=dict_row) as cursor:
            leads = cursor.execute(LEADS.encode(), asked).fetchall()
            orders = cursor.execute(QUOTATIONS.encode()).fetchall()
        first = date.fromordinal(self.today.toordinal() - self.history_days)
        self.stood: dict[int, list[float]] = dict(
            sql.execute(STOOD.encode(), {**asked, "first": first}).fetchall()
        )
        self.sequence: dict[int, int] = dict(
            sql.execute("SELECT id, sequence FROM crm_stage").fetchall()
        )
        self.leads = {each["id"]: each for each in leads}
        self.quoted: dict[int, list[Known]] = {number: [] for number in self.leads}
        for each in orders:
            if each["opportunity_id"] and each["state"] != "cancel":
                self.quoted[each["opportunity_id"]].append(each)
        self.records = [
            *(each for each in leads if self.is_open_lead(each)),
            *(
                each
                for each in orders
                if each["company_id"] == self.company_id
                and each["state"] in ("draft", "sent")
                and each["id"] not in self.exempt_orders
            ),
        ]

    def is_open_lead(self, lead: Known) -> bool:
        """Whether it is looked at."""
        return (
            lead["active"]
            and lead["type"] == "opportunity"
            and lead["stage_id"] is not None
            and not lead["is_won"]
            and lead["company_id"] in (None, self.company_id)
            and lead["id"] not in self.exempt_leads
        )

    def rows(self) -> Mapping[tuple[str, int], Mapping[str, Any]]:
        """By model and id."""
        return {(each["model"], each["id"]): self.row(each) for each in self.records}

    def row(self, record: Known) -> Mapping[str, Any]:
        """What the report must say of it."""
        results = self.results(record)
        return {
            "model": record["model"],
            "record_id": record["id"],
            "record": record["name"],
            "partner_id": record["partner_id"],
            "partner": record["partner"],
            "salesperson": self.owner(record),
            "sales_team": record["team"],
            "stage": record["stage"],
            "amount": self.amount(record),
            "currency": record["currency"],
            "since": str(self.day(record["since"])),
            "status": "wrong" if FAIL in results.values() else "ok",
            "checks": {
                name: {
                    "check": name,
                    "result": result,
                    "reason": SOMETHING if result in (FAIL, UNKNOWN) else TEXT,
                    "owner": "",
                    "next_step": SOMETHING if result == FAIL else TEXT,
                    "url": SOMETHING,
                }
                for name, result in results.items()
            },
            "policy": TEXT,
        }

    def findings(self) -> Iterator[Mapping[str, Any]]:
        """One for each thing that is wrong."""
        for record in self.records:
            of = "lead" if record["model"] == "crm.lead" else "order"
            for kind, result in self.results(record).items():
                if result == FAIL:
                    yield {
                        "key": f"{kind}-{of}-{record['id']}",
                        "kind": kind,
                        "severity": "warning",
                        "owner": self.owner(record),
                        "record_id": record["id"],
                        "since": self.today,
                        "amount": self.amount(record),
                        "currency": record["currency"],
                    }

    def results(self, record: Known) -> Mapping[str, str]:
        """By check."""
        return self.of_lead(record) if record["model"] == "crm.lead" else self.of_order(record)

    def owner(self, record: Known) -> str:
        """Who sells it; if nobody does, who leads the team."""
        return self.office.name(record["user_id"] or record["head"], "finance")

    def amount(self, record: Known) -> Decimal:
        """As its currency writes it."""
        amount = record["amount_untaxed" if "amount_untaxed" in record else REVENUE]
        return Decimal(amount or 0).quantize(Decimal(1).scaleb(-record["decimal_places"]))

    def day(self, moment: datetime) -> date:
        """By the company's clock."""
        return moment.astimezone(self.office.zone).date()

    def of_lead(self, lead: Known) -> Mapping[str, str]:
        """Of an opportunity."""
        begun = self.day(lead["converted"] or lead["since"])
        asked = self.quote_from_stage is None or self.has_reached(lead, self.quote_from_stage)
        late = self.quoted[lead["id"]] == [] and (self.today - begun).days > 14
        closes = lead["date_deadline"]
        return {
            "qualification": self.qualified(lead),
            "close-date": _wrong(closes is not None and closes < self.today),
            "activity": _wrong(not lead["planned"]) if self.activity_required else NOT_ASKED,
            "days-in-stage": self.in_stage(lead),
            "days-to-quotation": _wrong(late) if asked else NOT_ASKED,
            "expected-revenue": self.revenue(lead),
        }

    def qualified(self, lead: Known) -> str:
        """Whether it has the fields that are demanded by now."""
        asked = [
            name
            for stage, fields in self.qualification
            for name in fields
            if (self.has_reached(lead, stage) if stage else self.quoted[lead["id"]])
        ]
        if not asked:
            return NOT_ASKED
        texts = {"description": words(lead["description"])}
        return _wrong(not all(texts.get(name, lead.get(name)) for name in asked))

    def has_reached(self, lead: Known, stage: int) -> bool:
        """Whether it stands in a stage or one behind it."""
        return (lead["sequence"], lead["stage_id"]) >= (self.sequence[stage], stage)

    def in_stage(self, lead: Known) -> str:
        """Longer than nine of ten others before they left, by the nearest rank."""
        most: float | None = self.days_in_stage.get(lead["stage_id"])
        if most is None:
            others = sorted(self.stood.get(lead["stage_id"], ()))
            if len(others) < 20:
                return NOT_ASKED
            most = others[math.ceil(0.9 * len(others)) - 1]
        return _wrong((self.now - lead["moved"]).days > most)

    def revenue(self, lead: Known) -> str:
        """Near the amount of an open quotation in the same currency."""
        opened = [each for each in self.quoted[lead["id"]] if each["state"] in ("draft", "sent")]
        if not opened or not lead[REVENUE]:
            return NOT_ASKED
        alike = [each for each in opened if each["currency"] == lead["currency"]]
        if not alike:
            return UNKNOWN
        amounts = [Decimal(each["amount_untaxed"]) for each in alike]
        near = (abs(lead[REVENUE] - each) * 10 <= abs(each) for each in amounts)
        return _wrong(not any(near))

    def of_order(self, order: Known) -> Mapping[str, str]:
        """Of a quotation."""
        lines = [line for line in order["lines"] or () if line["sells"]]
        valid = order["validity_date"]
        free = any(
            Decimal(line["quantity"]) > 0
            and (Decimal(line["price"]) == 0 or Decimal(line["discount"]) >= 100)
            and line["product"] not in self.may_be_free
            for line in lines
        )
        waits = (self.today - self.day(order["quoted"])).days
        return {
            "notes": self.carried(order),
            "zero-prices": _wrong(free),
            "price-list": self.listed(order, lines),
            "discounts": _wrong(_is_discounted(lines)),
            "margin": NOT_ASKED if self.margin_floor is None else UNKNOWN,
            "company-and-currency": _wrong(not self.fits(order)),
            "validity": _wrong(valid is not None and valid < self.today),
            "days-to-answer": _wrong(waits > 30) if order["state"] == "sent" else NOT_ASKED,
        }

    def carried(self, order: Known) -> str:
        """Whether three of five words of the opportunity's notes stand in it."""
        lead = self.leads.get(order["opportunity_id"])
        notes = words(lead["description"]) if lead else ""
        if len(notes) < 40:
            return NOT_ASKED
        texts = [*(line["name"] for line in order["lines"] or ()), words(order["note"])]
        texts += map(words, order["messages"])
        wanted = {word for word in _words(notes) if len(word) >= 4}
        there = wanted & {word for text in texts for word in _words(text)}
        return _wrong(len(there) * 100 < 60 * len(wanted))

    def listed(self, order: Known, lines: Sequence[Known]) -> str:
        """Whether prices are those of the price list, to half a percent."""
        unknown = False
        for line in lines:
            price, listed = Decimal(line["price"]), Decimal(line["listed"] or 0)
            if not price or not (listed or (line["product"] and price > 0)):
                continue
            if not listed:
                # Odoo was given the price as the line was made: the list price is all there is.
                if not line["list_price"] or not order["in_own_currency"]:
                    unknown = True
                    continue
                listed = Decimal(line["list_price"])
            if abs(price - listed) * 1000 > abs(listed) * 5:
                return FAIL
        return UNKNOWN if unknown else PASS

    def fits(self, order: Known) -> bool:
        """Company and currency are those of the opportunity, its quotations and the policy."""
        lead = self.leads.get(order["opportunity_id"])
        if lead and lead["company_id"] not in (None, order["company_id"]):
            return False
        if self.currencies and order["currency"] not in self.currencies:
            return False
        siblings = self.quoted[lead["id"]] if lead else ()
        return len({e["currency"] for e in siblings if e["state"] in ("draft", "sent")}) <= 1


REVENUE = "expected_revenue"


def _wrong(is_wrong: bool) -> str:
    return FAIL if is_wrong else PASS


def _words(text: str) -> set[str]:
    return {*re.findall(r"\w+", text.lower())}


def _is_discounted(lines: Sequence[Known]) -> bool:
    """A line, or all of them together, by more than 15 percent."""
    if any(Decimal(line["discount"]) > 15 for line in lines):
        return True
    gross, net = Decimal(0), Decimal(0)
    for line in lines:
        price, quantity = Decimal(line["price"]), Decimal(line["quantity"])
        net += price * quantity * (1 - Decimal(line["discount"]) / 100)
        if price > 0 and quantity > 0:
            gross += price * quantity
    return gross > 0 and (gross - net) * 100 > 15 * gross
