"""Reads what reviews of orders came to (OCA's sale_tier_validation)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.approval import Approval
from tasks.records.orders import SoldOrder
from tasks.records.sales import Order


@dataclass(frozen=True)
class Review(Record):
    """One person's or group's review of a record; `todo_by` names them."""

    MODEL: ClassVar[str] = "tier.review"
    MODULE: ClassVar[str] = "base_tier_validation"
    id: int
    res_id: int | None
    todo_by: str | None


def read_approvals(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Approval] | None:
    """The approval of each order by its id; None where orders have no reviews."""
    if odoo.lacks(Order, "validation_status"):
        return None
    states = {order.order.id: order.order.validation_status or "no" for order in orders}
    reviewers = _reviewers(odoo, [number for number, state in states.items() if _stands(state)])
    return {number: Approval(state, reviewers.get(number, ())) for number, state in states.items()}


def _stands(state: str) -> bool:
    return state not in ("no", "validated")


def _reviewers(odoo: Reader, orders: Sequence[int]) -> Mapping[int, Sequence[str]]:
    if not orders or not odoo.session.may_read(Review.MODEL):
        return {}
    found: dict[int, list[str]] = defaultdict(list)
    for review in odoo.search(
        Review,
        [
            ("model", "=", Order.MODEL),
            ("res_id", "in", sorted(orders)),
            ("status", "in", ["waiting", "pending", "rejected"]),
        ],
    ):
        if review.res_id and review.todo_by and review.todo_by not in found[review.res_id]:
            found[review.res_id].append(review.todo_by)
    return found
