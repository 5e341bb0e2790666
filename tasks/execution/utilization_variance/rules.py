"""Utilization of a person in a period: how much of the capacity was billable, and what is behind.

Billable and total hours over net available hours: Kantata. Productive, with credited time:
Certinia. The band as a share of the target: Deltek. The split of the variance is ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Hours that were foreseen, and those that were worked.
Pair = tuple[float, float]


@dataclass(frozen=True)
class Hours:
    """What a person logged: all of it, what is billable, and what else is credited."""

    worked: float = 0.0
    billable: float = 0.0
    credited: float = 0.0


@dataclass(frozen=True)
class Utilization:
    """One person's period. Hours; capacity is net of leave and holidays, target in percent of it.

    Percentages are None without capacity: a person on leave for all of it is not idle.
    """

    capacity: float
    leave: float
    hours: Hours
    planned: float
    target: float | None
    measurable: bool = True

    @property
    def percent(self) -> float | None:
        """Billable / capacity."""
        return self._of_capacity(self.hours.billable)

    @property
    def productive_percent(self) -> float | None:
        """(Billable + credited) / capacity."""
        return self._of_capacity(self.hours.billable + self.hours.credited)

    @property
    def total_percent(self) -> float | None:
        """All logged hours / capacity."""
        return self._of_capacity(self.hours.worked)

    @property
    def attainment_percent(self) -> float | None:
        """Utilization / target."""
        if self.percent is None or self.target is None:
            return None
        return 100 * self.percent / self.target

    @property
    def variance_points(self) -> float | None:
        """Actual less target, in percentage points."""
        if self.percent is None or self.target is None:
            return None
        return round(self.percent - self.target, 2)

    @property
    def variance_hours(self) -> float | None:
        """The hours behind the points: plan gap + delivery gap."""
        return self._beyond_target(self.hours.billable)

    @property
    def plan_gap_hours(self) -> float | None:
        """Planned less target: below zero, too little was planned."""
        return self._beyond_target(self.planned)

    @property
    def delivery_gap_hours(self) -> float | None:
        """Billable less planned: below zero, the plan was not delivered."""
        if self.plan_gap_hours is None:
            return None
        return round(self.hours.billable - self.planned, 2)

    @property
    def missing_hours(self) -> float:
        """Capacity that nobody logged anything for."""
        return round(max(0.0, self.capacity - self.hours.worked), 2)

    def _of_capacity(self, hours: float) -> float | None:
        if not self.measurable or not self.capacity:
            return None
        return round(100 * hours / self.capacity, 2)

    def _beyond_target(self, hours: float) -> float | None:
        if self.percent is None or self.target is None:
            return None
        return round(hours - self.capacity * self.target / 100, 2)


def accuracy_percent(pairs: Iterable[Pair]) -> float | None:
    """1 - sum of |forecast - worked| / sum of max(forecast, worked), of (forecast, worked) pairs.

    From Projector PSA's fields, whose own ratio is the complement. None when there is nothing.
    """
    found = list(pairs)
    larger = sum(max(forecast, worked) for forecast, worked in found)
    if not larger:
        return None
    return 100 * (1 - sum(abs(forecast - worked) for forecast, worked in found) / larger)


def bias_percent(pairs: Iterable[Pair]) -> float | None:
    """Sum of (forecast - worked) / sum of worked; above zero, too much was forecast."""
    found = list(pairs)
    worked = sum(pair[1] for pair in found)
    return 100 * sum(forecast - done for forecast, done in found) / worked if worked else None
