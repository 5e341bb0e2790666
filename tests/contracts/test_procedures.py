"""Our procedures do the same, refuse the same and race the same in a sandbox as in a real Odoo."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.procedures import calling, comparing, installing, membership, wanted
from odoo_gateway.procedures.calling import StageSet
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tests.contracts.sandboxed import AS_OF
from tests.fakes import errands
from tests.live.odoo_server import LOGIN, PASSWORD, start

ORDER, LINE, PROJECT = "sale.order", "sale.order.line", "project.project"
MOVE, TASK, STAGE = "account.move", "project.task", "project.task.type"
T = TypeVar("T")
# Ten each of the orders that can be worked on; what is refused; and tasks to move.
MANY: Final = 12
IN_ODOO = f"""
here = env(context=dict(env.context, allowed_company_ids=[1]))
product = here['product.product'].create({{
    'name': 'Advice', 'type': 'service', 'list_price': {errands.PRICE}, 'taxes_id': [(5, 0, 0)],
    'invoice_policy': 'delivery', 'service_type': 'manual', 'service_tracking': 'no'}})
partner = here['res.partner'].search([('is_company', '=', True)], limit=1)
orders = here['sale.order'].create([{{
    'partner_id': partner.id, 'company_id': 1, 'client_order_ref': {errands.REFERENCE!r},
    'order_line': [(0, 0, {{'product_id': product.id, 'product_uom_qty': {errands.ORDERED}}})],
}} for _ in range({MANY})])
orders[:-1].action_confirm()
orders[:-2].order_line.qty_delivered = {errands.DELIVERED}
stages = here['project.task.type'].create([{{'name': n}} for n in ('New', 'Doing', 'Elsewhere')])
project = here['project.project'].create(
    {{'name': 'Errands', 'company_id': 1, 'type_ids': [(6, 0, stages[:2].ids)]}})
here['project.project'].create({{
    'name': {errands.TEMPLATE!r}, 'company_id': 1, 'is_template': True, 'allow_milestones': True,
    'allow_billable': True,
    'milestone_ids': [(0, 0, {{'name': n, 'deadline': '2026-01-09'}}) for n in ('Design', 'Build')],
    'task_ids': [(0, 0, {{'name': n, 'allocated_hours': h, 'date_deadline': '2026-01-09 10:00:00'}})
                 for n, h in (('Kickoff', 0.0), ('Report', 8.0))]}})
# A stage of no project is somebody's own.
here['project.project'].create({{'name': 'Other', 'type_ids': [(6, 0, stages[2].ids)]}})
here['project.task'].create([
    {{'name': f'Errand {{n}}', 'project_id': project.id, 'stage_id': stages[0].id}}
    for n in range({MANY})])
