"""Who is to decide, who steps in for them, and when each of them is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Recipient
from tasks.domain.periods import AsOf
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.pending_approvals.job import JOB
from tasks.records.people import Employee
from tests.fakes.approvals import (
    APU,
    DAN,
    MIA,
    NOW,
    SUE,
    at,
    expense,
    judged,
    leave,
    one,
    only,
    person,
    row,
    snapshot,
    told,
)


def test_the_approver_is_told_two_working_days_after_the_submission() -> None:
    found = one(judged(snapshot(expense())))
    assert told(found) == [("first", "Apu")]
    assert only(found).at == at("2026-11-25 08:00").instant
    assert only(found).recipient == Recipient("apu@firm.example", "Apu", zone="Europe/Brussels")
    assert (found.title, found.owner) == ("Train of Sue waits for approval", "Apu")
    assert found.reason == "submitted on 2026-11-23"
    assert found.remedy == "Approve it, or refuse it with a reason."
    assert (found.amount, found.currency, found.hours) == (Decimal("80.00"), "EUR", None)


def test_before_that_nobody_is_told_and_it_is_known() -> None:
    assert one(judged(snapshot(expense(since="2026-11-24")))).steps == ()


@pytest.mark.parametrize(
    ("since", "name", "who"),
    [
        ("2026-11-19", "again", "Apu"),
        ("2026-11-17", "fallback", "Mia"),
        ("2026-11-11", "owner", "owner"),
    ],
)
def test_then_again_then_who_stands_in_then_the_owner(since: str, name: str, who: str) -> None:
    found = one(judged(snapshot(expense(since=since))))
    assert told(found) == [(name, who)]
    assert only(found).escalates is (name != "again")
    assert found.owner == "Apu"


def test_what_waits_for_weeks_is_told_to_nobody_any_more_and_stays_known() -> None:
    found = one(judged(snapshot(expense(since="2026-10-20"))))
    assert found.steps == ()


def test_a_delegate_goes_before_the_manager() -> None:
    found = one(judged(snapshot(expense(since="2026-11-17")), delegates={2: 4}))
    assert told(found) == [("fallback", "Dan")]


@pytest.mark.parametrize(
    "people",
    [
        (SUE, replace(APU, parent_id=1), MIA, DAN),
        (SUE, replace(APU, parent_id=None), MIA, DAN),
        (SUE, APU, replace(MIA, active=False), DAN),
        # The same person, employed by two companies.
        (SUE, replace(APU, parent_id=5), person(5, "Sue", user_id=101)),
    ],
    ids=["who submitted it", "nobody", "who left", "who submitted it, elsewhere"],
)
def test_where_nobody_can_stand_in_the_owner_is_told(people: Sequence[Employee]) -> None:
    found = one(judged(snapshot(expense(since="2026-11-17"), people=people)))
    assert told(found) == [("fallback", "owner")]
    assert only(found).unreachable == "Apu has no manager who can be written to"
    assert only(found).remedy.startswith("Ask for the decision")


ON_LEAVE = leave(APU, "2026-11-24", "2026-11-27")


def test_who_stands_in_for_an_approver_on_leave_is_told_at_once_and_why() -> None:
    found = one(judged(snapshot(expense(since="2026-11-24"), leaves=[ON_LEAVE])))
    assert told(found) == [("instead", "Mia")]
    assert only(found).not_before == at("2026-11-25 08:00").instant
    assert only(found).unreachable == "Apu is on leave and back on 2026-11-30"
    assert found.owner == "Mia"
    assert found.reason.endswith("; Apu is on leave and back on 2026-11-30")


def test_an_approver_on_leave_who_has_not_been_seen_before_it_or_after() -> None:
    away = leave(APU, "2026-10-01", "2026-12-31")
    found = one(judged(snapshot(expense(since="2026-11-24"), leaves=[away])))
    assert only(found).unreachable == "Apu is on leave"


def handed_over(by: str) -> AsOf:
    act = Act(ActKind.HANDED_OVER, by, JOB.name, "t", 1, "expense-7", NOW.now, "busy")
    return replace(NOW, acts=(act,))


def test_what_an_approver_handed_over_is_asked_of_who_stands_in() -> None:
    by = handed_over("apu@firm.example")
    report = judged(snapshot(expense(), expense(8)), by, delegates={2: 4})
    given, other = report.findings
    assert (told(given), given.owner) == ([("instead", "Dan")], "Dan")
    assert only(given).unreachable == "apu@firm.example handed it over"
    assert [found["status"] for found in report.rows] == ["handed_over", "waiting"]
    assert told(other) == [("first", "Apu")]


def test_who_stands_in_hands_over_to_the_owner() -> None:
    found = one(judged(snapshot(expense(), leaves=[ON_LEAVE]), handed_over("mia@firm.example")))
    assert (told(found), found.owner) == ([("instead", "owner")], "delivery")


def test_a_delegate_on_leave_does_not_stand_in() -> None:
    leaves = [ON_LEAVE, leave(DAN, "2026-11-25", "2026-11-25")]
    found = one(judged(snapshot(expense(), leaves=leaves), delegates={2: 4}))
    assert told(found) == [("instead", "Mia")]


def test_a_holiday_sends_nobody_else_the_mail() -> None:
    holiday = replace(leave(APU, "2026-11-25", "2026-11-25"), resource_id=None)
    found = snapshot(expense(since="2026-11-20"))
    found.schedules.leaves[None] = [holiday]  # type: ignore[index]
    assert row(judged(found))["status"] == "waiting"


def test_nobody_is_away_on_a_day_off_or_on_half_a_day() -> None:
    for last, today in (("2026-11-29", "2026-11-28"), ("2026-11-24", "2026-11-24")):
        short = replace(leave(APU, today, last), date_to=at(f"{last} 13:00").instant)
        report = judged(snapshot(expense(since="2026-11-23"), leaves=[short]), at(f"{today} 05:00"))
        assert row(report)["status"] == "waiting"


NO_WEDNESDAYS = Schedule(tuple(Stretch(day, 9, 17) for day in (0, 1, 3, 4)))


@pytest.mark.parametrize(
    ("leaves", "today", "since"),
    [
        # A week off, of somebody who never works on Wednesdays.
        ([("2026-11-23", "2026-11-27")], "2026-11-25", "2026-11-23"),
        # Two leaves around the Wednesday, and one that ends on it.
        ([("2026-11-23", "2026-11-24"), ("2026-11-26", "2026-11-27")], "2026-11-25", "2026-11-23"),
        ([("2026-11-23", "2026-11-25")], "2026-11-25", "2026-11-23"),
        # The weekend within two weeks off.
        ([("2026-11-23", "2026-12-04")], "2026-11-28", "2026-11-23"),
    ],
)
def test_a_day_off_within_a_leave_is_a_day_of_leave(
    leaves: Sequence[tuple[str, str]], today: str, since: str
) -> None:
    found = snapshot(expense(since="2026-11-20"), leaves=[leave(APU, *each) for each in leaves])
    found.schedules.schedules[1] = NO_WEDNESDAYS  # type: ignore[index]
    as_of = at(f"{today} 05:00")
    report = judged(found, as_of)
    assert row(report)["status"] == "approver_away"
    assert told(one(report)) == [("instead", "Mia")]
    assert row(report)["decider"] == "Mia"


@pytest.mark.parametrize(
    ("leaves", "today"),
    [
        # The day off before a leave, after one, and the weekend that follows.
        ([("2026-11-26", "2026-11-27")], "2026-11-25"),
        ([("2026-11-23", "2026-11-24")], "2026-11-25"),
        ([("2026-11-23", "2026-11-27")], "2026-11-28"),
    ],
)
def test_a_day_off_beside_a_leave_is_none(leaves: Sequence[tuple[str, str]], today: str) -> None:
    found = snapshot(expense(since="2026-11-20"), leaves=[leave(APU, *each) for each in leaves])
    found.schedules.schedules[1] = NO_WEDNESDAYS  # type: ignore[index]
    assert row(judged(found, at(f"{today} 05:00")))["status"] == "waiting"


def test_a_leave_ends_on_its_last_day_where_the_approver_is() -> None:
    """Friday's evening in New York is Saturday in UTC."""
    found = snapshot(expense(since="2026-11-20"), leaves=[leave(APU, "2026-11-23", "2026-11-27")])
    (off,) = found.schedules.leaves[APU.resource_id]
    late = replace(off, date_to=datetime(2026, 11, 28, 4, 59, tzinfo=UTC))
    found.schedules.leaves[APU.resource_id] = [late]  # type: ignore[index]
    resource = found.schedules.resources[APU.resource_id]
    new_york = replace(resource, tz=ZoneInfo("America/New_York"))
    found.schedules.resources[APU.resource_id] = new_york  # type: ignore[index]
    assert row(judged(found, at("2026-11-28 12:00")))["status"] == "waiting"
    assert row(judged(found, at("2026-11-27 12:00")))["status"] == "approver_away"


