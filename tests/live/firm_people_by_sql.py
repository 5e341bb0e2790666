"""What `timesheet_reminders` and `utilization_variance` must say of a firm, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import psycopg
from psycopg.rows import TupleRow, class_row

from .column_by_column import TEXT

Sql = psycopg.Connection[TupleRow]
OdooHours = Mapping[str, Mapping[str, Mapping[str, float]] | None]
CENT = Decimal("0.01")

PEOPLE = """
    SELECT e.id, e.name, e.company_id, e.user_id, v.department_id, v.job_id,
           coalesce(d.name->>'en_US') AS department,
           CASE WHEN NOT e.active THEN coalesce(v.departure_date, v.contract_date_end) END
           AS left_on
    FROM hr_employee e
    JOIN hr_version v ON v.id = e.current_version_id
    LEFT JOIN hr_department d ON d.id = v.department_id
    WHERE (e.active OR v.departure_date IS NOT NULL OR v.contract_date_end IS NOT NULL)
      AND e.company_id IS NOT NULL
"""
LOGGED = """
    SELECT employee_id, date, sum(unit_amount) AS worked,
           coalesce(sum(unit_amount) FILTER (WHERE timesheet_invoice_type IN (
               'billable_time', 'billable_fixed', 'billable_milestones', 'billable_manual'
           )), 0) AS billable
    FROM account_analytic_line
    WHERE project_id IS NOT NULL AND holiday_id IS NULL AND global_leave_id IS NULL
      AND date BETWEEN %(first)s AND %(last)s AND employee_id IS NOT NULL
    GROUP BY 1, 2
"""
# Per user: hours x days of the task that lie in the period / all its days / its people.
PLANNED = """
    WITH leaf AS (
        SELECT t.id, t.allocated_hours,
               (t.date_deadline AT TIME ZONE 'UTC' AT TIME ZONE coalesce(k.tz, 'UTC'))::date
                   AS last,
               -- What is assigned after its deadline is planned for that one day.
               (least(coalesce(t.date_assign, t.create_date), t.date_deadline)
                   AT TIME ZONE 'UTC' AT TIME ZONE coalesce(k.tz, 'UTC'))::date AS first,
               (SELECT count(*) FROM project_task_user_rel r WHERE r.task_id = t.id) AS people
        FROM project_task t
        LEFT JOIN res_company c ON c.id = t.company_id
        LEFT JOIN resource_calendar k ON k.id = c.resource_calendar_id
        WHERE t.active AND t.project_id IS NOT NULL AND t.date_deadline IS NOT NULL
          AND t.state <> '1_canceled' AND NOT coalesce(t.is_template, false)
          AND NOT EXISTS (SELECT FROM project_task s WHERE s.parent_id = t.id)
    )
    SELECT r.user_id, sum(l.allocated_hours / l.people / (l.last - l.first + 1)
           * (least(l.last, %(last)s) - greatest(l.first, %(first)s) + 1))
    FROM leaf l JOIN project_task_user_rel r ON r.task_id = l.id
    WHERE l.first <= %(last)s AND l.last >= %(first)s
    GROUP BY 1
"""


@dataclass(frozen=True)
class Person:
    """An employee who is active or left on a day; departments and jobs are those of today."""

    id: int
    name: str
    company_id: int
    user_id: int | None
    department_id: int | None
    job_id: int | None
    department: str | None
    left_on: date | None

    def was_there(self, first: date, hours: float) -> bool:
        """Whether the person belongs into a period that begins then, with so many hours logged."""
        return self.left_on is None or self.left_on >= first or hours > 0


@dataclass(frozen=True)
class Targets:
    """The policy of the test, as its configuration file says it."""

    everybody: float
    by_employee: Mapping[int, float]
    by_job: Mapping[int, float]
    by_department: Mapping[int, float]
    excluded: Sequence[int]

    def of(self, person: Person) -> float | None:
        """The person's own target goes first, then the role's and the department's."""
        if person.id in self.excluded:
            return None
        places = ((self.by_employee, person.id), (self.by_job, person.job_id or 0))
        for targets, place in (*places, (self.by_department, person.department_id or 0)):
            if place in targets:
                return targets[place]
        return self.everybody


def people(sql: Sql) -> Sequence[Person]:
    """All active employees of all companies, and those who left on a day."""
    with sql.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(PEOPLE.encode()).fetchall()


