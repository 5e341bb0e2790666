"""Quotations that a gate keeps: what is released, what is kept and why, and what stands."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest

from odoo_gateway.gates import Ruling, State
from tasks.commercial.handoff_gate.job import judge
from tasks.commercial.handoff_gate.policy import HandoffPolicy
from tasks.commercial.handoff_gate.snapshot import Offer, Sale, Snapshot
from tasks.domain import deciding
from tasks.domain.findings import Report
from tasks.domain.proposals import Proposal, Proposed
from tests.fakes.handoffs import EUR, NOW, SAL, document, people, sale

QUOTED: Final = {"state": "sent", "signed_on": None}
WITHOUT: Final = sale(QUOTED, documents=[], signature=None, projects=[])
WITH: Final = sale(QUOTED, documents=[document()], signature=None, projects=[])
TOTAL: Final = Decimal(21420)
RELEASED: Final = Ruling(
    id=41,
    key="sale.order,7",
    state="released",
    amount=TOTAL,
    currency="EUR",
    reason="nothing is missing",
    basis="",
    files=(frozenset({1}),),
    seen=NOW.now - timedelta(hours=1),
)
LINE: Final = {"name": "training", "sales_teams": [1]}


def look(
    offered: Sale,
    decision: Ruling | None = None,
    proposed: tuple[Proposed, ...] = (),
    subjects: frozenset[tuple[str, int]] | None = None,
    **policy: Any,
) -> Report:
    found = Snapshot((), people(), [Offer(offered, decision)], subjects)
    moment = replace(NOW, proposed=proposed)
    return judge(found, moment, HandoffPolicy.model_validate(policy))


def proposal(offered: Sale, decision: Ruling | None = None, **policy: Any) -> Proposal:
    (found,) = look(offered, decision, **policy).proposals
    return found


def test_with_all_that_is_demanded_it_is_released_for_exactly_its_total() -> None:
    report = look(WITH)
    (found,) = report.proposals
    assert (found.kind, found.model, found.record_id) == ("release_order", "sale.order", 7)
    assert (found.identity, found.at_once) == ("released 21420.00 EUR after 0", False)
    assert found.values["state"] == "released"
    assert (found.values["amount"], found.values["currency"]) == ("21420.00", "EUR")
    assert (found.values["files"], found.values["after"]) == (((1,),), 0)
    assert found.values["seen"] == NOW.now.isoformat()
    assert found.values["reason"] == "nothing is missing: SOW Werft.pdf"
    assert found.request is not None
    assert (found.request.amount, found.request.requester) == (Decimal(18000), SAL.work_email)
    (row,) = report.rows
    assert (row["status"], row["missing_items"]) == ("may_be_confirmed", 0)
    assert report.findings == ()


def test_what_is_missing_is_named_to_who_is_refused() -> None:
    report = look(WITHOUT)
    (found,) = report.proposals
    assert found.at_once
    assert found.identity.startswith("held ")
    assert found.values["reason"].startswith(
        "statement of work is missing: no file on the order or its project is called *statement"
    )
    assert found.values["reason"].endswith("; attach it to the order or its project")
    assert (report.rows[0]["status"], report.rows[0]["missing_items"]) == ("kept", 1)
    assert report.rows[0]["checks"][0]["check"] == "statement_of_work"
    assert report.findings == ()


def kept_by(found: Proposal, number: int = 42) -> Ruling:
    """What stands once it was written."""
    return replace(
        RELEASED,
        id=number,
        state=found.values["state"],
        basis=found.values["basis"],
        reason="auf Deutsch",
        files=tuple(map(frozenset, found.values["files"])),
    )


def test_what_was_said_already_is_not_said_again() -> None:
    assert look(WITH, kept_by(proposal(WITH))).proposals == ()
    assert look(WITHOUT, kept_by(proposal(WITHOUT))).proposals == ()


def test_another_reason_is_told_anew() -> None:
    kept = kept_by(proposal(WITHOUT))
    more = proposal(WITHOUT, kept, confirmation=["statement_of_work", "acceptance"])
    assert "customer's acceptance is missing" in more.values["reason"]
    assert more.values["after"] == 42
    assert proposal(WITH, kept).identity == "released 21420.00 EUR after 42"


@pytest.mark.parametrize(
    "decision",
    [
        replace(RELEASED, amount=TOTAL - Decimal("0.01")),
        replace(RELEASED, currency="USD"),
        replace(RELEASED, files=(frozenset({9}),)),
        replace(RELEASED, state="nonsense"),
        replace(RELEASED, state="overridden", amount=Decimal(1)),
        replace(RELEASED, state="taken_back", currency="USD"),
    ],
)
def test_a_release_of_something_else_stands_no_more(decision: Ruling) -> None:
    assert proposal(WITH, decision).identity == "released 21420.00 EUR after 41"
    assert proposal(WITHOUT, decision).values["state"] == "held"


def test_a_release_ends_with_the_document_that_it_rests_on() -> None:
    assert proposal(WITHOUT, RELEASED).values["state"] == "held"
    # One of the same item came beside it, and one of another name does not count.
    others = [document(), document("sow 2.pdf", 2), document("logo.png", 3)]
    assert look(replace(WITH, documents=others), RELEASED).proposals == ()
    assert proposal(replace(WITH, documents=others[1:]), RELEASED).values["files"] == ((2,),)


@pytest.mark.parametrize("state", [State.OVERRIDDEN, State.TAKEN_BACK])
@pytest.mark.parametrize("offered", [WITH, WITHOUT])
def test_what_a_person_decided_stands_for_its_total(state: State, offered: Sale) -> None:
    assert look(offered, replace(RELEASED, state=state)).proposals == ()


def test_what_nobody_can_see_releases_nothing_and_takes_nothing_back() -> None:
    unknown = replace(WITH, documents=None)
    report = look(unknown)
    (found,) = report.proposals
    assert found.values["state"] == "held"
    assert found.values["reason"] == "statement of work is not verifiable: files are not readable"
    assert look(unknown, RELEASED).proposals == ()
    assert look(unknown, replace(RELEASED, amount=Decimal(1))).proposals != ()


def test_a_quotation_without_lines_is_kept() -> None:
    empty = replace(WITH, lines=[])
    assert proposal(empty).values["reason"] == "it has no lines yet"
    assert look(empty, RELEASED).proposals[0].values["state"] == "held"


@pytest.mark.parametrize(
    ("offered", "policy"),
    [
        (replace(WITHOUT, lines=[replace(WITHOUT.lines[0], is_service=False)]), {}),
        (WITHOUT, {"exempt_orders": [7]}),
        (WITHOUT, {"minimum_amounts": {"EUR": 20000}}),
        (WITHOUT, {"confirmation": []}),
        (WITHOUT, {"service_lines": [{**LINE, "confirmation": []}]}),
    ],
)
def test_where_nothing_is_demanded_it_is_released(offered: Sale, policy: dict[str, Any]) -> None:
    found = proposal(offered, **policy)
    assert found.values["state"] == "released"
    assert found.values["reason"] == "nothing is missing"
    assert found.values["files"] == ()


def test_each_service_line_demands_its_own() -> None:
    line = {**LINE, "confirmation": ["purchase_order"]}
    assert proposal(WITHOUT, service_lines=[line]).values["state"] == "released"
    bare = replace(WITH, order=replace(WITH.order, client_order_ref=None))
    told = proposal(bare, service_lines=[line]).values["reason"]
    assert told.startswith("purchase order is missing: the order has no number of the customer")
    # A line without any of its own leaves what is demanded of all.
    other = {"name": "advice", "sales_teams": [1]}
    told = proposal(replace(bare, documents=[]), service_lines=[line, other]).values["reason"]
    assert "purchase order is missing" in told
    assert "statement of work is missing" in told


def test_a_demanded_document_is_one_of_its_items() -> None:
    plan = {"name": "plan", "patterns": ["plan*"]}
    line = {**LINE, "documents": [plan], "confirmation": ["plan"]}
    assert proposal(WITH, service_lines=[line]).values["state"] == "held"
    there = replace(WITH, documents=[document("Plan A.pdf", 5)])
    assert proposal(there, service_lines=[line]).values["files"] == ((5,),)


def test_what_waits_for_people_is_withdrawn_once_it_is_not_asked_any_more() -> None:
    def waiting(identity: str, record_id: int = 7, kind: str = "release_order") -> Proposed:
        state = deciding.State.WAITING
        return Proposed(kind, "sale.order", record_id, identity, NOW.now, state)

    now = waiting("released 21420.00 EUR after 0")
    before = waiting("released 99.00 EUR after 0")
    other, gone = waiting("x", kind="note"), waiting("released 1.00 EUR after 0", 8)
    done = replace(before, state=deciding.State.APPROVED)
    asked = (now, before, other, gone, done)
    assert look(WITH, proposed=asked).withdrawn == (before, gone)
    assert look(WITHOUT, proposed=asked).withdrawn == (now, before, gone)
    only = frozenset({("sale.order", 7)})
    assert look(WITH, proposed=asked, subjects=only).withdrawn == (before,)


def test_without_a_gate_nothing_is_proposed() -> None:
    report = judge(Snapshot((), people()), NOW, HandoffPolicy())
    assert (report.proposals, report.rows) == ((), ())


def test_amounts_are_of_the_currencys_decimals() -> None:
    yen = replace(WITH, currency=replace(EUR, code="JPY", decimals=0))
    assert proposal(yen).values["amount"] == "21420"


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"confirmation": ["plan"]}, "no such item: plan; there are"),
        ({"confirmation": ["vat_number", "vat_number"]}, "item vat_number stands there twice"),
        (
            {"confirmation": ["kickoff_date"]},
            "kickoff_date is there only once an order is confirmed",
        ),
        (
            {"service_lines": [{**LINE, "confirmation": ["project_manager"]}]},
            "project_manager is there only once",
        ),
    ],
)
def test_what_cannot_be_asked_for_beforehand_is_said(policy: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        HandoffPolicy.model_validate(policy)
