"""Several requests under a limit that pass it together within thirty days."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tasks.domain.matrix import Request
from tasks.domain.splitting import Asked, Split, splits
from tests.fakes.matrices import DAY, PEOPLE, request, twelve


def found(*asked: Asked) -> list[Split]:
    return list(splits(twelve(), asked, PEOPLE))


def asked(number: int, on: date, amount: str = "450", **more: str) -> Asked:
    made: Request = replace(request("expense", amount), on=on, requester=more.get("by", "rita"))
    return Asked(number, more.get("contract", ""), made)


def test_several_small_requests_of_one_person_are_one_large_one() -> None:
    (split,) = found(asked(1, DAY), asked(2, DAY + timedelta(days=29)))
    assert (split.requester, split.ids, split.amount) == ("rita", (1, 2), Decimal(900))
    assert (split.first, split.last) == (DAY, DAY + timedelta(days=29))
    assert split.together.rule == "expenses"


def test_requests_of_several_persons_for_one_contract_are_one_too() -> None:
    one, other = asked(1, DAY, by="rita", contract="S1"), asked(2, DAY, by="rob", contract="S1")
    (split,) = found(one, other)
    assert (split.contract, split.requester, split.ids) == ("S1", "", (1, 2))


def test_what_lies_further_apart_or_stays_under_the_limit_is_none() -> None:
    assert found(asked(1, DAY), asked(2, DAY + timedelta(days=30))) == []
    assert found(asked(1, DAY, "200"), asked(2, DAY, "200")) == []
    assert found(asked(1, DAY, by="rita"), asked(2, DAY, by="rob")) == []


def test_requests_in_other_currencies_are_never_added_up() -> None:
    dollars = asked(2, DAY)
    assert (
        found(asked(1, DAY), replace(dollars, request=replace(dollars.request, currency="USD")))
        == []
    )


def test_what_needed_the_higher_level_by_itself_was_not_split() -> None:
    assert found(asked(1, DAY, "600"), asked(2, DAY, "450")) == []


def test_a_window_within_a_wider_one_is_told_once() -> None:
    days = [DAY + timedelta(days=10 * number) for number in range(3)]
    assert [split.ids for split in found(*(asked(n, day) for n, day in enumerate(days)))] == [
        (0, 1, 2)
    ]


def test_requests_without_an_amount_or_anybody_are_left_out() -> None:
    nobody = asked(1, DAY, by="")
    unknown = replace(nobody, request=replace(nobody.request, amount=None))
    assert found(unknown, nobody, replace(nobody, id=2)) == []
