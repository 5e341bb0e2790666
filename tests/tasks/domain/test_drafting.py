"""What a draft invoice would hold, in words."""

from datetime import date
from decimal import Decimal
from typing import Any

from tasks.domain.drafting import MOST_LINES, ExpectedDraft, ExpectedLine


def a_line(number: int = 1, **values: Any) -> ExpectedLine:
    known = {"name": f"Line {number}", "quantity": "2.5", "price_unit": "100", "amount": "250.00"}
    return ExpectedLine.model_validate({"line_id": number, **known, **values})


def a_draft(*lines: ExpectedLine, **values: Any) -> ExpectedDraft:
    return ExpectedDraft(
        currency="EUR",
        amount=Decimal("250.00"),
        lines=lines or (a_line(),),
        customer="Hafenwerk",
        address_id=5,
        until=date(2026, 11, 23),
        **values,
    )


def test_a_draft_is_told_with_its_lines_and_days() -> None:
    assert a_draft().told == (
        "a draft invoice of 250.00 EUR before taxes for Hafenwerk; "
        "Line 1: 2.5 x 100 = 250.00 EUR (no tax); "
        "delivered until 2026-11-23; dated when it is posted"
    )


def test_taxes_discounts_down_payments_and_references_are_told() -> None:
    line = a_line(discount_percent="5", tax_ids=[7, 3], taxes=["19 %", "city tax"])
    told = a_draft(line, deducted=Decimal("50.00"), reference="PO 1").told
    assert "Line 1: 2.5 x 100 less 5 % = 250.00 EUR (19 %, city tax)" in told
    assert "down payments of 50.00 EUR are taken off; customer's order PO 1" in told


def test_of_many_lines_the_first_are_told() -> None:
    lines = [a_line(number) for number in range(1, MOST_LINES + 3)]
    assert "; 2 more lines; " in a_draft(*lines).told
    assert "; 1 more line; " in a_draft(*lines[:-1]).told
    assert "more line" not in a_draft(*lines[:-2]).told


def test_what_is_compared_is_json_with_taxes_in_order() -> None:
    draft = a_draft(a_line(tax_ids=[7, 3]), vat="DE1", reference="PO 1")
    assert draft.asked == {
        "currency": "EUR",
        "amount": 250.0,
        "address": 5,
        "vat": "DE1",
        "reference": "PO 1",
        "lines": [[1, 2.5, 100.0, 0.0, [3, 7]]],
    }
    assert ExpectedDraft.model_validate(draft.model_dump(mode="json")) == draft
