"""What is said of change requests that wait, and of what was done without being asked for."""

from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.deciding import State
from tasks.domain.findings import Severity
from tests.tasks.execution.change_requests.making import (
    BRUNO,
    CHIARA,
    HAFENWERK,
    INTERFACE,
    PHONE,
    SECOND_LAB,
    added_line,
    confirmed,
    decided,
    finding,
    firm_with,
    look,
    row,
)

ALPEN = 20


def test_what_waits_longer_than_the_policy_allows_is_told_to_who_leads_the_project() -> None:
    report = look()
    found = finding(report, "not-decided")
    assert found is not None
    assert found.title == "S00033 of S00001: not decided for 12 days"
    assert found.reason == "it is raised, and nobody was asked to decide it"
    assert (found.amount, found.currency, str(found.since)) == (Decimal(4400), "EUR", "2026-11-11")
    assert found.recipient is not None
    assert found.recipient.email == BRUNO
    assert row(report)["status"] == "raised"
    # In time.
    assert finding(report, "not-decided", SECOND_LAB) is None
    assert finding(look(decide_within_days=1), "not-decided", SECOND_LAB)
    assert finding(look(decide_within_days=12), "not-decided") is None


def test_what_was_put_to_people_says_so() -> None:
    found = finding(look(None, decided(State.WAITING)), "not-decided")
    assert found is not None
    assert found.reason == "those who may decide were asked, and have not all agreed"


def test_companies_and_currencies_stand_apart() -> None:
    ours, theirs = look(), look(company_id=2)
    assert {row["currency"] for row in ours.rows} == {"EUR"}
    assert {row["record_id"] for row in theirs.rows} >= {PHONE}
    assert [total["raised"] for total in ours.totals] == ["7200.00"]
    assert [(total["currency"], total["raised"]) for total in theirs.totals] == [
        ("USD", "11100.00")
    ]


def test_two_currencies_of_one_company_never_add_up() -> None:
    dollars = firm_with({("sale.order", SECOND_LAB): {"currency_id": 2}})
    totals = {total["currency"]: total["raised"] for total in look(dollars).totals}
    assert totals == {"EUR": "4400.00", "USD": "2800.00"}
    amounts = {
        measure.labels["currency"]: measure.value
        for measure in look(dollars).measures
        if measure.name == "change_requests_amount"
    }
    assert amounts == {"EUR": 4400.0, "USD": 2800.0}


def test_what_is_decided_and_not_applied_is_told_to_who_sells() -> None:
    found = finding(look(None, decided()), "not-applied")
    assert found is not None
    assert found.title == "S00033 of S00001: decided 11 days ago and not applied"
    assert found.recipient is not None
    assert found.recipient.email == BRUNO
    assert row(look(None, decided()))["decided_by"] == [CHIARA]
    assert finding(look(None, decided(), apply_within_days=11), "not-applied") is None


def test_a_line_worth_what_was_decided_applies_it() -> None:
    odoo = firm_with(more={"sale.order.line": [added_line()]})
    report = look(odoo, decided())
    assert row(report)["status"] == "applied"
    assert row(report)["applied"] == "2026-11-14"
    assert finding(report, "grown", HAFENWERK) is None


def test_a_line_that_is_worth_less_explains_itself_and_applies_nothing() -> None:
    odoo = firm_with(more={"sale.order.line": [added_line(amount=100.0)]})
    report = look(odoo, decided())
    assert row(report)["status"] == "decided"
    assert finding(report, "grown", HAFENWERK) is None


def test_a_line_that_nothing_explains_has_grown() -> None:
    lines = [added_line(9000 + number, amount=10.0) for number in range(4)]
    found = finding(look(firm_with(more={"sale.order.line": lines})), "grown", HAFENWERK)
    assert found is not None
    assert found.reason == (
        "4 lines were added after the order was confirmed: Extra, Extra, Extra, and 1 more"
    )
    assert found.amount == 40


@pytest.mark.parametrize(
    "harmless",
    [
        {"is_downpayment": True},
        {"is_expense": True},
        {"display_type": "line_note"},
        # Within an hour of the confirmation, 120 days before.
        {"create_date": "2026-07-26 10:00:00"},
    ],
)
def test_what_is_put_on_an_order_without_changing_it_has_not_grown(harmless: Any) -> None:
    odoo = firm_with(more={"sale.order.line": [added_line(**harmless)]})
    assert finding(look(odoo), "grown", HAFENWERK) is None


