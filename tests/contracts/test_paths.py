"""A dotted path finds what two look-ups find, and relations are found by name."""

from typing import Any

import pytest

from tests.contracts.asking import Asker, label, shapes

PATHS = [
    ("account.analytic.line", "employee_id.company_id"),
    ("account.analytic.line", "employee_id.resource_calendar_id"),
    ("account.analytic.line", "project_id.name"),
    ("account.analytic.line", "so_line.order_id"),
    ("account.analytic.line", "so_line.order_id.partner_id"),
    ("account.analytic.line", "so_line.qty_delivered_method"),
    ("account.analytic.line", "task_id.project_id.partner_id"),
    ("account.analytic.line", "timesheet_invoice_id.payment_state"),
    ("account.analytic.line", "timesheet_invoice_id.state"),
    ("hr.department", "manager_id.name"),
    ("hr.employee", "department_id.name"),
    ("hr.employee", "parent_id.parent_id"),
    ("hr.employee", "resource_id.tz"),
    ("hr.expense", "sale_order_id.state"),
    ("hr.version", "employee_id.active"),
    ("hr.version", "employee_id.work_email"),
    ("project.milestone", "sale_line_id.order_id"),
    ("project.milestone", "project_id.company_id"),
    ("resource.calendar.attendance", "calendar_id.two_weeks_calendar"),
    ("resource.calendar.leaves", "resource_id.company_id"),
    ("sale.order", "currency_id.name"),
    ("sale.order", "partner_id.email"),
    ("sale.order.line", "order_id.date_order"),
    ("sale.order.line", "order_id.state"),
    ("sale.order.line", "product_id.invoice_policy"),
]


def values_of(odoo: Asker, path: tuple[str, str]) -> list[Any]:
    """Some values at the end of a path, one of them perhaps False."""
    model, way = path
    *first, last = way.split(".")
    for name in first:
        model = shapes(model)[name].relation
    found = sorted({row[last] for row in odoo.table(model)}, key=str)
    return [*found[:1], *found[-1:]]


@pytest.mark.parametrize("operator", ["=", "!=", "in", "not in"])
@pytest.mark.parametrize("path", PATHS, ids=label)
def test_a_path_equals_two_look_ups(odoo: Asker, path: tuple[str, str], operator: str) -> None:
    model, way = path
    first, _, rest = way.partition(".")
    for value in values_of(odoo, path):
        given = [value] if operator.endswith("in") else value
        related = odoo.ids(shapes(model)[first].relation, [(rest, operator, given)])
        found = odoo.ids(model, [(way, operator, given)])
        assert found == odoo.ids(model, [(first, "in", related)])
        assert found == odoo.ids(model, [(first, "any", [(rest, operator, given)])])


@pytest.mark.parametrize("path", PATHS, ids=label)
def test_the_negation_of_a_path_includes_those_who_have_no_such_record(
    odoo: Asker, path: tuple[str, str]
) -> None:
    model, way = path
    everything = {row["id"] for row in odoo.table(model)}
    for value in values_of(odoo, path):
        found = set(odoo.ids(model, [(way, "=", value)]))
        assert set(odoo.ids(model, ["!", (way, "=", value)])) == everything - found
        first, _, rest = way.partition(".")
        not_any = odoo.ids(model, [(first, "not any", [(rest, "=", value)])])
        assert set(not_any) == everything - found


@pytest.mark.parametrize(
    "field",
    [("sale.order", "partner_id"), ("hr.employee", "department_id"), ("sale.order", "currency_id")],
    ids=label,
)
def test_a_related_record_is_found_by_its_name(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    record_id = next(row[name] for row in odoo.table(model) if row[name])
    named = odoo.rows(shapes(model)[name].relation, [("id", "=", record_id)], ["name"])[0]["name"]
    same = [
        row["id"] for row in odoo.rows(shapes(model)[name].relation, [("name", "=", named)], ["id"])
    ]
    by_id = odoo.ids(model, [(name, "in", same)])
    assert odoo.ids(model, [(name, "=", named)]) == by_id
    assert odoo.ids(model, [(name, "!=", named)]) == odoo.ids(model, ["!", (name, "in", same)])
    assert set(by_id) <= set(odoo.ids(model, [(name, "ilike", named[:4])]))


def test_the_id_too_takes_a_condition_of_its_own(odoo: Asker) -> None:
    direct = odoo.ids("sale.order", [("state", "=", "sale")])
    assert odoo.ids("sale.order", [("id", "any", [("state", "=", "sale")])]) == direct
