"""`leakage` on a real Odoo with purchases: every row and amount against SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import TupleRow

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.leakage.job import JOB
from tasks.financial.leakage.policy import LeakagePolicy

from . import bots, leaking_by_sql
from .addons import database_of
from .bots import READ_BY_THE_JOBS, Bot
from .counted_calls import Counting
from .gateway import session_of
from .inside import leaking
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer

# Installing purchases takes a minute.
pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

Sql = psycopg.Connection[TupleRow]
Key = tuple[str, str, int, str]
TODAY: Final = date.today()
READER: Final = Bot(
    "reader",
    (*READ_BY_THE_JOBS, "purchase.order.line", "hr.expense", "uom.uom"),
    ("hr.group_hr_manager",),
)
# What each thing that was made shows; those that are not here are in order.
SHOWN: Final[Mapping[str, str]] = {
    "cancelled": "cancelled-order",
    "quoted again": "quotation",
    "billable project": "no-order-line",
    "archived project": "no-order-line",
    "project of who costs nothing": "no-order-line",
    "old hours": "never-invoiced",
    "old hours whose invoice was cancelled": "never-invoiced",
    "old hours that were credited": "never-invoiced",
    "old hours of which a part is billed": "never-invoiced",
    "old hours in euros": "never-invoiced",
    "old hours sold by the day": "never-invoiced",
    "hours without a rate": "no-rate",
    "hours without a rate or cost": "no-rate",
    "prepaid and overrun": "prepaid-overrun",
    "prepaid and idle": "prepaid-unused",
    "draft and old": "expired-expense",
    "submitted and old": "expired-expense",
    "approved and old, in euros": "expired-expense",
    "approved and old, taxed": "expired-expense",
    "posted and on no order": "expired-expense",
    "line of an old expense": "expired-expense",
    "old bill": "purchase",
    "bill of which a part is taken back": "purchase",
    "line of an old bill": "purchase",
    "bought and never billed": "bought-for-order",
    "bought in euros": "bought-for-order",
    "bought for an order that fell through": "bought-for-order",
}


@pytest.fixture(scope="module")
def demo_db(odoo_server: OdooServer) -> Iterator[str]:
    """With purchases that are made for orders."""
    with database_of(odoo_server, "sale_purchase") as database:
        yield database


@pytest.fixture(scope="module")
def made(odoo_server: OdooServer, demo_db: str) -> Mapping[str, list[Any]]:
    found: Mapping[str, list[Any]] = run_inside(odoo_server, demo_db, leaking.build)
    return found


@pytest.fixture(scope="module")
def policy(made: Mapping[str, list[Any]]) -> LeakagePolicy:
    return LeakagePolicy(exempt_tasks=(made["meetings"][1],))


def looked(session: Session, policy: LeakagePolicy) -> Mapping[int, Report]:
    now = datetime.now(UTC)
    found = {}
    for company in session.companies:
        reader = Reader(session, company.id)
        found[company.id] = JOB.run(reader, AsOf(now, ZoneInfo("UTC"), now), policy)
        assert reader.drift == []
    return found


@pytest.fixture(scope="module")
def reports(odoo_server: OdooServer, demo_db: str, policy: LeakagePolicy) -> Mapping[int, Report]:
    return looked(session_of(odoo_server, demo_db), policy)


@pytest.fixture(scope="module")
def wanted(
    sql: Sql, policy: LeakagePolicy, made: Mapping[str, list[Any]]
) -> Mapping[Key, leaking_by_sql.Lost]:
    return leaking_by_sql.leaks(sql, TODAY, policy.exempt_tasks)


def rows_of(reports: Mapping[int, Report]) -> Mapping[Key, tuple[int, Mapping[str, Any]]]:
    found = [
        ((row["kind"], row["model"], row["record_id"], row["currency"]), (company_id, row))
        for company_id, report in reports.items()
        for row in report.rows
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_every_row_is_what_the_tables_say(
    reports: Mapping[int, Report], wanted: Mapping[Key, leaking_by_sql.Lost]
) -> None:
    rows = rows_of(reports)
    assert rows.keys() == wanted.keys()
    for key, lost in wanted.items():
        company_id, row = rows[key]
        assert company_id == lost.company_id
        told = None if row["amount"] is None else Decimal(row["amount"])
        assert told == lost.amount, key
        if lost.hours is not None:
            assert row["hours"] == pytest.approx(float(lost.hours), abs=0.006), key
    counts = Counter(kind for kind, *_ in wanted)
    assert counts.keys() == {*JOB.handed_in}
    print(f"{len(rows)} rows equal SQL to the cent: {dict(sorted(counts.items()))}")


def test_each_thing_shows_what_it_was_made_for(
    reports: Mapping[int, Report], made: Mapping[str, list[Any]]
) -> None:
    names = {(model, number): name for name, (model, number) in made.items()}
    found: dict[str, str] = {}
    for kind, model, number, _ in rows_of(reports):
        if name := names.get((model, number)):
            assert name not in found, (name, kind)
            found[name] = kind
    assert found == SHOWN
    print(f"{len(SHOWN)} of {len(made)} leak, and nothing else of them")


def test_money_at_risk_is_told_by_kind_and_currency(
    reports: Mapping[int, Report], wanted: Mapping[Key, leaking_by_sql.Lost]
) -> None:
    sums: dict[tuple[int, str, str], Decimal] = defaultdict(Decimal)
    for lost in wanted.values():
        if lost.amount is not None:
            sums[lost.company_id, lost.kind, lost.currency] += lost.amount
    measured = {
        (company_id, m.labels["kind"], m.labels["currency"]): Decimal(repr(m.value))
        for company_id, report in reports.items()
        for m in report.measures
        if m.name == "leakage_amount"
    }
    assert measured == {key: pytest.approx(amount) for key, amount in sums.items()}
    totals = {
        (company_id, name.replace("_", "-"), total["currency"]): Decimal(value)
        for company_id, report in reports.items()
        for total in report.totals
        for name, value in total.items()
        if name != "currency" and value != "0.00"
    }
    assert totals == sums
    print(f"{len(sums)} sums in {len({currency for *_, currency in sums})} currencies equal SQL")


def test_who_can_mend_it_is_whose_turn_it_is(
    reports: Mapping[int, Report], made: Mapping[str, list[Any]]
) -> None:
    owners = {
        (row["model"], row["record_id"]): row["owner"] for _, row in rows_of(reports).values()
    }

    def owner(name: str) -> str:
        model, number = made[name]
        return str(owners[model, number])

    # Odoo's shell is its own user, who sells, leads and buys here.
    sellers = {owner(name) for name in ("cancelled", "hours without a rate", "prepaid and overrun")}
    leads = {owner(name) for name in ("billable project", "old bill")}
    assert sellers == leads == {"OdooBot"}
    assert {owner(n) for n in ("old hours", "line of an old bill", "draft and old")} == {"finance"}


def test_who_may_only_read_sees_the_same(
    odoo_server: OdooServer, demo_db: str, reports: Mapping[int, Report], policy: LeakagePolicy
) -> None:
    bots.make(odoo_server, demo_db, READER)
    session = session_of(odoo_server, demo_db, READER.login, READER.password)
    seen = looked(session, policy)
    assert rows_of(seen) == rows_of(reports)


def test_more_of_everything_costs_no_more_calls_but_pages(
    odoo_server: OdooServer, demo_db: str, policy: LeakagePolicy, made: Mapping[str, list[Any]]
) -> None:
    def counted() -> tuple[Counting, int]:
        address = Address(odoo_server.url, demo_db, LOGIN, PASSWORD)
        counting = Counting(OdooRpc(address))
        reports = looked(Session(counting, odoo_server.url), policy)
        return counting, sum(len(report.rows) for report in reports.values())

    few, shown = counted()
    run_inside(odoo_server, demo_db, leaking.build, times=2)
    many, shown_of_many = counted()
    print(
        f"{few.calls} calls ({few.pages} further pages) for {shown} rows, "
        f"{many.calls} ({many.pages}) for {shown_of_many}"
    )
    assert shown_of_many >= shown + 2 * len(SHOWN)
    more = {asked: (few.asked[asked], number) for asked, number in many.asked.items()}
    assert many.calls - many.pages == few.calls - few.pages, more
