"""Timesheet lines: analytic lines that name a project."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record


@dataclass(frozen=True)
class TimesheetLine(Record):
    """Hours of one person on one day. Leave lines name a holiday or a public leave."""

    MODEL: ClassVar[str] = "account.analytic.line"
    MODULE: ClassVar[str] = "hr_timesheet"
    id: int
    date: date
    employee_id: int | None
    project_id: int | None
    task_id: int | None
    unit_amount: float
    company_id: int
    so_line: int | None = None
    timesheet_invoice_type: str | None = None
    timesheet_invoice_id: int | None = None
    holiday_id: int | None = None
    global_leave_id: int | None = None
    validated: bool | None = None
    sheet_state: str | None = None
    sheet_id: int | None = None
    product_uom_id: int | None = None


def no_leave(odoo: Reader) -> Domain:
    """Leaves out lines that stand for leave and holidays, where the database books them so."""
    return [
        (field, "=", False)
        for field in ("holiday_id", "global_leave_id")
        if not odoo.lacks(TimesheetLine, field)
    ]


@dataclass(frozen=True)
class Task(Record):
    """A task; Odoo stores the sum of all its hours, whoever may see them."""

    MODEL: ClassVar[str] = "project.task"
    MODULE: ClassVar[str] = "hr_timesheet"
    id: int
    name: str
    project_id: int | None
    effective_hours: float
