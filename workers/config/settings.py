"""Every setting, typed, with its default; all problems of a configuration reported at once.

Secrets and addresses come from the environment (`FLEET_*`, each also as `FLEET_*_FILE`); tenants,
companies, recipients, policies and schedules from one TOML file (`FLEET_CONFIG`). A tenant whose
part cannot be used is left out, with its problems; the others go on.
"""

import os
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, SecretStr

from odoo_gateway.errors import ConfigurationError, quoted
from workers.config import sources, targets
from workers.config.reach import Hosts, Networks, Reach
from workers.config.strict import LongSecret, Seconds, Sender, Strict, WebAddress
from workers.config.tenant_reading import KEY, SHARED_KEY, TenantReading, validated, wrong_values
from workers.config.tenants import OdooUrl, SmtpUrl, Tenant, url_of
from workers.config.toml_lines import TomlLines
from workers.config.variables import Variables
from workers.ledger import address

DEFAULT_TENANT: Final = "default"
TENANTS: Final = "tenants"
# Of `fleet odoo` alone: no process keeps an administrator's key.
ADMIN_LOGIN, ADMIN_KEY = "FLEET_ADMIN_LOGIN", "FLEET_ADMIN_KEY"
# A thousand tenants need less.
FILE_BYTES: Final = 10_000_000


def _ledger(url: str) -> str:
    try:
        address.parse(url)
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    return url


def _plain(password: SecretStr) -> SecretStr:
    # Flower compares others with an exception.
    if not password.get_secret_value().isascii():
        raise ValueError("holds letters that are not ASCII, which no login at Flower can give")
    return password


