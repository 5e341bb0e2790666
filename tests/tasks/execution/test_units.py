"""Time that a firm keeps in days, in part or whole, is read as the hours that it is."""

from collections.abc import Mapping
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm, schema
from odoo_gateway.sandbox.firm.timesheets import DAY, HOUR
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.reads.units import group_hours
from tests.fakes import modules
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, reading

MINUTE, PIECE, LINES = 6, 1, "account.analytic.line"
Rows = dict[str, list[dict[str, Any]]]


def in_days(share: int = 1, unit: int = DAY, per_hour: float = 0.125) -> Rows:
    """The firm with each so many-th timesheet line kept in days of eight hours."""
    built = dict(firm.build(MONDAY.date()))
    built[LINES] = [
        {**row, "unit_amount": row["unit_amount"] * per_hour, "product_uom_id": unit}
        if row["project_id"] and row["id"] % share == 0
        else row
        for row in built[LINES]
    ]
    minutes = {"id": MINUTE, "active": False, "factor": 1 / 60, "parent_path": f"{HOUR}/{MINUTE}/"}
    built["uom.uom"] = [*built["uom.uom"], minutes]
    return built


def report(name: str, rows: Rows, now: AsOf, version: int = 19, **switches: Any) -> Report:
    job = catalogue.jobs()[name]
    odoo = Sandbox(MONDAY.date(), version=version, rows=rows, **switches)
    said: Report = job.run(reading(odoo), now, job.policy())
    return said


def rounded(value: Any) -> Any:
    """Numbers to the cent: an eighth of an hour is not a binary fraction of everything."""
    if isinstance(value, float):
        return pytest.approx(value, abs=0.011)
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("version", schema.VERSIONS)
@pytest.mark.parametrize("share", [1, 3])
@pytest.mark.parametrize("name", ["timesheet_reminders", "utilization_variance", "wip_aging"])
def test_days_are_hours(name: str, share: int, version: int, now: AsOf) -> None:
    usual = report(name, dict(firm.build(MONDAY.date())), now, version)
    found = report(name, in_days(share), now, version)
    assert found.rows
    assert [dict(row) for row in found.rows] == [rounded(row) for row in usual.rows]
    assert [finding.key for finding in found.findings] == [f.key for f in usual.findings]


def test_minutes_are_hours_too(now: AsOf) -> None:
    usual = report("timesheet_reminders", dict(firm.build(MONDAY.date())), now)
    found = report("timesheet_reminders", in_days(1, MINUTE, 60.0), now)
    assert [dict(row) for row in found.rows] == [rounded(row) for row in usual.rows]


def test_hours_that_wait_for_an_approval_are_hours_however_they_are_kept(now: AsOf) -> None:
    usual, found = (
        report("pending_approvals", rows, now, declares=modules.TIMESHEET_GRID)
        for rows in (dict(firm.build(MONDAY.date())), in_days(3))
    )
    waiting = {row["what"] + row["submitter"] + row["since"]: row["hours"] for row in found.rows}
    assert waiting
    assert waiting == rounded(
        {row["what"] + row["submitter"] + row["since"]: row["hours"] for row in usual.rows}
    )


def test_a_unit_of_another_kind_or_none_counts_as_it_is(now: AsOf) -> None:
    rows = in_days(2, PIECE, 1.0)
    rows["uom.uom"] = [*rows["uom.uom"], {"id": PIECE, "factor": 6.0, "parent_path": "1/"}]
    usual = report("timesheet_reminders", dict(firm.build(MONDAY.date())), now)
    assert report("timesheet_reminders", rows, now).rows == usual.rows
    without = report("timesheet_reminders", in_days(1, False, 1.0), now)
    assert without.rows == usual.rows
    hidden = [(LINES, "product_uom_id")]
    assert report("timesheet_reminders", in_days(2, HOUR, 1.0), now, hidden_fields=hidden).rows


def test_groups_of_several_units_are_one_with_the_earliest_day_of_all() -> None:
    usual = Sandbox(MONDAY.date())
    mixed = Sandbox(MONDAY.date(), rows=in_days(3))
    domain = [("project_id", "!=", False)]
    asked = (domain, ["employee_id"], ["date"])
    first, second = (
        {
            g.keys: (round(g.sums[0], 6), g.earliest, g.count)
            for g in group_hours(reading(o), *asked)
        }
        for o in (usual, mixed)
    )
    assert first == second


def test_where_all_is_in_hours_no_unit_is_read() -> None:
    overlay = Overlay(Sandbox(MONDAY.date()), {})
    odoo = reading(overlay)
    for _ in range(2):
        group_hours(odoo, [("project_id", "!=", False)], ["employee_id"])
    asked = [model for model, *_ in overlay.seen]
    assert (asked.count("ir.model.data"), asked.count("uom.uom")) == (1, 0)
