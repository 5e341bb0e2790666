"""Who the account is: its groups, and the record rules that apply to it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from odoo_gateway import field_names
from odoo_gateway.sandbox.database import Row, Rows
from odoo_gateway.sandbox.schema import NEWEST, Schema, shapes_of

EVERYBODY: Final = "base.group_user"
# The administrator may read the rules, and none of them narrows what he sees.
ADMINISTRATOR: Final = (EVERYBODY, "base.group_erp_manager")


def _stored(kind: str, relation: str = "") -> Mapping[str, Any]:
    return {"type": kind, "store": True, **({"relation": relation} if relation else {})}


def known(schema: Schema, version: int) -> Schema:
    """The schema with users' groups, groups, rules and models, as that version calls them."""
    described = {
        "res.groups": {"id": _stored("integer"), "name": _stored("char")},
        "ir.model": {"id": _stored("integer"), "model": _stored("char")},
        "ir.rule": {
            "id": _stored("integer"),
            "name": _stored("char"),
            "model_id": _stored("many2one", "ir.model"),
            "groups": _stored("many2many", "res.groups"),
            "domain_force": _stored("text"),
            "perm_read": _stored("boolean"),
            "active": _stored("boolean"),
        },
        "res.users": {_own_groups(version): _stored("many2many", "res.groups")},
    }
    more = shapes_of(described)
    return {**schema, **{model: {**schema.get(model, {}), **of} for model, of in more.items()}}


def rows(
    users: Rows,
    schema: Schema,
    version: int,
    user_id: int,
    groups: Sequence[str],
    rules: Mapping[str, Sequence[Any]],
) -> Mapping[str, list[Row]]:
    """The rows behind it; groups go by their external ids, rules are everybody's."""
    ids = {name: number for number, name in enumerate(groups, 1)}
    models = {name: number for number, name in enumerate(sorted(schema), 1)}
    return {
        "res.groups": [{"id": number, "name": name} for name, number in ids.items()],
        "ir.model": [{"id": number, "model": name} for name, number in models.items()],
        "ir.rule": [
            {
                "id": number,
                "name": f"some {model}",
                "model_id": models[model],
                "groups": [ids[EVERYBODY]],
                "domain_force": repr([tuple(leaf) if len(leaf) > 1 else leaf for leaf in domain]),
                "perm_read": True,
                "active": True,
            }
            for number, (model, domain) in enumerate(rules.items(), 1)
        ],
        "res.users": [
            {**row, _own_groups(version): list(ids.values()) if row["id"] == user_id else []}
            for row in users.get("res.users", ())
        ],
    }


def _own_groups(version: int) -> str:
    newest, *older = field_names.candidates("res.users", "all_group_ids")
    return newest if version == NEWEST else older[0]