class Environment(Strict):
    """What the environment says; each name is FLEET_ and the field's in capitals."""

    config: Path = Field(
        Path("fleet.toml"), description="the file of tenants, recipients, policies, schedules"
    )
    broker_url: Annotated[str, url_of("redis", "rediss", "redis+socket", "amqp", "amqps")] = Field(
        "redis://127.0.0.1:6379/0", description="Redis 6.2 or newer, or RabbitMQ (`amqp://`)"
    )
    database_url: Annotated[str, AfterValidator(_ledger)] = Field(
        "sqlite:///fleet.db", description="the ledger; `postgresql://` for several machines"
    )
    smtp_url: SmtpUrl = Field(
        "smtp://127.0.0.1:25",
        description="`smtp://`, `smtp+starttls://` or `smtps://`, user and password in it",
    )
    mail_from: Sender = Field(
        "Odoo ops fleet <fleet@localhost>", description="what mails come from, name and address"
    )
    odoo_url: OdooUrl | None = Field(
        None, description="the address of one Odoo, where there is no file"
    )
    odoo_db: str | None = Field(None, description="its database")
    odoo_login: str | None = Field(None, description="the login of the fleet's user there")
    odoo_api_key: SecretStr | None = Field(
        None, description="its API key; that of the file's tenant, too, if there is only one"
    )
    tick_seconds: Seconds = Field(60, description="how often beat looks for due slots")
    events_seconds: Seconds = Field(
        5,
        description="how often events are taken up: those of a job and company that came meanwhile "
        "become one run",
    )
    metrics_port: int = Field(9464, ge=0, le=65535, description="where the exporter listens")
    log_format: str = Field("console", pattern="^(console|json)$", description="console or json")
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="debug, info, warning or error; commands that list things log less",
    )
    run_lease_seconds: Seconds = Field(
        900, description="the longest that a run may take; then its worker is ended"
    )
    run_attempts: int = Field(
        5,
        ge=1,
        le=1000,
        description="how often a run is tried until it is a dead letter; what is away costs none",
    )
    message_lease_seconds: Seconds = Field(
        300, description="the longest that a batch of messages may take"
    )
    gather_seconds: float = Field(
        300,
        ge=0,
        le=3600,
        description="the longest that a mail waits for what other due runs tell its reader; urgent "
        "mail waits for none, and with 0 no mail does",
    )
    silence_seconds: Seconds = Field(
        60,
        description="what a process holds that gave no sign for so long is taken over; the clocks "
        "of all machines must agree better than that",
    )
    message_attempts: int = Field(
        8, ge=1, le=1000, description="how often a message is tried until it is parked"
    )
    retry_seconds: Seconds = Field(
        30, description="the wait before a second attempt, doubled before each further one"
    )
    retry_max_seconds: Seconds = Field(1800, description="the longest wait between attempts")
    probe_max_seconds: Seconds = Field(
        240, description="the longest wait until what is away is asked again"
    )
    republish_seconds: Seconds = Field(
        120, description="a due run that nobody has claimed for so long is published again"
    )
    broker_timeout_seconds: Seconds = Field(10, description="for one answer of the broker")
    smtp_timeout_seconds: Seconds = Field(30, description="for one answer of the mail server")
    database_timeout_seconds: Seconds = Field(
        30, description="for one answer of PostgreSQL; upgrading the schema has no limit"
    )
    worker_memory_mb: int = Field(
        400,
        ge=100,
        le=1_000_000,
        description="a worker's process that has grown beyond it is replaced after its task",
    )
    task_events: bool = Field(
        False,
        description="`true` where Flower runs: workers tell it of each task, which costs them up "
        "to a third of what they can do",
    )
    retention_days: int = Field(
        400,
        ge=62,
        le=36_500,
        description="runs, their measures, sent mails and resolved cases that are older are "
        "trimmed every night",
    )
    audit_retention_days: int = Field(
        1100,
        ge=62,
        le=36_500,
        description="so are the audit and what people did on their pages, never sooner",
    )
    circuit_pause_seconds: Seconds = Field(
        30, description="how long an Odoo that failed five times in a row is left alone"
    )
    heartbeat_folder: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()),
        description="where processes leave what `fleet health` reads; else the temporary folder",
    )
    flower_password: Annotated[SecretStr, AfterValidator(_plain)] | None = Field(
        None, description="of Flower's user `ops`; Flower does not start without it"
    )
    broker_secret: LongSecret | None = Field(
        None,
        description="signs what is put into the broker, and workers take nothing else; at least 32 "
        "characters, the same for every process; if there is none, the ledger keeps one",
    )
    broker_secret_old: LongSecret | None = Field(
        None, description="another, whose messages are taken too"
    )
    web_url: WebAddress = Field(
        "",
        description="where people reach `fleet web`, like `https://fleet.example.com`; without it "
        "mails carry no links to it",
    )
    runbook_url: WebAddress = Field(
        "",
        description="where you publish docs/runbook.md; alerts, the mails to ops and `fleet "
        "status` lead there",
    )
    link_secret: LongSecret | None = Field(
        None,
        description="signs the links in mails; at least 32 characters, the same for every process",
    )
    link_secret_old: LongSecret | None = Field(
        None, description="the secret before, whose links still open"
    )
    web_port: int = Field(8080, ge=1, le=65535, description="where `fleet web` listens")
    web_proxies: str = Field(
        "127.0.0.1",
        description="proxies before it, parted by commas, whose word on who asks is taken",
    )
    web_requests_per_minute: int = Field(
        300, ge=1, le=1_000_000, description="that one client may make of it; more are told to wait"
    )
    link_days: int = Field(30, ge=1, le=3650, description="how long a link in a mail opens")
    webhook_networks: Networks = Field(
        (),
        description="networks that are not public, yet webhooks and chats may lead into them, like "
        "`10.20.0.0/16,192.168.1.7`",
    )
    plain_http_hosts: Hosts = Field(
        (),
        description="hosts, parted by commas, whose Odoo, webhook or chat is asked without TLS; "
        "this machine always is",
    )

    @property
    def reach(self) -> Reach:
        """Where the fleet may connect to."""
        return Reach(self.webhook_networks, self.plain_http_hosts)

    def heartbeat_file(self, kind: str, name: str) -> Path:
        """The file that a process touches as long as it lives."""
        return self.heartbeat_folder / f"fleet-{kind}-{name}.heartbeat"

    # Addresses may carry passwords.
    def __repr__(self) -> str:
        return f"Environment(config={str(self.config)!r}, ...)"