def reminder_rows(
    sql: Sql, odoo: OdooHours, first: date, last: date, exempt: Mapping[str, Sequence[int]]
) -> Mapping[int, Mapping[str, Any]]:
    """By employee; complete from 95 percent of the expected hours on."""
    period = {"first": first, "last": last}
    logged = {(r[0], r[1]): r[2] for r in sql.execute(LOGGED.encode(), period).fetchall()}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        person.id: _reminder(
            person,
            odoo[str(person.id)],
            days,
            [logged.get((person.id, d), 0.0) for d in days],
            person.id in exempt["employees"] or person.department_id in exempt["departments"],
        )
        for person in people(sql)
        if person.was_there(first, sum(logged.get((person.id, d), 0.0) for d in days))
    }


def _reminder(
    person: Person,
    hours: Mapping[str, Mapping[str, float]] | None,
    days: Sequence[date],
    logged: Sequence[float],
    exempt: bool,
) -> Mapping[str, Any]:
    net = [hours["net"].get(str(day), 0.0) if hours else 0.0 for day in days]
    expected, worked = _cents(sum(net)), _cents(sum(logged))
    status = "complete" if worked >= expected * Decimal("0.95") else "missing"
    if not expected:
        status = "no_expected_hours" if hours else "not_measurable"
    return {
        "employee_id": person.id,
        "employee": person.name,
        "period_start": days[0],
        "period_end": days[-1],
        "expected_hours": float(expected),
        "logged_hours": float(worked),
        "missing_hours": float(max(expected - worked, Decimal(0))),
        "days": [
            {"date": day, "expected_hours": one, "logged_hours": two}
            for day, one, two in zip(days, net, logged, strict=True)
        ],
        "status": "exempt" if exempt else status,
        "reason": TEXT,
    }


def utilization_rows(
    sql: Sql, odoo: OdooHours, first: date, last: date, targets: Targets
) -> Mapping[int, Mapping[str, Any]]:
    """By employee; 95 to 105 percent of the target is fine."""
    period = {"first": first, "last": last}
    hours: dict[int, tuple[float, float]] = {}
    for employee, _, worked, billable in sql.execute(LOGGED.encode(), period).fetchall():
        before = hours.get(employee, (0.0, 0.0))
        hours[employee] = before[0] + worked, before[1] + billable
    planned: dict[int, float] = dict(sql.execute(PLANNED.encode(), period).fetchall())
    return {
        person.id: {
            "employee_id": person.id,
            "employee": person.name,
            "department": person.department,
            "period_start": first,
            "period_end": last,
            **_utilization(
                odoo[str(person.id)],
                *hours.get(person.id, (0.0, 0.0)),
                float(planned.get(person.user_id or 0, 0.0)),
                targets.of(person),
            ),
        }
        for person in people(sql)
        if person.was_there(first, hours.get(person.id, (0.0, 0.0))[0])
    }


def _utilization(
    hours: Mapping[str, Mapping[str, float]] | None,
    worked: float,
    billable: float,
    planned: float,
    target: float | None,
) -> Mapping[str, Any]:
    # To the hundredth that the row shows, so that a reader who divides gets the same percentage.
    capacity = round(sum(hours["net"].values()), 2) if hours else 0.0
    leave = sum(hours["gross"].values()) - capacity if hours else 0.0
    percent = 100 * billable / capacity if capacity else None
    wanted = target / 100 * capacity if target is not None and capacity else None
    points = percent - target if percent is not None and target is not None else None
    return {
        "capacity_hours": capacity,
        "leave_hours": leave,
        "worked_hours": worked,
        "billable_hours": billable,
        "planned_hours": planned,
        "utilization_percent": percent,
        "target_percent": target,
        "variance_points": points,
        "variance_hours": None if wanted is None else billable - wanted,
        "status": _band(hours is not None, percent, target),
        "explained": {
            "plan_gap_hours": None if wanted is None else planned - wanted,
            "delivery_gap_hours": None if wanted is None else billable - planned,
            "leave_hours": leave,
            "missing_hours": max(capacity - worked, 0.0),
        },
    }


def _band(measurable: bool, percent: float | None, target: float | None) -> str:
    if not measurable:
        return "not_measurable"
    if percent is None:
        return "no_capacity"
    if target is None:
        return "no_target"
    if percent < target * 0.95:
        return "below_band"
    return "above_band" if percent > target * 1.05 else "ok"


def _cents(hours: float) -> Decimal:
    return Decimal(repr(hours)).quantize(CENT, ROUND_HALF_EVEN)
