"""The web application: GET and HEAD show, POST acts."""

from collections.abc import Awaitable, Callable

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from odoo_gateway.errors import ConfigurationError, FleetError
from workers import examination
from workers.ledger.errors import LedgerError
from workers.links import LinkExpired, LinkForged
from workers.web import guard
from workers.web.acting import Site
from workers.web.case_page import CasePage
from workers.web.forms import Forms
from workers.web.pages import page, stylesheet
from workers.web.preferences_page import PreferencesPage
from workers.web.refusals import Refused
from workers.wiring import Fleet

log = structlog.get_logger()

Act = Callable[[str, dict[str, str]], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def server(fleet: Fleet, address: str, port: int) -> uvicorn.Server:
    """A server that is not started yet. Raises ConfigurationError as `application`."""
    config = uvicorn.Config(
        application(fleet),
        host=address,
        port=port,
        # Its log would hold whole links, and with them what opens a case.
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config)


def application(fleet: Fleet) -> ASGIApp:
    """The pages of a fleet. Raises ConfigurationError where links cannot be made."""
    if fleet.links is None:
        raise ConfigurationError(
            "FLEET_WEB_URL: not set; give the address at which people reach the page"
        )
    site = Site(fleet, fleet.links, Forms(fleet.links.secrets, fleet.clock))
    case, preferences = CasePage(site), PreferencesPage(site)
    pages = Starlette(
        routes=[
            Route("/c/{token}", case.show, methods=["GET"]),
            Route("/c/{token}", _acting(site, case.act), methods=["POST"]),
            Route("/p/{token}", preferences.show, methods=["GET"]),
            Route("/p/{token}", _acting(site, preferences.act), methods=["POST"]),
            Route("/page.css", _css, methods=["GET"]),
            Route("/health/live", _live, methods=["GET"]),
            Route("/health/ready", lambda request: _ready(fleet), methods=["GET"]),
        ],
        exception_handlers={
            Refused: _refused,
            LinkForged: _told(403, "This link does not open"),
            LinkExpired: _told(410, "This link is too old"),
            LedgerError: _told(503, "This cannot be shown just now"),
            HTTPException: _no_page,
        },
    )
    # Around all of it, so that no error escapes without them.
    return guard.Headers(pages)


def _acting(site: Site, act: Act) -> Endpoint:
    """An endpoint for a form; what follows from it happens outside the event loop."""

    async def endpoint(request: Request) -> Response:
        guard.refuse_foreign(request, site.links.web_url)
        fields = await guard.fields(request)
        return await run_in_threadpool(act, request.path_params["token"], fields)

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


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return page("refused", error.status, heading=error.heading, reason=str(error))


def _told(status: int, heading: str) -> Callable[[Request, Exception], Response]:
    def handler(request: Request, error: Exception) -> Response:
        assert isinstance(error, FleetError)
        reason = str(error)
        if status >= 500:
            log.error("page.failed", error=type(error).__name__, message=reason)
            reason = "the fleet's ledger does not answer; try again in a few minutes"
        return page("refused", status, heading=heading, reason=reason)

    return handler


def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return page("refused", error.status_code, heading="No such page", reason=error.detail)
