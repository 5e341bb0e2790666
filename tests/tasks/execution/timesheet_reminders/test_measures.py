"""How much is missing, and who was on time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.periods import AsOf, Period, week_of
from tasks.execution.timesheet_reminders.hours import Hours, Late, Logged, State
from tasks.execution.timesheet_reminders.job import JOB, judge
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.rules import Judgement
from tasks.execution.timesheet_reminders.snapshot import Snapshot
from tasks.reads.employment import Term
from tests.fakes.weeks import (
    ANN,
    NOW,
    RUNNING,
    WEEK,
    at,
    every_day,
    judged,
    snapshot,
    status,
    workdays,
)
from tests.tasks.conftest import reading


def test_compliance_counts_only_those_who_were_asked() -> None:
    complete = judged(snapshot(every_day(8)))
    values = {measure.name: measure.value for measure in complete.measures}
    assert values == {"timesheet_missing_hours": 0, "timesheet_compliance_ratio": 1}
    nobody = judged(snapshot(), exempt_employees=(1,))
    assert [measure.name for measure in nobody.measures] == ["timesheet_missing_hours"]
    assert [dict(measure.excluded) for measure in nobody.measures] == [{"exempt": 1}]
    assert judged(snapshot()).measures[0].value == 40


def compliance(found: Snapshot, moment: str = "2026-11-23 05:00", **policy: Any) -> float | None:
    """The share of people who were on time; Ann's alone."""
    measures = judged(found, at(moment), **policy).measures
    ratios = [m.value for m in measures if m.name == "timesheet_compliance_ratio"]
    return ratios[0] if ratios else None


def made(moment: str, day: date, hours: float = 8, project_id: int = 7) -> Late:
    """Hours that Ann logged then, in Brussels."""
    return Late(day, hours, project_id, at(moment).instant)


THURSDAY = date(2026, 11, 19)


def test_who_logs_after_the_deadline_was_late_however_often_it_is_measured() -> None:
    """The week's deadline is Friday, 20 November, 17:00."""
    before = snapshot({**every_day(8), THURSDAY: 0})
    late = made("2026-11-24 10:00", THURSDAY)
    after = snapshot(every_day(8), late={1: [late]})
    moments = [f"2026-11-{day} {hour}:00" for day in range(23, 30) for hour in ("05", "23")]
    assert {compliance(before, moment) for moment in moments} == {0}
    assert {compliance(after, moment) for moment in moments} == {0}
    assert status(judged(after, at("2026-11-25 05:00"))) == "complete"


@pytest.mark.parametrize(
    ("moment", "ratio"),
    [("2026-11-20 16:59", 1), ("2026-11-20 17:00", 1), ("2026-11-20 17:01", 0)],
)
def test_a_line_is_late_when_it_was_made_after_the_deadline(moment: str, ratio: float) -> None:
    assert compliance(snapshot(every_day(8), late={1: [made(moment, THURSDAY)]})) == ratio


def test_a_deadline_is_that_of_the_persons_own_zone() -> None:
    late = made("2026-11-20 17:30", THURSDAY)
    at_home = snapshot(every_day(8), late={1: [late]})
    in_boston = snapshot(
        every_day(8), late={1: [late]}, zones=("America/New_York", "Europe/Brussels")
    )
    assert (compliance(at_home), compliance(in_boston)) == (0, 1)


def test_days_after_the_deadline_are_not_asked_for_at_it() -> None:
    on_thursday = {"weekday": "thursday", "at": "17:00"}
    friday = date(2026, 11, 20)
    late = made("2026-11-20 18:00", friday)
    assert compliance(snapshot(every_day(8), late={1: [late]}), deadline=on_thursday) == 1
    assert compliance(snapshot({**every_day(8), friday: 0}), deadline=on_thursday) == 1


def test_until_its_deadline_the_week_before_is_measured() -> None:
    deadline = {"weekday": "tuesday", "at": "12:00", "week": "following"}
    nothing = snapshot()
    # All of the week before was logged, nothing of this one.
    assert compliance(nothing, "2026-11-24 11:59", deadline=deadline) == 1
    assert compliance(nothing, "2026-11-24 12:00", deadline=deadline) == 0


def test_what_becomes_of_hours_after_they_were_logged_changes_nothing() -> None:
    drafts = snapshot(
        {day: [Logged(8, State.DRAFT)] for day in workdays(WEEK)}, tells=frozenset(State)
    )
    assert status(judged(drafts, counts="approved")) == "missing"
    assert compliance(drafts, counts="approved") == 1


def test_hours_on_a_project_that_does_not_count_are_not_on_time() -> None:
    leisure = {day: [Logged(8, None, 9)] for day in workdays(WEEK)}
    rules: dict[str, Any] = {"projects": {9: {"hours_count": False}}}
    assert compliance(snapshot(leisure)) == 1
    assert compliance(snapshot(leisure), **rules) == 0
    # Nor do they make others late.
    late = made("2026-11-21 10:00", THURSDAY, 3, project_id=9)
    more: dict[date, float | Sequence[Logged]] = dict(every_day(8))
    more[THURSDAY] = [Logged(8), Logged(3, None, 9)]
    assert compliance(snapshot(more, late={1: [late]}), **rules) == 1


@pytest.mark.parametrize(
    ("period", "ratio"),
    [(WEEK, 0), (RUNNING, None), (Period(WEEK.start, WEEK.start), None)],
    ids=["a week", "one whose deadline is ahead", "a day"],
)
def test_a_period_that_was_asked_for_has_a_deadline_if_it_is_a_week(
    period: Period, ratio: float | None
) -> None:
    report = judged(snapshot(), replace(NOW, asked=period))
    found = {measure.name: measure.value for measure in report.measures}
    assert found.get("timesheet_compliance_ratio") == ratio


def test_who_was_not_employed_in_the_week_owed_nothing() -> None:
    gone = replace(ANN, active=False)
    contract = Term(1, date(2026, 1, 1), date(2026, 8, 31))
    left = snapshot(employee=gone, terms=[contract], hours=Hours({}))
    assert compliance(left) is None
    assert Judgement(left, NOW, TimesheetPolicy()).punctuality(gone) == "not_employed"


def test_lines_made_after_a_deadline_are_read(now: AsOf) -> None:
    """Julia Weber logs her weeks on Sunday night."""
    policy = TimesheetPolicy()
    found = JOB.read(reading(Sandbox(now.day)), now, policy)
    judgement, careless = (
        Judgement(each, now, policy) for each in (found, replace(found, late={}))
    )
    caught = [p.id for p in found.employees if judgement.punctuality(p) != careless.punctuality(p)]
    assert caught == [10]


def test_both_weeks_are_read_while_a_deadline_is_ahead(now: AsOf) -> None:
    deadline = {"weekday": "tuesday", "week": "following"}
    policy = TimesheetPolicy.model_validate({"deadline": deadline, "look_back_weeks": 1})
    found = JOB.read(reading(Sandbox(now.day)), now, policy)
    assert found.view.start <= WEEK.shifted(-1).start
    assert judge(found, now, policy).measures[1].name == "timesheet_compliance_ratio"


def test_nobody_is_late_in_a_week_whose_deadline_is_ahead(now: AsOf) -> None:
    asked = replace(now, asked=week_of(now.day))
    assert not JOB.read(reading(Sandbox(now.day)), asked, TimesheetPolicy()).late
