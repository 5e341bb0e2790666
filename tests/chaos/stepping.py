"""A clock that a test can step: the true time and as many seconds as a file says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from workers import wiring


@dataclass(frozen=True)
class SteppedClock:
    """Call it for the time."""

    file: Path

    def __call__(self) -> datetime:
        return wiring.utc_now() + timedelta(seconds=float(self.file.read_text() or 0))


def install(file: Path) -> None:
    """Give this process' fleet that clock, as its constructor allows."""
    stepped = partial(wiring.Fleet, clock=SteppedClock(file))
    wiring.Fleet = stepped  # type: ignore[misc, assignment]
