"""What belongs into an Odoo follows from its version and modules, and names fields that it has."""

import ast
from collections.abc import Collection
from typing import Any

import pytest

from odoo_gateway import gates, outbox
from odoo_gateway.procedures import wanted
from odoo_gateway.procedures.calling import DIRECTORY
from odoo_gateway.procedures.pieces import ACTION, MODULE, RELATIONS, RULE, Piece, source
from odoo_gateway.procedures.wanted import GATES, PROCEDURES
from tests.fakes.in_odoo import EVENTS, capable
from tests.fakes.recorded_odoo import RECORDED


def pieces(version: int = 19, gates: Collection[str] = GATES, **changes: Any) -> list[Piece]:
    return list(wanted.pieces(capable(version, **changes), EVENTS, gates))


def names(found: list[Piece], model: str) -> list[str]:
    return [piece.name for piece in found if piece.model == model]


@pytest.mark.parametrize("version", RECORDED)
def test_pieces_name_fields_that_this_odoo_has(version: int) -> None:
    for piece in pieces(version):
        known = RECORDED[version].get(piece.model, piece.values.keys())
        assert set(piece.values) <= set(known), piece.name
        assert set(piece.values) <= set(wanted.read(capable(version))[piece.model]), piece.name


@pytest.mark.parametrize("version", RECORDED)
def test_what_a_piece_links_to_comes_before_it(version: int) -> None:
    seen: set[str] = set()
    for piece in pieces(version):
        links = [
            name
            for field, value in piece.values.items()
            if field in RELATIONS and isinstance(value, tuple)
            for name in value
            if name.startswith(MODULE)
        ]
        assert {name.partition(".")[2] for name in links} <= seen, piece.name
        assert piece.name not in seen
        seen.add(piece.name)


def test_names_are_external_ids_of_every_version() -> None:
    assert [piece.name for piece in pieces() if not piece.name.isidentifier()] == []


def test_no_rule_stands_on_files_and_none_is_missed() -> None:
    events = frozenset({*EVENTS, "ir.attachment.changed"})
    told = {kind.name for kind in wanted.told(capable(19), events)}
    assert "ir.attachment.changed" not in told
    assert told
    assert wanted.untold(capable(19), events) == wanted.untold(capable(19), EVENTS)


def test_each_version_has_a_rule_per_event_and_gate() -> None:
    found = [
        "project_once",
        "event_hr_expense_changed",
        "gate_invoice_release",
        "gate_opportunity_stage",
        "gate_order_confirmation",
        "event_x_ops_gate_overridden",
    ]
    for version in RECORDED:
        assert names(pieces(version), RULE) == found
    assert "event_hr_expense_changed_action" in names(pieces(17), ACTION)
    assert "event_hr_expense_changed_action" not in names(pieces(16), ACTION)


def test_the_fleets_user_is_told_which_gates_stand() -> None:
    directory = [p.values for p in pieces(gates=["order_confirmation"]) if p.model == DIRECTORY]
    assert [each["x_name"] for each in directory][-1] == gates.named("order_confirmation")
    assert gates.named("invoice_release") not in [each["x_name"] for each in directory]


def test_the_table_of_decisions_has_the_fields_that_are_read() -> None:
    assert set(wanted.TABLES[gates.DECISIONS]) == set(gates.FIELDS)


def test_an_event_that_no_rule_tells_is_named_if_it_may_happen_there() -> None:
    assert wanted.untold(capable(), EVENTS) == ("sale.order.signed",)
    without = ("hr.expense.changed", "sale.order.signed")
    assert wanted.untold(capable(has_rules=False), EVENTS) == without


def test_without_automation_rules_there_are_procedures_alone() -> None:
    found = pieces(gates=(), has_rules=False)
    assert names(found, RULE) == []
    assert set(names(found, ACTION)) == set(PROCEDURES)
    assert outbox.MODEL not in [piece.name for piece in found]


def test_a_procedure_for_a_model_that_is_not_there_is_left_out() -> None:
    assert names(pieces(gates=(), models={"res.partner"}), ACTION) == ["inventory"]


def test_the_outbox_has_the_fields_that_are_taken() -> None:
    assert {*wanted.TABLES[outbox.MODEL], "create_date"} == set(outbox.FIELDS)


@pytest.mark.parametrize("piece", [p for p in pieces() if "code" in p.values], ids=lambda p: p.name)
def test_code_keeps_within_what_odoo_runs(piece: Piece) -> None:
    """Neither imports nor names with two underscores, nor statements that Odoo refuses."""
    tree = ast.parse(str(piece.values["code"]))
    for node in ast.walk(tree):
        assert not isinstance(
            node, ast.Import | ast.ImportFrom | ast.With | ast.ClassDef | ast.Delete | ast.Global
        )
        assert not isinstance(node, ast.Attribute | ast.Name) or "__" not in ast.unparse(node)
    assert ast.get_docstring(tree) is None


def test_constants_stand_before_the_code() -> None:
    code = source("event", KIND="hr.expense.changed", WATCHED=("state",))
    assert "\nKIND = 'hr.expense.changed'\nWATCHED = ('state',)\n" in code
