"""Things that wait for an approval, and the people of a firm who decide them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tasks.domain.findings import Finding, Report, Step
from tasks.domain.periods import AsOf, Period
from tasks.domain.working_time import Schedule, Stretch
from tasks.execution.pending_approvals.job import judge
from tasks.execution.pending_approvals.policy import ApprovalPolicy
from tasks.execution.pending_approvals.snapshot import Snapshot
from tasks.execution.pending_approvals.waiting import DatedBy, Kind, Waiting
from tasks.reads.schedules import Schedules
from tasks.records.people import CalendarLeave, Employee, Resource

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
        "dated_by": DatedBy.SUBMITTED,
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
        "dated_by": DatedBy.LOGGED,
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
