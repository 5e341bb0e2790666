"""What of an order line can be billed now."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.domain.billing import Billing, Draft, Sold, billing_of, earned_share
from tasks.domain.money import Currency
from tasks.domain.taxes import Included, IncludedTax

HOURS = Sold(
    currency=Currency("EUR"),
    billing=Billing.TIME_AND_MATERIALS,
    on_delivery=True,
    ordered=Decimal(40),
    delivered=Decimal(10),
    invoiced=Decimal(0),
    price_unit=Decimal(120),
    discount_percent=Decimal(0),
    invoiced_amount=Decimal(0),
)


def figures(line: Sold) -> list[Decimal]:
    """What can be billed, and of it WIP and advance billing."""
    return [line.amount, line.wip, line.advance]


def test_time_is_billed_as_delivered() -> None:
    assert HOURS.amount == 1200


PAID = replace(
    HOURS,
    billing=Billing.DOWN_PAYMENT,
    ordered=Decimal(0),
    delivered=Decimal(0),
    invoiced=Decimal(1),
    price_unit=Decimal(300),
    invoiced_amount=Decimal(300),
)


def test_a_down_payment_is_deducted_at_what_it_was_billed_for() -> None:
    assert PAID.amount == -300
    assert replace(PAID, invoiced=Decimal(0), invoiced_amount=Decimal(0)).amount == 0
    drafted = replace(PAID, invoiced_amount=Decimal(0), draft=Draft(Decimal(1), Decimal(300)))
    assert drafted.amount == 0
    final = Draft(Decimal(-1), Decimal(-300))
    assert replace(PAID, invoiced=Decimal(0), draft=final).amount == -300


def test_a_down_payment_keeps_the_cent_that_its_taxes_moved() -> None:
    assert replace(PAID, invoiced_amount=Decimal("300.01")).amount == Decimal("-300.01")


@pytest.mark.parametrize(
    ("whole", "price", "deducted"),
    [
        # Odoo sets the price to zero when half of the quantity is credited.
        (True, 0, 0),
        (False, 0, 0),
        # Of a locked order it does not.
        (True, 300, -300),
        (False, 300, -150),
    ],
)
def test_a_down_payment_refunded_by_quantity_is_deducted_as_the_wizard_does(
    whole: bool, price: int, deducted: int
) -> None:
    half = replace(PAID, invoiced=Decimal("0.5"), invoiced_amount=Decimal(150))
    line = replace(half, price_unit=Decimal(price), deducted_whole=whole)
    assert line.amount == deducted


def test_all_that_is_ordered_is_worth_what_odoo_says() -> None:
    """Odoo's discount wizard writes down taxes that its own arithmetic would not come to."""
    fixed = replace(HOURS, on_delivery=False, subtotal=Decimal("4800.01"))
    assert fixed.amount == Decimal("4800.01")
    assert replace(fixed, invoiced=Decimal(4)).amount == 4320


def test_posted_invoices_are_taken_off() -> None:
    assert replace(HOURS, invoiced=Decimal(4), invoiced_amount=Decimal(480)).amount == 720


def test_a_draft_is_still_to_bill_and_shown_as_draft() -> None:
    drafted = replace(HOURS, invoiced=Decimal(4), draft=Draft(Decimal(4), Decimal(480)))
    assert [drafted.amount, drafted.posted] == [1200, 0]


def test_a_draft_is_worth_what_it_says_whatever_the_orders_price() -> None:
    cheaper = replace(HOURS, invoiced=Decimal(10), draft=Draft(Decimal(10), Decimal(900)))
    assert figures(cheaper) == [900, 900, 0]


def test_what_was_billed_too_much_is_negative() -> None:
    over = replace(HOURS, invoiced=Decimal(20), invoiced_amount=Decimal(2400))
    assert figures(over) == [-1200, 0, -1200]


def test_a_fixed_price_is_due_as_ordered() -> None:
    assert replace(HOURS, on_delivery=False).amount == 4800


def test_a_discount_counts() -> None:
    assert replace(HOURS, discount_percent=Decimal(10)).amount == 1080


def test_a_price_that_includes_tax_is_billed_without_it() -> None:
    included = Included((IncludedTax("percent", Decimal(21)),))
    assert replace(HOURS, included=included).amount == Decimal("991.74")


@pytest.mark.parametrize("posted", ["960", "1200", "1320"])
def test_an_invoice_at_another_price_leaves_nothing_to_bill(posted: str) -> None:
    billed = replace(HOURS, invoiced=Decimal(10), invoiced_amount=Decimal(posted))
    assert figures(billed) == [0, 0, 0]


def test_what_is_earned_of_a_fixed_price_stops_at_what_was_ordered() -> None:
    fixed = replace(HOURS, billing=Billing.FIXED, on_delivery=False, delivered=Decimal(50))
    assert (fixed.earned, fixed.balance) == (Decimal(40), Decimal(4800))


