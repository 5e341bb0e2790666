"""The instants that the suite is played at, and which of them a commit plays."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

INSTANTS: Final = {
    name: datetime.fromisoformat(instant).replace(tzinfo=UTC)
    for name, instant in {
        "saturday": "2026-11-28T10:00",
        "sunday": "2026-11-29T06:30",
        "monday-and-month-end": "2026-11-30T08:00",
        "tuesday-late": "2026-12-01T23:50",
        "before-midnight": "2026-12-16T23:59",
        "year-end": "2026-12-31T23:59",
        "new-year": "2027-01-01T00:00",
        "week-53": "2027-01-03T12:00",
        "short-month-end": "2027-02-28T21:00",
        # A minute before the hour that this Sunday does not have in Europe.
        "clocks-forward": "2027-03-28T00:59",
        "quarter-end": "2027-03-31T12:00",
        # Within the hour that this Sunday has twice in Europe.
        "clocks-back": "2027-10-31T00:30",
        "clocks-back-in-america": "2027-11-07T05:30",
        "leap-day": "2028-02-29T12:00",
    }.items()
}
#: What the demo is played at.
DEMO: Final = ("saturday", "before-midnight", "new-year", "clocks-forward")


def chosen(commit: str, count: int = 2) -> Sequence[str]:
    """Names of neighbouring instants, chosen by a commit's hash; the same for the same commit."""
    names = list(INSTANTS)
    first = int(commit, 16) % len(names)
    return [names[(first + step) % len(names)] for step in range(count)]


def shares(commit: str, count: int = 2) -> Sequence[str]:
    """Which files of tests each of them plays, as `--every` takes it: together, all files once."""
    turn = int(commit, 16) // len(INSTANTS)
    return [f"{(turn + step) % count + 1}/{count}" for step in range(count)]
