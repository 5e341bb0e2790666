"""Who holds up most: the orders that wait for each owner of a failed check, and their worth."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.domain.checklists import Owner
from tasks.domain.money import Currency
from tasks.financial.invoice_readiness.gaps import gaps_of
from tasks.financial.invoice_readiness.readiness import Readiness


@dataclass(frozen=True)
class HeldUp:
    """What waits for one owner in one currency; an order that waits for several is with each."""

    owner: Owner
    currency: Currency
    orders: int
    #: Failed checks.
    gaps: int
    amount: Decimal

    @property
    def told(self) -> Mapping[str, Any]:
        """JSON-ready."""
        return {
            "owner": self.owner.name,
            "amount": self.currency.text(self.amount),
            "orders": self.orders,
            "gaps": self.gaps,
        }


def held_up(judged: Iterable[Readiness]) -> Sequence[HeldUp]:
    """By currency and owner, who holds up most first."""
    orders: dict[tuple[Currency, Owner], dict[int, Readiness]] = defaultdict(dict)
    gaps: dict[tuple[Currency, Owner], int] = defaultdict(int)
    for readiness in judged:
        for gap in gaps_of(readiness):
            place = (readiness.order.currency, gap.share.owner)
            orders[place][readiness.order.order.id] = readiness
            gaps[place] += 1
    found = [
        HeldUp(
            owner=owner,
            currency=currency,
            orders=len(held),
            gaps=gaps[currency, owner],
            amount=sum((readiness.amount for readiness in held.values()), Decimal(0)),
        )
        for (currency, owner), held in orders.items()
    ]
    return sorted(found, key=lambda e: (e.currency.code, -e.amount, -e.orders, str(e.owner.name)))
