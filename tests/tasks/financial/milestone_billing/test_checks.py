"""What keeps an order from being drafted, and who sees to it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.financial.milestone_billing.job import judge
from tasks.financial.milestone_billing.policy import DraftingPolicy
from tasks.financial.milestone_billing.snapshot import read
from tests.fakes.drafting import (
    FIXED,
    HOUR,
    LINES,
    REACHED,
    SOLD,
    STAGED,
    accepted,
    ago,
    hours,
    line,
    milestone,
    order,
)
from tests.tasks.conftest import MONDAY, reading
from tests.tasks.financial.milestone_billing.looking import NOW, failed, look, odoo, row

IN_TWO_DAYS = ago(-2)
REACHED_ONE: Mapping[str, Any] = {"project_milestone": [milestone()]}
ACCEPTED: Mapping[str, Any] = {**REACHED_ONE, "ir_attachment": [accepted()]}


def check(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    one: Mapping[str, Any]
    (one,) = (each for each in found["checks"] if each["check"] == name)
    return one


def test_what_is_not_drafted_by_policy_is_left_to_people() -> None:
    lines = (line(product_id=STAGED), line(LINES + 1))
    found = row(odoo(*lines, **ACCEPTED), bills=["milestone", "fixed"])
    assert found["status"] == "blocked"
    assert found["reason"] == "it would bill what is not drafted by policy: manual"


def test_a_quantity_that_odoo_kept_from_elsewhere_is_not_billed() -> None:
    """As billing by dates leaves it."""
    found = row(odoo(line(qty_to_invoice=1.0)))
    assert failed(found) == ["quantity"]
    assert found["status"] == "blocked"


def test_a_line_that_gives_back_is_a_persons() -> None:
    back = line(LINES + 1, product_uom_qty=-1.0, qty_delivered=-1.0)
    found = row(odoo(line(qty_delivered=3.0), back))
    assert (found["status"], failed(found)) == ("blocked", ["quantity"])


def test_a_milestone_needs_a_file_of_its_own() -> None:
    on_order = {**accepted(), "res_model": "sale.order", "res_id": SOLD}
    elsewhere = odoo(line(product_id=STAGED), **REACHED_ONE, ir_attachment=[on_order])
    found = row(elsewhere)
    assert (found["status"], failed(found)) == ("blocked", ["accepted_milestones"])
    why = "nothing on the milestone shows that the customer accepted: Design"
    assert found["reason"] == why
    assert row(elsewhere, evidence_on="order")["status"] == "proposed"
    assert row(odoo(line(product_id=STAGED), **REACHED_ONE), evidence_required_for=[])[
        "status"
    ] == ("proposed")
    named = odoo(line(product_id=STAGED), **ACCEPTED)
    of_name: dict[str, Any] = {"acceptance_kinds": ["named_file"]}
    assert row(named, **of_name, acceptance_files=["accept*"])["status"] == "proposed"
    assert failed(row(named, **of_name, acceptance_files=["other*"])) == [
        "acceptance_evidence",
        "accepted_milestones",
    ]


def test_a_milestone_that_was_signed_elsewhere_is_accepted() -> None:
    reached = odoo(line(product_id=STAGED), **REACHED_ONE)
    elsewhere: dict[str, Any] = {"acceptance_kinds": ["signed_elsewhere"]}
    assert failed(row(reached, **elsewhere)) == ["acceptance_evidence", "accepted_milestones"]
    signed = replace(NOW, signed={("project.milestone", REACHED): MONDAY})
    assert row(reached, signed, **elsewhere)["status"] == "proposed"


def test_an_order_may_be_signed_by_who_is_hidden() -> None:
    signed = odoo(
        line(product_id=STAGED), sale_order=[order(signed_on=f"{ago(3)} 08:00:00")], **REACHED_ONE
    )
    on_portal: dict[str, Any] = {"acceptance_kinds": ["portal_signature"]}
    assert failed(row(signed, **on_portal)) == ["acceptance_evidence", "accepted_milestones"]
    reader = reading(signed)
    found = read(reader, NOW, DraftingPolicy.model_validate(on_portal))
    unsure = {n: replace(facts, may_be_signed=True) for n, facts in found.facts.items()}
    policy = DraftingPolicy.model_validate(on_portal)
    (told,) = judge(replace(found, facts=unsure), NOW, policy).rows
    assert check(told, "accepted_milestones")["reason"] == "who signed it is hidden"


def test_files_that_cannot_be_read_show_nothing() -> None:
    found = row(odoo(line(product_id=STAGED), **ACCEPTED, denied_models=["ir.attachment"]))
    assert found["status"] == "unverified"
    why = "ir.attachment is not readable for the fleet's user"
    assert check(found, "accepted_milestones")["reason"] == why


def test_hidden_messages_make_acceptance_not_verifiable() -> None:
    rules = {"mail.message": [("id", "!=", 1)]}
    found = row(odoo(line(product_id=STAGED), **REACHED_ONE, rules=rules))
    assert check(found, "accepted_milestones")["result"] == "not_verifiable"
    assert found["status"] == "unverified"


def test_a_file_on_a_project_that_may_be_hidden_is_not_missing() -> None:
    rules = {"project.project": [("id", "!=", 1)]}
    report = look(odoo(line(product_id=STAGED), **REACHED_ONE, rules=rules))
    assert (report.rows, report.findings, report.proposals) == ((), (), ())


def test_hours_that_are_dated_ahead_would_be_billed() -> None:
    logged = [hours(), hours(9_501, IN_TWO_DAYS)]
    found = row(odoo(line(product_id=HOUR, qty_delivered=4.0), account_analytic_line=logged))
    assert failed(found) == ["hours_ahead"]
    assert found["reason"] == "2 h are dated ahead, and would be billed"


def test_hours_that_may_be_hidden_may_be_dated_ahead() -> None:
    rules = {"account.analytic.line": [("id", "!=", 1)]}
    logged = odoo(line(product_id=HOUR), account_analytic_line=[hours()], rules=rules)
    found = row(logged)
    assert check(found, "hours_ahead")["result"] == "not_verifiable"
    assert found["status"] == "unverified"


def test_a_kickoff_that_may_be_hidden_is_not_missing() -> None:
    rules = {"project.milestone": [("id", "!=", 1)]}
    report = look(odoo(line(product_id=FIXED), rules=rules), retention_percent=10)
    assert (report.rows, report.findings, report.proposals) == ((), (), ())


def test_an_odoo_without_hours_on_orders_drafts_the_rest() -> None:
    report = look(odoo(lacks_modules=["sale_timesheet"]))
    assert [each["status"] for each in report.rows] == ["proposed"]


def test_what_is_kept_back_is_billed_once_all_is_reached() -> None:
    whole = line(product_id=STAGED, product_uom_qty=10.0, qty_delivered=9.0)
    last = milestone(REACHED + 1, name="Handover", is_reached=False, quantity_percentage=0.1)
    sold = [milestone(quantity_percentage=0.9), last]
    files = {"ir_attachment": [accepted(), accepted(REACHED + 1, 9_601)]}
    kept = odoo(whole, project_milestone=sold, **files)
    assert row(kept, retention_percent=10)["status"] == "proposed"
    found = row(kept, retention_percent=15)
    assert failed(found) == ["retention"]
    assert found["reason"] == (
        "9000.00 EUR would be billed, and 15 % of 10000.00 EUR are kept back until every milestone "
        "is reached"
    )
    done = {**whole, "qty_delivered": 10.0, "qty_to_invoice": 10.0}
    done["untaxed_amount_to_invoice"] = 10_000.0
    reached = [sold[0], {**last, "is_reached": True, "reached_date": ago(1)}]
    all_of_it = odoo(done, project_milestone=reached, **files)
    assert row(all_of_it, retention_percent=15)["status"] == "proposed"


def paid(**values: Any) -> dict[str, Any]:
    """A posted down payment of 500."""
    known = {"product_uom_qty": 0.0, "qty_delivered": 0.0, "qty_invoiced": 1.0}
    about = {"is_downpayment": True, "price_unit": 500.0, "untaxed_amount_invoiced": 500.0}
    return line(LINES + 1, **{**known, **about, "untaxed_amount_to_invoice": -500.0, **values})


def test_a_down_payment_is_taken_off_by_a_person_or_whole() -> None:
    found = row(odoo(line(), paid()))
    assert failed(found) == ["down_payment"]
    assert found["reason"] == "a down payment of 500.00 EUR is to be taken off"
    (asked,) = look(odoo(line(), paid()), down_payments="deduct").proposals
    expected = asked.values["expected"]
    assert (expected["amount"], expected["deducted"]) == ("1500.00", "500.00")
    assert [each["line_id"] for each in expected["lines"]] == [LINES]


def test_what_comes_to_nothing_or_less_is_a_persons() -> None:
    more = paid(price_unit=2_000.0, untaxed_amount_invoiced=2_000.0)
    more["untaxed_amount_to_invoice"] = -2_000.0
    found = row(odoo(line(), more), down_payments="deduct")
    assert (failed(found), found["reason"]) == (["amount"], "it would come to 0.00 EUR")


def test_what_must_hold_of_any_invoice_must_hold_of_a_draft() -> None:
    without = odoo(sale_order=[order(client_order_ref=False)])
    found = look(without, purchase_order_required=True, tax_required=True)
    (finding,) = found.findings
    assert finding.kind == "blocked"
    assert finding.reason == (
        "no tax on 1 line to bill; the customer's purchase order number is missing"
    )
    assert finding.remedy == "set the tax on the order line, or the VAT number on the address"
    assert failed(row(odoo(line(price_unit=0.0)))) == ["price", "amount"]


def test_a_late_milestone_blocks_only_where_a_policy_says_so() -> None:
    late = milestone(REACHED + 1, name="Build", is_reached=False, deadline=ago(2))
    staged = odoo(
        line(product_id=STAGED), project_milestone=[milestone(), late], ir_attachment=[accepted()]
    )
    assert row(staged)["status"] == "proposed"
    assert failed(row(staged, late_milestones_block=True)) == ["milestones"]


def test_milestones_beyond_what_was_ordered_are_not_billed() -> None:
    over = [milestone(quantity_percentage=0.7), milestone(REACHED + 1, quantity_percentage=0.7)]
    files = [accepted(), accepted(REACHED + 1, 9_601)]
    sold = line(product_id=STAGED, qty_delivered=7.0)
    found = row(odoo(sold, project_milestone=over, ir_attachment=files))
    assert failed(found) == ["milestones"]


def test_a_project_without_milestones_has_no_kickoff() -> None:
    unlinked = odoo(line(product_id=FIXED, project_id=False), sale_order=[order(project_ids=[])])
    assert row(unlinked)["status"] == "waiting"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"bills": ["down_payment"]}, "down payments are never drafted"),
        ({"kickoff_names": []}, "fixed_from is kickoff, so give kickoff_names"),
        ({"kickoff_names": [""]}, "at least 1 character"),
        ({"from_day_of_month": 32}, "less than or equal to 31"),
        ({"retention_percent": 101}, "less than or equal to 100"),
        ({"minimum_amounts": {"euro": 1}}, "should match pattern"),
        ({"time_from_hours": True}, "give a number"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(values: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        DraftingPolicy.model_validate(values)
    assert DraftingPolicy.model_validate({"kickoff_names": [], "fixed_from": "confirmation"})
