"""The models and fields that the sandbox knows, with the metadata of real Odoos 16 to 19."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from odoo_gateway import field_names

NEWEST: Final = 19
VERSIONS: Final = (16, 17, 18, NEWEST)

# Beyond what records declare: fields that job domains filter on, and names of related records.
EXTRA: Final[Mapping[str, frozenset[str]]] = {
    "account.analytic.line": frozenset({"amount", "category", "create_date"}),
    "account.move": frozenset(
        {"amount_residual", "amount_total", "amount_untaxed", "company_id", "currency_id"}
        | {"invoice_date", "move_type", "write_date"}
    ),
    "account.move.line": frozenset({"expense_id"}),
    "account.payment.term": frozenset({"id", "name"}),
    "crm.lead": frozenset({"active", "company_id", "probability", "type"}),
    "crm.team": frozenset({"id", "name", "active", "company_id"}),
    "hr.department": frozenset({"id", "name", "manager_id", "parent_id", "company_id"}),
    "hr.job": frozenset({"id", "name", "company_id"}),
    "ir.attachment": frozenset({"res_field"}),
    "hr.expense": frozenset({"company_id", "date"}),
    "hr.expense.sheet": frozenset({"company_id", "id", "state"}),
    "hr.leave": frozenset({"id", "employee_id", "date_from", "date_to", "state"}),
    "ir.module.module": frozenset({"id", "name", "state", "latest_version", "write_date"}),
    "mail.activity": frozenset(
        {"id", "active", "automated", "create_uid", "date_deadline", "note", "res_id", "res_model"}
        | {"summary", "user_id", "write_uid"}
    ),
    "mail.message": frozenset(
        {"id", "body", "create_uid", "message_id", "message_type", "model", "res_id", "write_uid"}
    ),
    "project.project": frozenset({"active", "allow_billable", "company_id", "partner_id"}),
    "project.task": frozenset({"id", "name", "project_id", "company_id", "active"}),
    "project.task.type": frozenset({"id", "name"}),
    "res.company": frozenset({"message_ids", "partner_id"}),
    "res.currency": frozenset({"active"}),
    "res.partner": frozenset({"active", "name"}),
    "res.users": frozenset({"active", "login", "partner_id", "share"}),
    "resource.calendar": frozenset({"tz"}),
    "resource.resource": frozenset({"active", "calendar_id"}),
    "sale.order": frozenset({"project_ids", "state"}),
    "sale.order.line": frozenset({"company_id", "display_type", "state", "write_date"}),
    "uom.uom": frozenset({"active", "name", "relative_uom_id", "sequence"}),
}

# Not stored, yet Odoo searches and groups by them: they follow a stored field of another record.
FOLLOWED: Final = frozenset(
    {
        ("account.move.line", "account_type"),
        ("account.move.line", "move_type"),
        ("hr.employee", "department_id"),
        ("hr.employee", "departure_date"),
        ("hr.employee", "employee_type"),
        ("hr.employee", "job_id"),
        ("hr.employee", "resource_calendar_id"),
        ("product.product", "categ_id"),
        ("product.product", "expense_policy"),
        ("product.product", "invoice_policy"),
        ("product.product", "name"),
        ("product.product", "product_tag_ids"),
        ("product.product", "project_id"),
        ("product.product", "project_template_id"),
        ("product.product", "type"),
        ("product.product", "uom_id"),
        ("res.partner", "country_code"),
        ("res.users", "lang"),
        ("res.users", "name"),
        ("sale.order.line", "product_type"),
        ("sale.order.line", "tax_calculation_rounding_method"),
    }
)
# Neither stored nor followed, but Odoo searches them by a method of their own.
SEARCHED: Final = frozenset({("account.tax", "price_include")})
# Odoo's own search for these ignores the value: `in [False]` finds those that are.
VALUE_IGNORED: Final = frozenset(
    {("project.project", "is_internal_project"), ("project.task", "is_closed")}
)
# Lists that count archived records too, whatever the caller's context says.
SEES_ARCHIVED: Final = frozenset(
    {("project.task", "user_ids"), ("sale.order.line", "tax_id"), ("sale.order.line", "tax_ids")}
)


@dataclass(frozen=True)
class Shape:
    """One field as `fields_get` describes it."""

    name: str
    type: str
    store: bool
    required: bool = False
    relation: str = ""
    selection: tuple[tuple[str, str], ...] = ()
    followed: bool = False
    searched: bool = False
    sees_archived: bool = False

    @property
    def is_many(self) -> bool:
        """Whether the value is a list of ids."""
        return self.type in ("one2many", "many2many")

    @property
    def searchable(self) -> bool:
        """Whether domains may name the field."""
        return self.store or self.followed or self.searched

    @property
    def groupable(self) -> bool:
        """Whether groups may name the field."""
        return (self.store or self.followed) and self.type != "one2many"

    @property
    def sortable(self) -> bool:
        """Whether orders may name the field."""
        return self.groupable and not self.is_many

    def described(self, attributes: Collection[str] | None) -> dict[str, Any]:
        """The attributes asked for, or all that the sandbox knows."""
        known: dict[str, Any] = {
            "groupable": self.groupable,
            "name": self.name,
            "required": self.required,
            "searchable": self.searchable,
            "sortable": self.sortable,
            "store": self.store,
            "type": self.type,
        }
        if self.relation:
            known["relation"] = self.relation
        if self.type == "selection":
            known["selection"] = [list(pair) for pair in self.selection]
        return {
            attribute: value
            for attribute, value in known.items()
            if attributes is None or attribute in attributes
        }


Schema = Mapping[str, Mapping[str, Shape]]


def trim(
    recorded: Mapping[str, Mapping[str, Mapping[str, Any]]],
    declared: Mapping[str, Collection[str]],
) -> dict[str, dict[str, dict[str, Any]]]:
    """What the sandbox keeps of a recorded `fields_get` per model: the declared fields, and EXTRA.

    A field goes by the name that this Odoo gives it. Models and fields that the recording lacks
    stay absent, as they are there.
    """
    wanted = {
        model: {*declared.get(model, ()), *EXTRA.get(model, ())} for model in {*declared, *EXTRA}
    }
    return {
        model: {name: dict(fields[name]) for name in sorted(_as_called(model, names, fields))}
        for model, names in sorted(wanted.items())
        if (fields := recorded.get(model))
    }


def _as_called(model: str, names: Collection[str], fields: Collection[str]) -> set[str]:
    candidates = (field_names.candidates(model, name) for name in names)
    found = (next((name for name in known if name in fields), None) for known in candidates)
    return {name for name in found if name}


def file_name(version: int) -> str:
    """Where the schema of an Odoo is kept, beside this module."""
    return "schema.json" if version == NEWEST else f"schema_{version}.json"


@cache
def load(version: int = NEWEST) -> Schema:
    """The schema of an Odoo that comes with the package; Odoo names every record."""
    text = resources.files(__package__).joinpath(file_name(version)).read_text("utf-8")
    return shapes_of(json.loads(text))


def shapes_of(described: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Schema:
    """The models of recorded or declared `fields_get` answers."""
    return {
        model: {
            "display_name": Shape("display_name", "char", store=False, searched=True),
            **{name: _shape(model, name, entry) for name, entry in fields.items()},
        }
        for model, fields in described.items()
    }


def _shape(model: str, name: str, entry: Mapping[str, Any]) -> Shape:
    return Shape(
        name=name,
        type=entry["type"],
        store=entry["store"],
        required=bool(entry.get("required")),
        relation=entry.get("relation", ""),
        selection=_selection(entry.get("selection", ())),
        followed=(model, name) in FOLLOWED or bool(entry.get("searchable")),
        searched=(model, name) in SEARCHED | VALUE_IGNORED or name == "display_name",
        sees_archived=(model, name) in SEES_ARCHIVED,
    )


def _selection(recorded: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Recordings keep the keys alone: labels are for people, and differ by language."""
    return tuple(
        (entry, entry.replace("_", " ").capitalize()) if isinstance(entry, str) else tuple(entry)
        for entry in recorded
    )
