"""Hours on a billable project that was archived, on an order line and on none."""

from typing import Any

from .billing_cases import Cases


def build(env: Any) -> dict[str, Any]:
    """Make them; returns the project's id, and what Odoo's own report says of its hours by kind."""
    cases = Cases(env, env["res.company"].search([], order="id", limit=1))
    sold = {"product_id": cases.time.id, "product_uom_qty": 10, "price_unit": 100.0}
    order = cases.order("on an archived project", sold)
    cases.log(order, 5, 30)
    cases.log(order, 3, 20)
    project = order.order_line.project_id
    loose = project.timesheet_ids.filtered(lambda line: line.unit_amount == 3)
    loose.write({"so_line": False, "is_so_line_edited": True})
    project.active = False
    env.flush_all()
    report = env["timesheets.analysis.report"].with_context(active_test=False)
    fields = ["unit_amount:sum", "billable_time:sum", "non_billable_time:sum"]
    (said,) = report.formatted_read_group([("project_id", "=", project.id)], [], fields)
    env.cr.commit()
    return {
        "project": project.id,
        "order": order.id,
        "billable": project.allow_billable,
        "hours": [said[field] for field in fields],
        "to_invoice": order.order_line.untaxed_amount_to_invoice,
    }
