"""Draft invoices on a real Odoo 19: those of its own wizard, once, and no credit note ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures import calling, comparing, installing, membership, wanted
from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal, Proposed
from tasks.financial.milestone_billing.job import JOB
from tasks.financial.milestone_billing.policy import DraftingPolicy
from workers.config.effect_kinds import Result, Write, kinds

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .firm_database import LEAVE
from .gateway import session_of
from .inside import drafting_cases
from .inside_odoo import run_inside
from .odoo_server import OdooServer, step

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.timeout(1800)]
BOT = Bot("fleet_drafts", READ_BY_THE_JOBS, ("sales_team.group_sale_salesman_all_leads",))
ROUNDS: Final = 8
COMPANIES: Final = (1, 2)
ORDER, LINE, MOVE = "sale.order", "sale.order.line", "account.move"
MILESTONE, HOURS = "project.milestone", "account.analytic.line"
# No module that approves hours is installed.
POLICY: Final = {"time_approval_required": False}
KIND: Final = kinds()["draft_invoice"]


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, demo_db: str) -> Mapping[str, int]:
    with step(f"make {ROUNDS} orders of each kind, company and currency (minutes)"):
        made: Mapping[str, int] = run_inside(
            odoo_server, demo_db, drafting_cases.build, rounds=ROUNDS
        )
    return made


@pytest.fixture(scope="module")
def by_wizard(
    odoo_server: OdooServer, demo_db: str, orders: Mapping[str, int]
) -> Iterator[Mapping[str, Any]]:
    """What Odoo's own wizard makes of the same state, in a copy of the database."""
    copy = odoo_server.clone("milestone_billing_wizard")
    odoo_server.drop(copy)
    odoo_server.postgres.query(LEAVE.format(name=demo_db))
    odoo_server.postgres.query(f'CREATE DATABASE "{copy}" TEMPLATE "{demo_db}"')
    try:
        yield run_inside(
            odoo_server, copy, drafting_cases.by_wizard, orders=sorted(orders.values())
        )
    finally:
        odoo_server.drop(copy)


@pytest.fixture(scope="module")
def admin(odoo_server: OdooServer, demo_db: str, by_wizard: Mapping[str, Any]) -> Session:
    """The administrator's session, with our procedures installed and the bot in their group."""
    bots.make(odoo_server, demo_db, BOT)
    made = session_of(odoo_server, demo_db)
    found = comparing.seen_by_administrator(made, ())
    pieces = wanted.pieces(found.odoo, (), ())
    installing.install(made, pieces, comparing.compare(pieces, found))
    membership.join(made, membership.member(made, BOT.login))
    return made


@pytest.fixture(scope="module")
def bot(odoo_server: OdooServer, demo_db: str, admin: Session) -> Session:
    return session_of(odoo_server, demo_db, BOT.login, BOT.password)


def look(bot: Session, company: int, **policy: Any) -> Report:
    now = datetime.now(UTC)
    zone = ZoneInfo("UTC")
    before: tuple[Proposed, ...] = policy.pop("proposed", ())
    as_of = replace(AsOf(now, zone, now), proposed=before)
    reader = Reader(bot, company)
    told = JOB.run(reader, as_of, DraftingPolicy.model_validate({**POLICY, **policy}))
    assert reader.drift == []
    return told


def row(bot: Session, order: int, **policy: Any) -> Mapping[str, Any]:
    found = [r for c in COMPANIES for r in look(bot, c, **policy).rows]
    (only,) = (each for each in found if each["sale_order_id"] == order)
    return only


def write_of(bot: Session, company: int, asked: Proposal) -> Write:
    values = KIND.values.model_validate(asked.values)
    return Write(
        bot,
        "default",
        company,
        asked.model,
        asked.record_id,
        asked.identity,
        values,
        datetime.now(UTC),
    )


@pytest.fixture(scope="module")
def proposed(bot: Session, orders: Mapping[str, int]) -> Mapping[int, Write]:
    """What is proposed of the orders, by id."""
    found = {
        asked.record_id: write_of(bot, company, asked)
        for company in COMPANIES
        for asked in look(bot, company).proposals
    }
    return {order: found[order] for order in orders.values() if order in found}


@pytest.fixture(scope="module")
def made(proposed: Mapping[int, Write]) -> Mapping[int, Result]:
    return {order: KIND.apply(write) for order, write in proposed.items()}


