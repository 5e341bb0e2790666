"""A change request through its life on a real Odoo 19: its users, its portal, its messages.

Every mail, page and note of the life is a picture in the folder that PICTURES names, if it is set.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest
from psycopg.rows import TupleRow

from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks.domain.deciding import Answer
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, fleet_on, run_once
from tests.pictures.browser import chromium
from tests.workers.web.conftest import SECRET, serving
from workers import dispatch
from workers.delivery import dispatcher
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import free_port
from workers.effects import executor
from workers.ledger import audit, effects
from workers.ledger.effects import Effect
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus
from workers.looking import Look, lookout_of
from workers.looking import look as look_at
from workers.wiring import Fleet

from . import bots
from .album import Album
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer

pytestmark = pytest.mark.live
JOB: Final = "change_requests"
ORDER, LINE = "sale.order", "sale.order.line"
SALES: Final = "sales_team.group_sale_salesman_all_leads"
BOT: Final = Bot("fleet_changes", READ_BY_THE_JOBS, (SALES, "hr.group_hr_manager"))
ELISE, BRUNO, FEMKE, ANNA = (
    Bot(f"{name}@firm.example", (), (SALES, "project.group_project_user"))
    for name in ("elise", "bruno", "femke", "anna")
)
CONFIGURED: Final = f"""{TENANT}
recipients.delivery = ["delivery@firm.example"]
mail = {{ quiet_hours = "", quiet_days = [] }}
effects.change_request = "approve"
effects.note = "automatic"
policies.change_requests.decided_by_matrix = true
stand_ins = [{{ person = "{BRUNO.login}", by = "{FEMKE.login}" }}]

[tenants.firm.roles]
project_manager = "project.project.user_id"
director = ["{ANNA.login}"]

[tenants.firm.matrices.changes]
about = ["change_request"]
levels = [
  {{ name = "lead", roles = ["project_manager"] }}, {{ name = "director", roles = ["director"] }}
]

[[tenants.firm.matrices.changes.rules]]
name = "small"
currency = "USD"
amount_up_to = 600
levels = ["lead"]

