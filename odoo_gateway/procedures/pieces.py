"""What a thing of ours in Odoo is: a record with an external id, and what its fields must say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, TypeAlias

#: The module name of our external ids: no addon is called so, and no upgrade of one removes them.
MODULE: Final = "__ops_fleet__"
#: Of a field that links to other records, how Odoo's code calls these: models and fields by their
#: names, all others by their external ids.
Value: TypeAlias = str | bool | tuple[str, ...]
Values: TypeAlias = Mapping[str, Value]

ACCESS: Final = "ir.model.access"
ACTION: Final = "ir.actions.server"
FIELD: Final = "ir.model.fields"
GROUP: Final = "res.groups"
MODEL: Final = "ir.model"
RULE: Final = "base.automation"
#: The model that a field of ours links to.
RELATIONS: Final[Mapping[str, str]] = {
    "base_automation_id": RULE,
    "binding_model_id": MODEL,
    "group_id": GROUP,
    "group_ids": GROUP,
    "groups_id": GROUP,
    "model_id": MODEL,
    "trigger_field_ids": FIELD,
    "x_action_id": ACTION,
}


@dataclass(frozen=True)
class Piece:
    """One record of ours, as it must stand there."""

    #: Its external id, in MODULE.
    name: str
    model: str
    #: For people, after its kind.
    says: str
    values: Values


def ours(name: str) -> str:
    """The external id of a piece."""
    return f"{MODULE}.{name}"


def source(name: str, **constants: object) -> str:
    """The code of that name with the constants before it, as it stands in Odoo.

    Without its docstring, for Odoo refuses the name under which Python keeps it.
    """
    file = resources.files(__package__) / "sources" / f"{name}.py"
    code = re.sub(r'\A""".*?"""\n+', "", file.read_text("utf-8"), flags=re.DOTALL)
    before = "".join(f"{key} = {value!r}\n" for key, value in constants.items())
    return f"# Of the ops fleet: `fleet odoo check` tells of every edit.\n{before}{code}"
