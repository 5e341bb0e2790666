"""The firm that the sandbox tells of: two companies, forty people, thirty orders, ten weeks."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from odoo_gateway.sandbox.firm import (
    absences,
    billing,
    bookings,
    calendars,
    changes,
    handoffs,
    leads,
    money,
    papers,
    people,
    pipeline,
    projects,
    sales,
    timesheets,
)
from odoo_gateway.sandbox.firm.money import USER_ID
from odoo_gateway.sandbox.firm.when import When

__all__ = ["USER_ID", "build"]


@lru_cache(maxsize=4)
def build(as_of: date) -> Mapping[str, list[dict[str, Any]]]:
    """All rows by model, the same every time for the same day; not to be changed."""
    when = When(as_of)
    logged = timesheets.entries(when)
    books = billing.book(when, logged)
    tables = {
        **money.rows(),
        **calendars.rows(),
        **people.rows(when),
        **absences.rows(when),
        **projects.rows(when),
        **sales.rows(when, books),
        **papers.rows(when),
        **leads.rows(when),
        **bookings.rows(when),
        **timesheets.rows(logged, books.of_entry),
    }
    entries = tables["account.analytic.line"]
    expenses = [*papers.expense_entries(when, 1 + max(entry["id"] for entry in entries))]
    booked = bookings.entries(tables["sale.order.line"], when, 1 + max(e["id"] for e in expenses))
    return {
        **tables,
        **_together(tables, changes.rows(when), handoffs.rows(when), pipeline.rows(when)),
        "account.analytic.line": [*entries, *expenses, *booked],
        "project.task": _with_hours(tables),
    }


def _together(*tables: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of several parts, those of a model one after the other."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for part in tables:
        for model, rows in part.items():
            found[model] = [*found[model], *rows]
    return found


def _with_hours(tables: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The tasks with the sum of all their hours, as Odoo stores it."""
    hours: dict[int, float] = defaultdict(float)
    for line in tables["account.analytic.line"]:
        hours[line["task_id"]] += line["unit_amount"]
    return [
        {
            **task,
            "effective_hours": hours[task["id"]],
            "remaining_hours": task["allocated_hours"] - hours[task["id"]],
        }
        for task in tables["project.task"]
    ]
