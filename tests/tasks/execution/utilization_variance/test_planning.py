"""Planned hours come from planning slots, else from tasks, and are spread over their days."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.periods import Period
from tasks.domain.texts import Text
from tasks.execution.utilization_variance.planning import (
    Plan,
    PlannedTask,
    PlanningSlot,
    of_slots,
    of_tasks,
    read_plan,
)
from tasks.records.people import Employee
from tests.fakes.overlay import Overlay, fields
from tests.fakes.utilization import (
    AHEAD,
    ANN,
    OCTOBER,
    SYDNEY,
    UTC_ZONE,
)
from tests.tasks.conftest import changed, reading


def task(**values: Any) -> PlannedTask:
    found: dict[str, Any] = {
        "id": 1,
        "allocated_hours": 20.0,
        "user_ids": (7,),
        "child_ids": (),
        "create_date": datetime(2026, 9, 1, tzinfo=UTC),
        "date_assign": datetime(2026, 10, 22, 9, tzinfo=UTC),
        "date_deadline": datetime(2026, 11, 10, 17, tzinfo=UTC),
    }
    return PlannedTask(**{**found, **values})


@pytest.mark.parametrize(
    ("found", "hours"),
    [
        # 10 of 20 days lie in October.
        (task(), 10),
        (task(user_ids=(7, 8)), 5),
        (task(user_ids=(8,)), 0),
        (task(child_ids=(2,)), 0),
        (task(state="1_canceled"), 0),
        (task(is_template=True), 0),
        (task(date_deadline=None), 0),
        (task(date_assign=None, create_date=datetime(2026, 10, 22, tzinfo=UTC)), 10),
        (task(date_assign=datetime(2026, 12, 1, tzinfo=UTC)), 0),
    ],
)
def test_a_tasks_hours_are_spread_over_its_days_and_people(
    found: PlannedTask, hours: float
) -> None:
    assert of_tasks([found], {7: [ANN]}, OCTOBER, UTC_ZONE).get(1, 0) == pytest.approx(hours)


def test_a_slots_hours_are_spread_over_its_days() -> None:
    slot = PlanningSlot(
        id=1,
        employee_id=1,
        start_datetime=datetime(2026, 10, 31, 8, tzinfo=UTC),
        end_datetime=datetime(2026, 11, 1, 17, tzinfo=UTC),
        allocated_hours=16.0,
    )
    nobody = PlanningSlot(**{**vars(slot), "employee_id": None})
    assert of_slots([slot, nobody], OCTOBER, UTC_ZONE) == {1: 8}


def test_the_days_of_what_is_planned_are_those_of_the_company() -> None:
    # Nine to ten o'clock on Sunday, 1 November in Sydney, which is still October in UTC.
    first, last = (datetime(2026, 10, 31, hour, tzinfo=UTC) for hour in (22, 23))
    due = task(date_assign=first, date_deadline=last, allocated_hours=8.0)
    slot = PlanningSlot(1, 1, first, last, 8.0)
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    assert of_tasks([due], {7: [ANN]}, november, SYDNEY) == {1: 8}
    assert of_slots([slot], november, SYDNEY) == {1: 8}
    assert of_slots([slot], OCTOBER, SYDNEY) == {1: 0}


@pytest.mark.parametrize(
    ("company_id", "planned"),
    # Of no company, or of one where nobody knows the user: the first record that is active.
    [(1, 1), (2, 2), (None, 2), (3, 2)],
)
def test_who_has_records_in_two_companies_is_planned_once(
    company_id: int | None, planned: int
) -> None:
    twin = replace(ANN, id=2, company_id=2)
    records = {7: [twin, replace(ANN, active=False)]}
    found = of_tasks([task(company_id=company_id)], records, OCTOBER, UTC_ZONE)
    assert found == {planned: pytest.approx(10)}


def test_what_a_user_of_two_companies_does_for_one_is_not_planned_in_the_other(
    sandbox: Sandbox,
) -> None:
    plan = read_firm_plan(sandbox, 1)
    busy = {each.id: each.user_id for each in employees_of(sandbox, 1) if plan.ahead.get(each.id)}
    user_id = next(iter(busy.values()))
    twin = employees_of(sandbox, 2)[0].id
    firm = changed(corrupt={("hr.employee", twin): {"user_id": user_id}})
    assert read_firm_plan(firm, 1) == plan
    assert twin not in read_firm_plan(firm, 2).ahead


def employees_of(firm: Sandbox, company_id: int) -> Sequence[Employee]:
    return reading(firm, company_id).search(Employee, [("company_id", "=", company_id)])


def read_firm_plan(firm: Sandbox, company_id: int) -> Plan:
    odoo = reading(firm, company_id)
    return read_plan(odoo, employees_of(firm, company_id), OCTOBER, AHEAD, UTC_ZONE)


def test_planning_slots_go_before_tasks(sandbox: Sandbox) -> None:
    names = ("id", "employee_id", "start_datetime", "end_datetime", "allocated_hours")
    slot = {
        "id": 1,
        "employee_id": 1,
        "start_datetime": "2026-10-05 08:00:00",
        "end_datetime": "2026-10-06 17:00:00",
        "allocated_hours": 16.0,
    }
    overlay = Overlay(
        sandbox,
        {
            ("planning.slot", "check_access_rights"): lambda args, kwargs: True,
            ("planning.slot", "fields_get"): fields(*names),
            ("planning.slot", "search_read"): lambda args, kwargs: [slot],
        },
    )
    plan = read_plan(reading(overlay), [ANN], OCTOBER, AHEAD, UTC_ZONE)
    assert plan == Plan(Text("planning slots"), {1: 16}, {1: 0})
