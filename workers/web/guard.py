"""What stands before every page: headers, where a form was sent from, and how large it is."""

from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers.web.refusals import FormForged, TooLarge

BODY_LIMIT: Final = 16 * 1024
FIELD_LIMIT: Final = 20
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


def refuse_foreign(request: Request, web_url: str) -> None:
    """Raise FormForged when a browser says that another site sent this form.

    Our own pages send no referrer, so browsers say `Origin: null` for them: only where they do not
    tell by Sec-Fetch-Site, Origin decides. Whoever says neither is no browser, and needs the form's
    signature all the same.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = urlsplit(web_url)
    same = site == "same-origin" if site else origin in (None, f"{ours.scheme}://{ours.netloc}")
    if not same:
        raise FormForged("another site sent this form; open the link in your mail instead")


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form. Raises TooLarge before more than BODY_LIMIT is kept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise TooLarge(f"a form holds no more than {BODY_LIMIT} bytes")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELD_LIMIT))
    except ValueError as error:
        raise FormForged("this is not a form of ours") from error
