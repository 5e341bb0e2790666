"""The company's ratios, and the hours of its departments."""

import pytest

from tasks.domain.findings import Report
from tests.fakes.utilization import (
    bases,
    judged,
    people,
    row,
    snapshot,
)


def test_three_ratios_on_the_same_capacity_are_measured() -> None:
    assert bases(judged(snapshot(84))) == {
        "billable": 0.5,
        "productive": 0.5595,
        "total": 1,
        "planned": 0.25,
    }
    found = row(judged(snapshot(84)))
    assert (found["productive_percent"], found["total_percent"]) == (55.95, 100)


def hours_of(report: Report, department: str) -> dict[str, float]:
    return {
        measure.labels.get("kind", "variance"): measure.value
        for measure in report.measures
        if measure.labels.get("department") == department
    }


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
