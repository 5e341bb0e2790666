"""What the mail leads with: how much work is unbilled, and how much of that is old."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tasks.domain.ageing import EDGES, OLDEST
from tasks.domain.texts import NOTHING, Money, Text

OLD_AFTER: Final = EDGES[-1][0]


def headline(totals: Sequence[Mapping[str, Any]]) -> Text:
    """Of the totals of one company or several, as far as they are known; empty without any."""
    known = [total for total in totals if total["wip"] is not None]
    wip = _money((total["currency"], total["wip"]) for total in known)
    if not wip:
        return NOTHING
    if any(total["buckets"] is None for total in known):
        return Text("{wip:whole} unbilled", wip=wip)
    old = _money((total["currency"], total["buckets"][OLDEST]) for total in known)
    if not old:
        return Text(
            "{wip:whole} unbilled, none of it for more than {days} days", wip=wip, days=OLD_AFTER
        )
    return Text(
        "{wip:whole} unbilled, {old:whole} of it for more than {days} days",
        wip=wip,
        old=old,
        days=OLD_AFTER,
    )


def _money(amounts: Iterable[tuple[str, str]]) -> tuple[Money, ...]:
    """The sum of each currency that has any."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        sums[currency] += Decimal(amount)
    return tuple(Money(amount, code) for code, amount in sorted(sums.items()) if amount)
