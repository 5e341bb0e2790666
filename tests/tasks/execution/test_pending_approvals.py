"""Who is told of what waits for an approval, who steps in, and what nobody is asked about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.sandbox.firm import people
from tasks.domain.acts import Act, ActKind
from tasks.domain.approval_policy import ApprovalPolicy
from tasks.domain.findings import Finding, Recipient, Report, Step
from tasks.domain.periods import AsOf, Period, week_of
from tasks.domain.waiting import Basis, Kind, Waiting
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.pending_approvals import JOB, Snapshot, judge, read
from tasks.records.people import CalendarLeave, Employee, Resource
from tasks.records.rates import units_per_hour
from tasks.records.schedules import Schedules
from tests.fakes import modules
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading
from tests.tasks.test_modules import every_line, with_module

BRUSSELS = ZoneInfo("Europe/Brussels")
FULL_TIME = Schedule(tuple(Stretch(day, 9, 17) for day in range(5)))
TODAY = date(2026, 11, 25)
WEEK = Period(date(2026, 11, 16), date(2026, 11, 22))


def person(number: int, name: str, manager: int | None = None, **values: Any) -> Employee:
    known: dict[str, Any] = {
        "id": number,
        "name": name,
        "active": True,
        "company_id": 1,
        "department_id": 3,
        "job_id": None,
        "parent_id": manager,
        "user_id": 100 + number,
        "work_email": f"{name.lower()}@firm.example",
        "resource_id": 10 + number,
        "resource_calendar_id": 1,
    }
    return Employee(**{**known, **values})


SUE, APU, MIA, DAN = (
    person(1, "Sue", 2),
    person(2, "Apu", 3),
    person(3, "Mia"),
    person(4, "Dan", 3),
)


def at(text: str) -> AsOf:
    """A moment in Brussels."""
    instant = datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)
    return AsOf(instant, BRUSSELS, instant)


NOW = at("2026-11-25 05:00")


def expense(number: int = 7, since: str = "2026-11-23", **values: Any) -> Waiting:
    known: dict[str, Any] = {
        "kind": Kind.EXPENSE,
        "key": f"expense-{number}",
        "what": "Train",
        "model": "hr.expense",
        "record_id": number,
        "url": f"http://odoo.example/odoo/hr.expense/{number}",
        "employee_id": SUE.id,
        "since": date.fromisoformat(since),
        "basis": Basis.SUBMITTED,
        "approver_user_id": APU.user_id,
        "amount": Decimal("80.00"),
        "currency": "EUR",
    }
    return Waiting(**{**known, **values})


def time(**values: Any) -> Waiting:
    """Sue's hours of last week on Portal."""
    known: dict[str, Any] = {
        "kind": Kind.TIME,
        "key": "time-1-101-2026-11-16",
        "what": "Portal",
        "basis": Basis.LOGGED,
        "hours": 12.0,
        "project_id": 101,
        "week": WEEK,
        "approver_user_id": None,
        "approver_id": APU.id,
    }
    return expense(**{**known, "since": "2026-11-22", **values})


def leave(person: Employee, first: str, last: str) -> CalendarLeave:
    return CalendarLeave(
        id=1,
        date_from=datetime.fromisoformat(first).replace(tzinfo=UTC),
        date_to=datetime.fromisoformat(f"{last} 23:00").replace(tzinfo=UTC),
        resource_id=person.resource_id,
        calendar_id=None,
        company_id=1,
        time_type="leave",
    )


def snapshot(
    *waiting: Waiting,
    people: Sequence[Employee] = (SUE, APU, MIA, DAN),
    others: Sequence[Employee] = (),
    leaves: Iterable[CalendarLeave] = (),
    tells: Iterable[Kind] = Kind,
    unknown: Iterable[int] = (),
) -> Snapshot:
    everybody = [*people, *others]
    return Snapshot(
        waiting=waiting,
        employees=people,
        others=others,
        users={900: "Administrator"},
        schedules=Schedules(
            resources={
                p.resource_id: Resource(
                    id=p.resource_id, tz=ZoneInfo("Europe/Brussels"), company_id=1
                )
                for p in everybody
                if p.id not in unknown
            },
            schedules={1: FULL_TIME},
            terms={},
            leaves={
                p.resource_id: [x for x in leaves if x.resource_id == p.resource_id]
                for p in everybody
            },
        ),
        view=Period(date(2026, 10, 5), date(2026, 12, 20)),
        tells=frozenset(tells),
    )


def judged(found: Snapshot, as_of: AsOf = NOW, **policy: Any) -> Report:
    return judge(found, as_of, ApprovalPolicy.model_validate(policy))


def one(report: Report) -> Finding:
    (found,) = report.findings
    return found


def row(report: Report) -> Mapping[str, Any]:
    (found,) = report.rows
    return found


