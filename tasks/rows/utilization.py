"""How utilization is told: the row of a person, and the total of the company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.domain.forecast import accuracy_percent, bias_percent
from tasks.domain.periods import Period
from tasks.domain.utilization import Utilization
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
    """An employee's period, judged.

    counted: whether it is in the company's total. knows_billable: whether the database tells.
    """

    employee: Employee
    department: str | None
    period: Period
    utilization: Utilization
    ahead: Ahead
    status: str
    counted: bool
    policy: str
    knows_billable: bool = True


def row(person: Person) -> Mapping[str, Any]:
    """One employee, as the JSON contract has it."""
    found, ahead = person.utilization, person.ahead
    return {
        "employee_id": person.employee.id,
        "employee": person.employee.name,
        "department": person.department,
        "period_start": str(person.period.start),
        "period_end": str(person.period.end),
        "capacity_hours": found.capacity,
        "leave_hours": found.leave,
        "worked_hours": round(found.hours.worked, 2),
        "billable_hours": round(found.hours.billable, 2) if person.knows_billable else None,
        "planned_hours": found.planned,
        "utilization_percent": found.percent,
        "productive_percent": found.productive_percent,
        "total_percent": found.total_percent,
        "target_percent": found.target,
        "variance_points": found.variance_points,
        "variance_hours": found.variance_hours,
        "status": person.status,
        "explained": {
            "plan_gap_hours": found.plan_gap_hours,
            "delivery_gap_hours": found.delivery_gap_hours,
            "leave_hours": found.leave,
            "missing_hours": found.missing_hours,
        },
        "ahead": {
            "period_start": str(ahead.period.start),
            "period_end": str(ahead.period.end),
            "capacity_hours": ahead.capacity,
            "planned_hours": ahead.planned,
            "scheduled_percent": ahead.percent,
        },
        "policy": person.policy,
    }


def total(people: Sequence[Person], planned_basis: str) -> Mapping[str, Any]:
    """The company in one line: what the ratios rest on, and how well hours were foreseen."""
    counted = [person.utilization for person in people if person.counted]
    foreseen = [(found.planned, found.hours.worked) for found in counted]
    return {
        "basis": "billable hours / capacity net of leave and holidays, all logged hours",
        "planned_basis": planned_basis,
        "employees": len(counted),
        "capacity_hours": round(sum(found.capacity for found in counted), 2),
        "worked_hours": round(sum(found.hours.worked for found in counted), 2),
        "billable_hours": round(sum(found.hours.billable for found in counted), 2),
        "planned_hours": round(sum(found.planned for found in counted), 2),
        "forecast_accuracy_percent": _rounded(accuracy_percent(foreseen)),
        "forecast_bias_percent": _rounded(bias_percent(foreseen)),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
