"""The tables of all that can be set, in docs: `make tables` writes them anew from the models."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from tasks import catalogue
from tasks.declaration import AnyJob
from tests.fakes.pages import renewed, table
from workers.commands.policies import settings_of
from workers.config.settings import VARIABLES, Environment
from workers.config.systems import MODELS
from workers.config.tenants import MailSettings, TenantSettings

DOCS: Final = Path(__file__).parents[2] / "docs"
COMMAND: Final = "make tables"
NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
CLOCK: Final = re.compile(r"(\d\d:\d\d):00")


def tables() -> Mapping[str, Mapping[str, str]]:
    """The tables of each page, by their marks."""
    jobs = catalogue.jobs().values()
    return {
        "configure.md": {"settings": _variables(), "tenants": _keys("acme", TenantSettings)},
        "integrations.md": {"systems": _systems()},
        "channels.md": {"mail": _keys("acme.mail", MailSettings)},
        "jobs.md": {f"policy of {job.name}": _policy(job) for job in jobs},
    }


def pages() -> Iterator[tuple[Path, str]]:
    """Each page with the tables of today."""
    for name, made in tables().items():
        page = DOCS / name
        yield page, renewed(page.read_text(encoding="utf-8"), made, COMMAND)


def _variables() -> str:
    fields = Environment.model_fields
    return _table(
        "variable",
        (
            # Without quotes, as in a shell.
            (variable, _text(fields[name].default).strip('"'), fields[name].description)
            for variable, name in VARIABLES.items()
        ),
    )


def _keys(where: str, model: type[BaseModel]) -> str:
    fields = model.model_fields.items()
    rows = (
        (name, "", f"required: {field.description}")
        if field.is_required()
        else (name, _text(field.default), field.description)
        for name, field in fields
    )
    return _table(f"`[tenants.{where}]`", rows)


def _policy(job: AnyJob) -> str:
    rows = settings_of(job)
    return _table(
        "key", ((row["setting"], _text(json.loads(row["default"])), row["meaning"]) for row in rows)
    )


def _systems() -> str:
    rows = ([f"`{kind}`", ", ".join(f"`{name}`" for name in MODELS[kind])] for kind in MODELS)
    return table(["records", "in Odoo"], rows)


def _table(head: str, rows: Iterable[tuple[str, str, str | None]]) -> str:
    """A default of several lines has one for each."""
    return table(
        [head, "default", "meaning"],
        (
            [f"`{name}`", "<br>".join(f"`{line}`" for line in default.splitlines()), meaning or ""]
            for name, default, meaning in rows
        ),
    )


def _text(default: Any) -> str:
    """As fleet.toml has it; "" for nothing; a list of tables with a line for each."""
    value = to_jsonable_python(default, fallback=lambda _: None)
    if isinstance(default, BaseModel):
        return ""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "\n".join(map(_toml, value)) if len(value) > 1 else f"[{_toml(value[0])}]"
    return "" if value in (None, "", [], {}) else _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        given = {key: one for key, one in value.items() if one is not None}
        return f"{{ {', '.join(f'{key} = {_toml(one)}' for key, one in given.items())} }}"
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return value
    if isinstance(value, str):
        return json.dumps(CLOCK.sub(r"\1", value))
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
