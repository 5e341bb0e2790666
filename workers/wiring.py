"""The composition root: builds ledger, Odoo sessions and the mail server, once per process."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from secrets import token_hex
from threading import BoundedSemaphore

import structlog

from monitoring import metrics
from odoo_gateway.errors import ConfigurationError
from odoo_gateway.learnt import Kept
from odoo_gateway.session import SHARED_SECONDS, Session
from odoo_gateway.transport import CallSeen, Guarded, OdooRpc, Transport, circuit
from workers.config import settings as configuration
from workers.config.settings import Settings
from workers.config.tenants import Tenant
from workers.ledger import learnt, marks
from workers.ledger.database import Ledger, connect
from workers.ledger.errors import LedgerError
from workers.links import Links
from workers.smtp import SmtpServer

log = structlog.get_logger()

Connect = Callable[[Tenant], Transport]
# Calls that one run makes at the same time: a second connection nearly halves what Odoo's database
# works on, and more of them would keep others from their Odoo.
CALLS_OF_A_RUN = 2


def utc_now() -> datetime:
    """The only clock of the fleet."""
    return datetime.now(UTC)


def odoo_of(tenant: Tenant) -> Transport:
    """The tenant's real Odoo."""
    return OdooRpc(tenant.address)


@dataclass(frozen=True)
class LedgerStore:
    """Keeps what was learnt of a tenant's Odoo in the ledger."""

    fleet: "Fleet"
    tenant: str

    def recall(self) -> Kept | None:
        """None also where there is no ledger of this version: to look needs none."""
        try:
            self.fleet.ledger.check()
            with self.fleet.ledger.reading() as connection:
                page = learnt.of_tenant(connection, self.tenant)
        except (ConfigurationError, LedgerError):
            return None
        if page is None:
            return None
        age = self.fleet.clock() - page.at
        # What lies ahead is of a clock that was wrong.
        is_ahead = age < -marks.SKEW
        return None if is_ahead else Kept(page.footing, page.found, max(age.total_seconds(), 0.0))

    def keep(self, kept: Kept) -> None:
        """Raises LedgerError, or ConfigurationError where the ledger is not there as it must be."""
        at = self.fleet.clock() - timedelta(seconds=kept.age)
        self.fleet.ledger.check()
        with self.fleet.ledger.transaction() as connection:
            learnt.keep(connection, self.tenant, learnt.Page(kept.footing, at, kept.learnt))


