"""What of a blocked order could be billed now, and what must wait for its checks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tasks.domain.billing import Billing, Sold
from tasks.domain.checklists import Check

# The checks that concern some lines alone; any other failure blocks the whole order.
_CONCERNS: Final[Mapping[str, Callable[[Sold], bool]]] = {
    "price": lambda line: line.unpriced,
    "milestones": lambda line: line.billing is Billing.MILESTONE,
    "approved_time": lambda line: line.billing is Billing.TIME_AND_MATERIALS,
    "contract": lambda line: line.billing is Billing.TIME_AND_MATERIALS,
    "acceptance_evidence": lambda line: line.billing is Billing.MILESTONE,
    "expenses": lambda line: line.billing is Billing.EXPENSE,
}


@dataclass(frozen=True)
class PartialBill:
    """The lines (by their number in the order) to bill now, what they are worth, and the rest."""

    lines: tuple[int, ...]
    now: Decimal
    later: Decimal


def propose(lines: Sequence[Sold], failures: Iterable[Check]) -> PartialBill | None:
    """What to bill now; None when a failure concerns the whole order or nothing is left.

    Ours, no source. What was billed too much, like a down payment, is deducted at once.
    """
    concerned = [_CONCERNS.get(check.check) for check in failures]
    blocking = [concerns for concerns in concerned if concerns is not None]
    if not blocking or len(blocking) < len(concerned):
        return None
    free = [
        number
        for number, line in enumerate(lines)
        if line.amount and not any(concerns(line) for concerns in blocking)
    ]
    now = sum((lines[number].amount for number in free), Decimal(0))
    later = sum((line.amount for line in lines), Decimal(0)) - now
    return PartialBill(tuple(free), now, later) if now > 0 else None
