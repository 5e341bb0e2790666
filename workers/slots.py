"""Slots: the scheduled instants of a crontab line, in a zone, as UTC."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tasks.declaration import CatchUp, Cron

# With CatchUp.SKIP a slot older than this was missed: two looks of a beat that works.
ON_TIME: Final = timedelta(minutes=2)


def slots(line: str, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every slot later than `after` and not later than `until`, in order.

    Daylight saving as Debian's cron has it: a daily slot in the spring gap runs right after it,
    one in the autumn fold runs once.
    """
    for local in CronSim(line, after.astimezone(zone)):
        slot = local.astimezone(UTC)
        if slot > until:
            return
        if slot > after:
            yield slot


def next_slot(line: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first slot later than `after`."""
    return next(CronSim(line, after.astimezone(zone))).astimezone(UTC)


def due(
    cron: Cron, line: str, zone: ZoneInfo, closed: datetime, now: datetime
) -> Sequence[datetime]:
    """The slots to run now: those since the last closed one that the catch-up rule keeps."""
    missed = list(slots(line, zone, max(closed, now - cron.window), now))
    if cron.catch_up is CatchUp.ALL:
        return missed
    newest = missed[-1:]
    if cron.catch_up is CatchUp.SKIP:
        return [slot for slot in newest if now - slot <= ON_TIME]
    return newest