@pytest.mark.parametrize(
    ("last", "status"), [("2026-11-25", "approver_away"), ("2026-11-24", "waiting")]
)
def test_an_approver_whose_hours_nobody_knows_is_away_over_noon(last: str, status: str) -> None:
    free = replace(APU, resource_calendar_id=None)
    off = leave(APU, "2026-11-23", last)
    found = snapshot(expense(since="2026-11-20"), people=(SUE, free, MIA, DAN), leaves=[off])
    assert row(judged(found))["status"] == status


def test_somebody_back_from_leave_is_asked_as_before() -> None:
    back = leave(APU, "2026-11-19", "2026-11-20")
    found = one(judged(snapshot(expense(since="2026-11-18"), leaves=[back])))
    assert told(found) == [("first", "Apu")]


def test_nobody_is_asked_to_approve_what_they_submitted() -> None:
    own = expense(employee_id=APU.id, since="2026-11-24")
    report = judged(snapshot(own))
    found = one(report)
    assert told(found) == [("instead", "Mia")]
    assert only(found).unreachable == "Apu cannot approve what they submitted"
    assert (found.title, found.owner) == ("Train of Apu waits for approval", "Mia")
    assert row(report)["status"] == "self_approval"


def test_without_anybody_to_stand_in_a_self_approval_goes_to_the_owner() -> None:
    own = expense(employee_id=MIA.id, approver_user_id=MIA.user_id, since="2026-11-24")
    found = one(judged(snapshot(own)))
    assert (told(found), found.owner) == ([("instead", "owner")], "delivery")
    assert only(found).unreachable == "Mia cannot approve what they submitted"


