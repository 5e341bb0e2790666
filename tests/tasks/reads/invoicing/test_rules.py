"""The readiness checklist, check by check."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.billing import Billing, Sold
from tasks.domain.checklists import Check, Owner, Result, failed
from tasks.domain.money import Currency
from tasks.domain.texts import Text
from tasks.reads.invoicing.drafts import Drafted
from tasks.reads.invoicing.evidence import Evidence
from tasks.reads.invoicing.facts import DueMilestone, Facts, OnHold
from tasks.reads.invoicing.owned import Held, OwnedCheck, Share
from tasks.reads.invoicing.policy import AcceptanceKind, InvoicingPolicy
from tasks.reads.invoicing.rules import checklist
from tasks.reads.invoicing.sending import Sending
from tasks.reads.signatures import Signature

TODAY = date(2026, 11, 23)
ANN, PIA, TIM, EVA = (Owner(name, 101 + n) for n, name in enumerate(("Ann", "Pia", "Tim", "Eva")))
BUYER = Owner("Bo", 105)
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
    salesperson=ANN,
    sending=Sending("ap@nordwind.example"),
    purchase_order=None,
    milestones=[],
    evidence=Evidence(),
    open_expenses=[],
    unapproved_hours=[],
    managers=[PIA],
)
OVER = replace(FACTS, lines=[replace(LINE, delivered=Decimal(44))])
HOLD = {"order": "S00001", "reason": "dispute about the scope"}
LATE = DueMilestone("Go-live", date(2026, 11, 1), reached=False, manager=PIA)
HOURS = [Held(TIM, 2.5, date(2026, 11, 16))]
EXPENSES = [Held(EVA, 1), Held(TIM, 1)]


def outcome(facts: Facts, name: str, **policy: object) -> Check:
    checks = checklist(facts, InvoicingPolicy.model_validate(policy), TODAY)
    (found,) = (check for check in checks if check.check == name)
    return found


def test_a_sound_order_fails_nothing() -> None:
    assert failed(checklist(FACTS, InvoicingPolicy(), TODAY)) == ()


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
            replace(FACTS, unapproved_hours=HOURS),
            {"time_approval_required": False},
            Result.NOT_APPLICABLE,
        ),
        ("approved_time", FACTS, {}, Result.PASS),
        ("approved_time", replace(FACTS, unapproved_hours=HOURS), {}, Result.FAIL),
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
        ("expenses", replace(FACTS, open_expenses=EXPENSES), {}, Result.FAIL),
        ("purchases", FACTS, {}, Result.NOT_APPLICABLE),
        ("purchases", replace(FACTS, buys=True), {}, Result.PASS),
        ("purchases", replace(FACTS, buys=True, open_purchases=None), {}, Result.NOT_VERIFIABLE),
        ("purchases", replace(FACTS, buys=True, open_purchases=[Held(BUYER, 1)]), {}, Result.FAIL),
        (
            "purchases",
            replace(FACTS, buys=True, open_purchases=[Held(BUYER, 1)]),
            {"purchases_required": False},
            Result.NOT_APPLICABLE,
        ),
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
        ("project_status", replace(FACTS, on_hold=[OnHold("Harbor", PIA)]), {}, Result.FAIL),
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
    assert check.owner == "Pia"
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
        ("project_status", {"on_hold": [OnHold("Harbor", PIA)]}, {}, "Pia"),
        ("contract", {"lines": OVER.lines}, {"over_ordered_percent": 9}, "Pia"),
        ("acceptance_evidence", {"lines": [MILESTONE]}, {}, "Pia"),
        ("approved_time", {"unapproved_hours": HOURS}, {}, "Tim"),
        ("expenses", {"open_expenses": EXPENSES}, {}, "Eva, Tim"),
        ("purchases", {"buys": True, "open_purchases": [Held(BUYER, 1)]}, {}, "Bo"),
    ],
)
def test_a_failed_check_is_told_of_who_can_mend_it(
    name: str, changes: dict[str, Any], policy: dict[str, Any], owner: str
) -> None:
    check = outcome(replace(FACTS, **changes), name, **policy)
    assert (check.result, check.owner) == (Result.FAIL, owner)
    assert ", ".join(sorted(str(share.owner.name) for share in shares(check))) == owner


def shares(check: Check) -> tuple[Share, ...]:
    assert isinstance(check, OwnedCheck)
    return check.shares


@pytest.mark.parametrize("name", ["contract", "acceptance_evidence"])
def test_what_nobody_leads_is_not_the_salespersons(name: str) -> None:
    orphaned = replace(FACTS, lines=[*OVER.lines, MILESTONE], managers=[])
    check = outcome(orphaned, name, over_ordered_percent=9)
    assert check.owner == "nobody: set a project manager"
    assert [share.owner.user_id for share in shares(check)] == [None]


def test_each_has_what_is_theirs_of_one_check() -> None:
    hours = [*HOURS, Held(EVA, 4.0, date(2026, 11, 9))]
    time = outcome(replace(FACTS, unapproved_hours=hours), "approved_time")
    assert time.reason == "6.5 h are not approved"
    assert shares(time) == (
        Share(TIM, Text("{hours} h are not approved", hours=2.5), date(2026, 11, 16)),
        Share(EVA, Text("{hours} h are not approved", hours=4.0), date(2026, 11, 9)),
    )
    theirs = DueMilestone("Pilot", date(2026, 10, 1), reached=False, manager=TIM)
    late = replace(FACTS, lines=[MILESTONE], milestones=[LATE, theirs, LATE])
    assert [(s.owner, s.reason, s.since) for s in shares(outcome(late, "milestones"))] == [
        (PIA, "2 milestones late, first Go-live of 2026-11-01", date(2026, 11, 1)),
        (TIM, "1 milestone late, first Pilot of 2026-10-01", date(2026, 10, 1)),
    ]
    bought = replace(
        FACTS, buys=True, open_purchases=[Held(BUYER, 1), Held(EVA, 1), Held(BUYER, 1)]
    )
    purchases = outcome(bought, "purchases")
    assert purchases.reason == "not ordered yet: 3 purchases for the order"
    assert [(s.owner, s.reason) for s in shares(purchases)] == [
        (BUYER, "not ordered yet: 2 purchases for the order"),
        (EVA, "not ordered yet: 1 purchase for the order"),
    ]


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


@pytest.mark.parametrize(
    ("kind", "shown", "reason"),
    [
        ("file", {"evidence": Evidence(given=1)}, ""),
        ("named_file", {"evidence": Evidence(names=("Abnahme 2026.PDF",))}, ""),
        (
            "portal_signature",
            {"signature": Signature("Nordwind, Ina", datetime(2026, 11, 20, 9, tzinfo=UTC))},
            "signed on the portal by Nordwind, Ina on 2026-11-20",
        ),
        (
            "signed_elsewhere",
            {"signed_elsewhere": datetime(2026, 11, 20, 9, tzinfo=UTC)},
            "signed on 2026-11-20",
        ),
    ],
)
def test_a_policy_says_what_shows_that_a_customer_accepted(
    kind: str, shown: dict[str, Any], reason: str
) -> None:
    facts = replace(FACTS, lines=[MILESTONE], **{"evidence": Evidence(own=1), **shown})
    check = outcome(facts, "acceptance_evidence", acceptance_kinds=[kind])
    assert (check.result, check.reason) == (Result.PASS, reason)
    others = [each for each in AcceptanceKind if each != kind]
    failure = outcome(facts, "acceptance_evidence", acceptance_kinds=others)
    assert failure.result is Result.FAIL
    assert failure.next_step


def test_a_file_of_another_name_is_no_named_one() -> None:
    facts = replace(FACTS, lines=[MILESTONE], evidence=Evidence(given=1, names=("minutes.pdf",)))
    check = outcome(facts, "acceptance_evidence", acceptance_kinds=["named_file"])
    assert check.result is Result.FAIL
    own = outcome(
        facts,
        "acceptance_evidence",
        acceptance_kinds=["named_file"],
        acceptance_files=["minutes*"],
    )
    assert own.result is Result.PASS


def test_who_may_have_signed_and_is_hidden_is_not_verifiable() -> None:
    facts = replace(FACTS, lines=[MILESTONE], may_be_signed=True)
    check = outcome(facts, "acceptance_evidence", acceptance_kinds=["portal_signature"])
    assert (check.result, check.reason) == (Result.NOT_VERIFIABLE, "who signed it is hidden")
    assert outcome(facts, "acceptance_evidence").result is Result.FAIL


def test_where_only_signatures_count_it_is_said_that_none_is_there() -> None:
    facts = replace(FACTS, lines=[MILESTONE], evidence=None)
    check = outcome(facts, "acceptance_evidence", acceptance_kinds=["portal_signature"])
    assert check.reason == "no signature shows that the customer accepted"
    assert check.next_step == "have the customer sign for it"


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
