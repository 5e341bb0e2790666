"""Ageing of work in progress by entry: buckets, and which entries unlinked invoices have billed.

Buckets 0-30, 31-60, 61-90, 91+ with inclusive upper edges (Total Synergy, Canopy); work dated after
the as-of day and work that nobody can date stand apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal, get_args

AgeBucket = Literal["0-30", "31-60", "61-90", "91+", "future", "undated"]

FUTURE: Final = "future"
UNDATED: Final = "undated"
EDGES: Final[tuple[tuple[int, AgeBucket], ...]] = ((30, "0-30"), (60, "31-60"), (90, "61-90"))
OLDEST: Final = "91+"
BUCKETS: Final[tuple[AgeBucket, ...]] = get_args(AgeBucket)


@dataclass(frozen=True)
class Entry:
    """Something delivered on a day: quantity in the line's unit, and hours if it is time."""

    day: date | None
    quantity: Decimal
    hours: Decimal | None = None


@dataclass(frozen=True)
class Aged:
    """What of a line lies in one bucket."""

    bucket: AgeBucket
    hours: Decimal | None
    value: Decimal


def age_days(day: date, today: date) -> int:
    """Calendar days from the day of the work to the as-of day; negative in the future."""
    return (today - day).days


def bucket_of(day: date | None, today: date) -> AgeBucket:
    """The bucket of a day."""
    if day is None:
        return UNDATED
    age = age_days(day, today)
    if age < 0:
        return FUTURE
    return next((name for edge, name in EDGES if age <= edge), OLDEST)


def still_open(entries: Iterable[Entry], quantity: Decimal) -> Sequence[Entry]:
    """The entries that make up the unbilled quantity; the billed ones are taken off oldest first.

    What the entries do not reach remains as an undated entry.
    """
    by_age = sorted(entries, key=lambda entry: entry.day or date.max)
    surplus = sum((entry.quantity for entry in by_age), Decimal(0)) - quantity
    found: list[Entry] = []
    for entry in by_age:
        billed = min(max(surplus, Decimal(0)), entry.quantity)
        surplus -= billed
        if billed < entry.quantity:
            found.append(_part(entry, entry.quantity - billed))
    if surplus < 0:
        found.append(Entry(None, -surplus))
    return found


def aged(entries: Sequence[Entry], value: Decimal, today: date) -> tuple[Aged, ...]:
    """The value shared out over buckets by quantity; the parts add up to it to the last digit."""
    total = sum((entry.quantity for entry in entries), Decimal(0))
    if not total:
        return (Aged(UNDATED, None, value),) if value else ()
    found: dict[AgeBucket, Aged] = {}
    left = value
    for number, entry in enumerate(entries):
        last = number == len(entries) - 1
        share = left if last else (value * entry.quantity / total).quantize(value)
        left -= share
        bucket = bucket_of(entry.day, today)
        before = found.get(bucket, Aged(bucket, None, Decimal(0)))
        hours = before.hours if entry.hours is None else (before.hours or 0) + entry.hours
        found[bucket] = Aged(bucket, hours, before.value + share)
    return tuple(found[bucket] for bucket in BUCKETS if bucket in found)


def _part(entry: Entry, quantity: Decimal) -> Entry:
    hours = None if entry.hours is None else entry.hours * quantity / entry.quantity
    return replace(entry, quantity=quantity, hours=hours)
