"""Every setting, typed, with its default; all problems of a configuration reported at once.

Secrets and addresses come from the environment (`FLEET_*`, each also as `FLEET_*_FILE`); tenants,
companies, recipients, policies and schedules from one TOML file (`FLEET_CONFIG`).
"""

import os
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError

from odoo_gateway.bounded import Bounds
from odoo_gateway.errors import ConfigurationError
from odoo_gateway.transport import Address
from tasks import catalogue
from workers import targets
from workers.policies import problems_of_units
from workers.strict import LongSecret, Strict, WebAddress
from workers.tenants import File, OdooUrl, Tenant, TenantSettings, url_of
from workers.toml_lines import Places

DEFAULT_TENANT: Final = "default"
M = TypeVar("M", bound=BaseModel)


class Environment(Strict):
    """What the environment says; each name is FLEET_ and the field's in capitals."""

    config: Path = Path("fleet.toml")
    broker_url: Annotated[str, url_of("redis", "rediss", "redis+socket", "amqp", "amqps")] = (
        "redis://127.0.0.1:6379/0"
    )
    database_url: Annotated[str, url_of("sqlite", "postgresql")] = "sqlite:///fleet.db"
    smtp_url: Annotated[str, url_of("smtp", "smtps", "smtp+starttls")] = "smtp://127.0.0.1:25"
    mail_from: str = "Odoo ops fleet <fleet@localhost>"
    odoo_url: OdooUrl | None = None
    odoo_db: str | None = None
    odoo_login: str | None = None
    odoo_api_key: SecretStr | None = None
    tick_seconds: float = Field(60, gt=0, description="how often beat looks for due slots")
    metrics_port: int = Field(9464, ge=0, le=65535)
    log_format: str = Field("console", pattern="^(console|json)$")
    run_lease_seconds: float = Field(900, gt=0, description="the longest that a run may take")
    run_attempts: int = Field(5, ge=1)
    message_lease_seconds: float = Field(
        300, gt=0, description="the longest that a batch of messages may take"
    )
    silence_seconds: float = Field(
        60, gt=0, description="what a process holds that gave no sign for so long is taken over"
    )
    message_attempts: int = Field(8, ge=1)
    retry_seconds: float = Field(30, gt=0, description="before a second attempt; then doubled")
    retry_max_seconds: float = Field(1800, gt=0, description="the longest wait between attempts")
    probe_max_seconds: float = Field(
        240, gt=0, description="the longest wait until what is away is asked again"
    )
    republish_seconds: float = Field(
        120, gt=0, description="a due run that nobody claimed is published again"
    )
    broker_timeout_seconds: float = Field(10, gt=0, description="for one answer of the broker")
    smtp_timeout_seconds: float = Field(30, gt=0, description="for one answer of the mail server")
    database_timeout_seconds: float = Field(30, gt=0, description="for one answer of PostgreSQL")
    worker_memory_mb: int = Field(
        400, ge=100, description="a worker's process that grew beyond it is replaced after its task"
    )
    retention_days: int = Field(
        400, ge=62, description="what was settled so long ago is trimmed every night"
    )
    circuit_pause_seconds: float = Field(
        30, gt=0, description="an Odoo that failed five times in a row is left alone"
    )
    heartbeat_folder: Path = Field(
        Path(tempfile.gettempdir()), description="where processes leave what `fleet health` reads"
    )
    flower_password: SecretStr | None = None
    web_url: WebAddress = Field(
        "", description="where `fleet web` is reached; without it mails carry no links to it"
    )
    link_secret: LongSecret | None = Field(None, description="signs the links in mails")
    link_secret_old: LongSecret | None = Field(
        None, description="the secret before, whose links still open"
    )
    web_port: int = Field(8080, ge=1, le=65535, description="where `fleet web` listens")
    web_proxies: str = Field("127.0.0.1", description="proxies before it, parted by commas")
    web_requests_per_minute: int = Field(300, ge=1, description="that one client may make")
    link_days: int = Field(30, ge=1, description="how long a link in a mail opens")

    def heartbeat_file(self, kind: str, name: str) -> Path:
        """The file that a process touches as long as it lives."""
        return self.heartbeat_folder / f"fleet-{kind}-{name}.heartbeat"

    # Addresses may carry passwords.
    def __repr__(self) -> str:
        return f"Environment(config={str(self.config)!r}, ...)"


