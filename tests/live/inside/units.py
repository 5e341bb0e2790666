"""Timesheets in hours, days and minutes on one project, and what Odoo adds them up to."""

from datetime import date
from typing import Any


def build(env: Any, day: str) -> dict[str, Any]:
    """Somebody's lines of one day; the total is that of the project, in hours."""
    units = {name: env.ref(f"uom.product_uom_{name}") for name in ("hour", "day", "minute")}
    company = env["res.company"].browse(1)
    person = env["hr.employee"].create(
        {"name": "Days", "company_id": company.id, "date_version": date(2020, 1, 1)}
    )
    project = env["project.project"].create(
        {"name": "Kept in days", "company_id": company.id, "allow_timesheets": True}
    )
    for name, amount in {"hour": 1.5, "day": 0.5, "minute": 45.0}.items():
        env["account.analytic.line"].create(
            {
                "name": name,
                "employee_id": person.id,
                "project_id": project.id,
                "date": date.fromisoformat(day),
                "unit_amount": amount,
                "product_uom_id": units[name].id,
            }
        )
    # The firm keeps its time in days: what is entered without a unit is in days.
    company.project_time_mode_id = units["day"]
    env["account.analytic.line"].create(
        {
            "name": "firm",
            "employee_id": person.id,
            "project_id": project.id,
            "date": date.fromisoformat(day),
            "unit_amount": 0.25,
        }
    )
    env.cr.commit()
    stored = sum(project.timesheet_ids.mapped("unit_amount"))
    return {
        "employee": person.id,
        "project": project.id,
        "total": project.total_timesheet_time,
        "stored": stored,
    }
