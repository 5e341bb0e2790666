"""HTTP to an Odoo that may be anything: answers end in bytes and seconds, redirects are named."""

import http.client
import io
import socket
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, NoReturn
from urllib.request import BaseHandler, OpenerDirector, Request


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
    def __init__(self, sock: socket.socket, *rest: Any, bounds: Bounds, **named: Any) -> None:
        super().__init__(sock, *rest, **named)
        self._bounds = bounds
        self.fp.close()
        self.fp = io.BufferedReader(BoundedSocket(sock, bounds))

    def begin(self) -> None:
        super().begin()
        # A declared length is set aside in memory before the first byte of it came.
        if (self.length or 0) > self._bounds.megabytes * 2**20:
            raise AnswerTooLarge(self._bounds)


def _bounded(kind: type[http.client.HTTPConnection], bounds: Bounds) -> Callable[..., Any]:
    def connect(*args: Any, **named: Any) -> http.client.HTTPConnection:
        connection = kind(*args, **named)
        connection.response_class = partial(_Response, bounds=bounds)  # type: ignore[assignment]
        return connection

    return connect


class _Http(urllib.request.HTTPHandler):
    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._connect = _bounded(http.client.HTTPConnection, bounds)

    def http_open(self, req: Request) -> Any:
        return self.do_open(self._connect, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._connect = _bounded(http.client.HTTPSConnection, bounds)

    def https_open(self, req: Request) -> Any:
        return self.do_open(self._connect, req)
