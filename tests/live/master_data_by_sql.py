"""What `master_data` must say of customers, projects and orders, by Odoo's tables alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from .column_by_column import SOMETHING, TEXT
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
Known = Mapping[str, Any]
Pair = tuple[int, int]
# Firms that an order names, that were invoiced, or that a project is for; and what is above them.
CUSTOMERS = """
WITH named AS (
    SELECT partner_id AS id, company_id FROM sale_order
    UNION SELECT id, NULL FROM res_partner WHERE customer_rank > 0
    UNION SELECT partner_id, NULL FROM project_project p WHERE partner_id IS NOT NULL AND p.active
        AND p.is_template IS NOT TRUE AND (p.company_id IS NULL OR p.company_id = %(company)s)
)
SELECT f.id, f.name, f.email, f.vat, f.parent_id, f.user_id,
       bool_or(n.company_id IS NOT DISTINCT FROM %(company)s) AS ours
FROM named n JOIN res_partner p ON p.id = n.id
JOIN res_partner f ON f.id = coalesce(p.commercial_partner_id, p.id)
WHERE f.active GROUP BY f.id
"""
PROJECTS = """
SELECT p.id, p.name ->> 'en_US' AS name, p.user_id, coalesce(c.commercial_partner_id, c.id) AS firm,
       p.allow_billable, p.account_id, a.active AS account_active, a.plan_id,
       a.company_id <> p.company_id AS account_elsewhere,
       ARRAY(SELECT lower(t.name ->> 'en_US') FROM project_project_project_tags_rel r
             JOIN project_tags t ON t.id = r.project_tags_id
             WHERE r.project_project_id = p.id) AS tags
FROM project_project p LEFT JOIN res_partner c ON c.id = p.partner_id
LEFT JOIN account_analytic_account a ON a.id = p.account_id
WHERE p.active AND p.is_template IS NOT TRUE
    AND (p.company_id IS NULL OR p.company_id = %(company)s)
"""
ORDERS = """
SELECT o.id, o.name, o.user_id,
       ARRAY(SELECT lower(t.name ->> 'en_US') FROM sale_order_tag_rel r JOIN crm_tag t
             ON t.id = r.tag_id WHERE r.order_id = o.id) AS tags,
       jsonb_agg(jsonb_build_object('project', l.project_id, 'booked', l.analytic_distribution))
           AS lines
FROM sale_order o JOIN sale_order_line l ON l.order_id = o.id
WHERE o.state = 'sale' AND o.company_id = %(company)s AND o.date_order >= %(first)s
    AND l.is_service AND l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
    AND l.is_expense IS NOT TRUE
