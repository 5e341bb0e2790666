"""An Odoo of each version that takes and tells our pieces by the fields that it was recorded with.

Of `ir.model` and the like, which were not recorded, it takes whatever they are told.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from odoo_gateway.procedures.comparing import RULES
from odoo_gateway.procedures.pieces import (
    ACCESS,
    ACTION,
    FIELD,
    GROUP,
    MODEL,
    MODULE,
    RELATIONS,
    RULE,
)
from odoo_gateway.sandbox import Sandbox, schema
from odoo_gateway.sandbox.failures import user_error, value_error

FILE: Final = Path(__file__).parents[1] / "odoo_gateway" / "procedures" / "recorded.json"
#: By version, model and field, as `fields_get` of a real Odoo tells of those that pieces name, and
#: of those that must be given.
RECORDED: Final[Mapping[int, Mapping[str, Mapping[str, Mapping[str, Any]]]]] = {
    int(version): models for version, models in json.loads(FILE.read_text("utf-8")).items()
}
DATA: Final = "ir.model.data"
USERS: Final = "res.users"
BOT: Final = 6
#: What Odoo sets by itself.
DEFAULTED: Final = frozenset({"action_server_id", "binding_type", "type", "usage"})
WRITTEN: Final = {"write_date": {"type": "datetime", "store": True}}
Row = dict[str, Any]


class RecordedOdoo(Sandbox):
    """An Odoo of that version, as an administrator installs into it."""

    def __init__(self, today: date, version: int, *, has_rules: bool = True) -> None:
        # The sandbox keeps no time of writing, by which the change feed asks.
        super().__init__(today, version=version, declares={"sale.order": WRITTEN})
        self.has_rules = has_rules
        self.loads: list[str] = []
        self.tables: dict[str, dict[int, Row]] = {model: {} for model in (ACTION, ACCESS, DATA)}
        self.tables[GROUP] = {4: {"name": "Administrator"}}
        self.tables[USERS] = {BOT: {"login": "fleet", "groups": []}}
        shapes = schema.load(version)
        models = dict(enumerate(shapes, 1))
        self.tables[MODEL] = {number: {"model": model} for number, model in models.items()}
        fields = [(n, model, name) for n, model in models.items() for name in shapes[model]]
        self.tables[FIELD] = {
            number: {"model": model, "name": name, "store": True, "model_id": of}
            for number, (of, model, name) in enumerate(fields, 1)
        }
        if has_rules:
            self.tables[RULE] = {}
        self._name("base", "group_system", GROUP, 4)

    def answer(
        self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """As Sandbox.answer."""
        if model == "ir.module.module" and method == "search_read":
            more = [{"id": 9999, "name": RULES, "latest_version": "1.0"}]
            return [*super().answer(model, method, args, kwargs), *(more if self.has_rules else [])]
        own = getattr(self, f"_{method}", None) if model in self.tables else None
        of_jobs = (model == USERS and method == "search_read" and args[0][0][0] != "login") or (
            method == "check_object_reference" and args[0] != MODULE
        )
        if own is None or of_jobs:
            return super().answer(model, method, args, kwargs)
        return own(model, *args, **kwargs)

    def _check_access_rights(self, *_: Any, **__: Any) -> bool:
        return True

    def _check_object_reference(self, _: str, module: str, name: str) -> list[Any]:
        (found,) = self._entries(f"{module}.{name}")
        return [found["model"], found["res_id"]]

    def _get_external_id(self, model: str, ids: Sequence[int]) -> dict[str, str]:
        named = {
            entry["res_id"]: f"{entry['module']}.{entry['name']}"
            for entry in self.tables[DATA].values()
            if entry["model"] == model
        }
        return {str(number): named.get(number, "") for number in ids}

    def _search(self, model: str, domain: Sequence[Any], **_: Any) -> list[int]:
        return [number for number, row in self.tables[model].items() if _fits(number, row, domain)]

    def _search_read(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], **_: Any
    ) -> list[Row]:
        for name in fields:
            self._known(model, name)
        groups = {"groups_id": "groups", "group_ids": "groups", "all_group_ids": "groups"}
        of = groups if model == USERS else {}
        return [
            {
                "id": n,
                **{name: self.tables[model][n].get(of.get(name, name), False) for name in fields},
            }
            for n in self._search(model, domain)
        ]

    def _write(self, model: str, ids: Any, values: Mapping[str, Any]) -> bool:
        for name in values:
            self._known(model, name)
        for number in ids if isinstance(ids, list) else [ids]:
            if model == USERS:
                ((_, [[_, group]]),) = values.items()
                self.tables[model][number]["groups"].append(group)
            else:
                self.tables[model][number].update(values)
        return True

    def _unlink(self, model: str, ids: Sequence[int]) -> bool:
        for number in ids:
            row = self.tables[model].pop(number)
            if model == MODEL:
                del self.tables[row["model"]]
                for other in (FIELD, ACCESS):
                    mine = [n for n, r in self.tables[other].items() if r["model_id"] == number]
                    for each in mine:
                        del self.tables[other][each]
            if model == GROUP:
                users = self.tables[USERS].values()
                for user in users:
                    user["groups"] = [each for each in user["groups"] if each != number]
        return True

    def _load(
        self, model: str, columns: Sequence[str], data: Sequence[Sequence[str]], **_: Any
    ) -> dict[str, Any]:
        self.loads.append(model)
        ids, parent = [], 0
        for cells in data:
            given = {name: cell for name, cell in zip(columns, cells, strict=True) if cell != ""}
            own = {name: cell for name, cell in given.items() if not name.startswith("field_id/")}
            of_field = {n.partition("/")[2]: c for n, c in given.items() if n not in own}
            if own:
                parent = self._import(model, {**dict.fromkeys(columns, ""), **own})
                ids.append(parent)
            if of_field:
                child = self._import(FIELD, of_field)
                self.tables[FIELD][child] |= {"model_id": parent, "model": own.get("model", "")}
        return {"ids": ids, "messages": []}

    def _import(self, model: str, cells: Mapping[str, str]) -> int:
        values = {
            name.partition("/")[0]: self._value(model, name, cell)
            for name, cell in cells.items()
            if name != "id" and not name.startswith("field_id/")
        }
        module, _, name = cells["id"].partition(".")
        found = self._entries(cells["id"])
        if found:
            number: int = found[0]["res_id"]
            self.tables[model][number].update(values)
            return number
        recorded = RECORDED[self.version].get(model, {})
        missing = {n for n, field in recorded.items() if field.get("required")} - values.keys()
        if missing - DEFAULTED:
            raise user_error(f"{cells['id']}: {sorted(missing)} must be given")
        if model == RULE and self.version < 17:
            action = self._new(ACTION, {"name": values["name"], "usage": "base_automation"})
            values["action_server_id"] = action
        number = self._new(model, values)
        self._name(module, name, model, number)
        if model == MODEL:
            self.tables[str(values["model"])] = {}
        return number

    def _value(self, model: str, column: str, cell: str) -> Any:
        name, _, by = column.partition("/")
        kind = self._known(model, name)
        if by:
            of = cell.split(",") if cell else []
            ids = [int(each) if by == ".id" else self._entries(each)[0]["res_id"] for each in of]
            many = kind.get("type") == "many2many"
            assert kind.get("relation", RELATIONS[name]) == RELATIONS[name], column
            return ids if many else (ids or [False])[0]
        if kind.get("type") == "boolean" or name.startswith("perm_") or name == "active":
            return cell == "1"
        if "selection" in kind and cell not in kind["selection"]:
            raise user_error(f"{cell} is no {name} of {model}")
        return cell

    def _known(self, model: str, name: str) -> Mapping[str, Any]:
        """A field as it was recorded; any of a model that was not."""
        recorded = RECORDED[self.version].get(model)
        if recorded is None or name == "id":
            return {}
        if name not in recorded:
            raise value_error(f"Invalid field '{name}' on model '{model}'")
        return recorded[name]

    def _new(self, model: str, values: Row) -> int:
        number = max(self.tables[model], default=0) + 1
        self.tables[model][number] = values
        return number

    def _name(self, module: str, name: str, model: str, number: int) -> None:
        self._new(DATA, {"module": module, "name": name, "model": model, "res_id": number})

    def _entries(self, external_id: str) -> list[Row]:
        module, _, name = external_id.partition(".")
        wanted = (module, name)
        return [e for e in self.tables[DATA].values() if (e["module"], e["name"]) == wanted]


def _fits(number: int, row: Row, domain: Sequence[Any]) -> bool:
    told = {"id": number, **row}
    return all(
        told.get(name) in value if operator == "in" else told.get(name) == value
        for name, operator, value in domain
    )
