"""How many expenses are out of order, and what they come to."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.financial.expense_exceptions.judgement import Judgement, Told
from tasks.financial.expense_exceptions.kinds import Kind

EXCEPTIONS: Final = Formula(
    "expense_exceptions",
    "expenses that are out of order and that nobody accepted, by kind",
    panels=(Panel("Expense exceptions", ("kind",), now=True),),
)
AMOUNT: Final = Formula(
    "expense_exceptions_amount",
    "the amounts of these expenses, taxes included, by kind and by the currency of the expense; "
    "one that is out of order in several ways counts in each",
    panels=(Panel("Amounts of expense exceptions", ("kind", "currency"), now=True),),
)


def measures(judgement: Judgement, kinds: Sequence[Kind]) -> Iterator[Measure]:
    """Those of the kinds that this Odoo tells."""
    counts = Counter(told.flag.kind for told in judgement.open)
    accepted = Counter(
        told.flag.kind for of in judgement.told.values() for told in of if told.acceptance
    )
    uncompared = len(list(judgement.uncompared()))
    for kind in kinds:
        left_out = {
            "accepted": accepted[kind],
            "not_comparable": uncompared if kind is Kind.OVER_LIMIT else 0,
        }
        excluded = {why: count for why, count in left_out.items() if count}
        yield EXCEPTIONS.measured(counts[kind], {"kind": kind.value}, excluded)
    yield from _amounts([told for told in judgement.open if told.flag.kind in kinds])


def _amounts(told: Sequence[Told]) -> Iterator[Measure]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in told:
        expense = each.flag.expense
        sums[each.flag.kind.value, expense.currency.code] += expense.amount
    for (kind, currency), amount in sorted(sums.items()):
        yield AMOUNT.measured(float(amount), {"kind": kind, "currency": currency})
