"""Reads the working schedules of employees: which was in force when, and what was off."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import Period
from tasks.domain.working_time import Absence, Engagement, Schedule, Stretch, expected_hours
from tasks.records.people import (
    Attendance,
    CalendarLeave,
    Contract,
    Employee,
    EmploymentVersion,
    Resource,
    WorkingCalendar,
)


@dataclass(frozen=True)
class Term:
    """A calendar agreed with an employee between two days; None is open."""

    calendar_id: int | None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Schedules:
    """Everything that expected hours of a company's employees follow from."""

    resources: Mapping[int, Resource]
    schedules: Mapping[int, Schedule]
    terms: Mapping[int, Sequence[Term]]
    leaves: Mapping[int | None, Sequence[CalendarLeave]]
    not_verifiable: tuple[NotVerifiable, ...] = ()

    def zone(self, employee: Employee) -> ZoneInfo:
        """The zone that the employee's hours are in; UTC when nobody can say."""
        resource = self.resources.get(employee.resource_id)
        return resource.tz if resource else ZoneInfo("UTC")

    def expected(self, employee: Employee, period: Period) -> Mapping[date, float] | None:
        """Hours per day, net of leave and holidays; None when nobody can say."""
        return self._hours(employee, period, self._engagements(employee))

    def gross(self, employee: Employee, period: Period) -> Mapping[date, float] | None:
        """Hours per day before leave and holidays; None when nobody can say."""
        present = [replace(found, absences=()) for found in self._engagements(employee)]
        return self._hours(employee, period, present)

    def _hours(
        self, employee: Employee, period: Period, engagements: Sequence[Engagement]
    ) -> Mapping[date, float] | None:
        if employee.resource_id not in self.resources:
            return None
        return expected_hours(period, self.zone(employee), engagements)

    def _engagements(self, employee: Employee) -> Sequence[Engagement]:
        return [
            Engagement(
                schedule=self.schedules.get(term.calendar_id or 0),
                absences=self._absences(employee, term.calendar_id),
                first=term.first,
                last=term.last,
            )
            for term in self.terms.get(employee.id) or [Term(employee.resource_calendar_id)]
        ]

    def _absences(self, employee: Employee, calendar_id: int | None) -> tuple[Absence, ...]:
        resource = self.resources.get(employee.resource_id)
        company_id = resource.company_id if resource else None
        own = self.leaves.get(employee.resource_id, ())
        public = (leave for leave in self.leaves.get(None, ()) if leave.company_id == company_id)
        return tuple(
            Absence(leave.date_from, leave.date_to)
            for leave in (*own, *public)
            if leave.calendar_id in (None, calendar_id)
        )


def read_schedules(odoo: Reader, employees: Sequence[Employee], period: Period) -> Schedules:
    """Read what expected hours of these employees in this period need."""
    resource_ids = [employee.resource_id for employee in employees]
    resources = odoo.search(Resource, [("id", "in", resource_ids)], archived=True)
    odoo.relate(Resource.MODEL, {each.resource_id: (Employee.MODEL, each.id) for each in employees})
    terms, not_verifiable = _terms(odoo, employees)
    return Schedules(
        resources={resource.id: resource for resource in resources},
        schedules=_schedules(odoo),
        terms=terms,
        leaves=_leaves(odoo, resource_ids, period),
        not_verifiable=not_verifiable,
    )


def _leaves(
    odoo: Reader, resource_ids: Sequence[int], period: Period
) -> Mapping[int | None, Sequence[CalendarLeave]]:
    # A day of slack on each side covers every time zone.
    leaves = odoo.search(
        CalendarLeave,
        [
            ("time_type", "=", "leave"),
            ("resource_id", "in", [False, *resource_ids]),
            ("date_from", "<=", f"{period.end + timedelta(days=2)} 00:00:00"),
            ("date_to", ">=", f"{period.start - timedelta(days=1)} 00:00:00"),
        ],
    )
    by_resource: dict[int | None, list[CalendarLeave]] = defaultdict(list)
    for leave in leaves:
        by_resource[leave.resource_id].append(leave)
    return by_resource


