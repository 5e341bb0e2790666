"""What stands before every page: headers, where a form was sent from, and how large it is."""

import unicodedata
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tasks.domain.texts import Text
from workers.web.refusals import FormForged, TooLarge

BODY_LIMIT: Final = 16 * 1024
FIELD_LIMIT: Final = 20
# What a text of several lines may hold beside signs that are seen.
LINES: Final = str.maketrans("", "", "\t\n\r")
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class Headers:
    """Puts our headers on every answer, also on errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As every ASGI application."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class Rate:
    """Lets each client ask so often and no more; whoever asks more often is told to wait.

    elsewhere: how paths begin that have a limit of their own.
    """

    def __init__(self, app: ASGIApp, per_minute: int, elsewhere: str) -> None:
        self.app = app
        self._elsewhere = elsewhere
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As every ASGI application."""
        client = scope.get("client") or ("", 0)
        counts = scope["type"] == "http" and not scope["path"].startswith(self._elsewhere)
        if counts and not self._limiter.hit(self._limit, network(client[0])):
            wait = {"Retry-After": "60"}
            await PlainTextResponse("Too many requests: wait a minute.\n", 429, wait)(
                scope, receive, send
            )
            return
        await self.app(scope, receive, send)


def network(address: str) -> str:
    """The address; of version 6 the first 64 bits, for a client has all of those behind them."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        return str(IPv6Address(int(known) >> 64 << 64))
    return address


def refuse_foreign(request: Request, web_url: str) -> None:
    """Raise FormForged when a browser says that another site sent this form.

    Our own pages send no referrer, so browsers say `Origin: null` for them: only where they do not
    tell by Sec-Fetch-Site, Origin decides. Whoever says neither is not a browser, and needs the
    form's signature all the same.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = urlsplit(web_url)
    same = site == "same-origin" if site else origin in (None, f"{ours.scheme}://{ours.netloc}")
    if not same:
        raise FormForged(Text("another site sent this form; open the link in your mail instead"))


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form. Raises TooLarge before more than BODY_LIMIT is kept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise TooLarge(Text("a form holds no more than {bytes} bytes", bytes=BODY_LIMIT))
    try:
        found = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELD_LIMIT))
    except ValueError as error:
        raise FormForged(Text("this is not a form of ours")) from error
    if any(unicodedata.category(sign) == "Cc" for sign in "".join(found.values()).translate(LINES)):
        raise FormForged(Text("a field of this form holds signs that no keyboard writes"))
    return found