[[tenants.firm.matrices.changes.rules]]
name = "all"
levels = ["lead", "director"]
"""
PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


@dataclass
class Firm:
    """A fleet on a real Odoo, which its people change as they do."""

    fleet: Fleet
    catcher: Catcher
    http: httpx.Client
    clock: Clock
    server: OdooServer
    database: str
    admin: Session
    #: As Elise, who may write orders.
    elise: Session
    users: dict[str, int]
    partner: int
    order: int
    #: Mails that `mails` has told of.
    read: int = 0

    def amend(self, amount: float) -> int:
        """Elise writes a quotation that changes the order."""
        (found,) = self.admin.call(ORDER, "read", [self.order], ["name", "project_id"], load="")
        (line, *_) = self.admin.call(LINE, "search", [("order_id", "=", self.order)])
        (sold,) = self.admin.call(LINE, "read", [line], ["product_id"], load="")
        values = {
            "partner_id": self.partner,
            "origin": found["name"],
            "user_id": self.users[BRUNO.login],
            "require_signature": True,
            "require_payment": False,
            "order_line": [
                (0, 0, {"product_id": sold["product_id"], "price_unit": amount, "tax_ids": [(5,)]})
            ],
        }
        return int(self.elise.call(ORDER, "create", values))

    def reprice(self, order: int, amount: float) -> None:
        lines = self.elise.call(LINE, "search", [("order_id", "=", order)])
        self.elise.call(LINE, "write", lines, {"price_unit": amount})

    def run(self) -> None:
        self.clock.forward(minutes=1)
        run_once(self.fleet, JOB, 1)
        while executor.execute_next(self.fleet):
            pass
        # As long as a mail waits for others at most.
        self.clock.forward(minutes=6)
        dispatcher.deliver(self.fleet)

    def mails(self) -> dict[str, str]:
        """The HTML of what was mailed since the last question, by recipient and subject."""
        new, self.read = self.catcher.mails[self.read :], len(self.catcher.mails)
        found = {}
        for mail in new:
            body = mail.get_body(("html",))
            assert body is not None
            found[f"{mail['To']}: {mail['Subject']}"] = body.get_content()
        return found

    def look(self) -> Look:
        now = self.clock()
        return look_at(self.fleet, lookout_of(self.fleet, Place(JOB, "firm", 1)), now, now)

    def row(self, order: int) -> Any:
        rows = self.look().report.rows
        (found,) = (r for r in rows if r["record_id"] == order and r["kind"] == "change_request")
        return found

    def findings(self, order: int) -> set[str]:
        return {f.kind for f in self.look().report.findings if f.record_id == order}

    def about(self, order: int) -> Effect:
        """The newest effect about a quotation."""
        with self.fleet.ledger.reading() as connection:
            found, *_ = effects.find(connection, kind="change_request", record_id=order)
        return found

    def link(self, order: int, person: Bot) -> str:
        """To the page on which a person decides, as a mail has it."""
        assert self.fleet.links is not None
        number, today = self.about(order).id, self.clock().date()
        return self.fleet.links.effect(person.login, Place(JOB, "firm", 1), number, today)

    def decide(self, order: int, person: Bot, answer: Answer, reason: str = "") -> httpx.Response:
        """On the page."""
        url = self.link(order, person)
        found = re.search(r'name="form" value="([^"]+)"', self.http.get(url).text)
        fields = {"form": found[1] if found else "", "act": answer.value, "reason": reason}
        return self.http.post(url, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    def sign(self, order: int) -> Any:
        """The customer signs on the portal, without a login, by the link that they were sent."""
        (found,) = self.admin.call(ORDER, "read", [order], ["name"])
        file = {"name": f"{found['name']}.pdf", "datas": base64.b64encode(a_pdf()).decode()}
        on = {"res_model": ORDER, "res_id": order}
        self.admin.call("ir.attachment", "create", {**file, **on})
        link = self.elise.call(ORDER, "get_portal_url", [order])
        token = httpx.URL(link).params["access_token"]
        with httpx.Client(base_url=self.server.url, timeout=60) as browser:
            browser.get("/web/login", params={"db": self.database})
            asked = {"access_token": token, "name": "Ute Hafen", "signature": PIXEL}
            path = f"/my/orders/{order}/accept"
            answer = browser.post(path, json={"jsonrpc": "2.0", "params": asked}).json()
        assert "result" in answer, answer
        return answer["result"]


def a_pdf() -> bytes:
    """An empty page: Odoo prints none on a machine without wkhtmltopdf."""
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    )
    made, places = b"%PDF-1.4\n", list[int]()
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(made)
    return made + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def people(odoo_server: OdooServer, demo_db: str) -> dict[str, int]:
    """Users by login."""
    bots.make(odoo_server, demo_db, BOT, ELISE, BRUNO, FEMKE, ANNA)
    admin = session_of(odoo_server, demo_db)
    logins = [each.login for each in (ELISE, BRUNO, FEMKE, ANNA)]
    rows = admin.call("res.users", "search_read", [("login", "in", logins)], ["login"])
    # What Odoo prints of an order is a file that it finds.
    (report,) = admin.call(
        "ir.actions.report", "search", [("report_name", "=", "sale.report_saleorder")], limit=1
    )
    kept = {"attachment": "object.name + '.pdf'", "attachment_use": True}
    admin.call("ir.actions.report", "write", [report], kept)
    return {row["login"]: row["id"] for row in rows}


@pytest.fixture
def firm(
    tmp_path: Path,
    odoo_server: OdooServer,
    demo_db: str,
    people: dict[str, int],
    sql: psycopg.Connection[TupleRow],
) -> Iterator[Firm]:
    """A confirmed order of two hours ago, with its project, that Bruno sold and leads."""
    admin = session_of(odoo_server, demo_db)
    address = Address(odoo_server.url, demo_db, ELISE.login, ELISE.password)
    partner = int(admin.call("res.partner", "create", {"name": "Hafenwerk", "is_company": True}))
    product = admin.call(
        "product.product",
        "create",
        {
            "name": "Consulting hour",
            "type": "service",
            "list_price": 100.0,
            "taxes_id": [(5, 0, 0)],
            "invoice_policy": "delivery",
            "service_type": "timesheet",
            "service_tracking": "task_in_project",
        },
    )
    lines = [(0, 0, {"product_id": product, "product_uom_qty": 10})]
    sold = {"partner_id": partner, "order_line": lines, "user_id": people[BRUNO.login]}
    order = int(admin.call(ORDER, "create", sold))
    admin.call(ORDER, "action_confirm", [order])
    (found,) = admin.call(ORDER, "read", [order], ["project_id", "date_order"], load="")
    assert found["project_id"], "Odoo names the project that it made on the order"
    leads = {"user_id": people[BRUNO.login]}
    admin.call("project.project", "write", [found["project_id"]], leads)
    ago = "date_order - interval '2 hours', create_date = create_date - interval '2 hours'"
    sql.execute(f"UPDATE sale_order SET date_order = {ago} WHERE id = %s", [order])
    before = "UPDATE sale_order_line SET create_date = create_date - interval '2 hours'"
    sql.execute(f"{before} WHERE order_id = %s", [order])
    clock = Clock(moment(found["date_order"]))
    bot = OdooRpc(Address(odoo_server.url, demo_db, BOT.login, BOT.password))
    port, smtp = free_port(), free_port()
    environ = {
        "FLEET_WEB_URL": f"http://127.0.0.1:{port}",
        "FLEET_WEB_PORT": str(port),
        "FLEET_LINK_SECRET": SECRET,
    }
    fleet = fleet_on(tmp_path, clock, bot, smtp_port=smtp, file=CONFIGURED, environ=environ)
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    with (
        catching(tmp_path / "mails", smtp) as catcher,
        serving(fleet, port),
        httpx.Client(timeout=30) as http,
    ):
        yield Firm(
            fleet,
            catcher,
            http,
            clock,
            odoo_server,
            demo_db,
            admin,
            Session(OdooRpc(address)),
            people,
            partner,
            order,
        )
    fleet.ledger.close()


@pytest.fixture
def album(tmp_path: Path) -> Iterator[Album]:
    with chromium() as browser:
        folder = Path(os.environ.get("PICTURES") or tmp_path / "pictures")
        yield Album(browser, folder, "change")


def test_from_raised_to_signed_and_applied(firm: Firm, album: Album) -> None:
    change = firm.amend(500.0)
    firm.run()
    assert firm.row(change)["status"] == "raised"
    asked = firm.about(change)
    assert asked.request is not None
    assert asked.request.requester == ELISE.login
    assert asked.request.held["project.project.user_id"] == (BRUNO.login,)
    mails = firm.mails()
    print(*mails, sep="\n")
    (subject,) = (each for each in mails if each.startswith(BRUNO.login))
    album.mail("asked", mails[subject])
    album.page("question", firm.link(change, BRUNO))

    assert firm.decide(change, BRUNO, Answer.REFUSED).status_code == 422, "why?"
    assert firm.decide(change, BRUNO, Answer.REFUSED, "part of the contract").status_code == 303
    firm.run()
    assert firm.row(change)["status"] == "refused"
    said = [("model", "=", ORDER), ("res_id", "=", change), ("body", "ilike", "refuses")]
    (note,) = firm.admin.call("mail.message", "search_read", said, ["body", "subtype_id"])
    assert "part of the contract" in note["body"]
    mails = firm.mails()
    print(*mails, sep="\n")
    (subject,) = (each for each in mails if each.startswith(ELISE.login))
    assert "part of the contract" in mails[subject]
    album.mail("refused", mails[subject])
    album.chatter("note-of-refusal", firm.server, firm.database, change)

    # Two that each stay under what a lead may decide alone, and together do not.
    firm.reprice(change, 450.0)
    other = firm.amend(450.0)
    firm.run()
    assert firm.row(change)["status"] == "raised"
    mails = firm.mails()
    print(*mails, sep="\n")
    for each in mails:
        album.mail("asked-in-two", mails[each])
    assert any("perhaps split" in html and "USD 900.00" in html for html in mails.values())
    for part in (change, other):
        assert "perhaps split" in firm.http.get(firm.link(part, FEMKE)).text
    album.page("question-in-two", firm.link(other, FEMKE))
    assert firm.decide(other, FEMKE, Answer.REFUSED, "one request, please").status_code == 303

    firm.elise.call(ORDER, "action_cancel", [other])
    firm.reprice(change, 900.0)
    firm.run()
    assert "perhaps split" not in firm.http.get(firm.link(change, FEMKE)).text
    assert firm.decide(change, ELISE, Answer.APPROVED).status_code == 403, "she asked for it"
    assert firm.decide(change, FEMKE, Answer.APPROVED).status_code == 303
    assert firm.decide(change, FEMKE, Answer.APPROVED).status_code == 403, "not on two levels"
    album.page("question-to-the-second-level", firm.link(change, ANNA))
    assert firm.decide(change, ANNA, Answer.APPROVED).status_code == 303
    firm.run()
    assert firm.about(change).status is EffectStatus.DONE
    album.page("decided", firm.link(change, ANNA))
    mails = firm.mails()
    print(*mails, sep="\n")
    for each in mails:
        album.mail("told", mails[each])
    told = [("res_model", "=", ORDER), ("res_id", "=", change)]
    (activity,) = firm.admin.call(
        "mail.activity", "search_read", told, ["summary", "user_id"], load=""
    )
    assert activity["user_id"] == firm.users[BRUNO.login]
    assert firm.row(change)["status"] == "decided"

    assert "error" not in firm.sign(change)
    firm.clock.forward(days=20)
    row = firm.row(change)
    assert (row["status"], row["decided_by"]) == ("applied", [FEMKE.login, ANNA.login])
    assert row["signed"] is not None
    assert not firm.findings(change) & {"unsigned", "never-decided", "not-applied"}
    album.chatter("signed-and-applied", firm.server, firm.database, change)
    with firm.fleet.ledger.reading() as connection:
        for entry in reversed(audit.entries(connection, 100)):
            if entry.event.startswith(("effect.", "decision.")):
                print(f"{entry.event} {dict(entry.detail)}")


def test_a_signature_that_a_colleague_types_is_none(firm: Firm) -> None:
    change = firm.amend(300.0)
    typed = {"signed_by": "Evil", "signed_on": "2026-01-01 10:00:00"}
    firm.elise.call(ORDER, "write", [change], typed)
    (row,) = firm.elise.call(ORDER, "read", [change], ["signed_by"])
    assert row["signed_by"] == "Evil"
    firm.elise.call(
        ORDER,
        "message_post",
        [change],
        body="Order signed by Evil",
        message_type="comment",
        author_id=firm.partner,
        attachments=[("order.pdf", "JVBERi0=")],
    )
    posted = [("model", "=", ORDER), ("res_id", "=", change), ("attachment_ids", "!=", False)]
    (message,) = firm.admin.call("mail.message", "search_read", posted, ["date"])
    firm.elise.call(ORDER, "write", [change], {"signed_on": message["date"]})
    firm.elise.call(ORDER, "action_confirm", [change])
    firm.clock.forward(days=20)
    assert firm.row(change)["signed"] is None
    assert firm.findings(change) >= {"unsigned", "never-decided"}


def test_lines_and_quantities_that_grow_are_seen(firm: Firm) -> None:
    assert "grown" not in firm.findings(firm.order)
    (line,) = firm.admin.call(LINE, "search", [("order_id", "=", firm.order)])
    firm.elise.call(LINE, "write", [line], {"product_uom_qty": 14})
    (sold,) = firm.admin.call(LINE, "read", [line], ["product_id"], load="")
    extra = {"order_id": firm.order, "product_id": sold["product_id"], "name": "Extra"}
    firm.elise.call(LINE, "create", extra)
    firm.clock.forward(minutes=5)
    (finding,) = (f for f in firm.look().report.findings if f.key == f"grown-order-{firm.order}")
    assert finding.reason == (
        "1 line was added after the order was confirmed: Extra; "
        "quantities were raised: from 10 to 14"
    )


def test_a_user_that_sees_all_is_told_of_nothing_that_is_not_verifiable(firm: Firm) -> None:
    firm.amend(200.0)
    assert firm.look().report.not_verifiable == ()
