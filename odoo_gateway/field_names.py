"""The one table of fields whose names differ between Odoo 16 and 19: ours is the newest name."""

OLDER_NAMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("account.analytic.line", "parent_task_id"): ("ancestor_task_id",),
    ("hr.expense", "nb_attachment"): ("attachment_number",),
    ("project.project", "account_id"): ("analytic_account_id",),
    ("project.task", "allocated_hours"): ("planned_hours",),
    ("res.users", "all_group_ids"): ("groups_id",),
    ("res.users", "group_ids"): ("groups_id",),
    ("sale.order.line", "product_uom_id"): ("product_uom",),
    ("sale.order.line", "tax_ids"): ("tax_id",),
}


def candidates(model: str, field: str) -> tuple[str, ...]:
    """The names under which `field` may be found, newest first."""
    return (field, *OLDER_NAMES.get((model, field), ()))
