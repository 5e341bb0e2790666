"""Reads the working schedules of employees: which was in force when, and what was off."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from odoo_gateway.reader import Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import Period
from tasks.domain.texts import Text
from tasks.domain.working_time import (
    Absence,
    Engagement,
    Schedule,
    Stretch,
    expected_hours,
    hours_between,
)
from tasks.reads.employment import Term, read_terms
from tasks.records.people import Attendance, CalendarLeave, Employee, Resource, WorkingCalendar

# What expected hours rest on beside the people and what was agreed with them, and as what.
SCHEDULES: Final = (
    (CalendarLeave.MODEL, Text("leave")),
    (Attendance.MODEL, Text("working hours")),
    (WorkingCalendar.MODEL, Text("working hours")),
    (Resource.MODEL, Text("working hours")),
)


@dataclass(frozen=True)
class Schedules:
    """Everything that expected hours of a company's employees follow from."""

    resources: Mapping[int, Resource]
    schedules: Mapping[int, Schedule]
    #: By employee; empty for who was not employed, and for whom there are none the present calendar
    #: rules.
    terms: Mapping[int, Sequence[Term]]
    leaves: Mapping[int | None, Sequence[CalendarLeave]]
    not_verifiable: tuple[NotVerifiable, ...] = ()
    #: What a calendar has for a single resource (Odoo 16 to 18), by both.
    own: Mapping[tuple[int, int], tuple[Stretch, ...]] = field(default_factory=dict)
    _found: dict[int, Sequence[Engagement]] = field(default_factory=dict, compare=False)

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

    def between(self, employee: Employee, since: datetime, until: datetime) -> float | None:
        """Hours that somebody was to work between two instants; None when nobody can say."""
        if employee.resource_id not in self.resources:
            return None
        return hours_between(since, until, self.zone(employee), self._engagements(employee))

    def employed(self, employee: Employee, period: Period) -> bool:
        """Whether somebody was employed on any day of the period."""
        return any(
            (term.first or date.min) <= period.end and period.start <= (term.last or date.max)
            for term in self._terms(employee)
        )

    def _hours(
        self, employee: Employee, period: Period, engagements: Sequence[Engagement]
    ) -> Mapping[date, float] | None:
        if employee.resource_id not in self.resources:
            return None
        return expected_hours(period, self.zone(employee), engagements)

    def _terms(self, employee: Employee) -> Sequence[Term]:
        return self.terms.get(employee.id, (Term(employee.resource_calendar_id),))

    def _engagements(self, employee: Employee) -> Sequence[Engagement]:
        """What somebody is asked for week after week, put together once."""
        if employee.id not in self._found:
            self._found[employee.id] = self._put_together(employee)
        return self._found[employee.id]

    def _put_together(self, employee: Employee) -> Sequence[Engagement]:
        return [
            Engagement(
                schedule=self._schedule(employee, term.calendar_id),
                absences=self._absences(employee, term.calendar_id),
                first=term.first,
                last=term.last,
            )
            for term in self._terms(employee)
        ]

    def _schedule(self, employee: Employee, calendar_id: int | None) -> Schedule | None:
        shared = self.schedules.get(calendar_id or 0)
        own = self.own.get((calendar_id or 0, employee.resource_id))
        return replace(shared, stretches=(*shared.stretches, *own)) if shared and own else shared

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
    found = odoo.read(Resource, resource_ids)
    odoo.relate(Resource.MODEL, {each.resource_id: (Employee.MODEL, each.id) for each in employees})
    resources = {resource.id: resource for resource in found}
    terms, not_verifiable = read_terms(odoo, employees, resources, period)
    schedules, own = _schedules(odoo)
    return Schedules(
        resources=resources,
        schedules=schedules,
        terms=terms,
        leaves=_leaves(odoo, resource_ids, period),
        not_verifiable=not_verifiable,
        own=own,
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
        # Those of people, and those of a company: each goes by that of the person's resource.
        all_companies=True,
    )
    by_resource: dict[int | None, list[CalendarLeave]] = defaultdict(list)
    for leave in leaves:
        by_resource[leave.resource_id].append(leave)
    return by_resource


def _schedules(
    odoo: Reader,
) -> tuple[Mapping[int, Schedule], Mapping[tuple[int, int], tuple[Stretch, ...]]]:
    """By calendar, and what a calendar adds for one resource, by both."""
    calendars = odoo.shared(WorkingCalendar, [], archived=True)
    two_weeks = {calendar.id for calendar in calendars if calendar.two_weeks_calendar}
    shared: dict[int, list[Stretch]] = defaultdict(list)
    own: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
    for row in odoo.shared(
        Attendance, [("display_type", "=", False), ("day_period", "!=", "lunch")]
    ):
        stretch = _stretch(row, row.calendar_id in two_weeks)
        if row.resource_id is None:
            shared[row.calendar_id].append(stretch)
        else:
            own[row.calendar_id, row.resource_id].append(stretch)
    schedules = {
        calendar.id: Schedule(
            stretches=tuple(shared[calendar.id]),
            flexible=calendar.flexible_hours,
            hours_per_week=calendar.full_time_required_hours,
            hours_per_day=calendar.hours_per_day,
        )
        for calendar in calendars
    }
    return schedules, {key: tuple(stretches) for key, stretches in own.items()}


def _stretch(row: Attendance, in_two_weeks: bool) -> Stretch:
    return Stretch(
        weekday=int(row.dayofweek),
        hour_from=row.hour_from,
        hour_to=row.hour_to,
        week=int(row.week_type or 0) if in_two_weeks else None,
        first=row.date_from,
        last=row.date_to,
    )
