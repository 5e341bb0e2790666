"""The same questions as a good script asks them over RPC: few calls, one connection, no more.

It knows nothing of zones, leave by the hour, two-week schedules, versions, currencies or rights:
what it costs is what the jobs are held against, not what it says.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import httpx

PAGE = 20_000


class Rpc:
    """Odoo's JSON-RPC over one connection."""

    def __init__(self, url: str, database: str, login: str, secret: str) -> None:
        self._client = httpx.Client(timeout=120, trust_env=False)
        self._url, self._key = f"{url}/jsonrpc", (database, secret)
        self.bytes = self.calls = 0
        self._user = self._ask("common", "login", database, login, secret)

    def _ask(self, service: str, method: str, *args: Any) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        response = self._client.post(self._url, json=body)
        self.bytes += len(response.content)
        self.calls += 1
        return response.json()["result"]

    def __call__(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        database, secret = self._key
        return self._ask(
            "object", "execute_kw", database, self._user, secret, model, method, args, named
        )

    def rows(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        """All rows, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            asked = [*domain, ("id", ">", found[-1]["id"] if found else 0)]
            page = self(model, "search_read", asked, fields, limit=PAGE, order="id", load="")
            found += page
            if len(page) < PAGE:
                return found

    def groups(self, domain: list[Any], by: list[str], sums: list[str]) -> list[dict[str, Any]]:
        """Timesheet lines, grouped."""
        found: list[dict[str, Any]] = self(
            "account.analytic.line", "formatted_read_group", domain, by, sums
        )
        return found


def hours(rpc: Rpc, first: date, last: date) -> int:
    """Expected and logged hours of everybody, by person."""
    people = rpc.rows("hr.employee", [], ["name", "resource_id", "resource_calendar_id", "tz"])
    attendances = rpc.rows(
        "resource.calendar.attendance", [], ["calendar_id", "dayofweek", "hour_from", "hour_to"]
    )
    leaves = rpc.rows(
        "resource.calendar.leaves",
        [("date_from", "<=", str(last)), ("date_to", ">=", str(first))],
        ["resource_id", "date_from", "date_to"],
    )
    domain: list[Any] = [("employee_id", "!=", False), ("project_id", "!=", False)]
    domain += [("date", ">=", str(first)), ("date", "<=", str(last))]
    by = ["employee_id", "timesheet_invoice_type"]
    logged: dict[int, float] = defaultdict(float)
    for group in rpc.groups(domain, by, ["unit_amount:sum"]):
        logged[group["employee_id"][0]] += group["unit_amount:sum"]
    weekly: dict[tuple[int, int], float] = defaultdict(float)
    for row in attendances:
        weekly[row["calendar_id"], int(row["dayofweek"])] += row["hour_to"] - row["hour_from"]
    away: dict[int, set[date]] = defaultdict(set)
    for leave in leaves:
        day = date.fromisoformat(leave["date_from"][:10])
        while day <= date.fromisoformat(leave["date_to"][:10]):
            away[leave["resource_id"] or 0].add(day)
            day += timedelta(days=1)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    missing = {
        person["id"]: sum(
            weekly[person["resource_calendar_id"], day.weekday()]
            for day in days
            if day not in away[0] and day not in away[person["resource_id"]]
        )
        - logged[person["id"]]
        for person in people
    }
    return len(missing)


def unbilled(rpc: Rpc, first: date, last: date) -> int:
    """What of each line is to be invoiced, and its hours on no invoice by their age."""
    rpc.rows(
        "sale.order", [("state", "=", "sale")], ["name", "partner_id", "user_id", "currency_id"]
    )
    lines = rpc.rows(
        "sale.order.line",
        [("state", "=", "sale"), ("is_service", "=", True)],
        ["order_id", "untaxed_amount_to_invoice", "qty_delivered", "qty_invoiced", "price_unit"],
    )
    ids = [line["id"] for line in lines]
    ages = [last - timedelta(days=age) for age in (90, 60, 30, 0)]
    for after, until in zip([None, *ages], [*ages, None], strict=True):
        domain: list[Any] = [("so_line", "in", ids), ("timesheet_invoice_id", "=", False)]
        domain += [("date", ">", str(after))] if after else []
        domain += [("date", "<=", str(until))] if until else []
        rpc.groups(domain, ["so_line"], ["unit_amount:sum", "date:min"])
    return len(lines)


def loop(rpc: Rpc, question: str, first: date, last: date, sample: int) -> tuple[int, int]:
    """As scripts do that ask once per record: how many were asked of how many."""
    span = [("date", ">=", str(first)), ("date", "<=", str(last))]
    if question == "unbilled":
        ids = rpc("sale.order.line", "search", [("state", "=", "sale"), ("is_service", "=", True)])
        for number in ids[:sample]:
            rpc("sale.order.line", "read", [number], ["untaxed_amount_to_invoice"])
            open_hours = [("so_line", "=", number), ("timesheet_invoice_id", "=", False)]
            rpc("account.analytic.line", "search_read", open_hours, ["date", "unit_amount"])
        return min(sample, len(ids)), len(ids)
    ids = rpc("hr.employee", "search", [])
    for number in ids[:sample]:
        (person,) = rpc("hr.employee", "read", [number], ["name", "resource_calendar_id"])
        calendar = person["resource_calendar_id"]
        rpc(
            "resource.calendar.attendance",
            "search_read",
            [("calendar_id", "=", calendar and calendar[0])],
            ["dayofweek", "hour_from", "hour_to"],
        )
        of_person = [("employee_id", "=", number), *span]
        rpc("account.analytic.line", "search_read", of_person, ["date", "unit_amount"])
    return min(sample, len(ids)), len(ids)


QUESTIONS = {"hours": hours, "unbilled": unbilled}
