"""HTTP to an Odoo that may be anything: answers end in bytes and seconds, redirects are named.

Connections are kept from one request to the next: to open one with TLS takes longer than many an
answer does.
"""

import http.client
import io
import select
import socket
import time
import urllib.error
import urllib.request
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Final, NoReturn
from urllib.request import BaseHandler, OpenerDirector, Request

# Seconds. What stands between us and Odoo forgets connections on which nothing goes on.
IDLE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Bounds:
    """How much one answer may be, its headers included.

    An answer of JSON needs about ten times its bytes of memory while it is taken apart.
    """

    #: what a whole answer may take, from when the request was sent
    seconds: float = 300.0
    #: as they come over the wire
    megabytes: float = 64.0


class AnswerTooLarge(OSError):
    """The answer has more bytes than its bounds allow; what was read of it is thrown away."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(f"its answer has more than {bounds.megabytes:g} MB")


class AnswerTooSlow(TimeoutError):
    """The answer was not whole within its seconds."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(f"its answer was not whole after {bounds.seconds:g} s")


class Redirected(OSError):
    """The address answered with another address, which we do not follow."""

    def __init__(self, status: int, target: str) -> None:
        super().__init__(f"HTTP {status} to {target}")
        self.status = status
        self.target = target


def opener(bounds: Bounds, *handlers: BaseHandler) -> OpenerDirector:
    """An opener of urllib whose answers keep to the bounds and which follows no redirect."""
    return urllib.request.build_opener(_Http(bounds), _Https(bounds), _NoRedirects(), *handlers)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A POST that is sent on becomes a GET, and its answer that of somebody else."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> NoReturn:
        """Raises Redirected."""
        raise Redirected(code, newurl)


class BoundedSocket(io.RawIOBase):
    """The bytes of an answer, until there are too many or they have taken too long."""

    def __init__(self, connected: socket.socket, bounds: Bounds) -> None:
        # The file keeps the socket open until it is closed itself, as http.client expects.
        self._file = connected.makefile("rb", buffering=0)
        self._socket = connected
        self._silence = connected.gettimeout()
        self._bounds = bounds
        self.begin()

    def begin(self) -> None:
        """Another answer begins, with bytes and seconds of its own."""
        self._left = int(self._bounds.megabytes * 2**20)
        self._end = time.monotonic() + self._bounds.seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise AnswerTooSlow(self._bounds)
        silence = remaining if self._silence is None else min(self._silence, remaining)
        self._socket.settimeout(silence)
        try:
            count = self._file.readinto(buffer) or 0
        except TimeoutError as error:
            if silence < remaining:
                raise
            raise AnswerTooSlow(self._bounds) from error
        self._left -= count
        if self._left < 0:
            raise AnswerTooLarge(self._bounds)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer within its bounds, unzipped; read whole, it leaves its connection to the next."""

    def __init__(
        self,
        sock: socket.socket,
        *rest: Any,
        bounds: Bounds,
        keep: Callable[[], None],
        **named: Any,
    ) -> None:
        super().__init__(sock, *rest, **named)
        self._bounds, self._keep = bounds, keep
        self.fp.close()
        self.fp = io.BufferedReader(BoundedSocket(sock, bounds))

    def begin(self) -> None:
        super().begin()
        # A declared length is set aside in memory before the first byte of it came.
        if (self.length or 0) > self._bounds.megabytes * 2**20:
            raise AnswerTooLarge(self._bounds)

    def read(self, amt: int | None = None) -> bytes:
        found = super().read(amt)
        if amt is None:
            self._keep()
            if self.headers.get("Content-Encoding") == "gzip":
                return _unzipped(found, self._bounds)
        return found


def _unzipped(found: bytes, bounds: Bounds) -> bytes:
    most = int(bounds.megabytes * 2**20)
    unzipping = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    text = unzipping.decompress(found, most + 1)
    if len(text) > most:
        raise AnswerTooLarge(bounds)
    return text


class _Connections:
    """Connections of one kind to one Odoo, each taken for one request and given back after it.

    One that is away too long may be dead without a sign; one that has something to read was ended.
    """

    def __init__(self, kind: type[http.client.HTTPConnection], bounds: Bounds) -> None:
        self._kind, self._bounds = kind, bounds
        self._idle: dict[str, list[tuple[float, http.client.HTTPConnection]]] = defaultdict(list)

    def new(self, host: str, **named: Any) -> http.client.HTTPConnection:
        """A connection that is given back when an answer was read whole."""
        connection = self._kind(host, **named)
        keep = partial(self._keep, host, connection)
        made: Any = partial(_Response, bounds=self._bounds, keep=keep)
        connection.response_class = made
        return connection

    def opened(self, req: Request) -> http.client.HTTPResponse:
        """As urllib's `do_open`, which closes every connection. Raises URLError."""
        connection = self._taken(req)
        headers = {name.title(): value for name, value in req.header_items()}
        headers["Accept-Encoding"] = "gzip"
        try:
            try:
                connection.request(req.get_method(), req.selector, req.data, headers)
            except OSError as error:
                raise urllib.error.URLError(error) from error
            answer = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        answer.url, answer.msg = req.full_url, answer.reason  # type: ignore[assignment]
        return answer

    def _taken(self, req: Request) -> http.client.HTTPConnection:
        idle = self._idle[req.host]
        while idle:
            since, connection = idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and _is_quiet(connection.sock):
                connection.sock.settimeout(req.timeout)
                return connection
            connection.close()
        return self.new(req.host, timeout=req.timeout)

    def _keep(self, host: str, connection: http.client.HTTPConnection) -> None:
        # Where the other side closes, there is no socket any more.
        if connection.sock is not None:
            self._idle[host].append((time.monotonic(), connection))


def _is_quiet(connected: socket.socket) -> bool:
    """Whether nothing came since the last answer, not even the end."""
    waiting = select.poll()
    waiting.register(connected, select.POLLIN)
    return not waiting.poll(0)


def _opened(
    handler: urllib.request.AbstractHTTPHandler, connections: _Connections, req: Request
) -> Any:
    """Through a proxy as urllib does, and otherwise on a connection that is kept."""
    if req.has_proxy() or getattr(req, "_tunnel_host", None):
        return handler.do_open(connections.new, req)
    return connections.opened(req)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._connections = _Connections(http.client.HTTPConnection, bounds)

    def http_open(self, req: Request) -> Any:
        return _opened(self, self._connections, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._connections = _Connections(http.client.HTTPSConnection, bounds)

    def https_open(self, req: Request) -> Any:
        return _opened(self, self._connections, req)
