"""The readiness checklist, check by check."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.billing import Billing, Sold
from tasks.domain.checklists import Check, Result, failed
from tasks.domain.money import Currency
from tasks.financial.invoice_readiness.drafts import Drafted
from tasks.financial.invoice_readiness.evidence import Evidence
from tasks.financial.invoice_readiness.facts import DueMilestone, Facts
from tasks.financial.invoice_readiness.policy import ReadinessPolicy
from tasks.financial.invoice_readiness.rules import checklist
from tasks.financial.invoice_readiness.sending import Sending

TODAY = date(2026, 11, 23)
LINE = Sold(
    currency=Currency("EUR"),
    billing=Billing.TIME_AND_MATERIALS,
    on_delivery=True,
    ordered=Decimal(40),
    delivered=Decimal(10),
    invoiced=Decimal(0),
    price_unit=Decimal(120),
    discount_percent=Decimal(0),
    invoiced_amount=Decimal(0),
)
MILESTONE = replace(LINE, billing=Billing.MILESTONE)
FACTS = Facts(
    order="S00001",
    lines=[LINE],
    url="http://odoo.example/1",
    customer="Nordwind",
    salesperson="Ann",
    sending=Sending("ap@nordwind.example"),
    purchase_order=None,
    milestones=[],
    evidence=Evidence(),
    open_expenses=0,
    unapproved_hours=0,
)
OVER = replace(FACTS, lines=[replace(LINE, delivered=Decimal(44))])
HOLD = {"order": "S00001", "reason": "dispute about the scope"}
LATE = DueMilestone("Go-live", date(2026, 11, 1), reached=False)


def outcome(facts: Facts, name: str, **policy: object) -> Check:
    checks = checklist(facts, ReadinessPolicy.model_validate(policy), TODAY)
    (found,) = (check for check in checks if check.check == name)
    return found


def test_a_sound_order_fails_nothing() -> None:
    assert failed(checklist(FACTS, ReadinessPolicy(), TODAY)) == ()


@pytest.mark.parametrize(
    ("name", "facts", "policy", "result"),
    [
        ("price", FACTS, {}, Result.PASS),
        ("price", replace(FACTS, lines=[replace(LINE, price_unit=Decimal(0))]), {}, Result.FAIL),
        ("milestones", FACTS, {}, Result.NOT_APPLICABLE),
        ("milestones", replace(FACTS, lines=[MILESTONE]), {}, Result.PASS),
        ("milestones", replace(FACTS, lines=[MILESTONE], milestones=[LATE]), {}, Result.FAIL),
        ("approved_time", replace(FACTS, lines=[MILESTONE]), {}, Result.NOT_APPLICABLE),
        ("approved_time", replace(FACTS, unapproved_hours=None), {}, Result.NOT_VERIFIABLE),
        (
            "approved_time",
            replace(FACTS, unapproved_hours=2.5),
            {"time_approval_required": False},
            Result.NOT_APPLICABLE,
        ),
        ("approved_time", FACTS, {}, Result.PASS),
        ("approved_time", replace(FACTS, unapproved_hours=2.5), {}, Result.FAIL),
        ("acceptance_evidence", FACTS, {}, Result.NOT_APPLICABLE),
        ("acceptance_evidence", replace(FACTS, lines=[MILESTONE]), {}, Result.FAIL),
        (
            "acceptance_evidence",
            replace(FACTS, lines=[MILESTONE], evidence=None),
            {},
            Result.NOT_VERIFIABLE,
        ),
        (
            "acceptance_evidence",
            replace(FACTS, lines=[MILESTONE], evidence=Evidence(given=1)),
            {},
            Result.PASS,
        ),
        ("purchase_order", FACTS, {}, Result.NOT_APPLICABLE),
        ("purchase_order", FACTS, {"purchase_order_required": True}, Result.FAIL),
        ("purchase_order", replace(FACTS, purchase_order="PO 7"), {}, Result.PASS),
        ("invoice_address", FACTS, {}, Result.PASS),
        ("invoice_address", replace(FACTS, sending=Sending()), {}, Result.FAIL),
        ("invoice_address", replace(FACTS, sending=Sending(None, "manual")), {}, Result.PASS),
        (
            "invoice_address",
            replace(FACTS, sending=Sending("ap@nordwind.example", "telex")),
            {},
            Result.NOT_VERIFIABLE,
        ),
        ("expenses", FACTS, {}, Result.PASS),
        ("expenses", replace(FACTS, open_expenses=None), {}, Result.NOT_VERIFIABLE),
        ("expenses", replace(FACTS, open_expenses=2), {}, Result.FAIL),
        ("draft_invoice", FACTS, {}, Result.PASS),
        ("tax", FACTS, {}, Result.NOT_APPLICABLE),
        ("tax", FACTS, {"tax_required": True}, Result.PASS),
        ("tax", replace(FACTS, untaxed_lines=1), {"tax_required": True}, Result.FAIL),
        ("tax", FACTS, {"vat_number_required": True}, Result.FAIL),
        ("tax", replace(FACTS, vat_number="BE1"), {"vat_number_required": True}, Result.PASS),
        ("contract", FACTS, {}, Result.NOT_APPLICABLE),
        ("contract", FACTS, {"over_ordered_percent": 0}, Result.PASS),
        ("contract", OVER, {"over_ordered_percent": 9}, Result.FAIL),
        ("contract", OVER, {"over_ordered_percent": 10}, Result.PASS),
        (
            "contract",
            replace(FACTS, lines=[MILESTONE]),
            {"over_ordered_percent": 0},
            Result.NOT_APPLICABLE,
        ),
        ("project_status", FACTS, {}, Result.PASS),
        ("project_status", replace(FACTS, on_hold=["Harbor"]), {}, Result.FAIL),
        ("hold", FACTS, {}, Result.NOT_APPLICABLE),
        ("hold", FACTS, {"holds": [HOLD]}, Result.FAIL),
        ("hold", FACTS, {"holds": [{**HOLD, "until": date(2026, 11, 22)}]}, Result.PASS),
    ],
)
def test_each_check_tells_pass_from_fail_and_from_unknown(
    name: str, facts: Facts, policy: dict[str, object], result: Result
) -> None:
    assert outcome(facts, name, **policy).result is result


def test_a_failed_check_names_owner_next_step_and_link() -> None:
    check = outcome(replace(FACTS, lines=[MILESTONE], milestones=[LATE]), "milestones")
    assert check.owner == "Ann"
    assert check.next_step
    assert check.url == FACTS.url
    assert "Go-live of 2026-11-01" in check.reason


@pytest.mark.parametrize(
    ("name", "changes", "policy", "owner"),
    [
        ("price", {"lines": [replace(LINE, price_unit=Decimal(0))]}, {}, "Ann"),
        ("purchase_order", {}, {"purchase_order_required": True}, "Ann"),
        ("invoice_address", {"sending": Sending()}, {}, "Ann"),
        ("tax", {"untaxed_lines": 1}, {"tax_required": True}, "Ann"),
        ("milestones", {"lines": [MILESTONE], "milestones": [LATE]}, {}, "Pia"),
        ("project_status", {"on_hold": ["Harbor"]}, {}, "Pia"),
        ("contract", {"lines": OVER.lines}, {"over_ordered_percent": 9}, "Pia"),
        ("acceptance_evidence", {"lines": [MILESTONE]}, {}, "Pia"),
        ("approved_time", {"unapproved_hours": 2.5}, {}, "Tim"),
        ("expenses", {"open_expenses": 2}, {}, "Eva, Tim"),
    ],
)
def test_a_failed_check_is_told_of_who_can_mend_it(
    name: str, changes: dict[str, Any], policy: dict[str, Any], owner: str
) -> None:
    named = {"project_manager": "Pia", "time_approver": "Tim", "expense_approver": "Eva, Tim"}
    check = outcome(replace(FACTS, **{**named, **changes}), name, **policy)
    assert (check.result, check.owner) == (Result.FAIL, owner)
    nobody = outcome(replace(FACTS, **changes), name, **policy)
    assert nobody.owner == "Ann"


def test_an_expired_hold_is_remembered_in_the_reason() -> None:
    expired = {**HOLD, "until": date(2026, 11, 22)}
    check = outcome(FACTS, "hold", holds=[expired])
    assert check.reason == "expired on 2026-11-22: dispute about the scope"


def test_a_milestone_that_is_due_today_or_undated_is_not_late() -> None:
    milestones = [DueMilestone("Today", TODAY, False), DueMilestone("Open", None, False)]
    facts = replace(FACTS, lines=[MILESTONE], milestones=milestones)
    assert outcome(facts, "milestones").result is Result.PASS


def test_a_waiting_draft_is_pointed_out() -> None:
    drafted = replace(FACTS, draft=Drafted(bills=True, bills_all=True))
    assert "post it" in outcome(drafted, "draft_invoice").reason


@pytest.mark.parametrize(
    ("draft", "reason", "step"),
    [
        (Drafted(), "no draft invoice waits", "create and send the invoice"),
        (
            Drafted(bills=True, bills_all=True, down_payment=True),
            "a draft invoice is prepared: post it rather than make a second one",
            "post the prepared draft",
        ),
        (
            Drafted(bills=True),
            "a draft invoice for a part is prepared: post it rather than make a second one",
            "post the prepared draft, then invoice the rest",
        ),
        (
            Drafted(down_payment=True),
            "a draft of a down payment waits, which bills none of this",
            "create and send the invoice",
        ),
        (
            Drafted(credit_note=True),
            "a draft credit note waits, which bills none of this",
            "create and send the invoice",
        ),
    ],
)
def test_it_is_said_what_a_draft_is(draft: Drafted, reason: str, step: str) -> None:
    assert outcome(replace(FACTS, draft=draft), "draft_invoice").reason == reason
    assert draft.next_step == step


def stages(*shares: str, reached: int = 0, line: int = 1) -> list[DueMilestone]:
    return [
        DueMilestone(f"{share} of it", None, number < reached, line, Decimal(share))
        for number, share in enumerate(shares)
    ]


@pytest.mark.parametrize(
    ("milestones", "problem"),
    [
        (stages("0.6", "0.4", reached=2), ""),
        (stages("0.333333", "0.333333", "0.333334", reached=3), ""),
        (stages("0.6", "0.6", "1", reached=1), ""),
        (
            stages("0.6", "0.6", "0.1", reached=2),
            "the reached milestones of a line make 120 % of the order",
        ),
        (stages("0.6", "0.4", reached=2) + stages("0.7", "0.3", reached=2, line=2), ""),
    ],
)
def test_milestones_of_a_line_make_no_more_than_the_order(
    milestones: list[DueMilestone], problem: str
) -> None:
    check = outcome(replace(FACTS, lines=[MILESTONE], milestones=milestones), "milestones")
    assert check.reason == problem
    assert (check.result is Result.FAIL) == bool(problem)


def test_a_milestone_that_is_late_and_too_much_is_both() -> None:
    both = [LATE, *stages("0.6", "0.6", reached=2)]
    check = outcome(replace(FACTS, lines=[MILESTONE], milestones=both), "milestones")
    assert check.reason.startswith(
        "1 milestone late, first Go-live of 2026-11-01; the reached mile"
    )


def test_files_that_we_made_or_sent_are_told_where_nothing_else_is_there() -> None:
    ours = replace(FACTS, lines=[MILESTONE], evidence=Evidence(own=2))
    check = outcome(ours, "acceptance_evidence")
    assert check.result is Result.FAIL
    assert check.reason.endswith("; made or sent by us: 2 files")
    signed = replace(ours, signed=True)
    # The quotation was signed before anything was delivered.
    assert outcome(signed, "acceptance_evidence").result is Result.FAIL
    lenient = outcome(signed, "acceptance_evidence", signature_is_acceptance=True)
    assert lenient.result is Result.PASS


def test_a_customer_whose_invoices_need_no_email_is_named_by_policy() -> None:
    silent = replace(FACTS, sending=Sending(), customers=frozenset({5, 7}))
    assert outcome(silent, "invoice_address").result is Result.FAIL
    named = outcome(silent, "invoice_address", customers_without_email=[7])
    assert named.result is Result.NOT_APPLICABLE


def test_a_check_is_ready_for_json() -> None:
    assert outcome(FACTS, "price").row() == {
        "check": "price",
        "result": "pass",
        "reason": "",
        "owner": "",
        "next_step": "",
        "url": FACTS.url,
    }
