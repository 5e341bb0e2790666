"""How well hours were foreseen: the worked example of the source, and its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.execution.utilization_variance.rules import accuracy_percent, bias_percent

TWO_ERRORS = [(150.0, 100.0), (75.0, 100.0)]
hours = st.floats(0, 500)
pairs = st.lists(st.tuples(hours, hours), min_size=1)


def test_two_errors_that_all_but_cancel_show_in_accuracy() -> None:
    assert accuracy_percent(TWO_ERRORS) == pytest.approx(70)


def test_bias_keeps_its_sign() -> None:
    assert bias_percent(TWO_ERRORS) == pytest.approx(12.5)
    assert bias_percent([(50, 100)]) == pytest.approx(-50)


def test_nothing_foreseen_and_nothing_done_has_no_accuracy() -> None:
    assert accuracy_percent([(0, 0)]) is None
    assert bias_percent([(5, 0)]) is None


@given(pairs)
def test_accuracy_lies_between_nothing_and_all_and_knows_no_order(
    found: list[tuple[float, float]],
) -> None:
    accuracy = accuracy_percent(found)
    if accuracy is not None:
        assert -1e-9 <= accuracy <= 100
        assert accuracy == pytest.approx(accuracy_percent(reversed(found)))


@given(st.lists(st.floats(0.01, 500), min_size=1))
def test_a_forecast_that_came_true_is_perfect(found: list[float]) -> None:
    same = [(worked, worked) for worked in found]
    assert accuracy_percent(same) == 100
    assert bias_percent(same) == 0
