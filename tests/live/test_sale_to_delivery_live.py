"""An order's whole way on a real Odoo 19, beside a whole fleet: from a won lead to an invoice.

Sales wins a lead and has its quotation confirmed. Delivery returns the handoff for a statement of
work, accepts it once that is attached, and agrees to the project, which is then made. A milestone
is reached, and Odoo itself drafts the invoice. Each mail, page and record is a picture in the
folder that PICTURES names, if it is set.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks import catalogue
from tests.chaos.parts import wait_until
from tests.pictures.browser import chromium
from tests.workers.ledger import postgres_server
from workers.demo.catcher import Catcher, catching
from workers.demo.processes import free_port
from workers.ledger import audit, cases, effects
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus

from . import bots
from .album import Album
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer
from .whole_fleet import TENANT, WholeFleet, install, settle, whole_fleet

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(2400)]
ORDER, LINE, PROJECT, TASK = "sale.order", "sale.order.line", "project.project", "project.task"
MILESTONE, ACTIVITY = "project.milestone", "mail.activity"
HANDOFFS: Final = Place("handoff_gate", TENANT, 1)
SETUP: Final = Place("project_setup", TENANT, 1)
SALES: Final = "sales_team.group_sale_salesman_all_leads"
BOT: Final = Bot("fleet_way", (*READ_BY_THE_JOBS, "crm.lead"), (SALES, "hr.group_hr_manager"))
ELISE: Final = Bot("elise@firm.example", (), (SALES,))
DANA, PAT, PIA, FINN = (
    Bot(f"{name}@firm.example", (), ("project.group_project_user",))
    for name in ("dana", "pat", "pia", "finn")
)
#: Hours that an order sells by line, its price, and the price of what its milestones bill.
HOURS, HOURLY, STAGED = (40.0, 60.0), 120.0, 20_000.0
PATIENCE: Final = 420
POLICIES: Final = """
disabled_jobs = {others}
effects.create_project = "approve"

[tenants.firm.roles]
lead = ["{dana}"]

[tenants.firm.matrices.projects]
about = ["create_project"]
levels = [{{ name = "lead", roles = ["lead"] }}]
rules = [{{ name = "all", levels = ["lead"] }}]

[tenants.firm.policies.handoff_gate]
wait_for_morning = false
acceptance_files = ["signed*"]
demands = [
  {{ item = "statement_of_work", owner = "salesperson", within_hours = 8 }},
  {{ item = "acceptance", owner = "salesperson", within_hours = 16 }},
  {{ item = "invoice_address", owner = "salesperson", within_hours = 16 }},
  {{ item = "invoice_email", owner = "salesperson", within_hours = 16 }},
  {{ item = "payment_terms", owner = "salesperson", within_hours = 16 }},
  {{ item = "purchase_order", owner = "salesperson", within_hours = 16 }},
  {{ item = "scope_notes", owner = "salesperson", within_hours = 16 }},
]
accept_within_hours = 0
service_lines = [{{ name = "implementation", categories = [{category}], delivery_lead = {lead} }}]

[tenants.firm.policies.project_setup]
wait_for_morning = false
waits_for_handoff = true
kickoff_after = 0
delivery_lead = {lead}
planner = {planner}
finance = [{finance}]

