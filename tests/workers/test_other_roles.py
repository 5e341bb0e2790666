"""A finding may be told to another role than that of its job: finance, of a project that begins."""

from pathlib import Path

from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, fleet_on, run_once
from tests.fakes.setups import LINES, WORK, ago, line, order, project, rows
from workers.commands import doctor
from workers.delivery import rechecking
from workers.ledger import outbox, scopes
from workers.wiring import Fleet

SETUP = "project_setup"
KEY = f"project-active-{WORK}"
FINANCE = ("fin@nordwind.example", "ledger@nordwind.example")
# A role of the firm, and one of the company in its place.
RECIPIENTS = f"""{TENANT}policies.project_setup.wait_for_morning = false
[tenants.firm.recipients]
delivery = ["pmo@nordwind.example"]
finance = ["other@nordwind.example"]
[tenants.firm.company.1.recipients]
finance = ["{FINANCE[0]}", "{FINANCE[1]}"]
"""


def fleet_with(tmp_path: Path, clock: Clock, file: str) -> Fleet:
    begun = project(sale_line_id=LINES, date_start=ago(0)[:10])
    of_it = rows(sale_order=[order()], sale_order_line=[line()], project_project=[begun])
    return fleet_on(tmp_path, clock, Sandbox(clock().date(), rows=of_it), file=file)


def told(fleet: Fleet) -> dict[str, str]:
    """The recipients of what was queued about the project, with the step."""
    with fleet.ledger.reading() as connection:
        queued = outbox.find(connection, 50, job=SETUP)
    return {each.recipient: each.step for each in queued if KEY in each.finding_keys}


def test_finance_of_the_company_is_told_and_delivery_is_not(tmp_path: Path, clock: Clock) -> None:
    fleet = fleet_with(tmp_path, clock, RECIPIENTS)
    run_once(fleet, SETUP, 1)
    assert told(fleet) == dict.fromkeys(FINANCE, "first")
    clock.forward(minutes=5)
    run_once(fleet, SETUP, 1)
    assert told(fleet) == dict.fromkeys(FINANCE, "first")
    # It still stands when it is to go out.
    with fleet.ledger.reading() as connection:
        queued = [m for m in outbox.find(connection, 50, job=SETUP) if KEY in m.finding_keys]
    again = rechecking.Round(fleet, queued)
    assert [again.check(each).drop for each in queued] == ["", ""]


def test_where_finance_is_nobody_that_is_said(tmp_path: Path, clock: Clock) -> None:
    without = RECIPIENTS.partition("finance = ")[0]
    fleet = fleet_with(tmp_path, clock, without)
    run_once(fleet, SETUP, 1)
    assert told(fleet) == {}
    tenant = fleet.settings.tenant("firm")
    with fleet.ledger.reading() as connection:
        (scope,) = (s for s in scopes.of_tenant(connection, "firm") if s.company_id == 1)
    said = [each.detail for each in doctor._recipients(tenant, scope)]
    assert any("role finance" in text and SETUP in text for text in said)
