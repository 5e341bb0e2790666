"""One POST to somebody else's server, and every answer by its proper name."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpx

from workers.delivery.errors import (
    DeliveryFailed,
    DeliveryRefused,
    DeliveryUnavailable,
    DeliveryUnknown,
)

TIMEOUT_SECONDS: Final = 15.0
# What never reached the other side.
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LONGEST_WAIT_SECONDS: Final = 3600.0
ALLOWED_NOW: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
LATER: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, *ALLOWED_NOW)

# httpx logs each url, which of a chat is all that one needs to write there.
logging.getLogger("httpx").addFilter(lambda entry: entry.levelno >= logging.WARNING)


def post(
    target: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    about_to_send: Callable[[], None],
    now: Callable[[], datetime],
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> None:
    """Returns only when the other side has accepted. `target` names it: the url may be a secret.

    Follows no redirect. Raises DeliveryFailed, DeliveryUnavailable, DeliveryRefused or
    DeliveryUnknown.
    """
    with httpx.Client(timeout=timeout_seconds, follow_redirects=False) as client:
        request = client.build_request("POST", url, content=body, headers=dict(headers))
        about_to_send()
        try:
            answer = client.send(request, stream=True)
        except NOT_SENT as error:
            raise DeliveryUnavailable(
                f"{target} cannot be reached ({type(error).__name__}): check its url and that the "
                "server runs"
            ) from None
        except httpx.HTTPError as error:
            raise DeliveryUnknown(
                f"{target} did not answer ({type(error).__name__}); it may have got the message"
            ) from None
        answer.close()
    _check(target, answer, now())


def _check(target: str, answer: httpx.Response, now: datetime) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    said = f"{target} answered HTTP {status}"
    if status == HTTPStatus.GONE:
        raise DeliveryRefused(f"{said}: the endpoint is gone; remove it or correct its url")
    if status in LATER or answer.is_server_error:
        away = (
            DeliveryUnavailable
            if answer.is_server_error or status in ALLOWED_NOW
            else DeliveryFailed
        )
        raise away(said, _seconds(answer.headers.get("Retry-After"), now))
    if answer.is_redirect:
        raise DeliveryRefused(f"{said}: redirects are not followed; configure the final url")
    raise DeliveryRefused(f"{said}: correct its url and secret, or what it accepts")


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