def told(finding: Finding) -> list[tuple[str, str]]:
    """The steps, and who is told."""
    return [(s.name, s.recipient.name if s.recipient else "owner") for s in finding.steps or ()]


def only(finding: Finding) -> Step:
    (step,) = finding.steps or ()
    return step


def test_the_approver_is_told_two_working_days_after_the_submission() -> None:
    found = one(judged(snapshot(expense())))
    assert told(found) == [("first", "Apu")]
    assert only(found).at == at("2026-11-25 08:00").instant
    assert only(found).recipient == Recipient("apu@firm.example", "Apu", zone="Europe/Brussels")
    assert (found.title, found.owner) == ("Sue: Train waits", "Apu")
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
    assert (found.title, found.owner) == ("Apu: Train waits", "Mia")
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


def test_hours_are_told_by_week_project_and_person() -> None:
    report = judged(snapshot(time()))
    found = one(report)
    assert found.title == "Sue, week 47, Portal: 12 h wait"
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
    assert one(judged(snapshot(expense(employee_id=77)))).title == "employee 77: Train waits"


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


def test_a_ladder_of_the_firms_own_is_climbed() -> None:
    ladder = [{"name": "hurry", "working_days": 1, "at": "09:30:00", "who": "owner"}]
    found = one(judged(snapshot(expense(since="2026-11-24")), ladder=ladder))
    assert told(found) == [("hurry", "owner")]


@pytest.mark.parametrize("names", [["first", "first"], ["instead"]])
def test_rungs_need_names_of_their_own(names: list[str]) -> None:
    ladder = [{"name": name, "working_days": 2} for name in names]
    with pytest.raises(ValidationError, match="a name of its own"):
        ApprovalPolicy.model_validate({"ladder": ladder})


# What is read from the firm of the sandbox.


def report_of(odoo: Any, now: AsOf, company_id: int = 1, **policy: Any) -> Report:
    return JOB.run(reading(odoo, company_id), now, ApprovalPolicy.model_validate(policy))


def test_every_submitted_expense_of_the_company_is_listed(now: AsOf) -> None:
    submitted = [e for e in firm.build(MONDAY.date())["hr.expense"] if e["state"] == "submitted"]
    for company_id in (1, 2):
        listed = {found["record_id"] for found in report_of(changed(), now, company_id).rows}
        assert listed == {e["id"] for e in submitted if e["company_id"] == company_id}
        assert listed


def test_the_firm_has_every_reason_why_somebody_else_decides(now: AsOf) -> None:
    report = report_of(changed(), now)
    assert {found["status"] for found in report.rows} == {
        "waiting",
        "approver_away",
        "self_approval",
        "no_approver",
    }


def test_without_its_activity_an_expense_waits_since_it_was_entered(now: AsOf) -> None:
    activities = firm.build(MONDAY.date())["mail.activity"]
    gone = {("mail.activity", row["id"]): {"automated": False} for row in activities}
    for odoo in (changed(corrupt=gone), changed(denied_models=["mail.activity"])):
        report = report_of(odoo, now)
        assert {found["since_basis"] for found in report.rows} == {"entered"}
        assert "day of submission" in {gap.check for gap in report.not_verifiable}
        assert all("entered on" in found.reason for found in report.findings)


@pytest.mark.parametrize(
    ("odoo", "remedy"),
    [
        (changed(lacks_modules=["hr_expense"]), "install hr_expense"),
        (changed(denied_models=["hr.expense"]), "All Approver"),
        (Sandbox(MONDAY.date(), version=18, denied_models=["hr.expense.sheet"]), "All Approver"),
    ],
)
def test_expenses_that_cannot_be_read_are_not_verifiable(
    odoo: Sandbox, remedy: str, now: AsOf
) -> None:
    report = report_of(odoo, now)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "submitted expenses")
    assert remedy in gap.remedy
    assert (report.rows, report.measures) == ((), ())


SUBMITTER, MANAGER, HEAD = 5, 2, 3


def asked(version: int, now: AsOf, **submitter: Any) -> tuple[str, str]:
    """Status and approver of an expense for which nobody is named, of a department of Head's."""
    built = dict(firm.build(MONDAY.date()))
    built["hr.department"] = [{**row, "manager_id": HEAD} for row in built["hr.department"]]
    nobody = {("hr.expense", row["id"]): {"manager_id": False} for row in built["hr.expense"]}
    odoo = Sandbox(
        MONDAY.date(),
        version=version,
        rows=built,
        corrupt={**nobody, ("hr.employee", SUBMITTER): submitter},
    )
    (found,) = (r for r in report_of(odoo, now).rows if r["submitter_id"] == SUBMITTER)
    return found["status"], found["approver"]


