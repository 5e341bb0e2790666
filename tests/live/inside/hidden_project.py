"""A project that only its followers see, with hours that are sold, and an expense that waits."""

from typing import Any


def build(env: Any) -> dict[str, int]:
    """Hide the sold project with the most hours of last month from all but its followers."""
    lines = env["account.analytic.line"].search(
        [("project_id", "!=", False), ("so_line", "!=", False)]
    )
    hours: dict[int, float] = {}
    for line in lines:
        hours[line.project_id.id] = hours.get(line.project_id.id, 0.0) + line.unit_amount
    project = env["project.project"].browse(max(hours, key=lambda number: hours[number]))
    project.privacy_visibility = "followers"
    project.message_unsubscribe(project.message_partner_ids.ids)
    env.cr.commit()
    return {"project": project.id, "hours": int(hours[project.id])}
