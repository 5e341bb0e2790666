"""Every failure of the wire by its proper name, shown by a real HTTP server that misbehaves."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_gateway import trace
from odoo_gateway.errors import (
    ConfigurationError,
    OdooError,
    OdooLoginRefused,
    OdooRejected,
    OdooSchemaDrift,
    OdooUnavailable,
)
from odoo_gateway.transport import (
    Address,
    CallSeen,
    CircuitOpen,
    Guarded,
    OdooRpc,
    circuit,
    parsed,
)

SECRET = "s3cret-key"
Answer = tuple[int, bytes]


def result(value: object) -> Answer:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


def server_error(name: str, message: str) -> Answer:
    detail = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": ""}
    error = {"code": 0, "message": "Odoo Server Error", "data": detail}
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()


def odoo_that_answers(answer: Callable[[dict[str, Any]], Answer]) -> Callable[..., Answer]:
    """Logs everybody in, and leaves calls of models to `answer`."""

    def respond(path: str, params: dict[str, Any]) -> Answer:
        if "version_info" in path:
            return result({"server_version": "19.0"})
        if params["service"] == "common":
            return result(2)
        if params["args"][4] == "context_get":
            return result({"lang": "en_US", "tz": "UTC"})
        return answer(params)

    return respond


@contextmanager
def serving(
    respond: Callable[..., Answer], traces: list[str | None] | None = None
) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if traces is not None:
                traces.append(self.headers["X-Fleet-Trace"])
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content = respond(self.path, body.get("params", {}))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ask(url: str, timeout: float = 5) -> Any:
    rpc = OdooRpc(Address(url, "firm", "fleet", SECRET, timeout))
    return rpc.call("res.partner", "search_read", [[]], {})


def test_every_request_carries_the_trace_id_of_what_asks() -> None:
    traces: list[str | None] = []
    with serving(odoo_that_answers(lambda params: result([])), traces) as url:
        token = trace.current.set("trace-1")
        try:
            ask(url)
        finally:
            trace.current.reset(token)
        asked = len(traces)
        assert asked >= 3, "version, login and the call itself"
        assert set(traces) == {"trace-1"}
        ask(url)
        assert set(traces[asked:]) == {None}


@pytest.mark.parametrize(
    "text",
    [
        *("0.1", "-0.0", "1e22", "123456.785", "0.30000000000000004", "5e-324", "2.675"),
        *("12345678901234567890123", "NaN", "-Infinity", "1e400"),
        *('"\\ud800"', '"\\u00e4"', '{"a": 1, "a": 2}', "[]", "null"),
    ],
)
def test_an_answer_says_what_it_says_to_python(text: str) -> None:
    found, wanted = parsed(text.encode()), json.loads(text)
    assert (repr(found), type(found)) == (repr(wanted), type(wanted))


@given(st.floats() | st.integers() | st.text())
def test_no_digit_of_an_answer_changes(value: object) -> None:
    assert repr(parsed(json.dumps(value).encode())) == repr(value)


def test_a_good_answer_comes_through() -> None:
    with serving(odoo_that_answers(lambda params: result([{"id": 1}]))) as url:
        assert ask(url) == [{"id": 1}]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (server_error("psycopg2.OperationalError", "too many"), OdooUnavailable, "too busy"),
        (server_error("psycopg2.pool.PoolError", "is full"), OdooUnavailable, "too busy"),
        (server_error("odoo.exceptions.AccessError", "No."), OdooRejected, "may read this model"),
        (server_error("odoo.exceptions.AccessDenied", "No."), OdooLoginRefused, "API_KEY"),
        (server_error("odoo.exceptions.UserError", "Object x doesn't exist"), OdooSchemaDrift, "x"),
        (
            server_error("builtins.ValueError", "Invalid field 'y'"),
            OdooSchemaDrift,
            "'y'.*upgrade the module",
        ),
        (server_error("odoo.exceptions.UserError", "Please"), OdooRejected, "Please"),
        (server_error("odoo.exceptions.UserError", ""), OdooRejected, "Odoo Server Error"),
        ((200, b"<html>Log in</html>"), OdooUnavailable, "not JSON-RPC"),
        ((502, b"bad gateway"), OdooUnavailable, "HTTP 502"),
        ((429, b"slow down"), OdooUnavailable, "HTTP 429"),
        ((403, b"forbidden"), OdooLoginRefused, "HTTP 403"),
        ((413, b"too large"), OdooRejected, "HTTP 413"),
        ((500, b"no database"), OdooUnavailable, "HTTP 500"),
        ((522, b"origin away"), OdooUnavailable, "HTTP 522"),
        (server_error("psycopg2.errors.AdminShutdown", "bye"), OdooUnavailable, "too busy"),
        (server_error("psycopg2.InterfaceError", "closed"), OdooUnavailable, "too busy"),
        (server_error("psycopg2.errors.TooManyConnections", ""), OdooUnavailable, "too busy"),
        ((200, b'{"error": {"code": 1}}'), OdooUnavailable, "no Odoo does"),
    ],
)
def test_each_failure_gets_its_class_and_a_remedy(
    answer: Answer, error: type[OdooError], words: str
) -> None:
    with (
        serving(odoo_that_answers(lambda params: answer)) as url,
        pytest.raises(error, match=words) as caught,
    ):
        ask(url)
    assert type(caught.value) is error
    assert SECRET not in str(caught.value)


def test_a_wrong_password_is_a_refused_login() -> None:
    def respond(path: str, params: dict[str, Any]) -> Answer:
        return result({"server_version": "19.0"} if "version" in path else False)

    with serving(respond) as url, pytest.raises(OdooLoginRefused, match="wrong password"):
        ask(url)


def test_a_wrong_database_is_named() -> None:
    def respond(path: str, params: dict[str, Any]) -> Answer:
        if "version" in path:
            return result({"server_version": "19.0"})
        return server_error("psycopg2.OperationalError", 'database "firm" does not exist')

    with serving(respond) as url, pytest.raises(OdooLoginRefused, match="no database 'firm'"):
        ask(url)


def test_a_closed_port_is_unavailable() -> None:
    with serving(lambda path, params: result(1)) as url:
        pass
    with pytest.raises(OdooUnavailable, match="cannot be reached"):
        ask(url)


def test_a_silent_server_is_unavailable_after_the_timeout() -> None:
    release = threading.Event()

    def respond(path: str, params: dict[str, Any]) -> Answer:
        release.wait(10)
        return result(1)

    with serving(respond) as url:
        with pytest.raises(OdooUnavailable, match=r"within 0\.2 s"):
            ask(url, timeout=0.2)
        release.set()


@pytest.mark.parametrize("url", ["odoo.example.com", "ftp://odoo", "https://odoo.example/path"])
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not usable"):
        ask(url)


def test_the_secret_reaches_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("odoorpc.rpc.jsonrpclib").setLevel(logging.DEBUG)
    with serving(odoo_that_answers(lambda params: result([]))) as url:
        ask(url)
        assert SECRET not in repr(Address(url, "firm", "fleet", SECRET))
    assert SECRET not in caplog.text


class Flaky:
    """Fails with the given errors in turn, then answers."""

    def __init__(self, *errors: OdooError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def guarded(inner: Flaky, seen: list[CallSeen] | None = None, failures: int = 5) -> Guarded:
    noted = seen if seen is not None else []
    return Guarded(inner, circuit("firm", failures), wait_seconds=0.001, on_call=noted.append)


def test_a_read_is_tried_again_while_odoo_is_away() -> None:
    seen: list[CallSeen] = []
    flaky = Flaky(OdooUnavailable("away"), OdooUnavailable("away"))
    assert guarded(flaky, seen).call("m", "search_read", [], {}) == "answer"
    assert [call.outcome for call in seen] == ["OdooUnavailable", "OdooUnavailable", "ok"]


def test_a_write_is_never_tried_again() -> None:
    flaky = Flaky(OdooUnavailable("away"))
    with pytest.raises(OdooUnavailable):
        guarded(flaky).call("m", "create", [], {})
    assert flaky.calls == 1


def test_a_refusal_is_never_tried_again() -> None:
    flaky = Flaky(OdooRejected("no"))
    with pytest.raises(OdooRejected):
        guarded(flaky).call("m", "search_read", [], {})
    assert flaky.calls == 1


def test_after_enough_failures_odoo_is_left_alone() -> None:
    flaky = Flaky(*[OdooUnavailable("away")] * 9)
    transport = guarded(flaky, failures=3)
    with pytest.raises(OdooUnavailable):
        transport.call("m", "search_read", [], {})
    with pytest.raises(CircuitOpen, match=r"firm failed 3 times .* last: away"):
        transport.call("m", "search_read", [], {})
    assert flaky.calls == 3


def test_refusals_do_not_open_the_circuit() -> None:
    flaky = Flaky(*[OdooRejected("no")] * 6)
    transport = guarded(flaky, failures=3)
    for _ in range(6):
        with pytest.raises(OdooRejected):
            transport.call("m", "search_read", [], {})
    assert transport.call("m", "search_read", [], {}) == "answer"


def test_calls_at_the_same_time_stay_within_the_limit() -> None:
    limit, running, most = threading.BoundedSemaphore(2), [0], [0]

    class Counting:
        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            running[0] += 1
            most[0] = max(most[0], running[0])
            threading.Event().wait(0.01)
            running[0] -= 1

    transport = Guarded(Counting(), circuit("firm"), limit=limit)
    threads = [
        threading.Thread(target=transport.call, args=("m", "search_read", [], {})) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
