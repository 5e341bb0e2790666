"""What `presales_review` must say of opportunities, by Odoo's tables alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from .column_by_column import SOMETHING, TEXT, Fits
from .handoff_by_sql import words
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
Known = Mapping[str, Any]
# How long ago working days are known of, at most.
KNOWN_DAYS = 52 * 7 - 7
SOME_TIME = Fits("a time or none", lambda value: value is None or "T" in value)
LEADS = """
SELECT l.id, l.name, l.partner_id, c.complete_name AS partner, l.user_id, l.team_id,
       g.name ->> 'en_US' AS team, g.user_id AS head, s.name ->> 'en_US' AS stage, s.sequence,
       s.id AS stage_id, l.expected_revenue, l.description, l.email_from, k.name AS currency,
       k.decimal_places, date_trunc('second', coalesce(l.date_last_stage_update, l.create_date))
           AT TIME ZONE 'UTC' AS since,
       ARRAY(SELECT m.mail_activity_type_id FROM mail_message m WHERE m.model = 'crm.lead'
             AND m.res_id = l.id AND m.mail_activity_type_id IS NOT NULL) AS done,
       (SELECT jsonb_object_agg(a.activity_type_id, a.date_deadline) FROM mail_activity a
        WHERE a.res_model = 'crm.lead' AND a.res_id = l.id AND a.active) AS planned,
       (SELECT jsonb_object_agg(of.name, of.done) FROM (
            SELECT lower(regexp_replace(trim(t.name), '\\s+', ' ', 'g')) AS name,
                   bool_or(t.state = '1_done') AS done
            FROM project_task t WHERE t.x_sales_opportunity = l.id GROUP BY 1) AS of) AS tasks
FROM crm_lead l JOIN crm_stage s ON s.id = l.stage_id
LEFT JOIN res_partner c ON c.id = l.partner_id
LEFT JOIN crm_team g ON g.id = l.team_id
JOIN res_company o ON o.id = coalesce(l.company_id, %(company)s)
JOIN res_currency k ON k.id = o.currency_id
WHERE l.active AND l.type = 'opportunity' AND s.is_won IS NOT TRUE
    AND (l.company_id IS NULL OR l.company_id = %(company)s)
"""


@dataclass(frozen=True)
class Wanted:
    """An item of a review: one of the three shows it."""

    item: str
    stage: int
    field: str = ""
    activity_type: int = 0
    task: str = ""
    owner: str = "salesperson"
    within_hours: float = 16


@dataclass(frozen=True)
class Reviews:
    """The policy of the test, and the company that looks."""

    office: Office
    today: date
    items: Sequence[Wanted]
    exempt: Sequence[int] = ()

    def policy(self) -> dict[str, Any]:
        """As `policies.presales_review` says it."""
        reviews = []
        for stage in sorted({each.stage for each in self.items}):
            items = []
            for each in self.items:
                if each.stage == stage:
                    said = {"item": each.item, "owner": each.owner}
                    shown = {"field": each.field, "activity_type": each.activity_type}
                    shown |= {"task": each.task, "within_hours": each.within_hours}
                    items.append(said | {name: value for name, value in shown.items() if value})
            reviews.append({"stage": stage, "items": items})
        return {
            "reviews": reviews,
            "task_link": "x_sales_opportunity",
            "exempt_opportunities": list(self.exempt),
        }

    def leads(self, sql: Sql, company_id: int) -> Sequence[Known]:
        """Those of which something is due."""
        sequences: dict[int, int] = dict(
            sql.execute("SELECT id, sequence FROM crm_stage").fetchall()
        )
        with sql.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(LEADS.encode(), {"company": company_id}).fetchall()
        for each in found:
            place = each["sequence"], each["stage_id"]
            each["due"] = [one for one in self.items if (sequences[one.stage], one.stage) <= place]
        return [each for each in found if each["due"] and each["id"] not in self.exempt]

    def row(self, lead: Known) -> Mapping[str, Any]:
        """What the report must say of it."""
        checks = {each.item: self.check(each, lead) for each in lead["due"]}
        gaps = [check for check in checks.values() if check["result"] == "fail"]
        dues = [check["due"] for check in gaps]
        known = all(isinstance(due, str) for due in dues)
        return {
            "opportunity_id": lead["id"],
            "opportunity": lead["name"],
            "partner_id": lead["partner_id"],
            "partner": lead["partner"],
            "salesperson": self.owner("salesperson", lead)[1],
            "sales_team": lead["team"],
            "stage": lead["stage"],
            "amount": self.amount(lead),
            "currency": lead["currency"],
            "since": str(self.day(lead["since"])),
            "status": "incomplete" if gaps else "complete",
            "missing_items": len(gaps),
            "next_due": (min(dues) if known else SOME_TIME) if dues else None,
            "checks": checks,
            "policy": TEXT,
        }

    def findings(self, lead: Known) -> Iterator[Mapping[str, Any]]:
        """One for each gap."""
        for each in lead["due"]:
            if self.result(each, lead) == "fail":
                yield {
                    "key": f"{each.item}-lead-{lead['id']}",
                    "kind": "review-gap",
                    "severity": "warning",
                    "owner": self.owner(each.owner, lead)[1],
                    "record_id": lead["id"],
                    "since": self.day(lead["since"]),
                    "amount": self.amount(lead),
                    "currency": lead["currency"],
                }

    def check(self, wanted: Wanted, lead: Known) -> Mapping[str, Any]:
        """How an item stands, and by when it is due."""
        result = self.result(wanted, lead)
        is_gap = result == "fail"
        return {
            "check": wanted.item,
            "result": result,
            "reason": SOMETHING if is_gap else TEXT,
            "owner": "",
            "next_step": SOMETHING if is_gap else TEXT,
            "url": SOMETHING,
            "evidence": [],
            "due": self.due(wanted, lead) if is_gap else None,
        }

    def due(self, wanted: Wanted, lead: Known) -> Any:
        """Of what stands for longer than working days are known of, nobody can say."""
        if lead["since"].date() < self.today - timedelta(days=KNOWN_DAYS):
            return SOME_TIME
        user, _ = self.owner(wanted.owner, lead)
        found = self.office.due(user, lead["since"], wanted.within_hours)
        return found.isoformat() if found else None

    def result(self, wanted: Wanted, lead: Known) -> str:
        """Whether it is there."""
        if wanted.field:
            value = lead[wanted.field]
            filled = words(value) if wanted.field == "description" else value
            return "pass" if filled else "fail"
        if wanted.task:
            name = " ".join(wanted.task.lower().split())
            return "pass" if (lead["tasks"] or {}).get(name) else "fail"
        if wanted.activity_type in lead["done"]:
            return "pass"
        planned = (lead["planned"] or {}).get(str(wanted.activity_type))
        return "not_applicable" if planned and planned >= str(self.today) else "fail"

    def owner(self, part: str, lead: Known) -> tuple[int | None, str]:
        """Who sees to an item."""
        user = lead["head"] if part == "sales_lead" else lead["user_id"] or lead["head"]
        return user, self.office.name(user, "delivery")

    def day(self, moment: datetime) -> date:
        """By the company's clock."""
        return moment.astimezone(self.office.zone).date()

    def amount(self, lead: Known) -> Decimal:
        """As its currency writes it."""
        return Decimal(lead["expected_revenue"] or 0).quantize(
            Decimal(1).scaleb(-lead["decimal_places"])
        )
