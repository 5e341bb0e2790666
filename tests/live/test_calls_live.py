"""How often each job calls Odoo does not depend on the size of the firm, but for further pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from . import firm_database
from .counted_calls import calls_of
from .odoo_server import OdooServer

# Making the firm takes minutes, once a day.
pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(1200)]

JOBS = (
    *("timesheet_reminders", "utilization_variance", "wip_aging", "invoice_readiness"),
    "pending_approvals",
)


@pytest.fixture(scope="module")
def small(odoo_server: OdooServer) -> str:
    return firm_database.of_today(odoo_server)


@pytest.fixture(scope="module")
def large(odoo_server: OdooServer, small: str) -> Iterator[str]:
    name = firm_database.ten_times(odoo_server, small)
    yield name
    odoo_server.drop(name)


@pytest.mark.parametrize("job", JOBS)
def test_ten_times_the_firm_costs_no_more_calls_but_pages(
    job: str, odoo_server: OdooServer, small: str, large: str
) -> None:
    few, shown = calls_of(job, odoo_server.url, small, date.today())
    many, shown_of_many = calls_of(job, odoo_server.url, large, date.today())
    print(
        f"{job}: {few.calls} calls ({few.pages} further pages) for {shown} rows, "
        f"{many.calls} calls ({many.pages} further pages) for {shown_of_many} rows"
    )
    assert shown_of_many > 8 * shown
    more = {asked: (few.asked[asked], number) for asked, number in many.asked.items()}
    assert many.calls - many.pages == few.calls - few.pages, more
