"""How utilization is told: the row and the finding of a person, and the total of the company."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.domain.findings import Finding, Severity
from tasks.execution.utilization_variance.people import Person
from tasks.execution.utilization_variance.rules import accuracy_percent, bias_percent
from tasks.execution.utilization_variance.snapshot import Snapshot
from tasks.records.people import Employee


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


def finding(person: Person, snapshot: Snapshot) -> Finding:
    employee, found, period = person.employee, person.utilization, snapshot.period
    return Finding(
        key=f"{person.status}-employee-{employee.id}-{period.start}",
        severity=Severity.WARNING if person.status == "below_band" else Severity.INFO,
        title=f"{employee.name}: {found.percent:g} % of {found.target:g} % "
        f"from {period.start:%d %b} to {period.end:%d %b %Y}",
        reason=f"{found.variance_points:+g} points, {found.variance_hours:+g} h: "
        f"plan {found.plan_gap_hours:+g} h, delivery {found.delivery_gap_hours:+g} h; "
        f"{found.missing_hours:g} h not logged, {found.leave:g} h on leave",
        remedy="plan the person, or correct the target",
        owner=person.department or "delivery",
        model=Employee.MODEL,
        record_id=employee.id,
        url=snapshot.links[employee.id],
        since=period.end,
        period=str(period),
        kind=person.status,
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
