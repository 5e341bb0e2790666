"""The worked examples of the sources, recomputed, and what happens without revenue."""

from decimal import Decimal

import pytest

from tasks.financial.wip_aging.lock_up import LockUp, realization_percent

ZERO = Decimal(0)


def lock_up(wip: str, receivables: str, revenue: str) -> LockUp:
    return LockUp(Decimal(wip), Decimal(receivables), Decimal(revenue), Decimal(revenue))


def rounded(number: Decimal | None) -> str:
    assert number is not None
    return f"{number:.2f}"


def test_wip_and_debtor_days_by_closing_balances() -> None:
    found = lock_up("312285.48", "200000", "1577379.08")
    assert (rounded(found.wip_days), rounded(found.debtor_days)) == ("72.26", "46.28")


def test_wip_and_debtor_days_by_average_balances() -> None:
    wip = Decimal(1_750_875 + 1_950_345) / 2
    debtors = Decimal(733_815 + 615_875) / 2
    found = LockUp(wip, debtors, Decimal(5_500_750), Decimal(5_500_750))
    assert rounded(found.wip_days) == "122.80"
    assert rounded(found.debtor_days) == "44.78"
    assert rounded(found.days) == "167.58"
    assert rounded(realization_percent(wip + debtors, found.revenue)) == "45.91"


def test_lock_up_is_the_sum_of_both_and_a_day_has_a_value() -> None:
    found = lock_up("625000", "1250000", "7500000")
    assert rounded(found.wip_days) == "30.42"
    assert rounded(found.debtor_days) == "60.83"
    assert rounded(found.days) == "91.25"
    assert rounded(found.value_of_a_day) == "20547.95"


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(92, 100, "92.00"), (89, 92, "96.74"), (89, 100, "89.00")],
)
def test_realization_of_billing_of_collection_and_overall(
    part: int, whole: int, percent: str
) -> None:
    assert rounded(realization_percent(Decimal(part * 1000), Decimal(whole * 1000))) == percent


def test_without_revenue_there_are_no_days() -> None:
    found = lock_up("100", "50", "0")
    assert (found.wip_days, found.debtor_days, found.days) == (None, None, None)
    assert realization_percent(ZERO, ZERO) is None


def test_receivables_are_held_against_revenue_with_taxes() -> None:
    found = LockUp(ZERO, Decimal(121), Decimal(1000), Decimal(1210))
    assert rounded(found.debtor_days) == "36.50"
