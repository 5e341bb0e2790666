"""What is measured of handoffs, and how."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from tasks.commercial.handoff_gate.judgement import OPEN, Handoff
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.periods import AsOf

OPEN_HANDOFFS: Final = Formula(
    "handoffs_open",
    "confirmed orders whose handoff is not accepted, by status",
    panels=(Panel("Handoffs that are not accepted", ("status",), now=True),),
)
GAPS: Final = Formula(
    "handoff_gaps",
    "items that are missing of handoffs, by item",
    panels=(Panel("What is missing of handoffs", ("item",), now=True),),
)
ACCEPTED: Final = Formula(
    "handoffs_accepted",
    "handoffs accepted for the first time in the last complete calendar month, by sales team",
    panels=(Panel("Handoffs accepted", ("sales_team",)),),
)
CYCLE: Final = Formula(
    "handoff_cycle_days",
    "mean days from the confirmation of an order to the first acceptance of its handoff, of those "
    "accepted in the last complete calendar month, by sales team",
    panels=(Panel("Days until a handoff is accepted", ("sales_team",)),),
)
AT_FIRST: Final = Formula(
    "handoff_complete_at_first_percent",
    "of the handoffs accepted for the first time in the last complete calendar month, the share "
    "that was never returned before, by sales team",
    panels=(Panel("Handoffs complete at first, percent", ("sales_team",)),),
)
BY_TEAM: Final = (ACCEPTED, CYCLE, AT_FIRST)
FORMULAS: Final = (OPEN_HANDOFFS, GAPS, *BY_TEAM)


def measures(handoffs: Sequence[Handoff], as_of: AsOf) -> Iterator[Measure]:
    """How many stand open and why, and how those of last month went."""
    told = [handoff for handoff in handoffs if handoff.is_told]
    by_status = Counter(handoff.status for handoff in told)
    for status in OPEN:
        yield OPEN_HANDOFFS.measured(by_status[status], {"status": status.value})
    gaps = Counter(item.check.check for each in told for item in each.checklist.gaps)
    for item, count in sorted(gaps.items()):
        yield GAPS.measured(count, {"item": item})
    for team, cycles in sorted(_accepted(told, as_of).items()):
        labels = {"sales_team": team}
        days = [days for days, _ in cycles]
        at_first = [was for _, was in cycles]
        yield ACCEPTED.measured(len(cycles), labels)
        yield CYCLE.measured(round(sum(days) / len(days), 2), labels)
        yield AT_FIRST.measured(round(100 * sum(at_first) / len(at_first), 2), labels)


def _accepted(
    handoffs: Sequence[Handoff], as_of: AsOf
) -> Mapping[str, Sequence[tuple[float, bool]]]:
    """By team: how long each took that was accepted in the month, and whether at first."""
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for handoff in handoffs:
        first = _first(handoff.verdicts)
        if first is None or first.at.astimezone(as_of.zone).date() not in as_of.month:
            continue
        took = (first.at - handoff.sale.order.date_order) / timedelta(days=1)
        # What was said before the first acceptance sent it back.
        before = handoff.verdicts[: handoff.verdicts.index(first)]
        found[handoff.sale.team].append((took, not before))
    return found


def _first(verdicts: Sequence[Act]) -> Act | None:
    return next((each for each in verdicts if each.kind is ActKind.ACCEPTED), None)
