"""Forecasts of cost at completion against examples that others worked out."""

from decimal import Decimal

import pytest

from tasks.domain.earned_value import at_completion, by_remaining_hours

# Budget, earned value and actual cost, and the estimate at completion as the source prints it.
EXAMPLES = {
    # Intuit QuickBooks, "Using earned value management": half of a year's project is done.
    "intuit": ("100000", "50000", "45000", "90000"),
    # J. Phillips, PMP Project Management Professional, "EAC using the CPI": the book rounds the
    # index 0.9259 to .93, and so prints 538,344.
    "phillips": ("500000", "150000", "162000", "540000"),
    # A poster of EVM forecasting (wikislate.com): CPI 0.89, EAC = BAC / CPI.
    "poster": ("100", "40", "45", "112.5"),
}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=list(EXAMPLES))
def test_what_is_left_costs_as_what_is_done_did(example: tuple[str, str, str, str]) -> None:
    budget, earned, actual, expected = map(Decimal, example)
    assert at_completion(actual, budget, earned) == expected
    # It is BAC / CPI in other words.
    assert at_completion(actual, budget, earned) == pytest.approx(budget / (earned / actual))


def test_with_the_index_that_the_book_rounds_its_own_figure_comes_out() -> None:
    assert round(Decimal(162000) + Decimal(350000) / Decimal("0.93")) == 538344


def test_without_earned_value_no_index_tells() -> None:
    assert at_completion(Decimal(10), Decimal(100), Decimal(0)) is None


def test_what_has_cost_nothing_is_left_at_its_budget() -> None:
    assert at_completion(Decimal(0), Decimal(100), Decimal(40)) == 60
    assert at_completion(Decimal(0), Decimal(100), Decimal(0)) == 100


def test_what_is_done_costs_no_more() -> None:
    assert at_completion(Decimal(120), Decimal(100), Decimal(100)) == 120


def test_hours_that_are_left_cost_what_an_hour_has_cost() -> None:
    """PMBOK: EAC = AC + bottom-up ETC; 60 hours at 50 are spent, and people say 25 are left."""
    assert by_remaining_hours(Decimal(3000), Decimal(25), Decimal(50)) == 4250
