"""Why an order is billed now: a milestone, a kickoff, or work that has come to its threshold."""

import calendar
from collections.abc import Iterator
from typing import Final

from tasks.domain.billing import Billing
from tasks.domain.texts import Money, Text
from tasks.financial.milestone_billing.checks import ZERO, Candidate
from tasks.records.sales import Milestone

RUNNING: Final = frozenset({Billing.TIME_AND_MATERIALS, Billing.MANUAL, Billing.EXPENSE})


def triggers(look: Candidate) -> Iterator[Text]:
    """Why now; nothing where it is too early. With any of them all that is due is billed."""
    yield from map(_reached, look.unbilled)
    if Billing.FIXED in look.kinds and look.policy.fixed_from == "confirmation":
        yield Text("a fixed price is billed from the confirmation on")
    elif Billing.FIXED in look.kinds:
        yield from map(_reached, look.kickoffs[:1])
    if look.kinds & RUNNING and not any(too_early(look)):
        yield Text("what is delivered has come to its threshold")


def too_early(look: Candidate) -> Iterator[Text]:
    """Why what is delivered day by day is not billed yet."""
    policy, currency = look.policy, look.order.currency
    day = min(policy.from_day_of_month, calendar.monthrange(look.today.year, look.today.month)[1])
    if look.today.day < day:
        yield Text("billed from day {day} of the month on", day=day)
    only_time = look.kinds & RUNNING == {Billing.TIME_AND_MATERIALS}
    if only_time and look.hours < policy.time_from_hours:
        yield Text(
            "{hours} h wait, and are billed from {least} h on",
            hours=round(look.hours, 2),
            least=policy.time_from_hours,
        )
    least = policy.minimum_amounts.get(currency.code, ZERO)
    running = (line for line in look.due if line.sold.billing in RUNNING)
    amount = sum((line.sold.worth(line.line.qty_to_invoice) for line in running), ZERO)
    if amount < least:
        yield Text(
            "{amount} wait, and are billed from {least} on",
            amount=Money(currency.round(amount), currency.code),
            least=Money(currency.round(least), currency.code),
        )


def _reached(milestone: Milestone) -> Text:
    if milestone.reached_date is None:
        return Text("the milestone {name} is reached", name=milestone.name)
    return Text(
        "the milestone {name} was reached on {day}",
        name=milestone.name,
        day=milestone.reached_date,
    )
