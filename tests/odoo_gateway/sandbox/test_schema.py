"""The schema holds what records declare, and nothing else."""

import json

import pytest

from odoo_gateway import field_names
from odoo_gateway.sandbox import schema
from tests.contracts import declared
from tests.odoo_gateway.sandbox.make_schema import FOLDER, TARGET, text

# What no Odoo 19 Community has: models and fields of other versions and editions.
ABSENT_MODELS = {
    "helpdesk.ticket",
    "hr.contract",
    "hr.expense.sheet",
    "hr_timesheet.sheet",
    "planning.slot",
    "purchase.order",
    "purchase.order.line",
    "tier.review",
}
ABSENT_FIELDS = {
    ("account.analytic.line", "sheet_id"),
    ("account.analytic.line", "sheet_state"),
    ("account.analytic.line", "validated"),
    ("account.move.line", "purchase_line_id"),
    ("hr.employee", "timesheet_manager_id"),
    ("hr.expense", "sheet_id"),
    ("hr.expense", "total_amount_company"),
    ("res.company", "timesheet_mail_employee_allow"),
    ("res.partner", "peppol_verification_state"),
    ("resource.calendar.attendance", "date_from"),
    ("resource.calendar.attendance", "date_to"),
    ("resource.calendar.attendance", "resource_id"),
    ("sale.order", "margin_percent"),
    ("sale.order", "validation_status"),
    ("sale.order.line", "is_reward_line"),
    ("sale.order.line", "purchase_price"),
    ("uom.uom", "category_id"),
}
RENEW = "renew it with `python -m tests.odoo_gateway.sandbox.make_schema`"


def test_the_schema_covers_exactly_what_is_declared() -> None:
    held = {
        (model, name) for model, fields in json.loads(TARGET.read_text()).items() for name in fields
    }
    wanted = {
        (model, name)
        for source in (declared.fields(), schema.EXTRA)
        for model, names in source.items()
        for name in names
        if model not in ABSENT_MODELS
    }
    assert held == wanted - ABSENT_FIELDS, RENEW


def test_what_is_absent_is_optional() -> None:
    required = declared.fields(required_only=True)
    assert not any(name in required[model] for model, name in ABSENT_FIELDS)


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_the_file_is_as_it_would_be_written(version: int) -> None:
    held = (FOLDER / schema.file_name(version)).read_text()
    assert text(json.loads(held)) == held


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_each_version_has_what_records_cannot_do_without(version: int) -> None:
    known = schema.load(version)
    for model, names in declared.fields(required_only=True).items():
        for name in names if model in known else ():
            assert set(field_names.candidates(model, name)) & known[model].keys(), (model, name)


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_no_version_has_fields_that_nobody_reads(version: int) -> None:
    wanted = declared.fields()
    for model, fields in schema.load(version).items():
        names = {*wanted[model], *schema.EXTRA.get(model, ())}
        known = {older for name in names for older in field_names.candidates(model, name)}
        assert fields.keys() - {"display_name"} <= known


def test_a_recording_is_trimmed_under_the_names_of_its_version() -> None:
    recorded = {"sale.order.line": {"tax_id": {"type": "many2many", "store": True}}}
    trimmed = schema.trim(recorded, {"sale.order.line": {"tax_ids"}})
    assert list(trimmed["sale.order.line"]) == ["tax_id"]


def test_trimming_keeps_declared_and_extra_fields_that_were_recorded() -> None:
    char = {"type": "char", "store": True}
    recorded = {
        "sale.order": {"name": char, "state": char, "note": char},
        "stock.picking": {"name": char},
    }
    wanted = {"sale.order": {"name", "gone"}, "hr.contract": {"name"}}
    trimmed = schema.trim(recorded, wanted)
    assert trimmed == {"sale.order": {"name": char, "state": char}}


def test_every_record_has_a_display_name_that_is_not_stored() -> None:
    for fields in schema.load().values():
        shape = fields["display_name"]
        assert (shape.type, shape.store) == ("char", False)
        assert (shape.searchable, shape.groupable, shape.sortable) == (True, False, False)


def test_what_follows_another_record_is_known() -> None:
    for model, name in schema.FOLLOWED | schema.SEARCHED:
        shape = schema.load()[model][name]
        assert not shape.store
        assert shape.searchable
        assert shape.groupable is ((model, name) in schema.FOLLOWED)
