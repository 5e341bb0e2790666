"""How utilization is told: the row of a person, and the total of the company."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tasks.domain.findings import Measure
from tasks.domain.forecast import accuracy_percent, bias_percent
from tasks.domain.periods import Period
from tasks.domain.utilization import Utilization
from tasks.records.people import Employee

# A metric's labels must be bounded: the smaller departments beyond are told as one.
MOST_DEPARTMENTS: Final = 30


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
        "without_target": sum(person.utilization.target is None for person in people),
        "capacity_hours": round(sum(found.capacity for found in counted), 2),
        "worked_hours": round(sum(found.hours.worked for found in counted), 2),
        "billable_hours": round(sum(found.hours.billable for found in counted), 2),
        "planned_hours": round(sum(found.planned for found in counted), 2),
        "forecast_accuracy_percent": _rounded(accuracy_percent(foreseen)),
        "forecast_bias_percent": _rounded(bias_percent(foreseen)),
    }


def measures(people: Sequence[Person]) -> tuple[Measure, ...]:
    """The company's ratios, and the hours of each department behind them."""
    counted = [person for person in people if person.counted]
    excluded = Counter(_left_out(person) for person in people if not person.counted)
    found = [person.utilization for person in counted]
    billable = sum(one.hours.billable for one in found)
    ratios = _ratios(
        sum(one.capacity for one in found),
        "utilization_ratio",
        excluded,
        billable=billable,
        productive=billable + sum(one.hours.credited for one in found),
        total=sum(one.hours.worked for one in found),
    )
    ahead = sum(person.ahead.capacity for person in counted)
    planned = sum(person.ahead.planned for person in counted)
    return (
        *ratios,
        *_ratios(ahead, "scheduled_utilization_ratio", excluded, planned=planned),
        *_of_departments(counted, excluded),
    )


def _left_out(person: Person) -> str:
    return "not_measurable" if person.status == "not_measurable" else "excluded_by_policy"


def _ratios(
    capacity: float, name: str, excluded: Mapping[str, int], **hours: float
) -> tuple[Measure, ...]:
    if not capacity:
        return ()
    return tuple(
        Measure(name, round(of_basis / capacity, 4), {"basis": basis}, excluded)
        for basis, of_basis in hours.items()
    )


def _of_departments(counted: Sequence[Person], excluded: Mapping[str, int]) -> Iterator[Measure]:
    for department, found in _by_department(counted).items():
        hours = {
            "capacity": sum(one.capacity for one in found),
            "billable": sum(one.hours.billable for one in found),
            "worked": sum(one.hours.worked for one in found),
            "planned": sum(one.planned for one in found),
        }
        for kind, value in hours.items():
            labels = {"department": department, "kind": kind}
            yield Measure("utilization_hours", round(value, 2), labels, excluded)
        beyond = [one.variance_hours for one in found if one.variance_hours is not None]
        if beyond:
            untargeted = {"no_target": len(found) - len(beyond)}
            yield Measure(
                "utilization_variance_hours",
                round(sum(beyond), 2),
                {"department": department},
                {**excluded, **untargeted},
            )


def _by_department(counted: Sequence[Person]) -> Mapping[str, Sequence[Utilization]]:
    sizes: Counter[str] = Counter()
    for person in counted:
        sizes[person.department or "none"] += 1
    shown = {name for name, _ in sizes.most_common(MOST_DEPARTMENTS)}
    found: dict[str, list[Utilization]] = defaultdict(list)
    for person in counted:
        name = person.department or "none"
        found[name if name in shown else "others"].append(person.utilization)
    return found


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
