"""Who is reminded of missing hours, who is not, and how the week is judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from odoo_gateway.sandbox import Sandbox
from tasks.domain.findings import Finding, NotVerifiable, Recipient, Report, Severity
from tasks.domain.periods import AsOf, Period
from tasks.domain.timesheet_policy import TimesheetPolicy
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.timesheet_reminders import JOB, Look, OwnReminders, Snapshot, judge
from tasks.records.employment import Term
from tasks.records.hours import Hours, LateLine, Logged, State
from tasks.records.people import CalendarLeave, Employee, Resource
from tasks.records.schedules import Schedules
from tests.tasks.conftest import reading

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
RUNNING = WEEK.shifted(1)
BRUSSELS = ZoneInfo("Europe/Brussels")
ANN = Employee(
    id=1,
    name="Ann",
    active=True,
    company_id=1,
    department_id=3,
    job_id=4,
    parent_id=2,
    user_id=None,
    work_email="ann@firm.example",
    resource_id=11,
    resource_calendar_id=1,
)
MIA = replace(
    ANN, id=2, name="Mia", parent_id=None, work_email="mia@firm.example", resource_id=12, job_id=5
)
FULL_TIME = Schedule(tuple(Stretch(day, 9, 17) for day in range(5)))
MONDAYS = Schedule((Stretch(0, 9, 17),))
EVERY_DAY = Schedule(tuple(Stretch(day, 9, 17) for day in range(7)))


def at(text: str) -> AsOf:
    """A moment in Brussels."""
    instant = datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)
    return AsOf(instant, BRUSSELS, instant)


NOW = at("2026-11-23 05:00")


def leave(first: date, last: date, resource_id: int = 11) -> CalendarLeave:
    return CalendarLeave(
        id=1,
        date_from=datetime(first.year, first.month, first.day, tzinfo=UTC),
        date_to=datetime(last.year, last.month, last.day, 23, tzinfo=UTC),
        resource_id=resource_id,
        calendar_id=None,
        company_id=1,
        time_type="leave",
    )


def snapshot(
    logged: Mapping[date, float | Sequence[Logged]] | None = None,
    employee: Employee = ANN,
    *,
    zones: Sequence[str] = ("Europe/Brussels", "Europe/Brussels"),
    leaves: Iterable[CalendarLeave] = (),
    tells: Iterable[State] = (),
    terms: Sequence[Term] = (),
    calendars: Mapping[int, Schedule] | None = None,
    **values: Any,
) -> Snapshot:
    """Ann, whose manager is Mia, and Ann's hours: all that she was to log before WEEK."""
    before = {day: 8.0 for ago in range(1, 13) for day in workdays(WEEK.shifted(-ago))}
    hours = {
        (1, day): [Logged(found)] if isinstance(found, float | int) else list(found)
        for day, found in {**before, **(logged or {})}.items()
    }
    schedules = Schedules(
        resources={
            number: Resource(id=number, tz=ZoneInfo(zone), company_id=1)
            for number, zone in zip((11, 12), zones, strict=True)
        },
        schedules={1: FULL_TIME, **(calendars or {})},
        terms={1: terms} if terms else {},
        leaves={
            number: [leave for leave in leaves if leave.resource_id == number]
            for number in (11, 12)
        },
    )
    found: dict[str, Any] = {
        "employees": [employee],
        "managers": [MIA],
        "schedules": schedules,
        "view": Period(WEEK.shifted(-12).start, WEEK.shifted(5).end),
        "hours": Hours(hours, frozenset(tells)),
        "unreadable": frozenset(),
        "my_timesheets": "http://odoo.example/odoo/timesheets",
        "all_timesheets": "http://odoo.example/odoo/all-timesheets",
    }
    return Snapshot(**{**found, **values})


def workdays(period: Period) -> list[date]:
    return [day for day in period.days() if day.weekday() < 5]


def judged(found: Snapshot, as_of: AsOf = NOW, **policy: Any) -> Report:
    return judge(found, as_of, TimesheetPolicy.model_validate(policy))


def row(report: Report) -> Mapping[str, Any]:
    (found,) = report.rows
    return found


def status(report: Report) -> str:
    return str(row(report)["status"])


def of(report: Report, period: Period = WEEK) -> Finding:
    (found,) = (finding for finding in report.findings if finding.period == str(period))
    return found


def every_day(hours: float, period: Period = WEEK) -> dict[date, float]:
    return dict.fromkeys(workdays(period), hours)


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
    assert (found["expected_hours"], found["missing_hours"], found["status"]) == (40, 40, "missing")
    assert found["reason"] == (
        "40 of 40 expected hours are not logged; of the 16 due before today, 16"
    )
    # Also where nobody is told yet, so that what is about to be sent can be checked.
    assert of(report, RUNNING).steps == ()


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


def made(moment: str, day: date, hours: float = 8, project_id: int = 7) -> LateLine:
    """Hours that Ann logged then, in Brussels."""
    return LateLine(
        id=1,
        employee_id=1,
        project_id=project_id,
        date=day,
        unit_amount=hours,
        create_date=at(moment).instant,
    )


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
    assert Look(left, NOW, TimesheetPolicy()).punctuality(gone) == "not_employed"


def test_lines_made_after_a_deadline_are_read(now: AsOf) -> None:
    """Julia Weber logs her weeks on Sunday night."""
    policy = TimesheetPolicy()
    found = JOB.read(reading(Sandbox(now.day)), now, policy)
    look, careless = (Look(each, now, policy) for each in (found, replace(found, late={})))
    caught = [p.id for p in found.employees if look.punctuality(p) != careless.punctuality(p)]
    assert caught == [10]


def test_both_weeks_are_read_while_a_deadline_is_ahead(now: AsOf) -> None:
    deadline = {"weekday": "tuesday", "week": "following"}
    policy = TimesheetPolicy.model_validate({"deadline": deadline, "look_back_weeks": 1})
    found = JOB.read(reading(Sandbox(now.day)), now, policy)
    assert found.view.start <= WEEK.shifted(-1).start
    assert judge(found, now, policy).measures[1].name == "timesheet_compliance_ratio"


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
    gap = NotVerifiable("calendar history", "hidden", "grant it")
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
