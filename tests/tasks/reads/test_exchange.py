"""What other currencies are worth in the company's."""

from decimal import Decimal

from odoo_gateway.sandbox import Sandbox
from tasks.domain.money import Currency
from tasks.reads.exchange import read_exchange
from tests.tasks.conftest import reading

EUR, USD, GBP = Currency("EUR"), Currency("USD"), Currency("GBP")


def test_amounts_are_brought_into_the_companys_currency_and_rounded(sandbox: Sandbox) -> None:
    exchange = read_exchange(reading(sandbox), EUR, {2: [("sale.order", 1)]})
    assert exchange.converted(Decimal("10.01"), USD) == Decimal("8.01")
    assert exchange.converted(Decimal("10.005"), EUR) == Decimal("10.01")
    assert exchange.converted(Decimal(1), GBP) is None
    assert exchange.converted(Decimal(1), None) is None


def test_nothing_is_asked_where_all_is_in_the_companys(sandbox: Sandbox) -> None:
    assert read_exchange(reading(sandbox), EUR, {}).rates == {}


def test_a_currency_that_is_hidden_is_drift(sandbox: Sandbox) -> None:
    odoo = reading(sandbox)
    assert read_exchange(odoo, EUR, {99: [("sale.order", 1)]}).rates == {}
    assert [drift.related for drift in odoo.drift] == [(("sale.order", 1),)]
