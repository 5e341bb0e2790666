"""Was an order approved by those who must? A check of invoice readiness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tasks.domain.checklist import Check, Result

NAME: Final = "order_approval"
UNDECIDED: Final = frozenset({"waiting", "pending"})


@dataclass(frozen=True)
class Approval:
    """What the reviews of an order came to, and whose reviews stand in the way.

    status: no (none was needed), waiting, pending, rejected or validated.
    """

    status: str
    reviewers: Sequence[str] = ()


def order_approval(approval: Approval | None, required: bool, url: str) -> Check:
    """Fails while a review is open or rejected; None stands for an Odoo without reviews."""
    if approval is None and not required:
        return Check(NAME, Result.NOT_APPLICABLE, "not required by policy", url=url)
    if approval is None:
        reason = "this Odoo has no reviews of orders (module sale_tier_validation)"
        return Check(NAME, Result.NOT_VERIFIABLE, reason, url=url)
    if approval.status not in UNDECIDED | {"rejected"}:
        reason = "no review was needed" if approval.status == "no" else ""
        return Check(NAME, Result.PASS, reason, url=url)
    owner = ", ".join(approval.reviewers) or "the reviewers: Odoo names none"
    if approval.status == "rejected":
        step = "settle what the review objects to, then approve it"
        return Check(NAME, Result.FAIL, "a review of the order was rejected", owner, step, url)
    step = "approve or reject the review"
    return Check(NAME, Result.FAIL, "a review of the order is open", owner, step, url)
