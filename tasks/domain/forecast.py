"""How well hours were foreseen."""

from collections.abc import Iterable

Pair = tuple[float, float]


def accuracy_percent(pairs: Iterable[Pair]) -> float | None:
    """1 - sum of |forecast - worked| / sum of max(forecast, worked), of (forecast, worked) pairs.

    From Projector PSA's fields, whose own ratio is the complement. None when there is nothing.
    """
    found = list(pairs)
    larger = sum(max(forecast, worked) for forecast, worked in found)
    if not larger:
        return None
    return 100 * (1 - sum(abs(forecast - worked) for forecast, worked in found) / larger)


def worked_percent(pairs: Iterable[Pair]) -> float | None:
    """Worked / forecast; over- and under-forecast cancel in it. None without a forecast."""
    found = list(pairs)
    forecast = sum(pair[0] for pair in found)
    return 100 * sum(pair[1] for pair in found) / forecast if forecast else None


def bias_percent(pairs: Iterable[Pair]) -> float | None:
    """Sum of (forecast - worked) / sum of worked; above zero, too much was forecast."""
    found = list(pairs)
    worked = sum(pair[1] for pair in found)
    return 100 * sum(forecast - done for forecast, done in found) / worked if worked else None
