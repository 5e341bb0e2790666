"""Serves a sandbox over HTTP on this machine, to clients that take it for an Odoo 19."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from odoo_gateway.sandbox.failures import Failure
from odoo_gateway.sandbox.sandbox import Sandbox

SAYS_NOTHING: Final = "Odoo Server Error"


@dataclass(frozen=True)
class Site:
    """What one address serves: a sandbox under a database name, and who may log in."""

    sandbox: Sandbox
    database: str = "sandbox"
    passwords: Mapping[str, str] = field(default_factory=lambda: {"fleet": "sandbox"})

    def answer(self, path: str, params: Mapping[str, Any]) -> Any:
        """The result of one JSON-RPC call. Raises Failure."""
        if path == "/web/webclient/version_info":
            return self.sandbox.version_info
        missing = [name for name in ("service", "method", "args") if name not in params]
        if missing:
            raise Failure("builtins.TypeError", f"missing arguments: {missing}", SAYS_NOTHING)
        service, method = params["service"], params["method"]
        if service not in ("common", "object"):
            raise Failure("builtins.KeyError", str(service), SAYS_NOTHING)
        serve = self._common if service == "common" else self._object
        return serve(method, params["args"])

    def _common(self, method: str, args: list[Any]) -> Any:
        if method == "version":
            return self.sandbox.version_info
        if method not in ("login", "authenticate"):
            raise Failure("builtins.Exception", f"Method not found: {method}", SAYS_NOTHING)
        database, login, password, *_ = args
        self._check_database(database)
        known = login in self.passwords and self.passwords[login] == password
        return self.sandbox.account.user_id if known else False

    def _object(self, method: str, args: list[Any]) -> Any:
        database, user_id, password, model, name, *rest = args
        self._check_database(database)
        if method == "execute_kw":
            positional, keywords = rest[0], rest[1] if len(rest) > 1 else {}
        elif method == "execute":
            positional, keywords = rest, {}
        else:
            raise Failure("builtins.NameError", f"Method not available {method}", SAYS_NOTHING)
        if user_id != self.sandbox.account.user_id or password not in self.passwords.values():
            raise Failure("odoo.exceptions.AccessDenied", "Access Denied", SAYS_NOTHING)
        return self.sandbox.answer(model, name, positional, keywords or {})

    def _check_database(self, name: str) -> None:
        if name != self.database:
            raise Failure(
                "psycopg2.OperationalError",
                'connection to server at "127.0.0.1", port 5432 failed: '
                f'FATAL:  database "{name}" does not exist\n',
                SAYS_NOTHING,
            )


@contextmanager
def serving(site: Site, port: int = 0) -> Iterator[str]:
    """The address of a server on loopback that answers for the site; port 0 takes a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _endpoint(site))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _endpoint(site: Site) -> Callable[..., BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        """Odoo's JSON-RPC routes; everything else is not found."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path not in ("/jsonrpc", "/web/webclient/version_info"):
                self._reply(404, b"Not Found", "text/html")
                return
            try:
                request = json.loads(body)
            except ValueError:
                self._reply(400, b"Invalid JSON data", "text/html")
                return
            answer = json.dumps(_answered(site, self.path, request)).encode()
            self._reply(200, answer, "application/json; charset=utf-8")

        def do_GET(self) -> None:
            self._reply(404, b"Not Found", "text/html")

        def _reply(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests carry passwords: nothing is logged."""

    return Endpoint


def _answered(site: Site, path: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON-RPC answer; one without a result where a method returns nothing, like Odoo's."""
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
    try:
        result = site.answer(path, request.get("params") or {})
    except Failure as failure:
        return {**answer, "error": failure.as_error()}
    return answer if result is None else {**answer, "result": result}