GROUP BY o.id
"""
FORMS = {"ag", "bv", "co", "company", "corp", "gmbh", "inc", "limited", "ltd", "nv", "sa", "sas"}
FREE = {"gmail.com"}


@dataclass
class Masters:
    """The policy of the test, and the company that looks."""

    office: Office
    today: date
    company_id: int
    service_lines: Sequence[str] = ()
    project_tags: Sequence[str] = ()
    plans: Sequence[int] = ()
    alike: float = 92.0
    by_domain: bool = True
    look_back: int = 365

    def policy(self) -> dict[str, Any]:
        """As `policies.master_data` says it."""
        return {
            "service_lines": list(self.service_lines),
            "project_tags": list(self.project_tags),
            "analytic_plans": list(self.plans),
            "customer_names_alike_percent": self.alike,
            "same_mail_domain": self.by_domain,
            "look_back_days": self.look_back,
        }

    def read(self, sql: Sql) -> None:
        """All that is looked at."""
        first = self.today - timedelta(days=self.look_back)
        asked = {"company": self.company_id, "first": first}
        with sql.cursor(row_factory=dict_row) as cursor:
            self.customers = {
                each["id"]: each for each in cursor.execute(CUSTOMERS.encode(), asked).fetchall()
            }
            self.projects = {
                each["id"]: each for each in cursor.execute(PROJECTS.encode(), asked).fetchall()
            }
            self.orders = cursor.execute(ORDERS.encode(), asked).fetchall()
        parents = sql.execute("SELECT id, parent_id FROM res_partner WHERE parent_id IS NOT NULL")
        self.parents: dict[int, int] = dict(parents.fetchall())

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Pairs, then the codes of projects and orders."""
        for (older, newer), sign in self.doubles().items():
            yield self._row("duplicate-customers", "res.partner", newer, older, sign)
        for older, newer in self.double_projects():
            yield self._row("duplicate-projects", "project.project", newer, older, "name")
        for model, each, missing, wrong in self.coded():
            yield {
                "kind": "codes",
                "model": model,
                "record_id": each["id"],
                "record": each["name"],
                "other_id": None,
                "other": None,
                "sign": None,
                "status": "missing" if missing else "inconsistent" if wrong else "ok",
                "reason": SOMETHING if missing or wrong else "",
                "policy": TEXT,
            }

    def _row(self, kind: str, model: str, newer: int, older: int, sign: str) -> Mapping[str, Any]:
        names = self.customers if model == "res.partner" else self.projects
        return {
            "kind": kind,
            "model": model,
            "record_id": newer,
            "record": names[newer]["name"],
            "other_id": older,
            "other": names[older]["name"],
            "sign": sign,
            "status": "duplicate",
            "reason": SOMETHING,
            "policy": TEXT,
        }

    def findings(self) -> Iterator[Mapping[str, Any]]:
        """What somebody must look at."""
        for (older, newer), sign in self.doubles().items():
            users = [self.customers[n]["user_id"] for n in (newer, older)]
            grave = "warning" if sign == "vat" else "info"
            yield self._finding("duplicate-customers", f"{older}-{newer}", newer, users, grave)
        for older, newer in self.double_projects():
            users = [self.projects[n]["user_id"] for n in (newer, older)]
            yield self._finding("duplicate-projects", f"{older}-{newer}", newer, users, "info")
        for model, each, missing, wrong in self.coded():
            about = f"{'project' if model == 'project.project' else 'order'}-{each['id']}"
            for kind, faults in (("missing-codes", missing), ("inconsistent-codes", wrong)):
                if faults:
                    yield self._finding(kind, about, each["id"], [each["user_id"]], "warning")

    def _finding(
        self, kind: str, about: str, number: int, users: Sequence[int | None], severity: str
    ) -> Mapping[str, Any]:
        owner = next((user for user in users if user), None)
        return {
            "key": f"{kind}-{about}",
            "kind": kind,
            "severity": severity,
            "owner": self.office.name(owner, "finance"),
            "record_id": number,
            "since": None,
            "amount": None,
            "currency": None,
        }

    def doubles(self) -> Mapping[Pair, str]:
        """Pairs of customers with the strongest sign, one of them at least the company's."""
        found: dict[Pair, str] = {}
        if self.by_domain:
            domains = {n: {*_domains(each["email"])} - FREE for n, each in self.customers.items()}
            found |= dict.fromkeys(_of_one(domains), "mail_domain")
        names = {n: plain(each["name"] or "") for n, each in self.customers.items()}
        found |= dict.fromkeys(_alike(names, self.alike), "name")
        found |= dict.fromkeys(self._of_one_number(), "vat")
        return {
            pair: sign
            for pair, sign in found.items()
            if any(self.customers[n]["ours"] for n in pair) and len({*map(self._head, pair)}) > 1
        }

    def _of_one_number(self) -> set[Pair]:
        numbers = {n: _vat(each["vat"]) for n, each in self.customers.items()}
        found: set[Pair] = set()
        countries = {vat[0] for vat in numbers.values() if vat}
        for country in countries:
            own = {n: [vat[1]] for n, vat in numbers.items() if vat and vat[0] in ("", country)}
            found |= _of_one(own)
        return found

    def _head(self, number: int) -> int:
        while number in self.parents:
            number = self.parents[number]
        return number

    def double_projects(self) -> set[Pair]:
        """Pairs of one customer."""
        firms = {each["firm"] for each in self.projects.values() if each["firm"]}
        return {
            pair
            for firm in firms
            for pair in _alike(
                {
                    n: plain(each["name"])
                    for n, each in self.projects.items()
                    if each["firm"] == firm
                },
                92.0,
            )
        }

    def coded(self) -> Iterator[tuple[str, Known, bool, bool]]:
        """Model, record, whether codes are missing, and whether any does not fit."""
        lines = {line.lower() for line in self.service_lines}
        known = {*lines, *(tag.lower() for tag in self.project_tags)}
        for each in self.projects.values():
            if each["allow_billable"]:
                own = lines & {*each["tags"]}
                account = each["account_id"]
                wrong = account and (
                    not each["account_active"]
                    or each["account_elsewhere"]
                    or (self.plans and each["plan_id"] not in self.plans)
                )
                strange = self.project_tags and {*each["tags"]} - known
                missing = not account or bool(lines and not own)
                yield "project.project", each, missing, bool(wrong or len(own) > 1 or strange)
        for order in self.orders:
            own = lines & {*order["tags"]}
            missing = bool(lines and not own)
            wrong = len(own) > 1
            for line in order["lines"]:
                project = self.projects.get(line["project"]) or {}
                account, booked = project.get("account_id"), line["booked"] or {}
                accounts = {part for key in booked for part in key.split(",")}
                missing = missing or not (booked or account)
                wrong = wrong or bool(account and booked and str(account) not in accounts)
                others = lines & {*project.get("tags", ())}
                wrong = wrong or (len(own) == len(others) == 1 and own != others)
            yield "sale.order", order, missing, wrong


