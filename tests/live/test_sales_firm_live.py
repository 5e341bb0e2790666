"""The jobs from sales to delivery on a firm of 340 leads and 240 orders, each row against SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from tasks.commercial.handoff_gate.judgement import Status
from tasks.commercial.master_data.twice import Sign
from tasks.commercial.quote_check.words import Kind as Wrong
from tasks.domain.acts import Act, ActKind
from tasks.mobilization.late_starts.judgement import Kind as Late
from tasks.mobilization.project_setup.snapshot import Kind

from . import sales_database
from .handoff_by_sql import DEFAULT
from .odoo_server import OdooServer
from .row_by_row import hold
from .sales_firm import FINDING, TODAY, Firm, found
from .sales_policies import (
    DECIDER,
    decided,
    fates,
    handoffs,
    masters,
    quotes,
    remembered,
    reviews,
    setups,
)
from .starts_by_sql import Starts

# Making the firm takes minutes, once a day.
pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(1200)]

Sql = psycopg.Connection[TupleRow]
# Items of the handoff that are asked for of some orders alone.
ASKED_OF_SOME = ("vat_number", "billing_milestones", "hours_budget")


@pytest.fixture(scope="module")
def database(odoo_server: OdooServer) -> str:
    return sales_database.of_today(odoo_server)


@pytest.fixture(scope="module")
def sql(odoo_server: OdooServer, database: str) -> Any:
    with psycopg.connect(odoo_server.pg_dsn(database), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def firm(odoo_server: OdooServer, database: str, sql: Sql) -> Firm:
    return Firm(odoo_server, database, sql, sales_database.days_of(odoo_server, database))


def by_item(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row with its checks by item, and what shows an item in no order."""
    checks = {
        check["check"]: {**check, "evidence": sorted(check["evidence"])} for check in row["checks"]
    }
    return {**row, "checks": checks}


def test_handoffs(firm: Firm) -> None:
    rows: list[Mapping[str, Any]] = []
    told: list[Mapping[str, Any]] = []
    expected: dict[int, Mapping[str, Any]] = {}
    wanted: dict[str, Mapping[str, Any]] = {}
    for company_id in firm.companies:
        oracle = handoffs(firm, company_id)
        signed = {("sale.order", number): at for number, at in oracle.outside.items()}
        report = firm.look("handoff_gate", company_id, oracle.policy(), signed=signed)
        for each in report.rows:
            rows.append(by_item(each))
        orders = oracle.orders(firm.sql, company_id)
        expected |= {order["id"]: oracle.row(order) for order in orders}
        wanted |= {each["key"]: each for order in orders for each in oracle.findings(order)}
        told += found(report, *FINDING)
    hold("handoff_gate", rows, expected, ["sale_order_id"])
    hold("findings of handoff_gate", told, wanted, ["key"])
    results = {
        (c["check"], c["result"]) for row in expected.values() for c in row["checks"].values()
    }
    for item in DEFAULT:
        assert {(item, "pass"), (item, "fail")} <= results, item
    assert {(item, "not_applicable") for item in ASKED_OF_SOME} <= results
    assert {row["status"] for row in expected.values()} == {
        *("incomplete", "waiting", "exempt", "below_minimum")
    }
    assert {each["kind"] for each in wanted.values()} == {"handoff-gap", "handoff"}


