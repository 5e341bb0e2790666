"""32 executions of 4 proposals at the same time do 4 things, whatever they share."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.proposals import Proposal
from tasks.domain.texts import named
from tests.fakes import errands
from tests.fakes.at_once import MODES, execute_at_once, released, statuses
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

EXECUTIONS = 32
# Of the first company: every other order.
ORDERS = [errands.FIRST_ORDER + number for number in range(0, 8, 2)]
KINDS = ("create_project", "draft_invoice")


@pytest.fixture
def odoo(clock: Clock) -> Sandbox:
    day = clock().date()
    return Sandbox(day, rows=errands.rows(day, 10), installed=True)


def asked(kind: str) -> Sequence[Proposal]:
    return [Proposal(kind, "sale.order", order, "once", named("because")) for order in ORDERS]


def made(odoo: Sandbox, kind: str) -> Counter[int]:
    """How many stand in Odoo, by order."""
    lines = odoo.call("sale.order.line", "search_read", [[], ["order_id"]], {"load": ""})
    order_of = {row["id"]: row["order_id"] for row in lines}
    if kind == "create_project":
        projects = odoo.call("project.project", "search_read", [[], ["sale_line_id"]], {"load": ""})
        return Counter(order_of[row["sale_line_id"]] for row in projects if row["sale_line_id"])
    found: Any = odoo.call(
        "account.move.line", "search_read", [[], ["move_id", "sale_line_ids"]], {"load": ""}
    )
    pairs = {(row["move_id"], order_of[line]) for row in found for line in row["sale_line_ids"]}
    return Counter(order for _, order in pairs if order in ORDERS)


@pytest.mark.parametrize("kind", KINDS)
def test_32_executions_on_one_ledger_do_each_of_4_once(
    tmp_path: Path, clock: Clock, url: str, odoo: Sandbox, kind: str
) -> None:
    environ = {"FLEET_DATABASE_URL": url}
    fleets: list[Fleet] = [
        fleet_on(tmp_path, clock, odoo, file=f"{FILE}{MODES}\n", environ=environ, upgraded=False)
        for _ in range(EXECUTIONS)
    ]
    numbers = released(fleets[0], asked(kind))
    execute_at_once(fleets)
    assert statuses(fleets[0], numbers) == {EffectStatus.DONE}
    assert made(odoo, kind) == Counter(ORDERS)


@pytest.mark.parametrize("kind", KINDS)
def test_32_executions_that_know_nothing_of_each_other_do_each_of_4_once(
    tmp_path: Path, clock: Clock, odoo: Sandbox, kind: str
) -> None:
    """Eight ledgers, as after a restore that went wrong: Odoo alone keeps them apart."""
    fleets: list[Fleet] = []
    numbers: Sequence[int] = ()
    for ledger in range(EXECUTIONS // len(ORDERS)):
        folder = tmp_path / str(ledger)
        folder.mkdir()
        here = [
            fleet_on(folder, clock, odoo, file=f"{FILE}{MODES}\n", upgraded=first)
            for first in (True, False, False, False)
        ]
        numbers = released(here[0], asked(kind))
        fleets += here
    execute_at_once(fleets)
    for first in fleets[:: len(ORDERS)]:
        assert statuses(first, numbers) == {EffectStatus.DONE}
    assert made(odoo, kind) == Counter(ORDERS)
