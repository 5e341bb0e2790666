"""The web application: GET and HEAD show, POST acts."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from monitoring.serving import Server
from odoo_gateway.errors import ConfigurationError
from tasks.domain.texts import Text
from workers.ledger.errors import LedgerError
from workers.links import LinkError, LinkExpired, LinkForged, Links
from workers.watch import examination
from workers.web import guard
from workers.web.acting import Site
from workers.web.case_page import CasePage
from workers.web.effect_page import EffectPage
from workers.web.forms import Forms
from workers.web.hooks import PATH, Hooks
from workers.web.pages import page, reader_of, stylesheet
from workers.web.preferences_page import MailsPage, PreferencesPage
from workers.web.refusals import Refused
from workers.wiring import Fleet

log = structlog.get_logger()
NOT_NOW: Final = Text("This cannot be shown just now")

Handler = Callable[[Request, dict[str, str]], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def server(fleet: Fleet, address: str, port: int) -> Server:
    """A server that is not started yet.

    Raises ConfigurationError as `application`, and where it cannot listen.
    """
    return Server(application(fleet), address, port, fleet.settings.environment.web_proxies)


def application(fleet: Fleet) -> ASGIApp:
    """The pages of a fleet. Raises ConfigurationError where links cannot be made."""
    if fleet.links is None:
        raise ConfigurationError(
            "FLEET_WEB_URL: not set; give the address at which people reach the page"
        )
    site = Site(fleet, fleet.links, Forms(fleet.links.secrets, fleet.clock))
    case, preferences, effect = CasePage(site), PreferencesPage(site), EffectPage(site)
    hooks = Hooks(fleet)
    pages = Starlette(
        routes=[
            Route("/c/{token}", case.show, methods=["GET"]),
            Route("/c/{token}", _acting(site, case.act), methods=["POST"]),
            Route("/p/{token}", preferences.show, methods=["GET"]),
            Route("/p/{token}", _acting(site, preferences.act), methods=["POST"]),
            Route("/e/{token}", effect.show, methods=["GET"]),
            Route("/e/{token}", _acting(site, effect.act), methods=["POST"]),
            Route("/m/{token}", MailsPage(site).show, methods=["GET"]),
            Route(f"{PATH}{{tenant}}/{{source}}", hooks.receive, methods=["POST"]),
            Route(f"{PATH}{{tenant}}/{{source}}/{{secret}}", hooks.receive, methods=["POST"]),
            Route("/page.css", _css, methods=["GET"]),
            Route("/health/live", _live, methods=["GET"]),
            Route("/health/ready", lambda request: _ready(fleet), methods=["GET"]),
        ],
        exception_handlers={
            Refused: partial(_refused, fleet.links),
            LinkForged: partial(_no_link, fleet.links, 403, Text("This link does not open")),
            LinkExpired: partial(_no_link, fleet.links, 410, Text("This link is too old")),
            LedgerError: partial(_away, fleet.links),
            HTTPException: partial(_no_page, fleet.links),
            Exception: partial(_broken, fleet.links),
        },
    )
    # A redirect to the address without its slash would lead to whatever host was asked for.
    pages.router.redirect_slashes = False
    # Around all of it, so that no error escapes without them.
    limit = fleet.settings.environment.web_requests_per_minute
    return guard.Headers(guard.Rate(pages, limit, elsewhere=PATH))


def _acting(site: Site, act: Handler) -> Endpoint:
    """An endpoint for a form; what follows from it happens outside the event loop."""

    async def endpoint(request: Request) -> Response:
        guard.refuse_foreign(request, site.links.web_url)
        try:
            fields = await guard.fields(request)
        except ClientDisconnect:
            # Nobody is there to be told.
            log.info("page.form_not_sent")
            return Response(status_code=400)
        return await run_in_threadpool(act, request, fields)

    return endpoint


def _css(request: Request) -> Response:
    return Response(stylesheet(), media_type="text/css")


def _live(request: Request) -> Response:
    return PlainTextResponse("ok")


def _ready(fleet: Fleet) -> Response:
    # What is wrong stands in the log: strangers may ask, too.
    check = examination.ledger(fleet)
    if not check.passed:
        log.error("page.not_ready", what=check.what, detail=check.detail)
    return PlainTextResponse("ok" if check.passed else "not ready", 200 if check.passed else 503)


def _refused(links: Links, request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _told(links, error.status, error.heading, request, error.why)


def _no_link(
    links: Links, status: int, heading: Text, request: Request, error: Exception
) -> Response:
    assert isinstance(error, LinkError)
    return _told(links, status, heading, request, error.why)


def _away(links: Links, request: Request, error: Exception) -> Response:
    log.error("page.failed", error=type(error).__name__, message=str(error))
    away = Text("the fleet's ledger does not answer; try again in a few minutes")
    return _told(links, 503, NOT_NOW, request, away)


def _broken(links: Links, request: Request, error: Exception) -> Response:
    ours = Text("the fleet made a mistake here; whoever runs it finds it in the log")
    return _told(links, 500, NOT_NOW, request, ours)


def _no_page(links: Links, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    nowhere = Text("the address is not one that a mail of the fleet links to")
    return _told(links, error.status_code, Text("No such page"), request, nowhere)


def _told(links: Links, status: int, heading: Text, request: Request, why: Text) -> Response:
    return page(reader_of(request, links), "refused", status, heading=heading, reason=why)