def plain(name: str) -> str:
    """Without case, accents, points, and, and legal forms at either end."""
    letters = unicodedata.normalize("NFKD", name.lower())
    kept = "".join(c for c in letters if not unicodedata.combining(c) and c not in ".'")
    found = [word for word in re.findall(r"[^\W_]+", kept) if word not in ("and", "et", "und")]
    while len(found) > 1 and (found[-1] in FORMS or found[0] in FORMS):
        found = found[:-1] if found[-1] in FORMS else found[1:]
    return " ".join(found)


def _alike(names: Mapping[int, str], percent: float) -> set[Pair]:
    by_name = defaultdict(list)
    for number, name in sorted(names.items()):
        if name:
            by_name["".join(name.split()), " ".join(sorted(name.split()))].append(number)
    found = {pair for of in by_name.values() for pair in pairwise(of)}
    for one, other in combinations(by_name, 2):
        digits = (
            [word for word in name[1].split() if re.search(r"\d", word)] for name in (one, other)
        )
        same = next(digits) == next(digits)
        if same and any(_same(a, b) >= percent for a, b in zip(one, other, strict=True)):
            pair = sorted((by_name[one][0], by_name[other][0]))
            found.add((pair[0], pair[1]))
    return found


def _same(one: str, other: str) -> float:
    """Percent of the letters of both that stand in the longest sequence that they share."""
    before = [0] * (len(other) + 1)
    for letter in one:
        row = [0]
        for at, each in enumerate(other):
            row.append(before[at] + 1 if each == letter else max(before[at + 1], row[at]))
        before = row
    return 200 * before[-1] / (len(one) + len(other))


def _of_one(values: Mapping[int, Iterable[Hashable]]) -> set[Pair]:
    by_value = defaultdict(list)
    for number, of in sorted(values.items()):
        for value in of:
            by_value[value].append(number)
    return {pair for of_one in by_value.values() for pair in pairwise(of_one)}


def _vat(vat: str | None) -> tuple[str, str] | None:
    signs = re.sub(r"[\W_]", "", (vat or "").upper())
    country = signs[:2] if signs[:2].isalpha() else ""
    number = signs[len(country) :]
    return (country, number) if len(number) >= 5 and len({*number}) > 1 else None


def _domains(email: str | None) -> Sequence[str]:
    return re.findall(r"@([\w.-]+\.\w+)", (email or "").lower())
