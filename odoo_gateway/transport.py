"""One method between us and Odoo: `call`; odoorpc behind it, every failure by its proper name.

OdooRpc     logs in once, speaks JSON-RPC, translates errors
Guarded     wraps any transport with a concurrency limit, a circuit and retries of reads
"""

import http.client
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import urlsplit

import msgspec
import odoorpc
import odoorpc.error
import odoorpc.rpc.error
import odoorpc.rpc.jsonrpclib
import stamina
from circuitbreaker import CircuitBreaker

from odoo_gateway.bounded import AnswerTooLarge, AnswerTooSlow, Bounds, Redirected, opener
from odoo_gateway.errors import (
    ConfigurationError,
    OdooError,
    OdooLoginRefused,
    OdooRejected,
    OdooSchemaDrift,
    OdooUnavailable,
)
from odoo_gateway.trace import TraceHeader

READ_METHODS: Final = frozenset(
    {
        "check_access_rights",
        "check_object_reference",
        "fields_get",
        "formatted_read_group",
        "get_available_models",
        "get_panel_data",
        "read_group",
        "search",
        "search_count",
        "search_read",
    }
)
# What Odoo tells of its own database: it is away, starts anew, or has no room just now.
BUSY_ON_THE_SERVER: Final = (
    "OperationalError",
    "InterfaceError",
    "PoolError",
    "AdminShutdown",
    "CrashShutdown",
    "CannotConnectNow",
    "TooManyConnections",
    "SerializationFailure",
    "DeadlockDetected",
    "LockNotAvailable",
    "ReadOnlySqlTransaction",
)
# A server that fails is away, whatever number its proxy gives that (Cloudflare has 520 to 527).
BUSY_HTTP_STATUS: Final = frozenset({408, 425, 429, *range(500, 600)})
# Whoever stands before Odoo lets nobody in, whatever is asked.
CLOSED_HTTP_STATUS: Final = frozenset({401, 403, 404, 407})

# odoorpc 0.10.1 prints whole requests, password included, at DEBUG.
logging.getLogger("odoorpc.rpc.jsonrpclib").addFilter(lambda entry: entry.levelno >= logging.INFO)


class Transport(Protocol):
    """Anything that answers one call of a model's method like Odoo's `execute_kw`."""

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The method's result. Raises OdooError, never a foreign exception."""


@dataclass(frozen=True)
class Address:
    """Where one Odoo database is and who asks. The secret never appears in the repr."""

    url: str
    database: str
    login: str
    secret: str = field(repr=False)
    timeout_seconds: float = 60.0
    bounds: Bounds = field(default_factory=Bounds)
    #: secret_name, database_name: what the operator calls the settings, for errors to name.
    secret_name: str = "FLEET_ODOO_API_KEY"
    database_name: str = "FLEET_ODOO_DB"

    def __str__(self) -> str:
        return f"{self.url} (database {self.database})"


class OdooRpc:
    """JSON-RPC through odoorpc; one login for the life of the object, on the first call."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._client: odoorpc.ODOO | None = None

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Raises OdooUnavailable, OdooRejected, OdooLoginRefused or OdooSchemaDrift."""
        client = self._logged_in()
        try:
            return client.execute_kw(model, method, list(args), dict(kwargs))
        except Exception as error:
            _translate(error, self._address, f"{model}.{method}")

    def _logged_in(self) -> odoorpc.ODOO:
        with self._lock:
            if self._client is None:
                self._client = _log_in(self._address)
            return self._client


