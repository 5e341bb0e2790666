"""Whether reviews of an order stand in the way of its invoice."""

import pytest

from tasks.domain.checklists import Owner, Result
from tasks.reads.invoicing.approval import Approval, order_approval
from tasks.reads.invoicing.owned import shares_of

URL = "http://odoo.example/1"


@pytest.mark.parametrize(
    ("approval", "required", "result"),
    [
        (None, False, Result.NOT_APPLICABLE),
        (None, True, Result.NOT_VERIFIABLE),
        (Approval("no"), True, Result.PASS),
        (Approval("validated"), True, Result.PASS),
        (Approval("waiting"), False, Result.FAIL),
        (Approval("pending"), False, Result.FAIL),
        (Approval("rejected"), False, Result.FAIL),
    ],
)
def test_an_open_or_rejected_review_fails(
    approval: Approval | None, required: bool, result: Result
) -> None:
    assert order_approval(approval, required, URL).result is result


@pytest.mark.parametrize(
    ("status", "step"), [("pending", "approve or reject"), ("rejected", "settle")]
)
def test_the_reviewers_own_the_next_step(status: str, step: str) -> None:
    check = order_approval(Approval(status, ["Ann", "Group Board"]), False, URL)
    assert check.owner == "Ann, Group Board"
    assert [share.owner for share in shares_of(check)] == [Owner("Ann"), Owner("Group Board")]
    people = [Owner("Ann", 101), Owner("Bo", 105), Owner("Cy", 106)]
    known = order_approval(Approval(status, ["Ann", "Group Board"], people), False, URL)
    assert known.owner == check.owner
    assert [share.owner for share in shares_of(known)] == people
    assert step in check.next_step
    assert check.url == URL


def test_reviews_without_a_reviewer_say_so() -> None:
    assert "names none" in order_approval(Approval("pending"), False, URL).owner
