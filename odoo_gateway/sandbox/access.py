"""Which rows belong to which company: the global record rules of Odoo 19 for the known models."""

from collections.abc import Collection, Mapping
from typing import Any, Final, Protocol

OWN_COMPANY: Final = frozenset(
    {
        "account.analytic.line",
        "account.move",
        "account.move.line",
        "account.tax",
        "hr.contract",
        "hr.expense",
        "hr.expense.sheet",
        "hr.leave",
        "hr.version",
        "sale.order",
        "sale.order.line",
    }
)
OWN_COMPANY_OR_NONE: Final = frozenset(
    {
        "account.analytic.account",
        "crm.lead",
        "crm.team",
        "hr.department",
        "hr.employee",
        "hr.job",
        "product.product",
        "project.milestone",
        "project.project",
        "project.task",
        "res.partner",
        "resource.calendar.leaves",
        "resource.resource",
    }
)


WITH_A_RULE: Final = frozenset({*OWN_COMPANY, *OWN_COMPANY_OR_NONE, "res.company", "res.users"})


def has_company_rule(model: str) -> bool:
    """Whether reading the model makes Odoo look at the companies of the call."""
    return model in WITH_A_RULE


class Lookup(Protocol):
    """Anything that finds a row by model and id."""

    def row(self, model: str, record_id: int) -> dict[str, Any] | None:
        """The row, or None."""


def may_see_company(
    model: str,
    row: Mapping[str, Any],
    lookup: Lookup,
    allowed: Collection[int],
) -> bool:
    """Whether the rule of the model lets a row through; models without a rule let all through."""
    if model == "res.company":
        return row["id"] in allowed
    if model in OWN_COMPANY:
        return row.get("company_id") in allowed
    if model in OWN_COMPANY_OR_NONE:
        company_id = _company_of(model, row, lookup)
        return company_id in allowed or not company_id
    return True


def _company_of(model: str, row: Mapping[str, Any], lookup: Lookup) -> int | None:
    if model == "project.milestone":
        row = lookup.row("project.project", row["project_id"]) or {}
    return row.get("company_id") or None