[[tenants.firm.policies.project_setup.service_lines]]
name = "implementation"
categories = [{category}]
template = {template}
role = "Consultant"
milestones = [
  {{ name = "Design accepted", percent = 40, days = 14 }},
  {{ name = "Go-live", percent = 60, days = 84 }},
]
"""


@dataclass
class Way:
    """A firm with its fleet, and what is measured on the way."""

    playing: WholeFleet
    catcher: Catcher
    admin: Session
    #: As Elise, who sells.
    elise: Session
    users: dict[str, int]
    category: int
    template: int
    #: Mails that were taken for read.
    read: int = 0
    times: dict[str, float] = field(default_factory=dict)

    def mailed(self, person: Bot, words: str) -> str:
        """The HTML of the next mail to a person that says this; it is waited for."""
        found: list[str] = []

        def arrived() -> bool:
            for number, mail in enumerate(self.catcher.mails[self.read :], self.read + 1):
                body = mail.get_body(("html",))
                html = body.get_content() if body else ""
                if mail["To"] == person.login and words in re.sub(r"\s+", " ", html):
                    self.read = number
                    found.append(html)
                    return True
            return False

        wait_until(arrived, PATIENCE, f"a mail to {person.login}: {words}")
        return found[0]

    def timed(self, name: str, act: Callable[[], Any], until: Callable[[], str]) -> str:
        """Act, wait, and note the seconds between."""
        began = time.monotonic()
        act()
        found = until()
        self.times[name] = round(time.monotonic() - began, 1)
        return found

    def handoff(self, order: int) -> str:
        """The link to the page on which Dana accepts or returns what is handed in now."""
        with self.playing.fleet.ledger.reading() as connection:
            standing = cases.open_cases(connection, HANDOFFS)
        keys = [
            c.finding.key for c in standing if c.finding.key.startswith(f"handoff-order-{order}")
        ]
        (key,) = keys
        assert self.playing.fleet.links is not None
        return self.playing.fleet.links.case(DANA.login, HANDOFFS, key, date.today())

    def effect(self, order: int) -> Any:
        """The project that is asked for; None before."""
        with self.playing.fleet.ledger.reading() as connection:
            found = effects.find(connection, kind="create_project", record_id=order)
        return found[0] if found else None

    def send(self, url: str, act: str, reason: str = "") -> None:
        """Press a button of a page."""
        with httpx.Client(timeout=60) as http:
            form = re.search(r'name="form" value="([^"]+)"', http.get(url).text)
            assert form is not None
            fields = {"form": form[1], "act": act, "reason": reason}
            answer = http.post(url, data=fields, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 303, answer.text

    def attach(self, order: int, name: str) -> None:
        pdf = base64.b64encode(b"%PDF-1.4\n%%EOF").decode()
        on = {"res_model": ORDER, "res_id": order, "mimetype": "application/pdf"}
        self.elise.call("ir.attachment", "create", {**on, "name": name, "datas": pdf})

    def rows(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        context = {"active_test": False}
        found: list[dict[str, Any]] = self.admin.call(
            model, "search_read", domain, list(fields), load="", context=context, order="id"
        )
        return found


def quotation(way: Way) -> int:
    """Of a won lead: two lines of hours under a heading each, and one that milestones bill."""
    address = {"street": "Hafenstr. 1", "zip": "18439", "city": "Stralsund"}
    country = way.admin.reference("base", "de")
    firm = {"name": "Werft Stralsund", "is_company": True, "email": "accounts@werft.example"}
    partner = way.admin.call("res.partner", "create", {**firm, **address, "country_id": country})
    lead = {"name": "Docks", "type": "opportunity", "partner_id": partner}
    opportunity = way.admin.call("crm.lead", "create", {**lead, "user_id": way.users[ELISE.login]})
    way.admin.call("crm.lead", "action_set_won", [opportunity])
    service = {"type": "service", "taxes_id": [(5,)], "categ_id": way.category}
    service |= {"invoice_policy": "delivery", "service_tracking": "no"}
    of_hours = {"name": "Consulting hour", "list_price": HOURLY, "service_type": "timesheet"}
    of_hours |= {"uom_id": way.admin.reference("uom", "product_uom_hour")}
    of_stages = {"name": "Dock software", "list_price": STAGED, "service_type": "milestones"}
    hour, staged = (
        way.admin.call("product.product", "create", {**service, **values})
        for values in (of_hours, of_stages)
    )
    terms = way.admin.call("account.payment.term", "search", [], limit=1)
    lines: list[Any] = []
    for heading, hours in zip(("Design", "Build"), HOURS, strict=True):
        lines.append({"name": heading, "display_type": "line_section"})
        lines.append({"product_id": hour, "product_uom_qty": hours})
    lines.append({"product_id": staged, "product_uom_qty": 1})
    lines.append(
        {
            "name": "In scope: docks. Out of scope: hardware of any kind.",
            "display_type": "line_note",
        }
    )
    values = {
        "partner_id": partner,
        "opportunity_id": opportunity,
        "user_id": way.users[ELISE.login],
        "client_order_ref": "WS-2207",
        "payment_term_id": terms[0],
        "order_line": [(0, 0, {**each, "sequence": n}) for n, each in enumerate(lines)],
    }
    order = int(way.elise.call(ORDER, "create", values))
    way.attach(order, "signed offer.pdf")
    return order


@pytest.fixture
def way(tmp_path: Path, odoo_server: OdooServer, demo_db: str) -> Iterator[Way]:
    people = (ELISE, DANA, PAT, PIA, FINN)
    bots.make(odoo_server, demo_db, BOT, *people)
    admin = session_of(odoo_server, demo_db)
    logins = [each.login for each in people]
    rows = admin.call("res.users", "search_read", [("login", "in", logins)], ["login"])
    users = {row["login"]: int(row["id"]) for row in rows}
    for each in people:
        name = each.login.partition("@")[0].title()
        told = {"name": name, "user_id": users[each.login], "work_email": each.login}
        admin.call("hr.employee", "create", {**told, "company_id": 1})
    category = int(admin.call("product.category", "create", {"name": "Implementation"}))
    tasks = (("Kickoff workshop", "2026-01-12", 4.0), ("Specification", "2026-02-02", 16.0))
    template = int(
        admin.call(
            PROJECT,
            "create",
            {
                "name": "Standard delivery",
                "is_template": True,
                "allow_billable": True,
                "allow_milestones": True,
                "user_id": users[PAT.login],
                "date_start": "2026-01-05",
                "date": "2026-04-05",
                "task_ids": [
                    (
                        0,
                        0,
                        {"name": n, "date_deadline": f"{day} 12:00:00", "allocated_hours": hours},
                    )
                    for n, day, hours in tasks
                ],
                "milestone_ids": [(0, 0, {"name": "Design accepted"})],
            },
        )
    )
    ours = {HANDOFFS.job, SETUP.job}
    events = sorted(
        wake.event for name in (HANDOFFS.job, SETUP.job) for wake in catalogue.jobs()[name].wakes
    )
    install(admin, BOT.login, events)
    policies = POLICIES.format(
        others=json.dumps(sorted(catalogue.jobs().keys() - ours)),
        dana=DANA.login,
        category=category,
        template=template,
        lead=users[DANA.login],
        planner=users[PIA.login],
        finance=users[FINN.login],
    )
    smtp = free_port()
    address = Address(odoo_server.url, demo_db, ELISE.login, ELISE.password)
    with (
        catching(tmp_path / "mails", smtp) as catcher,
        postgres_server.running() as ledgers,
        whole_fleet(
            odoo_server,
            demo_db,
            BOT.login,
            BOT.password,
            tmp_path,
            ledgers.create("way"),
            ["outbox", "feed"],
            {},
            more=policies,
            smtp_port=smtp,
        ) as playing,
    ):
        settle(playing, 10)
        elise = Session(OdooRpc(address))
        yield Way(playing, catcher, admin, elise, users, category, template)


@pytest.fixture
def album(tmp_path: Path) -> Iterator[Album]:
    with chromium() as browser:
        folder = Path(os.environ.get("PICTURES") or tmp_path / "pictures")
        yield Album(browser, folder, "way")


def test_from_a_won_lead_to_an_invoice(
    way: Way, album: Album, odoo_server: OdooServer, demo_db: str
) -> None:
    order = quotation(way)
    (sold,) = way.rows(ORDER, [("id", "=", order)], "name", "partner_id", "amount_untaxed")
    missing = way.timed(
        "from the confirmation to the mail of what is missing",
        lambda: way.elise.call(ORDER, "action_confirm", [order]),
        lambda: way.mailed(ELISE, "missing: statement of work"),
    )
    confirmed = time.monotonic()
    album.mail("missing", missing)
    way.read = 0
    album.mail("to-be-staffed", way.mailed(PIA, "100 hours are to be staffed"))
    way.read = 0
    way.mailed(DANA, "the handoff is to be accepted")
    url = way.handoff(order)
    album.page("handoff", url)
    album.mail(
        "returned",
        way.timed(
            "from the return to the mail about it",
            lambda: way.send(url, "returned", "no statement of work"),
            lambda: way.mailed(ELISE, "no statement of work"),
        ),
    )
    assert way.effect(order) is None, "no project is asked for before the handoff is accepted"
    album.mail(
        "handed-in-again",
        way.timed(
            "from the file to the mail that it is handed in again",
            lambda: way.attach(order, "Statement of work.pdf"),
            lambda: way.mailed(DANA, "the handoff is to be accepted"),
        ),
    )
    url = way.handoff(order)
    asked = way.timed(
        "from the acceptance to the question about the project",
        lambda: way.send(url, "accepted"),
        lambda: way.mailed(DANA, "a project of the order"),
    )
    album.page("accepted", url)
    album.mail("project-asked-for", asked)
    assert way.playing.fleet.links is not None
    effect = way.effect(order)
    url = way.playing.fleet.links.effect(DANA.login, SETUP, effect.id, date.today())
    album.page("project-question", url)

    def made() -> str:
        wait_until(lambda: way.effect(order).status is EffectStatus.DONE, PATIENCE, "the project")
        return ""

    way.timed("from the yes to the project", lambda: way.send(url, "approved"), made)
    way.times["from the confirmation to the project, with all that people did"] = round(
        time.monotonic() - confirmed, 1
    )
    number = whole_project(way, order, sold)
    album.odoo("project", odoo_server, demo_db, f"project.project/{number}", ".o_form_view")
    finance = way.mailed(FINN, "is active") if date.today().weekday() < 5 else ""
    if finance:
        album.mail("active", finance)
    invoiced(way, order, number)
    (move,) = way.rows("account.move", [("line_ids.sale_line_ids.order_id", "=", order)], "id")
    album.odoo("invoice", odoo_server, demo_db, f"account.move/{move['id']}", ".o_form_view")
    for name, seconds in way.times.items():
        print(f"{seconds:7.1f} s {name}")
    with way.playing.fleet.ledger.reading() as connection:
        for entry in reversed(audit.entries(connection, 100)):
            if entry.event.startswith(("effect.", "decision.", "case.accepted", "case.returned")):
                print(f"{entry.event} {dict(entry.detail)}")


def workday(day: date) -> date:
    """That day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def whole_project(way: Way, order: int, sold: dict[str, Any]) -> int:
    """The one project of the order, compared with order and template field by field; its id."""
    lines = way.rows(
        LINE,
        [("order_id", "=", order), ("product_id", "!=", False)],
        "project_id",
        "price_unit",
        "qty_delivered_method",
        "name",
    )
    first, second, staged = lines
    domain = ["|", ("sale_line_id.order_id", "=", order), ("reinvoiced_sale_order_id", "=", order)]
    fields = [*("name", "user_id", "partner_id", "company_id", "allow_billable")]
    fields += ["allow_milestones", "sale_line_id", "reinvoiced_sale_order_id"]
    fields += ["date_start", "date", "allocated_hours"]
    (project,) = way.rows(PROJECT, domain, *fields)
    (confirmed,) = way.rows(ORDER, [("id", "=", order)], "date_order", "project_id")
    number = int(project["id"])
    kickoff = workday(datetime.fromisoformat(confirmed["date_order"]).date())
    assert project == {
        "id": number,
        "name": f"{sold['name']} Werft Stralsund",
        "user_id": way.users[PAT.login],
        "partner_id": sold["partner_id"],
        "company_id": 1,
        "allow_billable": True,
        "allow_milestones": True,
        "sale_line_id": first["id"],
        "reinvoiced_sale_order_id": order,
        "date_start": str(kickoff),
        # As long as the template.
        "date": str(kickoff + timedelta(days=90)),
        "allocated_hours": sum(HOURS),
    }
    assert confirmed["project_id"] == number
    assert {line["project_id"] for line in lines} == {number}
    within = [("project_id", "=", number)]
    found = way.rows(MILESTONE, within, "name", "sale_line_id", "quantity_percentage", "deadline")
    assert {
        (m["name"], m["sale_line_id"], round(m["quantity_percentage"], 4), m["deadline"])
        for m in found
    } == {
        ("Design accepted", staged["id"], 0.4, str(workday(kickoff + timedelta(days=14)))),
        ("Go-live", staged["id"], 0.6, str(workday(kickoff + timedelta(days=84)))),
    }
    tasks = way.rows(TASK, within, "name", "sale_line_id", "allocated_hours", "date_deadline")
    told = {
        (t["name"], t["sale_line_id"], t["allocated_hours"], str(t["date_deadline"])[:10])
        for t in tasks
    }
    assert told == {
        ("Kickoff workshop", first["id"], 4.0, str(workday(kickoff + timedelta(days=7)))),
        ("Specification", first["id"], 16.0, str(workday(kickoff + timedelta(days=28)))),
        ("Consulting hour", first["id"], HOURS[0], "False"),
        ("Consulting hour", second["id"], HOURS[1], "False"),
    }
    about = [("res_model", "=", PROJECT), ("res_id", "=", number)]
    todos = way.rows(ACTIVITY, about, "summary", "user_id")
    elise, pat = way.users[ELISE.login], way.users[PAT.login]
    assert {(each["summary"], each["user_id"]) for each in todos} == {
        ("Hand over scope and promises", elise),
        ("Confirm the team", pat),
        ("Confirm billing contact and milestones", elise),
        ("Hold the kickoff", pat),
        ("Send minutes and plan to the customer", pat),
    }
    return number


