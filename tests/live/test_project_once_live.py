"""The project of an order on a real Odoo 19: one, though 16 workers and a person make it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from time import sleep
from typing import Any, Final

import pytest

from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures import comparing, installing, membership, wanted
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tests.fakes.at_once import released
from tests.fakes.clock import Clock
from tests.fakes.effects import effect_of
from tests.fakes.fleets import TENANT, fleet_on
from tests.fakes.messages import NOW
from workers.effects import executor
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer
from .test_effects_live import MODES, an_order, asked_of

pytestmark = [pytest.mark.live, pytest.mark.long]
ORDER, PROJECT, WIZARD = "sale.order", "project.project", "project.template.create.wizard"
SALES: Final = "sales_team.group_sale_salesman_all_leads"
BOT: Final = Bot("fleet_projects", READ_BY_THE_JOBS)
PERSON: Final = Bot("paula@firm.example", (), (SALES, "project.group_project_manager"))
WORKERS, LEDGERS = 16, 4
#: Seconds for which a person's transaction stays open after it has made the project.
OPEN: Final = 1.5


@pytest.fixture(scope="module")
def admin(odoo_server: OdooServer, demo_db: str) -> Session:
    """With our pieces installed, and a person whose projects can be slow to be committed."""
    bots.make(odoo_server, demo_db, BOT, PERSON)
    made = session_of(odoo_server, demo_db)
    found = comparing.seen_by_administrator(made, ())
    pieces = wanted.pieces(found.odoo, (), ())
    installing.install(made, pieces, comparing.compare(pieces, found))
    membership.join(made, membership.member(made, BOT.login))
    (model,) = made.call("ir.model", "search", [("model", "=", PROJECT)])
    action = {
        "name": "slow",
        "model_id": model,
        "usage": "base_automation",
        "state": "code",
        "code": f"if 'slow' in record.name: env.cr.execute('SELECT pg_sleep({OPEN})')",
    }
    rule = {"name": "slow", "model_id": model, "trigger": "on_create"}
    made.call("base.automation", "create", {**rule, "action_server_ids": [(0, 0, action)]})
    return made


@pytest.fixture
def person(odoo_server: OdooServer, demo_db: str, admin: Session) -> Session:
    return Session(OdooRpc(Address(odoo_server.url, demo_db, PERSON.login, PERSON.password)))


def by_button(person: Session, order: int, name: str) -> Callable[[], bool]:
    """Press Odoo's own button, and save its dialog when called; whether it made a project."""
    pressed = person.call(ORDER, "action_create_project", [order])
    assert pressed.get("res_model") == WIZARD, pressed
    context = pressed["context"]

    def save() -> bool:
        values = {"name": name, "partner_id": context["default_partner_id"]}
        wizard = person.call(WIZARD, "create", values, context=context)
        person.call(WIZARD, "action_create_project_from_so", [wizard], context=context)
        return True

    return save


def by_form(person: Session, order: int, name: str) -> Callable[[], bool]:
    """Save the form of a new project that names a line of the order."""
    (line, *_) = person.call("sale.order.line", "search", [("order_id", "=", order)])
    values = {"name": name, "allow_billable": True, "sale_line_id": line}

    def save() -> bool:
        person.call(PROJECT, "create", values)
        return True

    return save


@dataclass
class Played:
    """What came of one play."""

    order: int
    #: Odoo's reason where the person made none.
    refused: str = ""
    results: list[Any] = field(default_factory=list)


