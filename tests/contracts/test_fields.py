"""Both servers describe every declared field alike, as the schema of the sandbox has it."""

import pytest

from odoo_gateway.sandbox import schema
from tests.contracts.asking import Asker, label, shapes

EVERY = [(model, name) for model, fields in schema.load().items() for name in fields]
ENTERPRISE_OR_OLDER = [
    ("account.analytic.line", "validated"),
    ("account.analytic.line", "sheet_id"),
    ("account.analytic.line", "sheet_state"),
    ("res.company", "timesheet_mail_employee_allow"),
    ("resource.calendar.attendance", "date_from"),
    ("resource.calendar.attendance", "date_to"),
    ("resource.calendar.attendance", "resource_id"),
]


@pytest.mark.parametrize("field", EVERY, ids=label)
def test_a_field_has_the_type_the_relation_and_the_storage_of_the_schema(
    odoo: Asker, field: tuple[str, str]
) -> None:
    model, name = field
    shape = shapes(model)[name]
    asked = ["type", "relation", "store", "required", "searchable", "sortable", "groupable"]
    found = odoo.ask(model, "fields_get", [name], asked)
    assert found == {name: shape.described(asked)}


@pytest.mark.parametrize("field", [(m, n) for m, n in EVERY if shapes(m)[n].selection], ids=label)
def test_a_selection_has_the_keys_of_the_schema(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    found = odoo.ask(model, "fields_get", [name], ["selection"])[name]["selection"]
    assert [key for key, _ in found] == [key for key, _ in shapes(model)[name].selection]


@pytest.mark.parametrize("field", ENTERPRISE_OR_OLDER, ids=label)
def test_a_field_of_another_edition_or_version_is_absent(
    odoo: Asker, field: tuple[str, str]
) -> None:
    model, name = field
    assert odoo.ask(model, "fields_get", [name, "id"], ["type"]) == {"id": {"type": "integer"}}


def test_names_that_do_not_exist_are_left_out(odoo: Asker) -> None:
    assert odoo.ask("sale.order", "fields_get", ["nonsense"], ["type"]) == {}


def test_all_fields_are_described_when_none_is_named(odoo: Asker) -> None:
    found = odoo.ask("sale.order.line", "fields_get", [], ["type"])
    assert set(found) >= set(shapes("sale.order.line"))
    assert found["order_id"] == {"type": "many2one"}


def test_only_relations_have_a_relation(odoo: Asker) -> None:
    found = odoo.ask("sale.order.line", "fields_get", ["name", "order_id"], ["relation"])
    assert found == {"name": {}, "order_id": {"relation": "sale.order"}}


def test_fields_are_described_to_those_who_may_not_read_the_model(officer: Asker) -> None:
    found = officer.ask("sale.order", "fields_get", ["name"], ["type"])
    assert found == {"name": {"type": "char"}}


def test_a_field_behind_a_group_is_left_out(officer: Asker) -> None:
    names = ["date_version", "contract_date_start", "contract_date_end"]
    assert list(officer.ask("hr.version", "fields_get", names, ["type"])) == ["date_version"]
