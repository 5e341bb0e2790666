"""A value is taken for what its writer meant, or refused."""

from datetime import UTC, date, time
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from tasks.domain.written import Id, Written


class Inner(Written):
    at: time = time(8)


class Example(Written):
    at: time | None = None
    day: date | None = None
    days: dict[Id, date] = Field({})
    ids: tuple[Id, ...] = ()
    instead: dict[Id, Id] = Field({})
    ages: tuple[int, ...] = ()
    of_level: dict[int, float] = Field({})
    shares: dict[Id, Annotated[float, Field(gt=0)]] = Field({})
    amount: Decimal = Decimal(0)
    on: bool = False
    by_name: dict[str, int] = Field({})
    rungs: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    "given",
    [
        {"at": time(7), "day": date(2027, 1, 1), "on": True, "amount": 3},
        {"at": "07:00", "day": "2027-01-01", "amount": "3.5"},
        {"ids": [1, 2**31 - 1], "shares": {"3": 60}, "days": {4: date(2027, 1, 1)}},
        {"by_name": {"no id": -1}, "rungs": [{"at": "07:00"}], "ids": ["7"]},
        {"ages": [0, 30, -1, 2**40], "of_level": {"0": 1}, "instead": {"1": 2}},
    ],
)
def test_what_is_meant_as_written_is_taken(given: dict[str, Any]) -> None:
    Example.model_validate(given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"at": 8}, "not a number"),
        ({"at": "28800"}, "not a number"),
        ({"at": True}, "not a number"),
        ({"at": "08:00+02:00"}, "no offset"),
        ({"at": time(8, tzinfo=UTC)}, "no offset"),
        ({"at": "soon"}, "time"),
        ({"day": 20270101}, "not a number"),
        ({"day": "20270101"}, "not a number"),
        ({"days": {"4": 20270101}}, "not a number"),
        ({"days": {"04": date(2027, 1, 1)}}, "'04' is not an id"),
        ({"days": {"-4": date(2027, 1, 1)}}, "'-4' is not an id"),
        ({"days": {"٣": date(2027, 1, 1)}}, "is not an id"),
        ({"days": {"0": date(2027, 1, 1)}}, "'0' is not an id"),
        ({"instead": {"1": 0}}, "0 is not an id"),
        ({"ids": [1.5]}, "1.5 is not an id"),
        ({"ids": [10**30]}, "is not an id"),
        ({"ages": [True]}, "not true or false"),
        ({"ids": [0]}, "0 is not an id"),
        ({"ids": [2**31]}, "is not an id"),
        ({"ids": [True]}, "not true or false"),
        ({"amount": True}, "not true or false"),
        ({"amount": float("nan")}, "finite"),
        ({"shares": {"3": float("inf")}}, "finite"),
        ({"rungs": [{"at": 7}]}, "not a number"),
        ({"nothing": 1}, "not permitted"),
    ],
)
def test_what_would_be_misread_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Example.model_validate(given)
    assert words in str(caught.value)
