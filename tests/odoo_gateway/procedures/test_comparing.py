"""What stands in an Odoo is held against what should, piece by piece and field by field."""

from dataclasses import replace
from typing import Any

import pytest

from odoo_gateway.procedures import comparing, wanted
from odoo_gateway.procedures.comparing import Found, State, compare
from odoo_gateway.procedures.pieces import ACTION, RULE, Values
from odoo_gateway.procedures.wanted import GATES
from odoo_gateway.session import Session
from tests.fakes.in_odoo import EVENTS, answering, capable

PIECES = wanted.pieces(capable(), EVENTS, GATES)


def stands(**edits: Values | None) -> Found:
    """An Odoo in which all stands, but for these values; None: the record is gone."""
    pieces = {piece.name: (piece.model, {**piece.values}) for piece in PIECES}
    for name, values in edits.items():
        model, kept = pieces[name]
        pieces[name] = (model, {**kept, **values} if values else {})
    return Found(capable(), pieces)


def states(found: Found) -> dict[str, tuple[State, tuple[str, ...]]]:
    standings = compare(PIECES, found)
    return {each.name: (each.state, each.differs) for each in standings if each.state != "ok"}


def test_all_that_stands_is_fine() -> None:
    assert states(stands()) == {}


def test_odoo_says_false_where_nothing_is_written_and_strips_texts() -> None:
    texts = {"filter_pre_domain": False, "filter_domain": False}
    code = {"code": f"{dict(stands().pieces['stage_task'][1])['code']}".strip()}
    assert states(stands(event_hr_expense_changed=texts, stage_task=code)) == {}


@pytest.mark.parametrize(
    ("name", "edit", "state"),
    [
        ("draft_invoice", {"code": "action = {}"}, State.EDITED),
        ("draft_invoice", {"group_ids": ()}, State.EDITED),
        ("gate_invoice_release", {"active": False}, State.OFF),
        ("gate_invoice_release", {"trigger": "on_create", "active": False}, State.EDITED),
        ("gate_invoice_release", {"filter_pre_domain": "[('id', '=', 0)]"}, State.EDITED),
        ("x_ops_event_access_group", {"perm_create": True}, State.EDITED),
        ("x_ops_gate", None, State.MISSING),
    ],
)
def test_what_differs_is_named(name: str, edit: Any, state: State) -> None:
    differs = tuple(edit) if edit else ()
    assert states(stands(**{name: edit})) == {name: (state, differs)}


def test_what_nothing_wants_any_more_is_needless_and_what_is_not_ours_is_left() -> None:
    found = stands()
    pieces = {**found.pieces, "event_old": (RULE, {"name": "x"}), "evil": ("res.partner", {})}
    assert states(replace(found, pieces=pieces)) == {"event_old": (State.NEEDLESS, ())}


def test_gates_that_stand_are_known_by_their_rules() -> None:
    found = stands()
    assert comparing.gates_in(found) == tuple(GATES)
    assert comparing.gates_in(replace(found, pieces={})) == ()


def test_the_fleets_own_user_is_told_by_a_procedure() -> None:
    values = {"name": "x", "group_ids": ["__ops_fleet__.group"], "active": True}
    answer = {
        "pieces": {"stage_task": {"model": ACTION, "values": values}},
        "kept": {"hr.expense": ["state"], "sale.order": []},
    }
    session = Session(answering(answer, modules=["base", comparing.RULES]))
    found = comparing.seen_by_bot(session, ["hr.expense.changed"])
    told = {**values, "group_ids": ("__ops_fleet__.group",)}
    assert found.pieces == {"stage_task": (ACTION, told)}
    assert (found.odoo.version, found.odoo.has_rules) == (19, True)
    assert {"hr.expense", "sale.order", "res.partner"} <= set(found.odoo.models)
    assert "crm.lead" not in found.odoo.models
