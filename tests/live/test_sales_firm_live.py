"""The jobs from sales to delivery on a firm of 340 leads and 240 orders, each row against SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from tasks.commercial.handoff_gate.judgement import Status
from tasks.domain.acts import Act, ActKind
from tasks.domain.handoffs import Fate, Handoffs
from tasks.mobilization.late_starts.judgement import Kind as Late
from tasks.mobilization.project_setup.snapshot import Kind

from . import handoff_by_sql, sales_database
from .handoff_by_sql import DEFAULT
from .handoff_by_sql import Line as HandoffLine
from .odoo_server import OdooServer
from .office_hours_by_sql import odoos_days
from .row_by_row import hold
from .sales_firm import FINDING, NOW, TODAY, Firm, found
from .setup_by_sql import Line, Setups
from .starts_by_sql import Starts

# Making the firm takes minutes, once a day.
pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]

Sql = psycopg.Connection[TupleRow]
# Items of the handoff that are asked for of some orders alone.
ASKED_OF_SOME = ("vat_number", "billing_milestones", "hours_budget")
ORDER = "sale.order"
DECIDER = "somebody@delivery.example"


@pytest.fixture(scope="module")
def database(odoo_server: OdooServer) -> str:
    return sales_database.of_today(odoo_server)


@pytest.fixture(scope="module")
def sql(odoo_server: OdooServer, database: str) -> Any:
    with psycopg.connect(odoo_server.pg_dsn(database), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def firm(odoo_server: OdooServer, database: str, sql: Sql) -> Firm:
    return Firm(odoo_server, database, sql, odoos_days(odoo_server, database, TODAY))


def handoffs(firm: Firm, company_id: int) -> handoff_by_sql.Handoffs:
    """With service lines of each kind, leads, a minimum, exempt orders and outside signatures."""
    (care,) = firm.ids("crm_tag", "Sales firm: care")
    north, south = firm.ids("crm_team", "Sales firm: North", "Sales firm: South")
    (staged,) = firm.ids("project_project", "Sales firm: Staged")
    del0, del1, sal0 = firm.users("del0", "del1", "sal0")
    (implementation,) = firm.ids("product_category", "Sales firm: Implementation")
    orders = [
        row[0]
        for row in firm.sql.execute(
            "SELECT id FROM sale_order WHERE state = 'sale' AND company_id = %s ORDER BY id",
            [company_id],
        )
    ]
    lines = (
        HandoffLine(
            "build",
            categories=[implementation],
            delivery_lead=del1,
            documents={"project_plan": (["*plan*"], "project_manager", 12)},
        ),
        HandoffLine(
            "care",
            tags=[care],
            demands={"acceptance": ("salesperson", 4), "project_manager": ("delivery_lead", 10)},
        ),
        HandoffLine(
            "staged", templates=[staged], documents={"any_paper": (["*"], "delivery_lead", 2)}
        ),
        HandoffLine("south", sales_teams=[south], demands={"scope_notes": ("project_manager", 0)}),
    )
    return handoff_by_sql.Handoffs(
        firm.office(company_id),
        TODAY,
        lines=lines,
        leads={north: del0, south: sal0},
        minimum={"USD": Decimal(400), "EUR": Decimal(400)},
        exempt=orders[5::23],
        acceptance=["*acceptance*"],
        outside={number: NOW - timedelta(days=1) for number in orders[3::17]},
    )


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
                    _act(kind, company_id, order["id"], contents, seller if by_seller else "")
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


def _act(
    kind: ActKind, company_id: int, order_id: int, contents: Mapping[str, str], person: str
) -> Act:
    return Act(
        kind=kind,
        person=person or DECIDER,
        job="handoff_gate",
        tenant="default",
        company_id=company_id,
        key="",
        at=NOW - timedelta(days=1),
        reason="said so",
        model="sale.order",
        record_id=order_id,
        contents=contents,
    )


def setups(firm: Firm, company_id: int) -> Setups:
    """With service lines that need no project, that have a lead, support and a warranty."""
    names = ("Licences", "Implementation", "Support")
    categories = firm.ids("product_category", *(f"Sales firm: {name}" for name in names))
    licences, implementation, support = categories
    del0, del1, plan0, fin0, sal0 = firm.users("del0", "del1", "plan0", "fin0", "sal0")
    exempt = {
        "sale.order": "SELECT id FROM sale_order WHERE company_id = %s",
        "project.project": "SELECT id FROM project_project WHERE coalesce(company_id, %s) > 0",
        "crm.lead": "SELECT id FROM crm_lead WHERE coalesce(company_id, %s) > 0",
    }
    return Setups(
        firm.office(company_id),
        TODAY,
        lines=(
            Line("licences", [licences], needs_project=False),
            Line("build", [implementation], delivery_lead=del1, support="Desk", warranty_days=20),
            Line("care", [support], support="Support", warranty_days=40),
        ),
        lead=del0,
        planner=plan0,
        finance=[fin0, sal0],
        exempt={
            model: [row[0] for row in firm.sql.execute(f"{asked} ORDER BY id", [company_id])][::13]
            for model, asked in exempt.items()
        },
    )


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


def fates(firm: Firm) -> Mapping[int, str]:
    """What became of the handoff of each order, as it is remembered below."""
    orders = firm.sql.execute("SELECT id FROM sale_order WHERE state = 'sale'").fetchall()
    return {number: [*Fate][number % len(Fate)].value for (number,) in orders}


def remembered(firm: Firm, company_id: int) -> Handoffs:
    """What the fleet remembers of handoffs: decisions, cases that stand, and closed ones."""
    of = {fate: [n for n, each in fates(firm).items() if each == fate] for fate in Fate}
    yes = ActKind.ACCEPTED
    return Handoffs(
        said={(ORDER, n): [_act(yes, company_id, n, {}, "")] for n in of[Fate.ACCEPTED]},
        standing={(ORDER, n): [f"handoff-order-{n}-v1"] for n in of[Fate.OPEN]},
        closed=frozenset((ORDER, n) for n in of[Fate.UNKNOWN]),
        kept_since=NOW - timedelta(days=2000),
        looked_at=NOW,
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
