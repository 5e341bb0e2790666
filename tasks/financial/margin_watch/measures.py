"""Margins as numbers: by service line, at completion, and how much of them can be told."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from tasks.domain.findings import Finding, Formula, Measure, Panel
from tasks.domain.money import Currency
from tasks.financial.margin_watch.findings import Kind
from tasks.financial.margin_watch.margins import Margin

BOARDS: Final = ("finance", "executive")
MARGIN: Final = Formula(
    "project_margin",
    "what projects whose margins are verifiable have earned, less the cost of hours, purchases and "
    "expenses, in the company's currency",
    panels=(Panel("Margin of projects", ("currency",), boards=BOARDS),),
)
AT_COMPLETION: Final = Formula(
    "project_margin_at_completion",
    "what these projects will have earned less what they will have cost when they are done, of "
    "those whose forecast can be told",
    panels=(Panel("Margin at completion", ("currency",), boards=BOARDS),),
)
OF_SERVICE_LINES: Final = Formula(
    "service_line_margin",
    "what a service line has earned in these projects, less the cost of its hours; purchases, "
    "expenses and hours on no order line are of no service line",
    panels=(Panel("Margin by service line", ("service_line", "currency"), boards=BOARDS),),
)
TOLD: Final = Formula(
    "margin_findings",
    "projects, and parts of them, that are told of, by kind",
    panels=(Panel("Margins out of order", ("kind",), now=True),),
)
COVERAGE: Final = Formula(
    "margin_verifiable_percent",
    "projects whose margin is verifiable / all that are watched x 100",
    panels=(Panel("Verifiable margins in %", now=True),),
)
FORMULAS: Final = (MARGIN, AT_COMPLETION, OF_SERVICE_LINES, TOLD, COVERAGE)


def measures(
    margins: Sequence[Margin], told: Sequence[Finding], currency: Currency
) -> Iterator[Measure]:
    """In the company's currency; what is left out stands with each."""
    whole = [margin for margin in margins if margin.is_whole]
    left_out = _excluded(not_verifiable=len(margins) - len(whole))
    labels = {"currency": currency.code}
    amounts = [margin.amount for margin in whole if margin.amount is not None]
    yield MARGIN.measured(_sum(amounts), labels, left_out)
    forecasts = [margin.at_completion for margin in whole]
    known = [amount for amount in forecasts if amount is not None]
    unknown = _excluded(**left_out, no_forecast=len(forecasts) - len(known))
    yield AT_COMPLETION.measured(_sum(known), labels, unknown)
    for service_line, amount in sorted(_by_service_line(whole).items()):
        yield OF_SERVICE_LINES.measured(
            float(amount), {**labels, "service_line": service_line}, left_out
        )
    counts = Counter(finding.kind for finding in told)
    for kind in Kind:
        yield TOLD.measured(counts[kind.value], {"kind": kind.value})
    if margins:
        yield COVERAGE.measured(100 * len(whole) / len(margins))


def _by_service_line(margins: Sequence[Margin]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for margin in margins:
        for part in margin.parts:
            found[part.service_line] += (part.earned or Decimal(0)) - part.logged.cost
    return found


def _excluded(**counts: int) -> dict[str, int]:
    return {why: count for why, count in counts.items() if count}


def _sum(amounts: Sequence[Decimal]) -> float:
    return float(sum(amounts, Decimal(0)))
