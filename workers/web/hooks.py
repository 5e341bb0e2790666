"""Takes what is posted at `/in/`: one answer and at most one line of the log for each post."""

from typing import Final

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from monitoring import metrics
from workers.config.sources import Source
from workers.intake import webhooks
from workers.intake.webhooks import BODY_LIMIT, NowhereToPost, Post, PostRefused, TooLarge, TooMany
from workers.ledger import counters
from workers.ledger.errors import LedgerError
from workers.web.guard import network
from workers.wiring import Fleet

log = structlog.get_logger()

PATH: Final = "/in/"
WAIT: Final = {"Retry-After": "60"}


class Hooks:
    """The endpoint. A client that is refused too often is not listened to for a while."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._refusals = RateLimitItemPerMinute(fleet.settings.environment.web_requests_per_minute)

    async def receive(self, request: Request) -> Response:
        """202 where an event is new, 200 where it is known, and what PostRefused says."""
        client = network(request.client.host if request.client else "")
        if not self._limiter.test(self._refusals, client):
            # Counted and logged a minute's worth already.
            return PlainTextResponse("Too many requests: wait a minute.\n", TooMany.status, WAIT)
        path = request.path_params
        tenant, source, secret = path["tenant"], path["source"], path.get("secret", "")
        try:
            webhooks.addressed(self._fleet, tenant, source, secret)
            post = Post(tenant, source, secret, request.headers, await _body(request))
            is_new = await run_in_threadpool(webhooks.receive, self._fleet, post, self._admit)
        except ClientDisconnect:
            return Response(status_code=400)
        except PostRefused as error:
            if not isinstance(error, TooMany):
                self._limiter.hit(self._refusals, client)
            await run_in_threadpool(self._refused, tenant, source, error)
            wait = WAIT if isinstance(error, TooMany) else None
            return PlainTextResponse(f"{error.reason}\n", error.status, wait)
        except LedgerError as error:
            log.error("event.not_kept", tenant=tenant, source=source, message=str(error))
            return PlainTextResponse("try again\n", 503, WAIT)
        return PlainTextResponse("ok\n", 202 if is_new else 200)

    def _admit(self, post: Post, source: Source) -> None:
        """Of what the source itself sent, so that nobody else uses up what it may send."""
        limit = RateLimitItemPerMinute(source.settings.posts_per_minute)
        if not self._limiter.hit(limit, "source", post.tenant, post.source):
            raise TooMany("more than posts_per_minute of this source")

    def _refused(self, tenant: str, source: str, error: PostRefused) -> None:
        """Log and count it; who posts nowhere may choose any names, which become no labels."""
        if isinstance(error, NowhereToPost):
            tenant, source = "", ""
        log.warning(
            "event.refused", tenant=tenant, source=source, reason=error.reason, message=str(error)
        )
        try:
            with self._fleet.ledger.transaction() as connection:
                counters.add(connection, [metrics.event_refused(tenant, source, error.reason)])
        except LedgerError as ledger:
            log.error("event.not_counted", message=str(ledger))


async def _body(request: Request) -> bytes:
    """Raises TooLarge before more than BODY_LIMIT is kept."""
    try:
        announced = int(request.headers.get("content-length", "0"))
    except ValueError:
        announced = 0
    body = bytearray()
    if announced <= BODY_LIMIT:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                break
    if max(announced, len(body)) > BODY_LIMIT:
        raise TooLarge(f"it has more than {BODY_LIMIT:,} bytes")
    return bytes(body)
