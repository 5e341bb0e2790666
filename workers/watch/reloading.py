"""An edited configuration is taken up by starting anew, once it is sound; until then all stays.

Every process looks at its own files and does so by itself, so no machine is forgotten, and what a
process works with is always one configuration, whole, as it was read when it started.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final, NoReturn

import structlog

from odoo_gateway.errors import ConfigurationError
from workers.config import settings as configuration
from workers.config.settings import Settings
from workers.ledger import marks
from workers.ledger.errors import LedgerError
from workers.wiring import Fleet

log = structlog.get_logger()

LOOK_SECONDS: Final = 15


class Watch:
    """Looks now and then whether the configuration of this process was edited.

    process: who looks, for people who read of it. A SIGHUP says that an edit is done; without one
    it is taken up when two looks have found the same, for it may be half written.
    """

    def __init__(self, fleet: Fleet, process: str) -> None:
        self._fleet = fleet
        self._process = process
        self._pause = min(LOOK_SECONDS, fleet.settings.environment.tick_seconds)
        self._seen = fleet.settings
        self._told: Sequence[str] = ()
        self._looked_at = time.monotonic()
        self._is_asked = False
        if not sys.stdin or not sys.stdin.isatty():
            signal.signal(signal.SIGHUP, self._ask)

    def look(self) -> bool:
        """Whether it is time to start anew. Costs nothing before it is time to look."""
        if not self._is_asked and time.monotonic() - self._looked_at < self._pause:
            return False
        is_asked, self._is_asked = self._is_asked, False
        self._looked_at = time.monotonic()
        try:
            found = configuration.load()
            self._refuse_worse(found)
        except (ConfigurationError, LedgerError) as error:
            self._tell(error.problems if isinstance(error, ConfigurationError) else [str(error)])
            return False
        self._tell(())
        seen, self._seen = self._seen, found
        return found != self._fleet.settings and (is_asked or found == seen)

    def _refuse_worse(self, found: Settings) -> None:
        """Raises ConfigurationError or LedgerError for what a start would fail with or lose."""
        worse = set(found.unusable) - set(self._fleet.settings.unusable)
        if worse:
            raise ConfigurationError(*(p for name in sorted(worse) for p in found.unusable[name]))
        if found != self._fleet.settings:
            with closing(Fleet(found).ledger) as ledger:
                ledger.check()

    def _tell(self, problems: Sequence[str]) -> None:
        if problems and tuple(problems) != self._told:
            log.error("configuration.unusable", kept="the one before", problems=list(problems))
        elif self._told and not problems:
            log.info("configuration.usable")
        if problems or self._told:
            self._mark(problems)
        self._told = tuple(problems)

    def _mark(self, problems: Sequence[str]) -> None:
        try:
            with self._fleet.ledger.transaction() as connection:
                if problems:
                    detail = {"problems": list(problems)}
                    now = self._fleet.clock()
                    marks.leave(connection, marks.CONFIGURATION, self._process, now, detail)
                else:
                    marks.wipe(connection, marks.CONFIGURATION, self._process)
        except LedgerError as error:
            log.warning("mark.unwritten", kind=marks.CONFIGURATION, error=str(error))

    def _ask(self, *_: object) -> None:
        self._is_asked = True


_ends: list[str] = []


def end_to_start_anew() -> None:
    """Log it, and have `start_anew_if_ended` do so once this process has ended in order."""
    log.info("configuration.taken_up", how="this process ends what it does and starts anew")
    _ends.append("wanted")


def ends_to_start_anew() -> bool:
    """Whether this process ends for that."""
    return bool(_ends)


def watch_beside(watch: Watch, end: Callable[[], None]) -> None:
    """Look from a thread, for a process that forks no others; `end` makes it end in order."""

    def looking() -> None:
        while not watch.look():
            time.sleep(1)
        end_to_start_anew()
        end()

    threading.Thread(target=looking, name="configuration", daemon=True).start()


def start_anew_if_ended() -> None:
    """Become the same command with the same environment, if that is why this process ended."""
    if ends_to_start_anew():
        _start_anew()


def _start_anew() -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
