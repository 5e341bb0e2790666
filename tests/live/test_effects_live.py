"""Each kind of effect on a real Odoo 19: once, whoever is cut off, and undone where it can be."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.procedures import comparing, installing, membership, wanted
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc, Transport
from tasks.domain.proposals import Proposal
from tasks.domain.texts import named
from tests.fakes.at_once import execute_at_once, released, statuses
from tests.fakes.clock import Clock
from tests.fakes.effects import effect_of, proposed
from tests.fakes.fleets import TENANT, fleet_on
from tests.fakes.messages import NOW
from workers.effects import executor
from workers.ledger import effects
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer

pytestmark = pytest.mark.live
SALES = "sales_team.group_sale_salesman_all_leads"
BOT = Bot("fleet_effects", (*READ_BY_THE_JOBS, "crm.lead"), (SALES,))
KINDS = ("follow_up", "note", "stage", "create_project", "draft_invoice")
MODES = "\n".join(f'effects.{kind} = "propose"' for kind in KINDS)
ORDER, TASK = "sale.order", "project.task"


class Cut:
    """A connection that is cut once: before a write reaches Odoo, or before its answer is here."""

    def __init__(self, inner: Transport) -> None:
        self.inner, self.when, self.writes = inner, "", 0

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        if method not in ("load", "run"):
            return self.inner.call(model, method, args, kwargs)
        self.writes += 1
        when, self.when = self.when, ""
        if when == "before":
            raise OdooUnavailable("cut")
        answer = self.inner.call(model, method, args, kwargs)
        if when == "during":
            raise OdooUnavailable("cut")
        return answer


@pytest.fixture(scope="module")
def admin(odoo_server: OdooServer, demo_db: str) -> Session:
    """The administrator's session, with our procedures installed and the bot in their group."""
    bots.make(odoo_server, demo_db, BOT)
    made = session_of(odoo_server, demo_db)
    found = comparing.seen_by_administrator(made, ())
    pieces = wanted.pieces(found.odoo, (), ())
    installing.install(made, pieces, comparing.compare(pieces, found))
    membership.join(made, membership.member(made, BOT.login))
    return made


@pytest.fixture
def cut(odoo_server: OdooServer, demo_db: str, admin: Session) -> Cut:
    return Cut(OdooRpc(Address(odoo_server.url, demo_db, BOT.login, BOT.password)))


@pytest.fixture
def fleet(tmp_path: Path, cut: Cut) -> Fleet:
    return fleet_on(tmp_path, Clock(NOW), cut, file=f"{TENANT}{MODES}\n")


@pytest.fixture
def order(admin: Session) -> int:
    return an_order(admin)


def an_order(admin: Session) -> int:
    """A confirmed order of 5 days of advice, of which 2 are delivered."""
    (partner, *_) = admin.call("res.partner", "search", [("is_company", "=", True)], limit=1)
    product = admin.call(
        "product.product",
        "create",
        {
            "name": "Advice",
            "type": "service",
            "list_price": 100.0,
            "taxes_id": [(5, 0, 0)],
            "invoice_policy": "delivery",
            "service_type": "manual",
            "service_tracking": "no",
        },
    )
    lines = [(0, 0, {"product_id": product, "product_uom_qty": 5})]
    values = {"partner_id": partner, "company_id": 1, "order_line": lines}
    made = int(admin.call(ORDER, "create", values))
    admin.call(ORDER, "action_confirm", [made])
    of_order = admin.call("sale.order.line", "search", [("order_id", "=", made)])
    admin.call("sale.order.line", "write", of_order, {"qty_delivered": 2.0})
    return made


