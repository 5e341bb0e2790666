"""All jobs on Odoo 16 to 19: the same facts give the same numbers, a gap is told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.sandbox import Sandbox, schema
from odoo_gateway.sandbox.firm import people
from odoo_gateway.sandbox.server import Site, serving
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks.domain.findings import Report
from tests.tasks.conftest import MONDAY, changed, reading
from tests.tasks.versions import page
from tests.tasks.versions.running import COMPANIES, JOBS, run, told, without_links

OLDER: Final = (16, 17, 18)
# What Odoo 16 tells of contracts; 17 and 18 were recorded without the module.
CONTRACTS: Final[Mapping[str, Any]] = {
    name: shape.described(None) for name, shape in schema.load(16)["hr.contract"].items()
}
# What the sandbox's rows hold of later versions: the facts that two checks rest on.
FACTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "crm.lead": {"duration_tracking": {"type": "json", "store": False}},
    "hr.contract": CONTRACTS,
    "sale.order.line": {"technical_price_unit": {"type": "float", "store": True}},
}
# An expense for which Odoo names no approver: 16 to 18 then ask the manager, 19 did so before.
UNNAMED: Final = "expense-14"
# By job and version; of one that is not here nothing is.
NOT_VERIFIABLE: Final[Mapping[str, Mapping[int, Sequence[str]]]] = {
    "expense_exceptions": dict.fromkeys((17, 18), ("calendar history",)),
    "handoff_gate": dict.fromkeys((17, 18), ("calendar history",)),
    "invoice_readiness": dict.fromkeys(schema.VERSIONS, ("approved_time",)),
    "late_starts": dict.fromkeys((17, 18), ("calendar history",)),
    "leakage": {
        **dict.fromkeys((16, 19), ("what is bought for orders",)),
        **dict.fromkeys((17, 18), ("calendar history", "what is bought for orders")),
    },
    "milestone_billing": dict.fromkeys(schema.VERSIONS, ("approved_time",)),
    "project_setup": dict.fromkeys((17, 18), ("calendar history",)),
    "pending_approvals": {
        16: ["hours that wait"],
        17: ["calendar history", "hours that wait"],
        18: ["calendar history", "hours that wait"],
        19: ["hours that wait"],
    },
    "presales_review": dict.fromkeys((17, 18), ("calendar history",)),
    "quote_check": {
        16: ["days in the stage", "planned activities", "prices of the price list"],
        17: ["calendar history", "planned activities", "prices of the price list"],
        18: ["calendar history", "planned activities"],
        19: ["planned activities"],
    },
    "timesheet_reminders": {
        16: ["approved hours"],
        17: ["approved hours", "calendar history"],
        18: ["approved hours", "calendar history"],
        19: ["approved hours"],
    },
    "utilization_variance": {
        16: ["cancelled tasks"],
        17: ["calendar history"],
        18: ["calendar history"],
        19: [],
    },
}


def told_by(report: Report) -> Any:
    """What a report says, but for addresses, that expenses stood in reports before 19, and one."""
    findings = [
        (key, f.title, f.reason, f.amount, f.since)
        for f in report.findings
        if (key := f.key.replace("expense-sheet-", "expense-")) != UNNAMED
    ]
    rows = [
        {**row, "model": "hr.expense"} if row.get("model") == "hr.expense.sheet" else row
        for row in without_links(report.rows)
        if f"expense-{row.get('record_id')}" != UNNAMED
    ]
    return rows, without_links(report.totals), findings, sorted(report.measures, key=str)


@pytest.mark.parametrize("version", OLDER)
@pytest.mark.parametrize("name", JOBS)
def test_a_version_that_has_the_facts_gives_the_same_numbers(name: str, version: int) -> None:
    odoo = Sandbox(MONDAY.date(), version=version, declares=FACTS)
    reports = [run(name, odoo, company_id) for company_id in COMPANIES]
    for report, newest in zip(reports, told(name, 19).reports, strict=True):
        assert told_by(report) == told_by(newest)
    assert any(report.rows for report in reports), "give the sandbox's firm what it looks at"


@pytest.mark.parametrize("version", schema.VERSIONS)
@pytest.mark.parametrize("name", JOBS)
def test_what_a_version_cannot_tell_is_named_with_a_remedy(name: str, version: int) -> None:
    gaps = told(name, version).not_verifiable
    assert [gap.check for gap in gaps] == list(NOT_VERIFIABLE.get(name, {}).get(version, ()))
    assert all(gap.reason and gap.remedy for gap in gaps)


@pytest.mark.parametrize("version", [17, 18])
@pytest.mark.parametrize("name", ["timesheet_reminders", "utilization_variance"])
def test_without_contracts_only_those_whose_terms_changed_are_judged_by_the_present(
    name: str, version: int
) -> None:
    differing = {
        row["employee_id"]
        for older, newest in zip(told(name, version).reports, told(name, 19).reports, strict=True)
        for row, known in zip(older.rows, newest.rows, strict=True)
        if row != known
    }
    assert differing
    changed_terms = {people.LEAVER, people.JOINER, people.CHANGED}
    # Odoo 17 takes the company's calendar where a person has none, 18 and 19 flexible hours.
    assert differing <= changed_terms | ({people.FREE} if version == 17 else set())


def test_the_page_for_operators_has_the_tables_of_today() -> None:
    kept = page.PAGE.read_text()
    print(page.tables())
    assert page.renewed(kept) == kept, "run `make tables`"


@pytest.mark.parametrize("version", OLDER)
def test_an_expense_is_on_its_order_once_its_report_is_posted(version: int) -> None:
    odoo = Sandbox(MONDAY.date(), version=version)
    fields = ["state", "sheet_id", "sale_order_id"]
    domain = [["sheet_id.state", "=", "post"]]
    posted = odoo.call("hr.expense", "search_read", [domain, fields], {"load": ""})
    assert {row["state"] for row in posted} == {"approved"}
    assert open_expenses(version) == open_expenses(19)
    assert {row["sale_order_id"] for row in posted} - open_expenses(version).keys()


def open_expenses(version: int) -> Mapping[int, str]:
    """What the check of expenses complains of, by order."""
    return {
        row["sale_order_id"]: check["reason"]
        for report in told("invoice_readiness", version).reports
        for row in report.rows
        for check in row["checks"]
        if check["check"] == "expenses" and check["result"] == "fail"
    }


def test_locked_orders_of_odoo_16_count_as_confirmed() -> None:
    odoo = Sandbox(MONDAY.date(), version=16)
    locked = odoo.call("sale.order", "search_read", [[["state", "=", "done"]], ["name"]], {})
    names = {
        row["sale_order"] for report in told("invoice_readiness", 16).reports for row in report.rows
    }
    assert names & {row["name"] for row in locked}


@pytest.mark.parametrize("version", OLDER)
def test_hours_of_cancelled_tasks_are_left_out_where_tasks_say_so(version: int) -> None:
    tasks = changed().call("project.task", "search_read", [[], ["id"]], {})
    cancelled = {("project.task", task["id"]): {"state": "1_canceled"} for task in tasks}
    odoo = Sandbox(MONDAY.date(), version=version, corrupt=cancelled)
    planned = sum(row["planned_hours"] for row in run("utilization_variance", odoo, 1).rows)
    before = sum(row["planned_hours"] for row in told("utilization_variance", 19).reports[0].rows)
    assert planned == (0 if version > 16 else before)


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_hours_that_a_calendar_had_only_until_a_day_are_not_expected_after_it(version: int) -> None:
    rows = changed().call("resource.calendar.attendance", "search_read", [[], ["id"]], {})
    ended = {("resource.calendar.attendance", row["id"]): {"date_to": "2026-11-17"} for row in rows}
    odoo = Sandbox(MONDAY.date(), version=version, corrupt=ended)
    days = {
        day["date"]
        for row in run("timesheet_reminders", odoo, 1).rows
        for day in row["days"]
        if day["expected_hours"]
    }
    until = {"2026-11-16", "2026-11-17"}
    # Odoo 19 has no such days, and its flexible calendars have no hours of the day.
    assert days > until if version > 17 else days == until


@pytest.mark.parametrize("version", OLDER)
def test_the_newer_call_for_groups_does_not_exist_before_19(version: int) -> None:
    odoo = Sandbox(MONDAY.date(), version=version)
    with pytest.raises(OdooRejected, match="formatted_read_group"):
        odoo.call("project.task", "formatted_read_group", [[], ["project_id"], ["__count"]], {})


@pytest.mark.parametrize(("version", "model"), [(16, "hr.version"), (18, "hr.contract")])
def test_a_model_that_a_version_lacks_is_refused(version: int, model: str) -> None:
    odoo = Sandbox(MONDAY.date(), version=version)
    assert not reading(odoo).session.may_read(model)
    with pytest.raises(OdooSchemaDrift, match="doesn't exist"):
        odoo.call(model, "search_count", [[]], {})


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_version_is_told_over_the_network_and_by_its_modules(version: int) -> None:
    with serving(Site(Sandbox(MONDAY.date(), version=version))) as address:
        transport = OdooRpc(Address(address, "sandbox", "fleet", "sandbox"))
        session = Session(transport, address)
        assert session.major_version == version
        report = run("timesheet_reminders", transport, 1)
    assert told_by(report) == told_by(told("timesheet_reminders", version).reports[0])


@pytest.mark.parametrize(
    ("version", "known", "unknown"),
    [
        (16, ("project.task", "planned_hours"), ("project.task", "allocated_hours")),
        (16, ("sale.order.line", "tax_id"), ("sale.order.line", "tax_ids")),
        (18, ("hr.expense", "sheet_id"), ("project.task", "is_template")),
        (19, ("sale.order.line", "tax_ids"), ("hr.expense", "sheet_id")),
    ],
)
def test_fields_go_by_the_names_of_the_version(
    version: int, known: tuple[str, str], unknown: tuple[str, str]
) -> None:
    odoo = Sandbox(MONDAY.date(), version=version)
    assert odoo.call(known[0], "fields_get", [[known[1]]], {})
    assert not odoo.call(unknown[0], "fields_get", [[unknown[1]]], {})
