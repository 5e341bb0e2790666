"""Reads what is told of one tenant: its settings and secrets, or all that is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from odoo_gateway.bounded import Bounds
from odoo_gateway.transport import Address
from tasks import catalogue
from workers.config import gating, sources, targets
from workers.config.policies import problems_of_units
from workers.config.reach import Reach
from workers.config.tenants import TENANT_NAME, Tenant, TenantSettings
from workers.config.toml_lines import TomlLines
from workers.config.variables import Variables

KEY: Final = "_ODOO_API_KEY"
SHARED_KEY: Final = "FLEET" + KEY
SHARED_URL: Final = "FLEET_ODOO_URL"
# The pattern of the names that people give.
NAME: Final = "^[a-z][a-z0-9_]*$"
M = TypeVar("M", bound=BaseModel)
Location = Sequence[str | int]


class TenantReading:
    """One tenant's part of a configuration; `problems` is what was found wrong with it.

    alone: whether it is the only tenant, for which alone FLEET_ODOO_API_KEY stands. place: where
    its table stands in the file; nowhere, when the environment tells all. strangers: what is wrong
    with variables that name it.
    """

    def __init__(
        self,
        name: str,
        table: Any,
        places: TomlLines,
        variables: Variables,
        reach: Reach,
        *,
        alone: bool,
        place: tuple[str, ...],
        strangers: Sequence[str],
    ) -> None:
        self.name = name
        self.problems = list(strangers)
        self._table = table
        self._places = places
        self._variables = variables
        self._reach = reach
        self._alone = alone
        self._place = place

    def tenant(self) -> Tenant | None:
        """The tenant, None where there are problems."""
        if not self._is_named:
            self.problems.append(
                f"{self._where(())}: a tenant's name becomes part of variables; write it in small "
                "letters, digits and _, a letter first"
            )
            return None
        found = validated(TenantSettings, self._table, self._where, self.problems)
        key, secret = self._secret()
        if found is None:
            return None
        url = urlsplit(found.url)
        if problem := self._reach.wrong_scheme(url.scheme, url.hostname or ""):
            self.problems.append(
                f"{self._where(('url',)) if self._place else SHARED_URL}: {problem}"
            )
        self._check_jobs(found)
        self._check_amendments(found)
        self._check_routes(found)
        for path, problem in gating.problems(found):
            self.problems.append(f"{self._where(path)}: {problem}")
        own_targets = self._targets(found)
        own_sources = sources.with_secrets(self.name, found.sources, self._read)
        self.problems += sources.problems(self.name, own_sources)
        if self.problems:
            return None
        address = Address(
            found.url,
            found.database,
            found.login,
            secret,
            found.timeout_seconds,
            Bounds(found.answer_seconds, found.answer_megabytes),
            secret_name=key,
            database_name=self._where(("database",)) if self._place else "FLEET_ODOO_DB",
        )
        return Tenant(self.name, found, address, own_targets, own_sources)

    def webhook_variables(self) -> Iterator[tuple[str, str]]:
        """Each variable that a webhook of the tenant reads, in or out, and where it stands."""
        for name in self._names("webhooks"):
            for what in ("url", "secret"):
                yield targets.variable(self.name, name, what), self._where(("webhooks", name))
        for name in self._names("sources"):
            yield sources.variable(self.name, name), self._where(("sources", name))

    def _names(self, setting: str) -> Iterable[str]:
        """Those of a table within the tenant's, before anything of it is believed."""
        named = self._told(setting) if self._is_named else None
        return named if isinstance(named, dict) else ()

    @property
    def _is_named(self) -> bool:
        return TENANT_NAME.fullmatch(self.name) is not None

    def _where(self, location: Location) -> str:
        return self._places.name((*self._place, *location))

    def _secret(self) -> tuple[str, str]:
        """The API key, and the variable that holds it. Another tenant's is never taken."""
        own = f"FLEET_{self.name.upper()}{KEY}"
        names = [own, SHARED_KEY] if self._is_shared_key_ours() else [own]
        key = next((name for name in names if name in self._variables.names), own)
        if not self._place and key not in self._variables.names:
            key = SHARED_KEY
        before = len(self.problems)
        secret = self._variables.read(key, self.problems)
        given = self._variables.as_given(key)
        if not secret and len(self.problems) == before:
            self.problems.append(f"{key}: not set; {self._asked_for()}")
        elif any(not character.isprintable() for character in secret):
            self.problems.append(f"{given}: holds more than one line; {self._asked_for()}")
        return given, secret

    def _is_shared_key_ours(self) -> bool:
        """Whether the key that names no tenant is this one's, and not that of another address."""
        meant_for = (
            self._variables.read(SHARED_URL, []) if SHARED_URL in self._variables.names else ""
        )
        return self._alone and meant_for.rstrip("/") in ("", str(self._told("url")).rstrip("/"))

    def _told(self, setting: str) -> Any:
        return self._table.get(setting) if isinstance(self._table, dict) else None

    def _asked_for(self) -> str:
        asked = f"give the API key of {self._told('login') or 'its login'} in Odoo"
        if not self._is_shared_key_ours() and SHARED_KEY in self._variables.names:
            where = "where there is one tenant" if not self._alone else f"for {SHARED_URL}"
            asked += f" ({SHARED_KEY} is used only {where})"
        return asked

    def _read(self, variable: str) -> str:
        return self._variables.read(variable, self.problems)

    def _targets(self, found: TenantSettings) -> Mapping[str, targets.Target]:
        made = targets.with_secrets(self.name, found.webhooks, self._read)
        self.problems += targets.problems(self.name, made, self._reach, self._where)
        return made

    def _check_routes(self, found: TenantSettings) -> None:
        for path, problem in targets.misnamed(found.routes, found.webhooks):
            self.problems.append(f"{self._where(path)}: {problem}")

    def _check_jobs(self, found: TenantSettings) -> None:
        jobs = catalogue.jobs()
        for path, job_name, policy in _named_jobs(found):
            # What a broken package would bring is told of as such, and holds up no tenant.
            if job_name in catalogue.outside().refused and job_name not in jobs:
                continue
            if job_name not in jobs:
                self.problems.append(
                    f"{self._where(path)}: no such job; the jobs are {', '.join(jobs)}"
                )
            elif policy is not None:

                def where(location: Location, path: Location = path) -> str:
                    return self._where((*path, *location))

                validated(jobs[job_name].policy, policy, where, self.problems)

    def _check_amendments(self, found: TenantSettings) -> None:
        for unit, problem in problems_of_units(found.units):
            self.problems.append(f"{self._where(('units', unit))}: {problem}")
        for number, amendment in enumerate(found.amendments):
            if amendment.unit is not None and amendment.unit not in found.units:
                place = self._where(("amendments", number, "unit"))
                known = ", ".join(found.units) or "none"
                self.problems.append(f"{place}: no such unit; under `units` stand: {known}")


