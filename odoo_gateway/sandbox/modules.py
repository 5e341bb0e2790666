"""The modules of the sandbox, and what goes away with one that is not installed."""

from collections.abc import Collection, Mapping
from typing import Final

from odoo_gateway.sandbox.database import Row
from odoo_gateway.sandbox.schema import Schema

MODULES: Final = (
    "account",
    "analytic",
    "base",
    "crm",
    "hr",
    "hr_expense",
    "hr_holidays",
    "hr_timesheet",
    "product",
    "project",
    "project_timesheet_holidays",
    "resource",
    "sale",
    "sale_crm",
    "sale_expense",
    "sale_project",
    "sale_timesheet",
    "uom",
    "web",
)
# What the recorded Odoo of that version had installed beside them.
OLDER_MODULES: Final[Mapping[int, tuple[str, ...]]] = {16: ("hr_contract",)}
# Enterprise modules stand in a Community database too, but never installed.
UNINSTALLABLE: Final = ("helpdesk", "planning", "timesheet_grid")
# When all of them were installed.
WRITTEN: Final = "2026-01-05 07:00:00"
MODELS: Final[Mapping[str, frozenset[str]]] = {
    "analytic": frozenset({"account.analytic.account"}),
    "crm": frozenset({"crm.lead", "crm.stage"}),
    "hr_contract": frozenset({"hr.contract"}),
    "hr_expense": frozenset({"hr.expense", "hr.expense.sheet"}),
    "hr_holidays": frozenset({"hr.leave"}),
    "project": frozenset(
        {
            *("project.milestone", "project.project", "project.tags"),
            *("project.task", "project.task.type", "project.update"),
        }
    ),
    "sale": frozenset({"sale.order", "sale.order.line"}),
}
# Of models that a sandbox declares, the module that is then installed.
BRINGS: Final[Mapping[str, str]] = {
    "helpdesk.ticket": "helpdesk_mgmt",
    "hr.contract": "hr_contract",
    "hr_timesheet.sheet": "hr_timesheet_sheet",
    "planning.slot": "planning",
    "purchase.order": "purchase",
    "purchase.order.line": "sale_purchase",
    "tier.review": "base_tier_validation",
}
FIELDS: Final[Mapping[str, frozenset[tuple[str, str]]]] = {
    "hr_holidays": frozenset({("account.analytic.line", "holiday_id")}),
    "project_timesheet_holidays": frozenset(
        {
            ("account.analytic.line", "global_leave_id"),
            ("account.analytic.line", "holiday_id"),
        }
    ),
    "hr_expense": frozenset({("account.move.line", "expense_id")}),
    "sale": frozenset({("account.analytic.line", "so_line")}),
    "sale_crm": frozenset({("sale.order", "opportunity_id")}),
    "sale_expense": frozenset({("hr.expense", "sale_order_id")}),
    "sale_project": frozenset(
        {
            ("project.milestone", "quantity_percentage"),
            ("project.milestone", "sale_line_id"),
            ("project.project", "reinvoiced_sale_order_id"),
            ("project.project", "sale_line_id"),
            ("product.product", "project_template_id"),
            ("project.task", "sale_line_id"),
            ("sale.order", "project_id"),
            ("sale.order", "project_ids"),
            ("sale.order.line", "project_id"),
            ("sale.order.line", "task_id"),
        }
    ),
    "sale_timesheet": frozenset(
        {
            ("account.analytic.line", "timesheet_invoice_id"),
            ("account.analytic.line", "timesheet_invoice_type"),
        }
    ),
}
NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "project_timesheet_holidays": frozenset({"hr_holidays", "hr_timesheet"}),
    "sale_crm": frozenset({"crm", "sale"}),
    "sale_expense": frozenset({"hr_expense", "sale"}),
    "sale_project": frozenset({"project", "sale"}),
    "sale_timesheet": frozenset({"hr_timesheet", "sale"}),
}


def installed(lacking: Collection[str], version: int, declared: Collection[str] = ()) -> list[Row]:
    """The rows of ir.module.module of an Odoo of that version, with those of declared models."""
    gone = _gone(lacking)
    modules = [*MODULES, *OLDER_MODULES.get(version, ())]
    states = {name: "uninstalled" if name in gone else "installed" for name in modules}
    states |= dict.fromkeys(UNINSTALLABLE, "uninstallable")
    states |= {BRINGS[model]: "installed" for model in declared if model in BRINGS}
    return [
        {
            "id": number,
            "name": name,
            "state": state,
            "latest_version": f"{version}.0.1.3" if state == "installed" else False,
            "write_date": WRITTEN,
        }
        for number, (name, state) in enumerate(sorted(states.items()), start=1)
    ]


def without(schema: Schema, modules: Collection[str], models: Collection[str] = ()) -> Schema:
    """The schema without those modules, nor any that needs them, and without those models."""
    gone = _gone(modules)
    missing = {*models, *(model for module in gone for model in MODELS.get(module, ()))}
    fields = {field for module in gone for field in FIELDS.get(module, ())}
    return {
        model: {name: shape for name, shape in shapes.items() if (model, name) not in fields}
        for model, shapes in schema.items()
        if model not in missing
    }


def _gone(lacking: Collection[str]) -> frozenset[str]:
    needing = {module for module, needed in NEEDS.items() if not needed.isdisjoint(lacking)}
    return frozenset({*lacking, *needing})