@pytest.fixture
def task(admin: Session) -> tuple[int, int, int, str]:
    """A task, its stage, the next one, and when it was changed last."""
    stages = [
        int(admin.call("project.task.type", "create", {"name": name})) for name in ("New", "Doing")
    ]
    project = admin.call("project.project", "create", {"name": "P", "type_ids": [(6, 0, stages)]})
    made = int(admin.call(TASK, "create", {"name": "T", "project_id": project, "company_id": 1}))
    (row,) = admin.call(TASK, "read", [made], ["stage_id", "write_date"], load="")
    return made, int(row["stage_id"]), stages[1], str(row["write_date"])


def proposal(kind: str, order: int, **values: Any) -> Proposal:
    return Proposal(kind, ORDER, order, "once", named("because"), values)


def carried_out(fleet: Fleet, asked: Proposal) -> Effect:
    """Propose, have it released, and execute until it is settled."""
    number = proposed(fleet, asked)
    assert number is not None
    release(fleet, number)
    settle(fleet)
    return effect_of(fleet, number)


def release(fleet: Fleet, number: int) -> None:
    with fleet.ledger.transaction() as connection:
        effect = effects.get(connection, number, lock=True)
        assert effect is not None
        effects.release(connection, effect, fleet.clock(), EffectStatus.READY, "ann")


def settle(fleet: Fleet) -> None:
    clock: Any = fleet.clock
    for _ in range(6):
        while executor.execute_next(fleet):
            pass
        clock.now += timedelta(hours=1)


def asked_of(kind: str, order: int) -> Proposal:
    values: dict[str, dict[str, Any]] = {
        "follow_up": {"user": BOT.login, "summary": "Bill it", "deadline": "2026-11-30"},
        "note": {"title": "Seen", "body_html": f"<p>Seen {order}</p>"},
        "create_project": {"name": f"Project of {order}"},
        "draft_invoice": {},
    }
    return proposal(kind, order, **values[kind])


def count(admin: Session, kind: str, order: int) -> int:
    """How many stand in Odoo, by its own search."""
    on = [("res_model", "=", ORDER), ("res_id", "=", order), ("summary", "=", "Bill it")]
    said = [("model", "=", ORDER), ("res_id", "=", order), ("body", "ilike", f"Seen {order}")]
    domains: dict[str, tuple[str, list[Any]]] = {
        "follow_up": ("mail.activity", on),
        "note": ("mail.message", said),
        "create_project": ("project.project", [("sale_line_id.order_id", "=", order)]),
        "draft_invoice": ("account.move", [("line_ids.sale_line_ids.order_id", "=", order)]),
    }
    model, domain = domains[kind]
    return int(admin.call(model, "search_count", domain, context={"active_test": False}))


@pytest.mark.parametrize("when", ["", "before", "during"], ids=["whole", "before", "during"])
@pytest.mark.parametrize("kind", ["follow_up", "note", "create_project", "draft_invoice"])
def test_it_is_done_once_whenever_the_connection_is_cut(
    fleet: Fleet, admin: Session, cut: Cut, order: int, kind: str, when: str
) -> None:
    cut.when = when
    done = carried_out(fleet, asked_of(kind, order))
    assert (done.status, done.error) == (EffectStatus.DONE, None)
    assert count(admin, kind, order) == 1
    assert cut.writes == (2 if when == "before" else 1)


@pytest.mark.parametrize("kind", ["create_project", "draft_invoice"])
def test_many_fleets_at_once_make_one(
    tmp_path: Path,
    odoo_server: OdooServer,
    demo_db: str,
    admin: Session,
    order: int,
    kind: str,
) -> None:
    """As if each had a ledger of its own: Odoo alone keeps them apart."""
    fleets = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        odoo = OdooRpc(Address(odoo_server.url, demo_db, BOT.login, BOT.password))
        fleets.append(fleet_on(folder, Clock(NOW), odoo, file=f"{TENANT}{MODES}\n"))
    with ThreadPoolExecutor(4) as pool:
        asked = [asked_of(kind, order)] * len(fleets)
        states = {found.status for found in pool.map(carried_out, fleets, asked)}
    assert states == {EffectStatus.DONE}
    assert count(admin, kind, order) == 1


