"""Rows come with the fields asked for, each value in the shape of its type."""

import re
from datetime import date, datetime
from typing import Any

import pytest

from odoo_gateway.sandbox import schema
from tests.contracts.asking import ARCHIVED_TOO, EVERYWHERE, STRUCTURED, Asker, label, shapes

EVERY = [(model, name) for model, fields in schema.load().items() for name in fields]
RELATED = [
    (model, name)
    for model, name in EVERY
    if shapes(model)[name].type == "many2one" and shapes(model)[name].searchable
]
MODELS = list(schema.load())


def fits(kind: str, value: Any) -> bool:
    """Whether a value that travelled has the shape of its type; False is empty."""
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("float", "monetary"):
        return isinstance(value, float)
    if kind in ("many2many", "one2many"):
        return all(type(item) is int for item in value)
    if kind in ("integer", "many2one_reference"):
        return type(value) is int
    if value is False:
        return True
    if kind == "many2one":
        return type(value) is int
    if kind in STRUCTURED:
        return isinstance(value, dict | list)
    if kind == "date":
        return bool(date.fromisoformat(value).isoformat() == value)
    if kind == "datetime":
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M:%S}" == str(value)
    return isinstance(value, str)


@pytest.mark.parametrize("field", EVERY, ids=label)
def test_a_value_has_the_shape_of_its_type(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    shape = shapes(model)[name]
    assert [row for row in odoo.table(model) if not fits(shape.type, row[name])] == []


@pytest.mark.parametrize("field", [(m, n) for m, n in EVERY if shapes(m)[n].required], ids=label)
def test_a_required_value_is_never_empty(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    empty = [row for row in odoo.table(model) if row[name] is False]
    assert shapes(model)[name].type == "boolean" or empty == []


@pytest.mark.parametrize("field", RELATED, ids=label)
def test_a_related_record_comes_with_its_name_unless_asked_without(
    odoo: Asker, field: tuple[str, str]
) -> None:
    model, name = field
    named = odoo.ask(
        model,
        "search_read",
        [[name, "!=", False]],
        [name],
        limit=40,
        order="id",
        context=dict(ARCHIVED_TOO),
    )
    plain = odoo.rows(model, [(name, "!=", False)], [name], limit=40)
    assert [row[name][0] for row in named] == [row[name] for row in plain]
    assert all(isinstance(row[name][1], str) and row[name][1] for row in named)


@pytest.mark.parametrize("load", ["", None, False, "junk"])
def test_only_the_classic_way_of_loading_brings_names(odoo: Asker, load: Any) -> None:
    rows = odoo.ask("sale.order", "search_read", [], ["partner_id"], limit=3, load=load)
    assert all(type(row["partner_id"]) is int for row in rows)


@pytest.mark.parametrize("model", MODELS)
def test_the_count_is_the_number_of_rows(odoo: Asker, model: str) -> None:
    assert odoo.count(model, EVERYWHERE) == len(odoo.table(model)) > 0


@pytest.mark.parametrize("model", MODELS)
def test_ids_are_unique(odoo: Asker, model: str) -> None:
    ids = [row["id"] for row in odoo.table(model)]
    assert len(ids) == len(set(ids))


def test_a_row_has_its_id_and_the_fields_asked_for(odoo: Asker) -> None:
    rows = odoo.ask("sale.order", "search_read", [], ["name", "state"], limit=2)
    assert [list(row) for row in rows] == [["id", "name", "state"]] * 2


@pytest.mark.parametrize("fields", [None, [], False])
def test_no_fields_means_all(odoo: Asker, fields: Any) -> None:
    rows = odoo.ask("res.currency", "search_read", [["name", "=", "USD"]], fields)
    assert set(rows[0]) >= set(shapes("res.currency"))


def test_no_arguments_means_everything(odoo: Asker) -> None:
    rows = odoo.ask("res.currency", "search_read", fields=["name"])
    assert len(rows) == odoo.ask("res.currency", "search_count", [])


@pytest.mark.parametrize("limit", [None, False, 0])
def test_no_limit_is_no_limit(odoo: Asker, limit: Any) -> None:
    rows = odoo.rows("sale.order", [], ["id"], limit=limit)
    assert len(rows) == odoo.count("sale.order", [])


@pytest.mark.parametrize(("offset", "limit"), [(0, 3), (2, 3), (5, 1), (3, None), (100000, 5)])
def test_offset_and_limit_cut_a_piece_out(odoo: Asker, offset: int, limit: int | None) -> None:
    everything = odoo.ids("sale.order.line", [])
    piece = odoo.ids("sale.order.line", [], offset=offset, limit=limit)
    assert piece == everything[offset : None if limit is None else offset + limit]


@pytest.mark.parametrize("limit", [1, 3, 100000])
def test_a_count_stops_at_its_limit(odoo: Asker, limit: int) -> None:
    everything = odoo.ask("sale.order.line", "search_count", [])
    assert odoo.ask("sale.order.line", "search_count", [], limit=limit) == min(limit, everything)


def test_every_quantity_fits_the_money_of_its_line(odoo: Asker) -> None:
    policies = {row["id"]: row["invoice_policy"] for row in odoo.table("product.product")}
    for row in odoo.table("sale.order.line"):
        if row["state"] != "sale" or row["display_type"] or row["tax_ids"]:
            continue
        on_delivery = policies.get(row["product_id"]) == "delivery"
        due = row["qty_delivered"] if on_delivery else row["product_uom_qty"]
        value = due * row["price_unit"] * (1 - row["discount"] / 100)
        left = round(value - row["untaxed_amount_invoiced"], 2)
        assert row["untaxed_amount_to_invoice"] == pytest.approx(left, abs=0.011), row["id"]


def test_hours_delivered_are_the_hours_logged(odoo: Asker) -> None:
    logged: dict[int, float] = {}
    for row in odoo.table("account.analytic.line"):
        if row["so_line"] and row["project_id"]:
            logged[row["so_line"]] = logged.get(row["so_line"], 0.0) + row["unit_amount"]
    lines = [
        row
        for row in odoo.table("sale.order.line")
        if row["qty_delivered_method"] == "timesheet" and row["state"] == "sale"
    ]
    assert lines
    for row in lines:
        assert row["qty_delivered"] == pytest.approx(logged.get(row["id"], 0.0)), row["id"]


def test_versions_are_those_of_odoo_19(odoo: Asker) -> None:
    modules = odoo.rows(
        "ir.module.module", [("state", "=", "installed")], ["name", "latest_version"]
    )
    versions = {row["name"]: row["latest_version"] for row in modules}
    assert {"base", "sale_timesheet", "project_timesheet_holidays"} <= set(versions)
    assert all(re.match(r"19\.0\.", version) for version in versions.values())
