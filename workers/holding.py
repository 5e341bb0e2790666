"""Shows that the process which holds rows of the ledger is alive, so that leases can be short.

A worker that dies says nothing; what it held is free once it has been silent for
FLEET_SILENCE_SECONDS, however long its work may take.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final, Protocol

import structlog

from workers.ledger.database import Connection
from workers.ledger.errors import LeaseLost, LedgerError
from workers.wiring import Fleet

log = structlog.get_logger()

# A sign may be late, or the ledger away for a moment, without a loss.
SIGNS_PER_LEASE: Final = 4
Extend = Callable[[Connection, datetime, timedelta], None]


def lease(fleet: Fleet, longest_seconds: float) -> timedelta:
    """For how long rows are held without a sign, where the work may take so long."""
    return timedelta(seconds=min(fleet.settings.environment.silence_seconds, longest_seconds))


@contextmanager
def holding(fleet: Fleet, longest_seconds: float, hold: Extend) -> Iterator[None]:
    """Extend what was claimed for the length of the block, but no longer than the work may take."""
    over = Event()
    arguments = (fleet, longest_seconds, hold, over)
    Thread(target=_give_signs, args=arguments, name="holding", daemon=True).start()
    try:
        yield
    finally:
        over.set()


class Over(Protocol):
    """Tells when the work is over, like an Event."""

    def wait(self, seconds: float, /) -> bool:
        """Wait for so long at most; whether it is over."""


def _give_signs(fleet: Fleet, longest_seconds: float, hold: Extend, over: Over) -> None:
    length = lease(fleet, longest_seconds)
    every = length.total_seconds() / SIGNS_PER_LEASE
    # Counted, not timed: whatever hangs beyond its limit is to be taken over.
    for _ in range(int(longest_seconds / every) - SIGNS_PER_LEASE):
        if over.wait(every):
            return
        try:
            with fleet.ledger.transaction() as connection:
                hold(connection, fleet.clock(), length)
        except LeaseLost:
            return
        except LedgerError as error:
            log.warning("sign.unwritten", error=str(error))
