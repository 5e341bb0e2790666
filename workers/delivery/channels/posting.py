"""One POST to somebody else's server, and every answer by its proper name."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from workers.config.reach import IpAddress, OutOfReach, Reach
from workers.errors import DeliveryFailed, DeliveryRefused, DeliveryUnavailable, DeliveryUnknown

TIMEOUT_SECONDS: Final = 15.0
# How many times of what an answer may be silent for a whole conversation may take.
WHOLE: Final = 2
# What never reached the other side.
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LONGEST_WAIT_SECONDS: Final = 3600.0
# Nobody of it is there now: n8n, for one, answers 404 while it starts, or changes a workflow.
AWAY: Final = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
LATER: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, *AWAY)

# httpx logs each url, which of a chat is all that one needs to write there.
logging.getLogger("httpx").addFilter(lambda entry: entry.levelno >= logging.WARNING)


@dataclass(frozen=True)
class Endpoint:
    """Somebody else's server, and how it is posted to."""

    #: kind, name: what people are told of it, for its url may be a secret.
    kind: str
    name: str
    url: str = field(repr=False)
    clock: Callable[[], datetime]
    reach: Reach
    timeout_seconds: float = TIMEOUT_SECONDS

    def __str__(self) -> str:
        return f"the {self.kind} {self.name}"

    def post(
        self, body: bytes, headers: Mapping[str, str], about_to_send: Callable[[], None]
    ) -> None:
        """Returns only when the other side has accepted. Follows no redirect.

        Raises DeliveryFailed, DeliveryUnavailable (also where it leads out of reach),
        DeliveryRefused or DeliveryUnknown.
        """
        asked = httpx.URL(self.url)
        addresses = self._addresses(asked)
        with (
            httpx.Client(timeout=self.timeout_seconds, follow_redirects=False) as client,
            _ending(self.timeout_seconds * WHOLE) as watch,
        ):
            requests = [_to(client, asked, each, body, headers, watch) for each in addresses]
            about_to_send()
            try:
                answer = _first_reached(client, requests)
            except NOT_SENT as error:
                raise DeliveryUnavailable(
                    f"{self} cannot be reached ({type(error).__name__}): check its url and that "
                    "the server runs"
                ) from None
            except httpx.HTTPError as error:
                raise DeliveryUnknown(
                    f"{self} did not answer ({type(error).__name__}); it may have got the message"
                ) from None
            answer.close()
        self._check(answer)

    def _addresses(self, url: httpx.URL) -> Sequence[IpAddress]:
        try:
            return self.reach.addresses(url.raw_host.decode(), url.port or 0)
        except OutOfReach as error:
            raise DeliveryUnavailable(f"{self} is not connected to: {error}") from None

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        said = f"{self} answered HTTP {status}"
        if status == HTTPStatus.GONE:
            raise DeliveryRefused(f"{said}: the endpoint is gone; remove it or correct its url")
        if status in LATER or answer.is_server_error:
            away = (
                DeliveryUnavailable if answer.is_server_error or status in AWAY else DeliveryFailed
            )
            raise away(said, _seconds(answer.headers.get("Retry-After"), self.clock()))
        if answer.is_redirect:
            raise DeliveryRefused(f"{said}: redirects are not followed; configure the final url")
        raise DeliveryRefused(f"{said}: correct its url and secret, or what it accepts")


def _to(
    client: httpx.Client,
    url: httpx.URL,
    address: IpAddress,
    body: bytes,
    headers: Mapping[str, str],
    watch: "Callable[[str, Mapping[str, Any]], None]",
) -> httpx.Request:
    """A request to the very address that was examined: another look-up could give another."""
    return client.build_request(
        "POST",
        url.copy_with(host=str(address)),
        content=body,
        headers={**headers, "host": url.netloc.decode()},
        extensions={"sni_hostname": url.raw_host.decode(), "trace": watch},
    )


def _first_reached(client: httpx.Client, requests: Sequence[httpx.Request]) -> httpx.Response:
    *others, last = requests
    for request in others:
        with suppress(*NOT_SENT):
            return client.send(request, stream=True)
    return client.send(last, stream=True)


@contextmanager
def _ending(seconds: float) -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    """Cut a conversation off after so long: httpx limits each silence, not their sum.

    Yields what httpx is to tell of its connections.
    """
    streams: list[Any] = []

    def watch(event: str, told: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            streams.append(told["return_value"])

    def cut() -> None:
        for stream in streams[-1:]:
            with suppress(OSError):
                # That of TLS would take the socket from under who reads.
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """The header in seconds, whether it names a span or a moment; None when it is neither.

    An hour at most: whoever asks for a year would have us forget them.
    """
    if not retry_after:
        return None
    if retry_after.isdecimal():
        return min(float(retry_after), LONGEST_WAIT_SECONDS)
    try:
        asked = (parsedate_to_datetime(retry_after) - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(0.0, asked), LONGEST_WAIT_SECONDS)