def _schedules(odoo: Reader) -> Mapping[int, Schedule]:
    calendars = odoo.search(WorkingCalendar, [], archived=True)
    attendances: dict[int, list[Attendance]] = defaultdict(list)
    for row in odoo.search(
        Attendance, [("display_type", "=", False), ("day_period", "!=", "lunch")]
    ):
        if row.resource_id is None:
            attendances[row.calendar_id].append(row)
    return {
        calendar.id: Schedule(
            stretches=tuple(_stretch(row, calendar) for row in attendances[calendar.id]),
            flexible=calendar.flexible_hours,
            hours_per_week=calendar.full_time_required_hours,
            hours_per_day=calendar.hours_per_day,
        )
        for calendar in calendars
    }


def _stretch(row: Attendance, calendar: WorkingCalendar) -> Stretch:
    return Stretch(
        weekday=int(row.dayofweek),
        hour_from=row.hour_from,
        hour_to=row.hour_to,
        week=int(row.week_type or 0) if calendar.two_weeks_calendar else None,
        first=row.date_from,
        last=row.date_to,
    )


def _terms(
    odoo: Reader, employees: Sequence[Employee]
) -> tuple[Mapping[int, Sequence[Term]], tuple[NotVerifiable, ...]]:
    ids = [employee.id for employee in employees]
    if odoo.session.may_read(EmploymentVersion.MODEL) and not odoo.lacks(
        EmploymentVersion, "date_version"
    ):
        versions = odoo.search(EmploymentVersion, [("employee_id", "in", ids)])
        hidden = odoo.lacks(EmploymentVersion, "contract_date_start")
        return _terms_of_versions(versions), (_CONTRACTS_HIDDEN,) if hidden else ()
    if odoo.session.may_read(Contract.MODEL):
        contracts = odoo.search(
            Contract, [("employee_id", "in", ids), ("state", "in", ["open", "close"])]
        )
        return _terms_of_contracts(contracts), ()
    return {}, (_HISTORY_HIDDEN,)


def _terms_of_versions(versions: Iterable[EmploymentVersion]) -> Mapping[int, Sequence[Term]]:
    by_employee: dict[int, list[EmploymentVersion]] = defaultdict(list)
    for version in versions:
        if version.employee_id is not None:
            by_employee[version.employee_id].append(version)
    return {
        employee_id: _history(sorted(history, key=lambda version: version.date_version or date.min))
        for employee_id, history in by_employee.items()
    }


def _history(versions: Sequence[EmploymentVersion]) -> Sequence[Term]:
    """Each version until the next one; with any contract date, only inside contracts."""
    contracted = any(version.contract_date_start for version in versions)
    terms = []
    for number, version in enumerate(versions):
        first = version.date_version if number else None
        following = versions[number + 1].date_version if number + 1 < len(versions) else None
        last = following - timedelta(days=1) if following else None
        if contracted:
            if version.contract_date_start is None:
                continue
            first = max(filter(None, (first, version.contract_date_start)))
            last = min(filter(None, (last, version.contract_date_end)), default=None)
        terms.append(Term(version.resource_calendar_id, first, last))
    return terms


def _terms_of_contracts(contracts: Iterable[Contract]) -> Mapping[int, Sequence[Term]]:
    terms: dict[int, list[Term]] = defaultdict(list)
    for contract in contracts:
        if contract.employee_id is not None:
            terms[contract.employee_id].append(
                Term(contract.resource_calendar_id, contract.date_start, contract.date_end)
            )
    return terms


_HISTORY_HIDDEN = NotVerifiable(
    check="calendar history",
    reason="employment versions or contracts are not readable for this user or not installed, so "
    "the present calendar is taken for past days too",
    remedy="give the fleet's user read access to hr.version (Odoo 19) or hr.contract (16 to 18)",
)
_CONTRACTS_HIDDEN = NotVerifiable(
    check="contract dates",
    reason="contract dates are hidden from this user, so days before hiring or after leaving "
    "count as working days",
    remedy="give the fleet's user the group HR administrator, or end leavers by archiving them",
)
