"""`fleet odoo` on a real Odoo 19: what it puts there does what it says, no more, and goes again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from odoo_gateway import gates, outbox
from odoo_gateway.errors import OdooRejected
from odoo_gateway.gates import NewRuling
from odoo_gateway.gates import State as Decided
from odoo_gateway.procedures import comparing, installing, membership, wanted
from odoo_gateway.procedures.comparing import State
from odoo_gateway.procedures.pieces import ours
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks import catalogue

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .fleet_command import Fleet
from .gateway import session_of
from .inside.rights import rights_of
from .inside_odoo import run_inside
from .odoo_server import OdooServer
from .whole_database import differences, snapshot

pytestmark = pytest.mark.live
EXPENSE, MOVE, ORDER = "hr.expense", "account.move", "sale.order"
KIND = "hr.expense.changed"
BOT = Bot("fleet_bot", READ_BY_THE_JOBS)
STRANGER = Bot("fleet_stranger", READ_BY_THE_JOBS)
CLERK = Bot("billing_clerk", (), ("account.group_account_invoice",))
SALES = Bot("seller", (), ("sales_team.group_sale_salesman_all_leads",))
SECRET = "xyzzy-administrator-9b1d"
Calls = list[tuple[str, list[Any]]]
TOUCH: Calls = [("read", [["name"]]), ("write", [{"name": "mine"}]), ("unlink", [])]
POST: Calls = [("action_post", []), ("write", [{"state": "posted"}])]
CONFIRM: Calls = [("action_confirm", []), ("write", [{"state": "sale"}])]
Rows = psycopg.Connection[TupleRow]


@pytest.fixture(scope="module")
def fleet(odoo_server: OdooServer, demo_db: str, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The command as its own user, beside an administrator with a password of its own."""
    bots.make(odoo_server, demo_db, BOT, STRANGER, CLERK, SALES)
    made = {"name": "Setup", "login": "setup", "password": SECRET}
    groups = ["base.group_user", "base.group_system"]
    ids = [session_of(odoo_server, demo_db).reference(*name.split(".")) for name in groups]
    session_of(odoo_server, demo_db).call(
        "res.users", "create", {**made, "group_ids": [(6, 0, ids)]}
    )
    return Fleet(
        tmp_path_factory.mktemp("fleet"),
        odoo_server.url,
        demo_db,
        BOT.login,
        BOT.password,
        more={"FLEET_ADMIN_LOGIN": "setup", "FLEET_ADMIN_KEY": SECRET},
    )


@pytest.fixture(scope="module")
def admin(odoo_server: OdooServer, demo_db: str) -> Session:
    return session_of(odoo_server, demo_db)


@pytest.fixture(scope="module")
def as_user(odoo_server: OdooServer, demo_db: str, fleet: Fleet) -> Callable[[Bot], Session]:
    def log_in(bot: Bot) -> Session:
        return Session(OdooRpc(Address(odoo_server.url, demo_db, bot.login, bot.password)))

    return log_in


@pytest.fixture(scope="module")
def bot(as_user: Callable[[Bot], Session], stands: None) -> Session:
    """The fleet's own user, in its group."""
    return as_user(BOT)


@pytest.fixture(scope="module")
def stands(fleet: Fleet) -> None:
    """With both gates."""
    told = fleet.command("odoo", "install", "--gates", ",".join(wanted.GATES))
    assert (told.code, told.err) == (0, "")
    print(told.out)


@pytest.fixture
def nothing_waits(bot: Session) -> None:
    outbox.acknowledge(bot, [event.number for event in outbox.take(bot)])


def wrong(admin: Session) -> dict[str, State]:
    """What does not stand as it should, as an administrator sees it."""
    events = {wake.event for job in catalogue.jobs().values() for wake in job.wakes}
    found = comparing.seen_by_administrator(admin, events)
    pieces = wanted.pieces(found.odoo, events, wanted.GATES)
    return {
        each.name: each.state
        for each in comparing.compare(pieces, found)
        if each.state is not State.OK
    }


