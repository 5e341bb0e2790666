"""The questions of the jobs, answered inside Odoo through its ORM; runs in Odoo's own process."""

from datetime import datetime, time, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

BILLABLE = ("billable_time", "billable_fixed", "billable_milestones", "billable_manual")


def answer(env: Any, question: str, first: str, last: str) -> dict[str, float]:
    """Seconds that the answer takes, once all is warm, and how many records it is about."""
    asked = {"hours": hours, "unbilled": unbilled}[question]
    asked(env, first, last)
    env.invalidate_all()
    started = perf_counter()
    count = asked(env, first, last)
    return {"seconds": perf_counter() - started, "records": count}


def hours(env: Any, first: str, last: str) -> int:
    """What was expected of everybody, and what they logged, billable or not, by day."""
    people = env["hr.employee"].with_context(active_test=True).search([])
    utc = ZoneInfo("UTC")
    start = datetime.combine(datetime.fromisoformat(first), time.min, utc)
    end = datetime.combine(datetime.fromisoformat(last), time.min, utc) + timedelta(days=1)
    worked, _ = people.resource_id._get_valid_work_intervals(start, end)
    expected = {
        person.id: sum(
            (stop - begin).total_seconds() / 3600
            for begin, stop, _ in worked[person.resource_id.id]
        )
        for person in people
    }
    domain = [("employee_id", "in", people.ids), ("project_id", "!=", False)]
    domain += [("date", ">=", first), ("date", "<=", last)]
    by = ["employee_id", "date:day", "timesheet_invoice_type"]
    env["account.analytic.line"]._read_group(domain, by, ["unit_amount:sum"])
    return len(expected)


def unbilled(env: Any, first: str, last: str) -> int:
    """What of each confirmed line is to be invoiced, and its hours on no invoice by their age."""
    lines = env["sale.order.line"].search([("state", "=", "sale"), ("is_service", "=", True)])
    lines.read(["untaxed_amount_to_invoice", "qty_delivered", "qty_invoiced", "order_id"])
    today = datetime.fromisoformat(last).date()
    days = [today - timedelta(days=age) for age in (30, 60, 90)]
    spans = zip([None, *reversed(days), today], [*reversed(days), today, None], strict=True)
    for after, until in spans:
        domain = [("so_line", "in", lines.ids), ("timesheet_invoice_id", "=", False)]
        domain += [("date", ">", after)] if after else []
        domain += [("date", "<=", until)] if until else []
        aggregates = ["unit_amount:sum", "date:min"]
        env["account.analytic.line"]._read_group(domain, ["so_line"], aggregates)
    return len(lines)