def noted(body: str, on: str = "2026-11-15 09:00:00") -> Sandbox:
    message = {
        "id": 901,
        "model": "sale.order",
        "res_id": HAFENWERK,
        "message_type": "notification",
        "body": body,
        "author_id": 602,
        "create_uid": 102,
        "date": on,
    }
    return firm_with(more={"mail.message": [message]})


RAISED = "<ul><li> Consulting hour: <br/>Ordered Quantity: 300.0 -&gt; 340.0<br/></li></ul>"


def test_a_quantity_that_was_raised_has_grown_unless_it_was_decided() -> None:
    found = finding(look(noted(RAISED)), "grown", HAFENWERK)
    assert found is not None
    assert found.reason == "quantities were raised: from 300 to 340"
    report = look(noted(RAISED), decided())
    assert finding(report, "grown", HAFENWERK) is None
    assert row(report)["applied"] == "2026-11-15"


@pytest.mark.parametrize(
    ("body", "on"),
    [
        ("<p>340.0 -&gt; 300.0</p>", "2026-11-15 09:00:00"),
        ("<p>Stage: New -&gt; Won</p>", "2026-11-15 09:00:00"),
        (RAISED, "2026-07-20 09:00:00"),
    ],
)
def test_a_quantity_that_was_lowered_or_changed_before_has_not_grown(body: str, on: str) -> None:
    assert finding(look(noted(body, on)), "grown", HAFENWERK) is None


def test_lines_and_quantities_are_told_together() -> None:
    odoo = noted(RAISED)
    (message,) = (m for m in odoo._database.tables["mail.message"].values() if m["id"] == 901)
    both = firm_with(more={"mail.message": [message], "sale.order.line": [added_line()]})
    found = finding(look(both), "grown", HAFENWERK)
    assert found is not None
    assert found.reason == (
        "1 line was added after the order was confirmed: Extra; "
        "quantities were raised: from 300 to 340"
    )


def test_the_firms_order_that_grew_is_told_with_its_worth() -> None:
    found = finding(look(), "grown", ALPEN)
    assert found is not None
    assert (found.amount, found.currency, str(found.since)) == (Decimal(4800), "EUR", "2026-10-24")
    assert row(look(), ALPEN, "grown")["status"] == "never_decided"
    assert finding(look(exempt_orders=[ALPEN]), "grown", ALPEN) is None


def test_hours_beyond_what_was_sold_are_told_as_far_as_the_policy_goes() -> None:
    found = finding(look(), "beyond-sold", HAFENWERK)
    assert found is not None
    assert found.reason.startswith("Process consulting: 300 h sold, ")
    assert row(look(), HAFENWERK, "grown")["status"] == "beyond_sold"
    assert finding(look(beyond_percent=1000), "beyond-sold", HAFENWERK) is None
    assert finding(look(beyond_percent=None), "beyond-sold", HAFENWERK) is None


def test_hours_allocated_beyond_what_was_sold_are_told_before_they_are_worked() -> None:
    calm = {("sale.order.line", 10): {"qty_delivered": 1.0}}
    assert finding(look(firm_with(calm)), "beyond-sold", HAFENWERK) is None
    more = {("project.task", 1010): {"allocated_hours": 300.5}}
    found = finding(look(firm_with(calm | more)), "beyond-sold", HAFENWERK)
    assert found is not None
    assert found.reason.endswith("1 h delivered, 300.5 h allocated")
    # What a subtask has is part of its parent's.
    part = {("project.task", 1010): {"allocated_hours": 300.5, "parent_id": 1011}}
    assert finding(look(firm_with(calm | part)), "beyond-sold", HAFENWERK) is None


def test_a_confirmed_amendment_is_applied_and_decided_where_odoos_word_counts() -> None:
    report = look(firm_with(confirmed()))
    assert row(report)["status"] == "applied"
    assert finding(report, "never-decided") is None


def test_a_confirmed_amendment_that_no_matrix_decided_is_told() -> None:
    found = finding(look(firm_with(confirmed()), decided_by_matrix=True), "never-decided")
    assert found is not None
    assert (found.severity, found.title) == (
        Severity.WARNING,
        "S00033 of S00001: applied and never decided",
    )
    report = look(firm_with(confirmed()), decided(), decided_by_matrix=True)
    assert row(report)["status"] == "applied"


def test_what_was_refused_and_stands_on_an_order_is_grave() -> None:
    found = finding(look(firm_with(confirmed()), decided(State.REFUSED)), "never-decided")
    assert found is not None
    assert (found.severity, found.title) == (
        Severity.CRITICAL,
        "S00033 of S00001: applied though it was refused",
    )


