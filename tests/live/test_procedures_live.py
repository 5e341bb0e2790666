"""Our procedures on a real Odoo 19, as the fleet's own user: once, whoever calls, or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.procedures import calling, comparing, installing, membership, wanted
from odoo_gateway.procedures.calling import StageSet
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .gateway import session_of
from .odoo_server import OdooServer

pytestmark = pytest.mark.live
# Who made what Odoo makes for an administrator.
ADMIN = "Mitchell Admin"
ORDER, PROJECT, MOVE = "sale.order", "project.project", "account.move"
TASK, LEAD = "project.task", "crm.lead"
BOT = Bot("fleet_bot", (*READ_BY_THE_JOBS, LEAD))
T = TypeVar("T")


@pytest.fixture(scope="module")
def admin(odoo_server: OdooServer, demo_db: str) -> Session:
    return session_of(odoo_server, demo_db)


@pytest.fixture(scope="module")
def bot(odoo_server: OdooServer, demo_db: str, admin: Session) -> Session:
    """A user that may only read, and is in our group."""
    bots.make(odoo_server, demo_db, BOT)
    found = comparing.seen_by_administrator(admin, ())
    pieces = wanted.pieces(found.odoo, (), ())
    installing.install(admin, pieces, comparing.compare(pieces, found))
    membership.join(admin, membership.member(admin, BOT.login))
    return Session(OdooRpc(Address(odoo_server.url, demo_db, BOT.login, BOT.password)))


@pytest.fixture(scope="module")
def product(admin: Session) -> int:
    values = {"name": "Advice", "type": "service", "list_price": 100.0, "taxes_id": [(5, 0, 0)]}
    how = {"invoice_policy": "delivery", "service_type": "manual", "service_tracking": "no"}
    return int(admin.call("product.product", "create", {**values, **how}))


@pytest.fixture
def order_of(admin: Session, product: int) -> Callable[..., int]:
    """Makes an order of 5, of which 2 are delivered."""
    (partner, *_) = admin.call("res.partner", "search", [("is_company", "=", True)], limit=1)

    def make(*, confirmed: bool = True) -> int:
        lines = [(0, 0, {"product_id": product, "product_uom_qty": 5})]
        values = {"partner_id": partner, "company_id": 1, "order_line": lines}
        order = int(admin.call(ORDER, "create", values))
        if confirmed:
            admin.call(ORDER, "action_confirm", [order])
            deliver(admin, order, 2.0)
        return order

    return make


def deliver(admin: Session, order: int, quantity: float) -> None:
    lines = admin.call("sale.order.line", "search", [("order_id", "=", order)])
    admin.call("sale.order.line", "write", lines, {"qty_delivered": quantity})


def rows(session: Session, model: str, domain: Sequence[Any], *fields: str) -> Any:
    context = {"active_test": False}
    return session.call(model, "search_read", domain, list(fields), load="", context=context)


def until_done(call: Callable[[], T], tries: Counter[str]) -> T:
    """What an effect that is tried again after each conflict comes to in the end."""
    for _ in range(50):
        tries["calls"] += 1
        try:
            return call()
        except OdooUnavailable:
            tries["conflicts"] += 1
    raise AssertionError("lost every race")


def test_32_concurrent_calls_for_4_orders_make_4_projects(
    bot: Session, admin: Session, order_of: Callable[..., int]
) -> None:
    orders, tries = [order_of() for _ in range(4)], Counter[str]()

    def call(number: int) -> calling.ProjectMade:
        order = orders[number % 4]
        return until_done(lambda: calling.create_project(bot, 1, order), tries)

    with ThreadPoolExecutor(32) as pool:
        made = list(pool.map(call, range(32)))
    found = rows(admin, PROJECT, [("reinvoiced_sale_order_id", "in", orders)], "sale_line_id")
    assert len(found) == len({each.project_id for each in made}) == 4
    assert sum(each.created for each in made) == 4
    print(f"32 calls for 4 orders: {len(found)} projects; {dict(tries)}")


def test_32_concurrent_calls_for_4_orders_make_4_drafts(
    bot: Session, admin: Session, order_of: Callable[..., int]
) -> None:
    orders, tries = [order_of() for _ in range(4)], Counter[str]()

    def call(number: int) -> calling.InvoicesDrafted:
        order = orders[number % 4]
        return until_done(lambda: calling.draft_invoice(bot, 1, order), tries)

    with ThreadPoolExecutor(32) as pool:
        made = list(pool.map(call, range(32)))
    domain = [("line_ids.sale_line_ids.order_id", "in", orders)]
    found = rows(admin, MOVE, domain, "amount_untaxed", "state", "create_uid")
    assert [(row["amount_untaxed"], row["state"]) for row in found] == [(200.0, "draft")] * 4
    assert {row["create_uid"] for row in found} == {bot.user_id}
    assert {each.move_ids for each in made} == {(row["id"],) for row in found}
    assert sum(each.created for each in made) == 4
    print(f"32 calls for 4 orders: {len(found)} drafts; {dict(tries)}")


def test_a_project_has_the_links_that_make_its_billing_work(
    bot: Session, admin: Session, order_of: Callable[..., int]
) -> None:
    values = {"name": "Template", "is_template": True, "allow_billable": True}
    tasks = [(0, 0, {"name": "Kick off"}), (0, 0, {"name": "Deliver"})]
    stages = [(0, 0, {"name": "To do"}), (0, 0, {"name": "Done"})]
    template = admin.call(PROJECT, "create", {**values, "task_ids": tasks, "type_ids": stages})
    order = order_of()
    made = calling.create_project(bot, 1, order, template_id=template, name="Advice for them")
    fields = ("name", "partner_id", "company_id", "allow_billable", "sale_line_id")
    (project,) = rows(admin, PROJECT, [("id", "=", made.project_id)], *fields)
    (sold,) = rows(admin, ORDER, [("id", "=", order)], "partner_id", "order_line", "project_id")
    line = sold["order_line"][0]
    assert project == {
        "id": made.project_id,
        "name": "Advice for them",
        "partner_id": sold["partner_id"],
        "company_id": 1,
        "allow_billable": True,
        "sale_line_id": line,
    }
    assert sold["project_id"] == made.project_id
    found = rows(admin, TASK, [("project_id", "=", made.project_id)], "name", "sale_line_id")
    assert {(row["name"], row["sale_line_id"]) for row in found} == {
        ("Kick off", line),
        ("Deliver", line),
    }
    assert calling.create_project(bot, 1, order).project_id == made.project_id


@pytest.mark.parametrize("call", [calling.create_project, calling.draft_invoice])
def test_what_is_not_confirmed_or_of_another_company_is_refused(
    bot: Session, order_of: Callable[..., int], call: Callable[[Session, int, int], object]
) -> None:
    with pytest.raises(OdooRejected, match="the order is not confirmed"):
        call(bot, 1, order_of(confirmed=False))
    with pytest.raises(OdooRejected, match="there is no such order in this company"):
        call(bot, 2, order_of())
    with pytest.raises(OdooRejected, match="there is no such order in this company"):
        call(bot, 1, 999_999)


def test_no_credit_note_is_made_of_what_was_taken_back(
    bot: Session, admin: Session, order_of: Callable[..., int]
) -> None:
    order = order_of()
    drafted = calling.draft_invoice(bot, 1, order)
    assert calling.draft_invoice(bot, 1, order).move_ids == drafted.move_ids
    admin.call(MOVE, "write", list(drafted.move_ids), {"invoice_date": "2026-11-02"})
    admin.call(MOVE, "action_post", list(drafted.move_ids))
    with pytest.raises(OdooRejected, match="there is nothing to invoice"):
        calling.draft_invoice(bot, 1, order)
    deliver(admin, order, 1.0)
    with pytest.raises(OdooRejected, match="more is invoiced than delivered"):
        calling.draft_invoice(bot, 1, order)
    found = rows(admin, MOVE, [("line_ids.sale_line_ids.order_id", "=", order)], "move_type")
    assert [row["move_type"] for row in found] == ["out_invoice"]


def seen(session: Session, model: str, record_id: int) -> datetime:
    (row,) = rows(session, model, [("id", "=", record_id)], "write_date")
    return datetime.fromisoformat(row["write_date"]).replace(tzinfo=UTC)


def test_a_task_is_moved_once_and_not_over_somebody_elses_change(
    bot: Session, admin: Session
) -> None:
    values = {"name": "Moves", "type_ids": [(0, 0, {"name": "One"}), (0, 0, {"name": "Two"})]}
    project = admin.call(PROJECT, "create", values)
    stages = rows(admin, "project.task.type", [("project_ids", "in", [project])], "name")
    one, two = (next(s["id"] for s in stages if s["name"] == name) for name in ("One", "Two"))
    task = admin.call(TASK, "create", {"name": "Task", "project_id": project, "stage_id": one})
    moment = seen(bot, TASK, task)
    with pytest.raises(OdooRejected, match="the record was changed since"):
        calling.set_stage(bot, TASK, task, two, moment.replace(year=2020))
    mails = admin.call("mail.mail", "search_count", [])
    assert calling.set_stage(bot, TASK, task, two, moment) == StageSet(True, two, one)
    assert calling.set_stage(bot, TASK, task, two, moment) == StageSet(False, two, two)
    assert admin.call("mail.mail", "search_count", []) == mails
    (other, *_) = rows(admin, "project.task.type", [("project_ids", "not in", [project])])
    with pytest.raises(OdooRejected, match="the project has no such stage"):
        calling.set_stage(bot, TASK, task, other["id"], seen(bot, TASK, task))
    said = rows(admin, "mail.message", [("model", "=", TASK), ("res_id", "=", task)], "create_uid")
    assert bot.user_id in {row["create_uid"] for row in said}


def test_a_lead_is_moved(bot: Session, admin: Session) -> None:
    (first, then, *_) = rows(admin, "crm.stage", [("is_won", "=", False)], "id")
    lead = admin.call(LEAD, "create", {"name": "Lead", "stage_id": first["id"]})
    moved = calling.set_stage(bot, LEAD, lead, then["id"], seen(bot, LEAD, lead))
    assert moved == StageSet(True, then["id"], first["id"])


def of_lines(admin: Session, tracking: str, *templates: int) -> tuple[int, list[int]]:
    """A confirmed order of a product for each template, and the ids of its lines."""
    how = {"type": "service", "invoice_policy": "delivery", "list_price": 100.0}
    products = [
        int(
            admin.call(
                "product.product",
                "create",
                {**how, "name": f"Work {template}", "taxes_id": [(5, 0, 0)]}
                | {"service_tracking": tracking}
                | ({"project_template_id": template} if tracking != "no" else {}),
            )
        )
        for template in templates
    ]
    (partner, *_) = admin.call("res.partner", "search", [("is_company", "=", True)], limit=1)
    lines = [(0, 0, {"product_id": product, "product_uom_qty": 5}) for product in products]
    order = {"partner_id": partner, "company_id": 1, "order_line": lines}
    number = int(admin.call(ORDER, "create", order))
    admin.call(ORDER, "action_confirm", [number])
    found = rows(admin, "sale.order.line", [("order_id", "=", number)], "id")
    return number, sorted(row["id"] for row in found)


@pytest.fixture(scope="module")
def templates(admin: Session) -> tuple[int, int]:
    first, second = (
        int(admin.call(PROJECT, "create", {"name": f"Standard {n}", "is_template": True}))
        for n in (1, 2)
    )
    return first, second


def project_of(session: Session, order: int, template: int, **plan: Any) -> calling.ProjectMade:
    planned = calling.ProjectPlan(beside="" if plan.get("named") else "Support", **plan)
    name = plan.get("named") or "Work"
    return until_done(
        lambda: calling.create_project(
            session, 1, order, template_id=template, name=name, plan=planned
        ),
        Counter(),
    )


def test_odoo_makes_a_project_for_each_template_and_those_are_taken(
    admin: Session, bot: Session, templates: tuple[int, int]
) -> None:
    order, lines = of_lines(admin, "task_in_project", *templates, templates[0])
    named = {
        row["id"]: row["project_id"]
        for row in rows(admin, "sale.order.line", [("id", "in", lines)], "project_id")
    }
    first, second, third = (named[line] for line in lines)
    assert first == third != second
    for line in lines:
        made = project_of(bot, order, templates[0], lines=(line,))
        assert made == calling.ProjectMade(False, named[line], ADMIN)


def test_each_template_has_its_project_once_and_support_stands_beside_them(
    admin: Session, bot: Session, templates: tuple[int, int]
) -> None:
    order, (one, two) = of_lines(admin, "no", *templates)
    plans: list[dict[str, Any]] = [
        {"named": "Support", "description": "<p>P1: within 4 h</p>"},
        {"lines": (one,), "line_id": one},
        {"lines": (two,), "line_id": two},
    ]

    def make(number: int) -> calling.ProjectMade:
        plan = plans[number % 3]
        return project_of(bot, order, templates[number % 2], **plan)

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(make, range(9)))
    by_plan = [{each.project_id for each in made[n::3]} for n in range(3)]
    assert [len(ids) for ids in by_plan] == [1, 1, 1]
    assert sum(each.created for each in made) == 3
    (support,), (first,), (second,) = by_plan
    fields = ("allow_billable", "sale_line_id", "description", "reinvoiced_sale_order_id")
    found = {
        row["id"]: row
        for row in rows(admin, PROJECT, [("id", "in", [support, first, second])], *fields)
    }
    assert len(found) == 3
    assert found[support]["allow_billable"] is False
    assert found[support]["sale_line_id"] is False
    assert "P1: within 4 h" in found[support]["description"]
    assert {row["reinvoiced_sale_order_id"] for row in found.values()} == {order}
    assert (found[first]["sale_line_id"], found[second]["sale_line_id"]) == (one, two)
    named = rows(admin, "sale.order.line", [("id", "in", [one, two])], "project_id")
    assert {row["id"]: row["project_id"] for row in named} == {one: first, two: second}


def test_what_a_person_made_meanwhile_is_taken_for_what_it_is_of(
    admin: Session, bot: Session, templates: tuple[int, int]
) -> None:
    order, (one, two) = of_lines(admin, "no", *templates)
    (partner,) = rows(admin, ORDER, [("id", "=", order)], "partner_id")
    theirs = {"name": "By hand", "partner_id": partner["partner_id"], "allow_billable": True}
    by_hand = int(admin.call(PROJECT, "create", {**theirs, "sale_line_id": two}))
    there = project_of(bot, order, templates[1], lines=(two,))
    assert there == calling.ProjectMade(False, by_hand, ADMIN)
    made = project_of(bot, order, templates[0], lines=(one,))
    assert made.created
    # One that a person made for the whole order is that of every line.
    other, (three, four) = of_lines(admin, "no", *templates)
    whole = int(admin.call(PROJECT, "create", {**theirs, "reinvoiced_sale_order_id": other}))
    for line in (three, four):
        there = project_of(bot, other, templates[0], lines=(line,))
        assert there == calling.ProjectMade(False, whole, ADMIN)
