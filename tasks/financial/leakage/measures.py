"""How much leaks, by kind and currency."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.money import Currency
from tasks.financial.leakage.judgement import Told
from tasks.financial.leakage.kinds import Kind

LEAKS: Final = Formula(
    "leaks",
    "what leaks and nobody accepted, by kind",
    panels=(Panel("Leaks", ("kind",), now=True),),
)
AMOUNT: Final = Formula(
    "leakage_amount",
    "the amounts of these leaks, untaxed, by kind and currency: at the price of the order, but for "
    "hours on no order line or without a rate and for purchases and expenses on no order, at cost",
    panels=(Panel("Money that leaks", ("kind", "currency"), now=True),),
)


def measures(told: Sequence[Told], kinds: Sequence[Kind]) -> Iterator[Measure]:
    """Those of the kinds that this Odoo tells."""
    counts = Counter(each.leak.kind for each in told if each.is_open)
    quiet = Counter((each.leak.kind, each.status) for each in told if not each.is_open)
    for kind in kinds:
        excluded = {word: count for (of, word), count in sorted(quiet.items()) if of is kind}
        yield LEAKS.measured(counts[kind], {"kind": kind.value}, excluded)
    unvalued = Counter(
        (each.leak.kind, each.leak.currency)
        for each in told
        if each.is_open and each.leak.amount is None
    )
    for (kind, currency), amount in sorted(at_risk(told).items()):
        labels = {"kind": kind.value, "currency": currency.code}
        left_out = unvalued[kind, currency]
        excluded = {"no_cost": left_out} if left_out else {}
        yield AMOUNT.measured(float(amount), labels, excluded)


def totals(told: Sequence[Told], kinds: Collection[Kind]) -> tuple[Mapping[str, Any], ...]:
    """Per currency what leaks of each kind, None of those that this Odoo does not tell.

    Kinds are not added up: they are valued otherwise.
    """
    sums = at_risk(told)
    currencies = sorted({currency for _, currency in sums})
    return tuple(
        {"currency": each.code}
        | {
            column(kind): each.text(sums.get((kind, each), Decimal(0))) if kind in kinds else None
            for kind in Kind
        }
        for each in currencies
    )


def column(kind: Kind) -> str:
    """What its amount is called among totals."""
    return kind.value.replace("-", "_")


def at_risk(told: Iterable[Told]) -> Mapping[tuple[Kind, Currency], Decimal]:
    """What open leaks come to, by kind and currency; those that nobody can value are left out."""
    sums: dict[tuple[Kind, Currency], Decimal] = defaultdict(Decimal)
    for each in told:
        if each.is_open and each.leak.amount is not None:
            sums[each.leak.kind, each.leak.currency] += each.leak.amount
    return sums