def test_what_was_refused_or_cancelled_waits_for_nobody() -> None:
    refused = look(None, decided(State.REFUSED))
    cancelled = look(firm_with({("sale.order", INTERFACE): {"state": "cancel"}}))
    for report in (refused, cancelled):
        assert row(report)["status"] == "refused"
        assert finding(report, "not-decided") is None
        assert [p.record_id for p in report.proposals] == [SECOND_LAB]


def test_another_amount_is_another_request() -> None:
    dearer = firm_with({("sale.order", INTERFACE): {"amount_untaxed": 5000.0}})
    report = look(dearer, decided(State.REFUSED))
    assert row(report)["status"] == "raised"
    assert "5000.00 EUR - 0" in {proposal.identity for proposal in report.proposals}


def test_a_budget_that_was_not_revised_is_told() -> None:
    project = {("project.project", 101): {"allocated_hours": 300.0}}
    found = finding(look(firm_with(confirmed() | project)), "no-budget")
    assert found is not None
    assert found.reason == "300 h are allocated to the project, and its orders sell 340 h"
    revised = {("project.project", 101): {"allocated_hours": 340.0}}
    assert finding(look(firm_with(confirmed() | revised)), "no-budget") is None
    # A project that is allocated no hours has no budget of hours.
    assert finding(look(firm_with(confirmed())), "no-budget") is None


def test_nobody_is_told_of_an_order_that_is_exempt() -> None:
    report = look(exempt_orders=[HAFENWERK])
    assert finding(report, "not-decided") is None
    assert finding(report, "beyond-sold", HAFENWERK) is None
    assert INTERFACE not in {proposal.record_id for proposal in report.proposals}


def test_what_is_older_than_the_look_back_is_not_looked_at() -> None:
    report = look(look_back_days=10)
    assert {row["record_id"] for row in report.rows} == {SECOND_LAB}


def test_an_order_of_the_same_project_changes_the_first_one() -> None:
    unnamed = firm_with({("sale.order", INTERFACE): {"origin": False}})
    assert row(look(unnamed))["sale_order"] == "S00001"
    stranger = firm_with({("sale.order", INTERFACE): {"origin": False, "project_id": False}})
    assert INTERFACE not in {row["record_id"] for row in look(stranger).rows}


def test_who_has_left_is_not_written_to() -> None:
    gone = firm_with({("hr.employee", 2): {"active": False}})
    found = finding(look(gone), "not-decided")
    assert found is not None
    assert found.recipient is None
    nobody = firm_with(
        {
            ("project.project", 101): {"user_id": False},
            ("sale.order", HAFENWERK): {"user_id": False},
            ("sale.order", INTERFACE): {"user_id": False},
        }
    )
    found = finding(look(nobody), "not-decided")
    assert found is not None
    assert (found.owner, found.recipient) == ("delivery", None)
    assert INTERFACE not in {proposal.record_id for proposal in look(nobody).proposals}


def test_a_login_is_an_address_where_there_is_no_employee() -> None:
    alone = firm_with({("hr.employee", 2): {"user_id": False}})
    found = finding(look(alone), "not-decided")
    assert found is not None
    assert found.recipient is not None
    assert found.recipient.email == BRUNO
    (quotation, *_) = look(alone).proposals
    assert quotation.request is not None
    assert quotation.request.requester == BRUNO


def test_moments_are_told_by_the_company_zone() -> None:
    late = firm_with({("sale.order", INTERFACE): {"create_date": "2026-11-10 23:30:00"}})
    assert row(look(late))["raised"] == "2026-11-11"


def test_a_firm_that_sold_nothing_of_late_has_nothing_to_tell() -> None:
    report = look(look_back_days=1)
    assert (report.rows, report.findings, report.proposals) == ((), (), ())


def test_where_sales_teams_may_not_be_read_nobody_is_asked_to_decide() -> None:
    report = look(firm_with(denied_models=["crm.team"]))
    assert report.proposals == ()
    assert "sales teams" in {gap.check for gap in report.not_verifiable}


def test_nothing_is_told_of_an_order_in_a_currency_that_is_hidden() -> None:
    dollars = {("sale.order", HAFENWERK): {"currency_id": 2}}
    assert finding(look(firm_with(dollars)), "beyond-sold", HAFENWERK)
    report = look(firm_with(dollars, rules={"res.currency": [("id", "!=", 2)]}))
    assert "beyond_sold" not in {row["status"] for row in report.rows if row["record_id"] == 1}
    assert "currencies" in {gap.check for gap in report.not_verifiable}
