"""A blocked order of a real Odoo that six people hold up: six mails, six ladders, one digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import pytest

from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on, run_once
from workers import looking
from workers.delivery import dispatcher
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import free_port
from workers.ledger import cases
from workers.ledger.places import Place
from workers.wiring import Fleet

from .addons import database_of
from .gateway import session_of
from .inside import held_up_orders
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer

pytestmark = pytest.mark.live

JOB: Final = "invoice_readiness"
FINANCE: Final = "finance@six.example"
CONFIGURED: Final = f"""
[tenants.firm]
url = "https://odoo.example"
database = "firm"
login = "fleet"
timezone = "UTC"
companies = [1]
recipients.finance = ["{FINANCE}"]
mail = {{ quiet_hours = "", quiet_days = [] }}
policies.invoice_readiness.purchase_order_required = true
policies.invoice_readiness.wait_for_morning = false
"""
SIX: Final = ("Sal", "Pia", "Pol", "Eva", "Tim", "Bo")
# By owner, the checks of the order that are theirs.
THEIRS: Final = {
    ("price", "Sal"),
    ("purchase_order", "Sal"),
    ("milestones", "Pia"),
    ("project_status", "Pol"),
    ("expenses", "Eva"),
    ("expenses", "Tim"),
    ("purchases", "Bo"),
}


def address(name: str) -> str:
    return f"{name.lower()}@six.example"


@dataclass
class Firm:
    """A fleet on a real Odoo, and what its people get."""

    fleet: Fleet
    catcher: Catcher
    clock: Clock
    session: Session
    made: Mapping[str, Any]

    def run(self) -> list[EmailMessage]:
        """What goes out of a run at this moment."""
        before = len(self.catcher.mails)
        run_once(self.fleet, JOB, 1)
        while dispatcher.deliver(self.fleet):
            pass
        return self.catcher.mails[before:]

    def gaps(self) -> Mapping[str, tuple[str, ...]]:
        """The open cases of persons, with the rungs that have spoken."""
        with self.fleet.ledger.reading() as connection:
            found = cases.open_cases(connection, Place(JOB, "firm", 1))
        return {
            case.finding.key: case.finding.told
            for case in found
            if case.finding.kind == "invoice-gap"
        }

    def key(self, check: str, owner: str, order: str = "whole") -> str:
        return f"gap-{check}-order-{self.made[order]}-user-{self.made['users'][owner]}"

    def until(self, day: date) -> None:
        self.clock.now = datetime.combine(day, time(10), UTC)


def to(mails: list[EmailMessage]) -> list[str]:
    return sorted(str(mail["To"]) for mail in mails)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def first_working_day(day: date) -> date:
    return day + timedelta(days=max(7 - day.weekday(), 0) if day.weekday() > 4 else 0)


@pytest.fixture(scope="module")
def firm(odoo_server: OdooServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    folder: Path = tmp_path_factory.mktemp("gaps")
    clock = Clock(datetime.combine(first_working_day(date.today()), time(10), UTC))
    with (
        database_of(odoo_server, "sale_purchase") as database,
        catching(folder / "mails", free_port()) as catcher,
    ):
        made = run_inside(odoo_server, database, held_up_orders.build)
        odoo = OdooRpc(Address(odoo_server.url, database, LOGIN, PASSWORD))
        fleet = fleet_on(folder, clock, odoo, smtp_port=catcher.port, file=CONFIGURED)
        yield Firm(fleet, catcher, clock, session_of(odoo_server, database), made)


def test_each_of_the_six_gets_one_mail_of_what_is_theirs_and_finance_the_whole(firm: Firm) -> None:
    mails = firm.run()
    mine = [mail for mail in mails if str(mail["To"]).endswith("@six.example")]
    assert to(mine) == sorted([FINANCE, *map(address, SIX)])
    own = {key for check, name in THEIRS if (key := firm.key(check, name))}
    assert {key for key in firm.gaps() if f"order-{firm.made['whole']}-" in key} == own
    whole = f"S{firm.made['whole']:05}"
    said = {str(mail["To"]): text_of(mail) for mail in mine}
    assert "2 expenses of the order" in said[address("Tim")]
    assert "1 expense of the order" in said[address("Eva")]
    for name in SIX[1:]:
        assert "no price" not in said[address(name)]
        assert "purchase order number" not in said[address(name)]
    for other in ("milestone late", "not posted yet", "not ordered yet", "on hold"):
        assert other not in said[address("Sal")]
    assert "WHO HOLDS UP MOST" in said[FINANCE]
    for name in SIX:
        assert name in said[FINANCE]
    print(f"{whole}: {len(mine)} mails: " + ", ".join(to(mine)))
    for receiver, words in sorted(said.items()):
        print(f"--- {receiver}: {words[:400]}")


def test_who_holds_up_what_is_a_measure(firm: Firm) -> None:
    """Eva holds up both orders, Pol one."""
    lookout = looking.lookout_of(firm.fleet, Place(JOB, "firm", 1))
    now = firm.clock()
    seen = looking.look(firm.fleet, lookout, now, now)
    rows = {row["sale_order_id"]: row for row in seen.report.rows}
    values = {
        (measure.name, measure.labels["owner"]): measure.value
        for measure in seen.report.measures
        if measure.name.startswith("readiness_held_up")
    }
    whole, small = (float(rows[firm.made[name]]["amount"]) for name in ("whole", "small"))
    assert values["readiness_held_up_orders", "Eva"] == 2
    assert values["readiness_held_up_amount", "Eva"] == pytest.approx(whole + small)
    assert values["readiness_held_up_orders", "Pol"] == 1
    assert values["readiness_held_up_amount", "Pol"] == pytest.approx(whole)
    print({key: value for key, value in values.items() if key[1] in SIX})


def test_what_one_of_them_mends_is_closed_and_the_others_go_on(firm: Firm) -> None:
    whole = firm.made["whole"]
    firm.session.call("sale.order", "write", [whole], {"client_order_ref": "PO 4711"})
    (purchase,) = firm.session.call(
        "purchase.order.line", "search_read", [["sale_line_id.order_id", "=", whole]], ["order_id"]
    )
    firm.session.call("purchase.order", "button_confirm", [purchase["order_id"][0]])
    firm.clock.forward(minutes=5)
    mails = [mail for mail in firm.run() if str(mail["To"]) != FINANCE]
    assert [mail for mail in mails if str(mail["To"]).endswith("@six.example")] == []
    gaps = firm.gaps()
    assert firm.key("purchase_order", "Sal") not in gaps
    assert firm.key("purchases", "Bo") not in gaps
    assert "first" in gaps[firm.key("price", "Sal")]


def test_each_gap_climbs_to_the_manager_and_then_to_finance(firm: Firm) -> None:
    told: list[tuple[date, str]] = []
    for days in range(1, 22):
        firm.until(first_working_day(date.today()) + timedelta(days=days))
        told += [(firm.clock().date(), str(mail["To"])) for mail in firm.run()]
    mine = [(day, who) for day, who in told if who.endswith("@six.example") and who != FINANCE]
    rungs = firm.gaps()[firm.key("expenses", "Tim")]
    assert rungs == ("first", "deadline", "manager", "owner")
    # The milestone was due the day before, so its second rung may have come with the first.
    assert {who for _, who in mine} - {address("Pia")} == {
        *(address(name) for name in ("Sal", "Pol", "Eva", "Tim", "Max"))
    }
    # One mail a rung: their manager hears of all five in one.
    assert [who for _, who in mine].count(address("Tim")) == 1
    assert [who for _, who in mine].count(address("Bo")) == 0
    for day, who in mine:
        print(day, who)