@dataclass(frozen=True)
class Settings:
    """All that the fleet is told."""

    environment: Environment
    tenants: Mapping[str, Tenant] = field(default_factory=dict)

    def tenant(self, name: str) -> Tenant:
        """Raises ConfigurationError naming the tenants there are."""
        if name not in self.tenants:
            raise ConfigurationError(
                f"there is no tenant {name!r}; configured: {', '.join(self.tenants)}"
            )
        return self.tenants[name]

    def concurrency(self, tenant: str) -> int:
        """Runs at the same time in its Odoo; 1 for what is left of a tenant that is gone."""
        return self.tenants[tenant].settings.concurrency if tenant in self.tenants else 1


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and the file it names.

    Raises ConfigurationError with every problem found, each with its key and a remedy.
    """
    reading = _Reading(os.environ if environ is None else environ)
    settings = reading.settings()
    if reading.problems:
        raise ConfigurationError(*reading.problems)
    return settings


class _Reading:
    """One pass over a configuration, collecting problems instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._places = Places()
        self._environ = self._with_files(environ)

    def settings(self) -> Settings:
        environment = self._environment()
        self._check_links(environment)
        found = self._tenants(environment)
        self._check_jobs(found)
        self._check_amendments(found)
        self._check_routes(found)
        tenants = {name: self._with_secret(name, tenant) for name, tenant in found.items()}
        return Settings(environment, tenants)

    def _with_files(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """Each FLEET_X_FILE stands for FLEET_X with the file's content."""
        values = {key: value for key, value in environ.items() if key.startswith("FLEET_")}
        for key in [key for key in values if key.endswith("_FILE")]:
            path = values.pop(key)
            try:
                text = Path(path).read_text(encoding="utf-8")
                values[key.removesuffix("_FILE")] = text.strip()
            except (OSError, UnicodeDecodeError) as error:
                self.problems.append(f"{key}: {path!r} cannot be read ({error}); correct the path")
        return values

    def _environment(self) -> Environment:
        known = {f"FLEET_{name.upper()}": name for name in Environment.model_fields}
        self.problems += [
            f"{key}: no such setting; remove it or correct its name"
            for key in sorted(set(self._environ) - set(known))
            if not key.endswith("_ODOO_API_KEY") and not targets.VARIABLES.fullmatch(key)
        ]
        given = {name: self._environ[key] for key, name in known.items() if self._environ.get(key)}
        found = self._validated(
            Environment, given, lambda location: f"FLEET_{str(location[0]).upper()}"
        )
        return found or Environment.model_validate(_sound(given))

    def _check_links(self, environment: Environment) -> None:
        if environment.web_url and "FLEET_LINK_SECRET" not in self._environ:
            self.problems.append(
                "FLEET_LINK_SECRET: not set, and links to FLEET_WEB_URL must be signed; make one "
                "with `openssl rand -hex 32`"
            )

    def _tenants(self, environment: Environment) -> Mapping[str, TenantSettings]:
        if environment.config.is_file():
            return self._from_file(environment.config)
        if "FLEET_CONFIG" in self._environ:
            self.problems.append(f"FLEET_CONFIG: there is no file {str(environment.config)!r}")
            return {}
        return self._from_environment(environment)

    def _from_file(self, path: Path) -> Mapping[str, TenantSettings]:
        try:
            text = path.read_text(encoding="utf-8")
            content = tomllib.loads(text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.problems.append(f"{path}: cannot be read as TOML: {error}")
            return {}
        self._places = Places.of(path, text)
        found = self._validated(File, content, self._places.name)
        if found is not None and not found.tenants:
            self.problems.append(f"{path}: names no tenant; write a table like [tenants.acme]")
        return found.tenants if found else {}

    def _from_environment(self, environment: Environment) -> Mapping[str, TenantSettings]:
        given = {
            "FLEET_ODOO_URL": environment.odoo_url,
            "FLEET_ODOO_DB": environment.odoo_db,
            "FLEET_ODOO_LOGIN": environment.odoo_login,
        }
        missing = [key for key, value in given.items() if not value]
        if missing:
            self.problems.append(
                f"{', '.join(missing)}: not set, and there is no {environment.config}; set them "
                "to watch one Odoo, write the file to watch several, or try `fleet demo`"
            )
            return {}
        url, database, login = (str(value) for value in given.values())
        return {DEFAULT_TENANT: TenantSettings(url=url, database=database, login=login)}

    def _with_secret(self, name: str, found: TenantSettings) -> Tenant:
        own = f"FLEET_{name.upper()}_ODOO_API_KEY"
        secret = self._environ.get(own) or self._environ.get("FLEET_ODOO_API_KEY")
        if not secret:
            key = "FLEET_ODOO_API_KEY" if name == DEFAULT_TENANT else own
            self.problems.append(f"{key}: not set; give the API key of {found.login} in Odoo")
        return Tenant(
            name,
            found,
            Address(
                found.url,
                found.database,
                found.login,
                secret or "",
                found.timeout_seconds,
                Bounds(found.answer_seconds, found.answer_megabytes),
            ),
            self._targets(name, found),
        )

    def _targets(self, tenant: str, found: TenantSettings) -> Mapping[str, targets.Target]:
        made = targets.with_secrets(tenant, found.webhooks, self._environ)
        self.problems += targets.problems(tenant, made)
        return made

    def _check_routes(self, tenants: Mapping[str, TenantSettings]) -> None:
        for name, tenant in tenants.items():
            for path, problem in targets.misnamed(tenant.routes, tenant.webhooks):
                place = self._places.name(("tenants", name, *path))
                self.problems.append(f"{place}: {problem}")

    def _check_jobs(self, tenants: Mapping[str, TenantSettings]) -> None:
        jobs = catalogue.jobs()
        for path, job_name, policy in _named_jobs(tenants):
            if job_name not in jobs:
                self.problems.append(
                    f"{self._places.name(path)}: no such job; the jobs are {', '.join(jobs)}"
                )
            elif policy is not None:
                self._validated(
                    jobs[job_name].policy,
                    policy,
                    lambda location, path=path: self._places.name((*path, *location)),  # type: ignore[misc]
                )

    def _check_amendments(self, tenants: Mapping[str, TenantSettings]) -> None:
        for name, tenant in tenants.items():
            here = ("tenants", name)
            for unit, problem in problems_of_units(tenant.units):
                self.problems.append(f"{self._places.name((*here, 'units', unit))}: {problem}")
            for number, amendment in enumerate(tenant.amendments):
                if amendment.unit is not None and amendment.unit not in tenant.units:
                    place = self._places.name((*here, "amendments", number, "unit"))
                    known = ", ".join(tenant.units) or "none"
                    self.problems.append(f"{place}: no such unit; under `units` stand: {known}")

    def _validated(
        self,
        model: type[M],
        values: Mapping[str, Any],
        name: Callable[[Sequence[str | int]], str],
    ) -> M | None:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False):
                self.problems.append(f"{name(problem['loc'])}: {_said(problem)}")
            return None


def _sound(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values that are right by themselves, so that a wrong one hides no other problem."""
    try:
        Environment.model_validate(given)
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors(include_url=False)}
        return {key: value for key, value in given.items() if key not in wrong}
    return given


def _named_jobs(
    tenants: Mapping[str, TenantSettings],
) -> Iterator[tuple[tuple[str, ...], str, Mapping[str, Any] | None]]:
    """Every place that names a job: its path, the name, and the policy given there if any."""
    for name, tenant in tenants.items():
        here = ("tenants", name)
        for job_name in tenant.schedules:
            yield (*here, "schedules", job_name), job_name, None
        for key in ("disabled_jobs", "opt_out_jobs"):
            for job_name in getattr(tenant, key):
                yield (*here, key), job_name, None
        for job_name, policy in tenant.policies.items():
            yield (*here, "policies", job_name), job_name, policy
        for number, company in tenant.company.items():
            for job_name, policy in company.policies.items():
                yield (*here, "company", str(number), "policies", job_name), job_name, policy
        for index, route in enumerate(tenant.routes):
            for job_name in route.jobs:
                yield (*here, "routes", str(index), "jobs"), job_name, None
        for index, amendment in enumerate(tenant.amendments):
            yield (*here, "amendments", str(index), "set"), amendment.job, amendment.values


def _said(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "no such setting; remove it or correct its name"
    if problem["type"] == "missing":
        return "must be given"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:]