def play(fleets: list[Fleet], order: int, save: Callable[[], bool], wait: float | None) -> Played:
    """Have all fleets and the person begin at once.

    wait: seconds by which the person comes later; earlier if negative, after all others if None.
    """
    numbers = [released(fleet, [asked_of("create_project", order)]) for fleet in fleets[:LEDGERS]]
    begin, played = Barrier(len(fleets) + 1), Played(order)

    def work(fleet: Fleet) -> None:
        begin.wait(60)
        sleep(max(0.0, -(wait or 0.0)))
        executor.execute_next(fleet)

    def act() -> None:
        begin.wait(60)
        if wait is not None:
            sleep(max(0.0, wait))
            make()

    def make() -> None:
        try:
            save()
        except OdooRejected as error:
            played.refused = str(error)

    with ThreadPoolExecutor(len(fleets) + 1) as pool:
        waiting = [pool.submit(act), *(pool.submit(work, fleet) for fleet in fleets)]
        for each in waiting:
            each.result()
    if wait is None:
        make()
    # Who lost a race is tried again at its time.
    clock: Any = fleets[0].clock
    for _ in range(6):
        clock.now += timedelta(hours=1)
        for fleet in fleets[:LEDGERS]:
            while executor.execute_next(fleet):
                pass
    for fleet, (number,) in zip(fleets[:LEDGERS], numbers, strict=True):
        found = effect_of(fleet, number)
        assert found.status is EffectStatus.DONE, found.error
        played.results.append(found.result)
    return played


@pytest.fixture
def fleets(tmp_path: Path, odoo_server: OdooServer, demo_db: str, admin: Session) -> list[Fleet]:
    """16 workers, each with a session of its own, on four ledgers."""
    address, clock = Address(odoo_server.url, demo_db, BOT.login, BOT.password), Clock(NOW)
    made = []
    for number in range(WORKERS):
        folder = tmp_path / str(number % LEDGERS)
        folder.mkdir(exist_ok=True)
        first = number < LEDGERS
        file = f"{TENANT}{MODES}\n"
        made.append(fleet_on(folder, clock, OdooRpc(address), file=file, upgraded=first))
    return made


@pytest.mark.parametrize("way", [by_button, by_form])
def test_16_workers_and_a_person_make_one(
    fleets: list[Fleet],
    admin: Session,
    person: Session,
    way: Callable[[Session, int, str], Callable[[], bool]],
) -> None:
    seconds = random.Random(16)
    plays: list[tuple[str, str, float | None]] = [
        *(("amid", "Advice", seconds.uniform(0.0, 0.5)) for _ in range(5)),
        *(("amid, and open for long", "slow", seconds.uniform(-0.7, 0.2)) for _ in range(4)),
        ("last", "Advice", None),
    ]
    told: Counter[str] = Counter()
    for when, name, wait in plays:
        order = an_order(admin)
        played = play(fleets, order, way(person, order, name), wait)
        told[f"{when}: {judged(admin, person, played)}"] += 1
    order = an_order(admin)
    save = way(person, order, "Advice")
    assert save()
    played = play(fleets, order, lambda: True, 0.0)
    told[f"first: {judged(admin, person, played)}"] += 1
    print(f"{way.__name__}: {dict(told)}")
    assert told["first: the person made it"] == 1
    assert told["last: a worker made it"] == 1


def judged(admin: Session, person: Session, played: Played) -> str:
    """Who made the one project; each of the others says whose it is."""
    domain = ["|", ("sale_line_id.order_id", "=", played.order)]
    domain += [("reinvoiced_sale_order_id", "=", played.order)]
    context = {"active_test": False}
    rows = admin.call(PROJECT, "search_read", domain, ["create_uid", "name"], context=context)
    assert len(rows) == 1, (rows, played)
    (row,) = rows
    results = played.results
    assert {each["project_id"] for each in results} == {row["id"]}
    made = sum(bool(each.get("created")) for each in results)
    if row["create_uid"][0] == person.user_id:
        assert (made, played.refused) == (0, "")
        assert {each["by"] for each in results if "by" in each} <= {row["create_uid"][1]}
        assert any("by" in each for each in results)
        return "the person made it"
    assert made <= 1
    assert f"{row['create_uid'][1]} has made the project {row['name']}" in played.refused, played
    return "a worker made it"
