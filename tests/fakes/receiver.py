"""A real HTTP server on loopback that answers as it is told and keeps what it got."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import time_machine
from standardwebhooks import Webhook

CUTS, HANGS, RUBBISH = -1, -2, -3


@dataclass
class Receiver:
    """`status` is an HTTP status, or one of CUTS, HANGS and RUBBISH."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    leave: threading.Event = field(default_factory=threading.Event)

    @property
    def bodies(self) -> list[bytes]:
        """What was posted."""
        return [body for _, body in self.got]


def checked(secret: str, headers: Mapping[str, str], body: bytes, at: datetime) -> Any:
    """What an independent checker of signatures, which reads the machine's clock, finds at `at`.

    Raises WebhookVerificationError.
    """
    with time_machine.travel(at, tick=False):
        return Webhook(secret).verify(body, dict(headers))


@contextmanager
def receiving(path: str = "/hook/s3cret-path") -> Iterator[Receiver]:
    """The receiver while its server runs."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(receiver))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        yield receiver
    finally:
        receiver.leave.set()
        server.shutdown()
        server.server_close()


def _answering(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            if receiver.status == CUTS:
                self.connection.shutdown(socket.SHUT_RDWR)
            elif receiver.status == HANGS:
                receiver.leave.wait(30)
            elif receiver.status == RUBBISH:
                self.wfile.write(b"\x00\xffnothing like HTTP\r\n\r\n")
            else:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Answer