VARIABLES: Final = {f"FLEET_{name.upper()}": name for name in Environment.model_fields}


@dataclass(frozen=True)
class Settings:
    """All that the fleet is told."""

    environment: Environment
    tenants: Mapping[str, Tenant] = field(default_factory=dict)
    #: By name, the problems of each tenant that is left out because of them.
    unusable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tenants that are configured, also those that cannot be used."""
        return (*self.tenants, *self.unusable)

    def tenant(self, name: str) -> Tenant:
        """Raises ConfigurationError with the tenant's problems, or naming the tenants there are."""
        if name in self.unusable:
            raise ConfigurationError(*self.unusable[name])
        if name not in self.tenants:
            raise ConfigurationError(
                f"there is no tenant {quoted(name)}; configured: {', '.join(self.names)}"
            )
        return self.tenants[name]

    def require_a_tenant(self) -> None:
        """Raises ConfigurationError with every tenant's problems where none can be used."""
        if not self.tenants:
            raise ConfigurationError(*(p for problems in self.unusable.values() for p in problems))

    def concurrency(self, tenant: str) -> int:
        """Runs at the same time in its Odoo; 1 for what is left of a tenant that is gone.

        0 where its configuration cannot be used: its runs wait until it can.
        """
        if tenant in self.unusable:
            return 0
        return self.tenants[tenant].settings.concurrency if tenant in self.tenants else 1


def load(environ: Mapping[str, str] | None = None, *, tenants_needed: bool = True) -> Settings:
    """Read the environment and the file it names.

    tenants_needed: False for what needs none of them. Raises ConfigurationError with every problem
    found, each with its key and a remedy, when what all tenants share cannot be used, or tenants
    are needed and none can be used.
    """
    return _Reading(variables_of(environ)).settings(tenants_needed)


def variables_of(environ: Mapping[str, str] | None = None) -> Variables:
    """The variables of an environment, or of this process."""
    return Variables(os.environ if environ is None else environ)


