"""What is read of an Odoo for the handoff of each order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway import gates
from odoo_gateway.gates import NewRuling, State
from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.session import Session
from tasks.commercial.handoff_gate.job import JOB
from tasks.commercial.handoff_gate.policy import HandoffPolicy
from tasks.commercial.handoff_gate.snapshot import Sale, read
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

# Complete; with gaps of all sorts; of the other company.
WERFT, BRANDT, PRAIRIE = 901, 902, 903
# Confirmed just now, and nobody made its project yet.
NEWEST = 904
# Quotations.
INTERFACE, QUOTED = 33, 951
Values = Mapping[str, Any]


def look(now: AsOf, sandbox: Any = None, company_id: int = 1, **policy: Any) -> Report:
    odoo = reading(sandbox or changed(), company_id)
    return JOB.run(odoo, now, HandoffPolicy.model_validate(policy))


def sales(now: AsOf, sandbox: Any = None, **policy: Any) -> dict[int, Sale]:
    odoo = reading(sandbox or changed())
    found = read(odoo, now, HandoffPolicy.model_validate(policy))
    return {sale.order.id: sale for sale in found.sales}


def row(report: Report, order_id: int) -> Values:
    return next(row for row in report.rows if row["sale_order_id"] == order_id)


def missing(report: Report, order_id: int) -> set[str]:
    checks = row(report, order_id)["checks"]
    return {check["check"] for check in checks if check["result"] == "fail"}


def firm_with(**rows: list[Values]) -> Sandbox:
    """The firm with further rows; models with underscores for dots."""
    built = firm.build(MONDAY.date())
    more = {name.replace("__", "."): of for name, of in rows.items()}
    together = {model: [*built.get(model, []), *of] for model, of in more.items()}
    return Sandbox(MONDAY.date(), rows={**built, **together})  # type: ignore[dict-item]


def test_each_company_has_orders_with_and_without_gaps(now: AsOf) -> None:
    europe, america = look(now), look(now, company_id=2)
    assert (row(europe, WERFT)["status"], missing(europe, WERFT)) == ("waiting", set())
    assert row(europe, BRANDT)["missing_items"] == len(missing(europe, BRANDT)) == 10
    assert missing(america, PRAIRIE) == {"scope_notes", "kickoff_date", "hours_budget"}
    assert {row["currency"] for row in europe.rows} == {"EUR"}
    assert {row["currency"] for row in america.rows} == {"USD"}
    assert not {row["sale_order_id"] for row in europe.rows} & {PRAIRIE}


def test_documents_are_told_with_the_checksums_of_their_contents(now: AsOf) -> None:
    (document,) = row(look(now), WERFT)["documents"]
    assert document == {
        "name": "Statement of work Werft Stralsund.pdf",
        "checksum": f"{9010:040x}",
    }


def test_a_signature_is_shown_by_the_customers_message_and_not_by_the_fields(now: AsOf) -> None:
    found = sales(now)
    signature = found[WERFT].signature
    assert signature is not None
    assert signature.by == "Buyer of Werft Stralsund"
    assert (found[BRANDT].signature, found[BRANDT].order.signed_on is None) == (None, False)


def test_orders_that_sell_no_services_or_are_no_orders_are_left_out(now: AsOf) -> None:
    goods = changed(corrupt={("sale.order.line", 10 * WERFT): {"is_service": False}})
    assert WERFT not in sales(now, goods)
    advance = changed(corrupt={("sale.order.line", 10 * WERFT): {"is_downpayment": True}})
    assert WERFT not in sales(now, advance)
    assert WERFT not in sales(now, changed(corrupt={("sale.order", WERFT): {"state": "sent"}}))


def test_orders_are_looked_back_at_as_far_as_any_policy_asks(now: AsOf) -> None:
    assert set(sales(now, look_back_days=3)) == {WERFT, NEWEST}
    assert set(sales(now, look_back_days=10)) == {WERFT, NEWEST, BRANDT}


def test_a_template_is_no_project_of_an_order(now: AsOf) -> None:
    template = changed(corrupt={("project.project", WERFT): {"is_template": True}})
    assert sales(now, template)[WERFT].projects == []


@pytest.mark.parametrize(
    "named",
    [
        {("sale.order.line", 10 * WERFT): {"project_id": WERFT}},
        {("project.project", WERFT): {"sale_line_id": 10 * WERFT}},
        {("project.project", WERFT): {"reinvoiced_sale_order_id": WERFT}},
        {("product.product", 1): {"project_id": WERFT}},
    ],
    ids=["its line", "the line of the project", "the order of the project", "its product"],
)
def test_a_project_of_an_order_is_named_by_either_of_them(
    named: dict[tuple[str, int], Values], now: AsOf
) -> None:
    nothing: dict[tuple[str, int], dict[str, Any]] = {
        ("sale.order.line", 10 * WERFT): {"project_id": False},
        ("project.project", WERFT): {"sale_line_id": False, "reinvoiced_sale_order_id": False},
    }
    assert sales(now, changed(corrupt=nothing))[WERFT].projects == []
    for key, values in named.items():
        nothing[key] = {**nothing.get(key, {}), **values}
    (project,) = sales(now, changed(corrupt=nothing))[WERFT].projects or ()
    assert project.id == WERFT


def test_a_line_without_a_product_belongs_to_no_category(now: AsOf) -> None:
    bare = changed(corrupt={("sale.order.line", 10 * WERFT): {"product_id": False}})
    assert sales(now, bare)[WERFT].products == []


def test_an_odoo_without_hours_on_tasks_has_none_planned(now: AsOf) -> None:
    hidden = changed(hidden_fields=[("project.task", "allocated_hours")])
    assert sales(now, hidden)[WERFT].planned_hours == 0


def test_hours_of_tasks_are_added_up_by_project(now: AsOf) -> None:
    tasks: list[Values] = [
        {"id": 9000 + n, "name": "Task", "project_id": WERFT, "company_id": 1, "active": True}
        | {"allocated_hours": hours, "state": "01_in_progress", "user_ids": []}
        for n, hours in enumerate((7.5, 8.0))
    ]
    assert sales(now, firm_with(project__task=tasks))[WERFT].planned_hours == 15.5


def test_categories_are_read_with_those_above_them_where_a_policy_goes_by_them(now: AsOf) -> None:
    assert sales(now)[WERFT].categories == frozenset()
    line = {"name": "advisory", "categories": [1]}
    assert sales(now, service_lines=[line])[WERFT].categories == {1, 2}
    assert row(look(now, service_lines=[line]), WERFT)["service_lines"] == ["advisory"]
    bare = changed(corrupt={("product.category", 2): {"parent_path": False}})
    assert sales(now, bare, service_lines=[line])[WERFT].categories == {2}
    none = changed(corrupt={("product.product", 1): {"categ_id": False}})
    assert sales(now, none, service_lines=[line])[WERFT].categories == frozenset()


def test_an_address_of_a_firm_has_the_vat_number_of_the_firm(now: AsOf) -> None:
    to_contact = changed(corrupt={("sale.order", WERFT): {"partner_invoice_id": 410}})
    found = sales(now, to_contact)[WERFT]
    assert (found.invoiced.id, found.firm.id, found.firm.vat) == (410, 400, "DE812345678")
    ordered_by_contact = changed(
        corrupt={("sale.order", WERFT): {"partner_invoice_id": 410, "partner_id": 410}}
    )
    assert sales(now, ordered_by_contact)[WERFT].firm.id == 400


def test_an_order_whose_customer_or_currency_is_hidden_is_drift_and_left_out(now: AsOf) -> None:
    for model, number in (("res.partner", 400), ("res.currency", 1)):
        odoo = reading(changed(rules={model: [("id", "!=", number)]}))
        found = read(odoo, now, HandoffPolicy())
        assert WERFT not in {sale.order.id for sale in found.sales}
        assert any(drift.may_touch(("sale.order", WERFT)) for drift in odoo.drift)


def test_an_order_of_no_sales_team_has_none(now: AsOf) -> None:
    assert sales(now)[WERFT].team == "Sales"
    none = changed(corrupt={("sale.order", WERFT): {"team_id": False}})
    assert sales(now, none)[WERFT].team == ""


def test_tags_that_are_shown_to_salespeople_alone_are_asked_for_by_policies_alone(
    now: AsOf,
) -> None:
    hidden = {"hidden_fields": [("sale.order", "tag_ids")]}
    assert look(now, changed(**hidden)).rows == look(now).rows
    report = look(now, changed(**hidden), service_lines=[{"name": "audits", "tags": [1]}])
    assert (report.rows, report.findings, report.measures) == ((), (), ())
    (gap,) = report.not_verifiable
    assert gap.check == "service lines of orders"
    assert report.unseen == {"*"}, "no case is closed"


@pytest.mark.parametrize("model", ["ir.attachment", "mail.message", "project.project", "res.users"])
def test_what_may_be_hidden_withholds_all_and_closes_no_case(model: str, now: AsOf) -> None:
    report = look(now, changed(rules={model: [("id", "=", 0)]}))
    assert (report.rows, report.findings[0].kind) == ((), "not-verifiable")
    assert report.unseen == {"*"}


@pytest.mark.parametrize(
    "model", ["ir.attachment", "mail.message", "project.milestone", "project.task"]
)
def test_a_model_that_may_not_be_read_is_named(model: str, now: AsOf) -> None:
    report = look(now, changed(denied_models=[model]))
    assert any(model in gap.reason for gap in report.not_verifiable)
    assert report.rows == ()


def test_without_projects_what_they_tell_is_not_verifiable(now: AsOf) -> None:
    report = look(now, changed(lacks_modules=["project"]))
    results = {check["check"]: check["result"] for check in row(report, WERFT)["checks"]}
    for item in ("project_manager", "kickoff_date", "hours_budget", "billing_milestones"):
        assert results[item] == "not_verifiable"
    assert {gap.check for gap in report.not_verifiable} == {
        "project manager",
        "kickoff date",
        "hours budget",
        "billing milestones",
    }
    assert row(report, WERFT)["status"] == "waiting"


def test_without_projects_of_orders_their_shares_are_not_verifiable(now: AsOf) -> None:
    bare = changed(
        lacks_modules=["sale_project"], hidden_fields=[("project.project", "sale_line_id")]
    )
    report = look(now, bare)
    assert {gap.check for gap in report.not_verifiable} == {"billing milestones"}


def test_a_look_at_one_order_reads_nothing_of_the_others(now: AsOf) -> None:
    only = replace(now, only=frozenset({("sale.order", WERFT)}))
    assert set(sales(only)) == {WERFT}
    assert set(sales(replace(now, only=frozenset()))) == set()


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"res_model": "project.project", "res_id": WERFT},
        {"res_model": "project.project", "res_id": WERFT, "lonely": True},
    ],
    ids=["on the order", "on its project", "on a project that alone names the order"],
)
def test_a_file_is_looked_at_with_the_order_that_it_is_of(place: Values, now: AsOf) -> None:
    where = {name: value for name, value in place.items() if name != "lonely"}
    corrupt: dict[tuple[str, int], Values] = {("ir.attachment", 9010): where}
    if "lonely" in place:
        corrupt["sale.order.line", 10 * WERFT] = {"project_id": False}
        corrupt["project.project", WERFT] = {"sale_line_id": False}
    only = replace(now, only=frozenset({("ir.attachment", 9010)}))
    report = look(only, changed(corrupt=corrupt))
    assert [row["sale_order_id"] for row in report.rows] == [WERFT]
    (found,) = (each for each in report.findings if each.contents)
    assert report.covers(found)
    assert report.subjects == frozenset({("ir.attachment", 9010), ("sale.order", WERFT)})
    assert not any(report.covers(each) for each in look(now).findings if each.record_id == BRANDT)


def test_a_file_of_something_else_or_that_is_hidden_is_of_no_order(now: AsOf) -> None:
    only = replace(now, only=frozenset({("ir.attachment", 9010)}))
    elsewhere = changed(corrupt={("ir.attachment", 9010): {"res_model": "crm.lead"}})
    assert look(only, elsewhere).rows == ()
    assert sales(only, changed(denied_models=["ir.attachment"])) == {}
    bare = changed(
        hidden_fields=[("sale.order.line", "project_id")],
        corrupt={("ir.attachment", 9010): {"res_model": "project.project"}},
    )
    assert set(sales(only, bare)) == {WERFT}


def calls(now: AsOf, sandbox: Sandbox, **policy: Any) -> Counter[str]:
    overlay = Overlay(sandbox, {})
    JOB.run(reading(overlay), now, HandoffPolicy.model_validate(policy))
    return Counter(f"{model}.{method}" for model, method, *_ in overlay.seen)


def test_the_calls_are_as_many_for_one_order_as_for_thirty(now: AsOf) -> None:
    one, many = (calls(now, changed(), look_back_days=days) for days in (10, 300))
    assert len(sales(now, look_back_days=300)) > 15
    assert many == one
    asked = {name: n for name, n in many.items() if name.endswith("search_read") and n > 1}
    assert asked.keys() <= {"res.partner.search_read", "res.users.search_read"} | {
        "hr.employee.search_read",
        "ir.module.module.search_read",
    }


def test_quotations_are_read_with_what_was_decided_where_a_gate_keeps_them(now: AsOf) -> None:
    odoo = changed(gates=["order_confirmation"])
    key = gates.key_of("sale.order", QUOTED)
    gates.decide(Session(odoo), NewRuling(key, State.OVERRIDDEN, "by Ute", Decimal(9440), "EUR"))
    found = read(reading(odoo), now, HandoffPolicy())
    assert found.offers is not None
    offered = {each.sale.order.id: each.decision for each in found.offers}
    assert {INTERFACE, QUOTED} <= offered.keys()
    assert offered[INTERFACE] is None
    assert (said := offered[QUOTED]) is not None
    assert (said.state, said.reason) == ("overridden", "by Ute")
    assert offered.keys().isdisjoint(each.order.id for each in found.sales)
    report = look(now, odoo)
    assert row(report, INTERFACE)["status"] == "kept"
    assert {each.record_id for each in report.proposals} == offered.keys() - {QUOTED}


def test_without_a_gate_no_quotation_is_read(now: AsOf) -> None:
    found = read(reading(changed(gates=["invoice_release"])), now, HandoffPolicy())
    assert found.offers is None
    assert {INTERFACE, QUOTED}.isdisjoint(each.order.id for each in found.sales)


def test_a_file_on_a_quotation_has_that_one_looked_at(now: AsOf) -> None:
    of = {"res_model": "sale.order", "res_id": QUOTED, "res_field": False, "name": "SOW.pdf"}
    built = firm.build(MONDAY.date())
    file = {"id": 8001, "mimetype": "application/pdf", "checksum": "a1", **of}
    rows = {**built, "ir.attachment": [*built["ir.attachment"], file]}
    odoo = Sandbox(MONDAY.date(), rows=rows, gates=["order_confirmation"])
    report = look(replace(now, only=frozenset({("ir.attachment", 8001)})), odoo)
    (proposal,) = report.proposals
    assert (proposal.record_id, proposal.values["state"]) == (QUOTED, "released")
    assert proposal.values["files"] == ((8001,),)


def test_where_rows_may_be_hidden_nothing_is_released_and_nothing_kept(now: AsOf) -> None:
    rules = {"ir.attachment": [("id", ">", 0)]}
    odoo = changed(gates=["order_confirmation"], rules=rules)
    report = look(now, odoo)
    assert (report.rows, report.proposals) == ((), ())
    assert "files" in [gap.check for gap in report.not_verifiable]
