"""A server that answers every request the same way, as a proxy before a dead Odoo would."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOGIN_PAGE = "<!DOCTYPE html><html><body><form>Please log in</form></body></html>"
HANGS_UP = 0


@contextlib.contextmanager
def answering(status: int, body: str = LOGIN_PAGE) -> Iterator[str]:
    """Its address while it runs; with HANGS_UP it closes each connection without a word."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if status == HANGS_UP:
                return
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