def piece(admin: Session, name: str) -> int:
    """The id of the record of ours."""
    domain = [("module", "=", "__ops_fleet__"), ("name", "=", name)]
    (entry,) = admin.call("ir.model.data", "search_read", domain, ["res_id"])
    return int(entry["res_id"])


def test_a_second_install_does_nothing(fleet: Fleet, stands: None) -> None:
    told = fleet.command("odoo", "install")
    assert told.out.startswith("nothing to do: all stands as it should")
    assert fleet.command("odoo", "install", "--dry-run").out == told.out
    for words in ((), ("--as-administrator",)):
        told = fleet.command("odoo", "check", *words)
        assert (told.code, told.err) == (0, "")
        assert "pieces stand as we put them" in told.out
        print(told.out)


def test_the_group_allows_what_its_table_says_and_no_more(
    odoo_server: OdooServer, demo_db: str, stands: None
) -> None:
    member, stranger = (
        {tuple(right) for right in run_inside(odoo_server, demo_db, rights_of, login=bot.login)}
        for bot in (BOT, STRANGER)
    )
    own = {name for name in member - stranger if "fleet_stranger" not in name}
    assert own == {
        (model, operation)
        for model, rights in wanted.RIGHTS.items()
        for operation in rights[wanted.BOT].split()
    }
    assert stranger <= member


def test_the_fleets_user_may_neither_see_nor_touch_what_is_ours(
    bot: Session, admin: Session
) -> None:
    action, rule = piece(admin, "create_project"), piece(admin, "gate_invoice_release")
    for model, number in (("ir.actions.server", action), ("base.automation", rule)):
        for method, values in TOUCH:
            with pytest.raises(OdooRejected, match="not allowed"):
                bot.call(model, method, [number], *values)
    for table in (outbox.MODEL, "x_ops_procedure"):
        with pytest.raises(OdooRejected, match="not allowed"):
            bot.call(table, "create", {})


def test_nobody_else_runs_a_procedure(
    as_user: Callable[[Bot], Session], admin: Session, stands: None
) -> None:
    for who in (STRANGER, CLERK, SALES):
        with pytest.raises(OdooRejected, match="access rights to run this action"):
            as_user(who).call("ir.actions.server", "run", [piece(admin, "inventory")])


@pytest.fixture
def expense(admin: Session, nothing_waits: None) -> int:
    """A draft, and nothing waits of it."""
    (employee,) = admin.call("hr.employee", "search", [("user_id.login", "=", "demo")])
    (product, *_) = admin.call("product.product", "search", [("can_be_expensed", "=", True)])
    values = {"name": "Taxi", "employee_id": employee, "product_id": product, "total_amount": 20.0}
    return int(admin.call(EXPENSE, "create", values))


def test_a_change_stands_in_the_outbox_with_who_made_it_and_what_was_before(
    odoo_server: OdooServer, demo_db: str, bot: Session, admin: Session, expense: int
) -> None:
    demo = Session(OdooRpc(Address(odoo_server.url, demo_db, "demo", "demo")))
    demo.call(EXPENSE, "write", [expense], {"total_amount": 25.0})
    demo.call(EXPENSE, "write", [expense], {"name": "Taxi again"})
    events = [each for each in outbox.take(bot) if each.record_id == expense]
    assert {(each.kind, each.model) for each in events} == {(KIND, EXPENSE)}
    # What Odoo computes of a new record comes as changes of its own.
    (created,) = [each for each in events if not each.old]
    changed = events[-1]
    assert (created.user_id, created.new["state"]) == (admin.user_id, "draft")
    assert (changed.user_id, changed.company_id) == (demo.user_id, 1)
    assert (changed.old["total_amount"], changed.new["total_amount"]) == ("20.0", "25.0")
    assert changed.event_id == f"{KIND},{expense},{changed.occurred.isoformat()}"
    assert created.number < changed.number
    for _ in range(2):
        outbox.acknowledge(bot, [each.number for each in events])
    assert not {each.number for each in outbox.take(bot)} & {each.number for each in events}


