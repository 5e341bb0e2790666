"""Hours of timesheets in several units equal the total that Odoo itself makes of a project."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from odoo_gateway.reader import Reader
from tasks.domain.periods import Period
from tasks.execution.timesheet_reminders.hours import read_hours
from tasks.reads.units import group_hours
from tasks.records.people import Employee

from .gateway import session_of
from .inside import units
from .inside_odoo import run_inside
from .odoo_server import OdooServer

pytestmark = pytest.mark.live


def test_hours_in_any_unit_are_those_of_odoos_own_total(
    odoo_server: OdooServer, demo_db: str
) -> None:
    day = date.today() - timedelta(days=7)
    made = run_inside(odoo_server, demo_db, units.build, day=str(day))
    odoo = Reader(session_of(odoo_server, demo_db), 1)
    (group,) = group_hours(odoo, [("project_id", "=", made["project"])], ["project_id"])
    (person,) = odoo.search(Employee, [("id", "=", made["employee"])])
    hours = read_hours(odoo, [person], Period(day, day), by_project=False)
    read = sum(logged.hours for logged in hours.on(person.id, day))
    print(f"stored {made['stored']:g}, Odoo's total {made['total']:g} h, ours {read:g} h")
    assert group.sums[0] == pytest.approx(made["total"], abs=0.01)
    assert read == pytest.approx(1.5 + 4.0 + 0.75 + 2.0, abs=0.001)
