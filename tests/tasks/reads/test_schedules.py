"""The hours that somebody is to work between two instants."""

from datetime import timedelta

from odoo_gateway.sandbox import Sandbox
from tasks.reads.schedules import Schedules
from tasks.records.people import Employee
from tests.tasks.conftest import MONDAY, reading


def test_of_somebody_whose_calendar_nobody_sees_no_hours_are_known(sandbox: Sandbox) -> None:
    employee = reading(sandbox).search(Employee, [])[0]
    nothing = Schedules({}, {}, {}, {})
    assert nothing.between(employee, MONDAY, MONDAY + timedelta(days=1)) is None
