"""What health means: a list of checks, each passed or not, with what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEVELS: Final = ("live", "ready", "deep")
# Four heartbeats: whoever missed them all hangs.
SILENCE: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    passed: bool
    detail: str


def heartbeat(what: str, beaten_at: datetime | None, now: datetime) -> Check:
    """Whether a heart has beaten lately; `beaten_at` is None when it never did."""
    if beaten_at is None:
        return Check(what, False, "no heartbeat: not started here, or not ready yet")
    silent = now - beaten_at
    detail = f"last heartbeat {silent.total_seconds():.0f} s ago"
    return Check(what, silent < SILENCE, detail)


def attempt(what: str, look: Callable[[], object]) -> Check:
    """Whether looking raised nothing."""
    try:
        look()
    except Exception as error:
        return Check(what, False, str(error))
    return Check(what, True, "reached")


def levels_up_to(level: str) -> Sequence[str]:
    """The levels that a level includes. Raises ValueError for a level that there is not."""
    return LEVELS[: LEVELS.index(level) + 1]