def test_a_fixed_price_billed_in_advance_is_worth_what_was_billed() -> None:
    # 40 posted for 3200 rather than 4800, and 10 of them worked for.
    fixed = replace(HOURS, billing=Billing.FIXED, on_delivery=False)
    billed = replace(fixed, invoiced=Decimal(40), invoiced_amount=Decimal(3200))
    assert figures(billed) == [0, 0, -2400]
    assert replace(fixed, delivered=Decimal(12)).wip == 1440


DISCOUNT = replace(
    HOURS,
    billing=Billing.FIXED,
    on_delivery=False,
    ordered=Decimal(1),
    delivered=Decimal(0),
    price_unit=Decimal(-150),
)
RETURN = replace(DISCOUNT, ordered=Decimal(-2), price_unit=Decimal(75))


@pytest.mark.parametrize("line", [DISCOUNT, RETURN])
@pytest.mark.parametrize(("share", "wip"), [("0", 0), ("0.5", -75), ("1", -150)])
def test_a_deduction_is_earned_as_what_it_is_taken_off(line: Sold, share: str, wip: int) -> None:
    line = replace(line, earned_share=Decimal(share))
    assert line.deducts
    assert figures(line) == [-150, wip, 0]
    billed = replace(line, invoiced=line.ordered, invoiced_amount=Decimal(-150))
    assert figures(billed) == [0, 0, 150 + wip]


def test_a_return_of_what_is_billed_by_delivery_waits_until_it_is_delivered() -> None:
    hours = replace(HOURS, ordered=Decimal(-2), delivered=Decimal(0))
    assert hours.deducts
    assert figures(hours) == [0, 0, 0]
    back = replace(hours, delivered=Decimal(-2))
    assert figures(back) == [-240, -240, 0]


@pytest.mark.parametrize(
    ("lines", "share"),
    [
        ([replace(HOURS, delivered=Decimal(20))], "0.5"),
        ([replace(HOURS, delivered=Decimal(80))], "1"),
        ([replace(HOURS, delivered=Decimal(20)), DISCOUNT, RETURN], "0.5"),
        ([replace(HOURS, ordered=Decimal(0))], "1"),
        ([replace(HOURS, ordered=Decimal(0), delivered=Decimal(0))], "0"),
        ([replace(HOURS, billing=Billing.DOWN_PAYMENT)], "0"),
        ([], "0"),
    ],
)
def test_how_much_of_an_order_is_worked_for(lines: list[Sold], share: str) -> None:
    assert earned_share(lines) == Decimal(share)


def test_half_a_cent_is_rounded_up_as_odoo_does() -> None:
    # The product is 14549.994999999999 in binary floats.
    line = replace(HOURS, delivered=Decimal("36.5"), price_unit=Decimal("398.63"))
    assert line.amount == Decimal("14550.00")


def test_half_a_cent_that_is_left_is_rounded_up_as_odoo_does() -> None:
    # 8.70 h less the 6.88 h that are posted: 1125.215, which floats make 1125.2149999999992.
    line = replace(
        HOURS,
        delivered=Decimal("8.70"),
        invoiced=Decimal("6.88"),
        price_unit=Decimal("618.25"),
        invoiced_amount=Decimal("4253.56"),
    )
    assert line.amount == Decimal("1125.22")


def test_what_one_invoice_was_rounded_by_is_not_billed_with_the_next() -> None:
    line = replace(
        HOURS,
        delivered=Decimal("3.75"),
        invoiced=Decimal("3.75"),
        price_unit=Decimal("551.30"),
        invoiced_amount=Decimal("2067.38"),
    )
    assert figures(line) == [0, 0, 0]


def test_nothing_ordered_still_bills_what_was_delivered() -> None:
    assert replace(HOURS, ordered=Decimal(0)).amount == 1200


@pytest.mark.parametrize(("invoiced", "unpriced"), [(0, True), (10, False)])
def test_a_line_without_a_price_is_told_while_something_is_due(
    invoiced: int, unpriced: bool
) -> None:
    free = replace(HOURS, price_unit=Decimal(0), invoiced=Decimal(invoiced))
    assert free.unpriced is unpriced
    assert not replace(free, free=True).unpriced
    assert not replace(free, discount_percent=Decimal(100)).unpriced


@pytest.mark.parametrize(
    ("method", "on_delivery", "is_expense", "is_downpayment", "billing"),
    [
        ("timesheet", True, False, False, Billing.TIME_AND_MATERIALS),
        ("milestones", True, False, False, Billing.MILESTONE),
        ("manual", True, False, False, Billing.MANUAL),
        ("stock_move", True, False, False, Billing.MANUAL),
        ("timesheet", False, False, False, Billing.FIXED),
        ("analytic", True, True, False, Billing.EXPENSE),
        ("manual", False, False, True, Billing.DOWN_PAYMENT),
    ],
)
def test_the_line_and_its_product_say_how_it_is_billed(
    method: str, on_delivery: bool, is_expense: bool, is_downpayment: bool, billing: Billing
) -> None:
    assert billing_of(method, on_delivery, is_expense, is_downpayment) is billing
