"""Opportunities and the gate of a stage, on a real Odoo 19: who moves one there, and how."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures import comparing, installing, membership, wanted
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on, run_once
from workers.effects import executor
from workers.wiring import Fleet

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer

pytestmark = pytest.mark.live
LEAD, STAGE = "crm.lead", "crm.stage"
BOT = Bot("fleet_bot", (*READ_BY_THE_JOBS, LEAD, STAGE), ("hr.group_hr_manager",))
SELLER = Bot("seller", (), ("sales_team.group_sale_salesman",))
CONFIGURED: Final = f"""{FILE}
recipients.delivery = ["delivery@nordwind.example"]
effects.release_opportunity = "automatic"

[[tenants.firm.policies.presales_review.reviews]]
stage = %d
gate = true
items = [{{ item = "phone", field = "phone" }}]
"""


class Pipeline:
    """The stages in a row, who moves opportunities, and the fleet that looks at them."""

    def __init__(self, admin: Session, seller: Session, fleet: Fleet, clock: Clock) -> None:
        self.admin, self.seller, self.fleet, self.clock = admin, seller, fleet, clock
        found = admin.call(STAGE, "search", [], order="sequence, id")
        self.first, self.second, self.gated, self.last = found[:4]

    def lead(self, **values: Any) -> int:
        known = {"name": "Robots", "type": "opportunity", "stage_id": self.first, "company_id": 1}
        made: int = self.seller.call(LEAD, "create", {**known, **values})
        return made

    def move(self, number: int, stage: int, who: Session | None = None) -> None:
        (who or self.seller).call(LEAD, "write", [number], {"stage_id": stage})

    def stage(self, number: int) -> int:
        (row,) = self.admin.call(LEAD, "search_read", [("id", "=", number)], ["stage_id"], load="")
        return int(row["stage_id"])

    def look(self) -> None:
        self.clock.forward(minutes=1)
        run_once(self.fleet, "presales_review", 1)
        while executor.execute_next(self.fleet):
            pass


@pytest.fixture(scope="module")
def pipeline(
    odoo_server: OdooServer, demo_db: str, tmp_path_factory: pytest.TempPathFactory
) -> Pipeline:
    bots.make(odoo_server, demo_db, BOT, SELLER)
    admin = session_of(odoo_server, demo_db)
    found = comparing.seen_by_administrator(admin, ())
    pieces = wanted.pieces(found.odoo, (), ["opportunity_stage"])
    installing.install(admin, pieces, comparing.compare(pieces, found))
    membership.join(admin, membership.member(admin, BOT.login))

    def rpc(bot: Bot) -> OdooRpc:
        return OdooRpc(Address(odoo_server.url, demo_db, bot.login, bot.password))

    gated = admin.call(STAGE, "search", [], order="sequence, id")[2]
    clock = Clock(datetime.now(UTC))
    folder: Path = tmp_path_factory.mktemp("fleet")
    fleet = fleet_on(folder, clock, rpc(BOT), file=CONFIGURED % gated)
    return Pipeline(admin, Session(rpc(SELLER)), fleet, clock)


def test_nobody_moves_what_was_not_released_into_the_stage_or_past_it(pipeline: Pipeline) -> None:
    before = pipeline.lead()
    pipeline.move(before, pipeline.gated)
    # Until the fleet has looked once, nothing is kept.
    pipeline.look()
    number = pipeline.lead()
    for who in (pipeline.seller, pipeline.admin):
        for stage in (pipeline.gated, pipeline.last):
            with pytest.raises(OdooRejected, match="nobody has decided yet"):
                pipeline.move(number, stage, who)
    with pytest.raises(OdooRejected, match="is not released for the stage"):
        pipeline.admin.call(LEAD, "action_set_won", [number])
    with pytest.raises(OdooRejected, match="is not released for the stage"):
        pipeline.lead(stage_id=pipeline.gated)
    pipeline.move(number, pipeline.second)
    pipeline.look()
    with pytest.raises(
        OdooRejected, match="phone is missing: it lacks: phone number; fill it in"
    ) as said:
        pipeline.move(number, pipeline.gated)
    print(said.value)
    # What is past it goes on, and back.
    for stage in (pipeline.last, pipeline.gated, pipeline.first):
        pipeline.move(before, stage)
    assert (pipeline.stage(before), pipeline.stage(number)) == (pipeline.first, pipeline.second)


def test_with_its_items_it_is_released_and_without_them_no_more(pipeline: Pipeline) -> None:
    number = pipeline.lead(phone="+32 2 555 01")
    pipeline.look()
    pipeline.seller.call(LEAD, "write", [number], {"phone": False})
    pipeline.look()
    with pytest.raises(OdooRejected, match="phone is missing"):
        pipeline.move(number, pipeline.gated)
    pipeline.seller.call(LEAD, "write", [number], {"phone": "+32 2 555 01"})
    pipeline.look()
    pipeline.move(number, pipeline.gated)
    assert pipeline.stage(number) == pipeline.gated


def test_a_way_past_it_is_for_a_group(pipeline: Pipeline) -> None:
    admin, number = pipeline.admin, pipeline.lead()
    pipeline.look()
    action = admin.reference("__ops_fleet__", "override_opportunity_stage")
    on = {"active_model": LEAD, "active_id": number, "active_ids": [number]}
    run: Callable[[Session], Any] = lambda who: who.call(  # noqa: E731
        "ir.actions.server", "run", [action], context=on
    )
    with pytest.raises(OdooRejected, match="access rights to run this action"):
        run(pipeline.seller)
    group = admin.reference("__ops_fleet__", "group_override")
    admin.call("res.users", "write", [pipeline.seller.user_id], {"group_ids": [(4, group)]})
    run(pipeline.seller)
    pipeline.look()
    pipeline.move(number, pipeline.last)
    assert pipeline.stage(number) == pipeline.last
    found = [("model", "=", LEAD), ("res_id", "=", number)]
    notes = admin.call("mail.message", "search_read", found, ["body"])
    assert any("past the fleet, by seller" in note["body"] for note in notes)


def test_another_company_is_not_kept(pipeline: Pipeline) -> None:
    admin = pipeline.admin
    other = admin.call("res.company", "create", {"name": "Elsewhere"})
    admin.call("res.users", "write", [admin.user_id], {"company_ids": [(4, other)]})
    values = {"name": "Theirs", "type": "opportunity", "company_id": other, "team_id": False}
    number = admin.call(LEAD, "create", {**values, "stage_id": pipeline.first})
    pipeline.move(number, pipeline.last, admin)
    assert pipeline.stage(number) == pipeline.last
    nobodys = admin.call(LEAD, "create", {**values, "company_id": False})
    with pytest.raises(OdooRejected, match="is not released for the stage"):
        pipeline.move(nobodys, pipeline.last, admin)
