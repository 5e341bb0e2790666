"""The measures of the job, each with its formula."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.financial.wip_aging.lines import Line

BY_CURRENCY: Final = ("company_id", "currency")

WIP_AMOUNT: Final = Formula(
    "wip_amount",
    "untaxed value delivered and on no posted invoice, at the end of the cut-off's day, by age of "
    "the entry; fixed prices and manual lines are undated",
    panels=(
        Panel("WIP by age", ("bucket", "currency")),
        Panel(
            "WIP older than 60 days",
            ("currency",),
            {"bucket": ("61-90", "91+")},
            now=True,
            boards=("delivery", "executive"),
        ),
        Panel("WIP older than 90 days", ("currency",), {"bucket": ("91+",)}, boards=("accounts",)),
    ),
)
# Each is also the name of its figure in the totals.
LOCK_UP: Final = (
    Formula(
        "wip_days",
        "WIP / untaxed revenue billed in the trailing 365 days x 365, closing",
        panels=(Panel("WIP days", BY_CURRENCY),),
    ),
    Formula(
        "debtor_days",
        "receivables / taxed revenue billed in the trailing 365 days x 365",
        panels=(Panel("Debtor days", BY_CURRENCY),),
    ),
    Formula(
        "lock_up_days",
        "WIP days + debtor days",
        panels=(Panel("Lock-up days", BY_CURRENCY, boards=("finance", "executive")),),
    ),
)
FORMULAS: Final = (WIP_AMOUNT, *LOCK_UP)


def measures(lines: Sequence[Line], totals: Sequence[Mapping[str, Any]]) -> tuple[Measure, ...]:
    """WIP by age of the currencies whose every line is known, and lock-up as the totals have it."""
    return (*_wip(lines), *_lock_up(totals))


def _wip(lines: Sequence[Line]) -> Iterator[Measure]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    partly = {line.order.currency for line in lines if line.unknown}
    for line in (line for line in lines if line.order.currency not in partly):
        for part in line.parts:
            sums[line.order.currency.code, part.bucket] += part.value
    for (currency, bucket), value in sorted(sums.items()):
        yield WIP_AMOUNT.measured(float(value), {"currency": currency, "bucket": bucket})


def _lock_up(totals: Sequence[Mapping[str, Any]]) -> Iterator[Measure]:
    for total in totals:
        for formula in LOCK_UP:
            if total["lock_up"] and (days := total["lock_up"][formula.measure]) is not None:
                yield formula.measured(days, {"currency": total["currency"]})
