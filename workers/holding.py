"""Shows that the process which holds rows of the ledger is alive, so that leases can be short.

A worker that dies says nothing; what it held is free once it has been silent for
FLEET_SILENCE_SECONDS, however long its work may take.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from heapq import heappop, heappush
from itertools import count
from math import inf
from threading import Condition, Event, Thread
from time import monotonic
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
    every = _every(fleet, longest_seconds)
    give = partial(_give_signs, fleet, longest_seconds, hold, over, waited=True)
    _alarm().call(over, every, give)
    try:
        yield
    finally:
        over.set()


class _Alarm:
    """Calls, in a thread each, what is not over by its time.

    Most work is over before its first sign is due, and a thread for each costs more than its row.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: list[tuple[float, int, Event, Callable[[], None]]] = []
        self._wakes_at = 0.0
        self._count = count()
        self._thread: Thread | None = None

    def call(self, over: Event, seconds: float, what: Callable[[], None]) -> None:
        """Call it when so many seconds have passed, unless it is over by then."""
        due = monotonic() + seconds
        with self._changed:
            heappush(self._due, (due, next(self._count), over, what))
            if self._thread is None:
                self._thread = Thread(target=self._wait, name="holding", daemon=True)
                self._thread.start()
            elif due < self._wakes_at:
                self._changed.notify()

    def _wait(self) -> None:
        with self._changed:
            while True:
                now = monotonic()
                while self._due and (self._due[0][0] <= now or self._due[0][2].is_set()):
                    _, _, over, what = heappop(self._due)
                    if not over.is_set():
                        Thread(target=what, name="giving signs", daemon=True).start()
                self._wakes_at = self._due[0][0] if self._due else inf
                self._changed.wait(self._wakes_at - now if self._due else None)


@cache
def _alarm() -> _Alarm:
    """That of this process: a thread of its parent's is not in it."""
    return _Alarm()


os.register_at_fork(after_in_child=_alarm.cache_clear)


class Over(Protocol):
    """Tells when the work is over, like an Event."""

    def wait(self, seconds: float, /) -> bool:
        """Wait for so long at most; whether it is over."""


def _every(fleet: Fleet, longest_seconds: float) -> float:
    """Seconds between two signs."""
    return lease(fleet, longest_seconds).total_seconds() / SIGNS_PER_LEASE


def _give_signs(
    fleet: Fleet, longest_seconds: float, hold: Extend, over: Over, *, waited: bool = False
) -> None:
    """Give signs until it is over. waited: whether the time of the first has come."""
    length = lease(fleet, longest_seconds)
    every = _every(fleet, longest_seconds)
    # Counted, not timed: whatever hangs beyond its limit is to be taken over.
    for number in range(int(longest_seconds / every) - SIGNS_PER_LEASE):
        if over.wait(0 if waited and number == 0 else every):
            return
        try:
            with fleet.ledger.transaction() as connection:
                hold(connection, fleet.clock(), length)
        except LeaseLost:
            return
        except LedgerError as error:
            log.warning("sign.unwritten", error=str(error))