@pytest.mark.parametrize("version", [16, 17, 18])
def test_before_odoo_19_the_manager_else_the_head_of_the_department_is_asked(
    version: int, now: AsOf
) -> None:
    manager, head = people.PEOPLE[MANAGER].name, people.PEOPLE[HEAD].name
    assert asked(version, now, parent_id=MANAGER) == ("waiting", manager)
    assert asked(version, now, parent_id=False) == ("waiting", head)
    # A manager may be of another company.
    assert asked(version, now, parent_id=28) == ("waiting", people.PEOPLE[28].name)
    assert asked(version, now, parent_id=False, department_id=False) == ("no_approver", "")
    assert asked(19, now, parent_id=MANAGER) == ("no_approver", "")


def test_a_firm_in_which_nothing_waits_is_told_nothing(now: AsOf) -> None:
    expenses = firm.build(MONDAY.date())["hr.expense"]
    decided = {("hr.expense", e["id"]): {"state": "approved"} for e in expenses}
    report = report_of(changed(corrupt=decided), now)
    assert (report.rows, report.findings) == ((), ())
    assert {m.name: m.value for m in report.measures} == {
        "approvals_pending": 0,
        "approvals_oldest_days": 0,
    }


def hours_of(report: Report) -> list[Mapping[str, Any]]:
    return [found for found in report.rows if found["kind"] == "time"]


def grid(corrupt: Mapping[tuple[str, int], Mapping[str, Any]] | None = None) -> Sandbox:
    """The firm with Odoo Enterprise's approval of hours, none of which is approved."""
    return with_module(
        modules.TIMESHEET_GRID,
        corrupt={**every_line({"validated": False}), **(corrupt or {})},
    )


def test_unapproved_hours_wait_for_the_manager_or_the_timesheet_approver(now: AsOf) -> None:
    odoo = grid({("hr.employee", 5): {"timesheet_manager_id": 103}})
    rows = hours_of(report_of(odoo, now))
    assert {r["approver"] for r in rows if r["submitter_id"] == 5} == {"Chiara Conti"}
    assert {r["approver"] for r in rows if r["submitter_id"] == 6} == {"Bruno Claes"}
    assert {r["status"] for r in rows if r["submitter_id"] == 1} <= {"no_approver"}
    assert all(r["since"] < "2026-11-23" for r in rows)
    assert min(r["week"] for r in rows) == "2026-09-28"


def test_look_back_limits_the_hours_that_are_read(now: AsOf) -> None:
    weeks = {r["week"] for r in hours_of(report_of(grid(), now, look_back_weeks=2))}
    assert weeks == {"2026-11-09", "2026-11-16"}


def test_unapproved_hours_add_up_to_what_was_logged(now: AsOf) -> None:
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    people = {e["id"] for e in firm.build(MONDAY.date())["hr.employee"] if e["company_id"] == 1}
    logged = sum(
        line["unit_amount"]
        for line in lines
        if line["project_id"]
        and line["employee_id"] in people
        and "2026-11-16" <= line["date"] <= "2026-11-22"
        and not line["holiday_id"]
        and not line["global_leave_id"]
    )
    rows = hours_of(report_of(grid(), now, look_back_weeks=1))
    assert round(sum(r["hours"] for r in rows), 2) == round(logged, 2) > 100


def test_hours_that_are_billed_by_time_have_the_price_of_their_order_line(now: AsOf) -> None:
    rows = hours_of(report_of(grid(), now))
    priced = [r for r in rows if r["amount"] is not None]
    assert priced
    assert {r["currency"] for r in priced} >= {"EUR"}
    assert any(Decimal(r["amount"]) > 0 for r in priced)
    assert any(r["amount"] is None for r in rows)


def test_hours_that_are_billed_in_several_currencies_have_no_amount(now: AsOf) -> None:
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    week = {"employee_id": 5, "project_id": 101, "date": "2026-11-17", "validated": False}
    billed = {x["so_line"]: x for x in lines if x["timesheet_invoice_type"] == "billable_time"}
    together = {("account.analytic.line", x["id"]): week for x in billed.values()}
    dollars = {("sale.order.line", 10): {"currency_id": 2}}
    (found,) = (
        r
        for r in hours_of(report_of(grid({**together, **dollars}), now))
        if (r["submitter_id"], r["project_id"], r["week"]) == (5, 101, "2026-11-16")
    )
    assert (found["amount"], found["currency"]) == (None, None)


def test_without_sales_hours_wait_without_money(now: AsOf) -> None:
    odoo = Sandbox(
        MONDAY.date(),
        declares=modules.TIMESHEET_GRID,
        corrupt=every_line({"validated": False}),
        lacks_modules=["sale_timesheet"],
    )
    rows = hours_of(report_of(odoo, now))
    assert rows
    assert {r["amount"] for r in rows} == {None}