def test_each_draft_is_the_one_that_odoos_own_wizard_makes(
    odoo_server: OdooServer,
    demo_db: str,
    orders: Mapping[str, int],
    by_wizard: Mapping[str, Any],
    proposed: Mapping[int, Write],
    made: Mapping[int, Result],
) -> None:
    names = {number: name for name, number in orders.items()}
    assert {names[n] for n in orders.values() if n not in proposed} == set()
    assert all(result["created"] for result in made.values())
    ours = run_inside(odoo_server, demo_db, drafting_cases.drafts, orders=sorted(proposed))
    assert len(ours) == len(by_wizard) >= 200
    assert {n: drafts for n, drafts in ours.items() if drafts != by_wizard[n]} == {}
    assert {len(drafts) for drafts in ours.values()} == {1}
    each = [drafts[0] for drafts in ours.values()]
    for number, (draft,) in ours.items():
        expected = proposed[int(number)].values.expected
        assert f"{_of_lines(draft):.2f}" == f"{expected.amount:.2f}", names[int(number)]
        told = {line.line_id: line for line in expected.lines}
        billed = {of[0]: rest for kind, of, *rest in draft["lines"] if kind == "product"}
        assert set(told) == set(billed)
        for line, (_, quantity, price, discount, taxes, subtotal, _) in billed.items():
            assert float(told[line].quantity) == pytest.approx(quantity)
            assert float(told[line].price_unit) == price
            assert float(told[line].discount_percent) == discount
            assert sorted(told[line].tax_ids) == taxes
            assert f"{told[line].amount:.2f}" == f"{subtotal:.2f}", names[int(number)]
    print(
        f"{len(each)} orders, each with one draft as the wizard's own, of "
        f"{sum(len(d['lines']) for d in each)} lines; by kind "
        f"{dict(Counter(names[int(n)].split()[0] for n in ours))}; by company "
        f"{dict(Counter(d['company'] for d in each))}; by currency "
        f"{dict(Counter(d['currency'] for d in each))}; "
        f"{sum(d['tax'] != 0 for d in each)} with taxes; of "
        f"{sum(round(d['untaxed'] - _of_lines(d), 2) != 0 for d in each)} Odoo rounds the total to "
        "another cent than its lines"
    )


def _of_lines(draft: Mapping[str, Any]) -> float:
    return float(round(sum(line[-2] for line in draft["lines"]), 2))


# The traps: each changes one order after its draft was made, and no look of ours may make another.


def order_of(orders: Mapping[str, int], kind: str, number: int) -> int:
    """One of the first company and its own currency."""
    return orders[f"{kind} 1 own {number}"]


def again(bot: Session, proposed: Mapping[int, Write], order: int) -> tuple[str, Result]:
    """What the job says by now, having proposed nothing; and what the effect comes to once more."""
    report = look(bot, 1)
    assert order not in {asked.record_id for asked in report.proposals}
    (status,) = (each["status"] for each in report.rows if each["sale_order_id"] == order)
    told = {(f.kind, f.held_as[1]) for f in report.findings}
    assert (status, order) in told
    return status, KIND.apply(proposed[order])


def test_each_trap_of_repetition_makes_no_second_draft_and_no_credit_note(
    odoo_server: OdooServer,
    demo_db: str,
    admin: Session,
    bot: Session,
    orders: Mapping[str, int],
    proposed: Mapping[int, Write],
    made: Mapping[int, Result],
) -> None:
    before = run_inside(odoo_server, demo_db, drafting_cases.moves)
    untouched = order_of(orders, "manual", 1)
    reached, unreached = (order_of(orders, "milestone", number) for number in (0, 1))
    late, deleted = (order_of(orders, "time", number) for number in (0, 1))
    lowered = order_of(orders, "manual", 0)
    with_more = milestones(admin, reached, False)
    admin.call(MILESTONE, "write", with_more[:1], {"is_reached": True})
    admin.call(MILESTONE, "write", milestones(admin, unreached, True)[:1], {"is_reached": False})
    logged = admin.call(HOURS, "search", [("so_line.order_id", "=", late)], limit=1)
    admin.call(HOURS, "copy", logged, {"date": str(date.today()), "timesheet_invoice_id": False})
    of_deleted = admin.call(HOURS, "search", [("so_line.order_id", "=", deleted)], limit=1)
    admin.call(HOURS, "unlink", of_deleted)
    admin.call(LINE, "write", lines_of(admin, lowered), {"qty_delivered": 0.5})
    found = {}
    for trap, order, status in (
        ("a second run", untouched, "drafted"),
        ("a further milestone is reached", reached, "draft_differs"),
        ("a milestone is not reached any more", unreached, "draft_differs"),
        ("an hour is logged later", late, "draft_differs"),
        ("an hour on the draft is deleted", deleted, "draft_differs"),
        ("a quantity is lowered", lowered, "draft_differs"),
    ):
        said, result = again(bot, proposed, order)
        assert (said, result["created"]) == (status, False), trap
        assert result["move_ids"] == made[order]["move_ids"], trap
        found[trap] = said
    after = run_inside(odoo_server, demo_db, drafting_cases.moves)
    assert after == before
    assert "out_refund draft" not in after
    print(f"{len(found)} traps played: {found}; invoices before and after: {before}, {after}")


