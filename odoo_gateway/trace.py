"""The trace id of what this context works on; every request to an Odoo carries it."""

from contextvars import ContextVar
from typing import Final
from urllib.request import BaseHandler, Request

HEADER: Final = "X-Fleet-Trace"

current: ContextVar[str] = ContextVar("fleet_trace", default="")


class TraceHeader(BaseHandler):
    """What urllib asks before it sends a request."""

    def http_request(self, request: Request) -> Request:
        """The request, with the header if there is a trace."""
        if trace_id := current.get():
            request.add_header(HEADER, trace_id)
        return request

    https_request = http_request
