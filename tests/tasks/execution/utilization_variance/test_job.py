"""Utilization on net capacity, against target and plan, and why it differs."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_gateway.sandbox import Sandbox
from tasks.execution.utilization_variance.job import JOB, judge
from tasks.execution.utilization_variance.policy import UtilizationPolicy
from tasks.execution.utilization_variance.rules import Hours
from tasks.reads.schedules import Schedules
from tasks.records.people import CalendarLeave, Employee
from tests.fakes.utilization import (
    ANN,
    DAY_OFF,
    NOW,
    judged,
    people,
    row,
    snapshot,
)
from tests.tasks.conftest import reading


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
    example = tomllib.loads((Path(__file__).parents[4] / "fleet.example.toml").read_text())
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
