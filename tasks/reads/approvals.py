"""How this Odoo has hours approved: the field that tells, and the users who approve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.records.timesheets import TimesheetLine


@dataclass(frozen=True)
class TimesheetSheet(Record):
    """A sheet that an employee hands in (OCA). Lines follow its state by a field not stored."""

    MODEL: ClassVar[str] = "hr_timesheet.sheet"
    MODULE: ClassVar[str] = "hr_timesheet_sheet"
    id: int
    state: str


@dataclass(frozen=True)
class TimesheetApprover(Record):
    """The user who approves an employee's hours (Enterprise)."""

    MODEL: ClassVar[str] = "hr.employee"
    MODULE: ClassVar[str] = "timesheet_grid"
    id: int
    timesheet_manager_id: int | None = None


def approval_field(odoo: Reader) -> tuple[str, ...]:
    """The field to group by: that of Enterprise, else the sheet of OCA, else none."""
    if not odoo.lacks(TimesheetLine, "validated"):
        return ("validated",)
    has_sheets = not odoo.lacks(TimesheetLine, "sheet_id")
    return ("sheet_id",) if has_sheets and odoo.session.may_read(TimesheetSheet.MODEL) else ()


def approvers_of(odoo: Reader, employees: Sequence[int]) -> Mapping[int, int]:
    """The users who approve the hours of employees (Enterprise), where Odoo names one."""
    if odoo.lacks(TimesheetApprover, "timesheet_manager_id"):
        return {}
    found = odoo.read(TimesheetApprover, employees)
    return {each.id: each.timesheet_manager_id for each in found if each.timesheet_manager_id}
