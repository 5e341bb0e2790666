"""Rows come in the order asked for, empty values last, and pages by a cursor miss nothing."""

import itertools
from typing import Any

import pytest

from odoo_gateway.sandbox import schema
from tests.contracts.asking import ARCHIVED_TOO, EVERYWHERE, Asker, every_field, label, shapes

SORTED = [
    (model, name)
    for model, name in every_field()
    if shapes(model)[name].type != "many2one" and shapes(model)[name].sortable
]
RELATED = [
    ("account.analytic.line", "employee_id"),
    ("account.analytic.line", "project_id"),
    ("hr.employee", "department_id"),
    ("resource.calendar.attendance", "calendar_id"),
    ("sale.order.line", "order_id"),
    ("sale.order", "currency_id"),
]
MODELS = list(schema.load())


def in_order(odoo: Asker, model: str, order: str, fields: list[str]) -> list[dict[str, Any]]:
    """All rows in that order."""
    return odoo.rows(model, EVERYWHERE, fields, order=order)


def rank(value: Any, kind: str) -> tuple[bool, Any]:
    """What a value sorts by when the order ascends."""
    empty = value is False and kind not in ("boolean", "float", "integer", "monetary")
    return empty, (0 if empty else value)


@pytest.mark.parametrize("field", SORTED, ids=label)
def test_ascending_puts_the_empty_last_and_descending_first(
    odoo: Asker, field: tuple[str, str]
) -> None:
    model, name = field
    kind = shapes(model)[name].type
    values = [row[name] for row in odoo.table(model)]
    # Numbers may be absent in the database and still read as zero.
    if kind in ("float", "monetary", "many2one_reference") and 0 in values:
        values = [value for value in values if value]
    ascending = [row[name] for row in in_order(odoo, model, f"{name}, id", [name])]
    descending = [row[name] for row in in_order(odoo, model, f"{name} desc, id", [name])]
    kept = set(values)
    expected = sorted(values, key=lambda value: rank(value, kind))
    assert [value for value in ascending if value in kept] == expected
    assert [value for value in descending if value in kept] == expected[::-1]


# Moments are told without their parts of a second: what looks like a tie may be none.
WITH_TIES = [(model, name) for model, name in SORTED if shapes(model)[name].type != "datetime"]


@pytest.mark.parametrize("field", WITH_TIES[::6], ids=label)
def test_ties_are_broken_by_the_next_term(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    found = in_order(odoo, model, f"{name}, id desc", ["id", name])
    for before, after in itertools.pairwise(found):
        if before[name] == after[name] and before[name] not in (0, False):
            assert before["id"] > after["id"]


@pytest.mark.parametrize("nulls", ["first", "last"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_the_place_of_the_empty_can_be_named(odoo: Asker, direction: str, nulls: str) -> None:
    rows = in_order(
        odoo, "sale.order", f"client_order_ref {direction} nulls {nulls}, id", ["client_order_ref"]
    )
    emptiness = [not row["client_order_ref"] for row in rows]
    assert emptiness == sorted(emptiness, reverse=nulls == "first")


@pytest.mark.parametrize("field", RELATED, ids=label)
def test_a_relation_sorts_by_the_order_of_its_model(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    relation = shapes(model)[name].relation
    ordered = odoo.ask(relation, "search_read", [], ["id"], context=dict(ARCHIVED_TOO))
    place = {row["id"]: number for number, row in enumerate(ordered)}
    rows = in_order(odoo, model, f"{name}, id", [name])
    places = [place[row[name]] for row in rows if row[name]]
    assert places == sorted(places)
    backwards = in_order(odoo, model, f"{name} desc, id", [name])
    places = [place[row[name]] for row in backwards if row[name]]
    assert places == sorted(places, reverse=True)


def test_the_id_of_a_relation_sorts_by_number(odoo: Asker) -> None:
    rows = in_order(odoo, "account.analytic.line", "employee_id.id, id", ["employee_id"])
    ids = [row["employee_id"] for row in rows if row["employee_id"]]
    assert ids == sorted(ids)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "model", ["account.analytic.line", "hr.employee", "resource.calendar.attendance", "sale.order"]
)
def test_pages_by_a_cursor_equal_one_page(odoo: Asker, model: str, size: int) -> None:
    paged: list[int] = []
    while len(paged) < 30:
        cursor = paged[-1] if paged else 0
        page = odoo.ids(model, [("id", ">", cursor)], limit=size)
        paged += page
        if len(page) < size:
            break
    assert paged == odoo.ids(model, [])[: len(paged)]


@pytest.mark.parametrize("model", MODELS)
def test_the_default_order_is_that_of_every_call(odoo: Asker, model: str) -> None:
    once = odoo.ask(model, "search_read", [], ["id"], limit=5)
    again = odoo.ask(model, "search_read", [], ["id"], limit=5, order="")
    assert once == again


@pytest.mark.parametrize("model", ["ir.attachment", "sale.order", "account.analytic.line"])
def test_the_latest_come_first_by_default(odoo: Asker, model: str) -> None:
    key = {"sale.order": "date_order", "account.analytic.line": "date"}.get(model, "id")
    rows = odoo.ask(model, "search_read", [], ["id", key], context=dict(ARCHIVED_TOO))
    found = [(row[key], row["id"]) for row in rows]
    assert found == sorted(found, reverse=True)


def test_ids_alone_come_in_order_and_by_the_page(odoo: Asker) -> None:
    context = dict(ARCHIVED_TOO)
    found = odoo.ask("hr.employee", "search", [], order="id", context=context)
    assert found == odoo.ids("hr.employee", [])
    page = odoo.ask("hr.employee", "search", [], 2, 3, "id desc", context=context)
    assert page == found[::-1][2:5]
    assert odoo.ask("hr.employee", "search", [["id", "=", found[0]]], context=context) == found[:1]
