"""Rewards and taxes of Python code, against what Odoo's own invoice wizard would bill, by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from .addons import database_of
from .fleet_command import Fleet
from .inside import invoice_wizard, reward_cases
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .orders_by_sql import as_amounts
from .run_document import Readiness

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

ZERO = Decimal(0)


@pytest.fixture(scope="module")
def database(odoo_server: OdooServer) -> Iterator[str]:
    with database_of(odoo_server, "sale_loyalty", "account_tax_python") as name:
        yield name


def test_every_line_is_ready_for_what_the_wizard_bills(
    odoo_server: OdooServer, database: str, tmp_path: Path
) -> None:
    orders: Mapping[str, int] = run_inside(odoo_server, database, reward_cases.build)
    wizard = as_amounts(run_inside(odoo_server, database, invoice_wizard.billed_now))
    fleet = Fleet(tmp_path, odoo_server.url, database, LOGIN, PASSWORD)
    told = fleet.run("invoice_readiness")
    assert told.code == 0, told.err
    rows = {row.sale_order_id: row for row in Readiness.model_validate_json(told.out).rows()}
    ours = {x.sale_order_line_id: Decimal(x.amount) for row in rows.values() for x in row.lines}
    apart = {
        line: (str(ours.get(line, ZERO)), str(amount))
        for line, amount in wizard.items()
        if ours.get(line, ZERO) != amount
    }
    for name, number in orders.items():
        row = rows.get(number)
        print(f"{name}: {row.status} {row.amount}" if row else f"{name}: no row")
    print(f"{len(wizard)} lines, {sum(map(bool, wizard.values()))} to bill, {len(apart)} apart")
    assert not apart
    assert len(orders) == 15
    assert sum(map(bool, wizard.values())) > 10
