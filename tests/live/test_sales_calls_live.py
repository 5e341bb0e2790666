"""How often the jobs from sales to delivery call Odoo, at some 250 orders and at ten times that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc

from . import firm_database, firm_multiplied, sales_database
from .counted_calls import Counting
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .sales_firm import Firm
from .sales_policies import handoffs, masters, quotes, remembered, reviews, setups

# Making the firm takes minutes, once a day.
pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(1800)]

Asked = Callable[[Firm, int], tuple[Mapping[str, Any], Mapping[str, Any]]]
# By job, the policy of a company, and what the fleet remembers of it.
JOBS: Mapping[str, Asked] = {
    "handoff_gate": lambda firm, company: (handoffs(firm, company).policy(), {}),
    "project_setup": lambda firm, company: (setups(firm, company).policy(), {}),
    "late_starts": lambda firm, company: ({}, {"handoffs": remembered(firm, company)}),
    "master_data": lambda firm, company: (masters(firm, company)[1].policy(), {}),
    "presales_review": lambda firm, company: (reviews(firm, company).policy(), {}),
    "quote_check": lambda firm, company: (quotes(firm, company)[1].policy(), {}),
}


@pytest.fixture(scope="module")
def many(odoo_server: OdooServer) -> Iterator[str]:
    small = sales_database.of_today(odoo_server)
    name = firm_database.ten_times(odoo_server, small, firm_multiplied.SOLD)
    yield name
    odoo_server.drop(name)


@pytest.fixture(scope="module")
def few(odoo_server: OdooServer, many: str) -> Iterator[Firm]:
    """Connected to after it was copied: nobody may be meanwhile."""
    name = sales_database.of_today(odoo_server)
    days = sales_database.days_of(odoo_server, name)
    with psycopg.connect(odoo_server.pg_dsn(name), autocommit=True) as sql:
        yield Firm(odoo_server, name, sql, days)


def counted(firm: Firm, database: str, job: str) -> tuple[Counting, int]:
    """The calls of a look at each company, and how many rows it showed."""
    address = Address(firm.server.url, database, LOGIN, PASSWORD)
    counting = Counting(OdooRpc(address))
    # What is shared for a minute is asked once, however slow the machine is.
    session = Session(counting, firm.server.url, clock=lambda: 0.0)
    rows = 0
    for company_id in firm.companies:
        policy, more = JOBS[job](firm, company_id)
        rows += len(firm.look(job, company_id, policy, session, **more).rows)
    return counting, rows


@pytest.mark.parametrize("job", JOBS)
def test_ten_times_the_orders_cost_no_more_calls_but_pages(job: str, few: Firm, many: str) -> None:
    orders = few.one("SELECT count(*) FROM sale_order WHERE state = 'sale'")
    before, shown = counted(few, few.database, job)
    after, shown_of_many = counted(few, many, job)
    print(
        f"{job}: {orders} orders, {shown} rows: {before.calls} calls, {before.pages} of them "
        f"further pages; {10 * orders} orders, {shown_of_many} rows: {after.calls} calls, "
        f"{after.pages} of them further pages"
    )
    assert orders >= 200
    assert shown_of_many > 8 * shown
    more = {asked: (before.asked[asked], count) for asked, count in after.asked.items()}
    assert after.calls - after.pages == before.calls - before.pages, more
