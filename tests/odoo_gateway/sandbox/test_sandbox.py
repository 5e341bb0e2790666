"""The sandbox in the same process: its switches, and the errors that callers meet."""

from datetime import date
from typing import Any

import pytest

from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Company, Session
from tasks.records.people import Employee, EmploymentVersion
from tasks.records.sales import Expense, Milestone, Order
from tasks.records.timesheets import TimesheetLine

AS_OF = date(2026, 11, 23)


def reading(sandbox: Sandbox, company_id: int = 1) -> Reader:
    return Reader(Session(sandbox), company_id)


def test_it_is_odoo_19_with_two_companies() -> None:
    session = Session(Sandbox(AS_OF))
    assert session.major_version == 19
    assert [company.name for company in session.companies] == [
        "Nordwind Consulting",
        "Nordwind Americas Inc.",
    ]


def test_an_account_may_have_one_company() -> None:
    session = Session(Sandbox(AS_OF, company_ids=[2]))
    assert [company.id for company in session.companies] == [2]
    assert {employee.company_id for employee in Reader(session, 2).search(Employee, [])} == {2}
    with pytest.raises(OdooRejected, match="unauthorized or invalid companies"):
        Reader(session, 1).search(Employee, [])


def test_a_hidden_field_is_absent_and_refused() -> None:
    hidden = [("hr.version", "contract_date_start"), ("hr.version", "contract_date_end")]
    reader = reading(Sandbox(AS_OF, hidden_fields=hidden))
    assert reader.lacks(EmploymentVersion, "contract_date_start")
    versions = reader.search(EmploymentVersion, [])
    assert {version.contract_date_start for version in versions} == {None}
    with pytest.raises(OdooRejected, match="not have enough rights to access the field"):
        reader.count("hr.version", [("contract_date_start", "!=", False)])


def test_a_denied_model_may_not_be_read() -> None:
    reader = reading(Sandbox(AS_OF, denied_models=["hr.expense"]))
    assert not reader.session.may_read("hr.expense")
    assert reader.session.may_read("sale.order")
    with pytest.raises(OdooRejected, match="not allowed to access"):
        reader.search(Expense, [])


@pytest.mark.parametrize(
    ("module", "gone", "absent"),
    [
        ("hr_expense", "hr.expense", ()),
        ("sale", "sale.order", ()),
        ("project", "project.milestone", ()),
        ("sale_timesheet", None, ("timesheet_invoice_id", "timesheet_invoice_type")),
        ("project_timesheet_holidays", None, ("holiday_id", "global_leave_id")),
        ("hr_holidays", "hr.leave", ("holiday_id", "global_leave_id")),
    ],
)
def test_what_a_missing_module_brings_is_gone(
    module: str, gone: str | None, absent: tuple[str, ...]
) -> None:
    reader = reading(Sandbox(AS_OF, lacks_modules=[module]))
    assert module not in reader.session.modules
    if gone:
        assert not reader.session.may_read(gone)
    assert all(reader.lacks(TimesheetLine, name) for name in absent)
    assert len(reader.search(TimesheetLine, [])) > 1000


def test_a_missing_model_is_unknown() -> None:
    reader = reading(Sandbox(AS_OF, lacks_models=["hr.version"]))
    assert not reader.session.may_read("hr.version")
    with pytest.raises(OdooSchemaDrift, match=r"Object hr\.version doesn't exist"):
        reader.count("hr.version", [])


def test_a_missing_module_takes_those_that_need_it_along() -> None:
    session = Session(Sandbox(AS_OF, lacks_modules=["sale"]))
    assert not {"sale", "sale_project", "sale_timesheet", "sale_expense"} & set(session.modules)


def test_milestones_stay_without_sales() -> None:
    reader = reading(Sandbox(AS_OF, lacks_modules=["sale_project"]))
    assert reader.lacks(Milestone, "sale_line_id")
    assert {milestone.sale_line_id for milestone in reader.search(Milestone, [])} == {None}


