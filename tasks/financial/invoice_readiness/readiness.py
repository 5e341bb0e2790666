"""Which state an order is in by its checks, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tasks.domain.checklists import Check, failed, unverified
from tasks.domain.money import cost_of_delay_per_day
from tasks.domain.periods import AsOf
from tasks.domain.withheld import STATUS
from tasks.financial.invoice_readiness.partial_bill import PartialBill, propose
from tasks.financial.invoice_readiness.policy import ReadinessPolicy
from tasks.financial.invoice_readiness.snapshot import Snapshot
from tasks.financial.invoice_readiness.words import AS_FAR_AS_VERIFIABLE
from tasks.reads.invoicing.facts import known
from tasks.reads.invoicing.rules import checklist
from tasks.reads.orders import SoldOrder

STATUSES: Final = ("ready", "blocked", "held", "excluded")


@dataclass(frozen=True)
class Readiness:
    """One order, judged by the policy of its business unit."""

    order: SoldOrder
    partner: str
    policy: ReadinessPolicy
    amount: Decimal
    status: str
    checks: tuple[Check, ...]
    waiting_since: date | None
    #: Since when the fleet remembers it ready; None when it is not, or not known.
    turned_ready: date | None = None

    @property
    def not_verified(self) -> tuple[str, ...]:
        """The checks that could not be made, so that nothing is known of what they look for."""
        return unverified(self.checks)

    @property
    def verdict(self) -> str:
        """The status, but for ready where a check could not be made: that much is not known."""
        partly = self.status == "ready" and self.not_verified
        return AS_FAR_AS_VERIFIABLE if partly else self.status

    @property
    def cost_per_day(self) -> Decimal:
        """What waiting costs, in the order's currency, unrounded."""
        return cost_of_delay_per_day(
            max(self.amount, Decimal(0)), self.policy.cost_of_capital_percent
        )

    @property
    def partial_bill(self) -> PartialBill | None:
        """What of a blocked order could be billed now."""
        if self.status != "blocked":
            return None
        return propose([sold.sold for sold in self.order.lines], failed(self.checks))


def judged(order: SoldOrder, snapshot: Snapshot, as_of: AsOf, policy: ReadinessPolicy) -> Readiness:
    """The order with its checks, by the policy of its business unit."""
    own = policy.for_sales_team(order.order.team_id)
    facts = snapshot.facts[order.order.id]
    # Of an order that was not read whole nothing is said but that.
    unread = order.order.id in snapshot.unreadable
    checks = () if unread else checklist(known(facts, order.order.id, as_of), own, as_of.day)
    amount = sum((sold.sold.amount for sold in order.lines), Decimal(0))
    status = _status(order, amount, checks, own, snapshot)
    return Readiness(
        order=order,
        partner=snapshot.customers[order.order.partner_id],
        policy=own,
        amount=amount,
        status=status,
        checks=checks,
        waiting_since=snapshot.waiting_since.get(order.order.id),
        turned_ready=as_of.standing.get(key(order)) if status == "ready" else None,
    )


def _status(
    order: SoldOrder,
    amount: Decimal,
    checks: Sequence[Check],
    policy: ReadinessPolicy,
    snapshot: Snapshot,
) -> str:
    if order.order.id in snapshot.unreadable:
        return STATUS
    nothing_to_bill = amount <= 0 and not any(sold.sold.unpriced for sold in order.lines)
    if nothing_to_bill or snapshot.facts[order.order.id].customers & {*policy.excluded_customers}:
        return "excluded"
    failures = {check.check for check in failed(checks)}
    if "hold" in failures:
        return "held"
    return "blocked" if failures else "ready"


def key(order: SoldOrder, status: str = "ready") -> str:
    """Of the finding that an order is in a state."""
    return f"{status}-order-{order.order.id}"
