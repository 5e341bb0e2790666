"""What further modules add on a real Odoo 19, and what is said of one without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.fakes.modules import HELPDESK_MGMT, SALE_TIER_VALIDATION, Declared

from . import bots
from .addons import OF_ODOO_19, database_with
from .bots import READ_BY_THE_JOBS, Bot
from .fleet_command import Fleet
from .gateway import session_of
from .inside import module_cases
from .inside_odoo import run_inside
from .missing_modules import database_without
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .run_document import Readiness

pytestmark = pytest.mark.live

READINESS = "invoice_readiness"
COLLEAGUE = Bot("colleague", READ_BY_THE_JOBS)
AGENT = Bot("agent", READ_BY_THE_JOBS, ("helpdesk_mgmt.group_helpdesk_user",))
Orders = Mapping[str, int]


@pytest.fixture(scope="module")
def database(odoo_server: OdooServer) -> Iterator[str]:
    """The demo firm with reviews of orders and a helpdesk."""
    with database_with(odoo_server, *OF_ODOO_19) as name:
        yield name


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, database: str) -> Orders:
    made: Orders = run_inside(odoo_server, database, module_cases.build)
    return made


@pytest.fixture(scope="module")
def session(odoo_server: OdooServer, database: str, orders: Orders) -> Session:
    return session_of(odoo_server, database)


def report_of(session: Session, name: str = READINESS, **policy: Any) -> Report:
    """A job on the first company, as it stands now."""
    job = catalogue.jobs()[name]
    moment = datetime.now(UTC)
    now = AsOf(moment, ZoneInfo("UTC"), moment)
    return job.run(Reader(session, 1), now, job.policy(**policy))


def check_of(report: Report, order_id: int, name: str) -> Mapping[str, Any]:
    """One check of one order."""
    (row,) = (row for row in report.rows if row["sale_order_id"] == order_id)
    (found,) = (check for check in row["checks"] if check["check"] == name)
    return {**found, "status": row["status"]}


@pytest.mark.parametrize("declared", [SALE_TIER_VALIDATION, HELPDESK_MGMT], ids=["tier", "desk"])
def test_the_fields_that_the_sandbox_declares_are_those_of_the_modules(
    declared: Declared, session: Session
) -> None:
    for model, fields in declared.items():
        attributes = ["type", "relation", "store", "selection", "searchable"]
        real = session.call(model, "fields_get", list(fields), attributes)
        assert real.keys() == fields.keys()
        for name, field in fields.items():
            found = {**real[name], "selection": [key for key, _ in real[name].get("selection", ())]}
            wanted = {"selection": [], "searchable": True, **field}
            wanted.pop("required", None)
            assert {key: found[key] for key in wanted} == wanted, (model, name)
    print(f"{sum(map(len, declared.values()))} fields as declared")


@pytest.mark.parametrize(
    ("name", "result", "owner"),
    [
        ("no review", "pass", ""),
        ("review approved", "pass", ""),
        ("review waiting", "fail", "Mitchell Admin"),
        ("review pending", "fail", "Mitchell Admin"),
        ("review rejected", "fail", "Mitchell Admin"),
        ("review by two", "fail", "Group Administrator"),
    ],
)
def test_an_order_is_blocked_while_a_review_is_open_or_rejected(
    name: str, result: str, owner: str, session: Session, orders: Orders
) -> None:
    found = check_of(report_of(session), orders[name], "order_approval")
    assert (found["result"], found["owner"]) == (result, owner), found
    assert found["status"] == ("blocked" if result == "fail" else "ready")
    print(f"{name}: {found['result']} {found['reason']} [{found['owner']}] {found['next_step']}")


@pytest.mark.parametrize(
    ("name", "blocking"),
    [
        ("ticket very high", ("0", "1", "2", "3")),
        ("ticket high", ("0", "1", "2", "3")),  # a colleague's is very high
        ("ticket low", ("0",)),
        ("ticket closed", ()),
        ("no review", ()),
    ],
)
def test_open_tickets_of_the_customer_block_from_the_policys_priority_on(
    name: str, blocking: tuple[str, ...], session: Session, orders: Orders
) -> None:
    for priority in ("0", "1", "2", "3"):
        report = report_of(session, blocking_ticket_priority=priority)
        found = check_of(report, orders[name], "open_tickets")
        assert (found["result"] == "fail") == (priority in blocking), found
        assert found["result"] in ("pass", "fail")
    print(f"{name}: blocks at {', '.join(blocking) or 'no priority'}; {found['reason']}")


def test_tickets_hidden_by_record_rules_are_no_pass(
    odoo_server: OdooServer, database: str, session: Session, orders: Orders
) -> None:
    bots.make(odoo_server, database, COLLEAGUE, AGENT)
    said = {}
    for bot in (COLLEAGUE, AGENT):
        address = Address(odoo_server.url, database, bot.login, bot.password)
        report = report_of(Session(OdooRpc(address)), blocking_ticket_priority="2")
        said[bot] = check_of(report, orders["ticket high"], "open_tickets")["result"]
        print(f"{bot.login}: {said[bot]}")
    assert said == {COLLEAGUE: "not_verifiable", AGENT: "fail"}


def test_the_command_tells_the_same_with_the_modules(
    odoo_server: OdooServer, database: str, orders: Orders, tmp_path: Any
) -> None:
    told = Fleet(tmp_path, odoo_server.url, database, LOGIN, PASSWORD).run(READINESS)
    assert told.code == 0, told.err
    document = Readiness.model_validate_json(told.out)
    results = {row.sale_order_id: row.result("order_approval") for row in document.rows()}
    failing = {name for name, number in orders.items() if results[number] == "fail"}
    assert failing == {"review waiting", "review pending", "review rejected", "review by two"}
    assert {row.result("open_tickets") for row in document.rows()} == {"not_applicable"}


def test_without_the_modules_what_the_policy_asks_is_not_verifiable(
    odoo_server: OdooServer, demo_db: str
) -> None:
    session = session_of(odoo_server, demo_db)
    silent = report_of(session)
    asked = report_of(session, order_approval_required=True, blocking_ticket_priority="2")
    for name in ("order_approval", "open_tickets"):
        for report, result in ((silent, "not_applicable"), (asked, "not_verifiable")):
            checks = (check for row in report.rows for check in row["checks"])
            assert {check["result"] for check in checks if check["check"] == name} == {result}
        (gap,) = (gap for gap in asked.not_verifiable if gap.check == name)
        print(f"{gap.check}: {gap.reason}")


def test_without_expenses_their_check_is_not_verifiable(odoo_server: OdooServer) -> None:
    with database_without(odoo_server, "hr_expense") as bare:
        session = session_of(odoo_server, bare)
        assert "hr_expense" not in session.modules
        report = report_of(session)
    checks = [check for row in report.rows for check in row["checks"]]
    assert {c["result"] for c in checks if c["check"] == "expenses"} == {"not_verifiable"}
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "expenses")
    print(f"{len(report.rows)} rows; {gap.check}: {gap.reason}; {gap.remedy}")


@pytest.mark.parametrize(
    ("name", "check"),
    [
        (READINESS, "hours on orders"),
        ("wip_aging", "hours on orders"),
        ("utilization_variance", "billable hours"),
        ("timesheet_reminders", None),
    ],
)
def test_without_timesheets_on_sales_every_job_says_what_it_cannot_tell(
    name: str, check: str | None, odoo_server: OdooServer, without_sale_timesheet: str
) -> None:
    report = report_of(session_of(odoo_server, without_sale_timesheet), name)
    gaps = {gap.check: gap for gap in report.not_verifiable}
    assert report.rows
    assert (check in gaps) is (check is not None)
    if check:
        print(f"{name}: {gaps[check].check}: {gaps[check].reason}; {gaps[check].remedy}")


@pytest.fixture(scope="module")
def without_sale_timesheet(odoo_server: OdooServer) -> Iterator[str]:
    """The demo firm without sale_timesheet."""
    with database_without(odoo_server, "sale_timesheet") as name:
        yield name
