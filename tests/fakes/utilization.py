"""A person's month: capacity, hours and plan, and how it is judged."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tasks.domain.findings import Report
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import Text
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.utilization_variance.job import judge
from tasks.execution.utilization_variance.planning import (
    Plan,
)
from tasks.execution.utilization_variance.policy import UtilizationPolicy
from tasks.execution.utilization_variance.rules import Hours
from tasks.execution.utilization_variance.snapshot import Snapshot
from tasks.reads.schedules import Schedules
from tasks.records.people import CalendarLeave, Employee, Resource

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


AHEAD = Period(date(2026, 11, 30), date(2026, 12, 27))


UTC_ZONE, SYDNEY = ZoneInfo("UTC"), ZoneInfo("Australia/Sydney")


MOMENT = datetime(2026, 11, 23, 9, tzinfo=UTC)


NOW = AsOf(MOMENT, ZoneInfo("Europe/Brussels"), MOMENT)


ANN = Employee(
    id=1,
    name="Ann",
    active=True,
    company_id=1,
    department_id=3,
    job_id=4,
    parent_id=None,
    user_id=7,
    work_email=None,
    resource_id=11,
    resource_calendar_id=1,
)


DAY_OFF = CalendarLeave(
    id=1,
    date_from=datetime(2026, 10, 5, tzinfo=UTC),
    date_to=datetime(2026, 10, 5, 23, tzinfo=UTC),
    resource_id=11,
    calendar_id=None,
    company_id=1,
    time_type="leave",
)


# October 2026 has 22 weekdays: 176 hours, 168 without the day off.
FULL_TIME = Schedule(tuple(Stretch(day, 9, 17) for day in range(5)))


def snapshot(
    billable: float = 0.0, worked: float = 168.0, planned: float = 0.0, **values: Any
) -> Snapshot:
    found: dict[str, Any] = {
        "period": OCTOBER,
        "ahead": AHEAD,
        "employees": [ANN],
        "departments": {3: "Delivery"},
        "schedules": Schedules(
            resources={11: Resource(id=11, tz=ZoneInfo("Europe/Brussels"), company_id=1)},
            schedules={1: FULL_TIME},
            terms={},
            leaves={11: [DAY_OFF]},
        ),
        "hours": {1: Hours(worked, billable, 10.0)},
        "plan": Plan(Text("planning slots"), {1: planned}, {1: 40.0}),
        "unreadable": frozenset(),
        "links": {1: "http://odoo.example/1"},
    }
    return Snapshot(**{**found, **values})


def judged(found: Snapshot, **policy: Any) -> Report:
    return judge(found, NOW, UtilizationPolicy(**policy))


def row(report: Report) -> Mapping[str, Any]:
    (found,) = report.rows
    return found


def bases(report: Report) -> dict[str, float]:
    return {m.labels["basis"]: m.value for m in report.measures if "basis" in m.labels}


def people(*departments: int | None) -> list[Employee]:
    return [
        Employee(**{**vars(ANN), "id": number, "department_id": department})
        for number, department in enumerate(departments, 1)
    ]
