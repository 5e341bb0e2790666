"""What those who decide are asked, and what a matrix may ask of it."""

from decimal import Decimal

from tasks.domain.deciding import State
from tasks.domain.matrix import FIELDS
from tasks.domain.proposals import Proposal
from tests.tasks.execution.change_requests.making import (
    BRUNO,
    CHIARA,
    INTERFACE,
    SECOND_LAB,
    confirmed,
    decided,
    firm_with,
    look,
)


def proposal(record_id: int = INTERFACE, **changes: object) -> Proposal:
    changed = {("sale.order", record_id): changes} if changes else None
    found = [p for p in look(firm_with(changed)).proposals if p.record_id == record_id]
    (one,) = found
    return one


def test_a_proposal_says_what_the_change_is_worth_of_what() -> None:
    found = proposal()
    assert (found.kind, found.model, found.why) == (
        "change_request",
        "sale.order",
        "S00033 changes S00001",
    )
    request = found.request
    assert request is not None
    assert (request.amount, request.currency) == (Decimal(4400), "EUR")
    assert (request.contract, request.contract_id) == (Decimal(33000), "sale.order,1")
    assert request.project_value == Decimal(33000)
    assert (request.risk, request.requester) == ("on_track", BRUNO)
    assert request.parties == {BRUNO}
    assert str(request.on) == "2026-11-11"


def test_who_asks_decides_by_none_of_their_addresses() -> None:
    other = {"work_email": "Bruno Claes <Bruno@other.example>"}
    found = look(firm_with({("hr.employee", 2): other})).proposals
    request = next(p.request for p in found if p.record_id == INTERFACE)
    assert request is not None
    assert request.parties >= {BRUNO, "bruno@other.example"}


def test_fields_of_the_record_name_who_holds_a_role() -> None:
    found = proposal(SECOND_LAB)
    assert found.request is not None
    assert found.request.held == dict(zip(FIELDS, [(CHIARA,), (CHIARA,), (BRUNO,)], strict=True))


def test_a_reduction_is_as_large_as_an_addition() -> None:
    found = proposal(amount_untaxed=-4400.0)
    assert found.request is not None
    assert found.request.amount == Decimal(4400)
    assert found.values["amount"] == "-4400.00"


def test_another_currency_than_the_contracts_compares_with_nothing() -> None:
    found = proposal(currency_id=2)
    assert found.request is not None
    assert (found.request.contract, found.request.project_value) == (None, None)


def test_what_was_asked_for_the_same_order_before_counts_unless_it_was_refused() -> None:
    second = firm_with({("sale.order", SECOND_LAB): {"origin": "S00001", "project_id": 101}})
    whole = {p.record_id: p.request for p in look(second).proposals}
    later = whole[SECOND_LAB]
    assert later is not None
    assert [(str(e.on), e.amount) for e in later.earlier] == [("2026-11-11", Decimal(4400))]
    first = whole[INTERFACE]
    assert first is not None
    assert first.earlier == ()
    refused = look(second, decided(State.REFUSED)).proposals
    assert [p.request.earlier for p in refused if p.request] == [()]


def test_what_is_applied_or_decided_is_not_proposed() -> None:
    assert [p.record_id for p in look(firm_with(confirmed())).proposals] == [SECOND_LAB]
    assert [p.record_id for p in look(None, decided()).proposals] == [SECOND_LAB]
    # It waits, and is the same one.
    waiting = look(None, decided(State.WAITING)).proposals
    assert waiting[0].identity == "4400.00 EUR - 0"
