"""Who is told of what waits for an approval, who steps in, and what nobody is asked about."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.domain.periods import week_of
from tasks.execution.pending_approvals.job import JOB, judge
from tasks.execution.pending_approvals.policy import ApprovalPolicy
from tasks.execution.pending_approvals.waiting import Kind, Waiting
from tests.fakes.approvals import (
    NOW,
    TODAY,
    at,
    expense,
    judged,
    one,
    row,
    snapshot,
    time,
)


def test_hours_are_told_by_week_project_and_person() -> None:
    report = judged(snapshot(time()))
    found = one(report)
    assert found.title == "12 h of Sue wait for approval (Portal, week 47)"
    assert found.reason == "of the time until 2026-11-22, not approved yet"
    assert (found.hours, found.kind, found.owner) == (12.0, "pending-time", "Apu")
    assert row(report)["week"] == "2026-11-16"
    assert row(report)["project"] == "Portal"


def test_hours_of_a_week_that_runs_are_listed_and_not_asked_for() -> None:
    running = time(since="2026-11-29", week=week_of(TODAY))
    report = judged(snapshot(running))
    assert (row(report)["status"], report.findings) == ("not_due", ())
    assert row(report)["waiting_days"] == 0
    assert [m.value for m in report.measures if m.name == "approvals_pending"] == [0, 0]


@pytest.mark.parametrize(
    ("item", "policy", "status"),
    [
        (expense(), {"minimum_amounts": {"EUR": 100}}, "below_minimum"),
        (expense(), {"minimum_amounts": {"USD": 100}}, "waiting"),
        (time(), {"minimum_hours": 13}, "below_minimum"),
        (time(amount=None), {"minimum_amounts": {"EUR": 100}}, "waiting"),
        (expense(), {"exempt_employees": [1]}, "exempt"),
        (time(), {"exempt_projects": [101]}, "exempt"),
        (expense(), {"exempt_projects": [101]}, "waiting"),
    ],
)
def test_what_the_policy_does_not_ask_about_is_listed_and_nobody_is_told(
    item: Waiting, policy: dict[str, Any], status: str
) -> None:
    report = judged(snapshot(item), **policy)
    assert row(report)["status"] == status
    assert bool(report.findings) is (status == "waiting")
    assert bool(row(report)["told"]) is (status == "waiting")


def test_the_policy_is_that_of_the_submitters_business_unit() -> None:
    unit = ApprovalPolicy(exempt_employees=(1,))
    report = judge(snapshot(expense()), NOW, ApprovalPolicy().with_units({3: unit}, {}))
    assert row(report)["status"] == "exempt"


def test_a_submitter_whom_nobody_sees_is_named_by_number() -> None:
    assert (
        one(judged(snapshot(expense(employee_id=77)))).title
        == "Train of employee 77 waits for approval"
    )


def test_rows_are_the_oldest_first_with_days_and_the_approvers_working_hours() -> None:
    report = judged(snapshot(expense(1, "2026-11-23"), expense(2, "2026-11-19")))
    assert [found["record_id"] for found in report.rows] == [2, 1]
    assert [(r["waiting_days"], r["waiting_working_hours"]) for r in report.rows] == [
        (6, 24.0),
        (2, 8.0),
    ]


def test_working_hours_of_somebody_without_a_schedule_are_unknown() -> None:
    assert row(judged(snapshot(expense(), unknown=[2])))["waiting_working_hours"] is None


def test_measures_count_by_kind_and_keep_currencies_apart() -> None:
    dollars = expense(8, "2026-11-10", amount=Decimal("10.00"), currency="USD")
    report = judged(snapshot(expense(), dollars, time(amount=Decimal("1200.00"))))
    found = {(m.name, *m.labels.values()): m.value for m in report.measures}
    assert found == {
        ("approvals_pending", "expense"): 2,
        ("approvals_pending", "time"): 1,
        ("approvals_oldest_days", "expense"): 15,
        ("approvals_oldest_days", "time"): 3,
        ("approvals_hours",): 12.0,
        ("approvals_amount", "EUR"): 1280.0,
        ("approvals_amount", "USD"): 10.0,
    }
    assert {name for name, *_ in found} == {formula.measure for formula in JOB.formulas}


def test_of_what_this_odoo_cannot_tell_nothing_is_measured() -> None:
    report = judged(snapshot(tells=[Kind.EXPENSE]))
    assert {m.labels["kind"] for m in report.measures} == {"expense"}


def test_the_same_facts_give_the_same_keys_in_every_run() -> None:
    found = snapshot(expense(), time())
    later = judged(found, at("2026-11-26 05:00"))
    assert [f.key for f in judged(found).findings] == [f.key for f in later.findings]


@pytest.mark.parametrize("names", [["first", "first"], ["instead"]])
def test_rungs_need_names_of_their_own(names: list[str]) -> None:
    ladder = [{"name": name, "working_days": 2} for name in names]
    with pytest.raises(ValidationError, match="a name of its own"):
        ApprovalPolicy.model_validate({"ladder": ladder})
