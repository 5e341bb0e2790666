"""Percentiles by the nearest rank: always a value that somebody had, however few there are."""

import math
from collections.abc import Iterable


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The smallest value that at least `percent` of them do not exceed; None of none.

    percent: above 0, at most 100. The nearest-rank definition (NIST, "Percentiles", method of
    ordinal rank ceil(p/100 x n)).
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(percent * len(ordered) / 100) - 1)]
