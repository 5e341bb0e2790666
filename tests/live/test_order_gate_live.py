"""Quotations without a statement of work, on a real Odoo 19 with the whole fleet beside it.

Where the gate is installed, nobody confirms one, and its release follows the document; where it is
not, the gap is known right after the confirmation.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import pytest

from odoo_gateway import gates
from odoo_gateway.errors import OdooError, OdooRejected
from odoo_gateway.gates import Ruling
from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tests.workers.ledger import postgres_server
from tests.workers.ledger.postgres_server import PostgresServer
from workers.ledger import cases, effects
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer
from .whole_fleet import WholeFleet, install, settle, whole_fleet

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(1800)]

ORDER, FILE, PROJECT = "sale.order", "ir.attachment", "project.project"
FLEET = Bot("fleet_bot", (*READ_BY_THE_JOBS, FILE), ("hr.group_hr_manager",))
SELLER = Bot("seller", (), ("sales_team.group_sale_salesman",))
CONFIRM: Final[Sequence[tuple[str, list[Any]]]] = (
    ("action_confirm", []),
    ("write", [{"state": "sale"}]),
)
EVENTS: Final = ("sale.order.changed",)
SCHEDULES: Final = {"handoff_gate": "15 5 * * *"}
AUTOMATIC: Final = 'effects.release_order = "automatic"'
# "JVBERi0xLjQK" is the beginning of a PDF.
PDF: Final = {"mimetype": "application/pdf", "datas": "JVBERi0xLjQK"}
WITHIN: Final = 90.0
T = TypeVar("T")


@pytest.fixture(scope="module")
def ledgers() -> Iterator[PostgresServer]:
    with postgres_server.running() as server:
        yield server


@pytest.fixture(scope="module")
def admin(odoo_server: OdooServer, demo_db: str) -> Session:
    bots.make(odoo_server, demo_db, FLEET, SELLER)
    return session_of(odoo_server, demo_db)


@pytest.fixture(scope="module")
def seller(odoo_server: OdooServer, demo_db: str, admin: Session) -> Session:
    return Session(OdooRpc(Address(odoo_server.url, demo_db, SELLER.login, SELLER.password)))


@pytest.fixture(scope="module")
def product(admin: Session) -> int:
    """A service whose order makes a project."""
    values = {"name": "Advice", "type": "service", "list_price": 100.0, "taxes_id": [(5, 0, 0)]}
    how = {"invoice_policy": "delivery", "service_tracking": "project_only"}
    return int(admin.call("product.product", "create", {**values, **how}))


class Sales:
    """What a salesperson does, and what is seen of it."""

    def __init__(self, admin: Session, seller: Session, product: int) -> None:
        self.admin, self.seller, self.product = admin, seller, product
        found = admin.call("res.partner", "search", [("is_company", "=", True)], limit=1)
        self.partner = found[0]

    def quote(self, **values: Any) -> int:
        lines = [(0, 0, {"product_id": self.product, "product_uom_qty": 5})]
        known = {"partner_id": self.partner, "company_id": 1, "order_line": lines}
        return int(self.seller.call(ORDER, "create", {**known, **values}))

    def attach(self, order: int, name: str = "SOW Advice.pdf") -> int:
        of = {"res_model": ORDER, "res_id": order, "name": name}
        return int(self.seller.call(FILE, "create", {**of, **PDF}))

    def state(self, order: int) -> str:
        (row,) = self.admin.call(ORDER, "search_read", [("id", "=", order)], ["state"])
        return str(row["state"])

    def projects(self, order: int) -> int:
        domain = [("reinvoiced_sale_order_id", "=", order)]
        return int(self.admin.call(PROJECT, "search_count", domain))

    def refused(self, order: int) -> str:
        """What whoever tries to confirm it is told, by every way the same."""
        told = set()
        for who in (self.seller, self.admin):
            for method, values in CONFIRM:
                with pytest.raises(OdooRejected) as error:
                    who.call(ORDER, method, [order], *values)
                said = str(error.value).partition(" is not released: ")[2]
                told.add(said.partition(" (odoo.exceptions")[0])
        (said,) = told
        assert (self.state(order), self.projects(order)) == ("draft", 0)
        return said

    def decision(self, order: int) -> Ruling | None:
        key = gates.key_of(ORDER, order)
        return gates.newest(Reader(self.admin, 1), [key]).get(key)

    def until(self, order: int, state: str, more: Callable[[Ruling], bool] = bool) -> float:
        """Until the gate says so of it; after how many seconds."""

        def says() -> bool:
            found = self.decision(order)
            return found is not None and found.state == state and more(found)

        return waited(says)


def waited(until: Callable[[], object]) -> float:
    began = time.monotonic()
    while not until():
        assert time.monotonic() < began + WITHIN, "it did not happen in time"
        time.sleep(0.25)
    return time.monotonic() - began


@pytest.fixture(scope="module")
def sales(admin: Session, seller: Session, product: int) -> Sales:
    return Sales(admin, seller, product)


@pytest.fixture(scope="module")
def without(
    odoo_server: OdooServer,
    demo_db: str,
    sales: Sales,
    ledgers: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WholeFleet]:
    """A fleet where no gate is installed, though the releases are switched on."""
    install(sales.admin, FLEET.login, EVENTS)
    odoo = (odoo_server, demo_db, FLEET.login, FLEET.password)
    folder, ledger = tmp_path_factory.mktemp("without"), ledgers.create("without")
    sources = ["outbox", "feed"]
    with whole_fleet(*odoo, folder, ledger, sources, SCHEDULES, AUTOMATIC) as playing:
        settle(playing, 10)
        yield playing


@pytest.fixture(scope="module")
def gated(
    odoo_server: OdooServer,
    demo_db: str,
    sales: Sales,
    ledgers: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WholeFleet]:
    """A fleet where quotations are kept."""
    install(sales.admin, FLEET.login, EVENTS, ["order_confirmation"])
    odoo = (odoo_server, demo_db, FLEET.login, FLEET.password)
    folder, ledger = tmp_path_factory.mktemp("gated"), ledgers.create("gated")
    sources = ["outbox", "feed"]
    with whole_fleet(*odoo, folder, ledger, sources, SCHEDULES, AUTOMATIC) as playing:
        settle(playing, 10)
        yield playing


def gaps(playing: WholeFleet, order: int) -> list[str]:
    with playing.fleet.ledger.reading() as connection:
        found = cases.open_cases(connection, Place("handoff_gate", "firm", 1))
    keys = [each.finding.key for each in found]
    return [key for key in keys if key.endswith(f"-order-{order}")]


def test_without_the_gate_the_gap_is_known_right_after_the_confirmation(
    without: WholeFleet, sales: Sales
) -> None:
    order = sales.quote()
    sales.seller.call(ORDER, "action_confirm", [order])
    key = f"statement_of_work-order-{order}"
    seconds = waited(lambda: key in gaps(without, order))
    print(f"confirmed without a statement of work: a finding {seconds:.1f} s later")
    assert seconds < 60
    assert (sales.state(order), sales.projects(order)) == ("sale", 1)
    with without.fleet.ledger.reading() as connection:
        assert effects.find(connection, kind="release_order") == []


def test_with_the_gate_it_is_refused_until_the_document_is_there(
    gated: WholeFleet, sales: Sales
) -> None:
    order = sales.quote()
    sales.refused(order)
    kept = sales.until(order, "held")
    said = sales.refused(order)
    print(f"kept with its reason {kept:.1f} s after it was written: {said}")
    assert said.startswith("statement of work is missing: no file on the order")
    sales.attach(order)
    released = sales.until(order, "released")
    print(f"released {released:.1f} s after the document was attached")
    sales.seller.call(ORDER, "action_confirm", [order])
    assert (sales.state(order), sales.projects(order)) == ("sale", 1)
    assert kept < 60
    assert released < 80  # a feed is asked once a minute


def test_what_changes_after_its_release_is_refused_and_released_anew(
    gated: WholeFleet, sales: Sales
) -> None:
    order = sales.quote()
    sales.attach(order)
    first = sales.until(order, "released")
    lines = sales.admin.call("sale.order.line", "search", [("order_id", "=", order)])
    # The fleet has not heard of it yet.
    sales.seller.call("sale.order.line", "write", lines, {"price_unit": 120.0})
    with pytest.raises(OdooRejected, match="its amount was changed since it was released"):
        sales.seller.call(ORDER, "action_confirm", [order])
    anew = sales.until(order, "released", lambda found: found.amount == 600)
    print(f"released after {first:.1f} s, and for its new total after {anew:.1f} s")
    sales.seller.call(ORDER, "action_confirm", [order])
    assert sales.state(order) == "sale"


def test_a_document_that_is_taken_away_ends_the_release_at_once(
    gated: WholeFleet, sales: Sales
) -> None:
    order = sales.quote()
    file = sales.attach(order)
    sales.until(order, "released")
    sales.seller.call(FILE, "unlink", [file])
    assert sales.refused(order) == "a file was taken away since it was released"
    # Whatever is written on it has the fleet look.
    sales.seller.call(ORDER, "write", [order], {"client_order_ref": "PO 5"})
    held = sales.until(order, "held")
    print(f"kept with its reason {held:.1f} s after the next change")
    assert sales.refused(order).startswith("statement of work is missing")


def test_of_many_who_confirm_while_it_is_released_one_does(
    gated: WholeFleet, sales: Sales, odoo_server: OdooServer, demo_db: str
) -> None:
    order = sales.quote()
    ended: list[str] = []

    def press(number: int) -> None:
        address = Address(odoo_server.url, demo_db, SELLER.login, SELLER.password)
        user = Session(OdooRpc(address))
        while not ended:
            try:
                user.call(ORDER, "action_confirm", [order])
                ended.append(f"{number} confirmed")
            except OdooError as error:
                if "is not released" not in str(error) and sales.state(order) == "sale":
                    return
            time.sleep(0.2)

    with ThreadPoolExecutor(4) as pool:
        presses = [pool.submit(press, number) for number in range(4)]
        sales.attach(order)
        try:
            waited(lambda: sales.state(order) == "sale")
        finally:
            ended.append("over")
        for each in presses:
            each.result()
    assert sales.projects(order) == 1
    with gated.fleet.ledger.reading() as connection:
        found = effects.find(connection, kind="release_order", record_id=order)
    assert {each.status for each in found} <= {EffectStatus.DONE, EffectStatus.WITHDRAWN}
    print(f"{ended[0]}; effects: {[each.status.value for each in found]}")


def test_goods_and_what_has_no_lines(gated: WholeFleet, sales: Sales) -> None:
    goods = sales.admin.call("product.product", "create", {"name": "Paper", "type": "consu"})
    line = (0, 0, {"product_id": goods, "product_uom_qty": 1, "price_unit": 5.0})
    paper, empty = sales.quote(order_line=[line]), sales.quote(order_line=[])
    sales.until(paper, "released")
    sales.until(empty, "held")
    assert sales.refused(empty) == "it has no lines yet"
    sales.seller.call(ORDER, "action_confirm", [paper])
    assert sales.state(paper) == "sale"


def test_nothing_of_it_was_refused_or_is_left(gated: WholeFleet, sales: Sales) -> None:
    with gated.fleet.ledger.reading() as connection:
        found = effects.find(connection, kind="release_order", limit=5000)
    statuses = {each.status for each in found}
    print(f"{len(found)} effects: {sorted(statuses)}")
    assert statuses <= {EffectStatus.DONE, EffectStatus.WITHDRAWN}
