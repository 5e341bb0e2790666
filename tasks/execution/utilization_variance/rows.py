"""How utilization is told: the row and the finding of a person, and the total of the company."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tasks.domain.findings import Finding, Severity
from tasks.domain.texts import Text
from tasks.execution.utilization_variance.people import Person
from tasks.execution.utilization_variance.rules import accuracy_percent, bias_percent
from tasks.execution.utilization_variance.snapshot import Snapshot
from tasks.records.people import Employee

LABELS: Final[Mapping[str, Text]] = {
    "above_band": Text("above the band"),
    "below_band": Text("below the band"),
    "billable_hours": Text("billable hours"),
    "capacity_hours": Text("capacity in hours"),
    "employees": Text("employees"),
    "forecast_accuracy_percent": Text("accuracy of the plan in %"),
    "forecast_bias_percent": Text("bias of the plan in %"),
    "leave_hours": Text("hours on leave"),
    "no_capacity": Text("no capacity"),
    "no_target": Text("no target"),
    "planned_basis": Text("what the plan rests on"),
    "planned_hours": Text("planned hours"),
    "productive_percent": Text("productive in %"),
    "target_percent": Text("target in %"),
    "total_percent": Text("logged in % of the capacity"),
    "utilization_percent": Text("utilization in %"),
    "variance_hours": Text("variance in hours"),
    "variance_points": Text("variance in points"),
    "without_target": Text("people without a target"),
    "worked_hours": Text("logged hours"),
}


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


def total(people: Sequence[Person], planned_basis: Text) -> Mapping[str, Any]:
    """The company in one line: what the ratios rest on, and how well hours were foreseen."""
    counted = [person.utilization for person in people if person.counted]
    foreseen = [(found.planned, found.hours.worked) for found in counted]
    return {
        "basis": Text("billable hours / capacity net of leave and holidays, all logged hours"),
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
        title=Text(
            "{name}: {percent} % of {target} % from {first:short} to {last:long}",
            name=employee.name,
            percent=found.percent or 0.0,
            target=found.target or 0.0,
            first=period.start,
            last=period.end,
        ),
        reason=Text(
            "{points:+} points, {hours:+} h: plan {plan:+} h, delivery {delivery:+} h; {missing} h "
            "not logged, {leave} h on leave",
            points=found.variance_points or 0.0,
            hours=found.variance_hours or 0.0,
            plan=found.plan_gap_hours or 0.0,
            delivery=found.delivery_gap_hours or 0.0,
            missing=found.missing_hours,
            leave=found.leave,
        ),
        remedy=Text("plan the person, or correct the target"),
        owner=person.department or Text("delivery"),
        model=Employee.MODEL,
        record_id=employee.id,
        url=snapshot.links[employee.id],
        since=period.end,
        period=str(period),
        kind=person.status,
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
