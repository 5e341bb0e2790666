"""32 executions of 4 proposals at the same time do 4 things, whatever they share."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from tasks.domain.proposals import Proposal
from tasks.domain.texts import named
from tests.fakes import errands
from tests.fakes.at_once import MODES, execute_at_once, released, statuses
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from workers.effects import executor
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
        orders = [order_of[row["sale_line_id"]] for row in projects if row["sale_line_id"]]
        return Counter(order for order in orders if order in ORDERS)
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


def test_a_draft_of_ours_that_was_posted_before_its_answer_came_is_not_made_again(
    tmp_path: Path, clock: Clock, odoo: Sandbox
) -> None:
    """What is delivered after that is for another proposal."""
    deaf = Deaf(odoo)
    fleet = fleet_on(tmp_path, clock, deaf, file=f"{FILE}{MODES}\n")
    order = ORDERS[0]
    (number,) = released(fleet, [Proposal("draft_invoice", "sale.order", order, "1", named("x"))])
    deaf.deaf = True
    execute_once(fleet)
    deaf.deaf = False
    assert statuses(fleet, [number]) == {EffectStatus.UNKNOWN}
    (move,) = (m for m in odoo._database.tables["account.move"].values() if m.get("create_uid"))
    move["state"] = "posted"
    (line,) = (
        row for row in odoo._database.tables["sale.order.line"].values() if row["order_id"] == order
    )
    line["qty_to_invoice"] = 1.0
    clock.now += timedelta(hours=1)
    execute_once(fleet)
    assert statuses(fleet, [number]) == {EffectStatus.DONE}
    assert made(odoo, "draft_invoice") == Counter([order])


class Deaf:
    """An Odoo whose answers to procedures are lost, as long as it is told so."""

    def __init__(self, inner: Sandbox) -> None:
        self.inner, self.deaf = inner, False

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        answer = self.inner.call(model, method, args, kwargs)
        if self.deaf and method == "run":
            raise OdooUnavailable("the connection was cut")
        return answer


def execute_once(fleet: Fleet) -> None:
    assert executor.execute_next(fleet)
