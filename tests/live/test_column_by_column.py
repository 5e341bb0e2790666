"""The comparison itself: whatever differs is told, and nothing is left out."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from .column_by_column import TEXT, Near, compare
from .run_document import AgedPart, Explained

PARTS = [
    AgedPart(bucket="0-30", hours=1.5, value="10.00"),
    AgedPart(bucket="91+", hours=None, value="0.00"),
]
RIGHT: Mapping[str, Mapping[str, Any]] = {
    "0-30": {"bucket": "0-30", "hours": 1.5, "value": Decimal("10.00")},
    "91+": {"bucket": "91+", "hours": None, "value": Near(Decimal("0.004"), Decimal("0.01"))},
}


def assert_told(expected: Mapping[str, Mapping[str, Any]], what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        compare("job", PARTS, expected, "bucket")


def test_rows_that_are_as_expected_pass(capsys: pytest.CaptureFixture[str]) -> None:
    compare("job", PARTS, RIGHT, "bucket")
    assert "2 of 2 rows compared, 3 columns, 6 values, 0 differences" in capsys.readouterr().out


def test_a_row_that_is_missing_or_too_many_is_told() -> None:
    assert_told({**RIGHT, "31-60": RIGHT["0-30"]}, "no row of 31-60")
    assert_told({"91+": RIGHT["91+"]}, "a row too many of 0-30")


@pytest.mark.parametrize(
    "value",
    [
        {"value": Decimal("10.01")},
        {"hours": 1.52},
        {"hours": None},
        {"bucket": "61-90"},
        {"value": TEXT, "more": 1},
    ],
)
def test_a_value_that_differs_is_told(value: Mapping[str, Any]) -> None:
    assert_told({**RIGHT, "0-30": {**RIGHT["0-30"], **value}}, "1 differences")


def test_a_column_that_nobody_expects_is_told() -> None:
    row = Explained(
        plan_gap_hours=1.0, delivery_gap_hours=None, leave_hours=0.0, missing_hours=None
    )
    with pytest.raises(AssertionError, match="is not"):
        compare("job", [row], {1.0: {"plan_gap_hours": 1.0}}, "plan_gap_hours")
