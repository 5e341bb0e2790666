"""A person's period, judged: utilization against target and plan, and the weeks ahead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tasks.domain.periods import Period
from tasks.execution.utilization_variance.policy import UtilizationPolicy
from tasks.execution.utilization_variance.rules import Hours, Utilization
from tasks.execution.utilization_variance.snapshot import Snapshot
from tasks.records.people import Employee


@dataclass(frozen=True)
class Ahead:
    """What is planned for a person in the weeks to come. Hours."""

    period: Period
    capacity: float
    planned: float

    @property
    def percent(self) -> float | None:
        """Planned / capacity: scheduled utilization; None without capacity."""
        return round(100 * self.planned / self.capacity, 2) if self.capacity else None


@dataclass(frozen=True)
class Person:
    """An employee's period, judged."""

    employee: Employee
    department: str | None
    period: Period
    utilization: Utilization
    ahead: Ahead
    status: str
    #: Whether it is in the company's total.
    counted: bool
    policy: str
    #: Whether the database tells.
    knows_billable: bool = True


def person_of(employee: Employee, snapshot: Snapshot, policy: UtilizationPolicy) -> Person:
    own = policy.for_department(employee.department_id)
    found = _utilization(employee, snapshot, own)
    return Person(
        employee=employee,
        department=snapshot.departments.get(employee.department_id or 0),
        period=snapshot.period,
        utilization=found,
        ahead=_ahead(employee, snapshot),
        status=_status(found, own),
        counted=found.measurable and not own.excludes(employee),
        policy=own.version,
        knows_billable=snapshot.knows_billable,
    )


def _utilization(employee: Employee, snapshot: Snapshot, policy: UtilizationPolicy) -> Utilization:
    weeks = snapshot.period.whole_weeks()
    net = snapshot.schedules.expected(employee, weeks)
    gross = snapshot.schedules.gross(employee, weeks)
    capacity = _hours_in(net, snapshot.period)
    return Utilization(
        capacity=round(capacity, 2),
        leave=round(_hours_in(gross, snapshot.period) - capacity, 2),
        hours=snapshot.hours.get(employee.id, Hours()),
        planned=round(snapshot.plan.hours.get(employee.id, 0.0), 2),
        target=policy.target(employee),
        measurable=net is not None
        and employee.id not in snapshot.unreadable
        and snapshot.knows_billable,
    )


def _ahead(employee: Employee, snapshot: Snapshot) -> Ahead:
    expected = snapshot.schedules.expected(employee, snapshot.ahead)
    return Ahead(
        period=snapshot.ahead,
        capacity=round(_hours_in(expected, snapshot.ahead), 2),
        planned=round(snapshot.plan.ahead.get(employee.id, 0.0), 2),
    )


def _hours_in(hours: Mapping[date, float] | None, period: Period) -> float:
    return sum((hours or {}).get(day, 0.0) for day in period.days())


def _status(found: Utilization, policy: UtilizationPolicy) -> str:
    if not found.measurable:
        return "not_measurable"
    if found.percent is None:
        return "no_capacity"
    if found.attainment_percent is None:
        return "no_target"
    if found.attainment_percent < policy.band_from_percent:
        return "below_band"
    return "above_band" if found.attainment_percent > policy.band_to_percent else "ok"
