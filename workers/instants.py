"""Instants as commands print them: all of one screen in one zone, UTC unless told otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from typing import Final

_ZONE: Final = ContextVar[tzinfo]("zone", default=UTC)


@contextmanager
def in_zone(zone: tzinfo) -> Iterator[None]:
    """Write all instants in this zone meanwhile."""
    before = _ZONE.set(zone)
    try:
        yield
    finally:
        _ZONE.reset(before)


def written(at: datetime, timespec: str = "minutes") -> str:
    """An instant with the offset of its zone, Z for UTC."""
    text = at.astimezone(_ZONE.get()).isoformat(timespec=timespec)
    return text.removesuffix("+00:00") + "Z" if _ZONE.get() is UTC else text
