"""Holds every column of every row of a document against what an oracle expects of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

HOURS_APART = 0.0101


@dataclass(frozen=True)
class Fits:
    """A value that no oracle can spell out, but of which it knows what is true."""

    what: str
    rule: Callable[[Any], bool]


@dataclass(frozen=True)
class Near:
    """Money that is a share of a whole: rounding may take or give one last digit."""

    amount: Decimal
    digit: Decimal


SOMETHING = Fits("some text", lambda text: isinstance(text, str) and bool(text.strip()))
TEXT = Fits("text or none", lambda text: isinstance(text, str))


def compare(
    job: str,
    rows: Sequence[BaseModel],
    expected: Mapping[Any, Mapping[str, Any]],
    key: str,
    added: Sequence[str] = (),
) -> None:
    """Assert that the rows are exactly the expected ones, in every column but the added ones."""
    found = {getattr(row, key): row.model_dump(exclude=set(added)) for row in rows}
    assert len(found) == len(rows), f"{job}: a {key} has two rows"
    missing, extra = expected.keys() - found.keys(), found.keys() - expected.keys()
    said = [f"{job} has no row of {one}: {dict(expected[one])}" for one in sorted(missing)]
    said += [f"{job} has a row too many of {one}: {found[one]}" for one in sorted(extra)]
    count = Counted()
    for one in sorted(found.keys() & expected.keys()):
        said += differences(f"{job} {one}", found[one], expected[one], count)
    columns = {column for row in found.values() for column in row}
    compared = len(found.keys() & expected.keys())
    print(
        f"{job}: {compared} of {len(rows)} rows compared, {len(columns)} columns, "
        f"{count.values} values, {len(said)} differences"
    )
    assert not said, "\n".join([f"{len(said)} differences", *said])
    assert compared == len(rows) == len(expected)


@dataclass
class Counted:
    """How many single values were compared."""

    values: int = 0


def differences(where: str, found: Any, expected: Any, count: Counted) -> list[str]:
    """What differs; money to the last digit, hours to a hundredth, all else exactly."""
    if isinstance(expected, Mapping):
        if not isinstance(found, dict) or found.keys() != expected.keys():
            return [f"{where}: {found!r} is not {expected!r}"]
        parts = [differences(f"{where}.{k}", found[k], expected[k], count) for k in expected]
        return [one for part in parts for one in part]
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return [f"{where}: {found!r} is not {expected!r}"]
        pairs = enumerate(zip(found, expected, strict=True))
        parts = [differences(f"{where}[{n}]", one, two, count) for n, (one, two) in pairs]
        return [one for part in parts for one in part]
    count.values += 1
    return [] if _same(found, expected) else [f"{where}: {found!r} is not {expected!r}"]


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, Fits):
        return expected.rule(found)
    if isinstance(expected, Near):
        return abs(Decimal(found) - expected.amount) <= expected.digit
    if isinstance(expected, Decimal):
        return isinstance(found, str) and Decimal(found) == expected
    if isinstance(expected, float) and found is not None:
        return bool(abs(found - expected) < HOURS_APART)
    return bool(found == expected)