def test_a_corrupt_row_is_drift_and_the_rest_is_read() -> None:
    sound = reading(Sandbox(AS_OF)).search(Employee, [])
    reader = reading(Sandbox(AS_OF, corrupt={("hr.employee", 5): {"resource_id": False}}))
    assert len(reader.search(Employee, [])) == len(sound) - 1
    (drift,) = reader.drift
    assert (drift.model, drift.record_id, drift.field) == ("hr.employee", 5, "resource_id")


def test_other_rows_can_be_put_in() -> None:
    company = {"id": 1, "name": "Alone", "currency_id": 1, "resource_calendar_id": False}
    session = Session(Sandbox(AS_OF, rows={"res.company": [company]}, company_ids=[1]))
    assert session.companies == (Company(1, "Alone", 1, None),)
    assert Reader(session, 1).search(Order, []) == ()


def test_two_of_the_same_day_answer_alike_and_one_of_another_does_not() -> None:
    def lines(as_of: date) -> Any:
        return reading(Sandbox(as_of)).search(TimesheetLine, [])

    assert lines(AS_OF) == lines(AS_OF)
    assert lines(AS_OF) != lines(date(2026, 11, 24))


def test_answers_belong_to_the_caller() -> None:
    sandbox = Sandbox(AS_OF)
    first = sandbox.call("sale.order.line", "search_read", [[], ["tax_ids"]], {})
    for row in first:
        row["tax_ids"].append(99)
    again = sandbox.call("sale.order.line", "search_read", [[], ["tax_ids"]], {})
    assert not any(99 in row["tax_ids"] for row in again)


def test_what_json_cannot_carry_is_refused_as_on_the_wire() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        Sandbox(AS_OF).call("sale.order", "search_count", [[("date_order", ">", AS_OF)]], {})


@pytest.mark.parametrize(
    ("model", "method", "args", "error", "message"),
    [
        ("planning.slot", "search_count", [[]], OdooSchemaDrift, "Object planning.slot doesn't"),
        ("sale.order", "search_count", [[("x", "=", 1)]], OdooSchemaDrift, "sale.order.x in con"),
        ("sale.order", "search_read", [[], ["x"]], OdooSchemaDrift, "Invalid field 'x' on"),
        ("sale.order", "fly", [], OdooRejected, "The method 'sale.order.fly' does not exist"),
        ("sale.order", "_search", [[]], OdooRejected, "Private methods"),
        ("sale.order", "search_count", [5], OdooRejected, "invalid argument type for domain"),
        ("sale.order", "create", [{}], OdooRejected, "not allowed to create"),
        ("sale.order", "write", [[1], {}], OdooRejected, "not allowed to modify"),
        ("sale.order", "unlink", [[1]], OdooRejected, "not allowed to delete"),
    ],
)
def test_refusals_are_the_errors_of_our_adapter(
    model: str, method: str, args: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Sandbox(AS_OF).call(model, method, args, {})


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("search_count", [[("parent_id", "child_of", 1)]]),
        ("search_count", [[("department_id", "parent_of", 1)]]),
        ("formatted_read_group", [[], ["department_id.name"], ["__count"]]),
        ("formatted_read_group", [[], ["job_id"], ["__count"], [["__count", ">", 1]]]),
    ],
    ids=str,
)
def test_what_the_sandbox_cannot_do_it_does_not_pretend(method: str, args: list[Any]) -> None:
    with pytest.raises(OdooRejected, match="the sandbox does not know"):
        Sandbox(AS_OF).call("hr.employee", method, args, {})


def test_dates_relative_to_now_are_not_pretended_either() -> None:
    with pytest.raises(OdooRejected, match="the sandbox does not know"):
        Sandbox(AS_OF).call("sale.order", "search_count", [[("date_order", ">", "today")]], {})