def test_a_hidden_timesheet_approver_is_told(now: AsOf) -> None:
    declared = {
        "account.analytic.line": modules.TIMESHEET_GRID["account.analytic.line"],
    }
    report = report_of(with_module(declared, corrupt=every_line({"validated": False})), now)
    assert "approvers of hours" in {gap.check for gap in report.not_verifiable}
    assert hours_of(report)


def unapproved(rules: Mapping[str, list[Any]]) -> Sandbox:
    """The firm, none of whose hours is approved, seen by a user from whom rules hide some rows."""
    return Sandbox(
        MONDAY.date(),
        declares=modules.TIMESHEET_GRID,
        corrupt=every_line({"validated": False}),
        rules=rules,
    )


def test_hours_that_may_be_hidden_wait_for_nobody_that_is_told(now: AsOf) -> None:
    report = report_of(unapproved({"account.analytic.line": [("employee_id", "=", 5)]}), now)
    assert hours_of(report) == []
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "hours that wait")
    assert "approvals_hours" in gap.figures
    assert not [measure for measure in report.measures if measure.name == "approvals_hours"]


def test_what_hours_are_worth_is_not_told_by_some_of_the_orders(now: AsOf) -> None:
    rules = {"sale.order": [("id", ">", 3)], "sale.order.line": [("order_id", ">", 3)]}
    report = report_of(unapproved(rules), now)
    assert {row["amount"] for row in hours_of(report)} == {None}
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "what hours are worth")
    assert gap.figures == ("amount", "approvals_amount")


def sheets(state: str, reviewer: int | bool = False) -> Sandbox:
    """The firm with one sheet of OCA for all that Elise logged in October and November."""
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    sheet = {
        "id": 1,
        "employee_id": 5,
        "date_end": "2026-11-20",
        "state": state,
        "reviewer_id": reviewer,
    }
    own = {
        ("account.analytic.line", line["id"]): {"sheet_id": 1, "sheet_state": state}
        for line in lines
        if line["employee_id"] == 5
    }
    return with_module(modules.HR_TIMESHEET_SHEET, {"hr_timesheet.sheet": [sheet]}, own)


@pytest.mark.parametrize(("reviewer", "name"), [(False, "Bruno Claes"), (3, "Chiara Conti")])
def test_submitted_sheets_wait_for_their_reviewer_else_for_the_manager(
    reviewer: int | bool, name: str, now: AsOf
) -> None:
    rows = hours_of(report_of(sheets("confirm", reviewer), now))
    assert {(r["submitter"], r["approver"], r["since"]) for r in rows} == {
        ("Elise Dubois", name, "2026-11-20")
    }
    assert {(r["model"], r["record_id"]) for r in rows} == {("hr_timesheet.sheet", 1)}


@pytest.mark.parametrize("state", ["draft", "done"])
def test_sheets_that_are_not_submitted_wait_for_nobody(state: str, now: AsOf) -> None:
    assert hours_of(report_of(sheets(state), now)) == []


def test_without_approval_of_hours_they_are_not_verifiable(now: AsOf) -> None:
    report = report_of(changed(), now)
    assert "hours that wait" in {gap.check for gap in report.not_verifiable}
    assert "time" not in {m.labels.get("kind") for m in report.measures}


@pytest.mark.parametrize(
    ("delivered", "counted", "unit"),
    [
        (10, [10, None], "1"),
        (10, [20, 10], "1"),
        (Decimal("1.25"), [10], "0.125"),
        (0, [10, None], None),
        (7, [10, 9], None),
        (0, [0], None),
    ],
)
def test_an_hour_is_a_part_of_the_lines_unit_that_odoo_has(
    delivered: Any, counted: Sequence[Any], unit: str | None
) -> None:
    hours = [None if each is None else Decimal(each) for each in counted]
    found = units_per_hour(Decimal(delivered), hours)
    assert found == (None if unit is None else Decimal(unit))


def test_approvers_and_managers_of_other_companies_are_read(now: AsOf) -> None:
    submitted = firm.build(MONDAY.date())["hr.expense"]
    (hotel,) = (e for e in submitted if e["name"] == "Hotel in Lyon")
    moved = changed(corrupt={("hr.expense", hotel["id"]): {"manager_id": 128}})
    snapshot = read(reading(moved), now, ApprovalPolicy(delegates={2: 29}))
    assert [other.name for other in snapshot.others] == ["Alice Morgan", "Brian Cole"]
    resources = set(snapshot.schedules.resources)
    assert {228, 229} <= resources


def test_reading_takes_as_many_calls_whatever_waits(now: AsOf) -> None:
    few = Overlay(grid({("hr.expense", 7): {"state": "approved"}}), {})
    many = Overlay(grid(), {})
    for odoo, weeks in ((few, 1), (many, 8)):
        report_of(odoo, now, look_back_weeks=weeks)
    assert len(few.seen) == len(many.seen)