def test_what_is_rolled_back_has_never_happened(bot: Session, admin: Session, expense: int) -> None:
    outbox.acknowledge(bot, [each.number for each in outbox.take(bot)])
    good = {"name": "Taxi", "employee_id": 1, "total_amount": 5.0}
    with pytest.raises(OdooRejected):
        admin.call(EXPENSE, "create", [good, {**good, "employee_id": 999_999}])
    assert outbox.take(bot) == ()


def test_an_outbox_that_is_broken_keeps_nobody_from_work(
    bot: Session, admin: Session, expense: int, sql: Rows
) -> None:
    outbox.acknowledge(bot, [each.number for each in outbox.take(bot)])
    sql.execute("ALTER TABLE x_ops_event RENAME TO x_ops_event_away")
    try:
        admin.call(EXPENSE, "write", [expense], {"total_amount": 31.0})
    finally:
        sql.execute("ALTER TABLE x_ops_event_away RENAME TO x_ops_event")
    (kept,) = admin.call(EXPENSE, "search_read", [("id", "=", expense)], ["total_amount"])
    assert kept["total_amount"] == 31.0
    assert outbox.take(bot) == ()
    said = sql.execute("SELECT message FROM ir_logging WHERE message LIKE 'ops fleet: no event%'")
    assert KIND in said.fetchall()[0][0]


def test_what_was_edited_switched_off_or_deleted_is_found_and_mended(
    fleet: Fleet, admin: Session, stands: None
) -> None:
    admin.call(
        "ir.actions.server", "write", [piece(admin, "draft_invoice")], {"code": "action = {}"}
    )
    admin.call(
        "base.automation", "write", [piece(admin, "gate_invoice_release")], {"active": False}
    )
    admin.call("ir.model.access", "unlink", [piece(admin, "x_ops_event_access_group_system")])
    rule = piece(admin, "event_hr_expense_changed")
    admin.call("base.automation", "write", [rule], {"filter_domain": "[('id', '=', 0)]"})
    expected = {
        "draft_invoice": State.EDITED,
        "gate_invoice_release": State.OFF,
        "x_ops_event_access_group_system": State.MISSING,
        "event_hr_expense_changed": State.EDITED,
    }
    assert wrong(admin) == expected
    for words in ((), ("--as-administrator",)):
        told = fleet.command("odoo", "check", *words)
        assert told.code == 1
        assert all(f"{name} " in told.out for name in expected)
        print(told.out)
    doctor = fleet.command("doctor").out
    assert "gate_invoice_release\n" in doctor
    assert "was switched off" in doctor
    assert fleet.command("odoo", "install").code == 0
    assert wrong(admin) == {}
    assert fleet.command("odoo", "check").code == 0


@pytest.fixture
def invoice(admin: Session, stands: None) -> int:
    """A draft for a customer, of 100 and its taxes."""
    (partner, *_) = admin.call("res.partner", "search", [("customer_rank", ">", 0)], limit=1) or (
        admin.call("res.partner", "search", [("is_company", "=", True)], limit=1)
    )
    line = (0, 0, {"name": "Work", "quantity": 1, "price_unit": 100.0})
    values = {"move_type": "out_invoice", "partner_id": partner, "invoice_line_ids": [line]}
    return int(admin.call(MOVE, "create", {**values, "invoice_date": "2026-11-02"}))


def decide(
    who: Session, model: str, number: int, state: str, amount: float, why: str, currency: str = ""
) -> None:
    key, total = gates.key_of(model, number), Decimal(str(amount))
    gates.decide(who, NewRuling(key, Decided(state), why, total, currency))


def state_of(admin: Session, invoice: int) -> tuple[str, float]:
    (row,) = admin.call(MOVE, "search_read", [("id", "=", invoice)], ["state", "amount_total"])
    return str(row["state"]), float(row["amount_total"])


