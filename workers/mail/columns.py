"""Which parts of rows fit a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Long, and told by the checks of a row already, or only good to look something up.
LONG: Final = frozenset({"becomes_ready_when", "policy"})
Rows = Sequence[Mapping[str, Any]]


def plain(rows: Rows) -> list[str]:
    """The keys, in order, that hold no list and no mapping in any row."""
    return [
        key
        for key in (rows[0] if rows else ())
        if not any(isinstance(row[key], list | dict) for row in rows)
    ]


def told(rows: Rows) -> list[str]:
    """The plain keys that say something in at least one row."""
    return [key for key in plain(rows) if any(row[key] is not None for row in rows)]
