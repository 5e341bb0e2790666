"""A webhook's receiver that notes every event it gets, if it is rightly signed."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from standardwebhooks import Webhook, WebhookVerificationError

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Event:
    """One event that came in; `digest` is what its id has in common with a Message-ID."""

    at: float
    digest: str
    job: str
    trace_id: str


@dataclass
class Hooks:
    """What the receiver got since it was emptied."""

    events: list[Event] = field(default_factory=list)


@contextmanager
def listening(port: int) -> Iterator[Hooks]:
    """A receiver on a loopback port for the length of the block."""
    hooks = Hooks()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            said = {name.lower(): value for name, value in self.headers.items()}
            try:
                Webhook(SECRET).verify(body, said)
            except WebhookVerificationError:
                self.send_response(401)
            else:
                hooks.events.append(_event(said, json.loads(body)))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing of each request."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hooks
    finally:
        server.shutdown()
        server.server_close()


def _event(headers: dict[str, str], body: dict[str, Any]) -> Event:
    digest = headers["webhook-id"].removeprefix("msg_")
    return Event(time.time(), digest, body["data"]["job"], headers["x-fleet-trace"])