def test_the_gate_refuses_an_invoice_whoever_posts_it_and_however(
    as_user: Callable[[Bot], Session], admin: Session, bot: Session, invoice: int, sql: Rows
) -> None:
    clerk = as_user(CLERK)
    for who in (clerk, admin):
        for method, values in POST:
            with pytest.raises(OdooRejected, match="is not released: nobody has decided yet"):
                who.call(MOVE, method, [invoice], *values)
    admin.call(MOVE, "write", [invoice], {"auto_post": "at_date", "date": "2026-11-02"})
    cron = admin.reference("account", "ir_cron_auto_post_draft_entry")
    admin.call("ir.cron", "method_direct_trigger", [cron])
    assert state_of(admin, invoice)[0] == "draft"
    admin.call(MOVE, "write", [invoice], {"auto_post": "no"})
    said = sql.execute("SELECT count(*) FROM ir_logging WHERE message LIKE 'ops fleet: kept%'")
    assert said.fetchall()[0][0] >= 4
    with pytest.raises(OdooRejected, match="not allowed"):
        decide(clerk, MOVE, invoice, "released", 100.0, "by myself")
    decide(bot, MOVE, invoice, "held", 0, "milestone 2 is not accepted")
    with pytest.raises(OdooRejected, match="milestone 2 is not accepted"):
        clerk.call(MOVE, "action_post", [invoice])


def test_a_decision_releases_an_invoice_for_its_amount(
    as_user: Callable[[Bot], Session], admin: Session, bot: Session, invoice: int
) -> None:
    clerk, (_, amount) = as_user(CLERK), state_of(admin, invoice)
    decide(bot, MOVE, invoice, "released", amount - 0.01, "approved by the director")
    with pytest.raises(OdooRejected, match="its amount was changed since it was released"):
        clerk.call(MOVE, "action_post", [invoice])
    decide(bot, MOVE, invoice, "released", amount, "approved by the director", "EUR")
    with pytest.raises(OdooRejected, match="its currency was changed since it was released"):
        clerk.call(MOVE, "action_post", [invoice])
    decide(bot, MOVE, invoice, "released", amount, "approved by the director", "USD")
    clerk.call(MOVE, "action_post", [invoice])
    assert state_of(admin, invoice)[0] == "posted"


def test_a_way_past_the_gate_is_for_a_group_and_everybody_sees_it(
    as_user: Callable[[Bot], Session], admin: Session, bot: Session, invoice: int
) -> None:
    clerk, override = as_user(CLERK), piece(admin, "override_invoice_release")
    on = {"active_model": MOVE, "active_id": invoice, "active_ids": [invoice]}
    with pytest.raises(OdooRejected, match="access rights to run this action"):
        clerk.call("ir.actions.server", "run", [override], context=on)
    group = piece(admin, "group_override")
    admin.call("res.users", "write", [clerk.user_id], {"group_ids": [(4, group)]})
    clerk.call("ir.actions.server", "run", [override], context=on)
    clerk.call(MOVE, "action_post", [invoice])
    assert state_of(admin, invoice)[0] == "posted"
    notes = admin.call(
        "mail.message", "search_read", [("model", "=", MOVE), ("res_id", "=", invoice)], ["body"]
    )
    assert any("past the fleet, by billing_clerk" in note["body"] for note in notes)
    (told,) = [e for e in outbox.take(bot) if e.kind == "x_ops_gate.overridden"]
    assert (told.user_id, told.new["x_key"]) == (clerk.user_id, f"{MOVE},{invoice}")


def test_a_vendors_bill_and_an_order_that_is_released_go_through(
    admin: Session, bot: Session, stands: None
) -> None:
    (partner, *_) = admin.call("res.partner", "search", [("is_company", "=", True)], limit=1)
    line = (0, 0, {"name": "Paper", "quantity": 1, "price_unit": 10.0})
    values = {"move_type": "in_invoice", "partner_id": partner, "invoice_line_ids": [line]}
    bill = admin.call(MOVE, "create", {**values, "invoice_date": "2026-11-02"})
    admin.call(MOVE, "action_post", [bill])
    assert state_of(admin, bill)[0] == "posted"
    (product, *_) = admin.call("product.product", "search", [("type", "=", "service")], limit=1)
    lines = [(0, 0, {"product_id": product, "product_uom_qty": 2, "price_unit": 50.0})]
    order = admin.call(ORDER, "create", {"partner_id": partner, "order_line": lines})
    for method, given in CONFIRM:
        with pytest.raises(OdooRejected, match="is not released"):
            admin.call(ORDER, method, [order], *given)
    (row,) = admin.call(ORDER, "search_read", [("id", "=", order)], ["amount_total"])
    decide(bot, ORDER, order, "released", row["amount_total"], "the statement of work is there")
    admin.call(ORDER, "action_confirm", [order])


