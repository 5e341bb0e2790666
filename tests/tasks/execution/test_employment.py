"""From when and until when people are asked for hours: contracts, versions, records, departures."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pytest

from odoo_gateway.sandbox import Sandbox, firm, schema
from odoo_gateway.sandbox.firm import people
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tests.tasks.conftest import MONDAY, reading

REMINDERS: Final = catalogue.jobs()["timesheet_reminders"]
UTILIZATION: Final = catalogue.jobs()["utilization_variance"]
# Somebody full-time whose hours no contract bounds, and one with a contract.
FREE, HIRED, MANAGER = 7, 8, 2
MONTH: Final = 176.0
WEEK: Final = 40.0
Changes = Mapping[tuple[str, int], Mapping[str, Any]]
# What Odoo 16 tells of contracts; 17 and 18 were recorded without the module.
CONTRACTS: Final[Mapping[str, Any]] = {
    name: shape.described(None) for name, shape in schema.load(16)["hr.contract"].items()
}


def rows() -> dict[str, list[dict[str, Any]]]:
    """The firm without leave and holidays."""
    built = dict(firm.build(MONDAY.date()))
    return {**built, "resource.calendar.leaves": []}


def logged(found: dict[str, list[dict[str, Any]]], person: int, *days: str) -> None:
    """What a person logged instead: eight hours on each of the days."""
    model = "account.analytic.line"
    usual = next(row for row in found[model] if row["employee_id"] == 5 and row["project_id"])
    usual = {**usual, "employee_id": person, "holiday_id": False, "global_leave_id": False}
    others = [row for row in found[model] if row["employee_id"] != person]
    own = [
        {**usual, "id": 900_000 + n, "date": day, "unit_amount": 8.0} for n, day in enumerate(days)
    ]
    found[model] = [*others, *own]


def changed(
    found: dict[str, list[dict[str, Any]]], model: str, key: str, number: int, **to: Any
) -> None:
    """Every row of a model that names this number under a key gets these values."""
    found[model] = [{**row, **to} if row[key] == number else row for row in found[model]]


def report(job: Any, found: Any, now: AsOf, version: int = 19, **switches: Any) -> Report:
    odoo = Sandbox(MONDAY.date(), version=version, rows=found, **switches)
    policy: Policy = job.policy()
    said: Report = job.run(reading(odoo), now, policy)
    return said


def row_of(said: Report, person: int) -> Mapping[str, Any] | None:
    return next((row for row in said.rows if row["employee_id"] == person), None)


def capacity(found: Any, now: AsOf, person: int = FREE, **switches: Any) -> float | None:
    """Of October, in hours; None for who has no row."""
    row = row_of(report(UTILIZATION, found, now, **switches), person)
    return None if row is None else row["capacity_hours"]


def expected(found: Any, now: AsOf, person: int = FREE, **switches: Any) -> float | None:
    """Of the last complete week, in hours; None for who has no row."""
    row = row_of(report(REMINDERS, found, now, **switches), person)
    return None if row is None else row["expected_hours"]


def hired_today(version: int) -> dict[str, list[dict[str, Any]]]:
    """The firm with somebody who came today, without a contract date, and logged nothing."""
    found = rows()
    logged(found, FREE)
    changed(found, "hr.version", "employee_id", FREE, date_version="2026-11-23")
    made = "2026-11-23 07:00:00" if version < 19 else "2020-01-01 07:00:00"
    changed(found, "resource.resource", "id", 200 + FREE, create_date=made)
    return found


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_who_came_today_is_not_asked_for_the_weeks_before(version: int, now: AsOf) -> None:
    found = hired_today(version)
    said = report(REMINDERS, found, now, version)
    row = row_of(said, FREE)
    assert row is not None
    assert (row["status"], row["expected_hours"]) == ("no_expected_hours", 0.0)
    past = [f for f in said.findings if f.record_id == FREE and f.period < "2026-11-23"]
    assert past == []
    assert capacity(found, now, version=version) == 0.0


@pytest.mark.parametrize("version", [16, 17, 18])
def test_who_came_today_beside_people_under_contract_is_not_asked_either(
    version: int, now: AsOf
) -> None:
    found = hired_today(version)
    assert expected(found, now, version=version, declares={"hr.contract": CONTRACTS}) == 0.0


def test_the_day_of_the_record_counts_where_there_are_no_contracts(now: AsOf) -> None:
    assert expected(hired_today(18), now, version=18) == 0.0


def test_without_any_day_somebody_was_always_there(now: AsOf) -> None:
    found = hired_today(18)
    hidden = [("resource.resource", "create_date")]
    assert expected(found, now, version=18, hidden_fields=hidden) == WEEK


def test_people_who_were_entered_late_count_from_the_first_hours_that_they_logged(
    now: AsOf,
) -> None:
    """A firm that moved to this Odoo today with its hours loses none of its capacity."""
    found = hired_today(19)
    logged(found, FREE, "2026-10-19", "2026-11-02")
    # From 19 to 30 October: ten days.
    assert capacity(found, now) == 80.0
    assert expected(found, now) == WEEK


def test_hours_that_may_be_hidden_leave_open_since_when_people_count(now: AsOf) -> None:
    """Who was entered late had no capacity at all for a user who sees only own hours."""
    found = hired_today(19)
    logged(found, FREE, "2026-10-19", "2026-11-02")
    rules = {"account.analytic.line": [("employee_id", "=", 3)]}
    for job, figure in ((UTILIZATION, "capacity_hours"), (REMINDERS, "expected_hours")):
        said = report(job, found, now, rules=rules)
        assert {row[figure] for row in said.rows} == {None}
        assert "rows" in {name for gap in said.not_verifiable for name in gap.figures}


def archived(person: int, **values: Any) -> dict[str, list[dict[str, Any]]]:
    """The firm, and somebody who logged on two days of October and left."""
    found = rows()
    logged(found, person, "2026-10-01", "2026-10-09")
    changed(found, "hr.employee", "id", person, active=False, **values)
    return found


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_leaver_counts_until_the_day_of_departure(version: int, now: AsOf) -> None:
    found = archived(FREE, departure_date="2026-10-15")
    said = report(UTILIZATION, found, now, version)
    row = row_of(said, FREE)
    assert row is not None
    # 1 to 15 October: eleven days of eight hours.
    assert (row["capacity_hours"], row["worked_hours"]) == (88.0, 16.0)
    assert "day of departure" not in {gap.check for gap in said.not_verifiable}
    # Nor is anybody asked of the weeks after.
    assert expected(found, now, version=version) is None


def test_a_leaver_without_a_day_of_departure_counts_until_the_last_hours_and_that_is_told(
    now: AsOf,
) -> None:
    found = archived(FREE)
    said = report(UTILIZATION, found, now)
    row = row_of(said, FREE)
    # 1 to 9 October: seven days.
    assert row is not None
    assert (row["capacity_hours"], row["worked_hours"]) == (56.0, 16.0)
    assert "day of departure" in {gap.check for gap in said.not_verifiable}


def test_a_leaver_whose_contract_ended_counts_until_then(now: AsOf) -> None:
    found = archived(HIRED)
    changed(found, "hr.version", "employee_id", HIRED, contract_date_end="2026-10-07")
    assert capacity(found, now, HIRED) == 40.0


def test_who_left_before_the_month_has_no_row_and_neither_capacity(now: AsOf) -> None:
    found = archived(FREE, departure_date="2026-09-30")
    logged(found, FREE, "2026-09-01")
    assert capacity(found, now) is None
    undated = archived(FREE)
    logged(undated, FREE, "2026-09-01")
    assert capacity(undated, now) is None
    never = archived(FREE)
    logged(never, FREE)
    assert capacity(never, now) is None


def test_hours_after_the_departure_are_in_no_capacity_and_in_the_hours(now: AsOf) -> None:
    row = row_of(report(UTILIZATION, archived(FREE, departure_date="2026-09-30"), now), FREE)
    assert row is not None
    assert (row["capacity_hours"], row["worked_hours"], row["status"]) == (0.0, 16.0, "no_capacity")


def test_a_departure_that_is_planned_ends_the_weeks_ahead(now: AsOf) -> None:
    found = rows()
    changed(found, "hr.employee", "id", FREE, departure_date="2026-12-04")
    row = row_of(report(UTILIZATION, found, now), FREE)
    assert row is not None
    assert (row["capacity_hours"], row["ahead"]["capacity_hours"]) == (MONTH, WEEK)


def test_all_hours_of_the_month_are_in_the_rows_whoever_left(now: AsOf) -> None:
    found = rows()
    for person in (5, FREE, HIRED):
        changed(found, "hr.employee", "id", person, active=False)
    mine = {person.id for person in people.PEOPLE.values() if person.company_id == 1}
    lines = [
        line["unit_amount"]
        for line in found["account.analytic.line"]
        if "2026-10-01" <= line["date"] <= "2026-10-31"
        and line["employee_id"] in mine
        and line["project_id"]
        and not (line["holiday_id"] or line["global_leave_id"])
    ]
    said = report(UTILIZATION, found, now)
    assert sum(row["worked_hours"] for row in said.rows) == pytest.approx(sum(lines))


def last_week(**values: Any) -> dict[str, list[dict[str, Any]]]:
    """The firm, and somebody who left on Wednesday of last week with a day logged."""
    found = rows()
    before = [str(date(2026, 11, day)) for day in (9, 10, 11, 12, 13)]
    logged(found, FREE, *before, "2026-11-16")
    changed(found, "hr.employee", "id", FREE, active=False, departure_date="2026-11-18", **values)
    return found


def test_the_manager_hears_of_hours_that_a_leaver_did_not_log(now: AsOf) -> None:
    said = report(REMINDERS, last_week(), now)
    row = row_of(said, FREE)
    assert row is not None
    assert (row["status"], row["expected_hours"], row["missing_hours"]) == ("missing", 24.0, 16.0)
    week = "2026-11-16/2026-11-22"
    (finding,) = (f for f in said.findings if (f.record_id, f.period) == (FREE, week))
    manager = people.PEOPLE[MANAGER]
    assert finding.steps
    for step in finding.steps:
        assert step.recipient is not None
        assert (step.recipient.email, step.escalates) == (manager.email, True)
        assert step.unreachable == f"{people.PEOPLE[FREE].name} has left"


def test_the_owner_hears_of_a_leaver_whose_manager_left_too(now: AsOf) -> None:
    found = last_week()
    changed(found, "hr.employee", "id", MANAGER, active=False)
    said = report(REMINDERS, found, now)
    (finding,) = (f for f in said.findings if f.record_id == FREE and f.period >= "2026-11-16")
    assert finding.steps
    assert {step.recipient for step in finding.steps} == {None}
    others = [f for f in said.findings if f.record_id in (5, 6) and f.steps]
    told = {step.recipient.email for f in others for step in f.steps or () if step.recipient}
    assert people.PEOPLE[MANAGER].email not in told


def contract(version: int, state: str, kanban: str, **values: Any) -> Sandbox:
    """The firm whose full-timer without contract has one in some state from 1 to 14 October."""
    found = rows()
    changed(
        found,
        "hr.version",
        "employee_id",
        FREE,
        contract_date_start="2026-10-01",
        contract_date_end="2026-10-14",
    )
    changed(found, "hr.employee", "id", FREE, **values)
    odoo = Sandbox(MONDAY.date(), version=version, rows=found, declares={"hr.contract": CONTRACTS})
    for row in odoo._database.tables["hr.contract"].values():
        if row["employee_id"] == FREE:
            row |= {"state": state, "kanban_state": kanban}
    return odoo


@pytest.mark.parametrize("version", [16, 17, 18])
@pytest.mark.parametrize(
    ("state", "kanban", "hours"),
    [
        ("open", "normal", 80.0),
        ("close", "normal", 80.0),
        # Signed and still to begin, not signed yet, and cancelled: the latter two rule nothing.
        ("draft", "done", 80.0),
        ("draft", "normal", MONTH),
        ("cancel", "done", MONTH),
    ],
)
def test_contracts_that_run_ran_or_are_signed_rule(
    version: int, state: str, kanban: str, hours: float, now: AsOf
) -> None:
    odoo = reading(contract(version, state, kanban))
    said = UTILIZATION.run(odoo, now, UTILIZATION.policy())
    row = row_of(said, FREE)
    assert row is not None
    assert row["capacity_hours"] == hours


@pytest.mark.parametrize("version", [16, 17, 18])
@pytest.mark.parametrize(
    ("kind", "hours"),
    [("employee", 80.0), ("student", 80.0), ("freelance", MONTH), ("contractor", MONTH)],
)
def test_a_closed_contract_of_others_than_employees_rules_nothing(
    version: int, kind: str, hours: float, now: AsOf
) -> None:
    odoo = reading(contract(version, "close", "normal", employee_type=kind))
    row = row_of(UTILIZATION.run(odoo, now, UTILIZATION.policy()), FREE)
    assert row is not None
    assert row["capacity_hours"] == hours


@pytest.mark.parametrize(
    ("version", "status"), [(16, "missing"), (17, "missing"), (18, "not_measurable")]
)
def test_who_has_no_calendar_takes_the_companys_before_odoo_18(
    version: int, status: str, now: AsOf
) -> None:
    found = rows()
    logged(found, FREE)
    changed(found, "hr.employee", "id", FREE, resource_calendar_id=False)
    row = row_of(report(REMINDERS, found, now, version), FREE)
    assert row is not None
    assert row["status"] == status
    assert row["expected_hours"] == (WEEK if status == "missing" else 0.0)


@pytest.mark.parametrize("version", [16, 17, 18])
def test_attendance_of_a_single_resource_comes_on_top_for_that_one(version: int, now: AsOf) -> None:
    found = rows()
    monday = next(r for r in found["resource.calendar.attendance"] if r["dayofweek"] == "0")
    own = {
        **monday,
        "id": 900_000,
        "calendar_id": people.PEOPLE[FREE].calendar_id,
        "dayofweek": "5",
        "hour_from": 9.0,
        "hour_to": 12.0,
        "resource_id": 200 + FREE,
        "date_from": "2026-11-16",
        "date_to": "2026-11-30",
    }
    found["resource.calendar.attendance"] = [*found["resource.calendar.attendance"], own]
    assert expected(found, now, version=version) == WEEK + 3.0
    assert expected(found, now, HIRED, version=version) == WEEK
    # Not in force in October yet.
    assert capacity(found, now, version=version) == MONTH
