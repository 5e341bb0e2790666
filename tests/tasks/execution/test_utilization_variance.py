"""Utilization on net capacity, against target and plan, and why it differs."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_gateway.sandbox import Sandbox
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf, Period
from tasks.domain.utilization import Hours
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.utilization_variance import JOB, Snapshot, UtilizationPolicy, judge
from tasks.records.people import CalendarLeave, Employee, Resource
from tasks.records.planning import Plan, PlannedTask, PlanningSlot, of_slots, of_tasks, read_plan
from tasks.records.schedules import Schedules
from tests.fakes.overlay import Overlay, fields
from tests.tasks.conftest import changed, reading

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
AHEAD = Period(date(2026, 11, 30), date(2026, 12, 27))
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
        "plan": Plan("planning slots", {1: planned}, {1: 40.0}),
        "unreadable": frozenset(),
        "links": {1: "http://odoo.example/1"},
    }
    return Snapshot(**{**found, **values})


def judged(found: Snapshot, **policy: Any) -> Report:
    return judge(found, NOW, UtilizationPolicy(**policy))


def row(report: Report) -> Mapping[str, Any]:
    (found,) = report.rows
    return found


def test_capacity_is_net_of_leave_and_holidays() -> None:
    found = row(judged(snapshot(84)))
    assert (found["capacity_hours"], found["leave_hours"]) == (168, 8)
    assert found["utilization_percent"] == 50


def test_the_row_follows_the_contract() -> None:
    assert list(row(judged(snapshot()))) == [
        "employee_id",
        "employee",
        "department",
        "period_start",
        "period_end",
        "capacity_hours",
        "leave_hours",
        "worked_hours",
        "billable_hours",
        "planned_hours",
        "utilization_percent",
        "productive_percent",
        "total_percent",
        "target_percent",
        "variance_points",
        "variance_hours",
        "status",
        "explained",
        "ahead",
        "policy",
    ]


@pytest.mark.parametrize(
    ("billable", "status"),
    [
        # Target 80 %, band 95-105 %: 76.0 to 84.0 %.
        (0.759 * 168, "below_band"),
        (0.76 * 168, "ok"),
        (0.84 * 168, "ok"),
        (0.841 * 168, "above_band"),
    ],
)
def test_the_band_is_a_share_of_the_target(billable: float, status: str) -> None:
    assert row(judged(snapshot(billable), target_percent=80))["status"] == status


def test_variance_is_told_in_points_and_hours() -> None:
    found = row(judged(snapshot(0.62 * 168), target_percent=65))
    assert found["variance_points"] == -3
    assert found["variance_hours"] == pytest.approx(-5.04)


def test_variance_is_explained_by_plan_delivery_leave_and_missing_hours() -> None:
    report = judged(snapshot(100, worked=150, planned=120), target_percent=80)
    assert row(report)["explained"] == {
        "plan_gap_hours": -14.4,
        "delivery_gap_hours": -20,
        "leave_hours": 8,
        "missing_hours": 18,
    }
    (finding,) = report.findings
    assert "plan -14.4 h, delivery -20 h" in finding.reason


@given(st.floats(0, 300), st.floats(0, 300), st.floats(1, 100))
def test_the_gaps_add_up_to_the_variance(billable: float, planned: float, target: float) -> None:
    found = row(judged(snapshot(billable, planned=round(planned, 2)), target_percent=target))
    gaps = found["explained"]
    assert gaps["plan_gap_hours"] + gaps["delivery_gap_hours"] == pytest.approx(
        found["variance_hours"], abs=0.02
    )


def test_a_person_without_target_is_told_so() -> None:
    found = row(judged(snapshot(100)))
    assert (found["status"], found["target_percent"], found["variance_points"]) == (
        "no_target",
        None,
        None,
    )
    assert found["explained"]["plan_gap_hours"] is None


def test_zero_capacity_is_not_zero_percent() -> None:
    away = CalendarLeave(
        **{**vars(DAY_OFF), "date_from": datetime(2026, 9, 1, tzinfo=UTC)}
        | {"date_to": datetime(2026, 12, 1, tzinfo=UTC)}
    )
    found = snapshot()
    schedules = Schedules(**{**vars(found.schedules), "leaves": {11: [away]}})
    report = judged(snapshot(schedules=schedules), target_percent=80)
    assert (row(report)["status"], row(report)["utilization_percent"]) == ("no_capacity", None)
    assert row(report)["explained"]["plan_gap_hours"] is None
    assert {measure.name for measure in report.measures} == {
        "scheduled_utilization_ratio",
        "utilization_hours",
    }


def test_without_a_schedule_nothing_is_measurable() -> None:
    no_calendar = Employee(**{**vars(ANN), "resource_calendar_id": None})
    found = row(judged(snapshot(100, employees=[no_calendar]), target_percent=80))
    assert (found["status"], found["utilization_percent"]) == ("not_measurable", None)


def test_an_unreadable_record_makes_its_person_not_measurable() -> None:
    assert row(judged(snapshot(unreadable=frozenset({1}))))["status"] == "not_measurable"


@pytest.mark.parametrize(
    ("policy", "target"),
    [
        ({"target_percent": 70}, 70),
        ({"target_percent": 70, "targets_by_department": {3: 75}}, 75),
        ({"targets_by_department": {3: 75}, "targets_by_job": {4: 60}}, 60),
        ({"targets_by_job": {4: 60}, "targets_by_employee": {1: 50}}, 50),
        ({"target_percent": 70, "excluded_employees": (1,)}, None),
    ],
)
def test_the_persons_target_goes_before_the_roles_and_departments(
    policy: dict[str, Any], target: float | None
) -> None:
    assert row(judged(snapshot(), **policy))["target_percent"] == target


def test_three_ratios_on_the_same_capacity_are_measured() -> None:
    assert bases(judged(snapshot(84))) == {
        "billable": 0.5,
        "productive": 0.5595,
        "total": 1,
        "planned": 0.25,
    }
    found = row(judged(snapshot(84)))
    assert (found["productive_percent"], found["total_percent"]) == (55.95, 100)


def bases(report: Report) -> dict[str, float]:
    return {m.labels["basis"]: m.value for m in report.measures if "basis" in m.labels}


def hours_of(report: Report, department: str) -> dict[str, float]:
    return {
        measure.labels.get("kind", "variance"): measure.value
        for measure in report.measures
        if measure.labels.get("department") == department
    }


def people(*departments: int | None) -> list[Employee]:
    return [
        Employee(**{**vars(ANN), "id": number, "department_id": department})
        for number, department in enumerate(departments, 1)
    ]


def test_hours_and_variance_are_measured_by_department() -> None:
    report = judged(snapshot(84, planned=42), target_percent=75)
    assert hours_of(report, "Delivery") == {
        "capacity": 168,
        "billable": 84,
        "worked": 168,
        "planned": 42,
        "variance": -42,
    }


def test_people_without_a_department_are_told_as_none() -> None:
    report = judged(snapshot(84, employees=people(None)))
    assert hours_of(report, "none")["capacity"] == 168
    assert hours_of(report, "Delivery") == {}


def test_the_departments_beyond_the_thirty_largest_are_told_as_one() -> None:
    names = {number: f"Department {number}" for number in range(40)}
    everybody = people(*names, *names, *range(30))
    report = judged(snapshot(84, employees=everybody, departments=names))
    told = {m.labels["department"] for m in report.measures if "department" in m.labels}
    assert told == {names[number] for number in range(30)} | {"others"}
    assert sum(
        m.value for m in report.measures if m.labels.get("kind") == "capacity"
    ) == pytest.approx(168 * len(everybody))


def test_who_is_left_out_of_the_ratios_is_counted_with_the_reason() -> None:
    found = snapshot(84, employees=people(3, 3, 3), unreadable=frozenset({2}))
    report = judged(found, excluded_employees=(3,))
    assert {tuple(sorted(m.excluded.items())) for m in report.measures} == {
        (("excluded_by_policy", 1), ("not_measurable", 1))
    }


def test_excluded_people_are_in_no_ratio() -> None:
    report = judged(snapshot(84), excluded_employees=(1,))
    assert report.totals[0]["employees"] == 0
    assert report.measures == ()


@pytest.mark.parametrize("left_out", [{"excluded_departments": (3,)}, {"excluded_jobs": (4,)}])
def test_a_department_or_role_is_left_out_of_a_target_for_everybody(
    left_out: dict[str, Any],
) -> None:
    report = judged(snapshot(10), target_percent=75, **left_out)
    assert (row(report)["status"], report.findings, report.measures) == ("no_target", (), ())
    assert report.totals[0]["without_target"] == 1
    other = judged(snapshot(10), target_percent=75, excluded_departments=(4,), excluded_jobs=(3,))
    assert len(other.findings) == 1
    assert other.totals[0]["without_target"] == 0


def test_without_a_target_nothing_is_found_and_it_is_told_how_many_have_none() -> None:
    everybody = people(3, 3, 4)
    hours = {3: Hours(168.0, 10.0, 0.0)}
    links = dict.fromkeys((1, 2, 3), "http://odoo.example")
    found = snapshot(employees=everybody, hours=hours, links=links)
    report = judged(found, targets_by_department={4: 80})
    assert {finding.record_id for finding in report.findings} == {3}
    assert (report.totals[0]["employees"], report.totals[0]["without_target"]) == (3, 2)


def test_the_example_proposes_no_target_for_management_and_finance(sandbox: Sandbox) -> None:
    example = tomllib.loads((Path(__file__).parents[3] / "fleet.example.toml").read_text())
    proposed = example["tenants"]["acme"]["policies"]["utilization_variance"]
    report = JOB.run(reading(sandbox), NOW, UtilizationPolicy.model_validate(proposed))
    found = {finding.record_id for finding in report.findings}
    outside = {
        r["employee_id"] for r in report.rows if r["department"] in ("Management", "Finance")
    }
    assert found
    assert outside
    assert not found & outside


def test_the_basis_and_the_plans_source_are_stated() -> None:
    (total,) = judged(snapshot()).totals
    assert "net of leave" in total["basis"]
    assert total["planned_basis"] == "planning slots"


def test_the_four_weeks_ahead_are_told_too() -> None:
    # Four weeks of 40 hours; a quarter of them is planned.
    assert row(judged(snapshot()))["ahead"] == {
        "period_start": "2026-11-30",
        "period_end": "2026-12-27",
        "capacity_hours": 160,
        "planned_hours": 40,
        "scheduled_percent": 25,
    }


def test_the_total_tells_how_well_hours_were_foreseen() -> None:
    (total,) = judged(snapshot(worked=100, planned=150)).totals
    assert total["forecast_accuracy_percent"] == 66.67
    assert total["forecast_bias_percent"] == 50


def test_a_person_is_judged_by_the_policy_of_the_department() -> None:
    strict = UtilizationPolicy(target_percent=90)
    policy = UtilizationPolicy(target_percent=50).with_units({3: strict}, {})
    found = row(judge(snapshot(84), NOW, policy))
    assert (found["target_percent"], found["status"]) == (90, "below_band")
    assert found["policy"] == strict.version


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
    assert of_tasks([found], {7: 1}, OCTOBER).get(1, 0) == pytest.approx(hours)


def test_a_slots_hours_are_spread_over_its_days() -> None:
    slot = PlanningSlot(
        id=1,
        employee_id=1,
        start_datetime=datetime(2026, 10, 31, 8, tzinfo=UTC),
        end_datetime=datetime(2026, 11, 1, 17, tzinfo=UTC),
        allocated_hours=16.0,
    )
    nobody = PlanningSlot(**{**vars(slot), "employee_id": None})
    assert of_slots([slot, nobody], OCTOBER) == {1: 8}


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
    plan = read_plan(reading(overlay), [ANN], OCTOBER, AHEAD)
    assert plan == Plan("planning slots", {1: 16}, {1: 0})


def test_the_firms_last_month_is_read(sandbox: Sandbox) -> None:
    for company_id in (1, 2):
        odoo = reading(sandbox, company_id)
        report = JOB.run(odoo, NOW, UtilizationPolicy(target_percent=75))
        assert {r["period_start"] for r in report.rows} == {"2026-10-01"}
        assert any(r["billable_hours"] for r in report.rows)
        assert {r["status"] for r in report.rows} >= {"below_band"}


def test_billable_hours_are_those_of_the_invoice_types(sandbox: Sandbox) -> None:
    odoo = reading(sandbox)
    report = JOB.run(odoo, NOW, UtilizationPolicy(credited_projects=(1,)))
    domain = [
        ["project_id", "!=", False],
        ["holiday_id", "=", False],
        ["global_leave_id", "=", False],
        ["date", ">=", "2026-10-01"],
        ["date", "<=", "2026-10-31"],
        ["employee_id.company_id", "=", 1],
        ["employee_id.active", "=", True],
    ]
    names = ["unit_amount", "timesheet_invoice_type"]
    lines = sandbox.call("account.analytic.line", "search_read", [domain, names], {})
    billable = sum(
        line["unit_amount"]
        for line in lines
        if str(line["timesheet_invoice_type"]).startswith("billable_")
    )
    assert sum(r["worked_hours"] for r in report.rows) == pytest.approx(
        sum(line["unit_amount"] for line in lines)
    )
    assert sum(r["billable_hours"] for r in report.rows) == pytest.approx(billable)
    ratios = bases(report)
    assert 0 < ratios["billable"] < ratios["productive"] <= ratios["total"]


def test_without_the_holidays_module_hours_are_read_all_the_same() -> None:
    bare = changed(lacks_modules=["project_timesheet_holidays"])
    assert JOB.run(reading(bare), NOW, UtilizationPolicy()).rows
