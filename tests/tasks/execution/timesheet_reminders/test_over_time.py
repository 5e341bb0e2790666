"""What is said over the days: runs every morning, held against the cases that they remember."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tasks.domain.cases import Change, ChangeKind, OpenCase, reconcile
from tasks.domain.findings import Finding
from tasks.domain.periods import AsOf, Period
from tasks.execution.timesheet_reminders.hours import Logged
from tests.fakes.weeks import (
    BRUSSELS,
    MONDAYS,
    RUNNING,
    WEEK,
    at,
    every_day,
    judged,
    leave,
    snapshot,
    workdays,
)

Said = tuple[str, str, str]
DONE = every_day(8)
KINDS = {ChangeKind.OPENED, ChangeKind.REMINDED, ChangeKind.ESCALATED}


class Firm:
    """Runs as beat makes them; knows what was said, and the cases that stand."""

    def __init__(self, see: Callable[[AsOf], Any], zone: str = "Europe/Brussels") -> None:
        self.see, self.zone = see, ZoneInfo(zone)
        self.cases: dict[str, OpenCase] = {}
        self.changes: list[Change] = []
        self.said: list[Said] = []

    def run(self, as_of: AsOf, **policy: Any) -> None:
        report = judged(self.see(as_of), as_of, **policy)
        result = reconcile(
            report.findings,
            self.cases.values(),
            as_of.day,
            lambda finding: not report.covers(finding),
        )
        self.changes += result.changes
        for change in result.changes:
            if change.kind is ChangeKind.RESOLVED:
                del self.cases[change.finding.key]
            else:
                self._remember(change.finding)
            self.said += [self._told(change.finding, step) for step in change.rungs]
        for finding in result.unchanged:
            self._remember(finding)

    def run_daily(self, first: str, last: str, missing: Iterable[str] = (), **policy: Any) -> None:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            if str(day) not in missing:
                self.run(at(f"{day} 05:00"), **policy)
            day += timedelta(days=1)

    def _remember(self, finding: Finding) -> None:
        known = self.cases.get(finding.key)
        opened = known.opened_on if known else date(2026, 1, 1)
        self.cases[finding.key] = OpenCase(finding, opened, opened)

    def _told(self, finding: Finding, step: Any) -> Said:
        who = step.recipient.name if step.recipient else "owner"
        return step.name, who, f"{step.not_before.astimezone(self.zone):%a %d %b %H:%M}"


def always(logged: Mapping[date, Any], **values: Any) -> Callable[[AsOf], Any]:
    """A firm in which nothing changes."""
    found = snapshot(logged, **values)
    return lambda as_of: found


LADDER = [
    ("early", "Ann", "Thu 26 Nov 16:00"),
    ("deadline", "Ann", "Fri 27 Nov 08:00"),
    ("late", "Ann", "Mon 30 Nov 08:00"),
    ("manager", "Mia", "Wed 02 Dec 08:00"),
    ("owner", "owner", "Tue 08 Dec 08:00"),
]
# Nothing is logged in RUNNING, everything in the weeks around it.
LATER = [every_day(8, RUNNING.shifted(weeks)) for weeks in (1, 2, 3)]
ONE_HOLE = {day: hours for week in (DONE, *LATER) for day, hours in week.items()}


def test_the_whole_ladder_is_climbed_once_and_then_there_is_silence() -> None:
    firm = Firm(always(ONE_HOLE))
    firm.run_daily("2026-11-23", "2026-12-20")
    assert firm.said == LADDER
    assert [change.kind for change in firm.changes] == [
        ChangeKind.OPENED,
        ChangeKind.REMINDED,
        ChangeKind.REMINDED,
        ChangeKind.ESCALATED,
        ChangeKind.ESCALATED,
    ]


def test_runs_that_repeat_or_overlap_say_nothing_twice() -> None:
    firm = Firm(always(ONE_HOLE))
    for day in range(21):
        for hour in (0, 5, 5, 13, 23):
            start = datetime(2026, 11, 23, hour, tzinfo=BRUSSELS).astimezone(UTC)
            moment = start + timedelta(days=day)
            firm.run(AsOf(moment, BRUSSELS, moment))
    assert firm.said == LADDER


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Australia/Sydney"])
def test_every_rung_strikes_in_the_recipients_own_zone(zone: str) -> None:
    firm = Firm(always(ONE_HOLE, zones=(zone, zone)), zone)
    firm.run_daily("2026-11-23", "2026-12-07")
    assert firm.said == LADDER[:4]


def test_a_manager_elsewhere_is_written_to_in_her_own_morning() -> None:
    firm = Firm(always(ONE_HOLE, zones=("Europe/Brussels", "America/New_York")))
    firm.run_daily("2026-11-23", "2026-12-04")
    assert firm.said[3] == ("manager", "Mia", "Wed 02 Dec 14:00")


def test_a_manager_who_is_off_hears_of_it_on_her_next_working_morning() -> None:
    away = leave(date(2026, 12, 2), date(2026, 12, 3), resource_id=12)
    firm = Firm(always(ONE_HOLE, leaves=[away]))
    firm.run_daily("2026-11-23", "2026-12-07")
    assert firm.said[3:] == [("manager", "Mia", "Fri 04 Dec 08:00")]


def test_no_rung_ever_falls_on_a_day_off() -> None:
    away = leave(date(2026, 11, 30), date(2026, 12, 1))
    firm = Firm(always(ONE_HOLE, leaves=[away]))
    firm.run_daily("2026-11-23", "2026-12-09")
    assert [said[2] for said in firm.said[2:]] == ["Wed 02 Dec 08:00", "Fri 04 Dec 08:00"]


def test_who_works_on_mondays_only_is_asked_on_mondays_only() -> None:
    firm = Firm(always(ONE_HOLE, calendars={1: MONDAYS}))
    firm.run_daily("2026-11-23", "2026-12-14")
    # The Monday itself is not over when it strikes, so its own rung has nothing to ask for.
    assert firm.said == [
        ("late", "Ann", "Mon 30 Nov 08:00"),
        ("manager", "Mia", "Mon 14 Dec 08:00"),
    ]


def test_a_rung_that_was_missed_is_not_made_up_for_when_the_next_has_come() -> None:
    firm = Firm(always(ONE_HOLE))
    down = [f"2026-11-{day}" for day in (26, 27, 28, 29, 30)] + ["2026-12-01"]
    firm.run_daily("2026-11-23", "2026-12-09", missing=down)
    assert firm.said == LADDER[3:]


def test_the_latest_rung_is_made_up_for_on_the_next_working_morning() -> None:
    firm = Firm(always(ONE_HOLE))
    # The run of Sunday leaves Friday's rung alone, for Monday's would go out with it.
    firm.run_daily("2026-11-23", "2026-12-09", missing=["2026-11-27", "2026-11-28", "2026-11-30"])
    assert firm.said == [LADDER[0], ("late", "Ann", "Tue 01 Dec 08:00"), *LADDER[3:]]


def test_a_run_that_is_late_by_hours_sends_on_the_same_day() -> None:
    firm = Firm(always(ONE_HOLE))
    firm.run(at("2026-11-30 11:00"))
    assert firm.said == [("late", "Ann", "Mon 30 Nov 11:00")]


def test_a_first_run_speaks_of_what_stands_now_and_opens_the_rest_in_silence() -> None:
    firm = Firm(always({day: 0 for ago in range(9) for day in workdays(WEEK.shifted(-ago))}))
    firm.run(at("2026-11-23 05:00"))
    assert firm.said == [
        ("late", "Ann", "Mon 23 Nov 08:00"),
        ("manager", "Mia", "Mon 23 Nov 08:00"),
        ("owner", "owner", "Mon 23 Nov 08:00"),
    ]
    assert len(firm.cases) == 8


def test_a_case_is_resolved_only_when_its_week_is_complete() -> None:
    logged = dict(ONE_HOLE)
    firm = Firm(lambda as_of: snapshot(logged))
    firm.run_daily("2026-11-26", "2026-12-07")
    assert set(firm.cases) == {"employee-1-2026-11-23"}
    assert ChangeKind.RESOLVED not in {change.kind for change in firm.changes}
    logged.update(every_day(8, RUNNING))
    firm.run_daily("2026-12-08", "2026-12-08")
    assert firm.cases == {}
    assert [change.kind for change in firm.changes][-1] is ChangeKind.RESOLVED


def test_a_week_that_is_looked_at_no_more_is_not_resolved_by_that() -> None:
    firm = Firm(always(ONE_HOLE))
    firm.run_daily("2026-11-30", "2026-12-03", look_back_weeks=2)
    firm.run_daily("2026-12-14", "2026-12-14", look_back_weeks=2)
    assert "employee-1-2026-11-23" in firm.cases


def test_who_logs_before_the_deadline_hears_no_more() -> None:
    logged = dict(ONE_HOLE)
    firm = Firm(lambda as_of: snapshot(logged))
    firm.run(at("2026-11-26 05:00"))
    logged.update(every_day(8, RUNNING))
    firm.run_daily("2026-11-27", "2026-12-12")
    assert firm.said == LADDER[:1]


def test_in_grace_nobody_is_asked_and_then_the_rung_that_stands_speaks() -> None:
    firm = Firm(always(ONE_HOLE))
    grace: dict[str, Any] = {"grace_until_by_employee": {1: date(2026, 11, 30)}}
    firm.run_daily("2026-11-23", "2026-12-03", **grace)
    assert firm.said == [("late", "Ann", "Tue 01 Dec 08:00"), LADDER[3]]


def test_the_last_working_day_of_a_month_brings_a_rung_of_its_own_if_the_policy_says_so() -> None:
    # July 2026 ends on a Friday, September on a Wednesday.
    september = Period(date(2026, 9, 28), date(2026, 10, 4))
    firm = Firm(always(dict.fromkeys(workdays(september), 0)))
    firm.run_daily("2026-09-28", "2026-10-02", month_end_reminder=True)
    assert firm.said == [
        ("month-end", "Ann", "Wed 30 Sep 08:00"),
        ("early", "Ann", "Thu 01 Oct 16:00"),
        ("deadline", "Ann", "Fri 02 Oct 08:00"),
    ]
    without = Firm(always(dict.fromkeys(workdays(september), 0)))
    without.run_daily("2026-09-28", "2026-10-01")
    assert [said[0] for said in without.said] == ["early"]


def test_a_month_that_ends_on_the_deadline_brings_one_mail() -> None:
    october = Period(date(2026, 10, 26), date(2026, 11, 1))
    firm = Firm(always(dict.fromkeys(workdays(october), 0)))
    firm.run_daily("2026-10-26", "2026-10-31", month_end_reminder=True)
    assert [said[0] for said in firm.said] == ["early", "deadline"]


DAILY: dict[str, Any] = {"projects": {70: {"daily": True}}}
ON_70 = {**DONE, date(2026, 11, 16): (Logged(8, project_id=70),)}


def test_people_of_a_daily_project_are_asked_on_the_next_working_day_once_a_day() -> None:
    firm = Firm(always(ON_70))
    firm.run_daily("2026-11-23", "2026-11-30", **DAILY)
    assert firm.said == [
        ("daily-2026-11-23", "Ann", "Tue 24 Nov 08:00"),
        ("daily-2026-11-24", "Ann", "Wed 25 Nov 08:00"),
        *LADDER[:3],
    ]
    assert len({said[2][:6] for said in firm.said}) == len(firm.said)


def test_a_day_that_is_complete_is_not_asked_for() -> None:
    firm = Firm(always({**ON_70, date(2026, 11, 23): 4, date(2026, 11, 24): 8}))
    firm.run_daily("2026-11-23", "2026-11-25", **DAILY)
    assert firm.said == [("daily-2026-11-23", "Ann", "Tue 24 Nov 08:00")]


def test_people_of_other_projects_are_not_asked_daily() -> None:
    firm = Firm(always({**DONE, date(2026, 11, 16): (Logged(8, project_id=71),)}))
    firm.run_daily("2026-11-23", "2026-11-25", **DAILY)
    assert firm.said == []


def test_a_daily_reminder_gives_way_to_that_of_the_month() -> None:
    september = Period(date(2026, 9, 28), date(2026, 10, 4))
    logged = dict.fromkeys(workdays(september), 0)
    firm = Firm(always({**logged, date(2026, 9, 25): (Logged(8, project_id=70),)}))
    firm.run_daily("2026-09-28", "2026-09-30", month_end_reminder=True, **DAILY)
    assert [said[0] for said in firm.said] == ["daily-2026-09-28", "month-end"]


def test_reminders_sent_at_once_are_one_per_run() -> None:
    found = snapshot(DONE)
    report = judged(found, at("2026-11-26 09:00"), wait_for_morning=False)
    (finding,) = report.findings
    assert [step.name for step in finding.steps or ()] == ["deadline"]