@dataclass
class Fleet:
    """Everything a process works with. Not shared between processes: see `fleet()`."""

    settings: Settings
    connect_odoo: Connect = odoo_of
    clock: Callable[[], datetime] = utc_now
    _sessions: dict[str, Session] = field(default_factory=dict)
    _calls: list[metrics.Increment] = field(default_factory=list)
    _guarded: dict[str, Guarded] = field(default_factory=dict)
    _secrets: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened on first use."""
        environment = self.settings.environment
        return connect(environment.database_url, environment.database_timeout_seconds)

    @property
    def broker_secrets(self) -> tuple[str, ...]:
        """What signs messages in the broker, oldest first: as set, else what the ledger keeps.

        Raises LedgerUnavailable, the first time.
        """
        self._secrets = self._secrets or self._find_secrets()
        return self._secrets

    def forked(self) -> "Fleet":
        """The same for a child process: what was read before is not read again."""
        return replace(self, _sessions={}, _calls=[], _guarded={})

    def _find_secrets(self) -> tuple[str, ...]:
        environment = self.settings.environment
        old = environment.broker_secret_old
        known = (old.get_secret_value(),) if old else ()
        if environment.broker_secret is not None:
            return (*known, environment.broker_secret.get_secret_value())
        with self.ledger.transaction() as connection:
            kept = marks.keep(
                connection, marks.SECRET, "broker", self.clock(), {"value": token_hex(32)}
            )
        return (*known, kept["value"])

    @cached_property
    def mail(self) -> SmtpServer:
        """The mail server."""
        environment = self.settings.environment
        return SmtpServer(
            environment.smtp_url, environment.mail_from, environment.smtp_timeout_seconds
        )

    @cached_property
    def links(self) -> Links | None:
        """Makes and reads the links to our pages; None where no address of them is set."""
        environment = self.settings.environment
        if not environment.web_url or environment.link_secret is None:
            return None
        secrets = (environment.link_secret_old, environment.link_secret)
        known = tuple(secret.get_secret_value() for secret in secrets if secret)
        return Links(environment.web_url, known, environment.link_days, self.clock)

    def session(self, tenant: Tenant) -> Session:
        """The tenant's session: one login for the life of the process."""
        if tenant.name not in self._sessions:
            self._guarded[tenant.name] = guarded = Guarded(
                inner=self.connect_odoo(tenant),
                circuit=circuit(
                    tenant.name,
                    pause_seconds=self.settings.environment.circuit_pause_seconds,
                ),
                limit=BoundedSemaphore(tenant.settings.concurrency),
                on_call=lambda seen: self._count(tenant.name, seen),
            )
            address = tenant.address
            self._sessions[tenant.name] = Session(
                guarded,
                address.url,
                tenant.settings.read_megabytes,
                at_once=min(CALLS_OF_A_RUN, tenant.settings.concurrency),
                store=LedgerStore(self, tenant.name),
                identity=f"{address.url} {address.database} {address.login}",
            )
        self._sessions[tenant.name].begin(after_seconds=SHARED_SECONDS)
        return self._sessions[tenant.name]

    def keep_learnt(self, tenant: Tenant) -> None:
        """Have later processes go by what was learnt of the tenant's Odoo, where that is new."""
        try:
            self.session(tenant).keep()
        except ConfigurationError:
            # Nothing needs a ledger that only looks, and who does more says what is wrong with it.
            return
        except LedgerError as error:
            log.warning("learnt.not_kept", tenant=tenant.name, message=str(error))

    def forget(self, tenant: Tenant) -> None:
        """Learn the tenant's fields and rights anew: what we knew of them was wrong."""
        self._sessions.pop(tenant.name, None)
        self.session(tenant).forget()

    def probe(self, tenant: Tenant) -> None:
        """Ask the tenant's Odoo for next to nothing, once, even while it is left alone.

        Raises OdooUnavailable, or OdooLoginRefused.
        """
        self.session(tenant)
        self._guarded[tenant.name].probe()

    def circuit_open_seconds(self, tenant: str) -> float:
        """How long this process leaves the tenant's Odoo alone from now on; 0 when it does not."""
        guarded = self._guarded.get(tenant)
        if guarded is None or not guarded.circuit.opened:
            return 0.0
        return float(guarded.circuit.open_remaining)

    def take_calls(self) -> list[metrics.Increment]:
        """What the calls to Odoo since the last time add to the counters."""
        calls, self._calls = metrics.summed(self._calls), []
        return calls

    def keep_calls(self, calls: list[metrics.Increment]) -> None:
        """Have them counted the next time: the ledger did not take them."""
        self._calls = [*calls, *self._calls]

    def _count(self, tenant: str, seen: CallSeen) -> None:
        self._calls += metrics.odoo_called(
            tenant,
            seen.model,
            seen.method,
            seen.outcome,
            seen.seconds,
            seen.rows,
            seen.waited,
        )


def ledger_alone(environ: Mapping[str, str] | None = None) -> Ledger:
    """The ledger, for what needs no tenant, so that none need be configured soundly."""
    return Fleet(configuration.load(environ, tenants_needed=False)).ledger


_FLEETS: dict[int, Fleet] = {}


def fleet(environ: Mapping[str, str] | None = None) -> Fleet:
    """This process's fleet, of its environment; that of a child has its parent's settings."""
    pid = os.getpid()
    if pid not in _FLEETS:
        of_parent = next(iter(_FLEETS.values()), None)
        _FLEETS.clear()
        _FLEETS[pid] = of_parent.forked() if of_parent else Fleet(_configured(environ))
    return _FLEETS[pid]


def _configured(environ: Mapping[str, str] | None) -> Settings:
    """What is configured; no tenant of it need be usable, for the ledger answers without one."""
    found = configuration.load(environ, tenants_needed=False)
    return found if found.names else configuration.load(environ)