def test_decisions_on_handoffs(firm: Firm) -> None:
    """What was said to a handoff, and whether it changed since, tells how it stands."""
    rows: list[Mapping[str, Any]] = []
    expected: dict[int, Mapping[str, Any]] = {}
    kinds: set[str] = set()
    for company_id in firm.companies:
        oracle = handoffs(firm, company_id)
        signed = {("sale.order", number): at for number, at in oracle.outside.items()}
        look = partial(firm.look, "handoff_gate", company_id, oracle.policy(), signed=signed)
        handed_in = {each.record_id: each for each in look().findings if each.kind == "handoff"}
        orders = {each["id"]: each for each in oracle.orders(firm.sql, company_id)}
        acts: list[Act] = []
        for number, order in enumerate(orders.values()):
            row = dict(oracle.row(order))
            if order["id"] in handed_in:
                seen = handed_in[order["id"]].contents
                said, row["status"], row["version"] = _said(number % 8, seen, row["status"])
                seller = oracle.office.mails.get(order["user_id"], "")
                acts += [
                    decided(kind, company_id, order["id"], contents, seller if by_seller else "")
                    for kind, contents, by_seller in said
                    if seller or not by_seller
                ]
                if any(seller or not by_seller for _, _, by_seller in said if not by_seller):
                    row |= {"decided_by": DECIDER, "decided_on": str(TODAY - timedelta(days=1))}
            expected[order["id"]] = row
        report = look(acts=tuple(acts))
        for each in report.rows:
            rows.append(by_item(each))
        kinds |= {each.kind for each in report.findings}
    hold("handoff_gate with decisions", rows, expected, ["sale_order_id"])
    assert {row["status"] for row in expected.values()} == {each.value for each in Status}
    assert kinds == {"handoff-gap", "handoff", "changed-handoff", "returned-handoff"}


def _said(
    number: int, seen: Mapping[str, str], status: str
) -> tuple[Sequence[tuple[ActKind, Mapping[str, str], bool]], str, int]:
    """What people said, by whom, and what follows from it: the status and the version."""
    other = {**seen, "purchase_order": "another number"}
    older = {**seen, "check scope_notes": "not_verifiable"}
    yes, no = ActKind.ACCEPTED, ActKind.RETURNED
    return (
        ([], status, 1),
        ([(yes, seen, False)], "accepted", 1),
        ([(yes, other, False)], "changed", 2),
        ([(no, seen, False)], "returned", 1),
        ([(no, other, False)], status, 2),
        ([(yes, seen, True)], status, 1),
        ([(no, other, False), (yes, seen, False)], "accepted", 2),
        # What delivery does with it afterwards is no change of the handoff.
        ([(yes, older, False)], "accepted", 1),
    )[number]


def test_setups(firm: Firm) -> None:
    kinds: set[str] = set()
    statuses: set[tuple[str, str]] = set()
    for company_id in firm.companies:
        oracle = setups(firm, company_id)
        report = firm.look("project_setup", company_id, oracle.policy())
        rows = oracle.rows(firm.sql, company_id)
        hold("project_setup", report.rows, rows, ["model", "record_id"])
        wanted = list(oracle.findings(firm.sql, company_id))
        assert len({each["key"] for each in wanted}) == len(wanted)
        expected = {each["key"]: each for each in wanted}
        hold("findings of project_setup", found(report, *FINDING, "hours"), expected, ["key"])
        kinds |= {each["kind"] for each in wanted}
        statuses |= {(row["model"], row["status"]) for row in rows.values()}
    assert kinds == {kind.value for kind in Kind}
    assert statuses == {
        *(("sale.order", each) for each in ("ok", "exempt", "not_needed", "without_project")),
        *(("project.project", each) for each in ("exempt", "without_order")),
        *(("crm.lead", each) for each in ("ok", "exempt", "not_sold")),
    }


STARTS: Sequence[Mapping[str, Any]] = (
    {"fates": {}},
    {},
    {"kickoff": ("task", "kickoff"), "handoff": ("milestone", "design  Accepted")},
    {"kickoff": ("milestone", "First half"), "handoff": ("field", "date_start"), "look_back": 300},
)


