"""Who is reminded of missing hours, who is not, and how the week is judged."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.domain.findings import NotVerifiable, Recipient, Severity
from tasks.domain.periods import Period
from tasks.domain.texts import Text
from tasks.execution.timesheet_reminders.hours import Logged, State
from tasks.execution.timesheet_reminders.job import JOB, judge
from tasks.execution.timesheet_reminders.policy import TimesheetPolicy
from tasks.execution.timesheet_reminders.snapshot import OwnReminders
from tasks.reads.employment import Term
from tests.fakes.weeks import (
    ANN,
    EVERY_DAY,
    MIA,
    NOW,
    RUNNING,
    WEEK,
    at,
    every_day,
    judged,
    leave,
    of,
    row,
    snapshot,
    status,
    workdays,
)


def test_a_complete_week_is_complete() -> None:
    report = judged(snapshot(every_day(8)))
    assert (status(report), report.findings) == ("complete", ())


def test_missing_hours_make_a_finding_that_says_which_days() -> None:
    finding = of(judged(snapshot({**every_day(8), date(2026, 11, 19): 2})))
    assert finding.title == "6 h missing for 16 Nov to 22 Nov 2026"
    assert finding.reason == "Expected 40 h, logged 34 h; short on Thu 19 Nov 6 h"
    assert finding.key == "employee-1-2026-11-16"
    assert finding.period == "2026-11-16/2026-11-22"


def test_a_person_is_judged_by_the_policy_of_the_department() -> None:
    lenient = TimesheetPolicy(tolerance_hours=40)
    policy = TimesheetPolicy().with_units({3: lenient}, {})
    found = row(judge(snapshot({}), NOW, policy))
    assert (found["status"], found["policy"]) == ("complete", lenient.version)


def test_the_row_follows_the_contract() -> None:
    found = row(judged(snapshot({date(2026, 11, 16): 8})))
    assert list(found) == [
        "employee_id",
        "employee",
        "period_start",
        "period_end",
        "expected_hours",
        "logged_hours",
        "missing_hours",
        "days",
        "status",
        "reason",
        "counted_hours",
        "draft_hours",
        "submitted_hours",
        "approved_hours",
        "policy",
    ]
    assert (found["expected_hours"], found["logged_hours"], found["missing_hours"]) == (40, 8, 32)
    assert found["days"][0] == {"date": "2026-11-16", "expected_hours": 8, "logged_hours": 8}


def test_a_short_monday_and_a_long_tuesday_are_fine() -> None:
    logged = {**every_day(8), date(2026, 11, 16): 4, date(2026, 11, 17): 12}
    assert status(judged(snapshot(logged))) == "complete"


def test_ninety_five_percent_is_enough_unless_the_policy_says_otherwise() -> None:
    logged = {**every_day(8), date(2026, 11, 20): 6}
    assert status(judged(snapshot(logged))) == "complete"
    assert status(judged(snapshot(logged), complete_from_percent=100)) == "missing"
    assert status(judged(snapshot(logged), complete_from_percent=100, tolerance_hours=2)) == (
        "complete"
    )


def test_a_whole_week_of_leave_asks_for_nothing() -> None:
    report = judged(snapshot(leaves=[leave(date(2026, 11, 16), date(2026, 11, 20))]))
    assert (status(report), report.findings) == ("no_expected_hours", ())


def test_two_days_of_leave_leave_three_to_be_reminded_of() -> None:
    found = row(judged(snapshot(leaves=[leave(date(2026, 11, 16), date(2026, 11, 17))])))
    assert (found["expected_hours"], found["missing_hours"], found["status"]) == (24, 24, "missing")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"exempt_employees": (1,)}, "by name"),
        ({"exempt_departments": (3,)}, "by department"),
        ({"exempt_jobs": (4,)}, "by role"),
        ({"effective_from": date(2026, 11, 23)}, "start with the week of 2026-11-23"),
        (
            {"effective_from_by_employee": {1: date(2026, 11, 30)}},
            "start with the week of 2026-11-30",
        ),
        ({"grace_until_by_employee": {1: date(2026, 11, 23)}}, "nobody asks before 2026-11-23"),
    ],
)
def test_exempt_people_are_listed_with_the_reason(policy: dict[str, Any], reason: str) -> None:
    report = judged(snapshot(), **policy)
    assert status(report) == "exempt"
    assert reason in row(report)["reason"]
    assert report.findings == ()


@pytest.mark.parametrize(
    "policy",
    [
        {"effective_from": date(2026, 11, 16)},
        {
            "effective_from": date(2026, 11, 23),
            "effective_from_by_employee": {1: date(2026, 11, 16)},
        },
        {"grace_until_by_employee": {1: date(2026, 11, 22)}},
        {"effective_from_by_employee": {2: date(2026, 11, 30)}},
    ],
)
def test_what_is_over_or_of_others_exempts_nobody(policy: dict[str, Any]) -> None:
    assert status(judged(snapshot(), **policy)) == "missing"


def test_without_a_calendar_nothing_is_measurable() -> None:
    no_calendar = replace(ANN, resource_calendar_id=None)
    assert status(judged(snapshot(employee=no_calendar))) == "not_measurable"


def test_an_unreadable_record_makes_its_person_not_measurable() -> None:
    assert status(judged(snapshot(unreadable=frozenset({1})))) == "not_measurable"


def test_no_week_before_the_first_day_of_a_contract_counts() -> None:
    report = judged(snapshot(terms=[Term(1, first=date(2026, 11, 18))]), look_back_weeks=12)
    assert [finding.period for finding in report.findings] == [str(WEEK)]
    assert row(report)["expected_hours"] == 24


def test_earlier_weeks_are_findings_too_as_far_as_the_policy_looks_back() -> None:
    holes = {day: 0.0 for ago in (0, 3, 8) for day in workdays(WEEK.shifted(-ago))}
    report = judged(snapshot(holes))
    assert [finding.key for finding in report.findings] == [
        "employee-1-2026-11-16",
        "employee-1-2026-10-26",
    ]
    further = judged(snapshot(holes), look_back_weeks=9)
    assert [finding.key for finding in further.findings][2:] == ["employee-1-2026-09-21"]
    assert row(report)["period_start"] == "2026-11-16"


def test_weeks_past_their_last_rung_are_quiet_so_a_first_run_floods_nobody() -> None:
    nothing_ever = {day: 0.0 for ago in range(9) for day in workdays(WEEK.shifted(-ago))}
    report = judged(snapshot(nothing_ever))
    assert len(report.findings) == 8
    assert {f.period: [s.name for s in f.steps or ()] for f in report.findings if f.steps} == {
        str(WEEK): ["late"],
        str(WEEK.shifted(-1)): ["manager"],
        str(WEEK.shifted(-2)): ["owner"],
    }


def test_the_periods_looked_at_are_named() -> None:
    report = judged(snapshot(), look_back_weeks=2)
    assert report.periods == frozenset({"", str(RUNNING), str(WEEK), str(WEEK.shifted(-1))})
    asked = judged(snapshot(), replace(NOW, asked=WEEK))
    assert asked.periods == frozenset({str(WEEK)})


def test_the_running_week_is_judged_by_the_hours_due_so_far_and_says_so() -> None:
    logged = {**every_day(8), date(2026, 11, 23): 8, date(2026, 11, 24): 3}
    finding = of(judged(snapshot(logged), at("2026-11-26 05:00")), RUNNING)
    assert finding.title == "13 h missing so far for 23 Nov to 29 Nov 2026"
    assert finding.reason == (
        "Expected 24 h through Wed 25 Nov, logged 11 h; short on Tue 24 Nov 5 h, Wed 25 Nov 8 h"
    )
    assert finding.remedy.endswith("The week closes on Fri 27 Nov at 17:00.")


def test_the_running_week_is_no_finding_before_its_first_rung_nor_when_all_is_logged() -> None:
    complete = every_day(8)
    assert judged(snapshot(complete), at("2026-11-25 05:00")).findings == ()
    so_far = {**complete, **every_day(8, Period(RUNNING.start, date(2026, 11, 25)))}
    assert judged(snapshot(so_far), at("2026-11-26 05:00")).findings == ()
    # On Monday nothing is due yet, whatever the ladder says.
    early = [{"name": "soon", "working_days": -4}]
    assert judged(snapshot(complete), NOW, ladder=early).findings == ()


def test_after_the_deadline_the_whole_week_counts() -> None:
    friday = at("2026-11-27 17:00")
    finding = of(judged(snapshot(every_day(8)), friday), RUNNING)
    assert finding.title == "40 h missing for 23 Nov to 29 Nov 2026"
    assert finding.reason.startswith("Expected 40 h, logged 0 h")
    assert "closes" not in finding.remedy
    before = of(judged(snapshot(every_day(8)), at("2026-11-27 16:59")), RUNNING)
    assert "Expected 32 h through Thu 26 Nov" in before.reason


def test_the_days_after_the_deadline_are_not_due_before_they_are_over() -> None:
    all_week = {1: EVERY_DAY}
    friday = of(judged(snapshot(calendars=all_week), at("2026-11-27 18:00")), RUNNING)
    assert "Expected 40 h through Fri 27 Nov" in friday.reason
    sunday = of(judged(snapshot(calendars=all_week), at("2026-11-29 18:00")), RUNNING)
    assert "Expected 48 h through Sat 28 Nov" in sunday.reason


def test_a_deadline_may_lie_in_the_following_week() -> None:
    later = {"weekday": "tuesday", "at": "12:00", "week": "following"}
    monday = of(judged(snapshot(), at("2026-11-23 05:00"), deadline=later))
    assert [step.name for step in monday.steps or ()] == ["early"]
    assert monday.remedy.endswith("The week closes on Tue 24 Nov at 12:00.")
    assert monday.title == "40 h missing for 16 Nov to 22 Nov 2026"


def test_a_running_week_that_was_asked_for_is_told_whole_in_its_row() -> None:
    report = judged(snapshot(every_day(8)), replace(at("2026-11-25 09:00"), asked=RUNNING))
    found = row(report)
    assert (found["expected_hours"], found["missing_hours"], found["status"]) == (40, 16, "missing")
    assert found["reason"] == (
        "16 of the 16 hours due before today are not logged; 24 more are due later"
    )
    (missing,) = [m.value for m in report.measures if m.name == "timesheet_missing_hours"]
    assert missing == 16
    # Also where nobody is told yet, so that what is about to be sent can be checked.
    assert of(report, RUNNING).steps == ()


def test_what_is_not_due_yet_is_not_missing() -> None:
    ahead = RUNNING.shifted(2)
    report = judged(snapshot(every_day(8)), replace(at("2026-11-25 09:00"), asked=ahead))
    found = row(report)
    assert (found["expected_hours"], found["missing_hours"], found["status"]) == (40, 0, "not_due")
    assert found["reason"] == "none of the 40 expected hours is due before today"
    (measure,) = [m for m in report.measures if m.name == "timesheet_missing_hours"]
    assert (measure.value, measure.excluded, report.findings) == (0, {"not_due": 1}, ())


def test_a_period_that_is_no_week_has_a_key_of_its_own() -> None:
    days = Period(date(2026, 11, 16), date(2026, 11, 18))
    report = judged(snapshot(), replace(NOW, asked=days))
    assert [finding.key for finding in report.findings] == ["employee-1-2026-11-16-2026-11-18"]


def test_who_opted_out_gets_no_mail_but_the_manager_does() -> None:
    assert of(judged(snapshot(), opted_out=[1])).steps == ()
    later = of(judged(snapshot(), at("2026-11-25 05:00"), opted_out=[1]))
    assert [step.recipient for step in later.steps or ()] == [
        Recipient("mia@firm.example", "Mia", zone="Europe/Brussels")
    ]


def test_somebody_without_an_address_becomes_the_owners_affair() -> None:
    (step,) = of(judged(snapshot(employee=replace(ANN, work_email=None)))).steps or ()
    assert (step.recipient, step.unreachable) == (None, "Ann has no e-mail address")


@pytest.mark.parametrize("around", ["\n", "\t", "\u00a0", "\u200b", " \u00a0\r\n"], ids=ascii)
def test_what_a_paste_leaves_around_an_address_does_not_keep_the_reminder(around: str) -> None:
    ann = replace(ANN, work_email=f"{around}ann@firm.example{around}")
    (step,) = of(judged(snapshot(employee=ann))).steps or ()
    assert step.recipient is not None
    assert step.recipient.email == "ann@firm.example"
    nothing = replace(ANN, work_email="\u200b")
    (step,) = of(judged(snapshot(employee=nothing))).steps or ()
    assert step.recipient is None


@pytest.mark.parametrize(
    "text", ["ann@firm.example; jan@firm.example", "ann@firm.example, jan@firm.example", "ann"]
)
def test_nobody_is_written_to_at_what_is_not_one_address(text: str) -> None:
    (step,) = of(judged(snapshot(employee=replace(ANN, work_email=text)))).steps or ()
    wrong = f"Ann has no single usable e-mail address in Odoo, but {text!r}"
    assert (step.recipient, step.unreachable) == (None, wrong)
    manager = replace(MIA, work_email=text)
    later = of(judged(snapshot(managers=[manager]), at("2026-11-25 05:00"))).steps or ()
    assert [(step.recipient, step.unreachable) for step in later] == [
        (None, wrong.replace("Ann", "Mia"))
    ]
    assert step.url == "http://odoo.example/odoo/all-timesheets"


@pytest.mark.parametrize(
    "values",
    [
        {"employee": replace(ANN, parent_id=None)},
        {"managers": []},
        {"managers": [replace(MIA, work_email=None)]},
        {"managers": [replace(MIA, resource_id=99)]},
        {"leaves": [leave(date(2026, 11, 25), date(2027, 3, 1), resource_id=12)]},
    ],
)
def test_without_a_manager_in_reach_the_owner_is_told(values: dict[str, Any]) -> None:
    (step,) = of(judged(snapshot(**values), at("2026-11-25 05:00"))).steps or ()
    assert (step.name, step.recipient, step.escalates) == ("manager", None, True)
    assert step.unreachable == "Ann has no manager who can be written to"
    assert step.not_before == datetime(2026, 11, 25, 7, tzinfo=UTC)


def test_a_manager_without_a_calendar_is_taken_to_work_on_weekdays() -> None:
    flexible = replace(MIA, resource_calendar_id=None)
    saturday = [{"name": "manager", "working_days": 2, "who": "manager"}]
    found = snapshot(managers=[flexible], calendars={1: EVERY_DAY})
    # Two days after Thursday is a Saturday, on which Ann works.
    thursday = {"weekday": "thursday"}
    report = judged(found, at("2026-11-22 09:00"), ladder=saturday, deadline=thursday)
    (step,) = of(report).steps or ()
    assert step.not_before == datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_reminders_can_be_sent_at_once() -> None:
    (step,) = of(judged(snapshot(), wait_for_morning=False)).steps or ()
    assert (step.name, step.not_before) == ("late", None)


STATES = {
    date(2026, 11, 16): (Logged(8, State.APPROVED),),
    date(2026, 11, 17): (Logged(5, State.SUBMITTED), Logged(3, State.DRAFT)),
    date(2026, 11, 18): (Logged(8, State.DRAFT),),
}


@pytest.mark.parametrize(
    ("counts", "counted", "missing"),
    [("logged", 24, 16), ("submitted", 13, 27), ("approved", 8, 32)],
)
def test_the_policy_says_how_far_hours_must_have_come(
    counts: str, counted: float, missing: float
) -> None:
    report = judged(snapshot(STATES, tells=State), counts=counts)
    found = row(report)
    assert (found["draft_hours"], found["submitted_hours"], found["approved_hours"]) == (11, 5, 8)
    assert (found["logged_hours"], found["counted_hours"], found["missing_hours"]) == (
        24,
        counted,
        missing,
    )
    assert [gap.check for gap in report.not_verifiable] == ["rejected hours"]


def test_the_mail_tells_the_states_apart_and_what_counts() -> None:
    finding = of(judged(snapshot(STATES, tells=State), counts="approved"))
    assert "logged 24 h (11 h draft, 5 h submitted, 8 h approved), of which 8 h count" in (
        finding.reason
    )


def test_a_state_that_this_odoo_does_not_tell_is_said_and_logged_hours_count() -> None:
    report = judged(snapshot(STATES, tells=(State.DRAFT, State.APPROVED)), counts="submitted")
    found = row(report)
    assert (found["submitted_hours"], found["counted_hours"]) == (None, 24)
    assert [gap.check for gap in report.not_verifiable] == [
        "rejected hours",
        "submitted hours as the policy counts them",
    ]


def test_hours_on_a_hidden_sheet_count_and_their_states_are_not_told() -> None:
    hidden = {**STATES, date(2026, 11, 19): (Logged(8),)}
    found = row(judged(snapshot(hidden, tells=State), counts="approved"))
    assert (found["approved_hours"], found["counted_hours"]) == (None, 16)


def test_a_database_without_approval_says_so() -> None:
    report = judged(snapshot({date(2026, 11, 16): 8}), counts="approved")
    assert [gap.check for gap in report.not_verifiable] == [
        "approved hours",
        "approved hours as the policy counts them",
    ]
    found = row(report)
    assert (found["draft_hours"], found["counted_hours"]) == (None, 8)


def test_hours_on_a_project_may_not_count_or_count_only_when_approved() -> None:
    logged = {
        date(2026, 11, 16): (Logged(8, State.DRAFT, 70), Logged(2, State.DRAFT, 71)),
        date(2026, 11, 17): (Logged(8, State.APPROVED, 70),),
        date(2026, 11, 18): (Logged(8, State.DRAFT, 72),),
    }
    found = snapshot(logged, tells=State)
    rules = {"70": {"approval_required": True}, "71": {"hours_count": False}}
    assert row(judged(found, projects=rules))["counted_hours"] == 16
    assert row(judged(found))["counted_hours"] == 26
    untold = judged(snapshot(logged), projects=rules)
    assert row(untold)["counted_hours"] == 24
    assert "approved hours as the policy counts them" in {g.check for g in untold.not_verifiable}


def test_what_the_schedules_cannot_know_is_passed_on() -> None:
    gap = NotVerifiable(Text("calendar history"), Text("hidden"), Text("grant it"))
    found = snapshot()
    schedules = replace(found.schedules, not_verifiable=(gap,))
    assert gap in judged(replace(found, schedules=schedules)).not_verifiable


def test_odoos_own_reminders_beside_ours_are_the_owners_affair() -> None:
    reminding = [OwnReminders(1, "Nordwind", True), OwnReminders(2, "Sud")]
    found = snapshot(every_day(8), reminding=reminding, company_page="http://odoo.example/c/1")
    (finding,) = judged(found).findings
    assert (finding.severity, finding.model, finding.record_id) == (
        Severity.WARNING,
        "res.company",
        1,
    )
    assert "Nordwind get Odoo's own timesheet reminders" in finding.reason
    assert [step.recipient for step in finding.steps or ()] == [None]
    assert judged(found, replace(NOW, asked=WEEK)).findings == ()


@pytest.mark.parametrize(
    "names", [("late", "late"), ("daily-2026-11-24", "late"), ("month-end", "late")]
)
def test_rungs_have_names_of_their_own(names: tuple[str, str]) -> None:
    with pytest.raises(ValidationError, match="give each rung a name of its own"):
        TimesheetPolicy.model_validate(
            {"ladder": [{"name": name, "working_days": 1} for name in names]}
        )


def test_the_job_says_why_and_what_to_do() -> None:
    assert JOB.why.startswith("hours that nobody logs")
    assert JOB.remedy.startswith("the person logs")
    assert timedelta(days=1) < JOB.cron.window
