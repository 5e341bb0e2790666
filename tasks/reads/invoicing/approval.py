"""Was an order approved by those who must, by its reviews (OCA's sale_tier_validation)?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.checklists import Check, Owner, Result
from tasks.domain.texts import NOTHING, Text, joined
from tasks.reads.invoicing.owned import NO_REVIEWER, Share, failure
from tasks.reads.invoicing.words import NOT_REQUIRED
from tasks.reads.names import user_names
from tasks.reads.orders import SoldOrder
from tasks.records.sales import Order

NAME: Final = "order_approval"
UNDECIDED: Final = frozenset({"waiting", "pending"})


@dataclass(frozen=True)
class Approval:
    """What the reviews of an order came to, and whose reviews stand in the way."""

    #: "no" (none was needed), "waiting", "pending", "rejected" or "validated".
    status: str
    reviewers: Sequence[str] = ()
    #: The same as users, as far as Odoo names them.
    owners: Sequence[Owner] = ()


def order_approval(approval: Approval | None, required: bool, url: str) -> Check:
    """Fails while a review is open or rejected; None stands for an Odoo without reviews."""
    if approval is None and not required:
        return Check(NAME, Result.NOT_APPLICABLE, NOT_REQUIRED, url=url)
    if approval is None:
        reason = Text("this Odoo has no reviews of orders (module sale_tier_validation)")
        return Check(NAME, Result.NOT_VERIFIABLE, reason, url=url)
    if approval.status not in UNDECIDED | {"rejected"}:
        reason = Text("no review was needed") if approval.status == "no" else NOTHING
        return Check(NAME, Result.PASS, reason, url=url)
    if approval.status == "rejected":
        reason = Text("a review of the order was rejected")
        step = Text("settle what the review objects to, then approve it")
    else:
        reason = Text("a review of the order is open")
        step = Text("approve or reject the review")
    owners = approval.owners or [Owner(name) for name in approval.reviewers] or [NO_REVIEWER]
    found = failure(NAME, reason, step, url, [Share(owner, reason) for owner in owners])
    return replace(found, owner=joined(approval.reviewers, ", ") or NO_REVIEWER.name)


@dataclass(frozen=True)
class Review(Record):
    """One person's or group's review of a record; `todo_by` names them, reviewer_ids are users."""

    MODEL: ClassVar[str] = "tier.review"
    MODULE: ClassVar[str] = "base_tier_validation"
    id: int
    res_id: int | None
    todo_by: str | None
    reviewer_ids: tuple[int, ...] = ()


def read_approvals(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Approval] | None:
    """The approval of each order by its id; None where orders have no reviews."""
    if odoo.lacks(Order, "validation_status"):
        return None
    states = {order.order.id: order.order.validation_status or "no" for order in orders}
    reviews = _reviews(odoo, [number for number, state in states.items() if _stands(state)])
    users = user_names(
        odoo, {u for found in reviews.values() for r in found for u in r.reviewer_ids}
    )
    return {
        number: Approval(
            state,
            list(dict.fromkeys(r.todo_by for r in reviews.get(number, ()) if r.todo_by)),
            [Owner(users[u], u) for r in reviews.get(number, ()) for u in r.reviewer_ids],
        )
        for number, state in states.items()
    }


def _stands(state: str) -> bool:
    return state not in ("no", "validated")


def _reviews(odoo: Reader, orders: Sequence[int]) -> Mapping[int, Sequence[Review]]:
    if not orders or not odoo.session.may_read(Review.MODEL):
        return {}
    found: dict[int, list[Review]] = defaultdict(list)
    for review in odoo.search(
        Review,
        [
            ("model", "=", Order.MODEL),
            ("res_id", "in", sorted(orders)),
            ("status", "in", ["waiting", "pending", "rejected"]),
        ],
        all_companies=True,
    ):
        found[review.res_id or 0].append(review)
    return found
