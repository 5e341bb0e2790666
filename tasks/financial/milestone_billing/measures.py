"""The measures of the job, each with its formula."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.financial.milestone_billing.findings import amount_of
from tasks.financial.milestone_billing.judgement import Case, Status

AMOUNT: Final = Formula(
    "drafting_amount",
    "untaxed amount that a draft invoice holds or would hold, by status",
    panels=(
        Panel("To be drafted", ("currency",), {"status": ("proposed",)}, now=True),
        Panel("On drafts to post", ("currency",), {"status": ("drafted",)}, now=True),
        Panel("Amounts by status of the draft", ("status", "currency")),
    ),
)
ORDERS: Final = Formula(
    "drafting_orders",
    "orders with something to bill or on a draft, by status",
    panels=(
        Panel(
            "Drafts that are out of date, or of what was taken back",
            where={"status": ("draft_differs", "taken_back")},
            now=True,
        ),
        Panel("Orders by status of the draft", ("status",)),
    ),
)
FORMULAS: Final = (AMOUNT, ORDERS)


def measures(cases: Sequence[Case]) -> Iterator[Measure]:
    """What is in which state; of orders that could not be read nothing is known."""
    known = [case for case in cases if case.status is not Status.NOT_VERIFIABLE]
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for case in known:
        amounts[case.status.value, case.order.currency.code] += amount_of(case)
    for (status, currency), amount in sorted(amounts.items()):
        yield AMOUNT.measured(float(amount), {"status": status, "currency": currency})
    counts = Counter(case.status for case in known)
    for each in Status:
        if each is not Status.NOT_VERIFIABLE:
            yield ORDERS.measured(counts[each], {"status": each.value})