def _log_in(address: Address) -> odoorpc.ODOO:
    parts = urlsplit(address.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ConfigurationError(
            f"Odoo's address {address.url!r} is not usable: give scheme and host without a path, "
            "like https://odoo.example.com"
        )
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    through = opener(address.bounds, urllib.request.HTTPCookieProcessor(), TraceHeader())
    try:
        client = odoorpc.ODOO(
            parts.hostname,
            protocol="jsonrpc+ssl" if secure else "jsonrpc",
            port=port,
            timeout=address.timeout_seconds,
            opener=through,
        )
        client._connector._proxy_json = _Json(
            parts.hostname, port, address.timeout_seconds, secure, through, deserialize=False
        )
        client.login(address.database, address.login, address.secret)
    # odoorpc's ConnectorError derives from BaseException.
    except (Exception, odoorpc.rpc.error.ConnectorError) as error:
        _translate(error, address, "login")
    return client


class _Json(odoorpc.rpc.jsonrpclib.ProxyJSON):  # type: ignore[misc]
    """As odoorpc's, which takes an answer apart slowly, and makes a text and two copies before."""

    def __call__(self, url: str, params: Mapping[str, Any] | None = None) -> Any:
        return parsed(super().__call__(url, params).read())


def parsed(answer: bytes) -> Any:
    """What JSON says. Raises JSONDecodeError, or UnicodeDecodeError.

    msgspec reads the same numbers from the same digits as Python, and is stricter: what only Python
    reads, as NaN, Python reads.
    """
    try:
        return msgspec.json.decode(answer)
    except msgspec.DecodeError:
        return json.loads(answer.decode())


def _translate(error: BaseException, address: Address, doing: str) -> NoReturn:
    """Raise our error for a foreign one; the table is that of odoorpc 0.10.1 on Odoo 16 to 19."""
    if isinstance(error, odoorpc.error.RPCError):
        raise _server_said(error, address, doing) from error
    if isinstance(error, urllib.error.HTTPError):
        raise _http_said(error, address) from error
    if isinstance(error, json.JSONDecodeError):
        raise OdooUnavailable(
            f"{address.url} answered something that is not JSON-RPC (a login page, a proxy's error "
            "page?): check that the address leads to Odoo itself and not to a proxy or portal"
        ) from error
    if isinstance(error, AnswerTooLarge):
        too_much = OdooRejected(
            f"{address.url} gave no usable answer to {doing}: {error}. If Odoo really has so much "
            "to say, raise the tenant's answer_megabytes"
        )
        too_much.for_size = True
        raise too_much from error
    if isinstance(error, AnswerTooSlow):
        raise OdooUnavailable(
            f"{address.url} is too slow for {doing}: {error}; the call is tried again later"
        ) from error
    if isinstance(error, Redirected):
        raise OdooRejected(
            f"{address.url} answered {doing} with HTTP {error.status} and sends us on to "
            f"{_without_query(error.target)}, where we do not follow: give the address that Odoo "
            "itself answers on"
        ) from error
    if isinstance(error, TimeoutError):
        raise OdooUnavailable(
            f"{address.url} did not answer {doing} within {address.timeout_seconds:g} s: it is "
            "overloaded or the network drops packets; the call is tried again later"
        ) from error
    if isinstance(error, urllib.error.URLError | http.client.HTTPException | OSError):
        reason = getattr(error, "reason", None) or error or type(error).__name__
        raise OdooUnavailable(
            f"{address.url} cannot be reached ({reason}): check the address, DNS and that Odoo runs"
        ) from error
    raise OdooUnavailable(
        f"{address.url} answered {doing} in a way that no Odoo does ({type(error).__name__}): "
        "check what stands between us and Odoo"
    ) from error


def _without_query(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _http_said(error: urllib.error.HTTPError, address: Address) -> OdooError:
    if error.code in BUSY_HTTP_STATUS:
        return OdooUnavailable(
            f"{address.url} answered HTTP {error.code} {error.reason}: Odoo or the proxy before it "
            "is down or busy; the call is tried again later"
        )
    refused = OdooLoginRefused if error.code in CLOSED_HTTP_STATUS else OdooRejected
    return refused(
        f"{address.url} answered HTTP {error.code} {error.reason}: check the address and the rules "
        "of the proxy before Odoo"
    )


def _server_said(error: odoorpc.error.RPCError, address: Address, doing: str) -> OdooError:
    if not error.info:
        return OdooLoginRefused(
            f"{address.url} refused the login {address.login!r} on database {address.database!r}: "
            "wrong password, an expired API key, Odoo's pause after five failed logins, or a "
            "password where two-factor authentication wants an API key; "
            f"renew {address.secret_name}"
        )
    detail = error.info.get("data") or {}
    name = str(detail.get("name", ""))
    said = str(detail.get("message") or error.info.get("message") or "no message").strip()
    first_line = said.splitlines()[0] if said else name
    if name.endswith("OperationalError") and "does not exist" in said:
        return OdooLoginRefused(
            f"{address.url} has no database {address.database!r}: correct {address.database_name}"
        )
    if name.endswith(BUSY_ON_THE_SERVER):
        return OdooUnavailable(f"{address.url} is too busy for {doing} ({name}); tried again later")
    if name.endswith("AccessDenied"):
        return OdooLoginRefused(
            f"{address.url} no longer accepts the login {address.login!r}: renew "
            f"{address.secret_name}"
        )
    if name.endswith("AccessError"):
        refused = OdooRejected(
            f"Odoo refuses {doing} to {address.login!r}: {first_line.rstrip('.')}. Give the user "
            "a group that may read this model: docs/install.md says which"
        )
        refused.for_rights = True
        return refused
    if "doesn't exist" in said and "Object" in said:
        return OdooSchemaDrift(
            f"{doing}: {first_line}. The module that brings this model is not installed"
        )
    if name.endswith(("ValueError", "KeyError")) and "field" in said.lower():
        return OdooSchemaDrift(
            f"{doing}: {first_line}. The database changed: install or upgrade the module that "
            "brings this field, and restart Odoo"
        )
    return OdooRejected(f"Odoo refuses {doing}: {first_line} ({name})")


@dataclass(frozen=True)
class CallSeen:
    """What one call cost: `outcome` is "ok" or the class of the error."""

    model: str
    method: str
    seconds: float
    outcome: str
    #: How many came back.
    rows: int = 0
    #: Seconds before the call, until the limit let it in.
    waited: float = 0.0


@dataclass
class Guarded:
    """Limits, breaks and retries the calls of one tenant.

    `limit` is entered around every attempt, so the fleet never has more calls in one Odoo than
    the tenant allows. Only reads are retried: an unanswered write may have happened.
    """

    inner: Transport
    circuit: CircuitBreaker
    limit: AbstractContextManager[Any] = field(default_factory=nullcontext)
    attempts: int = 3
    wait_seconds: float = 0.5
    on_call: Callable[[CallSeen], None] = lambda seen: None

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call; OdooUnavailable at once while the circuit is open."""
        attempts = self.attempts if method in READ_METHODS else 1
        for attempt in stamina.retry_context(
            on=_worth_a_retry, attempts=attempts, wait_initial=self.wait_seconds, timeout=None
        ):
            with attempt:
                return self._once(model, method, args, kwargs)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def probe(self) -> None:
        """Ask for next to nothing, once, open circuit or not; an answer closes the circuit.

        Raises OdooUnavailable, or OdooLoginRefused.
        """
        with self.limit:
            try:
                self.inner.call("res.company", "search_count", ([("id", "=", 0)],), {})
            except (OdooUnavailable, OdooLoginRefused):
                raise
            except OdooError:
                # A refusal says that Odoo is alive.
                pass
        self.circuit.reset()

    def _once(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if self.circuit.opened:
            self.on_call(CallSeen(model, method, 0.0, CircuitOpen.__name__))
            raise CircuitOpen(
                f"Odoo of tenant {self.circuit.name} failed {self.circuit.failure_count} times in "
                f"a row and is left alone for another {self.circuit.open_remaining:.0f} s; last: "
                f"{self.circuit.last_failure}"
            )
        asked = time.perf_counter()
        with self.limit:
            started, outcome, rows = time.perf_counter(), "ok", 0
            try:
                found = self.circuit.call(self.inner.call, model, method, args, kwargs)
                rows = len(found) if isinstance(found, list) else 0
                return found
            except OdooError as error:
                outcome = type(error).__name__
                raise
            finally:
                seconds = time.perf_counter() - started
                seen = CallSeen(model, method, seconds, outcome, rows, started - asked)
                self.on_call(seen)


class CircuitOpen(OdooUnavailable):
    """The tenant's circuit is open: Odoo was not asked."""


def _worth_a_retry(error: Exception) -> bool:
    return isinstance(error, OdooUnavailable) and not isinstance(error, CircuitOpen)


def circuit(tenant: str, failures: int = 5, pause_seconds: float = 30) -> CircuitBreaker:
    """A circuit that only unavailability opens: a refusal says that Odoo is alive."""
    return CircuitBreaker(
        failure_threshold=failures,
        recovery_timeout=pause_seconds,
        expected_exception=OdooUnavailable,
        name=tenant,
    )
