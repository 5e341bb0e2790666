"""What of an order line can be billed now."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.domain.billing import Billing, Sold, billing_of
from tasks.domain.money import Currency

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


def test_time_is_billed_as_delivered() -> None:
    assert HOURS.amount == 1200


def test_posted_invoices_are_taken_off() -> None:
    assert replace(HOURS, invoiced=Decimal(4), invoiced_amount=Decimal(480)).amount == 720


def test_a_draft_is_still_to_bill_and_shown_as_draft() -> None:
    drafted = replace(HOURS, invoiced=Decimal(4))
    assert drafted.amount == 1200
    assert drafted.drafted == 480


def test_what_was_billed_too_much_is_negative() -> None:
    assert replace(HOURS, invoiced=Decimal(20), invoiced_amount=Decimal(2400)).amount == -1200


def test_a_fixed_price_is_due_as_ordered() -> None:
    assert replace(HOURS, on_delivery=False).amount == 4800


def test_a_discount_counts() -> None:
    assert replace(HOURS, discount_percent=Decimal(10)).amount == 1080


def test_a_price_that_includes_tax_is_billed_without_it() -> None:
    assert replace(HOURS, included_tax_percent=Decimal(21)).amount == Decimal("991.74")


def test_a_discount_given_on_the_invoice_alone_is_not_billed_again() -> None:
    billed = replace(HOURS, invoiced=Decimal(10), invoiced_amount=Decimal(600))
    assert billed.amount == 600
    assert replace(billed, undiscounted=Decimal(1200)).amount == 0


def test_what_is_earned_of_a_fixed_price_stops_at_what_was_ordered() -> None:
    fixed = replace(HOURS, billing=Billing.FIXED, on_delivery=False, delivered=Decimal(50))
    assert (fixed.earned, fixed.balance) == (Decimal(40), Decimal(4800))


def test_too_much_billed_at_another_discount_is_billed_in_advance() -> None:
    # 80 ordered and worked for, 80 posted at full price and 40 at 40 % off.
    line = replace(
        HOURS,
        billing=Billing.FIXED,
        on_delivery=False,
        ordered=Decimal(80),
        delivered=Decimal(80),
        invoiced=Decimal(120),
        price_unit=Decimal(100),
        invoiced_amount=Decimal(10400),
        undiscounted=Decimal(12000),
    )
    assert (line.amount, line.balance) == (Decimal(0), Decimal(-2400))
    assert replace(line, invoiced_amount=Decimal(7900)).balance == 0


def test_half_a_cent_that_floats_lose_is_rounded_up_as_odoo_does() -> None:
    # The product is 14549.994999999999 in binary floats.
    line = replace(HOURS, delivered=Decimal("36.5"), price_unit=Decimal("398.63"))
    assert line.amount == Decimal("14550.00")


def test_half_a_cent_that_odoo_keeps_is_kept_in_the_amount_and_is_no_advance() -> None:
    line = replace(
        HOURS,
        delivered=Decimal("3.75"),
        price_unit=Decimal("551.30"),
        invoiced_amount=Decimal("2067.38"),
    )
    assert (line.amount, line.balance) == (Decimal("-0.01"), Decimal(0))


def test_nothing_ordered_still_bills_what_was_delivered() -> None:
    assert replace(HOURS, ordered=Decimal(0)).amount == 1200


@pytest.mark.parametrize(("invoiced", "unpriced"), [(0, True), (10, False)])
def test_a_line_without_a_price_is_told_while_something_is_due(
    invoiced: int, unpriced: bool
) -> None:
    free = replace(HOURS, price_unit=Decimal(0), invoiced=Decimal(invoiced))
    assert free.unpriced is unpriced


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
