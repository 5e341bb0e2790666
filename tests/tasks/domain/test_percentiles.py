"""Percentiles are values that somebody had."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.percentiles import percentile

VALUES = st.lists(st.floats(0, 1000), min_size=1)
PERCENTS = st.floats(0.5, 100)


def test_by_the_nearest_rank() -> None:
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    # The worked example of the nearest-rank definition.
    assert [percentile(values, p) for p in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]
    assert percentile([], 50) is None


@given(VALUES, PERCENTS)
def test_it_is_one_of_them_and_so_many_do_not_exceed_it(values: list[float], p: float) -> None:
    found = percentile(values, p)
    assert found in values
    below = sum(value <= found for value in values if found is not None)
    assert below * 100 >= p * len(values) - 1e-6


@given(VALUES, PERCENTS, PERCENTS)
def test_a_higher_percent_is_never_a_smaller_value(values: list[float], p: float, q: float) -> None:
    low, high = (percentile(values, each) for each in sorted((p, q)))
    assert low is not None
    assert high is not None
    assert low <= high