def test_an_own_submission_that_waits_long_climbs_to_the_owner() -> None:
    own = expense(employee_id=APU.id, since="2026-11-11")
    assert told(one(judged(snapshot(own)))) == [("owner", "owner")]


def test_where_odoo_names_no_approver_the_owner_is_told_what_to_set() -> None:
    report = judged(snapshot(expense(approver_user_id=None)))
    found = one(report)
    assert told(found) == [("instead", "owner")]
    assert found.remedy.startswith("Set an approver on the employee in Odoo")
    assert only(found).remedy == ""
    assert found.reason.endswith("; Odoo names no approver")
    assert (row(report)["status"], row(report)["approver"]) == ("no_approver", "")
    assert row(report)["waiting_working_hours"] is None


def test_an_approver_without_an_employee_record_is_named() -> None:
    report = judged(snapshot(expense(approver_user_id=900)))
    assert one(report).reason.endswith("; Administrator has no employee record in Odoo")
    assert row(report)["status"] == "approver_unknown"


def test_an_approver_who_left_is_replaced() -> None:
    people = (SUE, replace(APU, active=False), MIA, DAN)
    report = judged(snapshot(expense(), people=people))
    assert told(one(report)) == [("instead", "Mia")]
    assert row(report)["status"] == "approver_left"


def test_an_approver_who_opted_out_gets_no_mail_and_who_stands_in_still_does() -> None:
    report = judged(snapshot(expense()), opted_out=(2,))
    assert one(report).steps == ()
    assert row(report)["reason"].endswith("; Apu has opted out of these mails")
    later = one(judged(snapshot(expense(since="2026-11-17")), opted_out=(2,)))
    assert told(later) == [("fallback", "Mia")]


def test_who_stands_in_and_opted_out_leaves_it_to_the_owner() -> None:
    found = one(judged(snapshot(expense(), leaves=[ON_LEAVE]), opted_out=(3,)))
    assert told(found) == [("instead", "owner")]


def test_an_approver_of_another_company_is_told() -> None:
    elsewhere = person(50, "Eve", company_id=2, user_id=700)
    found = snapshot(expense(approver_user_id=700), others=[elsewhere])
    assert told(one(judged(found))) == [("first", "Eve")]


def test_a_ladder_of_the_firms_own_is_climbed() -> None:
    ladder = [{"name": "hurry", "working_days": 1, "at": "09:30:00", "who": "owner"}]
    found = one(judged(snapshot(expense(since="2026-11-24")), ladder=ladder))
    assert told(found) == [("hurry", "owner")]
