"""Taxes in the price of an order line: computed where Odoo's own figures agree, else its share."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.money import Currency
from tasks.domain.taxes import NOTHING, Included, IncludedTax
from tasks.reads.included_taxes import KINDS, Taxes, read_taxes
from tasks.reads.orders import read_orders
from tasks.records.sales import OrderLine, Tax
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import changed, reading

EUR = Currency("EUR")


def tax(number: int, kind: str, amount: str, **values: Any) -> Tax:
    sound = Tax(number, Decimal(amount), kind, True, number, False, True, ())
    return replace(sound, **values)


@pytest.fixture
def line(sandbox: Sandbox) -> OrderLine:
    """Ten at 120, four of them delivered, nothing invoiced; worth 1000 and 400 without taxes."""
    found = read_orders(reading(sandbox))[0].lines[0].line
    return replace(
        found,
        price_unit=Decimal(120),
        discount=Decimal(0),
        product_uom_qty=Decimal(10),
        qty_delivered=Decimal(4),
        qty_invoiced=Decimal(0),
        untaxed_amount_invoiced=Decimal(0),
        price_subtotal=Decimal(1000),
        untaxed_amount_to_invoice=Decimal(400),
        tax_ids=(1,),
    )


def included(line: OrderLine, *taxes: Tax) -> Included:
    known = Taxes({tax.id: tax for tax in taxes})
    return known.included(replace(line, tax_ids=tuple(tax.id for tax in taxes)), True, EUR)


def test_a_tax_that_odoos_figures_agree_with_is_computed(line: OrderLine) -> None:
    found = included(line, tax(1, "percent", "20"))
    assert found == Included((IncludedTax("percent", Decimal(20)),))
    globally = replace(line, tax_calculation_rounding_method="round_globally")
    assert not included(globally, tax(1, "percent", "20")).rounded_each


def test_a_tax_on_top_is_in_no_price(line: OrderLine) -> None:
    line = replace(line, price_unit=Decimal(100))
    assert included(line, tax(1, "percent", "20", price_include=False)) is NOTHING
    assert included(line) is NOTHING


def test_a_tax_that_is_hidden_is_the_share_that_odoo_says(line: OrderLine) -> None:
    """A rule takes it out of the line's taxes; only Odoo's own figures tell of it."""
    on_top = tax(2, "percent", "10", price_include=False)
    for found in (included(line), included(line, on_top)):
        assert found.untaxed(Decimal(120), Decimal(3), EUR) == pytest.approx(Decimal(300))
    nothing = replace(line, product_uom_qty=Decimal(0))
    assert included(nothing) is NOTHING


@pytest.mark.parametrize("unknown", [tax(1, "code", "0"), tax(1, "percent", "7")])
def test_a_tax_that_nobody_can_compute_is_the_share_that_odoo_says(
    unknown: Tax, line: OrderLine
) -> None:
    found = included(line, unknown)
    assert found.untaxed(Decimal(120), Decimal(3), EUR) == pytest.approx(Decimal(300))
    assert bool(found.taxes) == (unknown.amount_type in KINDS)


def test_the_share_is_taken_of_the_larger_figure(line: OrderLine) -> None:
    more = replace(
        line, qty_delivered=Decimal(1000), untaxed_amount_to_invoice=Decimal("100000.01")
    )
    share = included(more, tax(1, "code", "0")).share
    assert share == Decimal("100000.01") / 120000
    # Of what is invoiced, another discount may be in Odoo's amount.
    billed = replace(more, qty_invoiced=Decimal(1))
    assert included(billed, tax(1, "code", "0")).share == Decimal(1000) / 1200


def test_where_odoo_has_no_figure_yet_the_tax_is_computed_or_left_in(line: OrderLine) -> None:
    nothing = replace(line, product_uom_qty=Decimal(0), qty_delivered=Decimal(0))
    assert included(nothing, tax(1, "percent", "20")).taxes
    assert included(nothing, tax(1, "code", "20")) is NOTHING


def test_a_group_stands_for_its_members_each_in_its_place_and_once(line: OrderLine) -> None:
    members = [tax(3, "percent", "15", sequence=1), tax(2, "percent", "5", sequence=2)]
    group = tax(1, "group", "0", children_tax_ids=(2, 3), sequence=0)
    found = included(line, group, *members)
    assert [one.amount for one in found.taxes] == [15, 5]


def test_members_of_groups_are_read_too(sandbox: Sandbox) -> None:
    (only,) = sandbox.call("account.tax", "search_read", [[], ["amount"]], {})
    kinds = {"amount_type": "group", "children_tax_ids": [only["id"], 4711]}
    odoo = changed(corrupt={("account.tax", only["id"]): kinds})
    whole = odoo.call("account.tax", "search_read", [[], list(vars(tax(1, "group", "0")))], {})

    def answer(args: Any, kwargs: Any) -> Any:
        asked = next(condition[2] for condition in args[0] if condition[1] == "in")
        rows = [{**whole[0], "children_tax_ids": [4711]}, {**whole[0], "id": 4711}]
        return [row for row in rows if row["id"] in asked]

    reader = reading(Overlay(odoo, {("account.tax", "search_read"): answer}))
    lines = [sold.line for order in read_orders(reader) for sold in order.lines]
    assert list(read_taxes(reader, lines).by_id) == [only["id"], 4711]
