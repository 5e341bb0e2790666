"""What approvers are told over the days: runs every working morning, held against the cases."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from tasks.domain.cases import OpenCase, reconcile
from tasks.execution.pending_approvals.waiting import Waiting
from tasks.records.people import CalendarLeave
from tests.fakes.approvals import (
    APU,
    at,
    expense,
    judged,
    leave,
    snapshot,
    time,
)

Said = tuple[str, str, str]


def said(
    *waiting: Waiting,
    first: str = "2026-11-23",
    last: str = "2026-12-18",
    leaves: Iterable[CalendarLeave] = (),
    **policy: Any,
) -> list[Said]:
    """Day, rung and who is told, run by run."""
    cases: dict[str, OpenCase] = {}
    told: list[Said] = []
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        if day.weekday() < 5:
            now = at(f"{day} 05:00")
            report = judged(snapshot(*waiting, leaves=leaves), now, **policy)
            result = reconcile(report.findings, cases.values(), day)
            for change in result.changes:
                told += [
                    (str(day), s.name, s.recipient.name if s.recipient else "owner")
                    for s in change.rungs
                ]
            seen = [change.finding for change in result.changes] + list(result.unchanged)
            cases = {finding.key: OpenCase(finding, day, day) for finding in seen}
        day += timedelta(days=1)
    return told


def test_each_rung_speaks_once_then_there_is_silence() -> None:
    assert said(expense(since="2026-11-23")) == [
        ("2026-11-25", "first", "Apu"),
        ("2026-11-27", "again", "Apu"),
        ("2026-12-01", "fallback", "Mia"),
        ("2026-12-07", "owner", "owner"),
    ]


def test_hours_are_told_once_their_week_is_over() -> None:
    week = time(since="2026-11-29")
    assert said(week)[0] == ("2026-12-01", "first", "Apu")


def test_a_first_run_tells_of_what_is_about_due_and_not_of_the_backlog() -> None:
    backlog = [expense(number, "2026-09-01") for number in range(20)]
    assert said(*backlog, expense(99, "2026-11-19"), last="2026-11-23") == [
        ("2026-11-23", "first", "Apu")
    ]


def test_who_stands_in_is_told_once_and_the_approver_again_when_back() -> None:
    away = leave(APU, "2026-11-26", "2026-11-27")
    assert said(expense(since="2026-11-23"), leaves=[away], last="2026-12-02") == [
        ("2026-11-25", "first", "Apu"),
        ("2026-11-26", "instead", "Mia"),
        ("2026-12-01", "again", "Apu"),
    ]
