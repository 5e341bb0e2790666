"""What `late_starts` must say of each project that is under way, by Odoo's tables alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from .column_by_column import SOMETHING, TEXT
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
Known = Mapping[str, Any]
# Names are compared without case and without how many blanks there are.
PROJECTS = """
WITH held AS (
    SELECT project_id, 'task' AS what, id, name, state = '1_done' AS done, NULL::date AS deadline,
           NULL::date AS reached
    FROM project_task
    UNION ALL
    SELECT project_id, 'milestone', id, name, coalesce(is_reached, false), deadline,
           reached_date
    FROM project_milestone
),
sold AS (
    SELECT l.project_id, o.id AS order_id, o.date_order,
           (t.project_template_id ->> o.company_id::text)::int AS template
    FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id AND o.state = 'sale'
    LEFT JOIN product_product p ON p.id = l.product_id
    LEFT JOIN product_template t ON t.id = p.product_tmpl_id
    WHERE o.company_id = %(company)s AND l.project_id IS NOT NULL
)
SELECT p.id, p.name ->> 'en_US' AS name, p.user_id, p.date_start,
       (SELECT (min(s.date_order) AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
        FROM sold s WHERE s.project_id = p.id) AS contract,
       (SELECT s.order_id FROM sold s WHERE s.project_id = p.id
        ORDER BY s.date_order LIMIT 1) AS order_id,
       (SELECT min(h.date) FROM account_analytic_line h WHERE h.project_id = p.id) AS first,
       coalesce(
           (SELECT jsonb_agg(to_jsonb(h)) FROM held h WHERE h.project_id = p.id), '[]') AS held,
       coalesce((SELECT jsonb_agg(h.name) FROM held h WHERE h.project_id IN (
           SELECT s.template FROM sold s WHERE s.project_id = p.id)), '[]') AS wanted
FROM project_project p
WHERE p.active AND p.is_template IS NOT TRUE
    AND (p.company_id IS NULL OR p.company_id = %(company)s)
    AND coalesce(p.last_update_status, '') NOT IN ('on_hold', 'done')
"""


@dataclass(frozen=True)
class Starts:
    """The policy of the test, and the company that looks."""

    office: Office
    today: date
    #: kind and name of what shows a kickoff and a handoff.
    kickoff: tuple[str, str] = ("field", "date_start")
    handoff: tuple[str, str] | None = None
    #: Where handoffs are accepted on their page, what became of that of each order.
    fates: Mapping[int, str] | None = None
    kickoff_within: int = 10
    first_hours_within: int = 5
    look_back: int = 90
    exempt: Sequence[int] = ()

    def policy(self) -> dict[str, Any]:
        """As `policies.late_starts` says it."""
        said: dict[str, Any] = {
            "kickoff": dict(zip(("kind", "name"), self.kickoff, strict=True)),
            "kickoff_within": self.kickoff_within,
            "first_hours_within": self.first_hours_within,
            "look_back_days": self.look_back,
            "exempt_projects": list(self.exempt),
        }
        said["handoff"] = "not_asked" if self.fates is None else "accepted"
        if self.handoff:
            said["handoff"] = dict(zip(("kind", "name"), self.handoff, strict=True))
        return said

    def projects(self, sql: Sql, company_id: int) -> Sequence[Known]:
        """All that is looked at."""
        asked = {"company": company_id, "zone": self.office.zone.key}
        with sql.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(PROJECTS.encode(), asked).fetchall()
        return [each for each in found if each["id"] not in self.exempt]

    def row(self, project: Known) -> Mapping[str, Any]:
        """What the report must say of it."""
        late = list(self.late(project))
        days = {of: project[of] and str(project[of]) for of in ("contract", "date_start", "first")}
        return {
            "project_id": project["id"],
            "project": project["name"],
            "contract_on": days["contract"],
            "planned_start": days["date_start"],
            "first_hours_on": days["first"],
            "handoff_status": self.fate(project),
            "status": "late" if late else "ok",
            "reason": SOMETHING if late else "",
            "policy": TEXT,
        }

    def findings(self, project: Known) -> Iterator[Mapping[str, Any]]:
        """One for each thing that is late of it."""
        for kind, number, since in self.late(project):
            yield {
                "key": f"{kind}-{number}",
                "kind": kind,
                "severity": "warning",
                "owner": self.office.name(project["user_id"], "delivery"),
                "record_id": project["id"],
                "since": since,
                "amount": None,
                "currency": None,
            }

    def late(self, project: Known) -> Iterator[tuple[str, int, date]]:
        """Kind, id of what it is about and the day since when; as far as policy looks back."""
        first = self.today - timedelta(days=self.look_back)
        yield from (each for each in self.ever(project) if first <= each[2] <= self.today)

    def ever(self, project: Known) -> Iterator[tuple[str, int, date]]:
        """The same of all times."""
        number, user, contract = project["id"], project["user_id"], project["contract"]
        first = self.today - timedelta(days=self.look_back)
        asks = contract and contract >= first and not self.is_there(self.kickoff, project)
        if asks and (due := self.office.after(user, contract, self.kickoff_within)):
            yield "no-kickoff", number, due + timedelta(days=1)
        start = None if project["first"] else project["date_start"] or contract
        if (
            start
            and start >= first
            and (due := self.office.after(user, start, self.first_hours_within))
        ):
            yield "no-hours", number, due + timedelta(days=1)
        begun = [day for day in (project["first"], self.kicked_off(project)) if day]
        begun = [day for day in begun if day <= self.today]
        if begun and self.fate(project) == "open":
            yield "no-handoff", number, min(begun)
        for each in project["held"]:
            if each["what"] == "milestone" and not each["done"] and each["deadline"]:
                since = date.fromisoformat(each["deadline"]) + timedelta(days=1)
                yield "missed-milestone", each["id"], since
        has = {_folded(each["name"]) for each in project["held"]}
        if contract and {*map(_folded, project["wanted"])} - has:
            yield "unlike-template", number, contract

    def fate(self, project: Known) -> str:
        """Whether delivery accepted its handoff."""
        if self.handoff:
            return "accepted" if self.is_there(self.handoff, project) else "open"
        if self.fates is None or project["order_id"] is None:
            return "not_asked"
        return self.fates[project["order_id"]]

    def kicked_off(self, project: Known) -> date | None:
        """The day of its kickoff; today of what has no date."""
        if not self.is_there(self.kickoff, project):
            return None
        kind, name = self.kickoff
        if kind == "field":
            day: date = project[name]
            return day
        days = [
            date.fromisoformat(each["reached"])
            for each in project["held"]
            if each["what"] == kind and each["reached"] and _folded(each["name"]) == _folded(name)
        ]
        return min(days) if days else self.today

    def is_there(self, sign: tuple[str, str], project: Known) -> bool:
        """Whether it happened."""
        kind, name = sign
        if kind == "field":
            day: date | None = project[name]
            return day is not None and day <= self.today
        return any(
            each["what"] == kind and each["done"] and _folded(each["name"]) == _folded(name)
            for each in project["held"]
        )


def _folded(name: str) -> str:
    return " ".join(name.lower().split())
