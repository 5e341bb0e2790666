"""Whatever grew on an order is explained once or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.money import Currency
from tasks.execution.change_requests.applying import explained
from tasks.execution.change_requests.kept import ChangeRequest, InOdoo
from tasks.execution.change_requests.messages import Raised
from tasks.execution.change_requests.records import ChangeLine

EUR, USD = Currency("EUR", 2), Currency("USD", 2)
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 20)
AMOUNTS = st.none() | st.integers(-5, 20).map(Decimal)


def line(number: int, day: int, amount: int) -> ChangeLine:
    return ChangeLine(
        id=number,
        order_id=1,
        name=f"line {number}",
        create_date=START + timedelta(days=day),
        product_uom_qty=Decimal(1),
        qty_delivered=Decimal(0),
        qty_delivered_method="manual",
        price_subtotal=Decimal(amount),
        is_downpayment=False,
        is_expense=False,
    )


def request(number: int, day: int, amount: Decimal | None, currency: Currency) -> ChangeRequest:
    raised = START + timedelta(days=day)
    return ChangeRequest(
        model="sale.order",
        record_id=number,
        name=f"S{number}",
        in_odoo=InOdoo.RAISED,
        raised_at=raised,
        since=raised,
        raised_by=None,
        order_id=1,
        project_id=None,
        amount=amount,
        currency=currency if amount is not None else None,
        hours=None,
    )


REQUESTS = st.lists(st.tuples(DAYS, AMOUNTS, st.sampled_from([EUR, USD])), max_size=4).map(
    lambda found: [request(number, *each) for number, each in enumerate(found)]
)
LINES = st.lists(st.tuples(DAYS, st.integers(-5, 20)), max_size=6).map(
    lambda found: [line(number, *each) for number, each in enumerate(sorted(found))]
)
QUANTITIES = st.lists(DAYS, max_size=3).map(
    lambda found: [Raised(START + timedelta(days=day), 1, 2) for day in sorted(found)]
)


@given(REQUESTS, LINES, QUANTITIES)
def test_lines_and_quantities_are_explained_once_and_by_nothing_raised_later(
    requests: Sequence[ChangeRequest], lines: Sequence[ChangeLine], raised: Sequence[Raised]
) -> None:
    found = explained(requests, lines, raised, EUR)
    assert [each for each in lines if each in found.added] == list(found.added)
    assert len(found.raised) <= len(raised)
    by_key = {each.key: each for each in requests}
    for key, at in found.applied.items():
        assert at >= by_key[key].raised_at
    if not requests:
        assert (list(found.added), list(found.raised)) == (list(lines), list(raised))
    # What was added before anything was raised stays unexplained.
    first = min((each.raised_at for each in requests), default=None)
    for each in lines:
        if first is None or each.create_date < first:
            assert each in found.added


@given(REQUESTS, LINES, QUANTITIES)
def test_one_more_decision_never_leaves_more_unexplained(
    requests: Sequence[ChangeRequest], lines: Sequence[ChangeLine], raised: Sequence[Raised]
) -> None:
    for count in range(len(requests)):
        fewer = explained(requests[:count], lines, raised, EUR)
        more = explained(requests[: count + 1], lines, raised, EUR)
        assert {each.id for each in more.added} <= {each.id for each in fewer.added}
        assert len(more.raised) <= len(fewer.raised)


@given(LINES)
def test_a_request_worth_all_lines_explains_all(lines: Sequence[ChangeLine]) -> None:
    priced = [each for each in lines if each.price_subtotal > 0]
    whole = sum((each.price_subtotal for each in priced), Decimal(0))
    found = explained([request(1, 0, whole, EUR)], priced, [], EUR)
    assert not found.added
    assert bool(found.applied) == bool(priced)


def test_an_amount_of_another_currency_takes_one_line() -> None:
    lines = [line(1, 1, 5), line(2, 2, 5)]
    found = explained([request(1, 0, Decimal(10), USD)], lines, [], EUR)
    assert [each.id for each in found.added] == [2]
    same = explained([request(1, 0, Decimal(10), EUR)], lines, [], EUR)
    assert same.added == []
