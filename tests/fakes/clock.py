"""A clock that moves only when it is told to."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Clock:
    """Call it for the time."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> datetime:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**span)
        return self.now
