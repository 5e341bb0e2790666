"""The reader answers completely and about one company, or raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import pytest

from odoo_gateway.errors import OdooSchemaDrift, OdooUnavailable
from odoo_gateway.reader import Drift, Group, Reader
from odoo_gateway.records import Record
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tasks.records.people import Employee
from tasks.records.sales import OrderLine
from tasks.records.timesheets import TimesheetLine
from tests.fakes.overlay import Overlay, fields

TODAY = date(2026, 11, 23)
BILLABLE = [("display_type", "=", False)]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(TODAY)


def reader(transport: Any, company_id: int = 1, page_size: int = 2000) -> Reader:
    return Reader(Session(transport, "https://odoo.example"), company_id, page_size)


def test_pages_add_up_to_the_whole(sandbox: Sandbox) -> None:
    whole = reader(sandbox).search(Employee, [])
    paged = reader(sandbox, page_size=7).search(Employee, [])
    assert paged == whole
    assert len(whole) > 30


def test_a_page_that_ends_exactly_is_followed_by_an_empty_one(sandbox: Sandbox) -> None:
    count = len(reader(sandbox).search(Employee, []))
    assert len(reader(sandbox, page_size=count).search(Employee, [])) == count


def test_archived_records_come_only_when_asked_for(sandbox: Sandbox) -> None:
    active = reader(sandbox).search(Employee, [])
    everybody = reader(sandbox).search(Employee, [], archived=True)
    assert len(everybody) > len(active)


def test_every_call_names_its_companies_own_first(sandbox: Sandbox) -> None:
    overlay = Overlay(sandbox, {})
    found = reader(overlay, company_id=2)
    found.search(Employee, [])
    found.count("hr.employee", [])
    found.group("hr.employee", [], ["company_id"])
    contexts = [
        kwargs["context"]["allowed_company_ids"]
        for model, method, _, kwargs in overlay.seen
        if model == "hr.employee" and method != "fields_get"
    ]
    assert contexts == [[2, 1]] * 3


def test_a_page_out_of_order_is_no_answer() -> None:
    def shuffled(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return [{"id": 2, "name": "b"}, {"id": 1, "name": "a"}]

    overlay = Overlay(
        Sandbox(TODAY),
        {
            ("res.users", "search_read"): shuffled,
            ("res.users", "fields_get"): fields("id", "name"),
        },
    )
    with pytest.raises(OdooUnavailable, match="out of order"):
        reader(overlay).search(Named, [])


@dataclass(frozen=True)
class Named(Record):
    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str


def test_a_row_that_fits_no_record_is_drift_with_what_it_belongs_to() -> None:
    line_id = reader(Sandbox(TODAY)).search(OrderLine, BILLABLE)[0].id
    broken = Sandbox(TODAY, corrupt={("sale.order.line", line_id): {"qty_delivered_method": "x"}})
    found = reader(broken)
    order_id = reader(Sandbox(TODAY)).search(OrderLine, [("id", "=", line_id)])[0].order_id
    assert line_id not in {line.id for line in found.search(OrderLine, BILLABLE)}
    (drift,) = found.drift
    assert (drift.model, drift.record_id, drift.field) == (
        "sale.order.line",
        line_id,
        "qty_delivered_method",
    )
    assert found.unreadable("sale.order") == {order_id}
    assert drift.touches("sale.order", order_id)
    assert drift.touches("sale.order.line", line_id)
    assert not drift.touches("sale.order", order_id + 1)
    assert not Drift("m", 1, "f", "p").touches("m", None)


def test_groups_add_up_to_the_rows(sandbox: Sandbox) -> None:
    found = reader(sandbox)
    lines = found.search(TimesheetLine, [("project_id", "!=", False)])
    groups = found.group(
        TimesheetLine.MODEL,
        [("project_id", "!=", False)],
        by=["employee_id", "date:day"],
        sums=["unit_amount"],
        earliest=["date"],
    )
    assert sum(group.count for group in groups) == len(lines)
    assert sum(group.sums[0] for group in groups) == pytest.approx(
        sum(line.unit_amount for line in lines)
    )
    assert all(group.keys[1] == group.earliest[0] for group in groups)
    assert all(isinstance(group.keys[0], int) for group in groups)


def test_the_shape_of_older_versions_gives_the_same_groups(sandbox: Sandbox) -> None:
    older = reader(sandbox)
    older.session.__dict__["major_version"] = 18
    arguments: dict[str, Any] = {
        "by": ["employee_id", "date:day"],
        "sums": ["unit_amount"],
        "earliest": ["date"],
    }
    domain = [("project_id", "!=", False)]
    new = reader(sandbox).group(TimesheetLine.MODEL, domain, **arguments)
    old = older.group(TimesheetLine.MODEL, domain, **arguments)

    def in_order(groups: Sequence[Any]) -> list[Any]:
        return sorted(groups, key=lambda group: str(group.keys))

    assert in_order(old) == in_order(new)


def test_rows_without_a_key_are_a_group_of_their_own(sandbox: Sandbox) -> None:
    groups = reader(sandbox).group("hr.employee", [], ["parent_id"])
    assert None in {group.keys[0] for group in groups}


def test_a_count_is_what_the_user_sees(sandbox: Sandbox) -> None:
    found = reader(sandbox)
    assert found.count("hr.employee", []) == len(found.search(Employee, []))


def test_an_absent_optional_field_is_told_and_defaults(sandbox: Sandbox) -> None:
    found = reader(sandbox)
    assert found.lacks(TimesheetLine, "validated")
    assert not found.lacks(TimesheetLine, "holiday_id")
    assert found.search(TimesheetLine, [])[0].validated is None


def test_a_hidden_field_names_model_field_module_and_remedy() -> None:
    hidden = Sandbox(TODAY, hidden_fields=[("sale.order.line", "price_unit")])
    with pytest.raises(OdooSchemaDrift) as caught:
        reader(hidden).search(OrderLine, [])
    message = str(caught.value)
    for word in ("sale.order.line", "price_unit", "'sale'", "groups", "fleet doctor"):
        assert word in message


def test_a_model_without_its_module_is_not_readable() -> None:
    session = Session(Sandbox(TODAY, lacks_modules=["hr_expense"]))
    assert session.may_read("sale.order")
    assert not session.may_read("hr.expense")
    assert not Session(Sandbox(TODAY, denied_models=["sale.order"])).may_read("sale.order")


def test_links_lead_to_the_record(sandbox: Sandbox) -> None:
    session = Session(sandbox, "https://odoo.example/")
    assert session.link("sale.order", 7) == "https://odoo.example/odoo/sale.order/7"
    assert session.page("timesheets", "x.act") == "https://odoo.example/odoo/timesheets"
    session.__dict__["major_version"] = 16
    assert session.page("timesheets", "x.act") == "https://odoo.example/web#action=x.act"
    assert session.link("sale.order", 7) == (
        "https://odoo.example/web#id=7&model=sale.order&view_type=form"
    )


def test_an_odoo_without_a_version_is_none() -> None:
    overlay = Overlay(Sandbox(TODAY), {("ir.module.module", "search_read"): lambda a, k: []})
    with pytest.raises(OdooSchemaDrift, match="names no version"):
        _ = Session(overlay).major_version


def test_an_older_name_is_used_where_the_new_one_is_missing(sandbox: Sandbox) -> None:
    overlay = Overlay(
        sandbox, {("sale.order.line", "fields_get"): fields("id", "tax_id", "product_uom")}
    )

    @dataclass(frozen=True)
    class Taxed(Record):
        MODEL: ClassVar[str] = "sale.order.line"
        MODULE: ClassVar[str] = "sale"
        id: int
        tax_ids: int

    layout = Session(overlay).layout(Taxed)
    assert layout.names == {"id": "id", "tax_ids": "tax_id"}


@pytest.mark.parametrize("key", [None, 7, "2026-11-23"])
def test_a_group_without_a_day_where_one_was_asked_for_is_no_answer(key: Any) -> None:
    assert Group((TODAY,), (), (), 1).day_at(0) == TODAY
    with pytest.raises(OdooUnavailable, match="where a day belongs"):
        Group((key,), (), (), 1).day_at(0)