env.cr.commit()
"""


@dataclass(frozen=True)
class Works:
    """Where procedures are installed, and what there is to do."""

    session: Session
    #: To be worked on, then one of which nothing is due, then a quotation; all of one company.
    orders: Sequence[int]
    tasks: Sequence[int]
    #: The tasks' own, the next of their project, and one of another.
    stages: Sequence[int]


@contextmanager
def in_sandbox() -> Iterator[Address]:
    """A sandbox with errands."""
    made = Sandbox(AS_OF, rows=errands.rows(AS_OF, MANY), installed=True)
    with serving(Site(made)) as url:
        yield Address(url, "sandbox", "fleet", "sandbox")


@contextmanager
def in_odoo19() -> Iterator[Address]:
    """A clone of a real one, with the procedures and errands."""
    server = start()
    database = server.clone("contract_procedures")
    try:
        server.shell(database, IN_ODOO)
        address = Address(server.url, database, LOGIN, PASSWORD)
        admin = Session(OdooRpc(address))
        found = comparing.seen_by_administrator(admin, ())
        pieces = wanted.pieces(found.odoo, (), ())
        installing.install(admin, pieces, comparing.compare(pieces, found))
        membership.join(admin, membership.member(admin, LOGIN))
        yield address
    finally:
        server.drop(database)


SERVERS: Final = {"sandbox": in_sandbox, "odoo19": in_odoo19}


@pytest.fixture(scope="module", params=["sandbox", pytest.param("odoo19", marks=pytest.mark.live)])
def works(request: pytest.FixtureRequest) -> Iterator[Works]:
    server: AbstractContextManager[Address] = SERVERS[request.param]()
    with server as address:
        session = Session(OdooRpc(address))
        named = [("client_order_ref", "=", errands.REFERENCE), ("company_id", "=", 1)]
        tasks = rows(session, TASK, [("name", "=like", "Errand %"), ("company_id", "=", 1)], "id")
        stages = {
            row["name"]: row["id"]
            for row in rows(session, STAGE, [("name", "in", ["New", "Doing", "Elsewhere"])], "name")
        }
        (task, *_) = rows(session, TASK, [("id", "=", tasks[0]["id"])], "stage_id")
        yield Works(
            session,
            [row["id"] for row in rows(session, ORDER, named, "id")],
            [row["id"] for row in tasks],
            [task["stage_id"], stages["Doing"], stages["Elsewhere"]],
        )


def rows(session: Session, model: str, domain: Sequence[Any], *fields: str) -> Any:
    context = {"active_test": False}
    return session.call(
        model, "search_read", domain, list(fields), load="", order="id", context=context
    )


def seen(session: Session, task: int) -> datetime:
    (row,) = rows(session, TASK, [("id", "=", task)], "write_date")
    return datetime.fromisoformat(row["write_date"]).replace(tzinfo=UTC)


def test_a_project_is_made_once_and_linked_to_its_order(works: Works) -> None:
    order = works.orders[0]
    made = calling.create_project(works.session, 1, order, name="Advice for them", manager_id=2)
    assert made.created
    again = calling.create_project(works.session, 1, order)
    assert (again.created, again.project_id) == (False, made.project_id)
    fields = ("name", "active", "company_id", "allow_billable", "partner_id", "user_id")
    (project,) = rows(
        works.session, PROJECT, [("sale_line_id.order_id", "=", order)], *fields, "sale_line_id"
    )
    (sold,) = rows(works.session, ORDER, [("id", "=", order)], "partner_id", "project_ids")
    (line,) = rows(works.session, LINE, [("order_id", "=", order)], "id")
    assert project == {
        "id": made.project_id,
        "name": "Advice for them",
        "active": True,
        "company_id": 1,
        "allow_billable": True,
        "partner_id": sold["partner_id"],
        "user_id": 2,
        "sale_line_id": line["id"],
    }
    assert sold["project_ids"] == [made.project_id]


def test_a_project_is_planned_beyond_what_its_template_carries_over(works: Works) -> None:
    order = works.orders[6]
    named = [("name", "=", errands.TEMPLATE)]
    (template,) = rows(works.session, PROJECT, named, "id")
    (line,) = rows(works.session, LINE, [("order_id", "=", order)], "id")
    plan = calling.ProjectPlan(
        line_id=line["id"],
        hours=40.0,
        milestones=(
            calling.PlannedMilestone("Design", line["id"], 40.0, date(2026, 12, 18)),
            calling.PlannedMilestone("Handover", line["id"], 60.0, date(2027, 1, 15)),
        ),
        tasks=(
            calling.PlannedTask("Kickoff", deadline=date(2026, 12, 4), user_id=2),
            calling.PlannedTask("Training", line["id"], 16.0),
        ),
        activities=(calling.PlannedActivity("Agree on dates", 2, date(2026, 12, 2)),),
    )
    made = calling.create_project(
        works.session,
        1,
        order,
        template_id=template["id"],
        first_day=date(2026, 12, 4),
        last_day=date(2027, 3, 1),
        plan=plan,
    )
    assert made.created
    fields = ("date_start", "date", "allocated_hours", "sale_line_id")
    (project,) = rows(works.session, PROJECT, [("id", "=", made.project_id)], *fields)
    assert project == {
        "id": made.project_id,
        "date_start": "2026-12-04",
        "date": "2027-03-01",
        "allocated_hours": 40.0,
        "sale_line_id": line["id"],
    }
    within = [("project_id", "=", made.project_id)]
    of_milestone = ("name", "deadline", "sale_line_id", "quantity_percentage")
    found = rows(works.session, "project.milestone", within, *of_milestone)
    milestones = {m["name"]: m for m in found}
    assert {
        name: (m["deadline"], m["sale_line_id"], m["quantity_percentage"])
        for name, m in milestones.items()
    } == {
        "Design": ("2026-12-18", line["id"], 0.4),
        "Build": (False, False, 0.0),
        "Handover": ("2027-01-15", line["id"], 0.6),
    }
    of_task = ("name", "date_deadline", "sale_line_id", "allocated_hours", "user_ids")
    tasks = {task["name"]: task for task in rows(works.session, TASK, within, *of_task)}
    assert {
        name: (t["date_deadline"], t["sale_line_id"], t["allocated_hours"], t["user_ids"])
        for name, t in tasks.items()
    } == {
        "Kickoff": ("2026-12-04 12:00:00", line["id"], 0.0, [2]),
        "Report": (False, line["id"], 8.0, []),
        "Training": (False, line["id"], 16.0, []),
    }
    on = [("res_model", "=", PROJECT), ("res_id", "=", made.project_id)]
    of_todo = ("summary", "user_id", "date_deadline")
    (todo,) = rows(works.session, "mail.activity", on, *of_todo)
    assert (todo["summary"], todo["user_id"]) == ("Agree on dates", 2)
    assert todo["date_deadline"] == "2026-12-02"
    (sold,) = rows(works.session, LINE, [("id", "=", line["id"])], "project_id")
    assert sold["project_id"] == made.project_id


def test_a_template_that_is_gone_or_anothers_is_refused(works: Works) -> None:
    with pytest.raises(OdooRejected, match="the template is gone"):
        calling.create_project(works.session, 1, works.orders[7], template_id=999_999)


def test_a_draft_is_made_once_of_what_is_due(works: Works) -> None:
    order = works.orders[1]
    made = calling.draft_invoice(works.session, 1, order)
    assert made.created
    assert calling.draft_invoice(works.session, 1, order) == calling.InvoicesDrafted(
        False, made.move_ids
    )
    of_order = [("line_ids.sale_line_ids.order_id", "=", order)]
    fields = ("state", "move_type", "company_id", "amount_untaxed", "payment_state")
    (move,) = rows(works.session, MOVE, of_order, *fields)
    assert move == {
        "id": made.move_ids[0],
        "state": "draft",
        "move_type": "out_invoice",
        "company_id": 1,
        "amount_untaxed": errands.DELIVERED * errands.PRICE,
        "payment_state": "not_paid",
    }
    (line,) = rows(
        works.session,
        LINE,
        [("order_id", "=", order)],
        "qty_to_invoice",
        "qty_invoiced",
        "untaxed_amount_invoiced",
        "untaxed_amount_to_invoice",
    )
    assert line["qty_to_invoice"] == 0
    assert line["qty_invoiced"] == errands.DELIVERED
    # A draft counts by quantity alone.
    assert line["untaxed_amount_invoiced"] == 0
    assert line["untaxed_amount_to_invoice"] == errands.DELIVERED * errands.PRICE
    (billed,) = rows(
        works.session,
        "account.move.line",
        [("sale_line_ids", "in", [line["id"]])],
        "move_id",
        "quantity",
        "parent_state",
    )
    assert billed["move_id"] == move["id"]
    assert (billed["quantity"], billed["parent_state"]) == (errands.DELIVERED, "draft")


def expected(session: Session, order: int) -> dict[str, Any]:
    """What the order has to invoice, as somebody agreed to it."""
    about = ("partner_invoice_id", "client_order_ref", "currency_id")
    (sold,) = rows(session, ORDER, [("id", "=", order)], *about)
    due = ("qty_to_invoice", "price_unit", "discount", "tax_ids")
    (line,) = rows(session, LINE, [("order_id", "=", order)], *due)
    (address,) = rows(session, "res.partner", [("id", "=", sold["partner_invoice_id"])], "vat")
    (money,) = rows(session, "res.currency", [("id", "=", sold["currency_id"])], "name")
    return {
        "currency": money["name"],
        "amount": errands.DELIVERED * errands.PRICE,
        "address": address["id"],
        "vat": address["vat"] or "",
        "reference": sold["client_order_ref"] or "",
        "lines": [[line["id"], *(line[name] for name in due[:3]), sorted(line["tax_ids"])]],
    }


def test_a_draft_is_made_only_as_it_was_agreed_to(works: Works) -> None:
    order = works.orders[8]
    agreed = expected(works.session, order)
    (number, quantity, price, discount, taxes) = agreed["lines"][0]
    changed = "what is to be invoiced was changed since it was proposed"
    for other, why in (
        ({"lines": [[number, quantity + 1, price, discount, taxes]]}, changed),
        ({"lines": [[number, quantity, price + 0.01, discount, taxes]]}, changed),
        ({"lines": [[number, quantity, price, 5.0, taxes]]}, changed),
        ({"lines": [[number + 1, quantity, price, discount, taxes]]}, changed),
        ({"lines": [[number, quantity, price, discount, [999]]]}, "the taxes were changed"),
        ({"currency": "JPY"}, "currency, invoice address"),
        ({"address": 999_999}, "currency, invoice address"),
        ({"vat": "DE1"}, "currency, invoice address"),
        ({"reference": "another"}, "currency, invoice address"),
        ({"amount": 200.01}, "Odoo would invoice 200.0, and 200.01 was proposed"),
    ):
        with pytest.raises(OdooRejected, match=why):
            calling.draft_invoice(works.session, 1, order, expected={**agreed, **other})
    assert not rows(works.session, MOVE, [("line_ids.sale_line_ids", "in", [number])], "id")
    assert calling.draft_invoice(works.session, 1, order, expected=agreed).created


def test_a_draft_of_ours_is_deleted_while_nobody_has_worked_on_it(works: Works) -> None:
    order = works.orders[9]
    made = calling.draft_invoice(works.session, 1, order, expected=expected(works.session, order))
    (line,) = rows(works.session, LINE, [("order_id", "=", order)], "id")
    with pytest.raises(OdooRejected, match="not of this order alone"):
        calling.discard_drafts(works.session, 1, works.orders[0], made.move_ids)
    with pytest.raises(OdooRejected, match="there is no such order in this company"):
        calling.discard_drafts(works.session, 2, order, made.move_ids)
    assert calling.discard_drafts(works.session, 1, order, made.move_ids) == made.move_ids
    assert not rows(works.session, MOVE, [("line_ids.sale_line_ids", "in", [line["id"]])], "id")
    (free,) = rows(works.session, LINE, [("id", "=", line["id"])], "qty_to_invoice")
    assert free["qty_to_invoice"] == errands.DELIVERED
    # It is gone already.
    assert calling.discard_drafts(works.session, 1, order, made.move_ids) == ()


@pytest.mark.parametrize("call", [calling.create_project, calling.draft_invoice])
def test_what_is_not_confirmed_or_not_there_is_refused(
    works: Works, call: Callable[[Session, int, int], object]
) -> None:
    with pytest.raises(OdooRejected, match="the order is not confirmed"):
        call(works.session, 1, works.orders[-1])
    for company, order in ((2, works.orders[2]), (1, 999_999)):
        with pytest.raises(OdooRejected, match="there is no such order in this company"):
            call(works.session, company, order)


def test_where_nothing_is_due_nothing_is_drafted(works: Works) -> None:
    with pytest.raises(OdooRejected, match="there is nothing to invoice"):
        calling.draft_invoice(works.session, 1, works.orders[-2])


def test_a_task_is_moved_once_and_not_over_somebody_elses_change(works: Works) -> None:
    task, (one, two, elsewhere) = works.tasks[0], works.stages
    moment = seen(works.session, task)
    said = [("model", "=", TASK), ("res_id", "=", task)]
    before = len(rows(works.session, "mail.message", said, "id"))
    with pytest.raises(OdooRejected, match="the record was changed since"):
        calling.set_stage(works.session, TASK, task, two, moment.replace(year=2020))
    with pytest.raises(OdooRejected, match="the project has no such stage"):
        calling.set_stage(works.session, TASK, task, elsewhere, moment)
    with pytest.raises(OdooRejected, match="the stage is gone"):
        calling.set_stage(works.session, TASK, task, 999_999, moment)
    with pytest.raises(OdooRejected, match="there is no such record"):
        calling.set_stage(works.session, TASK, 999_999, two, moment)
    assert calling.set_stage(works.session, TASK, task, two, moment) == StageSet(True, two, one)
    assert calling.set_stage(works.session, TASK, task, two, moment) == StageSet(False, two, two)
    assert seen(works.session, task) > moment
    # Whoever follows it sees that it was moved.
    assert len(rows(works.session, "mail.message", said, "id")) == before + 1


def test_who_is_no_administrator_of_the_sandbox_cannot_read_what_it_runs() -> None:
    sandbox = Sandbox(AS_OF, installed=True)
    with pytest.raises(OdooRejected, match="not allowed to access"):
        sandbox.call("ir.actions.server", "search_read", [[]], {})


@pytest.mark.parametrize("kind", ["create_project", "draft_invoice", "stage"])
def test_16_concurrent_calls_do_each_of_4_once(works: Works, kind: str) -> None:
    places = {"create_project": works.orders[2:6], "draft_invoice": works.orders[4:8]}
    of_task = works.tasks[2:6]
    moments = {task: seen(works.session, task) for task in of_task}
    tries: Counter[str] = Counter()

    def call(number: int) -> bool:
        if kind == "stage":
            task = of_task[number % 4]
            return until_done(
                lambda: (
                    calling.set_stage(
                        works.session, TASK, task, works.stages[1], moments[task]
                    ).changed
                ),
                tries,
            )
        order = places[kind][number % 4]
        procedure: Any = getattr(calling, kind)
        return until_done(lambda: bool(procedure(works.session, 1, order).created), tries)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(call, range(16))) == 4
    print(f"{kind}: 16 calls, 4 did it; {dict(tries)}")


def until_done(call: Callable[[], T], tries: Counter[str]) -> T:
    """What one that is tried again after each conflict comes to in the end."""
    for _ in range(50):
        tries["calls"] += 1
        try:
            return call()
        except OdooUnavailable:
            tries["conflicts"] += 1
    raise AssertionError("lost every race")