def test_the_administrators_key_is_nowhere_afterwards(
    fleet: Fleet, odoo_server: OdooServer, stands: None, tmp_path: Path
) -> None:
    told = fleet.command("upgrade")
    assert told.code == 0, told.err
    told = fleet.command("odoo", "install", "--json")
    assert told.code == 0
    assert SECRET not in told.out + told.err
    files = [path for path in fleet.folder.rglob("*") if path.is_file()]
    assert any(path.name == "f.db" for path in files)
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in odoo_server.home.log.read_text(errors="replace")
    for words in (("odoo", "check"), ("config", "show"), ("doctor",)):
        told = fleet.command(*words)
        assert SECRET not in told.out + told.err


def test_whoever_is_no_administrator_is_sent_away(fleet: Fleet, stands: None) -> None:
    clerk = {"FLEET_ADMIN_LOGIN": CLERK.login, "FLEET_ADMIN_KEY": CLERK.password}
    other = Fleet(fleet.folder, fleet.url, fleet.database, fleet.login, fleet.secret, more=clerk)
    told = other.command("odoo", "remove")
    assert (told.code, "no administrator of Odoo" in told.err) == (4, True)
    nobody = Fleet(fleet.folder, fleet.url, fleet.database, fleet.login, fleet.secret)
    told = nobody.command("odoo", "install")
    assert (told.code, "set FLEET_ADMIN_LOGIN" in told.err) == (2, True)


def test_two_who_install_at_once_both_end_with_all_of_it(odoo_server: OdooServer) -> None:
    database = odoo_server.clone("test_odoo_both")
    try:
        bots.make(odoo_server, database, BOT)

        def install(session: Session) -> None:
            found = comparing.seen_by_administrator(session, [KIND])
            pieces = wanted.pieces(found.odoo, [KIND], wanted.GATES)
            installing.install(session, pieces, comparing.compare(pieces, found))

        sessions = [session_of(odoo_server, database) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(install, session).exception() for session in sessions]
        found = comparing.seen_by_administrator(sessions[0], [KIND])
        pieces = wanted.pieces(found.odoo, [KIND], wanted.GATES)
        print([str(end) for end in ends])
        assert {each.state for each in comparing.compare(pieces, found)} == {State.OK}
        assert ends == [None, None]
    finally:
        odoo_server.drop(database)


# What Odoo notes of every write, and how its processes tell each other of one.
STAMPS = {"write_date", "write_uid"}
TELLING = {"orm_signaling_" + name for name in ("registry", "default", "stable", "groups")}


def test_what_is_removed_leaves_odoo_as_it_was(odoo_server: OdooServer) -> None:
    database = odoo_server.clone("test_odoo_removed")
    try:
        bots.make(odoo_server, database, BOT)
        admin, login = session_of(odoo_server, database), BOT.login
        assert admin.user_id
        stamped = dict.fromkeys(("ir_cron", "res_partner", "res_users"), STAMPS)
        with psycopg.connect(odoo_server.pg_dsn(database), autocommit=True) as rows:
            before = snapshot(rows, stamped)
            found = comparing.seen_by_administrator(admin, [KIND])
            pieces = wanted.pieces(found.odoo, [KIND], wanted.GATES)
            installing.install(admin, pieces, comparing.compare(pieces, found))
            membership.join(admin, membership.member(admin, login))
            between = differences(before, snapshot(rows, stamped))
            installing.remove(admin, comparing.seen_by_administrator(admin, [KIND]))
            after = differences(before, snapshot(rows, stamped))
        assert {"x_ops_event", "base_automation", "ir_act_server", "res_groups"} <= between.keys()
        print(f"{len(before)} tables; {len(between)} differ in between, {sorted(after)} afterwards")
        assert after.keys() <= TELLING, after
        assert ours("group") not in str(after)
    finally:
        odoo_server.drop(database)
