"""What of a handoff is there, by what shows it, and what is missing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.commercial.handoff_gate.policy import PDF, WORD_FILE
from tasks.commercial.handoff_gate.snapshot import Sale
from tasks.domain.findings import Report
from tests.fakes.handoffs import (
    FIRM,
    LINE,
    NOW,
    ORDER,
    PROJECT,
    SALE,
    check,
    document,
    judged,
    row,
    sale,
)


def result(item: str, found: Sale, **policy: Any) -> str:
    return str(check(judged(found, **policy), item)["result"])


def reason(item: str, found: Sale, **policy: Any) -> str:
    return str(check(judged(found, **policy), item)["reason"])


def evidence(report: Report, item: str) -> list[str]:
    return list(check(report, item)["evidence"])


def test_a_complete_handoff_lacks_nothing() -> None:
    found = row(judged())
    assert (found["status"], found["missing_items"], found["next_due"]) == ("waiting", 0, None)
    results = {each["check"]: each["result"] for each in found["checks"]}
    assert results.pop("billing_milestones") == "not_applicable"
    assert set(results.values()) == {"pass"}


@pytest.mark.parametrize(
    ("name", "kind", "there"),
    [
        ("SOW Werft.pdf", PDF, True),
        ("Werft_sow.pdf", PDF, True),
        ("The Statement of Work, final.docx", WORD_FILE, True),
        ("Leistungsbeschreibung.PDF", PDF, True),
        ("SOW Werft.png", "image/png", False),
        ("Brochure.pdf", PDF, False),
        ("Quotation - S00007.pdf", PDF, False),
        ("S00007.pdf", PDF, False),
    ],
)
def test_a_statement_of_work_is_known_by_its_name_and_kind(
    name: str, kind: str, there: bool
) -> None:
    found = judged(sale(documents=[document(name, mimetype=kind)]))
    assert (check(found, "statement_of_work")["result"] == "pass") is there
    assert evidence(found, "statement_of_work") == ([name] if there else [])


def test_the_quotation_that_odoo_mails_is_none_whatever_names_are_asked_for() -> None:
    any_file = {"name": "statement_of_work", "patterns": ["*"]}
    printed = sale(documents=[document("Quotation - S00007.pdf")])
    assert result("statement_of_work", printed, statement_of_work=any_file) == "fail"
    assert result("statement_of_work", SALE, statement_of_work=any_file) == "pass"


def test_files_that_are_not_readable_are_not_verifiable() -> None:
    report = judged(sale(documents=None))
    assert check(report, "statement_of_work")["result"] == "not_verifiable"
    (gap,) = report.not_verifiable
    assert (gap.check, gap.reason) == ("statement of work", "files are not readable")
    assert row(report)["status"] == "waiting"


def test_a_signature_on_the_portal_shows_acceptance() -> None:
    assert evidence(judged(), "acceptance") == ["signed on the portal by Ute Werft on 2026-11-23"]


def test_a_signature_in_the_fields_alone_shows_nothing() -> None:
    typed = sale(signature=None)
    assert result("acceptance", typed) == "fail"
    assert "may have typed it" in reason("acceptance", typed)
    unsigned = sale({"signed_on": None}, signature=None)
    assert reason("acceptance", unsigned) == "no signature of the customer is known"


def test_a_signature_that_a_signed_source_told_of_shows_acceptance() -> None:
    outside = {("sale.order", 7): datetime(2026, 11, 24, 12, tzinfo=UTC)}
    moment = replace(NOW, signed=outside)
    report = judged(sale(signature=None), as_of=moment)
    assert evidence(report, "acceptance") == ["signed on 2026-11-24"]
    other = replace(NOW, signed={("sale.order", 8): datetime(2026, 11, 24, tzinfo=UTC)})
    assert check(judged(sale(signature=None), as_of=other), "acceptance")["result"] == "fail"


def test_files_show_acceptance_where_the_policy_says_which() -> None:
    filed = sale(signature=None, documents=[document(), document("Signed order.pdf", 2)])
    assert result("acceptance", filed) == "fail"
    report = judged(filed, acceptance_files=["signed*"])
    assert evidence(report, "acceptance") == ["Signed order.pdf"]
    assert [each["name"] for each in row(report)["documents"]] == [
        "SOW Werft.pdf",
        "Signed order.pdf",
    ]


def test_whether_a_hidden_person_signed_is_not_verifiable() -> None:
    found = sale(signature=None, may_be_signed=True)
    assert (result("acceptance", found), reason("acceptance", found)) == (
        "not_verifiable",
        "who signed it is hidden",
    )


@pytest.mark.parametrize(
    ("values", "lacking"),
    [
        ({"street": None}, "street"),
        ({"zip": None, "city": None}, "zip, city"),
        ({"country_code": None}, "country"),
    ],
)
def test_an_invoice_address_is_whole_or_says_what_it_lacks(
    values: dict[str, Any], lacking: str
) -> None:
    found = sale(invoiced=replace(FIRM, **values))
    assert result("invoice_address", found) == "fail"
    assert reason("invoice_address", found) == f"Werft has no {lacking}"


def test_an_invoice_address_needs_an_email_address() -> None:
    found = sale(invoiced=replace(FIRM, email=None))
    assert reason("invoice_email", found) == "Werft has no e-mail address"


@pytest.mark.parametrize(
    ("invoiced", "firm", "expected"),
    [
        ({}, {}, "pass"),
        ({"vat": None}, {}, "pass"),
        ({"vat": None}, {"vat": None}, "fail"),
        ({"vat": None, "country_code": None}, {"vat": None}, "fail"),
        ({"vat": None, "country_code": None}, {"vat": None, "country_code": None}, "fail"),
        ({"vat": None, "country_code": "US"}, {"vat": None}, "not_applicable"),
        ({"vat": None}, {"vat": None, "is_company": False}, "not_applicable"),
    ],
    ids=[
        *("its own", "the firm's", "none", "the firm's country", "no country", "not asked for"),
        "a person",
    ],
)
def test_a_vat_number_is_asked_of_firms_where_the_country_asks_for_it(
    invoiced: dict[str, Any], firm: dict[str, Any], expected: str
) -> None:
    found = sale(invoiced=replace(FIRM, **invoiced), firm=replace(FIRM, **firm))
    assert result("vat_number", found) == expected


def test_the_order_needs_payment_terms_and_the_customers_number() -> None:
    found = sale({"payment_term_id": None, "client_order_ref": None})
    assert result("payment_terms", found) == result("purchase_order", found) == "fail"


@pytest.mark.parametrize(
    ("notes", "description", "expected"),
    [
        (["x" * 40], None, "pass"),
        ([], "<p>" + "x" * 40 + "</p>", "pass"),
        (["x" * 20], "<p>" + "y" * 20 + "</p>", "pass"),
        (
            ["x" * 39],
            "<p><br></p>",
            "too little is written of the scope",
        ),
        ([], "<p><br></p>", "nothing is written of the scope"),
    ],
)
def test_the_scope_is_written_on_the_order_or_its_project(
    notes: list[str], description: str | None, expected: str
) -> None:
    found = sale(notes=notes, projects=[replace(PROJECT, description=description)])
    told = f"{result('scope_notes', found)} {reason('scope_notes', found)}"
    assert expected in told


def test_the_scope_of_an_order_without_projects_is_written_on_the_order() -> None:
    assert result("scope_notes", sale(projects=None)) == "pass"


@pytest.mark.parametrize("item", ["project_manager", "kickoff_date", "hours_budget"])
def test_what_a_project_tells_is_missing_without_one_and_unknown_where_there_are_none(
    item: str,
) -> None:
    assert reason(item, sale(projects=[])) == "the order has no project yet"
    assert result(item, sale(projects=None)) == "not_verifiable"


def test_a_project_needs_a_manager_a_start_and_hours() -> None:
    bare = replace(PROJECT, user_id=None, date_start=None, allocated_hours=0.0)
    found = sale(projects=[bare])
    assert reason("project_manager", found) == "nobody is set as project manager"
    assert reason("kickoff_date", found) == "the project has no start date"
    assert reason("hours_budget", found) == "no hours are allocated to the project or its tasks"
    second = sale(projects=[bare, replace(PROJECT, id=10)])
    for item in ("project_manager", "kickoff_date", "hours_budget"):
        assert result(item, second) == "pass"


def test_hours_of_tasks_are_a_budget_and_where_no_hours_are_sold_none_is_needed() -> None:
    bare = [replace(PROJECT, allocated_hours=0.0)]
    report = judged(sale(projects=bare, planned_hours=12.5))
    assert evidence(report, "hours_budget") == ["12.5 h"]
    fixed = sale(projects=bare, lines=[replace(LINE, qty_delivered_method="manual")])
    assert result("hours_budget", fixed) == "not_applicable"


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(100.0, "pass"), (99.999, "pass"), (99.99, "fail"), (140.0, "fail"), (0.0, "fail")],
)
def test_the_milestones_of_a_line_add_up_to_all_of_it(percent: float, expected: str) -> None:
    staged = replace(LINE, qty_delivered_method="milestones")
    found = sale(lines=[staged], shares={LINE.id: percent})
    assert result("billing_milestones", found) == expected


def test_milestones_that_do_not_add_up_are_named_with_their_line() -> None:
    lines = [LINE, replace(LINE, id=71, name="Build")]
    found = sale(lines=lines, shares={70: 100.0, 71: 140.0})
    assert reason("billing_milestones", found).endswith("than all: Build: 140 %")


def test_shares_that_this_odoo_does_not_tell_are_not_verifiable() -> None:
    report = judged(sale(shares=None))
    assert check(report, "billing_milestones")["result"] == "not_verifiable"
    assert [gap.check for gap in report.not_verifiable] == ["billing milestones"]


def test_documents_of_a_template_are_demanded_of_orders_that_use_it() -> None:
    line = {
        "name": "training",
        "templates": [44],
        "documents": [{"name": "risk_register", "patterns": ["*risk*"], "within_hours": 4}],
    }
    product = replace(SALE.products[0], project_template_id=44)
    found = sale(products=[product])
    report = judged(found, service_lines=[line])
    assert check(report, "risk_register")["result"] == "fail"
    assert row(report)["service_lines"] == ["training"]
    assert "risk_register" not in str(judged(service_lines=[line]).rows)
    brought = replace(found, documents=[document(), document("Risks.xlsx", 2, mimetype="x/y")])
    assert check(judged(brought, service_lines=[line]), "risk_register")["result"] == "pass"
    assert len(row(judged(brought, service_lines=[line]))["documents"]) == 2


def test_an_order_below_the_minimum_and_an_exempt_one_are_listed_and_nobody_is_told() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"minimum_amounts": {"EUR": 20000}}, "below_minimum"),
        ({"exempt_orders": [ORDER.id]}, "exempt"),
    ]
    for policy, status in cases:
        report = judged(sale(documents=[]), **policy)
        assert (row(report)["status"], report.findings) == (status, ())
    other = judged(sale(documents=[]), minimum_amounts={"USD": 20000})
    assert row(other)["status"] == "incomplete"


def test_an_order_that_was_confirmed_longer_ago_than_is_looked_at_is_not_listed() -> None:
    assert judged(look_back_days=2).rows
    assert not judged(look_back_days=1).rows
