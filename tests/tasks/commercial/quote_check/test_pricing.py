"""What is wrong with the prices of a quotation."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tasks.commercial.quote_check.records import ListedProduct
from tests.fakes.pipeline import (
    HOUR,
    IN_USD,
    judged,
    keys,
    line,
    only,
    quote,
    result,
    snapshot,
)

ORDER = "sale.order"


def of(*lines: Any, **policy: Any) -> Any:
    return judged(snapshot(lines=lines), **policy)


def test_a_quotation_by_the_price_list_has_nothing_wrong() -> None:
    report = judged()
    assert keys(report) == set()
    assert {row["status"] for row in report.rows} == {"ok"}
    assert report.not_verifiable == ()


def test_a_line_without_a_price_is_told_by_its_first_words() -> None:
    found = only(of(line(price_unit=Decimal(0), technical_price_unit=Decimal(0))))
    assert found.key == "zero-prices-order-7"
    assert found.reason == "1 line has no price: Consulting"
    assert (str(found.amount), found.currency) == ("11800.00", "EUR")


def test_of_many_lines_without_a_price_some_are_named() -> None:
    free = [line(id=n, name=f"L{n}", price_unit=Decimal(0)) for n in range(7)]
    report = of(*free)
    assert only(report).reason == "7 lines have no price: L0, L1, L2, L3, L4, …"


@pytest.mark.parametrize(
    "values",
    [
        {"product_uom_qty": Decimal(0)},
        {"display_type": "line_section", "product_id": None},
        {"is_downpayment": True},
        {"is_expense": True},
        {"combo_item_id": 4},
        {"product_type": "combo"},
        {"is_reward_line": True},
    ],
)
def test_what_has_no_price_of_its_own_needs_none(values: dict[str, Any]) -> None:
    assert keys(of(line(price_unit=Decimal(0), **values))) == set()


def test_products_that_may_be_free_and_gifts_of_all_discount() -> None:
    assert keys(of(line(price_unit=Decimal(0)), may_be_free=[HOUR])) == set()
    gift = line(discount=Decimal(100))
    assert keys(of(gift, discount_limit_percent=100)) == {"zero-prices-order-7"}


@pytest.mark.parametrize(("discount", "wrong"), [("15", False), ("15.01", True)])
def test_a_discount_beyond_the_limit_is_told(discount: str, *, wrong: bool) -> None:
    report = of(line(discount=Decimal(discount)))
    assert bool(report.findings) is wrong
    if wrong:
        assert only(report).reason == "discounts above 15 %: Consulting: 15.01 %"


def test_a_line_that_takes_off_counts_as_a_discount_of_all() -> None:
    off = line(
        id=71,
        name="Rebate",
        price_unit=Decimal(-2360),
        technical_price_unit=Decimal(0),
        product_uom_qty=Decimal(1),
        product_id=9,
    )
    found = only(of(line(), off))
    assert found.key == "discounts-order-7"
    assert found.reason == "all discounts together are 20.00 %, above 15 %"
    assert keys(of(line(), off, discount_limit_percent=20)) == set()


def test_a_quotation_without_lines_has_nothing_wrong_with_its_prices() -> None:
    assert keys(of()) == set()


@pytest.mark.parametrize(
    ("price", "wrong"), [("118.59", False), ("118.60", True), ("100", True), ("-118", True)]
)
def test_a_price_that_is_not_that_of_the_price_list_is_told(price: str, *, wrong: bool) -> None:
    report = of(line(price_unit=Decimal(price)))
    assert ("price-list-order-7" in keys(report)) is wrong
    if price == "100":
        assert only(report).reason == (
            "prices off the price list: Consulting at 100.00 EUR instead of 118.00 EUR"
        )


def older(quotation: dict[str, Any] | None = None, **values: Any) -> Any:
    """A line of an Odoo that does not keep what the price list gave: 118 is the list price."""
    product = ListedProduct(HOUR, "Consulting", uom_id=1, lst_price=Decimal(118))
    lines = [line(technical_price_unit=None, **values)]
    found = snapshot(quotes=[quote(**(quotation or {}))], lines=lines)
    return judged(replace(found, products={HOUR: product}))


def test_before_odoo_18_the_list_price_is_taken_where_nothing_changes_it() -> None:
    assert result(older(), ORDER, "price-list") == "pass"
    assert result(older(price_unit=Decimal(120)), ORDER, "price-list") == "fail"


@pytest.mark.parametrize(
    ("quotation", "values"),
    [
        ({}, {"pricelist_item_id": 8}),
        ({}, {"product_uom_id": 2}),
        ({"currency_id": IN_USD}, {}),
        ({}, {"product_id": 6}),
    ],
)
def test_a_price_that_nobody_can_tell_is_neither_right_nor_wrong(
    quotation: dict[str, Any], values: dict[str, Any]
) -> None:
    report = older(quotation, price_unit=Decimal(1), **values)
    assert result(report, ORDER, "price-list") == "not_verifiable"
    assert "price-list-order-7" not in keys(report)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "prices of the price list")
    assert gap.reason
    assert gap.remedy
    assert "price-list" in report.unseen
    assert "price-list" not in {m.labels.get("check") for m in report.measures}


def test_one_price_that_is_not_known_leaves_the_others() -> None:
    unknown = line(id=80, order_id=8, technical_price_unit=None)
    wrong = line(price_unit=Decimal(100))
    two = snapshot(quotes=[quote(), quote(id=8)], lines=[wrong, unknown])
    report = judged(two)
    assert keys(report) == {"price-list-order-7"}
    assert "price-list" not in report.unseen
    (measure,) = (m for m in report.measures if m.labels.get("check") == "price-list")
    assert (measure.value, measure.excluded) == (1, {"not_verifiable": 1})


def test_a_line_of_words_alone_has_no_listed_price() -> None:
    assert keys(of(line(product_id=None, technical_price_unit=None))) == set()


@pytest.mark.parametrize(("share", "wrong"), [(0.25, False), (0.2499, True), (-0.1, True)])
def test_a_margin_below_the_floor_is_told(share: float, *, wrong: bool) -> None:
    found = replace(snapshot(quotes=[quote(margin_percent=share)]), tells_margin=True)
    assert bool(judged(found, margin_floor_percent=25).findings) is wrong
    assert keys(judged(found)) == set()


def test_a_margin_of_nothing_is_none() -> None:
    empty = quote(margin_percent=0.0, amount_untaxed=Decimal(0))
    found = replace(snapshot(quotes=[empty]), tells_margin=True)
    assert "margin-order-7" not in keys(judged(found, margin_floor_percent=25))


@pytest.mark.parametrize("tells", [True, False])
def test_without_the_module_of_margins_a_floor_is_not_verifiable(*, tells: bool) -> None:
    report = judged(replace(snapshot(), tells_margin=tells), margin_floor_percent=25)
    assert result(report, ORDER, "margin") == "not_verifiable"
    (gap,) = report.not_verifiable
    assert "sale_margin" in gap.reason
    assert report.unseen == {"margin"}
