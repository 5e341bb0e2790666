"""What must be there before work goes on, who sees to a gap, and by when."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tasks.domain.checklists import (
    Answer,
    Check,
    Demand,
    OfficeHours,
    Owner,
    Result,
    checklist,
    contents_of,
    demanded,
    differing,
    due_at,
    failed,
    files_in,
    unverified,
)
from tasks.domain.ladder import Workdays
from tasks.domain.texts import Text

BRUSSELS = ZoneInfo("Europe/Brussels")
OFFICE = OfficeHours()
# Two weeks from Monday 2 March 2026, without the weekend between them.
DAYS = Workdays(
    [date(2026, 3, 2) + timedelta(days=n) for n in range(12) if n not in (5, 6)], BRUSSELS
)
ANN, BEN = Owner("Ann", 7), Owner("Ben", 8)
NEEDS = (
    Demand(item="contract", owner="seller", within_hours=8),
    Demand(item="plan", owner="leader", within_hours=24),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "hours", "due"),
    [
        ("2026-03-02 10:00", 2, "2026-03-02 12:00"),
        ("2026-03-02 10:00", 7, "2026-03-02 17:00"),
        ("2026-03-02 10:00", 8, "2026-03-03 10:00"),
        ("2026-03-02 03:00", 8, "2026-03-02 17:00"),
        ("2026-03-02 22:00", 1, "2026-03-03 10:00"),
        ("2026-03-06 16:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 12:00", 0, "2026-03-09 09:00"),
    ],
    ids=[
        *("same day", "until it closes", "next day", "before it opens", "after it closes"),
        *("over the weekend", "at once, on a Saturday"),
    ],
)
def test_a_gap_is_due_after_office_hours_of_working_days(
    since: str, hours: float, due: str
) -> None:
    assert due_at(at(since), hours, DAYS, OFFICE) == at(due)


def test_it_is_due_by_the_clock_of_the_owner_also_over_the_change_of_the_clocks() -> None:
    days = Workdays([date(2026, 3, 27), date(2026, 3, 30)], BRUSSELS)
    assert due_at(at("2026-03-27 16:00"), 2, days, OFFICE) == datetime(2026, 3, 30, 8, tzinfo=UTC)


def test_nobody_can_say_when_it_is_due_beyond_the_days_that_are_known() -> None:
    assert due_at(at("2026-03-02 09:00"), 81, DAYS, OFFICE) is None
    assert due_at(at("2026-03-02 09:00"), 80, DAYS, OFFICE) == at("2026-03-13 17:00")


@pytest.mark.parametrize("closes", [time(9), time(8)])
def test_an_office_that_closes_before_it_opens_is_refused(closes: time) -> None:
    with pytest.raises(ValidationError, match="opens at 09:00; close later"):
        OfficeHours(opens=time(9), closes=closes)


def test_what_several_lists_demand_is_demanded_once_and_within_the_shortest_time() -> None:
    sooner = Demand(item="plan", owner="seller", within_hours=4)
    later = Demand(item="contract", owner="leader", within_hours=40)
    assert demanded([NEEDS, [sooner, later]]) == (NEEDS[0], sooner)
    assert demanded([]) == ()


def test_a_gap_has_its_owner_and_its_due_time_and_what_is_there_its_evidence() -> None:
    asked: list[tuple[Owner, float]] = []

    def due(owner: Owner, hours: float) -> datetime:
        asked.append((owner, hours))
        return at("2026-03-03 10:00")

    found = checklist(
        NEEDS,
        {
            "contract": Answer(Result.FAIL, Text("no file"), Text("attach it"), url="https://o/9"),
            "plan": Answer(Result.PASS, evidence=("Plan.pdf",)),
            "more": Answer(Result.FAIL),
        },
        {"seller": ANN, "leader": BEN},
        due,
        "https://o/1",
    )
    assert [item.check.check for item in found.items] == ["contract", "plan"]
    (gap,) = found.gaps
    assert (gap.owner, gap.due, gap.check.url) == (ANN, at("2026-03-03 10:00"), "https://o/9")
    assert asked == [(ANN, 8)]
    assert gap.row() == {
        "check": "contract",
        "result": "fail",
        "reason": "no file",
        "owner": "Ann",
        "next_step": "attach it",
        "url": "https://o/9",
        "evidence": [],
        "due": "2026-03-03T09:00:00+00:00",
    }
    there = found.items[1]
    assert (there.evidence, there.due, there.check.owner) == (("Plan.pdf",), None, "")
    assert there.check.url == "https://o/1"
    assert there.row()["due"] is None


def test_what_nobody_could_check_is_no_gap_and_what_need_not_be_there_counts_for_nothing() -> None:
    answers = {
        "contract": Answer(Result.NOT_VERIFIABLE, Text("hidden")),
        "plan": Answer(Result.NOT_APPLICABLE),
    }
    owners = {"seller": ANN, "leader": BEN}
    found = checklist(NEEDS, answers, owners, lambda owner, hours: None, "")
    assert (found.gaps, found.unverified, found.applicable) == ((), ("contract",), 1)


def test_only_a_failed_check_blocks() -> None:
    checks = [Check(result.value, result) for result in Result]
    assert [check.check for check in failed(checks)] == ["fail"]
    assert unverified(checks) == ("not_verifiable",)


def test_contents_are_compared_without_how_the_checklist_stands() -> None:
    owners = {"seller": ANN, "leader": BEN}
    results = (Answer(Result.PASS), Answer(Result.FAIL))
    before, after = (
        contents_of(
            [("Plan.pdf", "b"), ("Plan.pdf", "a"), ("Terms.pdf", "c")],
            {"number": "PO-1"},
            checklist(
                NEEDS, {"contract": answer, "plan": answer}, owners, lambda owner, hours: None, ""
            ),
        )
        for answer in results
    )
    assert before["file Plan.pdf"] == "a b"
    assert (before["check plan"], after["check plan"]) == ("pass", "fail")
    assert files_in(before) == {"Plan.pdf": "a b", "Terms.pdf": "c"}
    assert differing(before, after) == []
    moved = {"file Plan.pdf": "b", "file New.pdf": "d", "number": "PO-1"}
    assert differing(before, moved) == ["file New.pdf", "file Plan.pdf", "file Terms.pdf"]
