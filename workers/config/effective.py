"""Which configuration is in effect: each setting, its value, and where that comes from.

No secret is told: what is one is `set` or not, and an address loses user, password and query.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from workers.config import sources, targets
from workers.config.settings import TENANTS, VARIABLES, Settings, variables_of
from workers.config.tenant_reading import SHARED_KEY
from workers.config.tenants import Tenant
from workers.config.toml_lines import TomlLines
from workers.config.variables import FILE, Variables

DEFAULT: Final = "default"
SET: Final = "set"
Path = tuple[str, ...]


@dataclass(frozen=True)
class Effective:
    """A setting, its value as text (None where nothing is set), and where it comes from."""

    setting: str
    value: str | None
    source: str


def effective(
    settings: Settings, tenant: str | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Effective]:
    """All settings: the environment's, then each tenant's; or those of one tenant alone.

    environ: of which the settings were read. Raises ConfigurationError for a tenant that there is
    not, or that cannot be used.
    """
    variables = variables_of(environ)
    chosen = list(settings.tenants.values()) if tenant is None else [settings.tenant(tenant)]
    if tenant is None:
        yield from _of_environment(settings, variables)
    file = settings.environment.config
    places = (
        TomlLines.of(file, file.read_text(encoding="utf-8-sig")) if file.is_file() else TomlLines()
    )
    for each in chosen:
        yield from _of_tenant(each, variables, places)


def _of_environment(settings: Settings, variables: Variables) -> Iterator[Effective]:
    environment = settings.environment
    dumped = environment.model_dump(mode="json")
    for variable, name in VARIABLES.items():
        # Each tenant's key is told with it.
        if variable != SHARED_KEY:
            is_secret = isinstance(getattr(environment, name), SecretStr)
            value = SET if is_secret else _written(dumped[name])
            yield Effective(variable, value, _source(variables, variable))


def _of_tenant(tenant: Tenant, variables: Variables, places: TomlLines) -> Iterator[Effective]:
    for path, value, is_given in _leaves(tenant.settings, (TENANTS, tenant.name)):
        source = DEFAULT
        if is_given:
            source = places.name(path).rpartition(": ")[0] or "environment"
        yield Effective(".".join(path), value, source)
    key = tenant.address.secret_name.removesuffix(FILE)
    yield Effective(key, SET, _source(variables, key))
    for name in tenant.targets:
        for what in ("url", "secret"):
            variable = targets.variable(tenant.name, name, what)
            if variable in variables.names:
                yield Effective(variable, SET, _source(variables, variable))
    for name in tenant.sources:
        variable = sources.variable(tenant.name, name)
        if variable in variables.names:
            yield Effective(variable, SET, _source(variables, variable))


def _leaves(model: BaseModel, path: Path) -> Iterator[tuple[Path, str | None, bool]]:
    """Each value of a model with its path in the file, and whether it is given there."""
    dumped = model.model_dump(mode="json", by_alias=True)
    for name, field in type(model).model_fields.items():
        key, value = field.alias or name, getattr(model, name)
        here, is_given = (*path, key), name in model.model_fields_set
        if not field.repr:
            yield here, SET if value else None, is_given
        else:
            yield from _below(value, dumped[key], here, is_given)


def _below(
    value: Any, dumped: Any, path: Path, is_given: bool
) -> Iterator[tuple[Path, str | None, bool]]:
    if isinstance(value, BaseModel):
        yield from _leaves(value, path)
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _below(inner, dumped[key], (*path, str(key)), is_given)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for number, inner in enumerate(value):
            yield from _below(inner, dumped[number], (*path, str(number)), is_given)
    else:
        yield path, _written(dumped), is_given


def _written(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return _address(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _address(text: str) -> str:
    """A text; of an address what tells where it leads, and nothing that may be a secret."""
    if "://" not in text:
        return text
    parts = urlsplit(text)
    user, _, host = parts.netloc.rpartition("@")
    shown = f"{'***@' if user else ''}{host}"
    return f"{parts.scheme}://{shown}{parts.path}"


def _source(variables: Variables, name: str) -> str:
    if name not in variables.names:
        return DEFAULT
    given = variables.as_given(name)
    return "environment" if given == name else f"the file of {given}"
