"""Employees, their working schedules over time, and what takes hours out of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from odoo_gateway.records import Record


@dataclass(frozen=True)
class Employee(Record):
    """An employee as every internal user may see one.

    departure_date and employee_type are shown to HR officers only.
    """

    MODEL: ClassVar[str] = "hr.employee"
    MODULE: ClassVar[str] = "hr"
    id: int
    name: str
    active: bool
    company_id: int
    department_id: int | None
    job_id: int | None
    parent_id: int | None
    user_id: int | None
    work_email: str | None
    resource_id: int
    resource_calendar_id: int | None
    departure_date: date | None = None
    employee_type: str | None = None


@dataclass(frozen=True)
class Account(Record):
    """The user of an employee; `lang` is a code of Odoo's like de_DE, None where none is set."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    lang: str | None = None


@dataclass(frozen=True)
class Department(Record):
    """A department, and the employee who leads it."""

    MODEL: ClassVar[str] = "hr.department"
    MODULE: ClassVar[str] = "hr"
    id: int
    name: str
    manager_id: int | None = None


@dataclass(frozen=True)
class Resource(Record):
    """The resource behind an employee: its zone rules the hours of its calendar."""

    MODEL: ClassVar[str] = "resource.resource"
    MODULE: ClassVar[str] = "resource"
    id: int
    tz: ZoneInfo
    company_id: int | None
    #: Also the employee's, made with it. The employee's own Odoo 19 shows to HR only: to others it
    #: shows that of the present version, and a change of hours looks like a hiring.
    create_date: datetime | None = None


@dataclass(frozen=True)
class EmploymentVersion(Record):
    """What was agreed with an employee from a day on (Odoo 19; readable for HR officers)."""

    MODEL: ClassVar[str] = "hr.version"
    MODULE: ClassVar[str] = "hr"
    id: int
    employee_id: int | None
    resource_calendar_id: int | None
    date_version: date | None = None
    contract_date_start: date | None = None
    contract_date_end: date | None = None


@dataclass(frozen=True)
class Contract(Record):
    """A contract of Odoo 16 to 18, where the module is installed."""

    MODEL: ClassVar[str] = "hr.contract"
    MODULE: ClassVar[str] = "hr_contract"
    id: int
    employee_id: int | None
    date_start: date
    date_end: date | None
    resource_calendar_id: int | None
    state: str
    kanban_state: str | None = None


@dataclass(frozen=True)
class WorkingCalendar(Record):
    """A weekly or two-weekly schedule, or a flexible number of hours."""

    MODEL: ClassVar[str] = "resource.calendar"
    MODULE: ClassVar[str] = "resource"
    id: int
    hours_per_day: float
    two_weeks_calendar: bool
    flexible_hours: bool = False
    full_time_required_hours: float = 0.0


@dataclass(frozen=True)
class Attendance(Record):
    """One stretch of work of a calendar, in wall-clock hours; dayofweek "0" is Monday."""

    MODEL: ClassVar[str] = "resource.calendar.attendance"
    MODULE: ClassVar[str] = "resource"
    id: int
    calendar_id: int
    dayofweek: Literal["0", "1", "2", "3", "4", "5", "6"]
    hour_from: float
    hour_to: float
    week_type: str | None
    day_period: str
    display_type: str | None
    date_from: date | None = None
    date_to: date | None = None
    resource_id: int | None = None


@dataclass(frozen=True)
class CalendarLeave(Record):
    """A validated leave of one resource, or a public holiday when it names none."""

    MODEL: ClassVar[str] = "resource.calendar.leaves"
    MODULE: ClassVar[str] = "resource"
    id: int
    date_from: datetime
    date_to: datetime
    resource_id: int | None
    calendar_id: int | None
    company_id: int | None
    time_type: str
