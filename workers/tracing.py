"""One trace id from slot to mail: in log lines and in what is asked of Odoo meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from odoo_gateway import trace


@contextmanager
def traced(trace_id: str, **about: str | int) -> Iterator[None]:
    """All that is logged in the block says the id and `about`; all requests carry the id."""
    before = trace.current.set(trace_id)
    try:
        with bound_contextvars(trace_id=trace_id, **about):
            yield
    finally:
        trace.current.reset(before)
