"""A time zone that Python does not know is drift of one person, and of nobody else."""

import pytest

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.firm import people
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.tasks.conftest import MONDAY, reading

PERSON, RESOURCE = 5, 205
UNKNOWN = ("US/Pacific-New", "garbage", "../etc/passwd", "", "Europe/", False)


def firm(zone: object) -> Sandbox:
    return Sandbox(MONDAY.date(), corrupt={("resource.resource", RESOURCE): {"tz": zone}})


@pytest.mark.parametrize("zone", UNKNOWN)
@pytest.mark.parametrize("name", ["timesheet_reminders", "utilization_variance"])
def test_only_who_has_an_unknown_zone_is_not_measured(name: str, zone: object, now: AsOf) -> None:
    job = catalogue.jobs()[name]
    odoo = reading(firm(zone))
    found, usual = (
        {row["employee_id"]: row for row in report.rows}
        for report in (
            job.run(odoo, now, job.policy()),
            job.run(reading(Sandbox(MONDAY.date())), now, job.policy()),
        )
    )
    assert found.pop(PERSON)["status"] == "not_measurable"
    assert usual.pop(PERSON)["status"] != "not_measurable"
    assert found == usual
    (drift,) = odoo.drift
    assert (drift.model, drift.record_id, drift.field) == ("resource.resource", RESOURCE, "tz")
    assert repr(zone) in drift.problem
    # So a case of hers is left as it is, and not closed.
    assert ("hr.employee", PERSON) in drift.records


def test_approvals_are_told_although_the_approvers_zone_is_unknown(now: AsOf) -> None:
    job = catalogue.jobs()["pending_approvals"]

    def report(zone: str) -> Report:
        manager = ("resource.resource", 200 + approver)
        odoo = Sandbox(MONDAY.date(), corrupt={manager: {"tz": zone}})
        return job.run(reading(odoo), now, job.policy())

    approver = people.PEOPLE[PERSON].manager_id or 0
    assert len(report("US/Pacific-New").rows) == len(report("Europe/Brussels").rows) > 0
