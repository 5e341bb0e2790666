"""Holds every column of every row of a report against what an oracle expects of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from .column_by_column import Counted, differences

Rows = Mapping[Any, Mapping[str, Any]]


def hold(
    what: str, rows: Sequence[Mapping[str, Any]], expected: Rows, key: Sequence[str] = ()
) -> None:
    """Assert that there are exactly the expected rows, with exactly the expected columns.

    key: the columns by which a row is known; of one column the key is its value.
    """

    def named(row: Mapping[str, Any]) -> Hashable:
        values = tuple(row[name] for name in key)
        return values[0] if len(values) == 1 else values

    found = {named(row): dict(row) for row in rows}
    assert len(found) == len(rows), f"{what}: two rows have one key"
    said = [f"no row of {one}: {dict(expected[one])}" for one in expected.keys() - found.keys()]
    said += [f"a row too many of {one}: {found[one]}" for one in found.keys() - expected.keys()]
    count = Counted()
    for one in found.keys() & expected.keys():
        said += differences(str(one), found[one], expected[one], count)
    compared = len(found.keys() & expected.keys())
    print(f"{what}: {compared} rows compared, {count.values} values, {len(said)} differ")
    assert not said, "\n".join([f"{what}: {len(said)} differences", *sorted(said)[:60]])
    assert compared == len(rows) == len(expected) > 0
