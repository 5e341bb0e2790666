"""What is measured of all that waits, and how."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.periods import AsOf
from tasks.execution.pending_approvals.waiting import Kind, Waiting

PENDING: Final = Formula(
    "approvals_pending",
    "expenses submitted and not decided, and weeks that are over of a person's hours on a "
    "project not approved, by kind",
    panels=(Panel("Approvals that wait", ("kind",), now=True),),
)
OLDEST: Final = Formula(
    "approvals_oldest_days",
    "days since the oldest of them was submitted, by kind",
    panels=(Panel("Oldest approval that waits", ("kind",), now=True),),
)
HOURS: Final = Formula(
    "approvals_hours",
    "hours of weeks that are over and not approved",
    panels=(Panel("Hours not approved", now=True),),
)
AMOUNT: Final = Formula(
    "approvals_amount",
    "totals of the expenses, and unapproved hours at the untaxed price of the order line that "
    "bills them by time, by currency",
    panels=(Panel("Held up by approvals", ("currency",), now=True),),
)


def measures(items: Sequence[Waiting], tells: Collection[Kind], as_of: AsOf) -> Iterator[Measure]:
    """How much waits of each kind that this Odoo tells."""
    counts = Counter(item.kind for item in items)
    for kind in sorted(tells):
        oldest = min((item.since for item in items if item.kind is kind), default=as_of.day)
        labels = {"kind": kind.value}
        yield PENDING.measured(counts[kind], labels)
        yield OLDEST.measured((as_of.day - oldest).days, labels)
    if Kind.TIME in tells:
        hours = sum(item.hours or 0.0 for item in items)
        yield HOURS.measured(round(hours, 2))
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.amount is not None and item.currency:
            amounts[item.currency] += item.amount
    for currency, amount in sorted(amounts.items()):
        yield AMOUNT.measured(float(amount), {"currency": currency})
