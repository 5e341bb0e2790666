"""Reads the hours that employees logged, by what becomes of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.periods import Period
from tasks.domain.utilization import Hours
from tasks.records.people import Employee
from tasks.records.timesheets import TimesheetLine, no_leave
from tasks.records.units import group_hours

KIND: Final = "timesheet_invoice_type"
BILLABLE: Final = frozenset(
    {"billable_time", "billable_fixed", "billable_milestones", "billable_manual"}
)


def knows_billable(odoo: Reader) -> bool:
    """Whether the database tells which hours are billable (module sale_timesheet)."""
    return not odoo.lacks(TimesheetLine, KIND)


def read_worked(
    odoo: Reader,
    employees: Sequence[Employee],
    period: Period,
    credited: Mapping[int, Collection[int]],
) -> Mapping[int, Hours]:
    """Hours by employee, leave left out; none is billable where nobody knows.

    credited: ids of productive projects by employee.
    """
    domain: Domain = [
        ("project_id", "!=", False),
        ("employee_id", "in", [employee.id for employee in employees]),
        ("date", ">=", str(period.start)),
        ("date", "<=", str(period.end)),
        *no_leave(odoo),
    ]
    hours: dict[int, Hours] = defaultdict(Hours)
    by = ["employee_id", "project_id", *([KIND] if knows_billable(odoo) else [])]
    for group in group_hours(odoo, domain, by):
        employee_id, worked = group.id_at(0), group.sums[0]
        before, billable = hours[employee_id], group.keys[-1] in BILLABLE
        is_credited = group.keys[1] in credited[employee_id] and not billable
        hours[employee_id] = Hours(
            worked=before.worked + worked,
            billable=before.billable + worked * billable,
            credited=before.credited + worked * is_credited,
        )
    return hours