class _Reading:
    """One pass over a configuration, collecting problems instead of stopping at the first."""

    def __init__(self, variables: Variables) -> None:
        self.problems: list[str] = []
        # Why there is none at all.
        self._no_tenant: list[str] = []
        self._places = TomlLines()
        self._variables = variables

    def settings(self, tenants_needed: bool) -> Settings:
        environment = self._environment()
        self._check_links(environment)
        tables = self._tables(environment)
        strangers = self._strangers(tables)
        readings = [
            TenantReading(
                name,
                table,
                self._places,
                self._variables,
                environment.reach,
                alone=len(tables) == 1,
                place=place,
                strangers=strangers[name],
            )
            for name, (place, table) in tables.items()
        ]
        _refuse_shared_variables(readings)
        tenants = {reading.name: reading.tenant() for reading in readings}
        unusable = {reading.name: tuple(reading.problems) for reading in readings}
        unusable = {name: problems for name, problems in unusable.items() if problems}
        usable = {n: tenant for n, tenant in tenants.items() if tenant and n not in unusable}
        if self.problems or (tenants_needed and not usable):
            every = (problem for problems in unusable.values() for problem in problems)
            raise ConfigurationError(*map(_line, (*self.problems, *self._no_tenant, *every)))
        # A name that is none goes where names go: into rows, labels and pages.
        told = {
            _line(name) or "''": tuple(map(_line, problems)) for name, problems in unusable.items()
        }
        return Settings(environment, usable, told)

    def _environment(self) -> Environment:
        values = {
            name: self._variables.read(key, self.problems)
            for key, name in VARIABLES.items()
            # Whether it is read at all is the tenants' business.
            if key != SHARED_KEY
        }
        given = {name: value for name, value in values.items() if value}
        found = validated(
            Environment,
            given,
            lambda location: self._variables.as_given(f"FLEET_{str(location[0]).upper()}"),
            self.problems,
        )
        return found or Environment.model_validate(_sound(given))

    def _strangers(self, tenants: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The variables that nothing reads, by the tenant whose name they begin with.

        What begins with no tenant's name is a problem of all.
        """
        found: dict[str, list[str]] = {name: [] for name in tenants}
        for key in sorted(self._variables.names - VARIABLES.keys() - {ADMIN_LOGIN, ADMIN_KEY}):
            webhook = targets.VARIABLES.fullmatch(key) or sources.VARIABLES.fullmatch(key)
            if key.endswith(KEY) or webhook:
                continue
            problem = f"{key}: no such setting; remove it or correct its name"
            meant = [name for name in found if key.startswith(f"FLEET_{name.upper()}_")]
            # That of acme_webhook is none of acme.
            (found[max(meant, key=len)] if meant else self.problems).append(problem)
        return found

    def _check_links(self, environment: Environment) -> None:
        if environment.web_url and "FLEET_LINK_SECRET" not in self._variables.names:
            self.problems.append(
                "FLEET_LINK_SECRET: not set, and links to FLEET_WEB_URL must be signed; make one "
                "with `openssl rand -hex 32`"
            )

    def _tables(self, environment: Environment) -> Mapping[str, tuple[tuple[str, ...], Any]]:
        """What is told of each tenant, and where, before anything of it is believed."""
        if environment.config.is_file():
            tables = self._from_file(environment.config)
            return {name: ((TENANTS, name), table) for name, table in tables.items()}
        if "FLEET_CONFIG" in self._variables.names:
            self.problems.append(f"FLEET_CONFIG: there is no file {str(environment.config)!r}")
            return {}
        return self._from_environment(environment)

    def _from_file(self, path: Path) -> Mapping[str, Any]:
        try:
            # Windows' editors put a byte order mark before a text.
            if path.stat().st_size > FILE_BYTES:
                raise ValueError(f"it has more than {FILE_BYTES:,} bytes")
            text = path.read_text(encoding="utf-8-sig")
            content = tomllib.loads(text)
        except PermissionError:
            self.problems.append(f"{path}: this user may not read it; give it the right to")
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self.problems.append(f"{path}: cannot be read as TOML: {error}")
            return {}
        self._places = TomlLines.of(path, text)
        self.problems += [
            f"{self._places.name((key,))}: no such setting; remove it or correct its name"
            for key in content
            if key != TENANTS
        ]
        tables = content.get(TENANTS, {})
        if not isinstance(tables, dict):
            self.problems.append(
                f"{self._places.name((TENANTS,))}: write tables like [tenants.acme]"
            )
            return {}
        if not tables:
            self._no_tenant.append(f"{path}: names no tenant; write a table like [tenants.acme]")
        return tables

    def _from_environment(
        self, environment: Environment
    ) -> Mapping[str, tuple[tuple[str, ...], Any]]:
        given = {
            "FLEET_ODOO_URL": environment.odoo_url,
            "FLEET_ODOO_DB": environment.odoo_db,
            "FLEET_ODOO_LOGIN": environment.odoo_login,
        }
        missing = [key for key, value in given.items() if not value]
        if missing:
            self._no_tenant.append(
                f"{', '.join(missing)}: not set, and there is no {environment.config}; set them "
                "to watch one Odoo, write the file to watch several, or try `fleet demo`"
            )
            return {}
        url, database, login = given.values()
        table = {"url": url, "database": database, "login": login}
        return {DEFAULT_TENANT: ((), table)}


def _refuse_shared_variables(readings: list[TenantReading]) -> None:
    """One variable is one tenant's: a_webhook_b with c, and a with b_webhook_c, share theirs."""
    owners: dict[str, str] = {}
    for reading in readings:
        for variable, place in reading.webhook_variables():
            owner = owners.setdefault(variable, reading.name)
            if owner != reading.name:
                reading.problems.append(
                    f"{place}: {variable} is a variable of tenant {owner} too; give the webhook "
                    "another name"
                )


def _sound(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values that are right by themselves, so that a wrong one hides no other problem."""
    wrong = {location[0] for location in wrong_values(Environment, given)}
    return {key: value for key, value in given.items() if key not in wrong}


def _line(problem: str) -> str:
    """One line, whatever names and values it quotes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in problem)