def _named_jobs(
    tenant: TenantSettings,
) -> Iterator[tuple[Location, str, Mapping[str, Any] | None]]:
    """Every place that names a job: its path, the name, and the policy given there if any."""
    for job_name in tenant.schedules:
        yield ("schedules", job_name), job_name, None
    for key in ("disabled_jobs", "opt_out_jobs"):
        for job_name in getattr(tenant, key):
            yield (key,), job_name, None
    for job_name, policy in tenant.policies.items():
        yield ("policies", job_name), job_name, policy
    for number, company in tenant.company.items():
        for job_name, policy in company.policies.items():
            yield ("company", str(number), "policies", job_name), job_name, policy
    for index, route in enumerate(tenant.routes):
        for job_name in route.jobs:
            yield ("routes", str(index), "jobs"), job_name, None
    for index, amendment in enumerate(tenant.amendments):
        yield ("amendments", str(index), "set"), amendment.job, amendment.values


def validated(
    model: type[M], values: Any, name: Callable[[Location], str], problems: list[str]
) -> M | None:
    """The model of the values; None with a problem for each that does not fit."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            # pydantic's mark of what is wrong with a key itself.
            location = tuple(part for part in problem["loc"] if part != "[key]")
            problems.append(f"{name(location)}: {_said(problem)}")
        return None


def wrong_values(model: type[BaseModel], values: Any) -> Iterator[tuple[str | int, ...]]:
    """Where the values do not fit the model."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        yield from (problem["loc"] for problem in error.errors(include_url=False))


def _said(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "no such setting; remove it or correct its name"
    if problem["type"] == "missing":
        return "must be given"
    if problem["type"] == "too_short":
        return "must have at least one"
    if problem["type"] == "string_pattern_mismatch" and NAME in str(problem["msg"]):
        return "must be of small letters, digits and underscores, a letter first"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:]
