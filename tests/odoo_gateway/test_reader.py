"""The reader answers completely and about one company, or raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import pytest

from odoo_gateway.errors import OdooRejected, OdooSchemaDrift, OdooUnavailable
from odoo_gateway.reader import Group, Reader
from odoo_gateway.records import Record
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tasks.execution.pending_approvals.submitted import ApprovalActivity
from tasks.reads.invoicing.evidence import MailMessage
from tasks.records.people import Employee
from tasks.records.sales import InvoiceLine, OrderLine
from tasks.records.timesheets import TimesheetLine
from tests.fakes.overlay import Answer, Overlay, fields

TODAY = date(2026, 11, 23)
BILLABLE = [("display_type", "=", False)]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(TODAY)


def reader(transport: Any, company_id: int = 1, page_size: int = 2000) -> Reader:
    return Reader(Session(transport, "https://odoo.example"), company_id, page_size)


def test_pages_add_up_to_the_whole(sandbox: Sandbox) -> None:
    whole = reader(sandbox).search(Employee, [], all_companies=True)
    paged = reader(sandbox, page_size=7).search(Employee, [], all_companies=True)
    assert paged == whole
    assert len(whole) > 30


def test_a_page_that_ends_exactly_is_followed_by_an_empty_one(sandbox: Sandbox) -> None:
    count = len(reader(sandbox).search(Employee, []))
    assert len(reader(sandbox, page_size=count).search(Employee, [])) == count


def test_among_none_there_is_nothing_and_odoo_is_asked_nothing(sandbox: Sandbox) -> None:
    asked: list[tuple[str, str]] = []

    class Noting:
        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            asked.append((model, method))
            return sandbox.call(model, method, args, kwargs)

    found, model = reader(Noting()), OrderLine.MODEL
    assert found.search(OrderLine, [("id", "in", [])]) == ()
    assert found.group(model, [("order_id", "in", []), ("id", ">", 1)], ["order_id"]) == ()
    assert not {(model, "search_read"), (model, "formatted_read_group")} & {*asked}
    # Where one of several is enough, what is among none says nothing.
    assert found.search(OrderLine, ["|", ("id", "in", []), ("id", ">", 0)])


def test_of_what_may_not_be_read_even_none_is_asked_for() -> None:
    hidden = reader(Sandbox(TODAY, denied_models=["sale.order.line"]))
    with pytest.raises(OdooRejected):
        hidden.group("sale.order.line", [("id", "in", [])], ["order_id"])


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


@pytest.mark.parametrize("ids", [[2, 2], [2, 1, 2], [0, 1]])
def test_a_page_with_a_row_twice_or_of_before_is_no_answer(ids: list[int]) -> None:
    def broken(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return [{"id": number, "name": "a"} for number in ids]

    with pytest.raises(OdooUnavailable, match="twice or one of before"):
        reader(users(broken)).search(Named, [])


def test_a_model_that_heeds_no_order_is_read_whole_all_the_same() -> None:
    """By name, whatever was asked: the ids 1 to 9 in another order, and the limit counts by it."""
    by_name = [7, 2, 9, 4, 1, 8, 3, 6, 5]

    def searched(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        (first, *_), *_ = args
        wanted = set(first[2]) if first[1] == "in" else {n for n in by_name if n > first[2]}
        found = [{"id": n, "name": str(n)} for n in by_name if n in wanted]
        return found[: kwargs["limit"]]

    overlay = users(searched, lambda args, kwargs: by_name)
    found = reader(overlay, page_size=4).search(Named, [])
    assert [user.id for user in found] == list(range(1, 10))


@pytest.mark.parametrize("page_size", [2, 2000])
def test_messages_and_activities_hidden_from_a_page_do_not_end_it(
    page_size: int, sandbox: Sandbox
) -> None:
    """Odoo takes a page and hides rows of it then: every second one is of a hidden document."""

    def shown(method: str, model: str) -> Any:
        def answer(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
            rows = sandbox.call(model, method, args, kwargs)
            return [row for row in rows if (row if method == "search" else row["id"]) % 2]

        return answer

    models = ("mail.activity", "mail.message")
    answers = {
        (m, method): shown(method, m) for m in models for method in ("search", "search_read")
    }
    for record in (ApprovalActivity, MailMessage):
        odoo = reader(Overlay(sandbox, answers), page_size=page_size)
        everything = reader(sandbox).search(record, [])
        found = odoo.search(record, [])
        assert list(found) == [row for row in everything if row.id % 2]
        assert found


@pytest.mark.parametrize("page_size", [3, 2000])
def test_employees_of_odoo_16_come_whole_and_by_id_without_rights_in_hr(page_size: int) -> None:
    odoo = Sandbox(TODAY, version=16, hidden_fields=[("hr.employee", "barcode")])
    rows = odoo.call("hr.employee", "search_read", [[], ["name"]], {"order": "id"})
    assert [row["id"] for row in rows] != sorted(row["id"] for row in rows)
    found = reader(odoo, page_size=page_size).search(Employee, [], all_companies=True)
    assert [employee.id for employee in found] == sorted(row["id"] for row in rows)


def test_journal_items_of_odoo_16_are_read_with_names_and_give_the_same() -> None:
    odoo = Sandbox(TODAY, version=16)
    with pytest.raises(OdooRejected, match="unexpected keyword argument 'load'"):
        odoo.call("account.move.line", "search_read", [[], ["move_id"]], {"load": ""})
    found = reader(odoo).search(InvoiceLine, [])
    assert found
    assert found == reader(Sandbox(TODAY, version=17)).search(InvoiceLine, [])


def test_a_model_of_any_version_that_takes_no_load_is_asked_once_more_without() -> None:
    seen: list[str] = []

    def older(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        seen.append("load" if "load" in kwargs else "without")
        if "load" in kwargs:
            raise OdooRejected("search_read() got an unexpected keyword argument 'load'")
        return [{"id": 1, "name": "a"}]

    found = reader(users(older))
    assert [found.search(Named, []) for _ in range(2)] == [(Named(1, "a"),)] * 2
    assert seen == ["load", "without", "without"]


def test_other_refusals_are_told_as_they_are() -> None:
    def refusing(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        raise OdooRejected("not allowed")

    with pytest.raises(OdooRejected, match="not allowed"):
        reader(users(refusing)).search(Named, [])


@pytest.mark.parametrize("answer", [False, {"ids": []}, ["1"], [True]])
def test_ids_that_are_none_are_no_answer(answer: Any) -> None:
    odoo = Sandbox(TODAY, version=16)
    overlay = Overlay(odoo, {("hr.employee", "search"): lambda args, kwargs: answer})
    with pytest.raises(OdooUnavailable, match=r"hr\.employee\.search answered"):
        reader(overlay).search(Employee, [])


def test_drift_knows_what_a_row_belongs_to_where_relations_come_with_names() -> None:
    shapes = {"id": {"type": "integer"}, "name": {"type": "char"}}
    shapes["company_id"] = {"type": "many2one", "relation": "res.company"}
    overlay = users(lambda args, kwargs: [{"id": 1, "name": 7, "company_id": [2, "Branch"]}])
    overlay.answers = {**overlay.answers, ("res.users", "fields_get"): lambda args, kwargs: shapes}
    found = reader(overlay)
    assert found.search(Employed, []) == ()
    assert found.unreadable("res.company") == {2}


def users(answer: Answer, ids: Answer | None = None) -> Overlay:
    """A database whose users answer so."""
    answers = {
        ("res.users", "search_read"): answer,
        ("res.users", "fields_get"): fields("id", "name"),
    }
    return Overlay(Sandbox(TODAY), answers | ({("res.users", "search"): ids} if ids else {}))


@dataclass(frozen=True)
class Named(Record):
    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str


@dataclass(frozen=True)
class Employed(Named):
    company_id: int | None


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
    assert {("sale.order.line", line_id), ("sale.order", order_id)} <= set(drift.records)
    assert ("sale.order", order_id + 1) not in drift.records


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
    for word in ("sale.order.line", "price_unit", "'sale'", "Install", "groups"):
        assert word in message


def test_a_model_without_its_module_is_not_readable() -> None:
    session = Session(Sandbox(TODAY, lacks_modules=["hr_expense"]))
    assert session.may_read("sale.order")
    assert not session.may_read("hr.expense")
    assert not Session(Sandbox(TODAY, denied_models=["sale.order"])).may_read("sale.order")


def test_a_right_to_write_is_none_to_read(sandbox: Sandbox) -> None:
    session = Session(sandbox)
    assert session.may_write("mail.activity")
    assert not session.may_write("sale.order")


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


def test_whether_a_model_has_a_company_is_asked_once_and_along_with_its_fields(
    sandbox: Sandbox,
) -> None:
    overlay = Overlay(sandbox, {})
    found = reader(overlay)
    found.search(Employee, [])
    for _ in range(2):
        found.count("hr.employee", [])
        found.count("sale.order", [])
        found.count("res.currency", [])
    asked = [model for model, method, _, _ in overlay.seen if method == "fields_get"]
    assert sorted(set(asked)) == ["hr.employee", "res.company", "res.currency", "sale.order"]
    assert len(asked) == len(set(asked))
    domains = {
        (model, str(args[0])) for model, method, args, _ in overlay.seen if method == "search_count"
    }
    own = str([("company_id", "in", [1, False])])
    assert domains == {("hr.employee", own), ("sale.order", own), ("res.currency", "[]")}


def test_records_of_other_companies_are_read_by_their_ids(sandbox: Sandbox) -> None:
    others = {each.id for each in reader(sandbox, company_id=2).search(Employee, [])}
    assert {each.company_id for each in reader(sandbox).read(Employee, others)} == {2}
    assert reader(sandbox).search(Employee, [("id", "in", sorted(others))]) == ()
    assert reader(sandbox).read(Employee, []) == ()
