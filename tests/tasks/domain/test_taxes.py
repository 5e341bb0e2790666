"""What a price is worth without the taxes in it; the figures are those of a real Odoo 19."""

from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.money import Currency
from tasks.domain.taxes import NOTHING, Included, IncludedTax

EUR = Currency("EUR")


def tax(kind: str, amount: str, **values: Any) -> IncludedTax:
    return IncludedTax(kind, Decimal(amount), **values)


@pytest.mark.parametrize(
    ("price", "quantity", "taxes", "untaxed"),
    [
        ("121", "2", [tax("percent", "21")], "200"),
        ("110", "2", [tax("fixed", "10")], "200"),
        ("-110", "2", [tax("fixed", "10")], "-200"),
        ("110", "-2", [tax("fixed", "10")], "-200"),
        ("132", "1", [tax("percent", "10", raises=True), tax("percent", "20")], "100"),
        ("130", "1", [tax("percent", "10"), tax("percent", "20")], "100"),
        ("127.77", "2", [tax("percent", "20"), tax("percent", "5")], "204.43"),
        (
            *("130", "1"),
            [tax("percent", "10", raises=True), tax("percent", "20", raised=False)],
            "98.48",
        ),
        ("99.99", "2", [tax("division", "20")], "159.98"),
        ("127.65", "2", [tax("fixed", "3", raises=True), tax("percent", "20")], "206.75"),
        ("126", "1", [tax("fixed", "6"), tax("percent", "20")], "100"),
    ],
)
def test_taxes_are_taken_out_as_odoo_does(
    price: str, quantity: str, taxes: list[IncludedTax], untaxed: str
) -> None:
    found = Included(tuple(taxes)).untaxed(Decimal(price), Decimal(quantity), EUR)
    assert EUR.round(found) == Decimal(untaxed)


def test_each_tax_is_rounded_unless_the_company_rounds_their_sum() -> None:
    taxes = (tax("percent", "7"), tax("percent", "3.5"))
    each, together = (
        Included(taxes, rounded).untaxed(Decimal("1.05"), Decimal(1), EUR)
        for rounded in (True, False)
    )
    assert each == Decimal("0.95")
    assert together == pytest.approx(Decimal("0.950226"), abs=Decimal("0.000001"))


def test_a_price_without_taxes_is_worth_itself_and_a_share_its_part() -> None:
    assert NOTHING.untaxed(Decimal("9.99"), Decimal(3), EUR) == Decimal("29.97")
    part = Included(share=Decimal("0.8"))
    assert part.untaxed(Decimal(10), Decimal(3), EUR) == 24
    assert part.by_taxes(Decimal(10), Decimal(3), EUR) == 24


def test_what_the_taxes_alone_come_to_is_known_beside_the_share_that_odoo_took() -> None:
    """A discount by Odoo's wizard: its figures say 93.304 KWD, its `compute_all` 93.284."""
    dinar = Currency("KWD", 3)
    found = Included((tax("percent", "7"),), share=Decimal("93.304") / Decimal("99.814296875"))
    price = Decimal("99.814296875")
    assert dinar.round(found.untaxed(price, Decimal(1), dinar)) == Decimal("93.304")
    assert dinar.round(found.by_taxes(price, Decimal(1), dinar)) == Decimal("93.284")
