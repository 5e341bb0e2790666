"""Money: rounding as Odoo rounds, totals per currency, cost of delay."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.money import Currency, cost_of_delay_per_day, totals

EUR, JPY = Currency("EUR"), Currency("JPY", 0)


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        (EUR, "0.005", "0.01"),
        (EUR, "-0.005", "-0.01"),
        (EUR, "1234567.1", "1234567.10"),
        (JPY, "10.5", "11"),
    ],
)
def test_amounts_are_written_with_the_currencys_decimals(
    currency: Currency, amount: str, text: str
) -> None:
    assert currency.text(Decimal(amount)) == text


def test_currencies_are_never_added_up() -> None:
    found = totals([(JPY, Decimal(100)), (EUR, Decimal(1)), (EUR, Decimal(2))])
    assert found == {EUR: Decimal(3), JPY: Decimal(100)}


def test_a_day_of_delay_costs_its_share_of_the_yearly_interest() -> None:
    assert EUR.text(cost_of_delay_per_day(Decimal(31000), Decimal(8))) == "6.79"


amounts = st.lists(
    st.tuples(
        st.sampled_from([EUR, JPY]),
        st.decimals(
            allow_nan=False, allow_infinity=False, places=2, min_value=-9999, max_value=9999
        ),
    )
)


@given(amounts)
def test_totals_do_not_depend_on_the_order(found: list[tuple[Currency, Decimal]]) -> None:
    assert totals(found) == totals(reversed(found))


def test_zero_has_no_sign() -> None:
    assert EUR.text(Decimal("-0.001")) == EUR.text(-Decimal(0)) == "0.00"


@pytest.mark.parametrize(
    ("step", "amount", "rounded"),
    [
        ("0.05", "33.333", "33.35"),
        ("0.05", "847.025", "847.05"),
        ("0.05", "-847.02", "-847.00"),
        ("5", "12.5", "15.00"),
    ],
)
def test_a_currency_without_small_coins_is_rounded_to_its_step(
    step: str, amount: str, rounded: str
) -> None:
    """33.35 and 847.05 are what Odoo 19 invoices in francs that are rounded to 0.05."""
    assert Currency("CHF", step=Decimal(step)).text(Decimal(amount)) == rounded
