"""What is measured of change requests: how many become orders, and how fast people decide."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from tasks.domain.deciding import Answer
from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.money import Currency
from tasks.domain.percentiles import percentile
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposed
from tasks.execution.change_requests.judgement import KIND, Standing, Status
from tasks.execution.change_requests.people import People

# The seat of what a matrix lets pass at once: nobody was asked.
AT_ONCE: Final = "own_authority"
PERCENTS: Final = (50, 90)

OPEN: Final = Formula(
    "change_requests_open",
    "change requests of the last year by status: raised and not decided, decided and not applied, "
    "applied and never decided",
    panels=(Panel("Open change requests", ("status",), now=True),),
)
AMOUNT: Final = Formula(
    "change_requests_amount",
    "untaxed amounts of these, by status and currency",
    panels=(Panel("Open change requests, amount", ("status", "currency"), now=True),),
)
CONVERSION: Final = Formula(
    "change_conversion_percent",
    "of the change requests raised in a month, how many are applied by now",
    panels=(Panel("Change requests applied, by month raised", ("month",)),),
)
CONVERTED_VALUE: Final = Formula(
    "change_conversion_value_percent",
    "of the untaxed amounts asked for in a month, how much is applied by now, by currency",
    panels=(Panel("Change requests applied, by value", ("month", "currency")),),
)
TURNAROUND: Final = Formula(
    "change_approval_hours",
    "hours that an approver was to work, by their own calendar and zone, from when their level was "
    "asked until they approved or refused: median (50) and 90th percentile, nearest rank; of "
    "decisions that are made",
    panels=(Panel("Hours to approve a change request", ("percent",)),),
)
FORMULAS: Final = (OPEN, AMOUNT, CONVERSION, CONVERTED_VALUE, TURNAROUND)
COUNTED: Final = (Status.RAISED, Status.DECIDED, Status.NEVER_DECIDED)


def measures(standings: Sequence[Standing], people: People, as_of: AsOf) -> Iterator[Measure]:
    """All of them; amounts of several currencies stand apart."""
    counts = Counter(standing.status for standing in standings)
    for status in COUNTED:
        yield OPEN.measured(counts[status], {"status": status.value})
    amounts: dict[tuple[Status, Currency], Decimal] = defaultdict(Decimal)
    for standing in standings:
        amount, currency = standing.request.amount, standing.request.currency
        if standing.status in COUNTED and amount is not None and currency is not None:
            amounts[standing.status, currency] += amount
    for (status, currency), amount in sorted(amounts.items()):
        labels = {"status": status.value, "currency": currency.code}
        yield AMOUNT.measured(float(amount), labels)
    yield from _conversion(standings, as_of)
    yield from _turnaround(as_of.proposed, people)


def _conversion(standings: Sequence[Standing], as_of: AsOf) -> Iterator[Measure]:
    """By month raised, in the company's zone."""
    by_month: dict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        raised = standing.request.raised_at.astimezone(as_of.zone)
        by_month[f"{raised:%Y-%m}"].append(standing)
    for month, of in sorted(by_month.items()):
        done = [standing for standing in of if standing.applied_at is not None]
        yield CONVERSION.measured(round(100 * len(done) / len(of), 1), {"month": month})
        asked, applied = _sums(of), _sums(done)
        for currency in sorted(asked):
            if asked[currency]:
                share = applied.get(currency, Decimal(0)) * 100 / asked[currency]
                labels = {"month": month, "currency": currency.code}
                yield CONVERTED_VALUE.measured(round(float(share), 1), labels)


def _sums(standings: Sequence[Standing]) -> dict[Currency, Decimal]:
    """What is asked for, additions and reductions alike."""
    found: dict[Currency, Decimal] = defaultdict(Decimal)
    for standing in standings:
        if standing.request.currency is not None and standing.request.amount is not None:
            found[standing.request.currency] += abs(standing.request.amount)
    return found


def _turnaround(proposed: Sequence[Proposed], people: People) -> Iterator[Measure]:
    hours: list[float] = []
    unknown = 0
    for person, since, until in _decided(proposed):
        employee = people.deciders.get(person)
        found = people.schedules.between(employee, since, until) if employee else None
        if found is None:
            unknown += 1
        else:
            hours.append(found)
    for percent in PERCENTS:
        value = percentile(hours, percent)
        if value is not None:
            excluded = {"no working calendar": unknown} if unknown else {}
            yield TURNAROUND.measured(round(value, 2), {"percent": str(percent)}, excluded)


def _decided(proposed: Sequence[Proposed]) -> Iterator[tuple[str, datetime, datetime]]:
    """Who decided, since when their level was asked, and when they did."""
    for each in proposed:
        if each.kind != KIND:
            continue
        level, since, last = "", each.asked_at, each.asked_at
        for said in each.said:
            if said.answer is Answer.ASKED_BACK or said.level == AT_ONCE:
                continue
            if said.level != level:
                level, since = said.level, last
            yield said.person, since, said.at
            last = said.at