@pytest.mark.parametrize("kind", ["create_project", "draft_invoice"])
def test_32_executions_of_4_proposals_at_once_make_4(
    tmp_path: Path, odoo_server: OdooServer, demo_db: str, admin: Session, kind: str
) -> None:
    """On eight ledgers, four executions each, of which each has a session of its own."""
    orders = [an_order(admin) for _ in range(4)]
    address = Address(odoo_server.url, demo_db, BOT.login, BOT.password)
    clock, fleets, ledgers = Clock(NOW), list[Fleet](), list[tuple[Fleet, Sequence[int]]]()
    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        here = [
            fleet_on(folder, clock, OdooRpc(address), file=f"{TENANT}{MODES}\n", upgraded=first)
            for first in (True, False, False, False)
        ]
        ledgers.append((here[0], released(here[0], [asked_of(kind, each) for each in orders])))
        fleets += here
    execute_at_once(fleets)
    for fleet, numbers in ledgers:
        assert statuses(fleet, numbers) == {EffectStatus.DONE}
    assert [count(admin, kind, each) for each in orders] == [1, 1, 1, 1]
    created = sum(
        bool((effect_of(fleet, each).result or {}).get("created"))
        for fleet, numbers in ledgers
        for each in numbers
    )
    print(f"{len(fleets)} executions of 4 proposals of {kind} on 8 ledgers: {created} made it")


@pytest.mark.parametrize("kind", ["follow_up", "note"])
def test_what_was_written_is_taken_back(
    fleet: Fleet, admin: Session, order: int, kind: str
) -> None:
    done = carried_out(fleet, asked_of(kind, order))
    executor.undo(fleet, done.id, "ann")
    assert count(admin, kind, order) == 0
    assert effect_of(fleet, done.id).status is EffectStatus.UNDONE


def test_what_somebody_changed_since_is_not_taken_back(
    fleet: Fleet, admin: Session, order: int
) -> None:
    done = carried_out(fleet, asked_of("follow_up", order))
    number = (done.result or {})["activity_id"]
    admin.call("mail.activity", "write", [number], {"note": "<p>On Friday</p>"})
    with pytest.raises(OdooRejected, match="changed by somebody else since"):
        executor.undo(fleet, done.id, "ann")
    assert count(admin, "follow_up", order) == 1
    assert effect_of(fleet, done.id).status is EffectStatus.DONE


@pytest.mark.parametrize("when", ["", "before", "during"], ids=["whole", "before", "during"])
def test_a_stage_is_set_once_and_goes_back(
    fleet: Fleet, admin: Session, cut: Cut, task: tuple[int, int, int, str], when: str
) -> None:
    number, before, after, changed = task
    values = {"stage_id": after, "stage": "Doing", "seen": changed.replace(" ", "T") + "Z"}
    cut.when = when
    done = carried_out(fleet, Proposal("stage", TASK, number, "once", named("because"), values))
    assert (done.status, done.error) == (EffectStatus.DONE, None)
    assert stage_of(admin, number) == after
    if when != "during":
        executor.undo(fleet, done.id, "ann")
        assert stage_of(admin, number) == before


def test_a_stage_that_somebody_changed_meanwhile_is_left_alone(
    fleet: Fleet, admin: Session, task: tuple[int, int, int, str]
) -> None:
    number, before, after, changed = task
    seen = changed.replace("20", "19", 1).replace(" ", "T") + "Z"
    values = {"stage_id": after, "stage": "Doing", "seen": seen}
    done = carried_out(fleet, Proposal("stage", TASK, number, "once", named("because"), values))
    assert (done.status, done.error_class) == (EffectStatus.PARKED, "EffectRefused")
    assert "was changed since" in str(done.error)
    assert stage_of(admin, number) == before


def stage_of(admin: Session, task: int) -> int:
    (row,) = admin.call(TASK, "read", [task], ["stage_id"], load="")
    return int(row["stage_id"])
