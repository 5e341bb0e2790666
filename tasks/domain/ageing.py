"""Ageing of work in progress by entry: buckets, and which entries are billed or corrected already.

Buckets 0-30, 31-60, 61-90, 91+ with inclusive upper edges (Total Synergy, Canopy); work dated after
the as-of day and work that nobody can date stand apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal, get_args

from tasks.domain.money import Currency

AgeBucket = Literal["0-30", "31-60", "61-90", "91+", "future", "undated"]

FUTURE: Final = "future"
UNDATED: Final = "undated"
EDGES: Final[tuple[tuple[int, AgeBucket], ...]] = ((30, "0-30"), (60, "31-60"), (90, "61-90"))
# Odoo rounds quantities to a hundredth: what is delivered, and of hours what each invoice bills.
ROUNDING: Final = Decimal("0.005")
ROUNDING_OF_HOURS: Final = Decimal("0.02")
OLDEST: Final = "91+"
BUCKETS: Final[tuple[AgeBucket, ...]] = get_args(AgeBucket)


@dataclass(frozen=True)
class Entry:
    """Something delivered on a day, or a correction below zero: quantity in the line's unit.

    Of time it has hours, and what they cost in the company's currency.
    """

    day: date | None
    quantity: Decimal
    hours: Decimal | None = None
    cost: Decimal | None = None


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


def netted(entries: Iterable[Entry]) -> Sequence[Entry]:
    """The entries above zero, oldest first; corrections are taken off, of the oldest first.

    They add up to what all entries do, but for corrections of more than there is: those correct
    what is billed. Hours and costs go with the quantities.
    """
    every = sorted(entries, key=lambda entry: entry.day or date.max)
    found = [entry for entry in every if entry.quantity > 0]
    for correction in (entry for entry in every if entry.quantity < 0):
        found = _corrected(found, correction)
    return found


def _corrected(by_age: Iterable[Entry], correction: Entry) -> list[Entry]:
    found, left = [], -correction.quantity
    for entry in by_age:
        taken = min(left, entry.quantity)
        left -= taken
        if taken < entry.quantity:
            found.append(_sum(entry, _part(correction, -taken)))
    return found


def still_open(entries: Iterable[Entry], quantity: Decimal) -> Sequence[Entry]:
    """The entries that make up the unbilled quantity; the billed ones are taken off oldest first.

    None is below zero: corrections are netted before. What the entries do not reach remains as an
    undated entry. Differences that come of rounding quantities are none.
    """
    by_age = netted(entries)
    surplus = sum((entry.quantity for entry in by_age), Decimal(0)) - quantity
    timed = any(entry.hours is not None for entry in by_age)
    rounding = ROUNDING_OF_HOURS if timed else ROUNDING
    if by_age and abs(surplus) <= rounding:
        return by_age
    found: list[Entry] = []
    for entry in by_age:
        billed = min(max(surplus, Decimal(0)), entry.quantity)
        surplus -= billed
        if billed < entry.quantity:
            found.append(_part(entry, entry.quantity - billed))
    if surplus < -rounding:
        found.append(Entry(None, -surplus))
    return found


def aged(
    entries: Sequence[Entry], value: Decimal, today: date, currency: Currency
) -> tuple[Aged, ...]:
    """The value shared out over buckets by quantity; the parts add up to it to the last digit."""
    by_bucket: dict[AgeBucket, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_bucket[bucket_of(entry.day, today)].append(entry)
    total = sum((entry.quantity for entry in entries), Decimal(0))
    if not total:
        return (Aged(UNDATED, None, value),) if value else ()
    found, quantity, shared = [], Decimal(0), Decimal(0)
    for bucket in (bucket for bucket in BUCKETS if bucket in by_bucket):
        quantity += sum((entry.quantity for entry in by_bucket[bucket]), Decimal(0))
        share = currency.round(value * quantity / total) - shared
        shared += share
        found.append(Aged(bucket, _hours(by_bucket[bucket]), share))
    return tuple(found)


def spread(value: Decimal, over: Iterable[Aged], currency: Currency) -> tuple[Aged, ...]:
    """A value shared out as what is aged already: a discount is as old as what it is taken off."""
    by_bucket: dict[AgeBucket, Decimal] = defaultdict(Decimal)
    for part in over:
        by_bucket[part.bucket] += part.value
    total = sum(by_bucket.values(), Decimal(0))
    if not total:
        return (Aged(UNDATED, None, value),)
    found, reached, shared = [], Decimal(0), Decimal(0)
    for bucket in (bucket for bucket in BUCKETS if bucket in by_bucket):
        reached += by_bucket[bucket]
        share = currency.round(value * reached / total) - shared
        shared += share
        found.append(Aged(bucket, None, share))
    return tuple(found)


def _hours(entries: Iterable[Entry]) -> Decimal | None:
    known = [entry.hours for entry in entries if entry.hours is not None]
    return sum(known, Decimal(0)) if known else None


def cost_of(entries: Iterable[Entry]) -> Decimal:
    """What the hours among the entries cost, in the company's currency."""
    return sum((entry.cost for entry in entries if entry.cost is not None), Decimal(0))


def _part(entry: Entry, quantity: Decimal) -> Entry:
    def share(whole: Decimal | None) -> Decimal | None:
        return None if whole is None else whole * quantity / entry.quantity

    return replace(entry, quantity=quantity, hours=share(entry.hours), cost=share(entry.cost))


def _sum(entry: Entry, other: Entry) -> Entry:
    def both(one: Decimal | None, two: Decimal | None) -> Decimal | None:
        return one if two is None else (one or Decimal(0)) + two

    return Entry(
        entry.day,
        entry.quantity + other.quantity,
        both(entry.hours, other.hours),
        both(entry.cost, other.cost),
    )