def invoiced(way: Way, order: int, project: int) -> None:
    """Two hours are logged, a milestone is reached, and Odoo drafts what both come to."""
    (milestone,) = way.rows(
        MILESTONE, [("project_id", "=", project), ("name", "=", "Design accepted")], "id"
    )
    way.admin.call(MILESTONE, "write", [milestone["id"]], {"is_reached": True})
    (task, *_) = way.rows(TASK, [("project_id", "=", project), ("name", "=", "Consulting hour")])
    (employee, *_) = way.admin.call("hr.employee", "search", [("company_id", "=", 1)], limit=1)
    hours = {"project_id": project, "task_id": task["id"], "unit_amount": 2.0}
    way.admin.call(
        "account.analytic.line", "create", {**hours, "name": "Met", "employee_id": employee}
    )
    wizard = way.admin.call(
        "sale.advance.payment.inv",
        "create",
        {"sale_order_ids": [(6, 0, [order])], "advance_payment_method": "delivered"},
    )
    way.admin.call("sale.advance.payment.inv", "create_invoices", [wizard])
    domain = [("line_ids.sale_line_ids.order_id", "=", order)]
    (move,) = way.rows("account.move", domain, "state", "amount_untaxed", "move_type")
    assert (move["state"], move["move_type"]) == ("draft", "out_invoice")
    assert move["amount_untaxed"] == 0.4 * STAGED + 2 * HOURLY
    print(f"drafted by Odoo: {move['amount_untaxed']}")
