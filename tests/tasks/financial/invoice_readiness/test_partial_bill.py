"""What of a blocked order could be billed now."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.billing import Billing, Sold
from tasks.domain.checklists import Check, Result
from tasks.domain.money import Currency
from tasks.domain.texts import named
from tasks.financial.invoice_readiness.partial_bill import propose

TIME = Sold(
    currency=Currency("EUR"),
    billing=Billing.TIME_AND_MATERIALS,
    on_delivery=True,
    ordered=Decimal(1),
    delivered=Decimal(1),
    invoiced=Decimal(0),
    price_unit=Decimal(1000),
    discount_percent=Decimal(0),
    invoiced_amount=Decimal(0),
)
STAGE = replace(TIME, billing=Billing.MILESTONE, price_unit=Decimal(5000))
EXPENSE = replace(TIME, billing=Billing.EXPENSE, price_unit=Decimal(70))
DOWN = replace(
    TIME,
    billing=Billing.DOWN_PAYMENT,
    ordered=Decimal(0),
    delivered=Decimal(0),
    invoiced=Decimal(1),
    price_unit=Decimal(300),
    invoiced_amount=Decimal(300),
)
FREE = replace(TIME, price_unit=Decimal(0))
LINE_BOUND = ("price", "milestones", "approved_time", "contract", "acceptance_evidence", "expenses")


def failing(*names: str) -> list[Check]:
    return [Check(name, Result.FAIL, named("why"), "Ann", named("do it")) for name in names]


@pytest.mark.parametrize(
    ("lines", "checks", "now", "later"),
    [
        ([TIME, STAGE], ["approved_time"], 5000, 1000),
        ([TIME, STAGE], ["contract"], 5000, 1000),
        ([TIME, STAGE], ["milestones"], 1000, 5000),
        ([TIME, STAGE], ["acceptance_evidence", "milestones"], 1000, 5000),
        ([TIME, STAGE, EXPENSE], ["expenses"], 6000, 70),
        ([TIME, FREE], ["price"], 1000, 0),
        ([TIME, STAGE, DOWN], ["milestones"], 700, 5000),
    ],
)
def test_the_lines_that_no_failure_concerns_can_be_billed(
    lines: list[Sold], checks: list[str], now: int, later: int
) -> None:
    found = propose(lines, failing(*checks))
    assert found is not None
    assert (found.now, found.later) == (Decimal(now), Decimal(later))


@pytest.mark.parametrize(
    ("lines", "checks"),
    [
        ([TIME, STAGE], ["invoice_address"]),
        ([TIME, STAGE], ["milestones", "purchase_order"]),
        ([TIME], ["approved_time"]),
        ([TIME, STAGE], ["milestones", "approved_time"]),
        ([TIME], []),
        ([STAGE, DOWN], ["milestones"]),
    ],
)
def test_nothing_is_proposed_where_all_is_blocked(lines: list[Sold], checks: list[str]) -> None:
    assert propose(lines, failing(*checks)) is None


@given(
    st.lists(st.sampled_from([TIME, STAGE, EXPENSE, DOWN, FREE]), min_size=1, max_size=8),
    st.sets(st.sampled_from(LINE_BOUND), min_size=1),
)
def test_now_and_later_are_the_whole_order(lines: list[Sold], checks: set[str]) -> None:
    found = propose(lines, failing(*sorted(checks)))
    if found:
        assert found.now + found.later == sum(line.amount for line in lines)
        assert found.now == sum(lines[number].amount for number in found.lines) > 0
