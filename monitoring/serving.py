"""An HTTP server whose time and connections nobody uses up: slow requests end, few stay open."""

import asyncio
import socket
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from odoo_gateway.errors import ConfigurationError

#: how long a request may take to be here whole, from when its connection is free for it
REQUEST_SECONDS: Final = 10.0
MOST_CONNECTIONS: Final = 200


class Server(uvicorn.Server):
    """Listens from the start, and answers once it is run; port 0 picks a free one.

    proxies: addresses, parted by commas, whose word we take for whom they ask for. Raises
    ConfigurationError where it cannot listen.
    """

    def __init__(self, app: Any, address: str, port: int, proxies: str = "127.0.0.1") -> None:
        self.listening = listening(address, port)
        self.port: int = self.listening.getsockname()[1]
        super().__init__(
            uvicorn.Config(
                app,
                http=_Bounded,
                ws="none",
                lifespan="off",
                # Its log would hold whole links, and with them what opens a case.
                access_log=False,
                log_config=None,
                server_header=False,
                forwarded_allow_ips=proxies,
                timeout_graceful_shutdown=10,
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer until a signal comes, or `should_exit` is set."""
        super().run(sockets or [self.listening])


def listening(address: str, port: int) -> socket.socket:
    """Raises ConfigurationError where nothing can be listened on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"port {port} of {address} cannot be listened on: {reason}. Give another port, or end "
            "what listens there"
        ) from error


class _Bounded(H11Protocol):
    """Hangs up on who takes too long to ask, and on who has waited longest where too many do."""

    _asking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._give_time()
        if len(self.connections) > MOST_CONNECTIONS:
            asking = [c for c in self.connections if isinstance(c, _Bounded) and c._is_asking()]
            min(asking, key=lambda c: c._asking.when() if c._asking else 0.0)._hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._asking:
            self._asking.cancel()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._give_time()

    def _give_time(self) -> None:
        if self._asking:
            self._asking.cancel()
        self._asking = self.loop.call_later(REQUEST_SECONDS, self._too_late)

    def _is_asking(self) -> bool:
        """Whether its next request is not here whole yet."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def _too_late(self) -> None:
        if self._is_asking():
            self._hang_up()

    def _hang_up(self) -> None:
        self.connections.discard(self)
        self.transport.abort()