@pytest.mark.parametrize("policy", STARTS)
def test_starts(firm: Firm, policy: Mapping[str, Any]) -> None:
    kinds: set[str] = set()
    for company_id in firm.companies:
        asked = "SELECT id FROM project_project ORDER BY id"
        exempt = [row[0] for row in firm.sql.execute(asked)][::17]
        oracle = Starts(firm.office(company_id), TODAY, exempt=exempt, **policy)
        if "fates" in policy:
            oracle = replace(oracle, fates=fates(firm))
        report = firm.look(
            "late_starts", company_id, oracle.policy(), handoffs=remembered(firm, company_id)
        )
        projects = oracle.projects(firm.sql, company_id)
        rows = {each["id"]: oracle.row(each) for each in projects}
        hold("late_starts", report.rows, rows, ["project_id"])
        assert {row["status"] for row in rows.values()} == {"ok", "late"}
        wanted = {each["key"]: each for project in projects for each in oracle.findings(project)}
        hold("findings of late_starts", found(report, *FINDING), wanted, ["key"])
        kinds |= {each["kind"] for each in wanted.values()}
    unasked = set() if oracle.handoff or oracle.fates else {"no-handoff"}
    assert kinds | unasked == {kind.value for kind in Late}


def test_quotes(firm: Firm) -> None:
    results: set[tuple[str, str]] = set()
    for company_id in firm.companies:
        for oracle in quotes(firm, company_id):
            oracle.read(firm.sql)
            report = firm.look("quote_check", company_id, oracle.policy())
            rows = oracle.rows()
            told = [
                {**row, "checks": {each["check"]: each for each in row["checks"]}}
                for row in report.rows
            ]
            hold("quote_check", told, rows, ["model", "record_id"])
            wanted = {each["key"]: each for each in oracle.findings()}
            hold("findings of quote_check", found(report, *FINDING), wanted, ["key"])
            results |= {
                (name, check["result"])
                for row in rows.values()
                for name, check in row["checks"].items()
            }
    for kind in Wrong:
        # Margins are known with the module sale_margin alone.
        each = ("not_applicable", "not_verifiable") if kind is Wrong.MARGIN else ("pass", "fail")
        assert {(kind.value, result) for result in each} <= results, kind


def test_master_data(firm: Firm) -> None:
    kinds: set[str] = set()
    signs: set[str | None] = set()
    statuses: set[tuple[str, str]] = set()
    key = ["kind", "model", "record_id", "other_id"]
    for company_id in firm.companies:
        for oracle in masters(firm, company_id):
            oracle.read(firm.sql)
            report = firm.look("master_data", company_id, oracle.policy())
            rows = {tuple(row[name] for name in key): row for row in oracle.rows()}
            hold("master_data", report.rows, rows, key)
            wanted = {each["key"]: each for each in oracle.findings()}
            hold("findings of master_data", found(report, *FINDING), wanted, ["key"])
            kinds |= {each["kind"] for each in wanted.values()}
            signs |= {row["sign"] for row in rows.values()}
            statuses |= {(row["kind"], row["status"]) for row in rows.values()}
    assert kinds == {
        *("duplicate-customers", "duplicate-projects", "missing-codes", "inconsistent-codes")
    }
    assert signs == {None, *(sign.value for sign in Sign)}
    # What people say to a pair, so that it becomes `different`, has tests of its own.
    assert statuses == {
        *(("codes", each) for each in ("ok", "missing", "inconsistent")),
        *((kind, "duplicate") for kind in ("duplicate-customers", "duplicate-projects")),
    }


def test_reviews(firm: Firm) -> None:
    results: set[tuple[str, str]] = set()
    statuses: set[str] = set()
    for company_id in firm.companies:
        oracle = reviews(firm, company_id)
        report = firm.look("presales_review", company_id, oracle.policy())
        leads = oracle.leads(firm.sql, company_id)
        rows = {each["id"]: oracle.row(each) for each in leads}
        hold("presales_review", [*map(by_item, report.rows)], rows, ["opportunity_id"])
        wanted = {each["key"]: each for lead in leads for each in oracle.findings(lead)}
        hold("findings of presales_review", found(report, *FINDING), wanted, ["key"])
        statuses |= {row["status"] for row in rows.values()}
        results |= {
            (name, check["result"])
            for row in rows.values()
            for name, check in row["checks"].items()
        }
    assert statuses == {"complete", "incomplete"}
    for wanted_item in oracle.items:
        assert {(wanted_item.item, each) for each in ("pass", "fail")} <= results
    assert {(each, "not_applicable") for each in ("risk", "estimate")} <= results
