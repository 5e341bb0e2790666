"""What further modules add to the jobs, and what is said where they are not installed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.plurals import counted
from tests.fakes import modules
from tests.fakes.modules import Declared
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

READINESS: Final = catalogue.jobs()["invoice_readiness"]
UTILIZATION: Final = catalogue.jobs()["utilization_variance"]
Corrupt = Mapping[tuple[str, int], Mapping[str, Any]]


def with_module(
    declares: Declared,
    rows: Mapping[str, list[dict[str, Any]]] | None = None,
    corrupt: Corrupt | None = None,
) -> Sandbox:
    """The firm with a module more, and what it keeps."""
    found = {**firm.build(MONDAY.date()), **(rows or {})}
    return Sandbox(MONDAY.date(), declares=declares, rows=found, corrupt=corrupt)


def readiness(transport: Any, now: AsOf, **policy: Any) -> Report:
    return READINESS.run(reading(transport), now, READINESS.policy(**policy))


def results(report: Report, check: str) -> dict[int, Mapping[str, Any]]:
    """One check of every order."""
    return {
        row["sale_order_id"]: found
        for row in report.rows
        for found in row["checks"]
        if found["check"] == check
    }


def outcomes(report: Report, check: str) -> set[str]:
    return {found["result"] for found in results(report, check).values()}


def every_line(values: Mapping[str, Any]) -> Corrupt:
    """All hours with these values."""
    lines = firm.build(MONDAY.date())["account.analytic.line"]
    return {("account.analytic.line", line["id"]): values for line in lines}


def sheets(state: str) -> Mapping[str, list[dict[str, Any]]]:
    return {"hr_timesheet.sheet": [{"id": 1, "state": state}]}


def approval_modules() -> Iterable[tuple[str, Sandbox, Sandbox]]:
    """Each module of approval with all hours approved, and with none."""
    grid, sheet = modules.TIMESHEET_GRID, modules.HR_TIMESHEET_SHEET
    yield (
        "timesheet_grid",
        with_module(grid, corrupt=every_line({"validated": True})),
        with_module(grid, corrupt=every_line({"validated": False})),
    )
    yield (
        "hr_timesheet_sheet",
        with_module(sheet, sheets("done"), every_line({"sheet_id": 1, "sheet_state": "done"})),
        with_module(sheet, sheets("draft"), every_line({"sheet_id": 1, "sheet_state": "draft"})),
    )


@pytest.mark.parametrize("module", ["timesheet_grid", "hr_timesheet_sheet"])
def test_approved_time_passes_with_approved_hours_and_fails_with_others(
    module: str, now: AsOf
) -> None:
    (approved, pending) = next((yes, no) for name, yes, no in approval_modules() if name == module)
    assert outcomes(readiness(approved, now), "approved_time") == {"pass", "not_applicable"}
    failing = [
        found
        for found in results(readiness(pending, now), "approved_time").values()
        if found["result"] == "fail"
    ]
    assert failing
    assert all("h are not approved" in found["reason"] for found in failing)


def test_hours_on_no_sheet_are_not_approved(now: AsOf) -> None:
    loose = with_module(modules.HR_TIMESHEET_SHEET)
    assert "fail" in outcomes(readiness(loose, now), "approved_time")


def test_without_a_module_of_approval_approved_time_is_not_verifiable(now: AsOf) -> None:
    report = readiness(changed(), now)
    assert outcomes(report, "approved_time") == {"not_verifiable", "not_applicable"}
    assert "approved_time" in {gap.check for gap in report.not_verifiable}


def reviewed(now: AsOf, status: str, **review: Any) -> Report:
    """The firm with one order reviewed so."""
    rows = [{"id": 1, "model": "sale.order", "res_id": 1, "status": status, **review}]
    corrupt = {
        ("sale.order", order["id"]): {"validation_status": "no"}
        for order in firm.build(MONDAY.date())["sale.order"]
    }
    corrupt["sale.order", 1] = {"validation_status": status}
    odoo = with_module(modules.SALE_TIER_VALIDATION, {"tier.review": rows}, corrupt)
    return readiness(odoo, now, order_approval_required=True)


@pytest.mark.parametrize("status", ["waiting", "pending", "rejected"])
def test_an_order_with_an_open_or_rejected_review_is_blocked_by_its_reviewers(
    status: str, now: AsOf
) -> None:
    report = reviewed(now, status, todo_by="Group Board")
    found = results(report, "order_approval")
    assert (found[1]["result"], found[1]["owner"]) == ("fail", "Group Board")
    assert {check["result"] for number, check in found.items() if number != 1} == {"pass"}
    (row,) = (row for row in report.rows if row["sale_order_id"] == 1)
    assert row["status"] == "blocked"


def test_an_approved_order_passes_and_its_reviews_are_not_read(now: AsOf) -> None:
    corrupt = {("sale.order", 1): {"validation_status": "validated"}}
    overlay = Overlay(with_module(modules.SALE_TIER_VALIDATION, corrupt=corrupt), {})
    assert outcomes(readiness(overlay, now), "order_approval") == {"pass"}
    # It asks whether it would see all of them, and reads none.
    assert ("tier.review", "search_read") not in {(model, how) for model, how, *_ in overlay.seen}


def test_a_review_without_reviewers_still_blocks(now: AsOf) -> None:
    found = results(reviewed(now, "pending", todo_by=False), "order_approval")[1]
    assert (found["result"], "names none" in found["owner"]) == ("fail", True)


def test_a_reviewer_is_named_once(now: AsOf) -> None:
    rows = [
        {"id": n, "model": "sale.order", "res_id": 1, "status": "pending", "todo_by": "Ann"}
        for n in (1, 2)
    ]
    corrupt = {("sale.order", 1): {"validation_status": "pending"}}
    odoo = with_module(modules.SALE_TIER_VALIDATION, {"tier.review": rows}, corrupt)
    assert results(readiness(odoo, now), "order_approval")[1]["owner"] == "Ann"


def test_reviews_that_are_not_readable_leave_their_reviewers_unnamed(now: AsOf) -> None:
    corrupt = {("sale.order", 1): {"validation_status": "pending"}}
    hidden = Sandbox(
        MONDAY.date(),
        declares=modules.SALE_TIER_VALIDATION,
        corrupt=corrupt,
        denied_models=["tier.review"],
    )
    assert results(readiness(hidden, now), "order_approval")[1]["result"] == "fail"


def test_without_reviews_of_orders_approval_is_not_verifiable_where_it_is_required(
    now: AsOf,
) -> None:
    assert outcomes(readiness(changed(), now), "order_approval") == {"not_applicable"}
    required = readiness(changed(), now, order_approval_required=True)
    assert outcomes(required, "order_approval") == {"not_verifiable"}
    assert "order_approval" in {gap.check for gap in required.not_verifiable}


TICKETS: Final = [
    {"id": 1, "commercial_partner_id": 20, "priority": "3", "closed": False, "company_id": 1},
    {"id": 2, "commercial_partner_id": 20, "priority": "3", "closed": True, "company_id": 1},
    {"id": 3, "commercial_partner_id": 20, "priority": "1", "closed": False, "company_id": 1},
    {"id": 4, "commercial_partner_id": 20, "priority": "3", "closed": False, "company_id": 2},
    {"id": 5, "commercial_partner_id": False, "priority": "3", "closed": False, "company_id": 1},
]


def helpdesk() -> Sandbox:
    rows = [
        {**ticket, "name": "Login broken", "display_name": f"HT{ticket['id']} - Login broken"}
        for ticket in TICKETS
    ]
    return with_module(modules.HELPDESK_MGMT, {"helpdesk.ticket": rows})


@pytest.mark.parametrize(("blocking", "count"), [("3", 1), ("2", 1), ("1", 2), ("0", 2)])
def test_open_tickets_of_the_customer_from_a_priority_on_block(
    blocking: str, count: int, now: AsOf
) -> None:
    found = results(readiness(helpdesk(), now, blocking_ticket_priority=blocking), "open_tickets")
    assert found[1]["result"] == "fail"
    assert found[1]["reason"].startswith(counted(count, "open ticket"))
    assert "HT1 - Login broken" in found[1]["reason"]
    assert {check["result"] for number, check in found.items() if number != 1} == {"pass"}


def test_a_firm_whose_tickets_are_all_of_others_has_none_open(now: AsOf) -> None:
    elsewhere = [{**TICKETS[0], "name": "Of nobody we bill", "commercial_partner_id": 1}]
    odoo = with_module(modules.HELPDESK_MGMT, {"helpdesk.ticket": elsewhere})
    assert outcomes(readiness(odoo, now, blocking_ticket_priority="2"), "open_tickets") == {"pass"}


def test_tickets_are_not_read_where_no_policy_asks(now: AsOf) -> None:
    overlay = Overlay(helpdesk(), {})
    assert outcomes(readiness(overlay, now), "open_tickets") == {"not_applicable"}
    assert "helpdesk.ticket" not in {model for model, *_ in overlay.seen}


@pytest.mark.parametrize(
    "odoo",
    [
        changed(),
        with_module(modules.ENTERPRISE_HELPDESK),
        with_module(modules.HELPDESK_MGMT, {"helpdesk.ticket": []}),
    ],
    ids=["no helpdesk", "Enterprise's helpdesk", "a user who sees no ticket"],
)
def test_tickets_that_are_hidden_or_do_not_tell_what_is_closed_are_not_verifiable(
    odoo: Sandbox, now: AsOf
) -> None:
    report = readiness(odoo, now, blocking_ticket_priority="2")
    assert outcomes(report, "open_tickets") == {"not_verifiable"}
    assert "open_tickets" in {gap.check for gap in report.not_verifiable}


def test_planned_hours_come_from_planning_slots_where_planning_is(now: AsOf) -> None:
    slot = {
        "id": 1,
        "employee_id": 5,
        "start_datetime": "2026-10-05 07:00:00",
        "end_datetime": "2026-10-09 15:00:00",
        "allocated_hours": 30.0,
        "state": "published",
    }
    open_shift = {**slot, "id": 2, "employee_id": False}
    odoo = with_module(modules.PLANNING, {"planning.slot": [slot, open_shift]})
    report = UTILIZATION.run(reading(odoo), now, UTILIZATION.policy())
    planned = {row["employee_id"]: row["planned_hours"] for row in report.rows}
    assert {number: hours for number, hours in planned.items() if hours} == {5: 30.0}
    assert {total["planned_basis"] for total in report.totals} == {"planning slots"}


def test_planned_hours_come_from_tasks_without_planning_and_say_so(now: AsOf) -> None:
    report = UTILIZATION.run(reading(changed()), now, UTILIZATION.policy())
    assert any(row["planned_hours"] for row in report.rows)
    (basis,) = {total["planned_basis"] for total in report.totals}
    assert "task hours" in basis


def test_without_timesheets_on_sales_no_utilization_is_measured_and_work_is_still_told(
    now: AsOf,
) -> None:
    with_sales, bare = (
        UTILIZATION.run(reading(odoo), now, UTILIZATION.policy(target_percent=75))
        for odoo in (changed(), changed(lacks_modules=["sale_timesheet"]))
    )
    assert "billable hours" in {gap.check for gap in bare.not_verifiable}
    assert {(row["status"], row["billable_hours"]) for row in bare.rows} == {
        ("not_measurable", None)
    }
    assert {row["utilization_percent"] for row in bare.rows} == {None}
    assert (bare.findings, bare.measures) == ((), ())
    assert [row["worked_hours"] for row in bare.rows] == [
        row["worked_hours"] for row in with_sales.rows
    ]