def test_what_is_taken_back_after_the_draft_was_posted_makes_no_credit_note(
    odoo_server: OdooServer,
    demo_db: str,
    admin: Session,
    bot: Session,
    orders: Mapping[str, int],
    made: Mapping[int, Result],
    proposed: Mapping[int, Write],
) -> None:
    unreached, lowered = order_of(orders, "milestone", 2), order_of(orders, "manual", 2)
    posted = [unreached, lowered]
    run_inside(odoo_server, demo_db, drafting_cases.post, orders=posted)
    before = run_inside(odoo_server, demo_db, drafting_cases.moves)
    admin.call(MILESTONE, "write", milestones(admin, unreached, True)[:1], {"is_reached": False})
    admin.call(LINE, "write", lines_of(admin, lowered), {"qty_delivered": 0.25})
    report = look(bot, 1)
    for order in posted:
        (status,) = (r["status"] for r in report.rows if r["sale_order_id"] == order)
        assert status == "taken_back"
        with pytest.raises(OdooRejected, match="more is invoiced than delivered"):
            calling.draft_invoice(bot, 1, order)
        with pytest.raises(OdooRejected, match="more is invoiced than delivered"):
            KIND.apply(proposed[order])
    assert not {asked.record_id for asked in report.proposals} & {*posted}
    after = run_inside(odoo_server, demo_db, drafting_cases.moves)
    assert after == before
    print(f"taken back after posting: {len(posted)} told, none credited; {before}, {after}")


def test_a_draft_of_ours_is_undone_until_somebody_has_worked_on_it(
    admin: Session,
    bot: Session,
    orders: Mapping[str, int],
    proposed: Mapping[int, Write],
    made: Mapping[int, Result],
) -> None:
    assert KIND.undo is not None
    free, touched, said = (order_of(orders, "manual", number) for number in (3, 4, 5))
    KIND.undo(proposed[free], made[free])
    assert admin.call(MOVE, "search", [("id", "in", list(made[free]["move_ids"]))]) == []
    assert row(bot, free)["status"] == "proposed"
    admin.call(MOVE, "write", list(made[touched]["move_ids"]), {"narration": "Thank you"})
    admin.call(MOVE, "message_post", list(made[said]["move_ids"]), body="Looks odd")
    for order in (touched, said):
        with pytest.raises(OdooRejected, match="somebody has worked on the draft"):
            KIND.undo(proposed[order], made[order])
    found = admin.call(MOVE, "search_count", [("id", "in", moves_of(made, touched, said))])
    assert found == 2


def test_what_was_changed_since_it_was_agreed_to_is_not_drafted(
    admin: Session,
    bot: Session,
    orders: Mapping[str, int],
    proposed: Mapping[int, Write],
    made: Mapping[int, Result],
) -> None:
    """A draft that is deleted frees the order; what was proposed of it is then something else."""
    changed: list[str] = []
    for number, (what, model, values, why) in enumerate(
        (
            ("price", LINE, {"price_unit": 1.23}, "what is to be invoiced was changed"),
            ("discount", LINE, {"discount": 3.0}, "what is to be invoiced was changed"),
            ("quantity", LINE, {"qty_delivered": 9.0}, "what is to be invoiced was changed"),
            ("taxes", LINE, {"tax_ids": [(6, 0, [])]}, "the taxes were changed"),
            ("reference", ORDER, {"client_order_ref": "PO 2"}, "customer reference were changed"),
        )
    ):
        order = orders[f"manual 1 EUR {number}"]
        if what == "taxes":
            order = next(
                order
                for name, order in orders.items()
                if name.startswith("manual 1 EUR")
                and int(name.split()[-1]) >= 5
                and proposed[order].values.expected.lines[0].tax_ids
            )
        admin.call(MOVE, "unlink", list(made[order]["move_ids"]))
        ids = [order] if model == ORDER else lines_of(admin, order)
        admin.call(model, "write", ids, values)
        with pytest.raises(OdooRejected, match=why):
            KIND.apply(proposed[order])
        assert KIND.find(proposed[order]) is None
        changed.append(what)
    print(f"refused after a change of: {', '.join(changed)}")


def test_a_down_payment_is_a_persons(
    odoo_server: OdooServer, demo_db: str, admin: Session, bot: Session, orders: Mapping[str, int]
) -> None:
    """Before anything of it is due, and once something is."""
    order = orders["manual 2 own 0"]
    moves = admin.call(ORDER, "read", [order], ["invoice_ids"])[0]["invoice_ids"]
    admin.call(MOVE, "unlink", moves)
    share = {"advance_payment_method": "percentage", "amount": 30.0}
    wizard = {**share, "sale_order_ids": [(6, 0, [order])]}
    number = admin.call("sale.advance.payment.inv", "create", wizard)
    admin.call("sale.advance.payment.inv", "create_invoices", [number])
    assert row(bot, order)["status"] == "waiting"
    run_inside(odoo_server, demo_db, drafting_cases.post, orders=[order])
    found = row(bot, order)
    assert found["status"] == "blocked"
    assert "a down payment of" in found["reason"]


def milestones(admin: Session, order: int, reached: bool) -> list[int]:
    of = [("sale_line_id.order_id", "=", order), ("is_reached", "=", reached)]
    return list(admin.call(MILESTONE, "search", [*of, ("quantity_percentage", "<", 1)]))


def lines_of(admin: Session, order: int) -> list[int]:
    return list(admin.call(LINE, "search", [("order_id", "=", order), ("is_service", "=", True)]))


def moves_of(made: Mapping[int, Result], *orders: int) -> list[int]:
    return [move for order in orders for move in made[order]["move_ids"]]
