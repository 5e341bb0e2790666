"""Who is reminded of missing hours, who is not, and when."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf, Period
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.timesheet_reminders import JOB, Snapshot, TimesheetPolicy, judge
from tasks.records.people import CalendarLeave, Employee, Resource
from tasks.records.schedules import Schedules

WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))
MONDAY = datetime(2026, 11, 23, 4, tzinfo=UTC)
NOW = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
ANN = Employee(
    id=1,
    name="Ann",
    active=True,
    company_id=1,
    department_id=3,
    job_id=4,
    parent_id=None,
    user_id=None,
    work_email="ann@firm.example",
    resource_id=11,
    resource_calendar_id=1,
)
FULL_TIME = Schedule(tuple(Stretch(day, 9, 17) for day in range(5)))


def leave(first: date, last: date) -> CalendarLeave:
    return CalendarLeave(
        id=1,
        date_from=datetime(first.year, first.month, first.day, tzinfo=UTC),
        date_to=datetime(last.year, last.month, last.day, 23, tzinfo=UTC),
        resource_id=11,
        calendar_id=None,
        company_id=1,
        time_type="leave",
    )


def snapshot(
    logged: Mapping[date, float] | None = None,
    employee: Employee = ANN,
    zone: str = "Europe/Brussels",
    leaves: tuple[CalendarLeave, ...] = (),
    **values: Any,
) -> Snapshot:
    schedules = Schedules(
        resources={11: Resource(id=11, tz=zone, company_id=1)},
        schedules={1: FULL_TIME},
        terms={},
        leaves={11: leaves},
    )
    found: dict[str, Any] = {
        "week": WEEK,
        "employees": [employee],
        "schedules": schedules,
        "logged": {(1, day): hours for day, hours in (logged or {}).items()},
        "unreadable": frozenset(),
        "my_timesheets": "http://odoo.example/odoo/timesheets",
        "approves": False,
    }
    return Snapshot(**{**found, **values})


def judged(found: Snapshot, as_of: AsOf = NOW, **policy: Any) -> Report:
    return judge(found, as_of, TimesheetPolicy(**policy))


def status(report: Report) -> str:
    (row,) = report.rows
    return str(row["status"])


def every_day(hours: float) -> dict[date, float]:
    return {day: hours for day in WEEK.days() if day.weekday() < 5}


def test_a_complete_week_is_complete() -> None:
    report = judged(snapshot(every_day(8)))
    assert (status(report), report.findings) == ("complete", ())


def test_missing_hours_make_a_finding_that_says_which_days() -> None:
    report = judged(snapshot({**every_day(8), date(2026, 11, 19): 2}))
    (finding,) = report.findings
    assert finding.title == "6 h missing for 16 Nov to 22 Nov 2026"
    assert "short on Thu 19 Nov 6 h" in finding.reason
    assert finding.key == "employee-1-2026-11-16"
    assert finding.period == "2026-11-16/2026-11-22"


def test_the_row_follows_the_contract() -> None:
    (row,) = judged(snapshot({date(2026, 11, 16): 8})).rows
    assert list(row) == [
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
    ]
    assert (row["expected_hours"], row["logged_hours"], row["missing_hours"]) == (40, 8, 32)
    assert row["days"][0] == {"date": "2026-11-16", "expected_hours": 8, "logged_hours": 8}


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
    report = judged(snapshot(leaves=(leave(date(2026, 11, 16), date(2026, 11, 20)),)))
    assert (status(report), report.findings) == ("no_expected_hours", ())


def test_two_days_of_leave_leave_three_to_be_reminded_of() -> None:
    report = judged(snapshot(leaves=(leave(date(2026, 11, 16), date(2026, 11, 17)),)))
    (row,) = report.rows
    assert (row["expected_hours"], row["missing_hours"], row["status"]) == (24, 24, "missing")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"exempt_employees": (1,)}, "by name"),
        ({"exempt_departments": (3,)}, "by department"),
        ({"exempt_jobs": (4,)}, "by role"),
        ({"effective_from": date(2026, 11, 23)}, "start with the week of 2026-11-23"),
    ],
)
def test_exempt_people_are_listed_with_the_reason(policy: dict[str, Any], reason: str) -> None:
    report = judged(snapshot(), **policy)
    (row,) = report.rows
    assert row["status"] == "exempt"
    assert reason in row["reason"]
    assert report.findings == ()


def test_a_policy_that_is_effective_already_exempts_nobody() -> None:
    assert status(judged(snapshot(), effective_from=date(2026, 11, 16))) == "missing"


def test_without_a_calendar_nothing_is_measurable() -> None:
    no_calendar = Employee(**{**vars(ANN), "resource_calendar_id": None})
    assert status(judged(snapshot(employee=no_calendar))) == "not_measurable"


def test_an_unreadable_record_makes_its_person_not_measurable() -> None:
    assert status(judged(snapshot(unreadable=frozenset({1})))) == "not_measurable"


@pytest.mark.parametrize(
    ("zone", "not_before"),
    [
        ("Europe/Brussels", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 23, 13, tzinfo=UTC)),
        # In Sydney it is already Monday afternoon.
        ("Australia/Sydney", datetime(2026, 11, 23, 21, tzinfo=UTC)),
    ],
)
def test_a_reminder_waits_for_the_persons_own_morning(zone: str, not_before: datetime) -> None:
    (finding,) = judged(snapshot(zone=zone)).findings
    assert finding.recipient is not None
    assert finding.recipient.not_before == not_before


def test_a_reminder_never_comes_on_a_day_off() -> None:
    away = leave(date(2026, 11, 23), date(2026, 11, 24))
    (finding,) = judged(snapshot(leaves=(away,))).findings
    assert finding.recipient is not None
    assert finding.recipient.not_before == datetime(2026, 11, 25, 7, tzinfo=UTC)


def test_somebody_away_for_weeks_is_not_written_to_before_the_end_of_our_view() -> None:
    away = leave(date(2026, 11, 23), date(2027, 3, 1))
    (finding,) = judged(snapshot(leaves=(away,))).findings
    assert finding.recipient is not None
    assert finding.recipient.not_before == datetime(2026, 12, 14, 4, tzinfo=UTC)


def test_a_reminder_can_be_sent_at_once() -> None:
    (finding,) = judged(snapshot(), wait_for_morning=False).findings
    assert finding.recipient is not None
    assert finding.recipient.not_before is None


def test_somebody_without_an_address_is_found_but_cannot_be_told() -> None:
    unreachable = Employee(**{**vars(ANN), "work_email": None})
    (finding,) = judged(snapshot(employee=unreachable)).findings
    assert finding.recipient is None


def test_compliance_counts_only_those_who_were_asked() -> None:
    complete = judged(snapshot(every_day(8)))
    values = {measure.name: measure.value for measure in complete.measures}
    assert values == {"timesheet_missing_hours": 0, "timesheet_compliance_ratio": 1}
    nobody = judged(snapshot(), exempt_employees=(1,))
    assert [measure.name for measure in nobody.measures] == ["timesheet_missing_hours"]


def test_a_database_without_approval_says_so() -> None:
    assert [gap.check for gap in judged(snapshot()).not_verifiable] == ["approved hours"]
    assert judged(snapshot(approves=True)).not_verifiable == ()


def test_what_the_schedules_cannot_know_is_passed_on() -> None:
    gap = NotVerifiable("calendar history", "hidden", "grant it")
    found = snapshot(approves=True)
    schedules = Schedules(**{**vars(found.schedules), "not_verifiable": (gap,)})
    assert judged(snapshot(approves=True, schedules=schedules)).not_verifiable == (gap,)


def test_the_job_says_why_and_what_to_do() -> None:
    assert JOB.why.startswith("hours that nobody logs")
    assert JOB.remedy.startswith("the person logs")
